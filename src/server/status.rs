//! How a workspace fares.

use super::{Server, auth::Caller, now};
use crate::protocol::{
    Alert, HISTORY_MINUTES, History, Metrics, Problem, RedisStatus, SourceCounts, Status, SyncState,
};

/// The windows over which metrics are told, in minutes.
const WINDOWS: [u64; 3] = [5, 60, 24 * 60];

impl Server {
    /// The health metrics and the alerts of the caller's workspace. While Redis is
    /// away: what was last known, and that it is.
    ///
    /// # Errors
    /// 500 if something stored cannot be read.
    pub async fn status(&self, caller: &Caller) -> Result<Status, Problem> {
        let workspace = &caller.workspace;
        let status = match self.present_status(caller).await {
            Ok(status) => status,
            Err(problem) if problem.status == 503 => {
                return Ok(self.last_known_status(caller));
            }
            Err(problem) => return Err(problem),
        };
        self.ops.remember(workspace, &status);
        Ok(status)
    }

    async fn present_status(&self, caller: &Caller) -> Result<Status, Problem> {
        let workspace = &caller.workspace;
        let past = self.ops.recorder().read(workspace).await?;
        let [five_minutes, hour, day] = WINDOWS.map(|minutes| past.over(minutes));
        let nodes = self.store.nodes().await?;
        let mut open_sockets = self.ops.meters().open_in(workspace);
        for (node, open) in self.store.open_sockets(workspace).await? {
            // Of this one we know better, and a dead one holds none.
            if node != self.node && nodes.contains(&node) {
                open_sockets += open;
            }
        }
        let sources = self.context.list_sources(caller).await?;
        let count = |state: SyncState| {
            let in_state = sources.iter().filter(|source| source.sync.state == state);
            in_state.count() as u64
        };
        let sources = SourceCounts {
            total: sources.len() as u64,
            running: count(SyncState::Running),
            failed: count(SyncState::Failed),
        };
        let alerts = self.store.alerts(workspace).await?;
        let mut alerts: Vec<Alert> = alerts
            .into_iter()
            .map(|stored| stored.record.alert)
            .collect();
        // Calls are answered again, or all the time, and events do not flow yet.
        alerts.extend(self.ops.outage());
        let live = self.store.count_sessions(std::slice::from_ref(workspace));
        Ok(Status {
            active_sessions: live.await?.iter().sum(),
            at: self.store.now().await?,
            node: self.node.clone(),
            nodes: nodes.len().max(1) as u64,
            redis: RedisStatus {
                available: true,
                away_since: None,
            },
            open_sockets,
            sources,
            five_minutes,
            hour,
            day,
            history: past.history(),
            alerts,
        })
    }

    fn last_known_status(&self, caller: &Caller) -> Status {
        let known = self.ops.remembered(&caller.workspace);
        let mut status = known.unwrap_or_else(|| self.unknown_status());
        let outage = self.ops.outage();
        status.redis = RedisStatus {
            available: false,
            away_since: Some(outage.as_ref().map_or_else(now, |alert| alert.raised_at)),
        };
        status.open_sockets = self.ops.meters().open_in(&caller.workspace);
        status.alerts.extend(outage);
        status
    }

    /// Of a workspace that nobody has asked for before Redis went away.
    fn unknown_status(&self) -> Status {
        let none = || vec![None; HISTORY_MINUTES];
        Status {
            at: now(),
            node: self.node.clone(),
            nodes: 1,
            redis: RedisStatus {
                available: false,
                away_since: None,
            },
            active_sessions: 0,
            open_sockets: 0,
            sources: SourceCounts::default(),
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
        }
    }
}
