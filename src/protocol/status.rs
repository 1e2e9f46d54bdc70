//! The answer of `GET status`: the five health metrics and the alerts of a
//! workspace (protocol document, "Monitoring").
//!
//! A rate, a quantile or a mean of nothing is absent, not zero.

use serde::{Deserialize, Serialize};

use super::{Alert, Timestamp};

/// How many minutes [`History`] goes back.
pub const HISTORY_MINUTES: usize = 60;

/// How a workspace fares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// When this was true, by the clock of Redis.
    pub at: Timestamp,
    /// The server process that answers.
    pub node: String,
    /// How many server processes share the Redis.
    pub nodes: u64,
    /// Whether Redis answers.
    pub redis: RedisStatus,
    /// Sessions that are live now.
    pub active_sessions: u64,
    /// Sockets that are open now, on all nodes.
    pub open_sockets: u64,
    /// The sources of the workspace now.
    pub sources: SourceCounts,
    /// The metrics over the last 5 minutes.
    pub five_minutes: Metrics,
    /// The metrics over the last hour.
    pub hour: Metrics,
    /// The metrics over the last 24 hours.
    pub day: Metrics,
    /// The last hour by minutes.
    pub history: History,
    /// The alerts that are raised now, oldest first.
    pub alerts: Vec<Alert>,
}

/// Whether Redis answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedisStatus {
    /// Whether it does.
    pub available: bool,
    /// Since when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_since: Option<Timestamp>,
}

/// How many sources there are, and how they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCounts {
    /// All of them.
    pub total: u64,
    /// Those at work.
    pub running: u64,
    /// Those whose last synchronisation failed.
    pub failed: u64,
}

/// The five health metrics over one window of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Live sessions, on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_sessions: Option<f64>,
    /// Synchronisations of sources.
    pub sync: SyncMetrics,
    /// From publication to the write to a socket.
    pub delivery: DeliveryMetrics,
    /// Questions for context.
    pub cache: CacheMetrics,
    /// How stable sockets are.
    pub sockets: SocketMetrics,
}

/// Synchronisations of sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SyncMetrics {
    /// Those that ended well.
    pub succeeded: u64,
    /// Those that failed.
    pub failed: u64,
    /// The share that ended well, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<f64>,
}

/// From the publication of an event, by the clock of Redis, to the moment when the
/// node has written it to a socket; each socket counts. In milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeliveryMetrics {
    /// How many deliveries.
    pub count: u64,
    /// Half of them took no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// 95 of 100 took no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<f64>,
    /// 99 of 100 took no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
}

/// Questions for context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CacheMetrics {
    /// Answered from the current generation, without waiting for a synchronisation.
    pub hits: u64,
    /// Answered after a synchronisation.
    pub misses: u64,
    /// The share of hits, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hit_rate: Option<f64>,
}

/// How stable sockets are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SocketMetrics {
    /// Sockets that were opened.
    pub opened: u64,
    /// Those among them that resumed from an earlier one.
    pub reconnects: u64,
    /// Sockets that ended.
    pub closed: u64,
    /// Those among them that nobody meant to end: the peer vanished, was too slow,
    /// or broke a rule.
    pub abnormal_closes: u64,
    /// How long those that ended had lived, on average, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_life_seconds: Option<f64>,
}

/// The last [`HISTORY_MINUTES`] minutes, oldest first, the current one last. Each
/// list has as many members; one of which nothing is known is `null`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Live sessions, on average.
    pub active_sessions: Vec<Option<f64>>,
    /// The share of synchronisations that ended well, from 0 to 1.
    pub sync_success_rate: Vec<Option<f64>>,
    /// Delivery latency, 95th percentile, in milliseconds.
    pub delivery_p95_ms: Vec<Option<f64>>,
    /// The share of questions for context that did not wait, from 0 to 1.
    pub cache_hit_rate: Vec<Option<f64>>,
    /// Sockets that ended abnormally.
    pub abnormal_closes: Vec<Option<f64>>,
}
