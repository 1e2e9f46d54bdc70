//! Unread messages on their way to the agent.

use super::agent::{Agent, Trouble};
use crate::{
    api::DrainInbox,
    protocol::{Event, EventType, Inbox, PEER_NOTICE, PageSize, quote_peer},
};

/// How many characters are handed over at once. Claude Code cuts off what hooks say
/// after 10,000.
const MOST: usize = 9_000;

/// How many characters of one message are handed over.
const MOST_OF_ONE: usize = 4_000;

/// Messages that are handed over.
pub struct Handover {
    /// As the agent reads them, marked as the words of others.
    pub text: String,
    /// The messages themselves.
    pub messages: Vec<Event>,
}

/// The unread messages, as many as fit, if there are any that are wanted. They count as
/// delivered then.
pub async fn unread(
    agent: &Agent,
    wanted: impl Fn(&[Event]) -> bool,
) -> Result<Option<Handover>, Trouble> {
    let seen = agent.call(&drain(agent, 100, true)).await?;
    let (count, _) = fitting(&seen.messages);
    if count == 0 || !wanted(&seen.messages) {
        return Ok(None);
    }
    // Only those that are shown: the others are for another time.
    let inbox = agent.call(&drain(agent, count, false)).await?;
    Ok(text(&inbox).map(|text| Handover {
        text,
        messages: inbox.messages,
    }))
}

/// Whether there is one that should reach an agent in the middle of its work.
pub fn any_urgent(messages: &[Event]) -> bool {
    messages.iter().any(|message| {
        message.event_type == EventType::ConflictWarning
            || message
                .data
                .get("urgent")
                .and_then(|urgent| urgent.as_bool())
                == Some(true)
    })
}

fn drain(agent: &Agent, limit: usize, peek: bool) -> DrainInbox {
    DrainInbox {
        session_id: Some(agent.session_id.clone()),
        wait_seconds: None,
        limit: u64::try_from(limit)
            .ok()
            .and_then(|limit| PageSize::try_from(limit).ok()),
        peek: Some(peek),
    }
}

fn text(inbox: &Inbox) -> Option<String> {
    if inbox.messages.is_empty() {
        return None;
    }
    let (_, messages) = fitting(&inbox.messages);
    let mut text = format!("{PEER_NOTICE}\n{messages}");
    if inbox.unread > 0 {
        text += &format!(
            "\n{} more are unread; `leitl inbox` shows them.",
            inbox.unread
        );
    }
    Some(text)
}

/// How many of these fit, and how they read.
fn fitting(messages: &[Event]) -> (usize, String) {
    let mut text = String::new();
    let mut length = 0;
    let mut count = 0;
    for message in messages {
        let quoted = quote(message);
        length += quoted.chars().count() + 1;
        // The first always does.
        if count > 0 && length > MOST {
            break;
        }
        if count > 0 {
            text.push('\n');
        }
        text += &quoted;
        count += 1;
    }
    (count, text)
}

/// A message, cut where it is too long.
fn quote(message: &Event) -> String {
    let quoted = quote_peer(message);
    if quoted.chars().count() <= MOST_OF_ONE {
        return quoted;
    }
    let whole = match message.data.text("text") {
        Some(text) => text.to_owned(),
        None => serde_json::to_string(message.data.members()).unwrap_or_default(),
    };
    // A letter becomes up to six (`&quot;`) when it is quoted.
    let start: String = whole.chars().take(MOST_OF_ONE / 6).collect();
    let mut short = message.clone();
    let note = format!("{start}… (cut; `leitl watch` and the dashboard show the whole)");
    short.data.set("text", Some(note.into()));
    quote_peer(&short)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(text: &str) -> Event {
        serde_json::from_value(json!({"id": "1-2", "event_type": "broadcast.message",
            "session_id": "leitl-a", "agent_name": "A", "user": "ann",
            "timestamp": "2026-11-24T12:00:00Z", "data": {"text": text}}))
        .unwrap()
    }

    #[test]
    fn what_is_handed_over_is_marked_and_bounded() {
        let long = message(&"\"<".repeat(5_000));
        let inbox = Inbox {
            messages: vec![message("hi"), long.clone(), long],
            unread: 3,
        };
        let text = text(&inbox).unwrap();
        assert!(text.starts_with(PEER_NOTICE), "{text}");
        assert!(
            text.contains(">hi</leitl-message>\n<leitl-message"),
            "{text}"
        );
        assert!(text.ends_with("3 more are unread; `leitl inbox` shows them."));
        assert_eq!(text.matches("(cut; ").count(), 2);
        assert!(text.chars().count() < 10_000);

        let many = vec![message(&"a".repeat(3_000)); 20];
        assert_eq!(fitting(&many).0, 2);
        assert_eq!(fitting(&[]).0, 0);
    }
}
