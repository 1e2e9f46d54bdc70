//! One workspace on one node: what was last heard, and who listens.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::Utf8Bytes;
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, sleep},
};

use super::PAGE;
use crate::{
    protocol::{Event, EventId, SessionId},
    server::{
        auth::{User, Workspace},
        store::{Bus, LiveMessage, Payload, Place, Store, StoreError, StoredEvent, Stream},
    },
};

/// How many deliveries a socket may fall behind before it is closed as a slow
/// consumer. Shared by all sockets of the workspace, so it bounds the room, not
/// each socket.
pub const BACKLOG: usize = 1024;

/// How long the filling of a gap waits in all for sockets to take what they have
/// before it goes on, and one that takes nothing falls behind.
const FILLING_PATIENCE: Duration = Duration::from_secs(2);

/// An event and its JSON, serialised once for all sockets.
#[derive(Debug)]
pub struct LiveEvent {
    /// The event as everyone sees it.
    pub event: Event,
    /// When it was published, in microseconds since 1970, by the clock of Redis. Of
    /// an event from the stream only the milliseconds are known.
    pub published_micros: u64,
    text: Utf8Bytes,
    /// The JSON for the event's own user, where that says more.
    private_text: Option<Utf8Bytes>,
}

impl LiveEvent {
    /// An event as the stream has it.
    pub fn from_stream(stored: StoredEvent) -> Self {
        let millis = stored.event.id.map_or(0, |id| id.millis);
        Self::new(stored, millis.saturating_mul(1000))
    }

    /// Serialises an event.
    fn new(stored: StoredEvent, published_micros: u64) -> Self {
        // An event holds nothing that JSON cannot write.
        let write = |event: &Event| serde_json::to_string(event).unwrap_or_default().into();
        Self {
            text: write(&stored.event),
            private_text: stored
                .has_private_part()
                .then(|| write(&stored.seen_by_its_user())),
            event: stored.event,
            published_micros,
        }
    }

    /// The JSON as a user of the workspace sees it.
    pub fn text_for(&self, user: &User) -> Utf8Bytes {
        match &self.private_text {
            Some(text) if self.event.user == user.as_str() => text.clone(),
            _ => self.text.clone(),
        }
    }
}

/// What a room hands to its sockets.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// An event.
    Event(Arc<LiveEvent>),
    /// A socket now speaks for a session; any other socket of it is replaced.
    Claim(Arc<(SessionId, String)>),
    /// Redis lost its data: cursors are void, join anew.
    Reset,
}

/// One workspace on one node.
pub(super) struct Room {
    pub workspace: Workspace,
    sender: broadcast::Sender<Delivery>,
    /// Whether Redis has confirmed the subscription at least once.
    ready: watch::Sender<bool>,
}

/// How far the listener has heard a room. Only the listener changes it.
#[derive(Debug, Default)]
pub(super) struct Heard {
    bus: Option<Bus>,
    /// What was the newest event when it was last compared with Redis.
    looked_at: Option<EventId>,
}

impl Heard {
    /// Whether something is wrong, by where Redis stands: at another epoch, behind of
    /// what was heard, or ahead of it without anything having come since the last look.
    pub(super) fn is_off(&mut self, stand: &Bus) -> bool {
        let Some(bus) = &self.bus else {
            return true;
        };
        let seen = self.looked_at.replace(bus.last);
        bus.epoch != stand.epoch
            || stand.last < bus.last
            || (stand.last > bus.last && seen == Some(bus.last))
    }
}

impl Room {
    pub(super) fn new(workspace: Workspace) -> Self {
        Self {
            workspace,
            sender: broadcast::channel(BACKLOG).0,
            ready: watch::Sender::new(false),
        }
    }

    pub(super) fn subscribe(&self) -> (broadcast::Receiver<Delivery>, watch::Receiver<bool>) {
        (self.sender.subscribe(), self.ready.subscribe())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sender.receiver_count() == 0
    }

    /// Takes up the flow once Redis has confirmed the subscription: for the first
    /// time from now, after an outage from where it was cut.
    pub(super) async fn take_up(&self, heard: &mut Heard, store: &Store) -> Result<(), StoreError> {
        let bus = store.begin_bus(&self.workspace).await?;
        match &mut heard.bus {
            None => heard.bus = Some(bus),
            Some(known) => {
                let same_epoch = known.epoch.is_empty() || known.epoch == bus.epoch;
                // The epoch alone does not tell of a Redis that came back without
                // its last second: whether our newest event is still there does.
                if same_epoch && store.can_resume(&self.workspace, known.last, &bus).await? {
                    known.epoch = bus.epoch;
                    self.fill_gap(heard, store).await?;
                } else {
                    self.reset(heard, bus);
                }
            }
        }
        self.ready.send_replace(true);
        Ok(())
    }

