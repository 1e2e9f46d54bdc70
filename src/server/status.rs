//! How a workspace fares.

use super::{Server, auth::Caller};
use crate::protocol::{
    HISTORY_MINUTES, History, Metrics, Problem, RedisStatus, SourceCounts, Status, SyncState,
};

impl Server {
    /// The health metrics and the alerts of the caller's workspace.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn status(&self, caller: &Caller) -> Result<Status, Problem> {
        let sources = self.context.list_sources(caller).await?;
        let sessions = self.presence.active(&caller.workspace).await?;
        let none = || vec![None; HISTORY_MINUTES];
        let count = |state: SyncState| {
            let in_state = sources.iter().filter(|source| source.sync.state == state);
            in_state.count() as u64
        };
        Ok(Status {
            at: self.store.now().await?,
            node: self.node.clone(),
            nodes: 1,
            redis: RedisStatus {
                available: true,
                away_since: None,
            },
            active_sessions: sessions.len() as u64,
            open_sockets: 0,
            sources: SourceCounts {
                total: sources.len() as u64,
                running: count(SyncState::Running),
                failed: count(SyncState::Failed),
            },
            five_minutes: Metrics::default(),
            hour: Metrics::default(),
            day: Metrics::default(),
            history: History {
                active_sessions: none(),
                sync_success_rate: none(),
                delivery_p95_ms: none(),
                cache_hit_rate: none(),
                abnormal_closes: none(),
            },
            alerts: Vec::new(),
        })
    }
}
