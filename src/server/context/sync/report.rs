//! How a synchronisation goes: the report in Redis, and events that tell of it. The
//! owner sees all of it, others that it happened.

use serde::Serialize;

use super::SyncError;
use crate::{
    protocol::{
        ContextChanges, ContextSync, ContextUpdated, EventData, EventType, NAMED_FILES,
        SkippedFile, SyncProgress, SyncState, SyncStatus, Timestamp,
    },
    server::store::{Body, Fence, SourceRecord, Store},
};

/// Reports on one synchronisation.
pub(super) struct Reporter<'a> {
    store: &'a Store,
    fence: &'a Fence,
    record: &'a SourceRecord,
    /// As it was when this one began.
    status: SyncStatus,
}

/// What the owner sees of an event beside what everyone sees.
#[derive(Serialize)]
struct Private<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<ContextChanges>,
    sync: &'a SyncStatus,
}

impl<'a> Reporter<'a> {
    /// Says that it begins.
    ///
    /// # Errors
    /// If Redis is away or another node has taken over.
    pub async fn start(
        store: &'a Store,
        fence: &'a Fence,
        record: &'a SourceRecord,
        started: Timestamp,
    ) -> Result<Self, SyncError> {
        let mut status = store.sync_record(&fence.address).await?.status;
        status.state = SyncState::Running;
        status.last_started = Some(started);
        status.next_at = None;
        let reporter = Self {
            store,
            fence,
            record,
            status,
        };
        reporter.progress(SyncProgress::default()).await?;
        Ok(reporter)
    }

    /// Says how far it is.
    ///
    /// # Errors
    /// As [`Reporter::start`].
    pub async fn progress(&self, progress: SyncProgress) -> Result<(), SyncError> {
        let status = SyncStatus {
            progress: Some(progress),
            ..self.status.clone()
        };
        self.send(&status, false).await.map(|_| ())
    }

    /// Says that it failed, and why; what was there stays. Returns the number of the
    /// newest request.
    ///
    /// # Errors
    /// As [`Reporter::start`].
    pub async fn failed(&self, error: &str, next_at: Timestamp) -> Result<u64, SyncError> {
        tracing::warn!(source = %self.fence.address, "synchronisation failed: {error}");
        let status = SyncStatus {
            state: SyncState::Failed,
            error: Some(error.to_owned()),
            last_finished: Some(self.store.now().await?),
            next_at: Some(next_at),
            ..self.status.clone()
        };
        self.send(&status, true).await
    }

    /// The report of one that ended well, still without files.
    pub fn ended(&self, at: Timestamp) -> SyncStatus {
        SyncStatus {
            state: SyncState::Idle,
            last_started: self.status.last_started,
            last_finished: Some(at),
            ..SyncStatus::default()
        }
    }

    /// `context.sync`: it goes on, or ended without news.
    pub fn event(&self, status: &SyncStatus) -> Body {
        let public = ContextSync {
            source_id: self.record.id.clone(),
            source: self.record.name.to_string(),
            state: status.state,
            sync: None,
        };
        self.body(EventType::ContextSync, &public, None, status)
    }

    /// `context.updated`: it ended with news.
    pub fn updated(&self, status: &SyncStatus, changes: ContextChanges) -> Body {
        let public = ContextUpdated {
            source_id: self.record.id.clone(),
            source: self.record.name.to_string(),
            generation: status.generation,
            changes: None,
            sync: None,
        };
        self.body(EventType::ContextUpdated, &public, Some(changes), status)
    }

    fn body(
        &self,
        event_type: EventType,
        public: &impl Serialize,
        changes: Option<ContextChanges>,
        status: &SyncStatus,
    ) -> Body {
        let brief = status.clone().brief();
        let private = Private {
            changes,
            sync: &brief,
        };
        Body {
            event_type,
            session_id: None,
            agent_name: None,
            user: self.fence.address.user.to_string(),
            to: Default::default(),
            data: EventData::of(public),
            private: EventData::of(&private),
        }
    }

    async fn send(&self, status: &SyncStatus, ended: bool) -> Result<u64, SyncError> {
        let event = self.event(status);
        self.store
            .report_sync(self.fence, status, None, ended, &event)
            .await?
            .ok_or(SyncError::Fenced)
    }
}

/// Names skipped and stale files in a status, as many as it may.
pub(super) fn name_files(
    status: &mut SyncStatus,
    mut skipped: Vec<SkippedFile>,
    mut stale: Vec<String>,
) {
    status.skipped_total = skipped.len() as u64;
    status.stale_total = stale.len() as u64;
    skipped.truncate(NAMED_FILES);
    stale.truncate(NAMED_FILES);
    status.skipped = skipped;
    status.stale = stale;
}
