//! From counts to history: what meters count moves to Redis by the minute, and
//! comes back as the metrics of the last 5 minutes, hour and 24 hours.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Instant,
};

use tokio::sync::Mutex;

use super::{
    latency::{self, BUCKETS},
    meter::{Count, Meters, bucket_name},
};
use crate::{
    protocol::{
        CacheMetrics, DeliveryMetrics, HISTORY_MINUTES, History, Metrics, SocketMetrics,
        SyncMetrics,
    },
    server::{
        auth::Workspace,
        store::{Counts, KEPT_MINUTES, Store, StoreError},
    },
};

/// The sum over the samples of how many sessions were live, and their number.
const SESSIONS: (&str, &str) = ("sessions.sum", "sessions.samples");

/// Writes and reads the history; cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    store: Store,
    meters: Meters,
    /// What was counted and is not in Redis yet, by workspace and minute: while
    /// Redis is away it waits here.
    pending: Arc<Mutex<HashMap<Workspace, BTreeMap<u64, Counts>>>>,
}

impl Recorder {
    /// Moves what these meters count.
    pub fn new(store: Store, meters: Meters) -> Self {
        Self {
            store,
            meters,
            pending: Arc::default(),
        }
    }

    /// Notes how many sessions of a workspace are live.
    pub async fn sample_sessions(&self, workspace: &Workspace, live: u64) {
        let mut pending = self.pending.lock().await;
        let counts = pending
            .entry(workspace.clone())
            .or_default()
            .entry(self.minute())
            .or_default();
        counts.add(SESSIONS.0, live);
        counts.add(SESSIONS.1, 1);
    }

    /// Moves what was counted in a workspace to Redis.
    ///
    /// # Errors
    /// If Redis is away; then it waits for the next time. What an answer that did
    /// not come in time leaves open is counted again rather than lost.
    pub async fn flush(&self, workspace: &Workspace) -> Result<(), StoreError> {
        let mut pending = self.pending.lock().await;
        // Redis itself says which minute it is; while it is away, the node guesses.
        let asked = self.store.now_micros().await;
        let minute = asked.as_ref().map_or_else(|_| self.minute(), minute_of);
        let counted = self.meters.take(workspace);
        if !counted.is_empty() {
            pending
                .entry(workspace.clone())
                .or_default()
                .entry(minute)
                .or_default()
                .add_all(&counted);
        }
        let Some(minutes) = pending.get_mut(workspace) else {
            return Ok(());
        };
        asked?;
        minutes.retain(|waiting, _| waiting + KEPT_MINUTES > minute);
        while let Some(entry) = minutes.first_entry() {
            self.store
                .add_metrics(workspace, *entry.key(), entry.get())
                .await?;
            entry.remove();
        }
        pending.remove(workspace);
        Ok(())
    }

    /// Moves what was counted anywhere on this node.
    ///
    /// # Errors
    /// As [`Recorder::flush`].
    pub async fn flush_all(&self) -> Result<(), StoreError> {
        let mut workspaces: Vec<Workspace> = self.meters.workspaces();
        workspaces.extend(self.pending.lock().await.keys().cloned());
        for workspace in workspaces {
            self.flush(&workspace).await?;
        }
        Ok(())
    }

    /// The history of a workspace, up to this moment as far as this node goes.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn read(&self, workspace: &Workspace) -> Result<Past, StoreError> {
        self.flush(workspace).await?;
        let (current, minutes) = self.store.metrics(workspace).await?;
        Ok(Past { minutes, current })
    }

    /// The current minute by the clock of Redis, as this node sees it.
    fn minute(&self) -> u64 {
        minute_of(&self.meters.clock().at(Instant::now()))
    }
}

/// The minute of a time in microseconds.
fn minute_of(micros: &u64) -> u64 {
    micros / 60_000_000
}

/// The last 24 hours of a workspace.
pub struct Past {
    minutes: BTreeMap<u64, Counts>,
    current: u64,
}

impl Past {
    /// The metrics over the last so many minutes, the current one included.
    pub fn over(&self, minutes: u64) -> Metrics {
        let first = (self.current + 1).saturating_sub(minutes);
        let mut counts = Counts::default();
        for (_, minute) in self.minutes.range(first..) {
            counts.add_all(minute);
        }
        metrics(&counts)
    }

