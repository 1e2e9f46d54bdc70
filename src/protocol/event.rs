//! Events: what the bus carries (protocol document, "Message Bus").

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{AgentName, Recipients, SessionId, Timestamp, text::text_on_the_wire};

/// The largest `data` of an event, in bytes of its JSON text.
pub const MAX_DATA_BYTES: usize = 16 * 1024;

/// The place of an event in its workspace's stream: `<ms>-<offset>`.
///
/// The offset alone orders events; it grows by one for each stored event of a
/// workspace, so a gap in offsets is a loss and can be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId {
    /// Redis time of publication, in milliseconds since the Unix epoch.
    pub millis: u64,
    /// Place in the workspace's stream, from 1.
    pub offset: u64,
}

impl EventId {
    /// The place before the first event of a workspace.
    pub const START: Self = Self {
        millis: 0,
        offset: 0,
    };
}

impl PartialOrd for EventId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EventId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.offset, self.millis).cmp(&(other.offset, other.millis))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.millis, self.offset)
    }
}

impl FromStr for EventId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RULE: &str = "must be an event id of the form <milliseconds>-<offset>";
        let (millis, offset) = text.split_once('-').ok_or(RULE)?;
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten().ok_or(RULE)
        };
        Ok(Self {
            millis: number(millis)?,
            offset: number(offset)?,
        })
    }
}

text_on_the_wire!(EventId);

/// What kind of event it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum EventType {
    /// An agent joined; `data` is an [`ActiveSession`](super::ActiveSession).
    SessionStarted,
    /// An agent is alive; published, never stored, hence without an id.
    SessionHeartbeat,
    /// A session's metadata or health changed; `data` is an [`ActiveSession`](super::ActiveSession).
    SessionUpdated,
    /// An agent left; `data` is [`Ended`](super::Ended).
    SessionEnded,
    /// A task began.
    TaskStarted,
    /// A task was finished.
    TaskCompleted,
    /// A task was given up.
    TaskFailed,
    /// News of a task at work.
    TaskProgress,
    /// A message to everyone in the workspace.
    BroadcastMessage,
    /// A source of context has a new generation; `data` is a
    /// [`ContextUpdated`](super::ContextUpdated).
    ContextUpdated,
    /// A synchronisation began, went on or ended; published, never stored. `data`
    /// is a [`ContextSync`](super::ContextSync).
    ContextSync,
    /// Several sessions work on one file; `data` is a [`Conflict`](super::Conflict).
    ConflictWarning,
    /// Something needs an operator; `data` is an [`Alert`](super::Alert).
    AlertRaised,
    /// It is over; `data` is the same [`Alert`](super::Alert), with its end.
    AlertCleared,
    /// A free type, `x.<name>`.
    Free(String),
    /// A type in a family that only the server emits.
    Reserved(String),
}

impl EventType {
    /// The families that only the server emits (design, section 3).
    const RESERVED: [&'static str; 4] = ["session.", "context.", "conflict.", "alert."];

    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::SessionStarted => "session.started",
            Self::SessionHeartbeat => "session.heartbeat",
            Self::SessionUpdated => "session.updated",
            Self::SessionEnded => "session.ended",
            Self::TaskStarted => "task.started",
            Self::TaskCompleted => "task.completed",
            Self::TaskFailed => "task.failed",
            Self::TaskProgress => "task.progress",
            Self::BroadcastMessage => "broadcast.message",
            Self::ContextUpdated => "context.updated",
            Self::ContextSync => "context.sync",
            Self::ConflictWarning => "conflict.warning",
            Self::AlertRaised => "alert.raised",
            Self::AlertCleared => "alert.cleared",
            Self::Free(name) | Self::Reserved(name) => name,
        }
    }

    /// Whether only the server may emit it.
    pub fn is_reserved(&self) -> bool {
        Self::RESERVED
            .iter()
            .any(|family| self.as_str().starts_with(family))
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for EventType {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RULE: &str = "must be task.started, task.completed, task.failed, task.progress, \
                            broadcast.message or x.<name> with 1 to 64 of a-z, 0-9, '_', '-', '.'";
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.')
        };
        let plain = |name: &str| (1..=64).contains(&name.len()) && name.bytes().all(allowed);
        Ok(match text {
            "session.started" => Self::SessionStarted,
            "session.heartbeat" => Self::SessionHeartbeat,
            "session.updated" => Self::SessionUpdated,
            "session.ended" => Self::SessionEnded,
            "task.started" => Self::TaskStarted,
            "task.completed" => Self::TaskCompleted,
            "task.failed" => Self::TaskFailed,
            "task.progress" => Self::TaskProgress,
            "broadcast.message" => Self::BroadcastMessage,
            "context.updated" => Self::ContextUpdated,
            "context.sync" => Self::ContextSync,
            "conflict.warning" => Self::ConflictWarning,
            "alert.raised" => Self::AlertRaised,
            "alert.cleared" => Self::AlertCleared,
            _ if text.strip_prefix("x.").is_some_and(plain) => Self::Free(text.to_owned()),
            _ if plain(text) && Self::RESERVED.iter().any(|family| text.starts_with(family)) => {
                Self::Reserved(text.to_owned())
            }
            _ => return Err(RULE),
        })
    }
}

