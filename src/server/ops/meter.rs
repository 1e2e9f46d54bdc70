//! Counting: what happens on this node, by workspace.
//!
//! A count costs an addition to an atomic number. Each happens twice: for the
//! workspace, whose counts are moved to Redis every few seconds, and for the node,
//! whose counts Prometheus reads and which only grow.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use super::{
    clock::RedisClock,
    latency::{self, BUCKETS},
};
use crate::server::{auth::Workspace, store::Counts};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Count {
    /// Synchronisations that ended well.
    SyncSucceeded,
    /// Synchronisations that failed.
    SyncFailed,
    /// Questions for context that did not wait for a synchronisation.
    CacheHit,
    /// Questions for context that did.
    CacheMiss,
    /// Sockets that were opened.
    SocketOpened,
    /// Those among them that resumed from an earlier one.
    SocketReconnected,
    /// Sockets that ended.
    SocketClosed,
    /// Those among them that nobody meant to end.
    SocketAbnormal,
    /// Milliseconds that those that ended had lived.
    SocketLifeMillis,
    /// Microseconds that all deliveries took.
    DeliveryMicros,
}

impl Count {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::SyncSucceeded,
        Self::SyncFailed,
        Self::CacheHit,
        Self::CacheMiss,
        Self::SocketOpened,
        Self::SocketReconnected,
        Self::SocketClosed,
        Self::SocketAbnormal,
        Self::SocketLifeMillis,
        Self::DeliveryMicros,
    ];

    /// The name under which it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::SyncSucceeded => "sync.succeeded",
            Self::SyncFailed => "sync.failed",
            Self::CacheHit => "cache.hit",
            Self::CacheMiss => "cache.miss",
            Self::SocketOpened => "socket.opened",
            Self::SocketReconnected => "socket.reconnected",
            Self::SocketClosed => "socket.closed",
            Self::SocketAbnormal => "socket.abnormal",
            Self::SocketLifeMillis => "socket.life",
            Self::DeliveryMicros => "delivery.micros",
        }
    }
}

/// The name under which deliveries of one bucket are stored.
pub fn bucket_name(bucket: usize) -> String {
    format!("latency.{bucket}")
}

/// Everything that is counted.
#[derive(Debug)]
pub struct Counters {
    counts: [AtomicU64; Count::ALL.len()],
    /// Deliveries by how long they took.
    latencies: [AtomicU64; BUCKETS],
    /// Sockets that are open now.
    open: AtomicU64,
    /// Whether one could not keep up since this was last asked.
    behind: AtomicBool,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            counts: Default::default(),
            latencies: std::array::from_fn(|_| AtomicU64::new(0)),
            open: AtomicU64::new(0),
            behind: AtomicBool::new(false),
        }
    }
}

impl Counters {
    /// A count.
    pub fn get(&self, count: Count) -> u64 {
        self.counts[count as usize].load(Relaxed)
    }

    /// Deliveries by bucket.
    pub fn latencies(&self) -> [u64; BUCKETS] {
        std::array::from_fn(|bucket| self.latencies[bucket].load(Relaxed))
    }

    /// Sockets that are open now.
    pub fn open_sockets(&self) -> u64 {
        self.open.load(Relaxed)
    }

    fn add(&self, count: Count, much: u64) {
        self.counts[count as usize].fetch_add(much, Relaxed);
    }

    /// Takes what was counted since the last time.
    fn take(&self) -> Counts {
        let mut taken = Counts::default();
        for count in Count::ALL {
            taken.add(count.name(), self.counts[count as usize].swap(0, Relaxed));
        }
        for (bucket, deliveries) in self.latencies.iter().enumerate() {
            // Most are empty: only a look, no write.
            if deliveries.load(Relaxed) > 0 {
                taken.add(bucket_name(bucket), deliveries.swap(0, Relaxed));
            }
        }
        taken
    }
}

/// Counts for one workspace and for the node; cheap to clone.
#[derive(Clone)]
pub struct Meter {
    workspace: Arc<Counters>,
    node: Arc<Counters>,
    clock: Arc<RedisClock>,
}

impl Meter {
    /// Counts one.
    pub fn count(&self, count: Count) {
        self.add(count, 1);
    }

    fn add(&self, count: Count, much: u64) {
        self.workspace.add(count, much);
        self.node.add(count, much);
    }

    /// Counts deliveries that were all written just now; each is given by when it
    /// was published, in microseconds since the Unix epoch by the clock of Redis.
    pub fn delivered(&self, published: &[u64]) {
        if published.is_empty() {
            return;
        }
        let now = self.clock.at(Instant::now());
        let mut sum = 0;
        for micros in published {
            // Clocks are never quite the same: what seems to come from the future
            // took no time.
            let took = now.saturating_sub(*micros);
            let bucket = latency::bucket_of(took);
            self.workspace.latencies[bucket].fetch_add(1, Relaxed);
            self.node.latencies[bucket].fetch_add(1, Relaxed);
            sum += took;
        }
        self.add(Count::DeliveryMicros, sum);
    }

