//! Sessions: one running agent of one user.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    AgentName, AgentType, ContextSources, Reason, Tags, Task, Timestamp, text::text_on_the_wire,
};

/// The rule of a session id, as it is told to whoever breaks it.
const SESSION_ID_RULE: &str = "must match leitl-[a-z0-9-]{1,80}";

/// A session's id: `leitl-` and 1 to 80 characters of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId(String);

impl SessionId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SessionId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("leitl-").ok_or(SESSION_ID_RULE)?;
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if rest.is_empty() || rest.len() > 80 || !rest.bytes().all(allowed) {
            return Err(SESSION_ID_RULE);
        }
        Ok(Self(text.to_owned()))
    }
}

text_on_the_wire!(SessionId);

impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What an agent may say of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportedStatus {
    /// At work.
    #[default]
    Active,
    /// Waiting for a person or for work.
    Idle,
    /// At work and not to be disturbed.
    Busy,
}

/// A session's status: what the agent said, or what the server found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    /// At work.
    #[default]
    Active,
    /// Waiting for a person or for work.
    Idle,
    /// At work and not to be disturbed.
    Busy,
    /// Silent for longer than `stale_seconds`; the server says so.
    Stale,
}

impl SessionStatus {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Busy => "busy",
            Self::Stale => "stale",
        }
    }
}

impl From<ReportedStatus> for SessionStatus {
    fn from(status: ReportedStatus) -> Self {
        match status {
            ReportedStatus::Active => Self::Active,
            ReportedStatus::Idle => Self::Idle,
            ReportedStatus::Busy => Self::Busy,
        }
    }
}

/// A session as everyone in its workspace sees it: the answer of
/// `GET sessions/active`, and the `data` of `session.started` and
/// `session.updated`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActiveSession {
    /// The session's id.
    pub session_id: SessionId,
    /// The name the agent goes by.
    pub agent_name: AgentName,
    /// What kind of agent it is.
    pub agent_type: AgentType,
    /// What it says it is, or `stale`.
    pub status: SessionStatus,
    /// What it is working on; empty for nothing.
    pub current_task: Task,
    /// Time since it registered, rounded down, as in `5m`.
    pub uptime: String,
    /// When it registered.
    pub started_at: Timestamp,
    /// When it last gave a sign of life.
    pub last_heartbeat: Timestamp,
    /// Its tags.
    pub tags: Tags,
    /// Where it draws its context from.
    pub context_sources: ContextSources,
    /// The user whose token registered it, as the server verified it.
    pub user: String,
}

/// Why a session ended: what it said itself, perhaps nothing, or
/// [`EndReason::TIMEOUT`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndReason(String);

impl EndReason {
    /// Nothing was heard for `end_seconds`.
    pub const TIMEOUT: &str = "timeout";

    /// The session was silent for too long.
    pub fn timeout() -> Self {
        Self(Self::TIMEOUT.to_owned())
    }

    /// The session said so itself.
    pub fn said(reason: Reason) -> Self {
        Self(reason.into())
    }

    /// The reason in words; may be empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the session was silent for too long.
    pub fn is_timeout(&self) -> bool {
        self.0 == Self::TIMEOUT
    }
}

/// The `data` of `session.ended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Why it ended.
    pub reason: EndReason,
}

/// Time since a session registered in its largest unit, rounded down: `42s`,
/// `5m`, `3h`, `2d` (protocol document, "Get Active Sessions").
pub fn format_uptime(uptime: Duration) -> String {
    let seconds = uptime.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_ids_keep_the_rule() {
        assert!("leitl-cece-abc123".parse::<SessionId>().is_ok());
        for wrong in [
            "",
            "leitl-",
            "cece",
            "leitl-Cece",
            "leitl-a b",
            "leitl-{w}",
            "leitl-ü",
        ] {
            assert!(wrong.parse::<SessionId>().is_err(), "{wrong:?} was taken");
        }
        assert!(
            format!("leitl-{}", "a".repeat(80))
                .parse::<SessionId>()
                .is_ok()
        );
        assert!(
            format!("leitl-{}", "a".repeat(81))
                .parse::<SessionId>()
                .is_err()
        );
    }

    #[test]
    fn uptime_reads_as_in_the_protocol_document() {
        let uptime = |seconds| format_uptime(Duration::from_secs(seconds));
        assert_eq!(uptime(0), "0s");
        assert_eq!(uptime(59), "59s");
        assert_eq!(uptime(5 * 60 + 59), "5m");
        assert_eq!(uptime(3 * 3_600), "3h");
        assert_eq!(uptime(50 * 3_600), "2d");
    }

    #[test]
    fn an_agent_cannot_call_itself_stale() {
        assert!(serde_json::from_str::<ReportedStatus>("\"stale\"").is_err());
    }

    #[test]
    fn a_reason_is_a_word_on_the_wire() {
        assert_eq!(
            serde_json::to_string(&EndReason::timeout()).unwrap(),
            "\"timeout\""
        );
        let said: EndReason = serde_json::from_str("\"done for today\"").unwrap();
        assert!(!said.is_timeout() && said.as_str() == "done for today");
    }
}