text_on_the_wire!(EventType);

/// The `data` of an event: a JSON object of at most [`MAX_DATA_BYTES`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct EventData(Map<String, Value>);

impl EventData {
    /// From a wire type of our own, which is an object and small.
    pub fn of(value: &impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(Value::Object(object)) => Self(object),
            _ => Self::default(),
        }
    }

    /// From members that are known to keep the bound.
    pub fn trusted(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// Reads it as a wire type; `None` if it has another shape.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(Value::Object(self.0.clone())).ok()
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the members of `more`; where both have one, that of `more` stays.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// A member.
    pub fn get(&self, member: &str) -> Option<&Value> {
        self.0.get(member)
    }

    /// Sets a member, or takes it away.
    pub fn set(&mut self, member: &str, value: Option<Value>) {
        match value {
            Some(value) => self.0.insert(member.to_owned(), value),
            None => self.0.remove(member),
        };
    }

    /// A member that is text.
    pub fn text(&self, member: &str) -> Option<&str> {
        self.0.get(member)?.as_str()
    }

    /// The members, owned.
    pub fn into_members(self) -> Map<String, Value> {
        self.0
    }

    /// The members.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl TryFrom<Map<String, Value>> for EventData {
    type Error = String;

    fn try_from(object: Map<String, Value>) -> Result<Self, Self::Error> {
        let bytes = serde_json::to_string(&object).map_or(usize::MAX, |text| text.len());
        if bytes > MAX_DATA_BYTES {
            return Err(format!(
                "must be at most {MAX_DATA_BYTES} bytes of JSON, has {bytes}"
            ));
        }
        Ok(Self(object))
    }
}

/// One event, as sockets and the REST API carry it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the stream; absent for what is published but not stored
    /// (heartbeats), so that such an event never moves a reader's cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    /// What kind of event it is.
    pub event_type: EventType,
    /// The session it comes from; absent when a person speaks from the dashboard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The name that session goes by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<AgentName>,
    /// The user whose token it was published with, as the server verified it.
    pub user: String,
    /// When Redis took it.
    pub timestamp: Timestamp,
    /// Whom it is meant for; it directs attention and hides nothing.
    #[serde(default, skip_serializing_if = "no_recipients")]
    pub to: Recipients,
    /// What happened.
    #[serde(default)]
    pub data: EventData,
}

impl Event {
    /// Who speaks: the agent's name, or the user's when a person speaks.
    pub fn sender(&self) -> &str {
        self.agent_name
            .as_ref()
            .map_or(&self.user, |name| name.as_str())
    }
}

fn no_recipients(recipients: &Recipients) -> bool {
    recipients.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_event_of_the_protocol_document() {
        let event: Event = serde_json::from_str(
            r#"{"id": "1763467200123-42", "event_type": "task.started",
                "session_id": "leitl-cece-abc123", "agent_name": "Cece", "user": "alexa",
                "timestamp": "2025-11-18T12:00:00Z", "to": ["leitl-claude-xyz789"],
                "data": {"task_id": "task-001", "task_description": "Create LEITL protocol"}}"#,
        )
        .unwrap();
        assert_eq!(
            event.id,
            Some(EventId {
                millis: 1_763_467_200_123,
                offset: 42
            })
        );
        assert_eq!(event.event_type, EventType::TaskStarted);
        assert_eq!(event.data.text("task_id"), Some("task-001"));
        let again: Event = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
        assert_eq!(again, event);
    }

    #[test]
    fn the_offset_orders_even_when_the_clock_stands() {
        let id = |text: &str| text.parse::<EventId>().unwrap();
        assert!(id("100-9") < id("100-10"));
        assert!(EventId::START < id("1-1"));
    }

    #[test]
    fn broken_ids_are_refused() {
        for wrong in [
            "",
            "-",
            "1-",
            "-1",
            "1",
            "+1-2",
            "1-2-3",
            "a-b",
            "99999999999999999999-1",
        ] {
            assert!(wrong.parse::<EventId>().is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn server_families_are_known_even_where_the_name_is_not() {
        for reserved in [
            "session.started",
            "session.invented",
            "context.updated",
            "alert.raised",
        ] {
            assert!(
                reserved.parse::<EventType>().unwrap().is_reserved(),
                "{reserved}"
            );
        }
        for open in ["task.started", "broadcast.message", "x.file"] {
            assert!(!open.parse::<EventType>().unwrap().is_reserved(), "{open}");
        }
        for unknown in ["", "x.", "x.A", "deploy", "task.invented", "session.\n"] {
            assert!(
                unknown.parse::<EventType>().is_err(),
                "{unknown:?} was taken"
            );
        }
    }

    #[test]
    fn data_is_bounded() {
        let data = format!(r#"{{"text":"{}"}}"#, "a".repeat(MAX_DATA_BYTES));
        let error = serde_json::from_str::<EventData>(&data).unwrap_err();
        assert!(error.to_string().contains("at most 16384 bytes"), "{error}");
        assert!(serde_json::from_str::<EventData>("[]").is_err());
    }
}
