//! Messages of others, as an agent is handed them: marked, with verified senders.

use schemars::JsonSchema;
use serde::Serialize;

use super::call::Call;
use crate::{
    protocol::{Event, Inbox, PEER_NOTICE, PageSize, quote_peer},
    server::{bus::PageLimit, context::parse::estimate_tokens, inbox::Drain},
};

/// How many messages come with the answer of another tool, at most.
const MOST: u64 = 5;

/// How many tokens these may have together; the first may have more.
const MOST_TOKENS: usize = 400;

/// Messages that an agent has not read before.
#[derive(Serialize, JsonSchema)]
pub struct Mail {
    /// How to take them.
    notice: &'static str,
    /// The messages, oldest first.
    messages: Vec<Message>,
    /// How many more are unread, counted up to 500; `inbox` brings them.
    left_out: u64,
}

/// One of them.
#[derive(Serialize, JsonSchema)]
struct Message {
    /// Its id: give it as `reply_to` of `say` to answer it, and to `inbox` to acknowledge it.
    id: String,
    /// Whether its sender says that it cannot wait.
    urgent: bool,
    /// The message, marked as another's, with the sender that the server verified.
    quoted: String,
}

impl Mail {
    /// What an inbox handed out.
    pub fn new(inbox: Inbox) -> Self {
        Self {
            notice: PEER_NOTICE,
            messages: inbox.messages.iter().map(Message::new).collect(),
            left_out: inbox.unread,
        }
    }

    /// As text, which is what most models are shown.
    pub fn text(&self) -> String {
        if self.messages.is_empty() {
            return "There is nothing unread.".to_owned();
        }
        let mut lines = vec![self.notice];
        lines.extend(self.messages.iter().map(|message| message.quoted.as_str()));
        let left_out = format!("{} more unread: call `inbox`.", self.left_out);
        if self.left_out > 0 {
            lines.push(&left_out);
        }
        lines.join("\n")
    }
}

impl Message {
    fn new(event: &Event) -> Self {
        Self {
            id: event.id.map(|id| id.to_string()).unwrap_or_default(),
            urgent: event
                .data
                .get("urgent")
                .and_then(serde_json::Value::as_bool)
                == Some(true),
            quoted: quote_peer(event),
        }
    }
}

/// Hands over what the session that a call spoke for has not read, a little at a time. A
/// failure keeps nobody from the tool's own answer.
pub async fn unread(call: &Call) -> Option<Mail> {
    let session = call.spoken_for()?;
    // Nobody would read it.
    if call.given_up.is_cancelled() {
        return None;
    }
    let drain = |messages: u64, peek| {
        let size = PageSize::try_from(messages).unwrap_or_default();
        Drain {
            limit: PageLimit::from(size),
            wait: std::time::Duration::ZERO,
            peek,
        }
    };
    let inbox = &call.server().inbox;
    let seen = inbox.drain(&call.caller, &session, drain(MOST, true)).await;
    let fitting = fitting(&seen.ok()?.messages);
    if fitting == 0 {
        return None;
    }
    // Others may read the same inbox: what is handed over here is what this call took.
    let taken = inbox
        .drain(&call.caller, &session, drain(fitting, false))
        .await
        .ok()?;
    (!taken.messages.is_empty()).then(|| Mail::new(taken))
}

/// How many of these fit, at least one.
fn fitting(messages: &[Event]) -> u64 {
    let mut used = 0;
    let mut fitting = 0;
    for message in messages {
        used += estimate_tokens(&quote_peer(message));
        if fitting > 0 && used > MOST_TOKENS {
            break;
        }
        fitting += 1;
    }
    fitting
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(text: &str) -> Event {
        serde_json::from_value(json!({
            "id": "1-2", "event_type": "broadcast.message", "session_id": "leitl-a",
            "agent_name": "A", "user": "ann", "timestamp": "2026-11-24T12:00:00Z",
            "data": {"text": text, "urgent": true},
        }))
        .unwrap()
    }

    #[test]
    fn a_little_at_a_time_but_at_least_one() {
        assert_eq!(fitting(&[]), 0);
        assert_eq!(fitting(&[said("short"), said("short")]), 2);
        let long = "many words ".repeat(500);
        assert_eq!(fitting(&[said(&long), said("short")]), 1);
        assert_eq!(fitting(&[said("short"), said(&long)]), 1);
    }

    #[test]
    fn the_text_marks_each_message_and_says_what_is_left() {
        let mail = Mail::new(Inbox {
            messages: vec![said("hello")],
            unread: 3,
        });
        let text = mail.text();
        assert!(text.starts_with(PEER_NOTICE), "{text}");
        assert!(text.contains("hello</leitl-message>"), "{text}");
        assert!(text.ends_with("3 more unread: call `inbox`."), "{text}");
        assert!(mail.messages[0].urgent);
    }
}
