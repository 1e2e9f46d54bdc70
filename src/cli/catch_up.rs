//! `leitl catch-up`

use super::{output, speaker::SpeakerArguments};
use crate::{api::CatchUp, protocol::EventId};

/// How much to be told, and since when.
#[derive(clap::Args)]
pub struct CatchUpArguments {
    /// In at most so many tokens [default: 500]
    #[arg(long, value_name = "100-10000")]
    max_tokens: Option<u64>,
    /// Since this event [default: since this session last asked]
    #[arg(long, value_name = "ID")]
    since: Option<EventId>,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    speaker: SpeakerArguments,
}

pub(super) async fn run(arguments: CatchUpArguments) -> anyhow::Result<()> {
    let speaker = arguments.speaker.speaker()?;
    let call = CatchUp {
        session_id: speaker.session.map(String::from),
        since: arguments.since.map(|id| id.to_string()),
        max_tokens: arguments.max_tokens.map(|most| most.to_string()),
    };
    let news = speaker.client.call(&call).await?;
    match arguments.json {
        true => output::print_json(&news),
        false => output::print(&(output::clean_text(news.text.trim_end()) + "\n")),
    }
}
