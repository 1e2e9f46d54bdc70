//! `leitl say`

use anyhow::anyhow;
use serde::Serialize;

use super::{output, speaker::SpeakerArguments};
use crate::protocol::{EventData, EventId, EventType, Recipient, Recipients};

/// What to say, and to whom.
#[derive(clap::Args)]
pub struct SayArguments {
    /// The message
    text: String,
    /// Whose attention it is for: a session's id, an agent's name or a #tag; may be
    /// repeated. Everyone sees it all the same
    #[arg(long, value_name = "WHOM")]
    to: Vec<Recipient>,
    /// The message that this answers
    #[arg(long, value_name = "ID")]
    reply_to: Option<EventId>,
    /// It does not wait until an agent has a pause
    #[arg(long)]
    urgent: bool,
    /// Print its id and time as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    speaker: SpeakerArguments,
}

/// The `data` of `broadcast.message`.
#[derive(Serialize)]
struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<EventId>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    urgent: bool,
}

pub(super) async fn run(arguments: SayArguments) -> anyhow::Result<()> {
    let to = Recipients::try_from(arguments.to).map_err(|rule| anyhow!("--to {rule}"))?;
    let data = EventData::of(&Message {
        text: arguments.text,
        reply_to: arguments.reply_to,
        urgent: arguments.urgent,
    });
    let speaker = arguments.speaker.speaker()?;
    let published = speaker
        .publish(EventType::BroadcastMessage, data, Some(to))
        .await?;
    if arguments.json {
        output::print_json(&published)?;
    }
    Ok(())
}
