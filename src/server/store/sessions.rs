//! Sessions: documents with a revision, changed only by compare-and-set together
//! with the event that tells of the change.

use serde::{Deserialize, Serialize};

use super::{Body, RETENTION, Store, StoreError, events::stream_id, instant, millis};
use crate::{
    protocol::{
        ActiveSession, AgentName, AgentType, ContextSources, EndReason, EventId, ReportedStatus,
        SessionId, SessionStatus, Tags, Task, Timestamp, format_uptime,
    },
    server::auth::{User, Workspace},
};

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Its id.
    pub session_id: SessionId,
    /// Which registration of that id this is.
    pub registration: String,
    /// Whose it is.
    pub user: User,
    /// The name the agent goes by.
    pub agent_name: AgentName,
    /// What kind of agent it is.
    pub agent_type: AgentType,
    /// What it says it is.
    pub reported: ReportedStatus,
    /// Whether it has been silent for too long.
    pub stale: bool,
    /// What it is working on.
    pub current_task: Task,
    /// Its tags.
    pub tags: Tags,
    /// Where it draws its context from.
    pub context_sources: ContextSources,
    /// When it registered.
    pub started_at: Timestamp,
    /// When it last gave a sign of life.
    pub last_heartbeat: Timestamp,
    /// Why it ended, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<EndReason>,
}

impl SessionRecord {
    /// The session as others see it at an instant.
    pub fn seen_at(&self, now: Timestamp) -> ActiveSession {
        let status = if self.stale {
            SessionStatus::Stale
        } else {
            self.reported.into()
        };
        ActiveSession {
            session_id: self.session_id.clone(),
            agent_name: self.agent_name.clone(),
            agent_type: self.agent_type.clone(),
            status,
            current_task: self.current_task.clone(),
            uptime: format_uptime(self.started_at.until(now)),
            started_at: self.started_at,
            last_heartbeat: self.last_heartbeat,
            tags: self.tags.clone(),
            context_sources: self.context_sources.clone(),
            user: self.user.to_string(),
        }
    }
}

/// A session as it was read.
#[derive(Clone, Debug)]
pub struct Found {
    /// What was read.
    pub record: SessionRecord,
    /// Which change of it this was.
    pub revision: u64,
    /// The clock of Redis at that moment.
    pub now: Timestamp,
}

/// A change of a session and the event that tells of it.
pub struct Commit<'a> {
    /// The revision that was read; 0 if there was none.
    pub revision: u64,
    /// The session as it shall be.
    pub record: &'a SessionRecord,
    /// What to tell.
    pub event: Body,
    /// Whether that goes into the stream, or only past whoever listens.
    pub stored: bool,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Done; the event's id.
    Done(EventId),
    /// Somebody else changed the session since it was read: read it again.
    Changed,
}

