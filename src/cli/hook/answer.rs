//! What a hook tells Claude Code on its standard output.

use serde_json::{Value, json};

/// What there is to tell.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// The agent reads this beside what it does. Neither the user's permissions nor the
    /// agent's plans are touched.
    Context(String),
    /// The agent goes on, because of this, instead of stopping.
    GoOn(String),
}

impl Answer {
    /// As Claude Code reads it, for this event.
    pub fn json(&self, event: &str) -> Value {
        match self {
            Self::Context(text) => json!({
                "hookSpecificOutput": {"hookEventName": event, "additionalContext": text}
            }),
            Self::GoOn(text) => json!({"decision": "block", "reason": text}),
        }
    }
}
