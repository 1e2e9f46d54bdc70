//! An event in words a person reads at a glance.

use serde_json::Value;

use crate::protocol::{EndReason, Event, EventType, FILE_EVENT, plain};

/// “**who** verb ‘object’ rest”.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// Who did it.
    pub who: String,
    /// What they did.
    pub verb: String,
    /// What they did it to, as they call it; quoted in the feed.
    pub object: String,
    /// What else there is to say.
    pub rest: String,
}

impl Sentence {
    /// The sentence for an event.
    pub fn of(event: &Event) -> Self {
        let sentence = match event.event_type {
            EventType::SessionStarted => started(event),
            EventType::SessionUpdated => updated(event),
            EventType::SessionEnded => ended(event),
            EventType::SessionHeartbeat => Self::verb("is alive"),
            EventType::TaskStarted => task(event, "started", &["estimated_duration"]),
            EventType::TaskCompleted => task(event, "finished", &["result", "summary"]),
            EventType::TaskFailed => task(event, "gave up", &["error", "reason"]),
            EventType::TaskProgress => progress(event),
            EventType::BroadcastMessage => Self {
                object: message_text(event),
                ..Self::verb("said")
            },
            EventType::ContextUpdated => context_updated(event),
            EventType::ContextSync => Self::verb("synchronises"),
            EventType::ConflictWarning => conflict(event),
            EventType::AlertRaised => alert(event, "raised"),
            EventType::AlertCleared => alert(event, "over"),
            EventType::Free(ref name) if name == FILE_EVENT => files(event),
            EventType::Free(_) | EventType::Reserved(_) => Self {
                rest: members(event),
                ..Self::verb(event.event_type.as_str())
            },
        };
        if !sentence.who.is_empty() {
            return sentence;
        }
        Self {
            who: event.sender().to_owned(),
            ..sentence
        }
    }

    fn verb(verb: &str) -> Self {
        Self {
            verb: verb.to_owned(),
            ..Self::default()
        }
    }
}

/// What a `broadcast.message` says.
pub fn message_text(event: &Event) -> String {
    first_text(event, &["text", "message"])
        .map(str::to_owned)
        .unwrap_or_else(|| members(event))
}

fn started(event: &Event) -> Sentence {
    match event.data.text("current_task").unwrap_or_default() {
        "" => Sentence::verb("joined"),
        task => Sentence {
            object: task.to_owned(),
            ..Sentence::verb("joined to work on")
        },
    }
}

fn updated(event: &Event) -> Sentence {
    let verb = match event.data.text("status") {
        Some("active") => "is at work",
        Some("busy") => "is busy",
        Some("idle") => "is idle",
        Some("stale") => return Sentence::verb("has gone silent"),
        _ => return Sentence::verb("changed"),
    };
    match event.data.text("current_task").unwrap_or_default() {
        "" => Sentence::verb(verb),
        task => Sentence {
            object: task.to_owned(),
            ..Sentence::verb(&format!("{verb} on"))
        },
    }
}

fn ended(event: &Event) -> Sentence {
    match event.data.text("reason") {
        Some(EndReason::TIMEOUT) => Sentence {
            rest: "no heartbeat".into(),
            ..Sentence::verb("was let go")
        },
        reason => Sentence {
            rest: reason.unwrap_or_default().to_owned(),
            ..Sentence::verb("left")
        },
    }
}

/// Others than the owner see that a source has news, and not which.
fn context_updated(event: &Event) -> Sentence {
    let changes = event.data.members().get("changes");
    let count = |member: &str| {
        let count = changes.and_then(|changes| changes.get(member)?.as_u64());
        count.unwrap_or_default()
    };
    let counted = [
        (count("added"), "new"),
        (count("changed"), "changed"),
        (count("removed"), "gone"),
    ];
    let rest: Vec<String> = counted
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    Sentence {
        object: event.data.text("source").unwrap_or_default().to_owned(),
        rest: rest.join(", "),
        ..Sentence::verb("has new context in")
    }
}

/// Who works on the file of a `conflict.warning`.
pub fn holders(event: &Event) -> &[Value] {
    list(event, "sessions")
}

/// The sender came last to the file.
fn conflict(event: &Event) -> Sentence {
    let names: Vec<&str> = holders(event)
        .iter()
        .filter(|holder| {
            holder["session_id"].as_str() != event.session_id.as_ref().map(|id| id.as_str())
        })
        .filter_map(|holder| holder["agent_name"].as_str())
        .collect();
    Sentence {
        object: event.data.text("path").unwrap_or_default().to_owned(),
        rest: event.data.text("repository").unwrap_or_default().to_owned(),
        ..Sentence::verb(&format!("and {} both work on", names.join(", ")))
    }
}

/// No one of the room raises an alert.
fn alert(event: &Event, verb: &str) -> Sentence {
    Sentence {
        who: "Alert".to_owned(),
        rest: event.data.text("summary").unwrap_or_default().to_owned(),
        ..Sentence::verb(verb)
    }
}

