//! The node's ear: one Pub/Sub connection for all workspaces that have sockets
//! here.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures::{Stream, StreamExt};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use super::{
    link::Link,
    room::{Delivery, Heard, Room},
};
use crate::{
    protocol::{Problem, ProblemKind},
    server::{
        auth::Workspace,
        store::{LiveMessage, Store, StoreError, Subscriber},
    },
};

/// How long a newcomer waits for Redis to confirm the subscription.
const CONFIRMATION_LIMIT: Duration = Duration::from_secs(2);

/// How often rooms without sockets are cleared away.
const CLEARING_INTERVAL: Duration = Duration::from_secs(30);

/// The longest pause between two tries to reach Redis again.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Rooms by workspace, and the task that listens for them.
#[derive(Clone)]
pub struct Hub {
    rooms: Arc<Rooms>,
    wanted: mpsc::UnboundedSender<Arc<Room>>,
    link: watch::Receiver<Link>,
}

#[derive(Default)]
struct Rooms(Mutex<HashMap<Workspace, Arc<Room>>>);

impl Rooms {
    fn lock(&self) -> MutexGuard<'_, HashMap<Workspace, Arc<Room>>> {
        // The map is whole even if a holder panicked: each change is one call.
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Hub {
    /// A hub, and the task that must run for it to hear anything. The task ends
    /// when the last handle of the hub is gone.
    pub fn new(store: Store) -> (Self, impl Future<Output = ()> + Send) {
        let rooms = Arc::<Rooms>::default();
        let (wanted, requests) = mpsc::unbounded_channel();
        let (changes, link) = watch::channel(Link::Up);
        let listener = Listener {
            store,
            rooms: Arc::clone(&rooms),
            requests,
            heard: HashMap::new(),
            link: changes,
        };
        let hub = Self {
            rooms,
            wanted,
            link,
        };
        (hub, listener.run())
    }

    /// Whether events flow between this node and Redis.
    pub fn link(&self) -> watch::Receiver<Link> {
        self.link.clone()
    }

    /// Listens to a workspace. When this returns, everything published from then
    /// on will be delivered.
    ///
    /// # Errors
    /// 503 if Redis does not confirm in time.
    pub async fn listen(
        &self,
        workspace: &Workspace,
    ) -> Result<broadcast::Receiver<Delivery>, Problem> {
        let (deliveries, mut ready) = {
            let mut rooms = self.rooms.lock();
            let room = rooms.entry(workspace.clone()).or_insert_with(|| {
                let room = Arc::new(Room::new(workspace.clone()));
                // Without a listener the wait below ends in its limit.
                let _ = self.wanted.send(Arc::clone(&room));
                room
            });
            // Under the lock, so that the room cannot be cleared away in between.
            room.subscribe()
        };
        let confirmed = timeout(CONFIRMATION_LIMIT, ready.wait_for(|ready| *ready)).await;
        match confirmed {
            Ok(Ok(_)) => Ok(deliveries),
            _ => Err(
                Problem::new(ProblemKind::Unavailable, "the event bus does not answer")
                    .retry_after(1),
            ),
        }
    }
}

/// The task behind a hub.
struct Listener {
    store: Store,
    rooms: Arc<Rooms>,
    requests: mpsc::UnboundedReceiver<Arc<Room>>,
    /// By channel name.
    heard: HashMap<String, (Arc<Room>, Heard)>,
    link: watch::Sender<Link>,
}

/// Why listening on one connection ended.
enum Ending {
    /// The hub is gone.
    Closed,
    /// The connection is.
    Lost(StoreError),
}

impl Listener {
    async fn run(mut self) {
        let mut pause = Duration::from_millis(20);
        loop {
            match self.listen().await {
                Ending::Closed => return,
                Ending::Lost(error) => {
                    tracing::warn!("lost the event subscription, connecting again: {error}");
                    self.link.send_if_modified(Link::lose);
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Listens until the connection or the hub is gone.
    async fn listen(&mut self) -> Ending {
        let (mut subscriber, messages) = match self.store.listen().await {
            Ok(subscription) => subscription.split(),
            Err(error) => return Ending::Lost(error),
        };
        match self.follow(&mut subscriber, messages).await {
            Ok(()) => Ending::Closed,
            Err(error) => Ending::Lost(error),
        }
    }

    async fn follow(
        &mut self,
        subscriber: &mut Subscriber,
        mut messages: impl Stream<Item = Result<LiveMessage, StoreError>> + Unpin,
    ) -> Result<(), StoreError> {
        for (room, heard) in self.heard.values_mut() {
            subscriber.subscribe(&room.workspace).await?;
            room.take_up(heard, &self.store).await?;
        }
        self.link.send_if_modified(Link::regain);
        let mut clearing = interval(CLEARING_INTERVAL);
        clearing.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(Ok(message)) => self.hear(message).await?,
                    Some(Err(error)) => tracing::error!("skipped a live message: {error}"),
                    None => return Err(StoreError::Lost),
                },
                room = self.requests.recv() => match room {
                    Some(room) => self.open(subscriber, room).await?,
                    None => return Ok(()),
                },
                _ = clearing.tick() => self.clear(subscriber).await?,
            }
        }
    }

    async fn hear(&mut self, message: LiveMessage) -> Result<(), StoreError> {
        match self.heard.get_mut(&message.channel) {
            Some((room, heard)) => room.hear(heard, &self.store, message).await,
            None => Ok(()),
        }
    }

    async fn open(
        &mut self,
        subscriber: &mut Subscriber,
        room: Arc<Room>,
    ) -> Result<(), StoreError> {
        // Remembered first: should this fail, the next connection takes it up.
        let channel = self.store.channel(&room.workspace);
        let (room, heard) = self
            .heard
            .entry(channel)
            .insert_entry((room, Heard::default()))
            .into_mut();
        subscriber.subscribe(&room.workspace).await?;
        room.take_up(heard, &self.store).await
    }

    async fn clear(&mut self, subscriber: &mut Subscriber) -> Result<(), StoreError> {
        let empty: Vec<Workspace> = {
            let mut rooms = self.rooms.lock();
            let empty: Vec<_> = rooms
                .values()
                .filter(|room| room.is_empty())
                .map(|room| room.workspace.clone())
                .collect();
            for workspace in &empty {
                rooms.remove(workspace);
            }
            empty
        };
        for workspace in empty {
            self.heard.remove(&self.store.channel(&workspace));
            subscriber.unsubscribe(&workspace).await?;
        }
        Ok(())
    }
}
