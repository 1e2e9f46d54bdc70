//! The answers of the REST calls (design, section 2). Their arguments are those
//! of the server functions in [`crate::api`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ActiveSession, Event, EventId, SessionId, Timestamp};

/// The answer of `POST session/register`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    /// The new session's id.
    pub session_id: SessionId,
    /// Where its socket is; carries the session token, so that
    /// `new WebSocket(websocket_url)` just works.
    pub websocket_url: String,
    /// The session token: good for this session alone, while it lives.
    pub token: String,
    /// When the token expires; a fresh one comes in time.
    pub expires_at: Timestamp,
    /// How often a heartbeat is expected, in seconds.
    pub heartbeat_seconds: u64,
    /// What was replaced in what the agent said of itself.
    #[serde(default, skip_serializing_if = "Redactions::is_empty")]
    pub redactions: Redactions,
}

/// The answer of `POST session/heartbeat` and `POST session/update`: the session and,
/// when half its token's life is gone, a fresh token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeartbeatAnswer {
    /// The session.
    #[serde(flatten)]
    pub session: ActiveSession,
    /// A fresh token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// When the fresh token expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What was replaced in the change.
    #[serde(default, skip_serializing_if = "Redactions::is_empty")]
    pub redactions: Redactions,
}

/// How many values of which kind were replaced by placeholders before anything was
/// stored: `{"email": 2}`.
pub type Redactions = BTreeMap<String, u64>;

/// The answer of `POST broadcast`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The event's id.
    pub id: EventId,
    /// When Redis took it.
    pub timestamp: Timestamp,
    /// What was replaced in its data.
    #[serde(default, skip_serializing_if = "Redactions::is_empty")]
    pub redactions: Redactions,
}

/// The answer of `GET messages`, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Messages {
    /// The messages.
    pub messages: Vec<Event>,
    /// The `after` of the next call: what comes then is new.
    pub next: EventId,
}

/// The answer of `GET activity`, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActivityPage {
    /// The events.
    pub events: Vec<Event>,
    /// The `after` of the next call: what comes then is new.
    pub next: EventId,
    /// The `before` of the call that reads further back; absent when nothing is left.
    pub previous: Option<EventId>,
}

/// The answer of `GET health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`; when Redis is away the answer is a problem with status 503.
    pub status: String,
    /// `ok`.
    pub redis: String,
    /// The server's version.
    pub version: String,
    /// The server process that answered.
    pub node: String,
}

/// The answer of `POST token`: shown once, never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// The token.
    pub token: String,
    /// What is kept of it.
    #[serde(flatten)]
    pub info: TokenInfo,
}

/// A user token as `GET tokens` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    /// Its id, for `POST tokens/revoke` (RFC 7519, section 4.1.7).
    pub jti: String,
    /// What its user called it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The answer of `GET snapshot`: the room at one moment, for the dashboard's
/// first view. Join the observer socket with `since=activity.next` to go on
/// from there without a gap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The user who asks.
    pub user: String,
    /// Their workspace.
    pub workspace: String,
    /// The server's clock.
    pub now: Timestamp,
    /// How often a heartbeat is expected, in seconds.
    pub heartbeat_seconds: u64,
    /// After how many silent seconds a session is stale.
    pub stale_seconds: u64,
    /// After how many silent seconds the server ends a session.
    pub end_seconds: u64,
    /// The sessions.
    pub sessions: Vec<ActiveSession>,
    /// The newest events.
    pub activity: ActivityPage,
    /// The newest messages, oldest first.
    pub messages: Vec<Event>,
    /// The sources: a list of [`Source`](super::Source) without the names of skipped
    /// and stale files. Plain JSON, since the dashboard reads only some members.
    pub sources: Value,
    /// A [`Status`](super::Status), as plain JSON for the same reason.
    pub status: Value,
}
