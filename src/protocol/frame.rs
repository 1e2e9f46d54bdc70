//! Socket frames (protocol document, "WebSocket Protocol"; design, section 3).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Event, EventData, EventId, EventType, IdempotencyKey, Problem, Recipients, Redactions,
    ReportedStatus, SessionId, Task, Timestamp,
};

/// What a client may send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ClientFrame {
    /// A sign of life, and news of oneself if there are any.
    Heartbeat(HeartbeatFrame),
    /// Publishes an event.
    Broadcast(BroadcastFrame),
    /// Asks for a `pong`.
    Ping,
}

/// The members of a `heartbeat` frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeartbeatFrame {
    /// The sender; must be the socket's own session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// A new status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ReportedStatus>,
    /// A new task; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_task: Option<Task>,
}

/// The members of a `broadcast` frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BroadcastFrame {
    /// The event's type.
    pub event_type: EventType,
    /// Its data.
    #[serde(default)]
    pub data: EventData,
    /// Whom it is meant for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Recipients>,
    /// Comes back in the `ack` or `error` that answers this frame.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// A repeated broadcast under the same key is published once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<IdempotencyKey>,
}

impl ClientFrame {
    /// Reads a frame, and apart from it its `ref`, by which even a refusal can be
    /// answered. Unlike the derived reader it names the field that was wrong,
    /// since it looks at `type` first and reads the rest as that type.
    ///
    /// # Errors
    /// 400 for what is no JSON, 422 for what breaks a rule.
    pub fn parse(text: &str) -> (Option<String>, Result<Self, Problem>) {
        let frame: Value = match Problem::parse_json(text.as_bytes()) {
            Ok(frame) => frame,
            Err(problem) => return (None, Err(problem)),
        };
        let reference = frame.get("ref").and_then(Value::as_str).map(str::to_owned);
        let parsed = match frame.get("type").and_then(Value::as_str) {
            Some("heartbeat") => Problem::read_json(frame).map(Self::Heartbeat),
            Some("broadcast") => Problem::read_json(frame).map(Self::Broadcast),
            Some("ping") => Ok(Self::Ping),
            _ => Err(Problem::field(
                "type",
                "must be heartbeat, broadcast or ping",
            )),
        };
        (reference, parsed)
    }
}

/// What the server sends besides events.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Control {
    /// The first frame of every socket.
    Welcome(WelcomeFrame),
    /// A broadcast was stored.
    Ack(AckFrame),
    /// A frame was refused; the socket stays open.
    Error(ErrorFrame),
    /// The answer to `ping`.
    Pong,
    /// A fresh token for the session, in time before the old one expires.
    Token(TokenFrame),
    /// The server is about to stop: come back, with `since`.
    Draining(DrainingFrame),
    /// The server lost its Redis, or has it back; the socket stays open.
    Bus(BusFrame),
}

/// The members of a `welcome` frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WelcomeFrame {
    /// The socket's session; absent for an observer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The server process that holds the socket.
    pub node: String,
    /// The newest stored event at the moment of joining.
    pub last_id: EventId,
    /// Whether everything after `since` follows. If `false`, load the state
    /// anew: the cursor is older than the stream or from lost data.
    pub recovered: bool,
    /// How often a heartbeat is expected, in seconds.
    pub heartbeat_seconds: u64,
}

/// The members of an `ack` frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AckFrame {
    /// The `ref` of the frame.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The event's id.
    pub id: EventId,
    /// What was replaced in its data.
    #[serde(default, skip_serializing_if = "Redactions::is_empty")]
    pub redactions: Redactions,
}

/// The members of an `error` frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorFrame {
    /// The `ref` of the frame, where it could be read.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What was wrong.
    pub problem: Problem,
}

/// The members of a `token` frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenFrame {
    /// The token.
    pub token: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The members of a `draining` frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrainingFrame {
    /// How long to wait before the first try, in milliseconds.
    pub retry_after_ms: u64,
}

/// The members of a `bus` frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BusFrame {
    /// Whether events flow. While they do not, whatever would be written is
    /// refused with 503; what others published meanwhile follows when they do.
    pub available: bool,
    /// Since when.
    pub since: Timestamp,
}

/// Anything the server sends.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ServerFrame {
    /// A control frame: it has a `type`.
    Control(Control),
    /// An event: it has an `event_type`.
    Event(Box<Event>),
}

impl ServerFrame {
    /// Reads a frame; `None` if it is neither an event nor a control frame that
    /// this version knows, which is no reason to stop listening.
    ///
    /// The browser has a smaller way, [`plain::frame`](super::plain::frame).
    pub fn parse(text: &str) -> Option<Self> {
        let frame: Value = serde_json::from_slice(text.as_bytes()).ok()?;
        let Some(kind) = frame.get("type") else {
            return serde_json::from_value(frame).ok().map(Self::Event);
        };
        let control = match kind.as_str()? {
            "welcome" => Control::Welcome(serde_json::from_value(frame).ok()?),
            "ack" => Control::Ack(serde_json::from_value(frame).ok()?),
            "error" => Control::Error(serde_json::from_value(frame).ok()?),
            "pong" => Control::Pong,
            "token" => Control::Token(serde_json::from_value(frame).ok()?),
            "draining" => Control::Draining(serde_json::from_value(frame).ok()?),
            "bus" => Control::Bus(serde_json::from_value(frame).ok()?),
            _ => return None,
        };
        Some(Self::Control(control))
    }
}

