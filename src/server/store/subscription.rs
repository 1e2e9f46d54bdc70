//! The live side of the bus: one Pub/Sub connection a node.
//!
//! A plain connection of our own, not the connection manager's push support:
//! that one resubscribes silently after an outage, or silently does not, and
//! whoever relies on it never learns that events were missed. Here the stream
//! ends when the connection does, and the caller subscribes and catches up anew.

use futures::{Stream, StreamExt};
use redis::{
    Client, RedisError,
    aio::{PubSubSink, PubSubStream},
};
use tokio::time::timeout;

use super::{Body, CALL_LIMIT, Store, StoreError, StoredEvent, connection, events::stream_id};
use crate::{
    protocol::SessionId,
    server::{auth::Workspace, random},
};

/// A connection that listens to workspaces, and to itself.
pub struct Subscription {
    probe: Probe,
    sink: PubSubSink,
    stream: PubSubStream,
    /// The server that it listens to.
    client: Client,
}

/// Speaks to a subscription by the way that events take: what it hears of this
/// proves that commands are answered and that it is not deaf.
#[derive(Clone)]
pub struct Probe {
    store: Store,
    channel: String,
}

/// What a subscription hears.
#[derive(Debug)]
pub enum Signal {
    /// Its own probe.
    Probe,
    /// A workspace's message.
    Message(LiveMessage),
}

/// What came over a workspace's channel.
#[derive(Debug)]
pub struct LiveMessage {
    /// The channel's name.
    pub channel: String,
    /// The epoch of the workspace's bus.
    pub epoch: String,
    /// When it was published, in microseconds since 1970, by the clock of Redis.
    pub published_micros: u64,
    /// What it is.
    pub payload: Payload,
}

/// What a live message carries.
#[derive(Debug)]
pub enum Payload {
    /// An event.
    Event(Box<StoredEvent>),
    /// A socket that now speaks for a session.
    Claim {
        /// The session.
        session: SessionId,
        /// The socket's own name.
        socket: String,
    },
}

impl Store {
    /// Opens a connection to listen on.
    ///
    /// # Errors
    /// If Redis cannot be reached.
    pub async fn listen(&self) -> Result<Subscription, StoreError> {
        let (connection, client) = connection::listen(self.0.connection.endpoint()).await?;
        let (sink, stream) = connection.split();
        let channel = self.keys().probe(&random::text(12));
        Ok(Subscription {
            probe: Probe {
                store: self.clone(),
                channel,
            },
            sink,
            stream,
            client,
        })
    }

    /// The name of a workspace's channel.
    pub fn channel(&self, workspace: &Workspace) -> String {
        self.keys().events(workspace)
    }
}

impl Subscription {
    /// What sends its probes.
    pub fn probe(&self) -> Probe {
        self.probe.clone()
    }

    /// Splits into the half that subscribes and the half that receives.
    pub fn split(
        self,
    ) -> (
        Subscriber,
        impl Stream<Item = Result<Signal, StoreError>> + Unpin,
    ) {
        let own = self.probe.channel.clone();
        let (endpoint, client) = (
            self.probe.store.0.connection.endpoint().clone(),
            self.client,
        );
        let moved = Box::pin(async move { endpoint.moved_from(&client).await });
        let signals = self.stream.take_until(moved).map(move |message| {
            let channel = message.get_channel_name();
            if channel == own {
                return Ok(Signal::Probe);
            }
            read(channel, &message.get_payload::<String>()?).map(Signal::Message)
        });
        (
            Subscriber {
                probe: self.probe,
                sink: self.sink,
            },
            signals,
        )
    }
}

impl Probe {
    /// Publishes one.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn send(&self) -> Result<(), StoreError> {
        let mut command = redis::cmd("PUBLISH");
        command.arg(&self.channel).arg("");
        self.store.call(&command).await
    }
}

/// The half of a subscription that subscribes.
pub struct Subscriber {
    probe: Probe,
    sink: PubSubSink,
}

