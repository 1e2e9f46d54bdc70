//! `leitl install`: writes the configuration by which an agent's program joins.
//!
//! | file | what it is |
//! |---|---|
//! | [`claude`] | Claude Code: hooks in the user's settings, MCP in the project |
//! | [`codex`] | Codex: MCP |
//! | [`cursor`] | Cursor: MCP |
//! | [`json_edit`] | changes JSON and keeps what is there as it is written |
//! | [`change`] | a file before and after: shown, then written |
//! | [`passage`] | what to tell agents in AGENTS.md |
//!
//! No token is written: each configuration refers to LEITL_TOKEN in the environment.

mod change;
mod claude;
mod codex;
mod cursor;
mod json_edit;
mod passage;

use std::{
    env,
    io::{self, BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::ValueEnum;

use self::change::Change;
use super::output;

/// The variable in which the agent's program finds the token.
const TOKEN_VARIABLE: &str = "LEITL_TOKEN";

/// The name under which everything is installed.
const NAME: &str = "leitl";

/// The program of an agent.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Program {
    /// Claude Code: its hooks join and leave by themselves
    Claude,
    /// Codex
    Codex,
    /// Cursor
    Cursor,
}

/// Whose configuration, and how.
#[derive(clap::Args)]
pub struct InstallArguments {
    /// The agent's program
    program: Program,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Take back what was installed, and nothing else
    #[arg(long)]
    uninstall: bool,
    /// The server's address
    #[arg(long, env = "LEITL_URL", default_value = "http://127.0.0.1:8000")]
    url: String,
    /// With claude: the project whose .mcp.json is written
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    project: PathBuf,
}

/// Shows what would change, asks, and writes it.
///
/// # Errors
/// If a file cannot be read or written, or is not what its program would read.
pub(super) fn run(arguments: InstallArguments) -> anyhow::Result<()> {
    let changes = changes(&arguments)?;
    let changes: Vec<_> = changes.iter().filter(|change| !change.is_none()).collect();
    if changes.is_empty() {
        output::print("Nothing to change.\n")?;
    } else {
        for change in &changes {
            output::print(&output::clean_text(&change.diff()))?;
        }
        if !arguments.yes && !confirmed()? {
            bail!("nothing was changed");
        }
        for change in &changes {
            change.write()?;
        }
    }
    if arguments.uninstall {
        return Ok(());
    }
    output::print(&passage::text(arguments.program))
}

fn changes(arguments: &InstallArguments) -> anyhow::Result<Vec<Change>> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let home = home
        .filter(|home| home.is_absolute())
        .context("there is no home folder: set HOME")?;
    let url = mcp_address(&arguments.url)?;
    let edit =
        |file: PathBuf, edit: &dyn Fn(&str) -> anyhow::Result<String>| Change::plan(file, edit);
    let add = !arguments.uninstall;
    match arguments.program {
        Program::Claude => {
            let program = own_path()?;
            Ok(vec![
                edit(
                    folder("CLAUDE_CONFIG_DIR", &home, ".claude").join("settings.json"),
                    &|text| claude::edit_settings(text, add.then_some(program.as_path())),
                )?,
                edit(arguments.project.join(".mcp.json"), &|text| {
                    claude::edit_mcp(text, add.then_some(url.as_str()))
                })?,
            ])
        }
        Program::Codex => Ok(vec![edit(
            folder("CODEX_HOME", &home, ".codex").join("config.toml"),
            &|text| codex::edit(text, add.then_some(url.as_str())),
        )?]),
        Program::Cursor => Ok(vec![edit(home.join(".cursor/mcp.json"), &|text| {
            cursor::edit(text, add.then_some(url.as_str()))
        })?]),
    }
}

/// The folder of a program's configuration: the variable names it, or it is at home.
fn folder(variable: &str, home: &Path, usual: &str) -> PathBuf {
    match env::var_os(variable) {
        Some(named) if !named.is_empty() => PathBuf::from(named),
        _ => home.join(usual),
    }
}

/// Where this program is: the agent's program may have another search path.
fn own_path() -> anyhow::Result<PathBuf> {
    env::current_exe().context("cannot find this program's own file")
}

/// The MCP endpoint of a server. Only its address: a token in it would be written down.
fn mcp_address(url: &str) -> anyhow::Result<String> {
    let origin = super::client::Client::new(url, "")?.origin();
    Ok(format!("{origin}/mcp"))
}

/// Asks on the terminal. Without one there is nobody to ask.
fn confirmed() -> anyhow::Result<bool> {
    let input = io::stdin();
    if !input.is_terminal() {
        bail!("there is no terminal to ask on: add --yes to change this");
    }
    write!(io::stderr(), "Change this? [y/N] ")?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
