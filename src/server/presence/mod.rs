//! Presence: who is in the room (design, section 6).
//!
//! Every change of a session is read, decided here, and committed only if nobody
//! changed it meanwhile, together with the event that tells of it.

mod registry;
mod sweeper;
mod voice;

pub use registry::{Change, Registration};
pub use sweeper::sweep_forever;
pub use voice::addressee;

use crate::{
    protocol::{EndReason, Ended, EventData, EventType, Problem, ProblemKind, SessionId},
    server::{
        auth::{Auth, Caller, Grant, Workspace},
        config::SessionsConfig,
        privacy::Gate,
        store::{Body, Commit, Committed, Found, SessionRecord, Store},
    },
};

/// How often a change is tried again when others change the same session.
const ATTEMPTS: usize = 20;

/// Registers, changes, lists and ends sessions.
#[derive(Clone)]
pub struct Presence {
    store: Store,
    auth: Auth,
    gate: Gate,
    rules: SessionsConfig,
}

impl Presence {
    /// Presence by the configured times.
    pub fn new(store: Store, auth: Auth, gate: Gate, rules: SessionsConfig) -> Self {
        Self {
            store,
            auth,
            gate,
            rules,
        }
    }

    /// The configured times.
    pub fn rules(&self) -> &SessionsConfig {
        &self.rules
    }

    /// Reads a live session that the caller may speak for.
    ///
    /// # Errors
    /// 404 if there is none, 403 if it is another user's.
    pub async fn owned(&self, caller: &Caller, session: &SessionId) -> Result<Found, Problem> {
        let found = self
            .store
            .session(&caller.workspace, session)
            .await?
            .filter(|found| found.record.ended.is_none())
            .ok_or_else(unknown_session)?;
        if found.record.user != caller.user {
            return Err(Problem::new(
                ProblemKind::Forbidden,
                "this session is another user's",
            ));
        }
        match &caller.grant {
            Grant::Session { registration, .. } if *registration != found.record.registration => {
                Err(unknown_session())
            }
            _ => Ok(found),
        }
    }

    /// Reads, decides and commits until nobody came in between. `decide` returns
    /// the event to tell and whether it is stored, or `None` to change nothing.
    ///
    /// # Errors
    /// Those of `read`; 503 if Redis is away.
    async fn change<Read>(
        &self,
        workspace: &Workspace,
        read: impl Fn() -> Read,
        decide: impl Fn(&mut SessionRecord, &Found) -> Option<(EventType, EventData, bool)>,
    ) -> Result<SessionRecord, Problem>
    where
        Read: Future<Output = Result<Found, Problem>>,
    {
        for _ in 0..ATTEMPTS {
            let found = read().await?;
            let mut record = found.record.clone();
            let Some((event_type, data, stored)) = decide(&mut record, &found) else {
                return Ok(record);
            };
            let event = body(&record, event_type, data);
            let commit = Commit {
                revision: found.revision,
                record: &record,
                event,
                stored,
            };
            if let Committed::Done(_) = self.store.commit_session(workspace, commit).await? {
                return Ok(record);
            }
        }
        Err(Problem::new(ProblemKind::Conflict, "the session changes too fast").retry_after(1))
    }
}

fn unknown_session() -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        "there is no live session with this id",
    )
}

/// An event that tells of a session.
fn body(record: &SessionRecord, event_type: EventType, data: EventData) -> Body {
    Body {
        event_type,
        session_id: Some(record.session_id.clone()),
        agent_name: Some(record.agent_name.clone()),
        user: record.user.to_string(),
        to: Default::default(),
        data,
        private: EventData::default(),
    }
}

/// Marks a session as ended, and what to tell of it.
fn end(record: &mut SessionRecord, reason: EndReason) -> (EventType, EventData, bool) {
    record.ended = Some(reason.clone());
    (
        EventType::SessionEnded,
        EventData::of(&Ended { reason }),
        true,
    )
}
