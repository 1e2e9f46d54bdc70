//! An event as one line for people, with a colour for each session.

use anstyle::{AnsiColor, Color, Style};

use super::output::clean_line;
use crate::protocol::{
    ActiveSession, Conflict, ContextUpdated, Ended, Event, EventType, FILE_EVENT, SessionId,
    describe_conflict,
};

/// The colours of sessions: those that can be read on dark and on light ground.
const COLOURS: [AnsiColor; 8] = [
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Cyan,
    AnsiColor::Blue,
    AnsiColor::Yellow,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
    AnsiColor::BrightRed,
];

/// The line, with its end: when (UTC), who and what.
pub fn render(event: &Event) -> String {
    let style = match &event.session_id {
        Some(session) => Style::new().fg_color(Some(Color::Ansi(colour(session)))),
        None => Style::new().bold(),
    };
    format!(
        "{}  {style}{}{style:#} {}\n",
        event.timestamp.clock(),
        clean_line(who(event)),
        clean_line(&what(event))
    )
}

/// No one of the room raises an alert.
fn who(event: &Event) -> &str {
    match event.event_type {
        EventType::AlertRaised | EventType::AlertCleared => "alert",
        _ => event.sender(),
    }
}

/// A session keeps its colour wherever it is shown.
fn colour(session: &SessionId) -> AnsiColor {
    // FNV-1a, 32 bits: ids that differ in little get colours that differ.
    let hash = session
        .as_str()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    let at = hash as usize % COLOURS.len();
    COLOURS.get(at).copied().unwrap_or(AnsiColor::Green)
}

fn what(event: &Event) -> String {
    let data = &event.data;
    match &event.event_type {
        EventType::SessionStarted => match data.read::<ActiveSession>() {
            Some(session) => with(
                "joined",
                &format!("{} {}", session.session_id, session.current_task),
            ),
            None => "joined".to_owned(),
        },
        EventType::SessionUpdated => match data.read::<ActiveSession>() {
            Some(session) => with(
                &format!("is {}", session.status.as_str()),
                session.current_task.as_str(),
            ),
            None => "has news of itself".to_owned(),
        },
        EventType::SessionEnded => match data.read::<Ended>() {
            Some(ended) => with("left", ended.reason.as_str()),
            None => "left".to_owned(),
        },
        EventType::TaskStarted => with("starts", task(event)),
        EventType::TaskProgress => {
            let percent = data
                .members()
                .get("percent")
                .and_then(|percent| percent.as_f64());
            let at = percent.map_or("goes on".to_owned(), |percent| format!("is at {percent} %"));
            with(&with(&at, task(event)), text(event, "message"))
        }
        EventType::TaskCompleted => with(&with("finished", task(event)), text(event, "result")),
        EventType::TaskFailed => with(&with("gave up", task(event)), text(event, "reason")),
        EventType::BroadcastMessage => {
            let to: Vec<_> = event.to.iter().map(|whom| whom.as_str()).collect();
            let says = match to.is_empty() {
                true => "says".to_owned(),
                false => format!("says to {}", to.join(", ")),
            };
            with(&says, text(event, "text"))
        }
        EventType::ContextUpdated => match data.read::<ContextUpdated>() {
            Some(news) => format!("has new context in {}", news.source),
            None => "has new context".to_owned(),
        },
        EventType::ConflictWarning => match data.read::<Conflict>() {
            Some(conflict) => with("warning", &describe_conflict(&conflict)),
            None => "is in conflict".to_owned(),
        },
        EventType::AlertRaised => with("raised", text(event, "summary")),
        EventType::AlertCleared => with("over", text(event, "summary")),
        EventType::Free(name) if name == FILE_EVENT => {
            let paths = data.get("paths").and_then(|paths| paths.as_array());
            let paths: Vec<&str> = paths
                .into_iter()
                .flatten()
                .filter_map(|path| path.as_str())
                .collect();
            with("works on", &paths.join(", "))
        }
        other if data.is_empty() => other.to_string(),
        other => {
            let members = serde_json::to_string(data.members()).unwrap_or_default();
            with(other.as_str(), &members)
        }
    }
}

fn text<'a>(event: &'a Event, member: &str) -> &'a str {
    event.data.text(member).unwrap_or_default()
}

/// A task in words, or else its id.
fn task(event: &Event) -> &str {
    match text(event, "task_description") {
        "" => text(event, "task_id"),
        description => description,
    }
}

/// What happened, and more on it if there is more.
fn with(what: &str, more: &str) -> String {
    match more.trim() {
        "" => what.to_owned(),
        more => format!("{what}: {more}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn line(event_type: &str, data: Value, more: Value) -> String {
        let mut event = json!({"id": "1-1", "event_type": event_type, "user": "ann",
            "timestamp": "2025-11-18T12:00:00Z", "data": data});
        if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
            event.extend(more);
        }
        let event: Event = serde_json::from_value(event).unwrap();
        anstream::adapter::strip_str(&render(&event)).to_string()
    }

    #[test]
    fn an_event_reads_as_a_sentence() {
        for (event_type, data, words) in [
            (
                "task.started",
                json!({"task_id": "t", "task_description": "Read"}),
                "starts: Read",
            ),
            ("task.started", json!({"task_id": "t"}), "starts: t"),
            (
                "task.progress",
                json!({"task_id": "t", "percent": 40}),
                "is at 40 %: t",
            ),
            (
                "task.completed",
                json!({"task_id": "t", "result": "ok"}),
                "finished: t: ok",
            ),
            ("task.failed", json!({}), "gave up"),
            (
                "session.ended",
                json!({"reason": "timeout"}),
                "left: timeout",
            ),
            (
                "broadcast.message",
                json!({"text": "Hi\u{1b}[2J\nthere"}),
                "says: Hi\u{fffd}[2J\u{fffd}there",
            ),
            ("x.build", json!({"n": 1}), "x.build: {\"n\":1}"),
            ("x.build", json!({}), "x.build"),
        ] {
            let expected = format!("12:00:00  ann {words}\n");
            assert_eq!(line(event_type, data, json!({})), expected);
        }
        let alert = json!({"id": "a", "kind": "sync_failure", "summary": "wiki cannot be read"});
        let raised = line("alert.raised", alert.clone(), json!({}));
        assert_eq!(raised, "12:00:00  alert raised: wiki cannot be read\n");
        let cleared = line("alert.cleared", alert, json!({}));
        assert_eq!(cleared, "12:00:00  alert over: wiki cannot be read\n");
        let to = json!({"to": ["Cece", "#docs"]});
        let said = line("broadcast.message", json!({"text": "Hi"}), to);
        assert_eq!(said, "12:00:00  ann says to Cece, #docs: Hi\n");
    }

    #[test]
    fn every_session_has_a_colour_of_its_own_choice() {
        let event = |session: &str| -> Event {
            serde_json::from_value(json!({"id": "1-1", "event_type": "x.a", "user": "ann",
                "session_id": session, "agent_name": "Cece", "timestamp": "2025-11-18T12:00:00Z"}))
            .unwrap()
        };
        let cece = render(&event("leitl-cece-1"));
        assert!(
            cece.contains("\u{1b}[") && cece.contains("mCece\u{1b}[0m x.a"),
            "{cece:?}"
        );
        assert_eq!(cece, render(&event("leitl-cece-1")));
        let others = (1..20).map(|n| render(&event(&format!("leitl-cece-{n}"))));
        assert!(others.collect::<std::collections::BTreeSet<_>>().len() > 2);
    }
}
