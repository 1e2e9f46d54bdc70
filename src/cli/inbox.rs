//! `leitl inbox`

use std::time::Duration;

use anyhow::Context;

use super::{output, speaker::SpeakerArguments};
use crate::{
    api::DrainInbox,
    protocol::{Inbox, PEER_NOTICE, PageSize, WaitSeconds, quote_peer},
};

/// How long a call may take that waits for a message: the server does for half a minute.
const WAITING_CALL_LIMIT: Duration = Duration::from_secs(45);

/// How to look.
#[derive(clap::Args)]
pub struct InboxArguments {
    /// Where there is nothing, wait until there is
    #[arg(long)]
    wait: bool,
    /// Only look: the messages stay unread
    #[arg(long)]
    peek: bool,
    /// At most so many messages
    #[arg(long, value_name = "1-100", value_parser = page_size)]
    limit: Option<PageSize>,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    speaker: SpeakerArguments,
}

fn page_size(text: &str) -> Result<PageSize, String> {
    let size: u64 = text.parse().map_err(|_| "must be a number".to_owned())?;
    PageSize::try_from(size).map_err(str::to_owned)
}

pub(super) async fn run(arguments: InboxArguments) -> anyhow::Result<()> {
    let speaker = arguments.speaker.speaker()?;
    let call = DrainInbox {
        session_id: speaker.session,
        wait_seconds: arguments.wait.then_some(WaitSeconds::MOST),
        limit: arguments.limit,
        peek: Some(arguments.peek),
    };
    let inbox = loop {
        let inbox = speaker.client.call_within(WAITING_CALL_LIMIT, &call);
        let inbox = inbox.await.context("cannot read the inbox")?;
        if !arguments.wait || !inbox.messages.is_empty() {
            break inbox;
        }
    };
    match arguments.json {
        true => output::print_json(&inbox),
        false => output::print(&render(&inbox)),
    }
}

/// As it is handed to agents, who read this most.
fn render(inbox: &Inbox) -> String {
    if inbox.messages.is_empty() {
        return "Nothing new.\n".to_owned();
    }
    let messages: Vec<_> = inbox.messages.iter().map(quote_peer).collect();
    let mut text = format!("{PEER_NOTICE}\n{}\n", messages.join("\n"));
    if inbox.unread > 0 {
        text += &format!("{} more are unread\n", inbox.unread);
    }
    output::clean_text(&text)
}
