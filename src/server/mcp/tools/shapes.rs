//! What several tools answer with, and the bounds that they share.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    protocol::{ActiveSession, Event, Problem, SessionId},
    server::context::parse::estimate_tokens,
};

/// How much of an event's data is shown, in characters.
const SHOWN_CHARACTERS: usize = 600;

/// One agent in the room.
#[derive(Serialize, JsonSchema)]
pub struct Peer {
    /// Its session; give it in `to` of `say` to address it.
    session_id: String,
    /// The name it goes by.
    agent_name: String,
    /// What kind of agent it is.
    agent_type: String,
    /// The user who runs it, as the server verified it.
    user: String,
    /// active, idle, busy, or stale: silent for long.
    status: &'static str,
    /// What it is working on, in its own words; empty for nothing.
    current_task: String,
    /// Its tags; give one as `#tag` in `to` of `say` to address all who have it.
    tags: Vec<String>,
    /// How long it has been here.
    uptime: String,
    /// Whether this is you.
    you: bool,
}

impl Peer {
    /// A session as another sees it.
    pub fn new(session: ActiveSession, own: Option<&SessionId>) -> Self {
        Self {
            you: own == Some(&session.session_id),
            session_id: session.session_id.into(),
            agent_name: session.agent_name.into(),
            agent_type: session.agent_type.into(),
            user: session.user,
            status: session.status.as_str(),
            current_task: session.current_task.into(),
            tags: session
                .tags
                .into_vec()
                .into_iter()
                .map(String::from)
                .collect(),
            uptime: session.uptime,
        }
    }
}

/// Something that happened in the room.
#[derive(Serialize, JsonSchema)]
pub struct Happening {
    /// Its place in the stream, for `after` and `before`.
    id: String,
    /// What kind of event it is.
    event_type: String,
    /// When it happened.
    timestamp: String,
    /// The session it comes from; absent when a person speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    /// The agent's name, or the person's.
    sender: String,
    /// The user behind it, as the server verified it.
    user: String,
    /// Whom it is meant for; empty for everyone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    to: Vec<String>,
    /// What it says, in the words of its sender; of long data the beginning, as `cut`.
    data: Map<String, Value>,
}

impl Happening {
    /// An event, with long data cut.
    pub fn new(event: Event) -> Self {
        let sender = event.sender().to_owned();
        Self {
            id: event.id.map(|id| id.to_string()).unwrap_or_default(),
            event_type: event.event_type.to_string(),
            timestamp: event.timestamp.to_string(),
            session_id: event.session_id.map(String::from),
            sender,
            user: event.user,
            to: event.to.iter().map(ToString::to_string).collect(),
            data: shortened(event.data.members()),
        }
    }

    /// About how many tokens it costs whoever reads it.
    pub fn tokens(&self) -> usize {
        estimate_tokens(&serde_json::to_string(self).unwrap_or_default())
    }
}

fn shortened(data: &Map<String, Value>) -> Map<String, Value> {
    let text = serde_json::to_string(data).unwrap_or_default();
    if text.chars().count() <= SHOWN_CHARACTERS {
        return data.clone();
    }
    let shown = data.get("text").and_then(Value::as_str).unwrap_or(&text);
    let mut cut: String = shown.chars().take(SHOWN_CHARACTERS).collect();
    cut.push('…');
    [("cut".to_owned(), Value::String(cut))]
        .into_iter()
        .collect()
}

/// A number within bounds, or what it is by default.
///
/// # Errors
/// 422 that names the field.
pub fn bounded(
    field: &str,
    given: Option<u64>,
    default: usize,
    most: usize,
) -> Result<usize, Problem> {
    match given.map(usize::try_from) {
        None => Ok(default),
        Some(Ok(number)) if (1..=most).contains(&number) => Ok(number),
        Some(_) => Err(Problem::field(field, format!("must be 1 to {most}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_data_is_cut_and_says_so() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let short = object(json!({"text": "hello"}));
        assert_eq!(shortened(&short), short);
        let long = object(json!({"text": "ü".repeat(5000)}));
        let cut = shortened(&long);
        assert_eq!(
            cut["cut"].as_str().unwrap().chars().count(),
            SHOWN_CHARACTERS + 1
        );
    }

    #[test]
    fn a_number_out_of_bounds_names_its_field() {
        assert_eq!(bounded("limit", None, 20, 50), Ok(20));
        assert_eq!(bounded("limit", Some(50), 20, 50), Ok(50));
        for wrong in [0, 51, u64::MAX] {
            let problem = bounded("limit", Some(wrong), 20, 50).unwrap_err();
            assert_eq!(problem.detail, "limit must be 1 to 50");
        }
    }
}
