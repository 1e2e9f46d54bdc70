//! Keepers: each is a process in the background that keeps one session alive while
//! another process lives, a shell or an agent.
//!
//! [`process`] tells processes apart and [`state`] is where they are found again. A
//! keeper is told to stop by SIGTERM and then ends its session.

pub mod process;
pub mod state;

use std::{
    io::{self, Read, Write},
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::Context;
use rustix::process::{Signal, setsid};
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use self::{
    process::Process,
    state::{Folder, State},
};
use super::{client::Client, connection::ConnectionArguments, membership::Membership};
use crate::{
    api::SessionRegister,
    protocol::{Reason, SessionId},
};

/// What a keeper is told, at most, in bytes.
const MAX_ASSIGNMENT: u64 = 64 * 1024;

/// What a keeper says on its standard output when it is ready, and nothing after that.
const READY: &[u8] = b"+";

/// The reason that a session ends for if nobody gave another.
const ENDED: &str = "its process has ended";

/// What a keeper does.
#[derive(Serialize, Deserialize)]
pub struct Assignment {
    /// The session.
    pub session_id: SessionId,
    /// How to register it anew.
    pub registration: SessionRegister,
    /// How often to give a sign of life, in seconds.
    pub heartbeat_seconds: u64,
    /// The process with which the session ends.
    pub process: Process,
}

/// Why there is no keeper.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It cannot be started.
    #[error("cannot start a process that keeps the session alive")]
    NotStarted(#[source] io::Error),
    /// It could not be found again.
    #[error("cannot write what is known of the session")]
    NotWritten(#[source] io::Error),
}

/// Has a session kept. One that another keeper has for the same process stays with it.
///
/// # Errors
/// If the keeper cannot be started or not be found again.
pub fn start(folder: &Folder, client: &Client, assignment: &Assignment) -> Result<(), StartError> {
    let before = folder.read(&assignment.session_id);
    let before = before.filter(|state| state.keeper.is_running());
    if before
        .as_ref()
        .is_some_and(|state| state.process == assignment.process && state.url == client.origin())
    {
        return Ok(());
    }
    let keeper = spawn(client, assignment).map_err(StartError::NotStarted)?;
    let state = State {
        session_id: assignment.session_id.clone(),
        url: client.origin(),
        keeper,
        process: assignment.process,
        farewell: None,
    };
    if let Err(error) = folder.write(&state) {
        let _ = keeper.signal(Signal::KILL);
        return Err(StartError::NotWritten(error));
    }
    if let Some(before) = before {
        // Not asked to stop: it would end the session.
        let _ = before.keeper.signal(Signal::KILL);
    }
    Ok(())
}

/// Has a session's keeper end the session and stop. `None` if there is no keeper.
///
/// # Errors
/// If it cannot be told.
pub fn stop(
    folder: &Folder,
    session_id: &SessionId,
    reason: Option<Reason>,
) -> io::Result<Option<Process>> {
    let Some(mut state) = folder.read(session_id) else {
        return Ok(None);
    };
    if !state.keeper.is_running() {
        folder.forget(session_id, state.keeper);
        return Ok(None);
    }
    state.farewell = reason;
    folder.write(&state)?;
    state.keeper.signal(Signal::TERM)?;
    Ok(Some(state.keeper))
}

/// Starts the process and waits until signals that are meant for others, or for it, find
/// it ready. What is private goes through its standard input and its environment: others
/// can see the arguments.
fn spawn(client: &Client, assignment: &Assignment) -> io::Result<Process> {
    // This very program, even if its file was replaced meanwhile.
    let mut child = Command::new("/proc/self/exe")
        .arg0("leitl")
        .arg("keeper")
        .env("LEITL_URL", client.origin())
        .env("LEITL_TOKEN", client.token())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    if let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) {
        stdin.write_all(&serde_json::to_vec(assignment)?)?;
        drop(stdin);
        // If it has ended instead, there is no such byte.
        stdout.read_exact(&mut [0; READY.len()])?;
    }
    Process::of(child.id().cast_signed()).ok_or(io::ErrorKind::NotFound.into())
}

/// Where a keeper keeps its session.
#[derive(clap::Args)]
pub struct KeeperArguments {
    #[command(flatten)]
    connection: ConnectionArguments,
}

/// Is a keeper, until its session has ended.
///
/// # Errors
/// If it is not told what to keep.
pub(super) async fn run(arguments: KeeperArguments) -> anyhow::Result<()> {
    // Ctrl-C in the terminal is meant for others, and so is the terminal's end.
    let _ = setsid();
    let mut told = signal(SignalKind::terminate())?;
    let assignment = read_assignment()?;
    let client = arguments.connection.client()?;
    let folder = Folder::open()?;
    let mut output = io::stdout();
    output.write_all(READY).and_then(|()| output.flush())?;
    folder.sweep();
    let membership = Membership::keep(
        client,
        assignment.session_id.clone(),
        assignment.registration,
        Duration::from_secs(assignment.heartbeat_seconds.max(1)),
    );
    tokio::select! {
        ended = assignment.process.ended() => ended?,
        _ = told.recv() => {}
    }
    let state = folder.read(&assignment.session_id);
    let farewell = state.and_then(|state| state.farewell);
    membership
        .end(farewell.as_ref().map_or(ENDED, |reason| reason.as_str()))
        .await;
    if let Some(own) = Process::of(std::process::id().cast_signed()) {
        folder.forget(&assignment.session_id, own);
    }
    Ok(())
}

/// Reads what whoever started this has written, to the end.
fn read_assignment() -> anyhow::Result<Assignment> {
    let mut json = Vec::new();
    io::stdin().take(MAX_ASSIGNMENT).read_to_end(&mut json)?;
    serde_json::from_slice(&json).context("a keeper is started by `leitl join` and by hooks")
}
