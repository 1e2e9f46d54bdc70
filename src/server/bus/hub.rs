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
    time::{Instant, MissedTickBehavior, interval, interval_at, sleep, sleep_until, timeout},
};

use super::{
    link::Link,
    room::{Delivery, Heard, Room},
};
use crate::{
    protocol::{Problem, ProblemKind},
    server::{
        auth::Workspace,
        now,
        store::{LiveMessage, Probe, Signal, Store, StoreError, Subscriber},
    },
};

/// How long a newcomer waits for Redis to confirm the subscription. Below a second,
/// so that whoever asked knows within one.
const CONFIRMATION_LIMIT: Duration = Duration::from_millis(800);

/// How often rooms without sockets are cleared away.
const CLEARING_INTERVAL: Duration = Duration::from_secs(30);

/// How often the node speaks to itself by way of Redis.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// For how long a node that does not hear itself counts as one that hears. A
/// subscription can be deaf on a connection that is open.
const HEARING_LIMIT: Duration = Duration::from_secs(4);

/// How often it is looked whether Redis still has what was heard. It may lose its
/// data while nobody publishes.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The pause before the first try to listen again; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause between two tries to listen again.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// For how long events must have flowed for a connection to count as a good one.
const PROVEN_AFTER: Duration = Duration::from_secs(1);

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
            flowing_since: None,
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
    /// 503 if Redis does not confirm in time, at once if it is known to be away.
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
        let limit = match *self.link.borrow() {
            Link::Up => CONFIRMATION_LIMIT,
            Link::Away { .. } => Duration::ZERO,
        };
        match timeout(limit, ready.wait_for(|ready| *ready)).await {
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
    /// Since when the node has heard itself on the present connection.
    flowing_since: Option<Instant>,
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
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.listen().await {
                Ending::Closed => return,
                Ending::Lost(error) => error,
            };
            let flowed = self.flowing_since.take();
            let proven = flowed.is_some_and(|since| since.elapsed() > PROVEN_AFTER);
            if proven {
                pause = FIRST_PAUSE;
            }
            // A connection that merely broke is made anew before anybody is told: as
            // a rule that succeeds at once, and the stream fills the gap.
            if proven && !matches!(error, StoreError::Deaf) {
                tracing::warn!("the event subscription broke, subscribing again: {error}");
            } else {
                self.lose(&error);
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Notes that events do not flow. Logged once an outage.
    fn lose(&self, error: &StoreError) {
        if self.link.send_if_modified(Link::lose) {
            tracing::error!("events do not flow: {error}");
        } else {
            tracing::debug!("events still do not flow: {error}");
        }
    }

    /// Notes that the node hears itself.
    fn regain(&mut self) {
        self.flowing_since.get_or_insert_with(Instant::now);
        let before = *self.link.borrow();
        if let Link::Away { since } = before {
            let seconds = since.until(now()).as_secs_f32();
            tracing::info!("events flow again, after {seconds:.1} s");
            self.link.send_replace(Link::Up);
        }
    }

    /// Listens until the connection or the hub is gone.
    async fn listen(&mut self) -> Ending {
        let subscription = match self.store.listen().await {
            Ok(subscription) => subscription,
            Err(error) => return Ending::Lost(error),
        };
        let probe = subscription.probe();
        let (mut subscriber, signals) = subscription.split();
        let followed = tokio::select! {
            followed = self.follow(&mut subscriber, signals, &probe) => followed,
            error = send_until_refused(&probe) => Err(error),
        };
        match followed {
            Ok(()) => Ending::Closed,
            Err(error) => Ending::Lost(error),
        }
    }

    async fn follow(
        &mut self,
        subscriber: &mut Subscriber,
        mut signals: impl Stream<Item = Result<Signal, StoreError>> + Unpin,
        probe: &Probe,
    ) -> Result<(), StoreError> {
        let rooms = self.heard.values().map(|(room, _)| &room.workspace);
        subscriber.start(rooms).await?;
        for (room, heard) in self.heard.values_mut() {
            room.take_up(heard, &self.store).await?;
        }
        // Events flow when this comes round, and whatever was missed is delivered.
        probe.send().await?;
        let mut heard_at = Instant::now();
        let mut clearing = interval(CLEARING_INTERVAL);
        clearing.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut checking = interval_at(heard_at + CHECK_INTERVAL, CHECK_INTERVAL);
        checking.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // In this order: a node that is busy with what it has heard is not deaf.
            tokio::select! {
                biased;
                room = self.requests.recv() => match room {
                    Some(room) => self.open(subscriber, room).await?,
                    None => return Ok(()),
                },
                _ = clearing.tick() => self.clear(subscriber).await?,
                _ = checking.tick() => self.check().await,
                signal = signals.next() => match signal {
                    Some(Ok(Signal::Probe)) => {
                        heard_at = Instant::now();
                        self.regain();
                    }
                    Some(Ok(Signal::Message(message))) => self.hear(message).await?,
                    Some(Err(error)) => tracing::error!("skipped a live message: {error}"),
                    None => return Err(StoreError::Ended),
                },
                () = sleep_until(heard_at + HEARING_LIMIT) => return Err(StoreError::Deaf),
            }
        }
    }

    /// Compares what was heard with what Redis has. Whether Redis can be asked at all
    /// is the probe's matter.
    async fn check(&mut self) {
        if let Err(error) = self.compare().await {
            tracing::debug!("could not compare with Redis: {error}");
        }
    }

    async fn compare(&mut self) -> Result<(), StoreError> {
        let rooms = self.heard.values().map(|(room, _)| &room.workspace);
        let stands = self.store.buses(rooms).await?;
        for ((room, heard), bus) in self.heard.values_mut().zip(stands) {
            if heard.is_off(&bus) {
                room.take_up(heard, &self.store).await?;
            }
        }
        Ok(())
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

/// Probes a subscription again and again. Returns when that was refused twice in a
/// row: what is sent may come round even then, but nobody can rely on it.
async fn send_until_refused(probe: &Probe) -> StoreError {
    let mut ticks = interval_at(Instant::now() + PROBE_INTERVAL, PROBE_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut refused = false;
    loop {
        ticks.tick().await;
        match probe.send().await {
            Ok(()) => refused = false,
            Err(error) if refused => return error,
            Err(_) => refused = true,
        }
    }
}
