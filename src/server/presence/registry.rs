//! Registering, heartbeats, changes and ends.

use serde::Serialize;

use super::{Presence, body, end};
use crate::{
    protocol::{
        API_PREFIX, ActiveSession, AgentName, AgentType, ContextSources, EndReason, EventData,
        EventType, HeartbeatAnswer, Problem, ProblemKind, Reason, Redactions, Registered,
        ReportedStatus, SessionId, SessionStatus, Tags, Task,
    },
    server::{
        auth::{Audience, Caller, Claims, Grant, SESSION_TOKEN_LIFE, Workspace},
        random,
        store::{Commit, Committed, Found, SessionRecord},
    },
};

/// The longest part of an agent's name in a session id, in characters.
const SLUG_LENGTH: usize = 48;

/// What an agent says of itself when it joins.
#[derive(Clone, Debug)]
pub struct Registration {
    /// An id of its own choice.
    pub session_id: Option<SessionId>,
    /// The name it goes by.
    pub agent_name: AgentName,
    /// What kind of agent it is.
    pub agent_type: AgentType,
    /// Its tags.
    pub tags: Tags,
    /// What it is working on.
    pub current_task: Task,
    /// Where it draws its context from.
    pub context_sources: ContextSources,
}

/// What may change of a session; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// A new status.
    pub status: Option<ReportedStatus>,
    /// A new task.
    pub current_task: Option<Task>,
    /// New tags.
    pub tags: Option<Tags>,
    /// New context sources.
    pub context_sources: Option<ContextSources>,
}

/// The `data` of `session.heartbeat`.
#[derive(Serialize)]
struct Alive<'a> {
    status: SessionStatus,
    current_task: &'a Task,
}

impl Presence {
    /// Registers a session; `origin` is where sockets are reached, as `ws://host`.
    ///
    /// # Errors
    /// 403 with a session token, 409 if the id is that of a live session, 503 if
    /// Redis is away.
    pub async fn register(
        &self,
        caller: &Caller,
        registration: Registration,
        origin: &str,
    ) -> Result<Registered, Problem> {
        caller.require_user()?;
        let (registration, redactions) = self.scanned(registration)?;
        let workspace = &caller.workspace;
        let session_id = match registration.session_id.clone() {
            Some(id) => id,
            None => invent_id(&registration.agent_name)?,
        };
        let before = self.store.session(workspace, &session_id).await?;
        let revision = before.as_ref().map_or(0, |found| found.revision);
        if before.is_some_and(|found| found.record.ended.is_none()) {
            return Err(taken());
        }
        let now = self.store.now().await?;
        let record = SessionRecord {
            session_id,
            registration: random::text(16),
            user: caller.user.clone(),
            agent_name: registration.agent_name,
            agent_type: registration.agent_type,
            reported: ReportedStatus::Active,
            stale: false,
            current_task: registration.current_task,
            tags: registration.tags,
            context_sources: registration.context_sources,
            started_at: now,
            last_heartbeat: now,
            ended: None,
        };
        // Before the session exists, so that no session is ever out of the
        // sweeper's sight.
        self.store.remember_workspace(workspace).await?;
        let (token, claims) = self.session_token(workspace, &record)?;
        let event = body(
            &record,
            EventType::SessionStarted,
            EventData::of(&record.seen_at(now)),
        );
        let commit = Commit {
            revision,
            record: &record,
            event,
            stored: true,
        };
        match self.store.commit_session(workspace, commit).await? {
            Committed::Changed => Err(taken()),
            Committed::Done(_) => Ok(Registered {
                websocket_url: format!(
                    "{origin}{API_PREFIX}/ws/{}?token={token}",
                    record.session_id
                ),
                session_id: record.session_id,
                token,
                expires_at: claims.expires_at(),
                heartbeat_seconds: self.rules.heartbeat_seconds,
                redactions,
            }),
        }
    }

    /// Takes a sign of life. With a session token half of whose life is gone, the
    /// answer has a fresh one.
    ///
    /// # Errors
    /// 404 if there is no such live session, 403 if it is another user's, 503 if
    /// Redis is away.
    pub async fn heartbeat(
        &self,
        caller: &Caller,
        session: &SessionId,
        change: Change,
    ) -> Result<HeartbeatAnswer, Problem> {
        let (change, redactions) = self.scanned_change(change)?;
        let record = self.touch(caller, session, change).await?;
        let fresh = match caller.grant {
            Grant::Session { .. } if caller.is_half_spent() => {
                Some(self.session_token(&caller.workspace, &record)?)
            }
            _ => None,
        };
        let (token, claims) = fresh.unzip();
        let expires_at = claims.map(|claims| claims.expires_at());
        Ok(HeartbeatAnswer {
            session: record.seen_at(record.last_heartbeat),
            token,
            expires_at,
            redactions,
        })
    }

    /// Ends a session.
    ///
    /// # Errors
    /// As [`Presence::heartbeat`].
    pub async fn end(
        &self,
        caller: &Caller,
        session: &SessionId,
        reason: Reason,
    ) -> Result<(), Problem> {
        let mut reason = reason;
        self.gate.fields().line("reason", &mut reason)?;
        let reason = EndReason::said(reason);
        self.change(
            &caller.workspace,
            || self.owned(caller, session),
            |record, _| Some(end(record, reason.clone())),
        )
        .await
        .map(|_| ())
    }

