//! The bus: ordered, gapless, resumable for 24 hours (design, section 4).
//!
//! An event's way: [`Bus::broadcast`] → one script in Redis gives it its offset,
//! stores and publishes it → each node's [`Hub`] hears it, sees by the offset
//! whether it missed one, and fills the gap from the stream → every socket of
//! the workspace gets the same serialised text.
//!
//! The stream is the truth, Pub/Sub only the fast path.

mod hub;
mod link;
mod query;
mod room;
mod thread;

pub use hub::Hub;
pub use link::Link;
pub use query::{Addressee, PageLimit, Range, Selection};
pub use room::{BACKLOG, Delivery, LiveEvent};

use std::time::Duration;

use tokio::sync::{broadcast::Receiver, watch};

use crate::{
    protocol::{
        AgentName, EventData, EventId, EventType, IdempotencyKey, Problem, ProblemKind, Published,
        Recipients, SessionId, Timestamp,
    },
    server::{
        auth::{User, Workspace},
        config::LimitsConfig,
        privacy::Gate,
        store::{Body, Limits, Outcome, Place, Store, Stream},
    },
};

/// How many events one read from the stream brings.
const PAGE: usize = 500;

/// Publishes, reads and joins.
#[derive(Clone)]
pub struct Bus {
    store: Store,
    hub: Hub,
    gate: Gate,
    limits: Limits,
}

/// Who publishes, as the server verified it.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// The workspace.
    pub workspace: Workspace,
    /// The user.
    pub user: User,
    /// The session and its agent's name, unless the user speaks in person.
    pub session: Option<(SessionId, AgentName)>,
}

/// What a client wants published.
#[derive(Clone, Debug)]
pub struct Broadcast {
    /// Its type.
    pub event_type: EventType,
    /// Its data.
    pub data: EventData,
    /// Whom it is meant for.
    pub to: Recipients,
    /// Under which a repetition is recognised.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// A place in a workspace's event flow.
pub struct Joined {
    /// What is published from now on. It may repeat events up to `last_id`, which
    /// the reader skips by offset.
    pub live: Receiver<Delivery>,
    /// The newest event at the moment of joining.
    pub last_id: EventId,
    /// Where to read the stream from before going live.
    pub cursor: EventId,
    /// Whether nothing between the caller's cursor and now is lost.
    pub recovered: bool,
}

impl Bus {
    /// A bus over a store, fed by a hub. What clients publish passes the gate.
    pub fn new(store: Store, hub: Hub, gate: Gate, limits: &LimitsConfig) -> Self {
        let limits = Limits {
            session: limits.broadcasts_per_minute,
            user: limits.user_broadcasts_per_minute,
            window: Duration::from_secs(60),
        };
        Self {
            store,
            hub,
            gate,
            limits,
        }
    }

    /// Whether events flow between this node and Redis.
    pub fn link(&self) -> watch::Receiver<Link> {
        self.hub.link()
    }

    /// Publishes a client's event.
    ///
    /// # Errors
    /// 403 for a type that only the server emits, 422 for a message that answers none,
    /// 429 beyond the limit, 503 if Redis is away.
    pub async fn broadcast(
        &self,
        speaker: &Speaker,
        broadcast: Broadcast,
    ) -> Result<Published, Problem> {
        if broadcast.event_type.is_reserved() {
            return Err(Problem::new(
                ProblemKind::Forbidden,
                format!("only the server emits {}", broadcast.event_type),
            ));
        }
        let (mut data, redactions) = self.gate.data(broadcast.data)?;
        if broadcast.event_type == EventType::BroadcastMessage {
            self.thread(&speaker.workspace, &mut data).await?;
        }
        let (session_id, agent_name) = speaker.session.clone().unzip();
        let body = Body {
            event_type: broadcast.event_type,
            session_id,
            agent_name,
            user: speaker.user.to_string(),
            to: broadcast.to,
            data,
            private: EventData::default(),
        };
        let key = broadcast.idempotency_key.as_ref().map(|key| key.as_str());
        let outcome = self
            .store
            .broadcast(&speaker.workspace, &speaker.user, &body, key, self.limits)
            .await?;
        match outcome {
            Outcome::Published(id) | Outcome::Repeated(id) => {
                let millis = i64::try_from(id.millis).unwrap_or(i64::MAX);
                Ok(Published {
                    id,
                    timestamp: Timestamp::from_millis(millis),
                    redactions,
                })
            }
            Outcome::Limited(wait) => {
                let Limits { session, user, .. } = self.limits;
                Err(Problem::new(
                    ProblemKind::RateLimited,
                    format!(
                        "at most {session} broadcasts a minute for a session and {user} for a user"
                    ),
                )
                .retry_after(wait.as_secs() + 1))
            }
        }
    }

    /// Joins a workspace's event flow, after a cursor or from now on.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn join(
        &self,
        workspace: &Workspace,
        since: Option<EventId>,
    ) -> Result<Joined, Problem> {
        // Listening comes first: what is published while the stream is read is
        // then heard, and what is heard twice is skipped by its offset.
        let live = self.hub.listen(workspace).await?;
        let bus = self.store.bus(workspace).await?;
        let (cursor, recovered) = match since {
            Some(since) if self.store.can_resume(workspace, since, &bus).await? => (since, true),
            Some(_) => (bus.last, false),
            None => (bus.last, true),
        };
        Ok(Joined {
            live,
            last_id: bus.last,
            cursor,
            recovered,
        })
    }

    /// The next stored events after a cursor, and whether there may be more.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn replay(
        &self,
        workspace: &Workspace,
        cursor: EventId,
    ) -> Result<(Vec<LiveEvent>, bool), Problem> {
        let events = self
            .store
            .events(workspace, Stream::Activity, Place::After(cursor), PAGE)
            .await?;
        let more = events.len() == PAGE;
        Ok((
            events.into_iter().map(LiveEvent::from_stream).collect(),
            more,
        ))
    }

    /// Tells every node which socket now speaks for a session.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn claim_socket(
        &self,
        workspace: &Workspace,
        session: &SessionId,
        socket: &str,
    ) -> Result<(), Problem> {
        Ok(self.store.claim_socket(workspace, session, socket).await?)
    }
}