    /// The last hour by minutes.
    pub fn history(&self) -> History {
        let mut history = History::default();
        let first = (self.current + 1).saturating_sub(HISTORY_MINUTES as u64);
        for minute in first..=self.current {
            let counts = self.minutes.get(&minute);
            let metrics = counts.map(metrics);
            let of = |value: fn(&Metrics) -> Option<f64>| metrics.as_ref().and_then(value);
            history
                .active_sessions
                .push(of(|metrics| metrics.active_sessions));
            history
                .sync_success_rate
                .push(of(|metrics| metrics.sync.success_rate));
            history
                .delivery_p95_ms
                .push(of(|metrics| metrics.delivery.p95_ms));
            history
                .cache_hit_rate
                .push(of(|metrics| metrics.cache.hit_rate));
            history
                .abnormal_closes
                .push(of(|metrics| Some(metrics.sockets.abnormal_closes as f64)));
        }
        history
    }
}

fn metrics(counts: &Counts) -> Metrics {
    let get = |count: Count| counts.get(count.name());
    let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
    let (succeeded, failed) = (get(Count::SyncSucceeded), get(Count::SyncFailed));
    let (hits, misses) = (get(Count::CacheHit), get(Count::CacheMiss));
    let closed = get(Count::SocketClosed);
    let latencies: [u64; BUCKETS] = std::array::from_fn(|bucket| counts.get(&bucket_name(bucket)));
    let quantile = |share| latency::quantile(&latencies, share);
    Metrics {
        active_sessions: share(counts.get(SESSIONS.0), counts.get(SESSIONS.1)),
        sync: SyncMetrics {
            succeeded,
            failed,
            success_rate: share(succeeded, succeeded + failed),
        },
        delivery: DeliveryMetrics {
            count: latencies.iter().sum(),
            p50_ms: quantile(0.5),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
        },
        cache: CacheMetrics {
            hits,
            misses,
            hit_rate: share(hits, hits + misses),
        },
        sockets: SocketMetrics {
            opened: get(Count::SocketOpened),
            reconnects: get(Count::SocketReconnected),
            closed,
            abnormal_closes: get(Count::SocketAbnormal),
            mean_life_seconds: share(get(Count::SocketLifeMillis), closed)
                .map(|millis| millis / 1000.0),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(minutes: &[(u64, &str)], current: u64) -> Past {
        let minutes = minutes
            .iter()
            .map(|(minute, counts)| (*minute, counts.parse().unwrap()))
            .collect();
        Past { minutes, current }
    }

    #[test]
    fn a_window_has_its_minutes_and_no_other() {
        let past = past(
            &[
                (95, "sync.succeeded=100"),
                (96, "sync.succeeded=1"),
                (100, "sync.succeeded=2 sync.failed=1"),
            ],
            100,
        );
        let five = past.over(5);
        assert_eq!((five.sync.succeeded, five.sync.failed), (3, 1));
        assert_eq!(five.sync.success_rate, Some(0.75));
        assert_eq!(past.over(60).sync.succeeded, 103);
        assert_eq!(five.cache, CacheMetrics::default());
        assert_eq!(five.delivery.p95_ms, None);
    }

    #[test]
    fn the_history_has_a_place_for_every_minute() {
        let past = past(
            &[
                (100, "sessions.sum=9 sessions.samples=6 socket.abnormal=2"),
                (41, "cache.hit=1 cache.miss=3"),
                (40, "cache.hit=5"),
            ],
            100,
        );
        let history = past.history();
        assert_eq!(history.active_sessions.len(), HISTORY_MINUTES);
        assert_eq!(history.active_sessions[59], Some(1.5));
        assert_eq!(history.active_sessions[58], None);
        assert_eq!(history.abnormal_closes[59], Some(2.0));
        assert_eq!(history.cache_hit_rate[0], Some(0.25));
    }

    #[test]
    fn means_are_in_the_units_they_are_named_after() {
        let past = past(&[(7, "socket.closed=4 socket.life=10000 latency.0=9")], 7);
        let metrics = past.over(5);
        assert_eq!(metrics.sockets.mean_life_seconds, Some(2.5));
        assert_eq!(metrics.delivery.count, 9);
        assert!(metrics.delivery.p99_ms.unwrap() <= 0.05);
    }
}
