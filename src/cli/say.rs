//! `leitl say`

use anyhow::anyhow;
use serde::Serialize;

use super::speaker::SpeakerArguments;
use crate::protocol::{EventData, EventType, Recipient, Recipients};

/// What to say, and to whom.
#[derive(clap::Args)]
pub struct SayArguments {
    /// The message
    text: String,
    /// Whose attention it is for: a session's id, an agent's name or a #tag; may be
    /// repeated. Everyone sees it all the same
    #[arg(long, value_name = "WHOM")]
    to: Vec<Recipient>,
    #[command(flatten)]
    speaker: SpeakerArguments,
}

/// The `data` of `broadcast.message`.
#[derive(Serialize)]
struct Message {
    text: String,
}

pub(super) async fn run(arguments: SayArguments) -> anyhow::Result<()> {
    let to = Recipients::try_from(arguments.to).map_err(|rule| anyhow!("--to {rule}"))?;
    let data = EventData::of(&Message {
        text: arguments.text,
    });
    let speaker = arguments.speaker.speaker()?;
    speaker
        .publish(EventType::BroadcastMessage, data, Some(to))
        .await?;
    Ok(())
}