    /// Hands a live message to the sockets, with whatever was missed before it.
    pub(super) async fn hear(
        &self,
        heard: &mut Heard,
        store: &Store,
        message: LiveMessage,
    ) -> Result<(), StoreError> {
        let bus = heard.bus.get_or_insert_default();
        if bus.epoch != message.epoch {
            if bus.epoch.is_empty() {
                bus.epoch = message.epoch;
            } else {
                let anew = Bus {
                    epoch: message.epoch,
                    last: EventId::START,
                };
                self.reset(heard, anew);
                return Ok(());
            }
        }
        let micros = message.published_micros;
        match message.payload {
            Payload::Claim { session, socket } => {
                self.send(Delivery::Claim(Arc::new((session, socket))));
            }
            Payload::Event(stored) => match stored.event.id {
                None => self.send_event(LiveEvent::new(*stored, micros)),
                Some(id) if id.offset <= bus.last.offset => {}
                Some(id) if id.offset == bus.last.offset + 1 => {
                    bus.last = id;
                    self.send_event(LiveEvent::new(*stored, micros));
                }
                Some(id) => {
                    tracing::warn!(
                        workspace = %self.workspace,
                        missed = id.offset - bus.last.offset - 1,
                        "missed events; filling the gap from the stream"
                    );
                    self.fill_gap(heard, store).await?;
                }
            },
        }
        Ok(())
    }

    async fn fill_gap(&self, heard: &mut Heard, store: &Store) -> Result<(), StoreError> {
        let Some(bus) = &mut heard.bus else {
            return Ok(());
        };
        let until = Instant::now() + FILLING_PATIENCE;
        loop {
            let place = Place::After(bus.last);
            let events = store
                .events(&self.workspace, Stream::Activity, place, PAGE)
                .await?;
            let complete = events.len() < PAGE;
            for stored in events {
                if let Some(id) = stored.event.id {
                    bus.last = id;
                }
                self.send_event(LiveEvent::from_stream(stored));
            }
            if complete {
                return Ok(());
            }
            self.make_space(until).await;
        }
    }

    /// Waits until sockets are not far behind with a page more. They had no part in
    /// the outage and shall not count as slow for what it left to read.
    async fn make_space(&self, until: Instant) {
        while self.sender.len() + PAGE > BACKLOG / 2 && Instant::now() < until {
            sleep(Duration::from_millis(2)).await;
        }
    }

    fn reset(&self, heard: &mut Heard, bus: Bus) {
        tracing::error!(workspace = %self.workspace, "Redis lost events; sockets must join anew");
        heard.bus = Some(bus);
        self.send(Delivery::Reset);
    }

    fn send_event(&self, event: LiveEvent) {
        self.send(Delivery::Event(Arc::new(event)));
    }

    fn send(&self, delivery: Delivery) {
        // It fails only when nobody listens, which is no fault.
        let _ = self.sender.send(delivery);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: &str, millis: u64, offset: u64) -> Bus {
        Bus {
            epoch: epoch.to_owned(),
            last: EventId { millis, offset },
        }
    }

    #[test]
    fn lost_data_is_seen_at_once_and_lost_news_at_the_second_look() {
        let heard_up_to = |bus| Heard {
            bus: Some(bus),
            looked_at: None,
        };
        let mut heard = heard_up_to(at("a", 2, 2));
        assert!(!heard.is_off(&at("a", 2, 2)));
        // Another epoch, no epoch any more, and a journal that was cut.
        for lost in [at("b", 2, 2), at("", 0, 0), at("a", 1, 1)] {
            assert!(heard.is_off(&lost), "{lost:?}");
        }
        // What is ahead is on its way, unless nothing comes.
        let mut heard = heard_up_to(at("a", 2, 2));
        assert!(!heard.is_off(&at("a", 3, 3)));
        assert!(heard.is_off(&at("a", 3, 3)));
        let mut heard = heard_up_to(at("a", 2, 2));
        assert!(!heard.is_off(&at("a", 3, 3)));
        heard.bus = Some(at("a", 3, 3));
        assert!(!heard.is_off(&at("a", 4, 4)));
    }
}
