//! A command that runs and is listened and spoken to.

use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use crate::server::PATIENCE;

/// A command that runs. Dropping it kills it.
pub struct Running {
    child: Child,
    stdin: ChildStdin,
    stdout: Heard<ChildStdout>,
    stderr: Heard<ChildStderr>,
}

impl Running {
    /// Starts a command, in a process group of its own: no terminal that the tests run
    /// in has it in its foreground.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .process_group(0)
            .kill_on_drop(true)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            stdin: child.stdin.take().unwrap(),
            stdout: Heard::new(child.stdout.take().unwrap()),
            stderr: Heard::new(child.stderr.take().unwrap()),
            child,
        }
    }

    /// Waits until it has printed this; everything printed so far.
    pub async fn prints(&mut self, words: &str) -> &str {
        self.stdout.hear(words).await
    }

    /// Everything it prints until it closes its standard output.
    pub async fn prints_to_the_end(&mut self) -> &str {
        let rest = self.stdout.stream.read_to_string(&mut self.stdout.text);
        let read = timeout(PATIENCE, rest).await;
        read.expect("it does not stop to print").unwrap();
        &self.stdout.text
    }

    /// Waits until it has complained of this.
    pub async fn complains(&mut self, words: &str) {
        self.stderr.hear(words).await;
    }

    /// Types something.
    pub async fn type_in(&mut self, keys: &str) {
        self.stdin.write_all(keys.as_bytes()).await.unwrap();
    }

    /// Sends a signal to it alone.
    pub fn signal(&self, signal: Signal) {
        let id = self.child.id().expect("it has ended already");
        kill_process(Pid::from_raw(id.cast_signed()).unwrap(), signal).unwrap();
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.expect("the command does not end").unwrap()
    }
}

/// A stream and what was read of it.
struct Heard<R> {
    stream: R,
    text: String,
}

impl<R: AsyncRead + Unpin> Heard<R> {
    fn new(stream: R) -> Self {
        let text = String::new();
        Self { stream, text }
    }

    async fn hear(&mut self, words: &str) -> &str {
        while !self.text.contains(words) {
            let mut piece = [0; 4096];
            let read = timeout(PATIENCE, self.stream.read(&mut piece)).await;
            let count = match read {
                Ok(count) => count.unwrap_or(0),
                Err(_) => panic!("waited in vain for {words:?} in {:?}", self.text),
            };
            assert!(count > 0, "{words:?} is not in {:?}", self.text);
            self.text += &String::from_utf8_lossy(&piece[..count]);
        }
        &self.text
    }
}
