//! One session as the dashboard keeps it.

use std::time::Duration;

use reactive_stores::{Patch, Store};

use crate::protocol::{ActiveSession, SessionStatus, Timestamp};

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

impl From<ActiveSession> for Tile {
    fn from(session: ActiveSession) -> Self {
        Self {
            session_id: session.session_id.into(),
            agent_name: session.agent_name.into(),
            agent_type: session.agent_type.into(),
            user: session.user,
            status: session.status,
            task: session.current_task.into(),
            started_at: session.started_at,
            last_heartbeat: session.last_heartbeat,
            tags: texts(session.tags.into_vec()),
            sources: texts(session.context_sources.into_vec()),
        }
    }
}

fn texts(lines: Vec<impl Into<String>>) -> Vec<String> {
    lines.into_iter().map(Into::into).collect()
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
