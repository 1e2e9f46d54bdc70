//! One session as the dashboard keeps it.

use std::time::Duration;

use reactive_stores::{Patch, Store};
use serde_json::Value;

use crate::protocol::{SessionStatus, Timestamp, plain};

/// One session. Each field is a reactive one of its own, so that an event
/// touches only what it changed.
#[derive(Clone, Debug, PartialEq, Store, Patch)]
pub struct Tile {
    /// The session's id.
    pub session_id: String,
    /// The name the agent goes by.
    pub agent_name: String,
    /// What kind of agent it is.
    pub agent_type: String,
    /// The user it works for.
    pub user: String,
    /// What it says it is, or `stale`.
    #[patch(|this, new| *this = new)]
    pub status: SessionStatus,
    /// What it is working on; empty for nothing.
    pub task: String,
    /// When it registered.
    #[patch(|this, new| *this = new)]
    pub started_at: Timestamp,
    /// When it last gave a sign of life.
    #[patch(|this, new| *this = new)]
    pub last_heartbeat: Timestamp,
    /// Its tags.
    pub tags: Vec<String>,
    /// Where it draws its context from.
    pub sources: Vec<String>,
}

impl Tile {
    /// Reads an [`ActiveSession`](crate::protocol::ActiveSession), as [`super::card`]
    /// says why; `None` if it has no id.
    pub fn of(session: &Value) -> Option<Self> {
        let text = |member: &str| plain::text(session, member).to_owned();
        let at = |member: &str| plain::instant(session, member).unwrap_or_default();
        let texts = |member: &str| {
            let items = plain::items(&session[member]).iter();
            items.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Some(Self {
            session_id: session["session_id"].as_str()?.to_owned(),
            agent_name: text("agent_name"),
            agent_type: text("agent_type"),
            user: text("user"),
            status: status(plain::text(session, "status")).unwrap_or_default(),
            task: text("current_task"),
            started_at: at("started_at"),
            last_heartbeat: at("last_heartbeat"),
            tags: texts("tags"),
            sources: texts("context_sources"),
        })
    }
}

/// A status by its name.
pub fn status(name: &str) -> Option<SessionStatus> {
    [
        SessionStatus::Active,
        SessionStatus::Idle,
        SessionStatus::Busy,
        SessionStatus::Stale,
    ]
    .into_iter()
    .find(|status| status.as_str() == name)
}

/// How a session does, by the age of its last sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Heard of within one and a half heartbeats.
    Fresh,
    /// A heartbeat is missing.
    Late,
    /// Silent for `stale_seconds` or longer.
    Silent,
}

impl Health {
    /// From the age of the last sign of life, with `heartbeat_seconds` and
    /// `stale_seconds` as the server has them.
    pub fn of(age: Duration, heartbeat_seconds: u64, stale_seconds: u64) -> Self {
        if age >= Duration::from_secs(stale_seconds) {
            Self::Silent
        } else if age > Duration::from_secs(heartbeat_seconds).mul_f64(1.5) {
            Self::Late
        } else {
            Self::Fresh
        }
    }

    /// The name of the state, for style sheets and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Late => "late",
            Self::Silent => "silent",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ActiveSession;

    #[test]
    fn reads_what_the_server_writes() {
        let at = Timestamp::from_millis;
        let session = ActiveSession {
            session_id: "leitl-a".parse().unwrap(),
            agent_name: "Cece".parse().unwrap(),
            agent_type: "code_assistant".parse().unwrap(),
            status: SessionStatus::Stale,
            current_task: "read".parse().unwrap(),
            uptime: "1s".into(),
            started_at: at(1_000),
            last_heartbeat: at(2_000),
            tags: vec!["docs".parse().unwrap()].try_into().unwrap(),
            context_sources: vec!["webdav://docs/".parse().unwrap()].try_into().unwrap(),
            user: "alexa".into(),
        };
        let tile = Tile {
            session_id: "leitl-a".into(),
            agent_name: "Cece".into(),
            agent_type: "code_assistant".into(),
            user: "alexa".into(),
            status: SessionStatus::Stale,
            task: "read".into(),
            started_at: at(1_000),
            last_heartbeat: at(2_000),
            tags: vec!["docs".into()],
            sources: vec!["webdav://docs/".into()],
        };
        let json = serde_json::to_value(session).unwrap();
        assert_eq!(Tile::of(&json), Some(tile));
        assert_eq!(Tile::of(&Value::Null), None);
    }

    #[test]
    fn health_follows_the_age() {
        let health = |seconds| Health::of(Duration::from_secs(seconds), 30, 60);
        assert_eq!(health(0), Health::Fresh);
        assert_eq!(health(45), Health::Fresh);
        assert_eq!(health(46), Health::Late);
        assert_eq!(health(59), Health::Late);
        assert_eq!(health(60), Health::Silent);
    }
}
