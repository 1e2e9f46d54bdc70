//! Alerts: what an operator must look at (protocol document, "Monitoring").

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A session has sent no heartbeat for `stale_seconds`; the subject is its id.
    HeartbeatTimeout,
    /// A source of context could not be synchronised; the subject is
    /// `<user>/<source id>`.
    SyncFailure,
    /// The server had no Redis; the subject is `redis`.
    RedisConnectionLoss,
    /// Sockets of a node cannot keep up with what is published; the subject is
    /// the node.
    MessageBacklog,
}

impl AlertKind {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HeartbeatTimeout => "heartbeat_timeout",
            Self::SyncFailure => "sync_failure",
            Self::RedisConnectionLoss => "redis_connection_loss",
            Self::MessageBacklog => "message_backlog",
        }
    }
}

/// The `data` of `alert.raised` and `alert.cleared`, and a row of `GET status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The incident's own name: the same when it is raised and when it is cleared.
    pub id: String,
    /// What it is about.
    pub kind: AlertKind,
    /// Which one of its kind.
    pub subject: String,
    /// One sentence for people.
    pub summary: String,
    /// Since when, by the clock of Redis.
    pub raised_at: Timestamp,
    /// When it was over; absent while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Timestamp>,
}