impl Subscriber {
    /// Listens to the probe and to these workspaces; returns when Redis has
    /// confirmed it, so whatever is published from then on arrives.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn start<'a>(
        &mut self,
        workspaces: impl Iterator<Item = &'a Workspace>,
    ) -> Result<(), StoreError> {
        let mut channels: Vec<String> = workspaces
            .map(|workspace| self.probe.store.channel(workspace))
            .collect();
        channels.push(self.probe.channel.clone());
        within_limit(self.sink.subscribe(channels)).await
    }

    /// Listens to a workspace as well; as [`Subscriber::start`].
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn subscribe(&mut self, workspace: &Workspace) -> Result<(), StoreError> {
        let channel = self.probe.store.channel(workspace);
        within_limit(self.sink.subscribe(channel)).await
    }

    /// Stops listening to a workspace.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn unsubscribe(&mut self, workspace: &Workspace) -> Result<(), StoreError> {
        let channel = self.probe.store.channel(workspace);
        within_limit(self.sink.unsubscribe(channel)).await
    }
}

async fn within_limit(
    request: impl Future<Output = Result<(), RedisError>>,
) -> Result<(), StoreError> {
    match timeout(CALL_LIMIT, request).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(StoreError::Timeout),
    }
}

/// Reads `<epoch> <id> <kind> <micros>\n<body>`, as `publish.lua` writes it. A node
/// of an earlier version gives no microseconds; then those of the id count.
fn read(channel: &str, text: &str) -> Result<LiveMessage, StoreError> {
    let malformed = || StoreError::Unreadable {
        what: "live message",
        why: "its form".to_owned(),
    };
    let (head, body) = text.split_once('\n').ok_or_else(malformed)?;
    let mut words = head.split(' ');
    let (Some(epoch), Some(id), Some(kind)) = (words.next(), words.next(), words.next()) else {
        return Err(malformed());
    };
    let id = stream_id(id)?;
    let published_micros = match words.next() {
        Some(micros) => micros.parse().map_err(|_| malformed())?,
        None => id.millis.saturating_mul(1000),
    };
    let payload = match kind {
        "event" => Payload::Event(Box::new(Body::at(body, id)?)),
        "claim" => {
            let (session, socket) = body.split_once(' ').ok_or_else(malformed)?;
            Payload::Claim {
                session: session.parse().map_err(|_| malformed())?,
                socket: socket.to_owned(),
            }
        }
        _ => return Err(malformed()),
    };
    Ok(LiveMessage {
        channel: channel.to_owned(),
        epoch: epoch.to_owned(),
        published_micros,
        payload,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::EventId;

    #[test]
    fn reads_what_the_scripts_publish() {
        let message = read(
            "leitl:events:{default}",
            "epoch1 1763467200000-7 event 1763467200000123\n{\"event_type\":\"x.ping\",\"user\":\"ann\",\"data\":{}}",
        )
        .unwrap();
        assert_eq!(message.epoch, "epoch1");
        assert_eq!(message.published_micros, 1_763_467_200_000_123);
        let Payload::Event(stored) = message.payload else {
            panic!("no event")
        };
        let event = stored.event;
        assert_eq!(
            event.id,
            Some(EventId {
                millis: 1_763_467_200_000,
                offset: 7
            })
        );
        assert_eq!(event.timestamp.to_string(), "2025-11-18T12:00:00Z");
    }

    #[test]
    fn what_passes_by_has_no_id() {
        let text =
            "e 1763467200000-0 event\n{\"event_type\":\"session.heartbeat\",\"user\":\"ann\"}";
        let message = read("c", text).unwrap();
        // As an earlier version writes it, without the microseconds.
        assert_eq!(message.published_micros, 1_763_467_200_000_000);
        let Payload::Event(stored) = message.payload else {
            panic!("no event")
        };
        assert_eq!(stored.event.id, None);
    }

    #[test]
    fn anything_else_is_refused_without_quoting_it() {
        for wrong in [
            "",
            "a b",
            "e 1-1 event",
            "e 1-1 secret\n{}",
            "e x event\n{}",
            "e 1-1 event\nsecret",
            "e 1-1 event secret\n{}",
        ] {
            let error = read("c", wrong).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
