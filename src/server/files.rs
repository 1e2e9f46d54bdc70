//! Who works on which file: reported, told to everyone, never locked.

use std::time::Duration;

use super::{
    auth::Caller,
    config::{FilesConfig, LimitsConfig},
    presence::Presence,
    privacy::Gate,
    store::{Claim, ClaimOutcome, Store},
};
use crate::protocol::{
    Claimed, Conflict, FilePaths, MAX_DATA_BYTES, Problem, ProblemKind, Repository, SessionId,
};

/// The most bytes that the paths of one report have as JSON, so that the event that
/// tells of them is one that can be read.
const MAX_PATH_BYTES: usize = MAX_DATA_BYTES - 2048;

/// Notes who works on which file.
#[derive(Clone)]
pub struct Files {
    store: Store,
    presence: Presence,
    gate: Gate,
    window: Duration,
    limit: u32,
}

impl Files {
    /// By the configured window and limit.
    pub fn new(
        store: Store,
        presence: Presence,
        gate: Gate,
        files: &FilesConfig,
        limits: &LimitsConfig,
    ) -> Self {
        Self {
            store,
            presence,
            gate,
            window: Duration::from_secs(files.window_seconds),
            limit: limits.file_reports_per_minute,
        }
    }

    /// Notes that a session works on files, and finds who else does.
    ///
    /// # Errors
    /// 404 if there is no such live session, 403 if it is another user's, 422 if the
    /// paths are too long, 429 beyond the limit, 503 if Redis is away.
    pub async fn claim(
        &self,
        caller: &Caller,
        session: &SessionId,
        mut repository: Repository,
        mut paths: FilePaths,
    ) -> Result<Claimed, Problem> {
        let mut fields = self.gate.fields();
        fields.line("repository", &mut repository)?;
        fields.lines("paths", &mut paths)?;
        let bytes = serde_json::to_string(&paths).map_or(usize::MAX, |json| json.len());
        if bytes > MAX_PATH_BYTES {
            return Err(Problem::field(
                "paths",
                format!("must have at most {MAX_PATH_BYTES} bytes of JSON, has {bytes}"),
            ));
        }
        let found = self.presence.owned(caller, session).await?;
        let claim = Claim {
            session: &found.record,
            now: found.now,
            repository: &repository,
            paths: &paths,
            window: self.window,
            limit: self.limit,
        };
        match self.store.claim_files(&caller.workspace, claim).await? {
            ClaimOutcome::Claimed(conflicts) => Ok(Claimed {
                conflicts: conflicts
                    .into_iter()
                    .filter_map(|(place, sessions)| {
                        Some(Conflict {
                            repository: repository.clone(),
                            path: paths.get(place)?.clone(),
                            sessions,
                        })
                    })
                    .collect(),
                window_seconds: self.window.as_secs(),
            }),
            ClaimOutcome::Limited(wait) => Err(Problem::new(
                ProblemKind::RateLimited,
                format!("at most {} reports of files a minute", self.limit),
            )
            .retry_after(wait.as_secs() + 1)),
        }
    }
}