impl Store {
    /// Reads a session, ended or not.
    ///
    /// # Errors
    /// If Redis does not answer or the document cannot be read.
    pub async fn session(
        &self,
        workspace: &Workspace,
        session: &SessionId,
    ) -> Result<Option<Found>, StoreError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("TIME");
        pipeline
            .cmd("HMGET")
            .arg(self.keys().session(workspace, session))
            .arg("revision")
            .arg("document");
        let (time, (revision, document)): ((i64, i64), (Option<u64>, Option<String>)) =
            self.call_all(&pipeline).await?;
        let (Some(revision), Some(document)) = (revision, document) else {
            return Ok(None);
        };
        Ok(Some(Found {
            record: read(&document)?,
            revision,
            now: instant(time),
        }))
    }

    /// The live sessions of a workspace, oldest first, and the clock of Redis.
    ///
    /// # Errors
    /// If Redis does not answer or a document cannot be read.
    pub async fn active_sessions(
        &self,
        workspace: &Workspace,
    ) -> Result<(Vec<SessionRecord>, Timestamp), StoreError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("TIME");
        pipeline
            .cmd("ZRANGE")
            .arg(self.keys().active_sessions(workspace))
            .arg(0)
            .arg(-1);
        let (time, ids): ((i64, i64), Vec<String>) = self.call_all(&pipeline).await?;
        let mut records = self.documents(workspace, &ids).await?;
        records.sort_by(|a, b| (a.started_at, &a.session_id).cmp(&(b.started_at, &b.session_id)));
        Ok((records, instant(time)))
    }

    /// The live sessions not heard of since an instant.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn silent_since(
        &self,
        workspace: &Workspace,
        since: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        let mut command = redis::cmd("ZRANGEBYSCORE");
        command
            .arg(self.keys().active_sessions(workspace))
            .arg("-inf")
            .arg(since.millis());
        let ids: Vec<String> = self.call(&command).await?;
        Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
    }

    async fn documents(
        &self,
        workspace: &Workspace,
        ids: &[String],
    ) -> Result<Vec<SessionRecord>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::pipe();
        for id in ids.iter().filter_map(|id| id.parse().ok()) {
            pipeline
                .cmd("HGET")
                .arg(self.keys().session(workspace, &id))
                .arg("document");
        }
        let documents: Vec<Option<String>> = self.call_all(&pipeline).await?;
        let records: Vec<SessionRecord> = documents
            .iter()
            .flatten()
            .map(|document| read(document))
            .collect::<Result<_, _>>()?;
        // One may have ended between the two reads.
        Ok(records
            .into_iter()
            .filter(|record| record.ended.is_none())
            .collect())
    }

    /// Changes a session and tells of it, if nobody else changed it meanwhile.
    ///
    /// # Errors
    /// If Redis does not do it; then nothing has changed.
    pub async fn commit_session(
        &self,
        workspace: &Workspace,
        commit: Commit<'_>,
    ) -> Result<Committed, StoreError> {
        let record = commit.record;
        let document = serde_json::to_string(record).map_err(|error| unreadable(&error))?;
        let score = match record.ended {
            Some(_) => String::new(),
            None => record.last_heartbeat.millis().to_string(),
        };
        let mut script = self.publishing(&self.0.scripts.commit_session, workspace);
        script
            .key(self.keys().session(workspace, &record.session_id))
            .key(self.keys().active_sessions(workspace))
            .arg(commit.revision)
            .arg(record.session_id.as_str())
            .arg(document)
            .arg(score)
            .arg(millis(RETENTION))
            .arg(u8::from(commit.stored))
            .arg(commit.event.to_json()?);
        let answer: Vec<String> = self.run(&script).await?;
        match answer.as_slice() {
            [_, id] => Ok(Committed::Done(stream_id(id)?)),
            _ => Ok(Committed::Changed),
        }
    }

    /// Remembers that a workspace has sessions to sweep.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn remember_workspace(&self, workspace: &Workspace) -> Result<(), StoreError> {
        self.add_workspace(self.keys().workspaces(), workspace)
            .await
    }

    /// The workspaces that have or had sessions.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        self.workspaces_in(self.keys().workspaces()).await
    }

    /// Adds a workspace to a set of them.
    pub(super) async fn add_workspace(
        &self,
        set: String,
        workspace: &Workspace,
    ) -> Result<(), StoreError> {
        let mut command = redis::cmd("SADD");
        command.arg(set).arg(workspace.to_string());
        self.call(&command).await
    }

    /// The workspaces in a set of them.
    pub(super) async fn workspaces_in(&self, set: String) -> Result<Vec<Workspace>, StoreError> {
        let mut command = redis::cmd("SMEMBERS");
        command.arg(set);
        let names: Vec<String> = self.call(&command).await?;
        Ok(names
            .into_iter()
            .filter_map(|name| name.parse().ok())
            .collect())
    }
}

fn read(document: &str) -> Result<SessionRecord, StoreError> {
    serde_json::from_str(document).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable {
        what: "session",
        why: format!("{:?}", error.classify()),
    }
}
