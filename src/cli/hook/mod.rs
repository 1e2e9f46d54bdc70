//! `leitl hook`: what Claude Code runs when something happens to an agent.
//!
//! | file | what it is |
//! |---|---|
//! | [`input`] | what Claude Code tells a hook |
//! | [`answer`] | what a hook tells it |
//! | [`agent`] | the agent and its session |
//! | [`conversation`] | it starts, is asked, stops and ends |
//! | [`tools`] | it is about to change a file; it has used a tool |
//! | [`handover`] | unread messages on their way to it |
//! | [`log`] | why a hook could not do its work |
//!
//! A hook runs before and after all that the agent does, so it is quick and never in
//! the way: it ends with code 0, waits for the server for [`LIMIT`] at most, and is
//! silent when the server is away.

mod agent;
mod answer;
mod conversation;
mod handover;
mod input;
mod log;
mod tools;

use std::{
    io::{self, Write},
    time::Duration,
};

use tokio::{runtime, time::timeout};

use self::{
    agent::{Agent, Trouble},
    answer::Answer,
    input::Input,
};
use super::{connection::ConnectionArguments, keeper::state::Folder};

/// How long a hook waits for the network, all calls together, in milliseconds.
const LIMIT: u64 = 80;

/// Which hook is called.
#[derive(clap::Args)]
pub struct HookArguments {
    /// SessionStart, SessionEnd, UserPromptSubmit, PreToolUse, PostToolUse or Stop
    /// [default: what the input says]; others do nothing
    event: Option<String>,
    /// How long to wait for the server, in milliseconds
    #[arg(
        long,
        env = "LEITL_HOOK_LIMIT_MS",
        value_name = "N",
        default_value_t = LIMIT
    )]
    limit_ms: u64,
    #[command(flatten)]
    connection: ConnectionArguments,
}

/// Whether the command line calls a hook, wrongly perhaps. Exit code 2 of a hook would
/// keep the agent from its work.
pub(super) fn is_called() -> bool {
    std::env::args_os()
        .nth(1)
        .is_some_and(|name| name == "hook")
}

/// Answers a hook. What goes wrong is in `hook.log` and nowhere else.
pub(super) fn run(arguments: HookArguments) {
    let named = arguments.event.clone().unwrap_or_default();
    let (event, outcome) = match Input::read(io::stdin().lock()) {
        Ok(input) => {
            let event = match named.is_empty() {
                true => input.hook_event_name.clone(),
                false => named,
            };
            let outcome = answer(&event, &input, arguments);
            (event, outcome)
        }
        Err(error) => (named, Err(error.into())),
    };
    match outcome {
        Ok(None) => {}
        Ok(Some(answer)) => {
            // Nobody may be left to read it.
            let _ = writeln!(io::stdout(), "{}", answer.json(&event));
        }
        Err(error) => {
            if let Ok(folder) = Folder::open() {
                log::write(&folder, &event, &format!("{error:#}"));
            }
        }
    }
}

fn answer(event: &str, input: &Input, arguments: HookArguments) -> anyhow::Result<Option<Answer>> {
    let concerns = match event {
        "SessionStart" | "UserPromptSubmit" | "PostToolUse" | "Stop" | "SessionEnd" => true,
        "PreToolUse" => input.changed_file().is_some(),
        _ => false,
    };
    if !concerns {
        return Ok(None);
    }
    let limit = Duration::from_millis(arguments.limit_ms);
    let Some(agent) = Agent::of(input, arguments.connection.client()?) else {
        return Ok(None);
    };
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let work = async {
        match event {
            "SessionStart" => conversation::start(&agent).await,
            "UserPromptSubmit" => conversation::ask(&agent, input).await,
            "PreToolUse" => tools::before(&agent, input).await,
            "PostToolUse" => tools::after(&agent).await,
            "Stop" => conversation::stop(&agent, input).await,
            _ => conversation::end(&agent, input).await,
        }
    };
    let outcome = runtime.block_on(async { timeout(limit, work).await });
    // A look-up of a name that hangs is not waited for.
    runtime.shutdown_background();
    match outcome {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Trouble::TooSlow.into()),
    }
}
