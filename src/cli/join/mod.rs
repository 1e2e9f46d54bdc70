//! `leitl join`: a command that is a session while it runs, or a session beside a shell.
//!
//! [`Membership`] holds the session, [`command`] runs the command and [`signals`]
//! hands on to it what is meant for it; without a command, [`background`] has a keeper
//! hold the session. The room may go away and come back: that
//! concerns the session alone, never the command.

mod background;
mod command;
mod signals;

use std::{ffi::OsString, process::ExitCode};

use anyhow::Context;

pub use self::command::NotRun;
use self::{command::Command, signals::Signals};
use super::{connection::ConnectionArguments, membership::Membership};
use crate::{
    api::SessionRegister,
    protocol::{AgentName, AgentType, Tag, Tags, Task},
};

/// Who joins, and what it runs.
#[derive(clap::Args)]
pub struct JoinArguments {
    /// The name to go by
    #[arg(long)]
    name: AgentName,
    /// What kind of agent it is
    #[arg(long = "type", value_name = "TYPE", default_value = "code_assistant")]
    agent_type: AgentType,
    /// Tags, separated by commas
    #[arg(long, value_delimiter = ',')]
    tags: Vec<Tag>,
    /// What it is working on
    #[arg(long, value_name = "TEXT")]
    task: Option<Task>,
    #[command(flatten)]
    connection: ConnectionArguments,
    #[command(flatten)]
    telling: background::TellingArguments,
    /// The command to run, with its arguments. It finds LEITL_URL, LEITL_SESSION_ID
    /// and the session's LEITL_TOKEN in its environment. Without one, the session stays
    /// until the shell ends or `leitl leave`
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Registers, runs the command, and ends the session with it. The exit code is that
/// of the command, or 128 and the number of the signal that ended it. Without a command
/// the session stays.
///
/// # Errors
/// [`NotRun`] if the room does not take the session, or the command cannot be started.
pub(super) async fn run(arguments: JoinArguments) -> anyhow::Result<ExitCode> {
    // Before there is a session that a signal could leave behind.
    let mut signals = Signals::new().context(NotRun::Room)?;
    let client = arguments.connection.client().context(NotRun::Room)?;
    let tags = Tags::try_from(arguments.tags)
        .map_err(|rule| anyhow::anyhow!("the tags {rule}"))
        .context(NotRun::Room)?;
    let registration = SessionRegister {
        agent_name: arguments.name,
        agent_type: arguments.agent_type,
        tags: Some(tags),
        current_task: arguments.task,
        context_sources: None,
        session_id: None,
    };
    if arguments.command.is_empty() {
        background::run(client, registration, &arguments.telling).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let url = client.origin();
    let (membership, registered) = Membership::begin(client, registration)
        .await
        .context(NotRun::Room)?;
    let outcome = match signals.pending() {
        Some(signal) => Ok(command::End::Signal(signal.as_raw())),
        None => {
            let variables = [
                ("LEITL_URL", url.as_str()),
                ("LEITL_SESSION_ID", registered.session_id.as_str()),
                ("LEITL_TOKEN", &registered.token),
            ];
            Command::new(arguments.command, &variables)
                .run(&mut signals)
                .await
        }
    };
    let reason = match &outcome {
        Ok(end) => end.to_string(),
        Err(_) => "the command could not be run".to_owned(),
    };
    membership.end(&reason).await;
    Ok(outcome?.exit_code())
}
