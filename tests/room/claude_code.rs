//! A simulated Claude Code: it does nothing but call `leitl hook`, with inputs as the
//! real one writes them.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use crate::{
    client::Client,
    server::{PATIENCE, Server},
};

/// How a hook ended: always well.
#[derive(Debug)]
pub struct Answered {
    /// What it tells Claude Code; `None` for nothing.
    pub answer: Option<Value>,
    /// How long it took from start to exit.
    pub took: Duration,
}

impl Answered {
    /// What the agent reads beside what it does.
    #[track_caller]
    pub fn context(&self, event: &str) -> &str {
        let answer = self.answer.as_ref().expect("the hook says nothing");
        let output = &answer["hookSpecificOutput"];
        assert_eq!(output["hookEventName"], event, "{answer}");
        // Nothing that would decide for the user.
        assert_eq!(output.as_object().unwrap().len(), 2, "{answer}");
        assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
        output["additionalContext"].as_str().unwrap()
    }

    /// Why the agent goes on.
    #[track_caller]
    pub fn goes_on(&self) -> &str {
        let answer = self.answer.as_ref().expect("the hook says nothing");
        assert_eq!(answer["decision"], "block", "{answer}");
        answer["reason"].as_str().unwrap()
    }

    /// Asserts that there is nothing to tell.
    #[track_caller]
    pub fn silent(&self) {
        assert_eq!(self.answer, None);
    }
}

/// One session of it.
pub struct ClaudeCode {
    /// Its own id.
    id: String,
    /// Where it works.
    pub folder: PathBuf,
    /// Where its hooks keep their state.
    pub home: PathBuf,
    variables: Vec<(String, String)>,
}

impl ClaudeCode {
    /// One with a folder of its own below `home`, at a server.
    pub fn new(home: &Path, id: &str, url: &str, token: &str) -> Self {
        let folder = home.join(format!("project-{id}"));
        std::fs::create_dir_all(&folder).unwrap();
        Self {
            id: id.to_owned(),
            folder,
            home: home.to_owned(),
            variables: vec![
                ("LEITL_URL".to_owned(), url.to_owned()),
                ("LEITL_TOKEN".to_owned(), token.to_owned()),
                // The machine may be busy with other tests, and the build is slow.
                ("LEITL_HOOK_LIMIT_MS".to_owned(), "15000".to_owned()),
            ],
        }
    }

    /// One of a user's.
    pub fn of(server: &Server, user: &Client, id: &str) -> Self {
        let token = user.token.as_deref().unwrap();
        Self::new(server.setup().directory(), id, &server.url, token)
    }

    /// With a variable in its environment.
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// Working in this folder.
    pub fn at(mut self, folder: &Path) -> Self {
        self.folder = folder.to_owned();
        self
    }

    /// The LEITL session it has.
    pub fn session_id(&self) -> String {
        format!("leitl-claude-{}", self.id)
    }

    /// The input of a hook, with the members that its event adds.
    pub fn input(&self, event: &str, more: Value) -> String {
        let transcript = self.home.join(".claude/projects/a/transcript.jsonl");
        let mut input = json!({
            "session_id": self.id,
            "transcript_path": transcript,
            "cwd": self.folder,
            "permission_mode": "default",
            "hook_event_name": event,
        });
        let more = more.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(more);
        input.to_string()
    }

    /// A command of the binary in its environment, and nothing else in that.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leitl"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("XDG_STATE_HOME", self.home.join("state"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Calls a hook.
    pub async fn hook(&self, event: &str, more: Value) -> Answered {
        self.hook_with(&["hook", event], &self.input(event, more))
            .await
    }

    /// Calls the binary as a hook with any input. It must end well and complain of
    /// nothing, whatever it is given.
    pub async fn hook_with(&self, arguments: &[&str], input: &str) -> Answered {
        let began = std::time::Instant::now();
        let mut child = self.command(arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // One that is called wrongly does not read it.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = timeout(PATIENCE, child.wait_with_output())
            .await
            .unwrap_or_else(|_| panic!("leitl {arguments:?} does not end"))
            .unwrap();
        let took = began.elapsed();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
        let answer = match output.stdout.is_empty() {
            true => None,
            false => Some(serde_json::from_slice(&output.stdout).unwrap()),
        };
        Answered { answer, took }
    }

    /// It starts.
    pub async fn starts(&self) -> Answered {
        self.hook("SessionStart", json!({"source": "startup"}))
            .await
    }

    /// The user asks for something.
    pub async fn is_asked(&self, prompt: &str) -> Answered {
        self.hook("UserPromptSubmit", json!({"prompt": prompt}))
            .await
    }

    /// It is about to change a file.
    pub async fn edits(&self, file: &Path) -> Answered {
        self.hook(
            "PreToolUse",
            json!({"tool_name": "Edit", "tool_use_id": "toolu_01",
            "tool_input": {"file_path": file, "old_string": "a", "new_string": "b"}}),
        )
        .await
    }

    /// It has used a tool.
    pub async fn has_run(&self, command: &str) -> Answered {
        self.hook(
            "PostToolUse",
            json!({"tool_name": "Bash", "tool_use_id": "toolu_02",
            "tool_input": {"command": command}, "tool_response": {"stdout": "", "stderr": ""}}),
        )
        .await
    }

    /// It is about to stop.
    pub async fn stops(&self) -> Answered {
        self.hook("Stop", json!({"stop_hook_active": false})).await
    }

    /// It stops after a hook made it go on.
    pub async fn stops_again(&self) -> Answered {
        self.hook("Stop", json!({"stop_hook_active": true})).await
    }

    /// It ends.
    pub async fn ends(&self) -> Answered {
        self.hook("SessionEnd", json!({"reason": "prompt_input_exit"}))
            .await
    }

    /// What its hooks could not do.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.join("state/leitl/hook.log")).unwrap_or_default()
    }
}