fn files(event: &Event) -> Sentence {
    let paths = list(event, "paths");
    let first = paths.first().and_then(Value::as_str).unwrap_or_default();
    let repository = event.data.text("repository").unwrap_or_default();
    Sentence {
        object: first.to_owned(),
        rest: match paths.len() {
            0 | 1 => repository.to_owned(),
            count => format!("and {} more, {repository}", count - 1),
        },
        ..Sentence::verb("works on")
    }
}

fn list<'a>(event: &'a Event, member: &str) -> &'a [Value] {
    event.data.get(member).map_or(&[], plain::items)
}

fn task(event: &Event, verb: &str, details: &[&str]) -> Sentence {
    let named = task_name(event);
    Sentence {
        object: named.unwrap_or("a task").to_owned(),
        rest: first_text(event, details).unwrap_or_default().to_owned(),
        ..Sentence::verb(verb)
    }
}

fn progress(event: &Event) -> Sentence {
    let percent = ["percent", "progress"]
        .iter()
        .find_map(|member| event.data.members().get(*member)?.as_u64());
    let mut sentence = task(
        event,
        "is at work on",
        &["message", "note", "step", "detail", "summary"],
    );
    if let Some(percent) = percent.filter(|percent| *percent <= 100) {
        sentence.rest = match sentence.rest.as_str() {
            "" => format!("{percent} %"),
            note => format!("{percent} %, {note}"),
        };
    }
    sentence
}

fn task_name(event: &Event) -> Option<&str> {
    first_text(
        event,
        &[
            "task_description",
            "description",
            "title",
            "task",
            "task_id",
        ],
    )
}

/// The first of these members that has text in it.
fn first_text<'a>(event: &'a Event, names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .filter_map(|name| event.data.text(name))
        .find(|text| !text.trim().is_empty())
}

/// All of the data as JSON; empty for none.
fn members(event: &Event) -> String {
    if event.data.members().is_empty() {
        return String::new();
    }
    serde_json::to_string(&event.data).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_type: &str, data: &str) -> Event {
        serde_json::from_str(&format!(
            r#"{{"id": "1-1", "event_type": "{event_type}", "session_id": "leitl-cece-1",
                "agent_name": "Cece", "user": "alexa", "timestamp": "2025-11-18T12:00:00Z",
                "data": {data}}}"#
        ))
        .unwrap()
    }

    fn words(event_type: &str, data: &str) -> String {
        let Sentence {
            who,
            verb,
            object,
            rest,
        } = Sentence::of(&event(event_type, data));
        format!("{who} {verb} <{object}> {rest}")
            .trim_end()
            .to_owned()
    }

    #[test]
    fn reads_as_a_person_would_say_it() {
        for (event_type, data, said) in [
            (
                "task.started",
                r#"{"task_id": "task-001", "task_description": "Create LEITL protocol",
                    "estimated_duration": "15m"}"#,
                "Cece started <Create LEITL protocol> 15m",
            ),
            (
                "task.completed",
                r#"{"task_id": "task-001", "result": "success"}"#,
                "Cece finished <task-001> success",
            ),
            ("task.failed", "{}", "Cece gave up <a task>"),
            (
                "task.progress",
                r#"{"title": "Tests", "percent": 40, "message": "half of them run"}"#,
                "Cece is at work on <Tests> 40 %, half of them run",
            ),
            (
                "session.ended",
                r#"{"reason": "timeout"}"#,
                "Cece was let go <> no heartbeat",
            ),
            (
                "session.ended",
                r#"{"reason": "done"}"#,
                "Cece left <> done",
            ),
            (
                "broadcast.message",
                r#"{"text": "hello"}"#,
                "Cece said <hello>",
            ),
            (
                "broadcast.message",
                r#"{"message": "hello"}"#,
                "Cece said <hello>",
            ),
            (
                "context.updated",
                r#"{"source_id": "a", "source": "notes", "generation": 2,
                    "changes": {"added": 1, "changed": 0, "removed": 2, "paths": []}}"#,
                "Cece has new context in <notes> 1 new, 2 gone",
            ),
            (
                "context.updated",
                r#"{"source_id": "a", "source": "notes", "generation": 2}"#,
                "Cece has new context in <notes>",
            ),
            (
                "alert.raised",
                r#"{"id": "a", "kind": "sync_failure", "summary": "wiki cannot be read"}"#,
                "Alert raised <> wiki cannot be read",
            ),
            (
                "alert.cleared",
                r#"{"id": "a", "kind": "sync_failure", "summary": "wiki cannot be read"}"#,
                "Alert over <> wiki cannot be read",
            ),
            ("broadcast.message", r#"{"n": 1}"#, r#"Cece said <{"n":1}>"#),
            (
                "x.deploy",
                r#"{"to": "prod"}"#,
                r#"Cece x.deploy <> {"to":"prod"}"#,
            ),
        ] {
            assert_eq!(words(event_type, data), said);
        }
    }
}
