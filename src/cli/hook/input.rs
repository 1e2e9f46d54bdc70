//! What Claude Code tells a hook on its standard input.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::protocol::SessionId;

/// The most that is read, in bytes: what a tool writes into a file is in it.
const MAX_INPUT: u64 = 16 * 1024 * 1024;

/// Before the agent's own id in its session id.
const SESSION_PREFIX: &str = "leitl-claude-";

/// The members that hooks are given and that are of use here; which of them are there
/// depends on the event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Input {
    session_id: String,
    /// Where the agent works.
    pub cwd: PathBuf,
    /// The event, if the command line does not say.
    pub hook_event_name: String,
    /// What the user asks for (UserPromptSubmit).
    pub prompt: String,
    /// Why the agent ends (SessionEnd).
    pub reason: String,
    /// The tool's arguments (PreToolUse, PostToolUse).
    tool_input: Value,
    tool_name: String,
    /// Whether the agent goes on because a hook made it (Stop).
    pub stop_hook_active: bool,
}

impl Input {
    /// Reads one.
    ///
    /// # Errors
    /// If it is no JSON object, too long, or names no session.
    pub fn read(source: impl Read) -> io::Result<Self> {
        let mut json = Vec::new();
        source.take(MAX_INPUT).read_to_end(&mut json)?;
        let input: Self = serde_json::from_slice(&json)?;
        match input.session_id.is_empty() {
            true => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the input has no session_id",
            )),
            false => Ok(input),
        }
    }

    /// The LEITL session of the agent: always the same, so that each hook finds it
    /// without being told. It holds the agent's own id if that fits.
    pub fn session_id(&self) -> Option<SessionId> {
        let own = format!("{SESSION_PREFIX}{}", self.session_id.to_ascii_lowercase());
        own.parse()
            .or_else(|_| {
                let digest = Sha256::digest(&self.session_id);
                let start: String = digest
                    .iter()
                    .take(16)
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                format!("{SESSION_PREFIX}{start}").parse()
            })
            .ok()
    }

    /// The file that a tool is about to change, by its absolute path.
    pub fn changed_file(&self) -> Option<PathBuf> {
        let member = match self.tool_name.as_str() {
            "Edit" | "MultiEdit" | "Write" => "file_path",
            "NotebookEdit" => "notebook_path",
            _ => return None,
        };
        let path = Path::new(self.tool_input.get(member)?.as_str()?);
        Some(self.cwd.join(path))
    }

    /// The first line of the prompt that says something, in at most `most` characters.
    pub fn prompt_line(&self, most: usize) -> Option<String> {
        let line = self.prompt.lines().map(str::trim).find(|l| !l.is_empty())?;
        let line: String = line
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect();
        if line.chars().count() <= most {
            return Some(line);
        }
        let start: String = line.chars().take(most.saturating_sub(1)).collect();
        Some(start.trim_end().to_owned() + "…")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(json: Value) -> Input {
        Input::read(json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_session_is_found_again_by_the_agents_own_id() {
        let id = |own: &str| {
            let input = input(json!({"session_id": own}));
            input.session_id().unwrap().to_string()
        };
        assert_eq!(
            id("0A5F1C2e-1d6f-4a55-9c35-9f5f5f6f7f8f"),
            "leitl-claude-0a5f1c2e-1d6f-4a55-9c35-9f5f5f6f7f8f"
        );
        // SHA-256 of "abc_" begins with other digits than that of "abc".
        let odd = id("abc_");
        assert_eq!(odd.len(), SESSION_PREFIX.len() + 32);
        assert_eq!(odd, id("abc_"));
        assert_ne!(odd, id("abc/"));
        assert_eq!(id(&"a".repeat(200)).len(), odd.len());
    }

    #[test]
    fn what_is_no_input_is_refused() {
        for wrong in [
            "",
            "[]",
            "{}",
            "{\"session_id\": 5}",
            "{\"session_id\": \"a\"",
        ] {
            assert!(Input::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_tools_that_write_change_a_file() {
        let file = |tool: &str, arguments: Value| {
            input(json!({"session_id": "a", "cwd": "/w", "tool_name": tool,
                "tool_input": arguments}))
            .changed_file()
        };
        let path = json!({"file_path": "/w/a.rs", "notebook_path": "n.ipynb"});
        for tool in ["Edit", "MultiEdit", "Write"] {
            assert_eq!(file(tool, path.clone()), Some("/w/a.rs".into()));
        }
        assert_eq!(
            file("NotebookEdit", path.clone()),
            Some("/w/n.ipynb".into())
        );
        assert_eq!(file("Read", path), None);
        assert_eq!(file("Edit", json!({"file_path": 5})), None);
        assert_eq!(file("Edit", json!([])), None);
    }

    #[test]
    fn a_prompt_is_told_in_one_short_line() {
        let line =
            |prompt: &str| input(json!({"session_id": "a", "prompt": prompt})).prompt_line(8);
        assert_eq!(line("\n  Fix it \nnow").as_deref(), Some("Fix it"));
        assert_eq!(line("a\tb\u{1b}").as_deref(), Some("a b "));
        assert_eq!(line("Zoë and her").as_deref(), Some("Zoë and…"));
        assert_eq!(line(" \n"), None);
    }
}
