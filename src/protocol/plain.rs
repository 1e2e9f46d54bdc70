//! Wire types read from plain JSON, member by member, for the browser.
//!
//! The readers that serde makes were a tenth of what it downloads. Here nothing is
//! refused that could be shown: the server has kept the rules already.

use serde_json::Value;

use super::{
    BusFrame, Control, DrainingFrame, Event, EventData, FieldError, Problem, ServerFrame,
    Timestamp, WelcomeFrame,
};

/// A member that is text; empty if it is not there.
pub fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// A member that is a whole number; 0 if it is not there.
pub fn number(value: &Value, member: &str) -> u64 {
    value[member].as_u64().unwrap_or_default()
}

/// A member that is an instant; `None` if it is not there.
pub fn instant(value: &Value, member: &str) -> Option<Timestamp> {
    text(value, member).parse().ok()
}

/// The items of a list; none if it is no list.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// An event; `None` if it lacks what every event has.
pub fn event(value: &Value) -> Option<Event> {
    let recipients: Vec<_> = items(&value["to"])
        .iter()
        .filter_map(|recipient| recipient.as_str()?.parse().ok())
        .collect();
    Some(Event {
        id: text(value, "id").parse().ok(),
        event_type: text(value, "event_type").parse().ok()?,
        session_id: text(value, "session_id").parse().ok(),
        agent_name: text(value, "agent_name").parse().ok(),
        user: text(value, "user").to_owned(),
        timestamp: instant(value, "timestamp")?,
        to: recipients.try_into().unwrap_or_default(),
        data: EventData::trusted(value["data"].as_object().cloned().unwrap_or_default()),
    })
}

/// A problem; `None` if it is none of ours.
pub fn problem(value: &Value) -> Option<Problem> {
    let errors = items(&value["errors"]).iter().map(|error| FieldError {
        field: text(error, "field").to_owned(),
        rule: text(error, "rule").to_owned(),
    });
    Some(Problem {
        type_uri: text(value, "type").to_owned(),
        title: value["title"].as_str()?.to_owned(),
        status: u16::try_from(number(value, "status")).ok()?,
        detail: text(value, "detail").to_owned(),
        errors: errors.collect(),
        retry_after_seconds: value["retry_after_seconds"].as_u64(),
    })
}

/// A frame for an observer; `None` if it is none that the dashboard knows, which is
/// no reason to stop listening.
pub fn frame(text_of_frame: &str) -> Option<ServerFrame> {
    let frame: Value = serde_json::from_slice(text_of_frame.as_bytes()).ok()?;
    let control = match text(&frame, "type") {
        "" => return event(&frame).map(Box::new).map(ServerFrame::Event),
        "welcome" => Control::Welcome(WelcomeFrame {
            session_id: text(&frame, "session_id").parse().ok(),
            node: text(&frame, "node").to_owned(),
            last_id: text(&frame, "last_id").parse().ok()?,
            recovered: frame["recovered"].as_bool()?,
            heartbeat_seconds: number(&frame, "heartbeat_seconds"),
        }),
        "draining" => Control::Draining(DrainingFrame {
            retry_after_ms: number(&frame, "retry_after_ms"),
        }),
        "bus" => Control::Bus(BusFrame {
            available: frame["available"].as_bool()?,
            since: instant(&frame, "since")?,
        }),
        "pong" => Control::Pong,
        _ => return None,
    };
    Some(ServerFrame::Control(control))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::ProblemKind;

    #[test]
    fn an_event_reads_as_serde_reads_it() {
        for mut json in [
            json!({"id": "1763467200123-42", "event_type": "task.started",
                "session_id": "leitl-cece-abc123", "agent_name": "Cece", "user": "alexa",
                "timestamp": "2025-11-18T12:00:00.042Z", "to": ["leitl-claude-xyz789", "#docs"],
                "data": {"task_id": "task-001", "deep": [{"n": 1.5}]}}),
            json!({"event_type": "x.build", "user": "alexa",
                "timestamp": "2025-11-18T12:00:00Z"}),
        ] {
            let read = event(&json).unwrap();
            assert_eq!(read, serde_json::from_value(json.clone()).unwrap());
            assert_eq!(
                frame(&json.to_string()),
                Some(ServerFrame::Event(Box::new(read)))
            );
            json["event_type"] = Value::Null;
            assert_eq!(event(&json), None);
        }
    }

    #[test]
    fn a_problem_reads_as_serde_reads_it() {
        let slow = Problem::new(ProblemKind::RateLimited, "wait").retry_after(3);
        for wrong in [slow, Problem::field("limit", "must be 1 to 500")] {
            let json = serde_json::to_value(&wrong).unwrap();
            assert_eq!(problem(&json), Some(wrong));
        }
        assert_eq!(problem(&json!("a proxy's page")), None);
    }

    #[test]
    fn frames_read_as_serde_reads_them() {
        for text in [
            r#"{"type":"welcome","node":"a","last_id":"1-2","recovered":true,"heartbeat_seconds":30}"#,
            r#"{"type":"draining","retry_after_ms":200}"#,
            r#"{"type":"bus","available":false,"since":"2025-11-18T12:00:00Z"}"#,
            r#"{"type":"pong"}"#,
            r#"{"type":"of a later version"}"#,
            "no JSON",
        ] {
            assert_eq!(frame(text), ServerFrame::parse(text), "{text}");
        }
    }
}
