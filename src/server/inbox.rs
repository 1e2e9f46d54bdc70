//! Messages that arrive: what a session has not read yet, and who read what.
//!
//! Each session has a place in the workspace's messages. What is meant for it and
//! lies after that place is unread; whoever is handed it moves the place, so that of
//! a hook and a tool that ask at once only one gets a message.

use std::time::Duration;

use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, timeout_at},
};

use super::{
    auth::Caller,
    bus::{Addressee, Bus, Delivery, PageLimit},
    presence::{Presence, addressee},
    store::{Advance, Found, Mark, SessionRecord, Store},
};
use crate::protocol::{
    Acknowledged, Event, EventId, EventType, Inbox as Unread, Problem, ProblemKind, Receipts,
    SessionId,
};

/// How often a drain is tried again when others read the same inbox.
const ATTEMPTS: usize = 10;

/// How an inbox is read.
#[derive(Clone, Copy, Debug)]
pub struct Drain {
    /// How many messages at most.
    pub limit: PageLimit,
    /// How long to wait for one where there is none.
    pub wait: Duration,
    /// Only look: they stay unread.
    pub peek: bool,
}

/// Hands messages to sessions.
#[derive(Clone)]
pub struct Inbox {
    store: Store,
    presence: Presence,
    bus: Bus,
}

impl Inbox {
    /// The inboxes of a server.
    pub fn new(store: Store, presence: Presence, bus: Bus) -> Self {
        Self {
            store,
            presence,
            bus,
        }
    }

    /// Hands a session what it has not read, and waits for something if it should.
    ///
    /// # Errors
    /// 404 if there is no such live session, 403 if it is another user's, 503 if Redis
    /// is away.
    pub async fn drain(
        &self,
        caller: &Caller,
        session: &SessionId,
        drain: Drain,
    ) -> Result<Unread, Problem> {
        let until = Instant::now() + drain.wait;
        // Listening comes before reading, so that nothing falls in between.
        let mut live = match drain.wait.is_zero() {
            true => None,
            false => Some(self.bus.join(&caller.workspace, None).await?.live),
        };
        loop {
            let found = self.presence.owned(caller, session).await?;
            let unread = self.take(caller, &found, drain).await?;
            let Some(live) = live.as_mut().filter(|_| unread.messages.is_empty()) else {
                return Ok(unread);
            };
            let addressee = addressee(&found.record);
            let heard = heard(live, &found.record, &addressee);
            if timeout_at(until, heard).await.is_err() {
                return Ok(unread);
            }
        }
    }

    /// Notes that a session has taken note of messages.
    ///
    /// # Errors
    /// As [`Inbox::drain`].
    pub async fn acknowledge(
        &self,
        caller: &Caller,
        session: &SessionId,
        ids: &[EventId],
    ) -> Result<Acknowledged, Problem> {
        let Found { record, now, .. } = self.presence.owned(caller, session).await?;
        let acknowledged = self
            .store
            .acknowledge(&caller.workspace, session, &record.agent_name, ids, now)
            .await?;
        Ok(Acknowledged { acknowledged })
    }

    /// How far a message came. Everyone in its workspace may know.
    ///
    /// # Errors
    /// 404 if there is no such message, 503 if Redis is away.
    pub async fn receipts(&self, caller: &Caller, id: EventId) -> Result<Receipts, Problem> {
        let workspace = &caller.workspace;
        if self.bus.message(workspace, id).await?.is_none() {
            return Err(Problem::new(
                ProblemKind::NotFound,
                "there is no message with this id in the last 24 hours",
            ));
        }
        let receipts = self.store.receipts(workspace, id).await?;
        Ok(Receipts { id, receipts })
    }

    async fn take(&self, caller: &Caller, found: &Found, drain: Drain) -> Result<Unread, Problem> {
        let (workspace, record) = (&caller.workspace, &found.record);
        let (session, addressee) = (&record.session_id, addressee(record));
        let admits = |event: &Event| is_for(record, &addressee, event);
        for _ in 0..ATTEMPTS {
            let from = self.store.mark(workspace, session, Mark::Inbox).await?;
            let start = from.unwrap_or_else(|| beginning(record));
            let (messages, reached) = self.bus.mail(caller, start, drain.limit, admits).await?;
            let Some(to) = reached else {
                return Ok(Unread {
                    messages,
                    unread: 0,
                });
            };
            let left = if drain.limit.is_reached_by(messages.len()) {
                let rest = self.bus.mail(caller, to, PageLimit::MOST, admits);
                rest.await?.0.len()
            } else {
                0
            };
            let unread = Unread {
                unread: left as u64,
                messages,
            };
            if drain.peek {
                return Ok(unread);
            }
            let handed: Vec<EventId> = unread
                .messages
                .iter()
                .filter_map(|event| event.id)
                .collect();
            let advance = Advance {
                mark: Mark::Inbox,
                from,
                to,
                handed: &handed,
                at: found.now,
            };
            if self
                .store
                .advance(workspace, session, &record.agent_name, advance)
                .await?
            {
                return Ok(unread);
            }
        }
        Err(Problem::new(
            ProblemKind::Conflict,
            "the inbox is read by too many at once",
        )
        .retry_after(1))
    }
}

/// The place in the stream from which a session reads: its registration.
pub(super) fn beginning(record: &SessionRecord) -> EventId {
    EventId {
        millis: u64::try_from(record.started_at.millis()).unwrap_or(0),
        offset: 0,
    }
}

/// Whether an event belongs into a session's inbox: it is addressed to it, or a person
/// says it to nobody in particular.
pub(super) fn is_for(record: &SessionRecord, addressee: &Addressee, event: &Event) -> bool {
    let is_from_a_person = event.session_id.is_none();
    // A warning comes from the session that gave rise to it, which is warned too.
    let is_own =
        event.session_id.as_ref() == Some(&record.session_id) && !event.event_type.is_reserved();
    !is_own && (addressee.is_meant(event) || (is_from_a_person && event.to.is_empty()))
}

/// Waits until something is published that belongs into a session's inbox, or may.
async fn heard(live: &mut Receiver<Delivery>, record: &SessionRecord, addressee: &Addressee) {
    loop {
        match live.recv().await {
            Ok(Delivery::Event(event)) if is_mail(&event.event) => {
                if is_for(record, addressee, &event.event) {
                    return;
                }
            }
            // The session may be called otherwise from now on, or have ended.
            Ok(Delivery::Event(event))
                if event.event.session_id.as_ref() == Some(&record.session_id)
                    && event.event.id.is_some() =>
            {
                return;
            }
            Ok(Delivery::Event(_) | Delivery::Claim(_)) => {}
            Ok(Delivery::Reset) | Err(RecvError::Lagged(_)) => return,
            // The server stops.
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

/// Whether it is in the stream that inboxes are read from.
fn is_mail(event: &Event) -> bool {
    matches!(
        event.event_type,
        EventType::BroadcastMessage | EventType::ConflictWarning
    )
}