    /// The live sessions of a workspace, oldest first.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn active(&self, workspace: &Workspace) -> Result<Vec<ActiveSession>, Problem> {
        let (records, now) = self.store.active_sessions(workspace).await?;
        Ok(records.iter().map(|record| record.seen_at(now)).collect())
    }

    /// What an agent says of itself, without personal data.
    fn scanned(&self, mut said: Registration) -> Result<(Registration, Redactions), Problem> {
        let mut fields = self.gate.fields();
        fields.line("agent_name", &mut said.agent_name)?;
        fields.line("agent_type", &mut said.agent_type)?;
        fields.lines("tags", &mut said.tags)?;
        fields.line("current_task", &mut said.current_task)?;
        fields.lines("context_sources", &mut said.context_sources)?;
        let redactions = fields.redactions();
        Ok((said, redactions))
    }

    fn scanned_change(&self, mut change: Change) -> Result<(Change, Redactions), Problem> {
        let mut fields = self.gate.fields();
        if let Some(task) = &mut change.current_task {
            fields.line("current_task", task)?;
        }
        if let Some(tags) = &mut change.tags {
            fields.lines("tags", tags)?;
        }
        if let Some(sources) = &mut change.context_sources {
            fields.lines("context_sources", sources)?;
        }
        let redactions = fields.redactions();
        Ok((change, redactions))
    }

    /// A sign of life with whatever changed. A mere sign of life is published but
    /// not stored; a change, or the return of a stale session, is an event.
    async fn touch(
        &self,
        caller: &Caller,
        session: &SessionId,
        change: Change,
    ) -> Result<SessionRecord, Problem> {
        let decide = |record: &mut SessionRecord, found: &Found| {
            apply(record, &change);
            record.stale = false;
            let news = *record != found.record;
            record.last_heartbeat = found.now;
            let session = record.seen_at(found.now);
            Some(if news {
                (EventType::SessionUpdated, EventData::of(&session), true)
            } else {
                let alive = Alive {
                    status: session.status,
                    current_task: &session.current_task,
                };
                (EventType::SessionHeartbeat, EventData::of(&alive), false)
            })
        };
        self.change(&caller.workspace, || self.owned(caller, session), decide)
            .await
    }

    /// Which registration of its id a live session is.
    ///
    /// # Errors
    /// As [`Presence::heartbeat`].
    pub async fn registration(
        &self,
        caller: &Caller,
        session: &SessionId,
    ) -> Result<String, Problem> {
        Ok(self.owned(caller, session).await?.record.registration)
    }

    /// A fresh session token, if half the life of the caller's is gone.
    ///
    /// # Errors
    /// As [`Presence::heartbeat`].
    pub async fn renew(
        &self,
        caller: &Caller,
        session: &SessionId,
    ) -> Result<Option<(String, Claims)>, Problem> {
        if !caller.is_half_spent() {
            return Ok(None);
        }
        let record = self.owned(caller, session).await?.record;
        self.session_token(&caller.workspace, &record).map(Some)
    }

    fn session_token(
        &self,
        workspace: &Workspace,
        record: &SessionRecord,
    ) -> Result<(String, Claims), Problem> {
        let mut claims = Claims::new(
            Audience::Session,
            record.user.clone(),
            workspace.clone(),
            SESSION_TOKEN_LIFE,
        );
        claims.sid = Some(record.session_id.clone());
        claims.registration = Some(record.registration.clone());
        Ok((self.auth.sign(&claims)?, claims))
    }
}

fn apply(record: &mut SessionRecord, change: &Change) {
    if let Some(status) = change.status {
        record.reported = status;
    }
    if let Some(task) = &change.current_task {
        record.current_task = task.clone();
    }
    if let Some(tags) = &change.tags {
        record.tags = tags.clone();
    }
    if let Some(sources) = &change.context_sources {
        record.context_sources = sources.clone();
    }
}

fn taken() -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        "a live session has this session_id already",
    )
}

/// `leitl-<slug of the name>-<random>` (design, section 2).
fn invent_id(name: &AgentName) -> Result<SessionId, Problem> {
    let mut slug = slug::slugify(name.as_str());
    slug.truncate(SLUG_LENGTH);
    // A name of nothing but signs has no slug.
    let slug = if slug.is_empty() {
        "agent"
    } else {
        slug.trim_end_matches('-')
    };
    format!("leitl-{slug}-{}", random::text(8))
        .parse()
        .map_err(|rule| Problem::field("agent_name", format!("makes no session id: {rule}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_ids_keep_the_rule_whatever_the_name() {
        for name in ["Cece", "Zoë Müller", "!!!", "名前", &"long name ".repeat(6)] {
            let id = invent_id(&name.parse().unwrap()).unwrap();
            assert!(id.as_str().len() <= "leitl-".len() + 80, "{id}");
        }
        assert!(
            invent_id(&"Cece".parse().unwrap())
                .unwrap()
                .as_str()
                .starts_with("leitl-cece-")
        );
    }
}
