//! Runs commands of the binary against a server, as people do in a shell.

use std::process::Stdio;

use serde_json::Value;
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use crate::{
    client::Client,
    server::{PATIENCE, Server},
};

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

impl Outcome {
    /// What a command printed that went well.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        &self.stdout
    }

    /// The JSON that a command printed that went well.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(self.ok()).unwrap()
    }

    /// Asserts that a command ended with this code and said why in one line, with
    /// each of these in it.
    #[track_caller]
    pub fn failed(&self, code: i32, names: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let lines = self.stderr.lines().count();
        assert!(self.stderr.starts_with("leitl: ") && lines == 1, "{self:?}");
        for name in names {
            assert!(self.stderr.contains(name), "{name} is not named: {self:?}");
        }
    }
}

/// A user's shell, in which `LEITL_URL` and `LEITL_TOKEN` are set.
pub struct Shell<'a> {
    server: &'a Server,
    token: String,
}

impl<'a> Shell<'a> {
    /// That of a user of a server.
    pub fn of(server: &'a Server, user: &Client) -> Self {
        Self {
            server,
            token: user.token.clone().unwrap(),
        }
    }

    /// A command, to be started and spoken to.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.server.setup().binary();
        command.envs(self.variables()).args(arguments);
        command
    }

    /// What is set in it.
    pub fn variables(&self) -> [(&str, &str); 2] {
        [
            ("LEITL_URL", &self.server.url),
            ("LEITL_TOKEN", &self.token),
        ]
    }

    /// Runs a command with nothing on its standard input.
    pub async fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, &[], "").await
    }

    /// Runs a command with more in its environment and this on its standard input.
    pub async fn run_with(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
        input: &str,
    ) -> Outcome {
        let mut child = self
            .command(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that needs no input may have ended by now.
        let _ = child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .await;
        let output = timeout(PATIENCE, child.wait_with_output())
            .await
            .unwrap_or_else(|_| panic!("leitl {arguments:?} does not end"))
            .unwrap();
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
