//! `leitl join` without a command: a session beside a shell.

use anyhow::{Context, bail};

use super::NotRun;
use crate::{
    api::{SessionEnd, SessionRegister},
    cli::{
        client::Client,
        keeper::{self, Assignment, process::Process, state::Folder},
        output,
    },
    protocol::Registered,
};

/// How to tell of the new session.
#[derive(clap::Args)]
pub struct TellingArguments {
    /// Without a command: print the server's answer as JSON, with the session's token
    #[arg(long, conflicts_with_all = ["shell", "command"])]
    json: bool,
    /// Without a command: print what sets LEITL_SESSION_ID, for eval in a shell
    #[arg(long, conflicts_with = "command")]
    shell: bool,
    /// Without a command: leave when the process of this number ends [default: the
    /// shell that calls]
    #[arg(long, value_name = "PID", conflicts_with = "command")]
    pid: Option<i32>,
}

/// Registers, has the session kept until the shell ends, and says which it is.
///
/// # Errors
/// [`NotRun::Room`] if there is no session.
pub(super) async fn run(
    client: Client,
    registration: SessionRegister,
    telling: &TellingArguments,
) -> anyhow::Result<()> {
    // Before there is a session that nobody keeps.
    let folder = Folder::open().context(NotRun::Room)?;
    let process = companion(telling.pid).context(NotRun::Room)?;
    let registered = client.call(&registration).await.context(NotRun::Room)?;
    let assignment = Assignment {
        session_id: registered.session_id.clone(),
        registration,
        heartbeat_seconds: registered.heartbeat_seconds,
        process,
    };
    if let Err(error) = keeper::start(&folder, &client, &assignment) {
        let farewell = SessionEnd {
            session_id: Some(registered.session_id),
            reason: "nothing keeps it alive".parse().ok(),
        };
        // It would time out without, and the error that matters is the first.
        let _ = client.call(&farewell).await;
        return Err(error).context(NotRun::Room);
    }
    tell(&registered, telling)
}

/// The process with which the session ends.
fn companion(pid: Option<i32>) -> anyhow::Result<Process> {
    match pid {
        Some(pid) => Process::of(pid).with_context(|| format!("there is no process {pid}")),
        None => match Process::calling_shell() {
            Some(shell) => Ok(shell),
            None => bail!("no shell calls: name a process with --pid"),
        },
    }
}

fn tell(registered: &Registered, telling: &TellingArguments) -> anyhow::Result<()> {
    if telling.json {
        return output::print_json(registered);
    }
    // A session id has no character that a shell would read otherwise.
    output::print(&match telling.shell {
        true => format!("export LEITL_SESSION_ID={}\n", registered.session_id),
        false => format!("{}\n", registered.session_id),
    })
}
