//! Marks silent sessions as stale and ends those silent for too long.
//!
//! All nodes try; a lease lets one at a time work. What it does is right even if
//! two do it: each change is committed only if nobody changed the session since
//! it was read, so a heartbeat in the last moment wins.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Presence, end, unknown_session};
use crate::{
    protocol::{AlertKind, EndReason, EventData, EventType, Problem, SessionId},
    server::{
        auth::Workspace,
        ops::{Alerts, Cause},
        store::{Found, SessionRecord},
    },
};

/// Sweeps until it is dropped.
pub async fn sweep_forever(presence: Presence, alerts: Alerts, node: String) {
    let period = period(presence.rules.stale_after());
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut grace = None;
    loop {
        ticks.tick().await;
        // Shorter than a period, so that the same node may take it again and a
        // dead one delays the others by less than a period.
        let lease = presence.store.take_lease("sweep", &node, period / 2).await;
        let swept = match lease {
            // While Redis was away no heartbeat came through. Whoever lives gets
            // the time to send one.
            Ok(true) if grace.is_some_and(|until| Instant::now() < until) => Ok(()),
            Ok(true) => presence.sweep(&alerts).await,
            Ok(false) => Ok(()),
            Err(error) => {
                grace = Some(Instant::now() + presence.rules.stale_after());
                Err(error.into())
            }
        };
        if let Err(problem) = swept {
            tracing::debug!("could not sweep sessions: {problem}");
        }
    }
}

/// Often enough that a session is called stale soon after it is.
fn period(stale_after: Duration) -> Duration {
    (stale_after / 10).clamp(Duration::from_millis(200), Duration::from_secs(5))
}

impl Presence {
    async fn sweep(&self, alerts: &Alerts) -> Result<(), Problem> {
        for workspace in self.store.workspaces().await? {
            let stale_since = self.store.now().await?.millis()
                - i64::try_from(self.rules.stale_after().as_millis()).unwrap_or(i64::MAX);
            let since = crate::protocol::Timestamp::from_millis(stale_since);
            let mut silent = Vec::new();
            for session in self.store.silent_since(&workspace, since).await? {
                match self.judge(&workspace, &session).await {
                    Ok(record) if record.stale && record.ended.is_none() => silent.push(record),
                    Ok(_) => {}
                    // Ended meanwhile.
                    Err(problem) if problem.status == 404 => {}
                    Err(problem) => return Err(problem),
                }
            }
            self.alert(&workspace, alerts, &silent).await?;
        }
        Ok(())
    }

    /// Raises an alert for each silent session, and calms those of all others.
    async fn alert(
        &self,
        workspace: &Workspace,
        alerts: &Alerts,
        silent: &[SessionRecord],
    ) -> Result<(), Problem> {
        for record in silent {
            let cause = Cause {
                kind: AlertKind::HeartbeatTimeout,
                subject: record.session_id.to_string(),
                summary: format!(
                    "{} has sent no heartbeat for {} s",
                    record.agent_name, self.rules.stale_seconds
                ),
                user: record.user.clone(),
                since: None,
            };
            alerts.raise(workspace, &cause).await?;
        }
        let silent: Vec<&str> = silent
            .iter()
            .map(|record| record.session_id.as_str())
            .collect();
        alerts
            .calm_all_but(workspace, AlertKind::HeartbeatTimeout, &silent)
            .await?;
        Ok(())
    }

    async fn judge(
        &self,
        workspace: &Workspace,
        session: &SessionId,
    ) -> Result<SessionRecord, Problem> {
        let read = || async {
            self.store
                .session(workspace, session)
                .await?
                .filter(|found| found.record.ended.is_none())
                .ok_or_else(unknown_session)
        };
        let decide = |record: &mut SessionRecord, found: &Found| {
            let silence = record.last_heartbeat.until(found.now);
            if silence >= self.rules.end_after() {
                tracing::info!(session = %record.session_id, "session ended: no heartbeat");
                Some(end(record, EndReason::timeout()))
            } else if silence >= self.rules.stale_after() && !record.stale {
                record.stale = true;
                Some((
                    EventType::SessionUpdated,
                    EventData::of(&record.seen_at(found.now)),
                    true,
                ))
            } else {
                None
            }
        };
        self.change(workspace, read, decide).await
    }
}
