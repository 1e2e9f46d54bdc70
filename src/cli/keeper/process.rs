//! A process of this machine, told from a later one with the same number.

use std::{fs, io, os::fd::OwnedFd, thread};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::retry_on_intr,
    process::{Pid, PidfdFlags, Signal, getppid, pidfd_open, pidfd_send_signal},
};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// Set for a process that was forked and has not called exec since (Linux,
/// `PF_FORKNOEXEC` in include/linux/sched.h): a shell's subshell.
const FORKED_WITHOUT_EXEC: u64 = 0x40;

/// The shells through which an agent may call a command.
const SHELLS: [&str; 9] = [
    "ash", "bash", "busybox", "dash", "fish", "ksh", "mksh", "sh", "zsh",
];

/// How far up the ancestors are looked at.
const MAX_ANCESTORS: usize = 32;

/// A process: its number, and when it started in clock ticks since the machine did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pid: i32,
    start: u64,
}

/// What proc(5) tells of a process.
#[derive(Debug, PartialEq, Eq)]
struct Status {
    name: String,
    parent: i32,
    flags: u64,
    start: u64,
}

impl Process {
    /// The process that has this number now.
    pub fn of(pid: i32) -> Option<Self> {
        let start = Status::of(pid)?.start;
        Some(Self { pid, start })
    }

    /// The shell that called this command: its parent, or the shell that a subshell of
    /// the parent's belongs to, as in `eval "$(leitl join ...)"`.
    pub fn calling_shell() -> Option<Self> {
        Self::ancestor(|status| status.flags & FORKED_WITHOUT_EXEC == 0)
    }

    /// The agent that called this command, perhaps through shells.
    pub fn calling_agent() -> Option<Self> {
        Self::ancestor(|status| {
            status.flags & FORKED_WITHOUT_EXEC == 0
                && !SHELLS.contains(&status.name.trim_start_matches('-'))
        })
    }

    /// The nearest ancestor that is wanted. The first process of the machine is none: it
    /// takes the orphans, so that it is there says nothing of who called.
    fn ancestor(wanted: impl Fn(&Status) -> bool) -> Option<Self> {
        let mut pid = getppid()?.as_raw_nonzero().get();
        for _ in 0..MAX_ANCESTORS {
            if pid <= 1 {
                return None;
            }
            let status = Status::of(pid)?;
            if wanted(&status) {
                let start = status.start;
                return Some(Self { pid, start });
            }
            pid = status.parent;
        }
        None
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// If it is gone, or not ours.
    pub fn signal(self, signal: Signal) -> io::Result<()> {
        Ok(pidfd_send_signal(self.open()?, signal)?)
    }

    /// Whether it still runs.
    pub fn is_running(self) -> bool {
        self.open().is_ok()
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// If the system refuses to tell.
    pub async fn ended(self) -> io::Result<()> {
        let handle = match self.open() {
            Ok(handle) => handle,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        // A thread of its own: nobody waits for it when the process outlives the command.
        let (tell, told) = oneshot::channel();
        thread::spawn(move || {
            // Readable when the process ends (pidfd_open(2)).
            let mut ready = [PollFd::new(&handle, PollFlags::IN)];
            let outcome = retry_on_intr(|| poll(&mut ready, None));
            // Nobody may want to know any more.
            let _ = tell.send(outcome);
        });
        match told.await {
            Ok(outcome) => Ok(outcome.map(drop)?),
            Err(_) => Err(io::ErrorKind::Other.into()),
        }
    }

    /// A handle of it, and of no other.
    fn open(self) -> io::Result<OwnedFd> {
        let gone = || io::Error::from(io::ErrorKind::NotFound);
        let pid = Pid::from_raw(self.pid).ok_or_else(gone)?;
        let handle = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => handle,
            Err(rustix::io::Errno::SRCH) => return Err(gone()),
            Err(error) => return Err(error.into()),
        };
        // Asked after the handle was made, so the answer is of the process it holds.
        match Self::of(self.pid) == Some(self) {
            true => Ok(handle),
            false => Err(gone()),
        }
    }
}

impl Status {
    /// `None` if there is no such process, or one that has ended and that nobody has
    /// asked after yet.
    fn of(pid: i32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Reads `/proc/<pid>/stat` (proc_pid_stat(5)).
    fn parse(stat: &str) -> Option<Self> {
        // The name stands in brackets and may itself contain any character.
        let (before, after) = stat.rsplit_once(')')?;
        let (_, name) = before.split_once('(')?;
        let mut fields = after.split_ascii_whitespace();
        let state = fields.next()?;
        if matches!(state, "Z" | "X") {
            return None;
        }
        let parent = fields.next()?.parse().ok()?;
        // From the fourth field, which is the parent, to the ninth.
        let flags = fields.nth(4)?.parse().ok()?;
        // And on to the twenty-second.
        let start = fields.nth(12)?.parse().ok()?;
        Some(Self {
            name: name.to_owned(),
            parent,
            flags,
            start,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_kernels_words_are_read_whatever_the_name() {
        let stat = "4242 (a) b (c) S 17 4242 4242 34816 4300 4194368 1 2 3 4 5 6 7 8 20 0 1 0 \
            987654 23 24";
        assert_eq!(
            Status::parse(stat),
            Some(Status {
                name: "a) b (c".into(),
                parent: 17,
                flags: 4_194_368,
                start: 987_654,
            })
        );
        for wrong in ["", "1 (a", "1 (a) S", "1 (a) Z 17 1 1 0 0 0 0"] {
            assert_eq!(Status::parse(wrong), None, "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn an_end_is_noticed_and_a_number_is_not_enough() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let process = Process::of(child.id().cast_signed()).unwrap();
        assert!(process.is_running());
        let other = Process {
            start: process.start + 1,
            ..process
        };
        assert!(!other.is_running());
        assert!(other.signal(Signal::KILL).is_err());
        other.ended().await.unwrap();

        let ended = tokio::spawn(process.ended());
        assert!(process.is_running());
        drop(child.stdin.take());
        ended.await.unwrap().unwrap();
        assert!(!process.is_running());
        assert!(child.wait().unwrap().success());
        assert!(!process.is_running());
    }
}
