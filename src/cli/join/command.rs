//! The command that a session runs.

use std::{
    ffi::OsString,
    fmt, io,
    os::unix::process::ExitStatusExt,
    process::{ExitCode, ExitStatus},
};

use rustix::process::{Pid, kill_process};
use tokio::process::{self, Child};

use super::signals::{Signals, is_from_terminal};

/// Why the command was not run.
#[derive(Debug, thiserror::Error)]
pub enum NotRun {
    /// There is no session for it.
    #[error("cannot join, so the command was not run")]
    Room,
    /// It cannot be started.
    #[error("cannot run {command}")]
    Command {
        /// The command's name.
        command: String,
        /// Why.
        source: io::Error,
    },
}

impl NotRun {
    /// The exit code that says so, as env(1), nohup(1) and timeout(1) have it: the
    /// lower ones are the command's own.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Room => 125,
            Self::Command { source, .. } if source.kind() == io::ErrorKind::NotFound => 127,
            Self::Command { .. } => 126,
        }
    }
}

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With this code.
    Code(u8),
    /// By the signal of this number.
    Signal(i32),
}

impl End {
    fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            // An exit code has eight bits (POSIX, `_exit`).
            (Some(code), _) => Self::Code(u8::try_from(code).unwrap_or(u8::MAX)),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }

    /// The exit code that a shell would give it (POSIX, "Exit Status for Commands").
    pub(super) fn exit_code(self) -> ExitCode {
        match self {
            Self::Code(code) => ExitCode::from(code),
            Self::Signal(number) => ExitCode::from(u8::try_from(128 + number).unwrap_or(u8::MAX)),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(0) => formatter.write_str("the command is done"),
            Self::Code(code) => write!(formatter, "the command failed with exit code {code}"),
            Self::Signal(number) => write!(formatter, "the command was ended by signal {number}"),
        }
    }
}

/// A command that was not started yet.
pub(super) struct Command {
    name: String,
    process: process::Command,
}

impl Command {
    /// A command with its arguments, and with more in its environment.
    pub(super) fn new(words: Vec<OsString>, variables: &[(&str, &str)]) -> Self {
        let mut words = words.into_iter();
        let program = words.next().unwrap_or_default();
        let name = program.display().to_string();
        let mut process = process::Command::new(program);
        process.args(words).envs(variables.iter().copied());
        Self { name, process }
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// If it cannot be started, or not be waited for.
    pub(super) async fn run(mut self, signals: &mut Signals) -> Result<End, NotRun> {
        let failed = |source| NotRun::Command {
            command: self.name.clone(),
            source,
        };
        let mut child = self.process.spawn().map_err(failed)?;
        loop {
            tokio::select! {
                status = child.wait() => return status.map(End::of).map_err(failed),
                // The terminal has told the command itself.
                signal = signals.next() => if !is_from_terminal(signal) {
                    pass_on(&child, signal);
                },
            }
        }
    }
}

fn pass_on(child: &Child, signal: rustix::process::Signal) {
    let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    if let Some(id) = id {
        // Fails for one that has ended in this moment, which `wait` reports.
        let _ = kill_process(id, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_as_a_shell_reads_it() {
        assert_eq!(End::of(ExitStatus::from_raw(3 << 8)), End::Code(3));
        assert_eq!(End::of(ExitStatus::from_raw(15)), End::Signal(15));
        assert_eq!(End::Signal(15).exit_code(), ExitCode::from(143));
    }
}
