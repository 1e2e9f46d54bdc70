//! Claude Code: hooks in the user's settings, the MCP server in the project's
//! `.mcp.json`.

use std::path::Path;

use jsonc_parser::cst::CstNode;
use serde_json::{Value, json};

use super::{
    NAME, TOKEN_VARIABLE,
    json_edit::{self, Document},
};

/// The hooks: the event, and the tools it is wanted for (all if there are none).
pub const HOOKS: [(&str, Option<&str>); 6] = [
    ("SessionStart", None),
    ("UserPromptSubmit", None),
    ("PreToolUse", Some("Edit|MultiEdit|NotebookEdit|Write")),
    ("PostToolUse", None),
    ("Stop", None),
    ("SessionEnd", None),
];

/// After how many seconds Claude Code goes on without the hook. It takes far less.
const TIMEOUT: u64 = 5;

/// Adds the hooks that call this program, or takes them away.
///
/// # Errors
/// If it is no settings file.
pub fn edit_settings(text: &str, program: Option<&Path>) -> anyhow::Result<String> {
    let document = Document::parse(text)?;
    let hooks = document.object("hooks")?;
    let mut untouched = true;
    for (event, tools) in HOOKS {
        let wanted = program.map(|program| hook(program, event, tools));
        if wanted.is_none() && hooks.get(event).is_none() {
            continue;
        }
        let list = json_edit::list(&hooks, event)?;
        let own: Vec<CstNode> = list
            .elements()
            .into_iter()
            .filter(|entry| is_own(entry, event))
            .collect();
        let is_there = |wanted: &Value| {
            own.len() == 1
                && own
                    .iter()
                    .all(|entry| json_edit::plain(&entry.to_string()).as_ref() == Some(wanted))
        };
        if wanted.as_ref().is_some_and(is_there) {
            continue;
        }
        for entry in own {
            untouched = false;
            entry.remove();
        }
        if let Some(wanted) = wanted {
            untouched = false;
            list.append(json_edit::input(&wanted));
        } else if list.elements().is_empty()
            && let Some(member) = hooks.get(event)
        {
            member.remove();
        }
    }
    document.tidy("hooks");
    // Also if it was made for looking.
    Ok(if untouched {
        text.to_owned()
    } else {
        document.text()
    })
}

/// Adds the MCP server at this address, or takes it away.
///
/// # Errors
/// If it is no such file.
pub fn edit_mcp(text: &str, url: Option<&str>) -> anyhow::Result<String> {
    let server = url.map(|url| {
        json!({
            "type": "http",
            "url": url,
            "headers": {"Authorization": format!("Bearer ${{{TOKEN_VARIABLE}}}")},
        })
    });
    super::cursor::edit_servers(text, server.as_ref())
}

/// One entry of an event's list.
fn hook(program: &Path, event: &str, tools: Option<&str>) -> Value {
    let command = format!("{} hook {event}", quoted(&program.display().to_string()));
    let hooks = json!([{"type": "command", "command": command, "timeout": TIMEOUT}]);
    match tools {
        Some(tools) => json!({"matcher": tools, "hooks": hooks}),
        None => json!({"hooks": hooks}),
    }
}

/// A word as a shell reads it (POSIX, "Single-Quotes").
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    match word.bytes().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Whether an entry was installed: all that it does is to call this program's hook,
/// wherever the program was then.
fn is_own(entry: &CstNode, event: &str) -> bool {
    let Some(entry) = json_edit::plain(&entry.to_string()) else {
        return false;
    };
    let Some(hooks) = entry.get("hooks").and_then(Value::as_array) else {
        return false;
    };
    let call = format!(" hook {event}");
    let is_call = |hook: &Value| {
        hook.get("command")
            .and_then(Value::as_str)
            .and_then(|command| command.strip_suffix(&call))
            .is_some_and(|program| {
                let file = program.trim_matches('\'').rsplit('/').next();
                file == Some(NAME)
            })
    };
    !hooks.is_empty() && hooks.iter().all(is_call)
}
