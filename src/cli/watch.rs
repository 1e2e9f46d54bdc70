//! `leitl watch`

use std::io::Write;

use anyhow::bail;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    connection::ConnectionArguments,
    event_line, output,
    socket::{News, Socket},
};
use crate::{api::ActiveSessions, protocol::Event};

/// How to show the room.
#[derive(clap::Args)]
pub struct WatchArguments {
    /// Print every event as a line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: ConnectionArguments,
}

/// Shows what happens in the room until SIGINT or SIGTERM, or until nobody reads it.
///
/// # Errors
/// If the server cannot be reached at first, or refuses the token.
pub(super) async fn run(arguments: WatchArguments) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let client = arguments.connection.client()?;
    // The socket would try for ever to reach a server that is not there.
    let everyone = ActiveSessions {
        tag: None,
        agent_type: None,
    };
    client.call(&everyone).await?;
    let mut socket = Socket::observe(&client);
    let mut is_cut_off = false;
    loop {
        let news = tokio::select! {
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
            news = socket.next() => news,
        };
        match news {
            News::Event(event) => {
                if !show(&event, arguments.json)? {
                    return Ok(());
                }
            }
            News::Joined { recovered } => {
                note(match (std::mem::take(&mut is_cut_off), recovered) {
                    (false, _) => "watching; Ctrl-C ends it",
                    (true, true) => "back, and nothing was missed",
                    (true, false) => "back, and something may have been missed",
                });
            }
            News::Lost => {
                is_cut_off = true;
                note("the connection is lost; trying again");
            }
            News::Bus { available } => note(match available {
                false => "the server has lost its Redis; what is missed will follow",
                true => "the server has its Redis back, and nothing was missed",
            }),
            News::Ended(end) => bail!(end),
            News::Acknowledged { .. } | News::Refused { .. } => {}
        }
    }
}

/// Prints an event; whether somebody may still read.
fn show(event: &Event, json: bool) -> anyhow::Result<bool> {
    if json {
        return output::print_live(&(serde_json::to_string(event)? + "\n"));
    }
    // What is not stored, such as a heartbeat, is not worth a line.
    match event.id {
        Some(_) => output::print_live(&event_line::render(event)),
        None => Ok(true),
    }
}

/// Says how it goes, apart from what happens.
fn note(what: &str) {
    let _ = writeln!(std::io::stderr(), "leitl: {what}");
}