/// Why the server closed a socket (RFC 6455, section 7.4; 4000 and up are ours).
pub mod close_code {
    /// The server restarts; resume with `since` (IANA registry).
    pub const RESTART: u16 = 1012;
    /// The socket fell too far behind; resume with `since`.
    pub const SLOW_CONSUMER: u16 = 4290;
    /// The token is missing, invalid or expired.
    pub const UNAUTHORIZED: u16 = 4401;
    /// The token is for something else.
    pub const FORBIDDEN: u16 = 4403;
    /// No such session, or it has ended.
    pub const UNKNOWN_SESSION: u16 = 4404;
    /// The session was ended for want of a heartbeat.
    pub const NO_HEARTBEAT: u16 = 4408;
    /// A newer socket of the same session took over.
    pub const REPLACED: u16 = 4409;
    /// A frame was larger than [`MAX_FRAME_BYTES`](crate::protocol::MAX_FRAME_BYTES).
    pub const FRAME_TOO_LARGE: u16 = 4413;
    /// Frames came faster than `frames_per_second` allows.
    pub const TOO_MANY_FRAMES: u16 = 4429;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_frames_of_the_protocol_document() {
        let heartbeat = r#"{"type": "heartbeat", "session_id": "leitl-cece-abc123"}"#;
        let (_, Ok(ClientFrame::Heartbeat(frame))) = ClientFrame::parse(heartbeat) else {
            panic!("no heartbeat");
        };
        assert_eq!(frame.session_id.unwrap().as_str(), "leitl-cece-abc123");
        let broadcast = r#"{"type": "broadcast", "event_type": "task.started",
            "data": {"task_id": "task-001", "task_description": "Building LEITL protocol"}}"#;
        let (_, Ok(ClientFrame::Broadcast(frame))) = ClientFrame::parse(broadcast) else {
            panic!("no broadcast");
        };
        assert_eq!(frame.event_type, EventType::TaskStarted);
        assert_eq!(frame.data.text("task_id"), Some("task-001"));
    }

    #[test]
    fn a_refused_frame_names_field_and_ref() {
        let (reference, frame) =
            ClientFrame::parse(r#"{"type": "broadcast", "event_type": "nonsense", "ref": "r1"}"#);
        assert_eq!(reference.as_deref(), Some("r1"));
        let problem = frame.unwrap_err();
        assert_eq!(
            (problem.status, problem.errors[0].field.as_str()),
            (422, "event_type")
        );
        let refused = |text: &str| ClientFrame::parse(text).1.unwrap_err();
        assert_eq!(refused(r#"{"type": "dance"}"#).errors[0].field, "type");
        assert_eq!(refused("[]").errors[0].field, "type");
        assert_eq!(refused("{").status, 400);
    }

    #[test]
    fn every_control_frame_reads_as_it_was_written() {
        let id = EventId {
            millis: 1,
            offset: 2,
        };
        let welcome = WelcomeFrame {
            session_id: None,
            node: "node-1".into(),
            last_id: id,
            recovered: true,
            heartbeat_seconds: 30,
        };
        let expires_at = Timestamp::from_millis(1_763_467_200_000);
        for control in [
            Control::Welcome(welcome),
            Control::Ack(AckFrame {
                reference: Some("r".into()),
                id,
                redactions: Redactions::default(),
            }),
            Control::Error(ErrorFrame {
                reference: None,
                problem: Problem::field("to", "is wrong"),
            }),
            Control::Pong,
            Control::Token(TokenFrame {
                token: "t".into(),
                expires_at,
            }),
            Control::Draining(DrainingFrame {
                retry_after_ms: 200,
            }),
            Control::Bus(BusFrame {
                available: false,
                since: expires_at,
            }),
        ] {
            let text = serde_json::to_string(&control).unwrap();
            assert_eq!(
                ServerFrame::parse(&text),
                Some(ServerFrame::Control(control)),
                "{text}"
            );
        }
        assert_eq!(
            ServerFrame::parse(r#"{"type": "of a later version"}"#),
            None
        );
    }

    #[test]
    fn control_frames_and_events_do_not_mix() {
        let pong = serde_json::to_string(&Control::Pong).unwrap();
        assert_eq!(pong, r#"{"type":"pong"}"#);
        assert_eq!(
            ServerFrame::parse(&pong),
            Some(ServerFrame::Control(Control::Pong))
        );
        let event = r#"{"event_type": "session.heartbeat", "user": "u", "timestamp": "2025-11-18T12:00:00Z"}"#;
        assert!(matches!(
            ServerFrame::parse(event),
            Some(ServerFrame::Event(_))
        ));
    }
}