    /// Notes that a socket cannot keep up with what is published.
    pub fn fell_behind(&self) {
        self.workspace.behind.store(true, Relaxed);
    }

    /// Counts a socket as open until the answer is dropped.
    pub fn socket_opened(&self, resumes: bool) -> OpenSocket {
        self.count(Count::SocketOpened);
        if resumes {
            self.count(Count::SocketReconnected);
        }
        for counters in [&self.workspace, &self.node] {
            counters.open.fetch_add(1, Relaxed);
        }
        OpenSocket {
            meter: self.clone(),
            since: Instant::now(),
            abnormal: true,
        }
    }
}

/// A socket that is open. Unless it is told otherwise it ends abnormally: so does
/// one whose task is aborted.
pub struct OpenSocket {
    meter: Meter,
    since: Instant,
    abnormal: bool,
}

impl OpenSocket {
    /// Somebody meant it to end.
    pub fn ended_well(mut self) {
        self.abnormal = false;
    }

    /// The counts of the socket's workspace.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        let meter = &self.meter;
        meter.count(Count::SocketClosed);
        if self.abnormal {
            meter.count(Count::SocketAbnormal);
        }
        meter.add(Count::SocketLifeMillis, millis(self.since.elapsed()));
        for counters in [&meter.workspace, &meter.node] {
            counters.open.fetch_sub(1, Relaxed);
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Meters by workspace; cheap to clone.
#[derive(Clone, Default)]
pub struct Meters(Arc<Inner>);

#[derive(Default)]
struct Inner {
    workspaces: RwLock<HashMap<Workspace, Arc<Counters>>>,
    node: Arc<Counters>,
    clock: Arc<RedisClock>,
}

impl Meters {
    /// The meter of a workspace.
    pub fn of(&self, workspace: &Workspace) -> Meter {
        let known = self.read().get(workspace).cloned();
        let counters = known.unwrap_or_else(|| {
            let mut workspaces = self
                .0
                .workspaces
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            Arc::clone(workspaces.entry(workspace.clone()).or_default())
        });
        Meter {
            workspace: counters,
            node: Arc::clone(&self.0.node),
            clock: Arc::clone(&self.0.clock),
        }
    }

    /// The counts of the whole node since it started.
    pub fn node(&self) -> &Counters {
        &self.0.node
    }

    /// The clock of Redis.
    pub fn clock(&self) -> &RedisClock {
        &self.0.clock
    }

    /// Takes what one workspace has counted since the last time.
    pub fn take(&self, workspace: &Workspace) -> Counts {
        let counters = self.read().get(workspace).cloned();
        counters.map_or_else(Counts::default, |counters| counters.take())
    }

    /// The workspaces in which something was ever counted here.
    pub fn workspaces(&self) -> Vec<Workspace> {
        self.read().keys().cloned().collect()
    }

    /// How many sockets of one workspace are open here.
    pub fn open_in(&self, workspace: &Workspace) -> u64 {
        let counters = self.read().get(workspace).cloned();
        counters.map_or(0, |counters| counters.open_sockets())
    }

    /// For each workspace, whether a socket could not keep up since this was last
    /// asked.
    pub fn take_behind(&self) -> Vec<(Workspace, bool)> {
        self.read()
            .iter()
            .map(|(workspace, counters)| (workspace.clone(), counters.behind.swap(false, Relaxed)))
            .collect()
    }

    /// How many sockets of each workspace are open, of all that ever had one.
    pub fn open_sockets(&self) -> Vec<(Workspace, u64)> {
        self.read()
            .iter()
            .map(|(workspace, counters)| (workspace.clone(), counters.open_sockets()))
            .collect()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<Workspace, Arc<Counters>>> {
        self.0
            .workspaces
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_emptied_and_the_node_goes_on() {
        let meters = Meters::default();
        let workspace = Workspace::main();
        let meter = meters.of(&workspace);
        meter.count(Count::CacheHit);
        meter.count(Count::CacheHit);
        let now = meters.clock().at(Instant::now());
        meter.delivered(&[now.saturating_sub(700), now.saturating_sub(800)]);
        let taken = meters.take(&workspace);
        assert_eq!(taken.get("cache.hit"), 2);
        assert!(taken.get("delivery.micros") >= 1500, "{taken}");
        assert!(meters.take(&workspace).is_empty());
        assert_eq!(meters.node().get(Count::CacheHit), 2);
        assert_eq!(meters.node().latencies().iter().sum::<u64>(), 2);
    }

    #[test]
    fn a_socket_counts_until_it_ends() {
        let meters = Meters::default();
        let workspace = Workspace::main();
        let meter = meters.of(&workspace);
        let (first, second) = (meter.socket_opened(false), meter.socket_opened(true));
        assert_eq!(meters.open_sockets(), [(workspace.clone(), 2)]);
        first.ended_well();
        drop(second);
        let taken = meters.take(&workspace);
        assert_eq!(
            [
                "socket.opened",
                "socket.reconnected",
                "socket.closed",
                "socket.abnormal"
            ]
            .map(|name| taken.get(name)),
            [2, 1, 2, 1]
        );
        assert_eq!(meters.node().open_sockets(), 0);
    }
}
