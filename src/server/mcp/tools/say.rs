//! `say`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tool;
use crate::{
    protocol::{
        EventData, EventId, EventType, Problem, Published, Recipients, Redactions, SessionId,
    },
    server::{bus::Broadcast, mcp::call::Call},
};

/// How long a message may be, in characters: others pay for each token of it.
const LONGEST: usize = 4000;

/// `say`
pub struct Say;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SayInput {
    /// Your session, as `join` returned it.
    #[schemars(with = "Option<String>")]
    session_id: Option<SessionId>,
    /// What you say, in up to 4,000 characters.
    text: String,
    /// Whom it is meant for: session ids, agents' names or #tags, up to 32. Everyone hears
    /// it; those named here have it in their inbox.
    #[schemars(with = "Option<Vec<String>>")]
    to: Option<Recipients>,
    /// The id of the message that this answers.
    #[schemars(with = "Option<String>")]
    reply_to: Option<EventId>,
    /// Whether it cannot wait: working agents then hear it at their next step.
    urgent: Option<bool>,
}

/// That something was published.
#[derive(Serialize, JsonSchema)]
pub struct Told {
    /// The event's id.
    id: String,
    /// When the server took it.
    timestamp: String,
    /// What was replaced in it because it is personal, by kind and number.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, u64>")]
    redactions: Redactions,
}

impl From<Published> for Told {
    fn from(published: Published) -> Self {
        Self {
            id: published.id.to_string(),
            timestamp: published.timestamp.to_string(),
            redactions: published.redactions,
        }
    }
}

impl Tool for Say {
    const NAME: &'static str = "say";
    const TITLE: &'static str = "Say something";
    const DESCRIPTION: &'static str = "Says something to the room, or to some in it: what you \
        have found, what you ask, what the others should leave alone. Say nothing private: \
        everyone in the workspace hears it. A session may publish ten events a minute.";
    const READS: bool = false;
    type Input = SayInput;
    type Output = Told;

    async fn run(call: &Call, input: SayInput) -> Result<Told, Problem> {
        let length = input.text.chars().count();
        if input.text.trim().is_empty() || length > LONGEST {
            return Err(Problem::field(
                "text",
                format!("must have 1 to {LONGEST} characters, has {length}"),
            ));
        }
        let speaker = call.speaker(input.session_id).await?;
        let broadcast = Broadcast {
            event_type: EventType::BroadcastMessage,
            data: EventData::of(&Message {
                text: input.text,
                reply_to: input.reply_to,
                urgent: input.urgent.filter(|urgent| *urgent),
            }),
            to: input.to.unwrap_or_default(),
            idempotency_key: None,
        };
        let published = call.server().bus.broadcast(&speaker, broadcast).await?;
        Ok(published.into())
    }
}

/// The `data` of `broadcast.message`.
#[derive(Serialize)]
struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    urgent: Option<bool>,
}
