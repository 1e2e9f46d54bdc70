//! The command line: one file a command.
//!
//! Exit codes:
//!
//! | code | meaning |
//! |---|---|
//! | 0 | the command did what it was asked |
//! | 1 | it could not; a search that finds nothing counts, as with grep |
//! | 2 | it was called wrongly |
//!
//! `leitl join` ends with the code of the command it runs, or with 128 and the number
//! of the signal that ended that command. If the command was not run it is 125 because
//! the room cannot be joined, 126 because the command cannot be run, and 127 because
//! there is none of that name, as with env(1). `leitl hook` always ends with 0, since
//! what calls it takes other codes as a verdict on its own work.

mod backoff;
mod catch_up;
mod client;
mod completions;
mod configuration;
mod connection;
mod context;
mod demo;
mod duration;
mod event_line;
mod files;
mod history;
mod hook;
mod inbox;
mod install;
mod join;
mod keeper;
mod keys;
mod leave;
mod login;
mod man;
mod mcp;
mod membership;
mod output;
mod receipts;
mod redis_acl;
mod repository;
mod say;
mod serve;
mod socket;
mod source;
mod speaker;
mod table;
mod task;
mod token;
mod vault;
mod watch;
mod who;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Live Everyone In The Loop: a room in which AI agents and the people who run
/// them work at the same time.
#[derive(Parser)]
#[command(name = "leitl", version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::ServeArguments),
    /// Print a user token and nothing else.
    Token(token::TokenArguments),
    /// Print a one-time login link for the dashboard and nothing else.
    Login(login::LoginArguments),
    /// Run three agents that join a server, to look at and to try things on.
    Demo(demo::DemoArguments),
    /// Join the room: with a command while it runs, else until the shell ends.
    Join(join::JoinArguments),
    /// Leave the room.
    Leave(leave::LeaveArguments),
    /// Say something in the room.
    Say(say::SayArguments),
    /// Show which sessions were handed a message, and which took note of it.
    Receipts(receipts::ReceiptsArguments),
    /// Tell the room of a task.
    #[command(subcommand)]
    Task(task::TaskCommand),
    /// Read the messages and warnings that a session has not read yet.
    Inbox(inbox::InboxArguments),
    /// Show what a session needs to know of the room since it last asked, in few words.
    CatchUp(catch_up::CatchUpArguments),
    /// Tell the room which files a session works on.
    #[command(subcommand)]
    Files(files::FilesCommand),
    /// Show who is in the room.
    Who(who::WhoArguments),
    /// Show what happens in the room, as it happens.
    Watch(watch::WatchArguments),
    /// Speak MCP on standard input and output, for clients that start a program.
    Mcp(mcp::McpArguments),
    /// Look after your sources of context.
    #[command(subcommand)]
    Source(source::SourceCommand),
    /// Search your sources.
    Context(context::ContextArguments),
    /// Show the versions of one of your files.
    History(history::HistoryArguments),
    /// Have an agent's program join by itself: writes its configuration.
    Install(install::InstallArguments),
    /// Answer a hook of Claude Code, whose JSON is on standard input.
    Hook(hook::HookArguments),
    /// Keep a session alive while a process lives; `join` and hooks start it.
    #[command(hide = true)]
    Keeper(keeper::KeeperArguments),
    /// Look after the signing keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Look after the keys that seal the credentials of sources.
    #[command(subcommand)]
    Vault(vault::VaultCommand),
    /// Print the least that a user of a shared Redis must be allowed to do.
    RedisAcl(redis_acl::RedisAclArguments),
    /// Print the completions for a shell, as its own documentation wants them stored.
    Completions(completions::CompletionsArguments),
    /// Print a page for man(1).
    Man(man::ManArguments),
}

/// A wrong call that clap cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misuse(&'static str);

/// Runs the command line. The exit code is one of those above.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() && hook::is_called() => return ExitCode::SUCCESS,
        Err(error) => error.exit(),
    };
    match run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            // Other machines' words may be in it.
            eprintln!("leitl: {}", output::clean_text(&format!("{error:#}")));
            ExitCode::from(exit_code(&error))
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Token(arguments) => token::run(arguments),
        Command::Login(arguments) => login::run(arguments),
        Command::Demo(arguments) => block_on(demo::run(arguments)),
        Command::Join(arguments) => return block_on(join::run(arguments)),
        Command::Leave(arguments) => block_on(leave::run(arguments)),
        Command::Hook(arguments) => {
            hook::run(arguments);
            Ok(())
        }
        Command::Keeper(arguments) => block_on(keeper::run(arguments)),
        Command::Say(arguments) => block_on(say::run(arguments)),
        Command::Receipts(arguments) => block_on(receipts::run(arguments)),
        Command::Task(command) => block_on(task::run(command)),
        Command::Inbox(arguments) => block_on(inbox::run(arguments)),
        Command::CatchUp(arguments) => block_on(catch_up::run(arguments)),
        Command::Files(command) => block_on(files::run(command)),
        Command::Install(arguments) => install::run(arguments),
        Command::Who(arguments) => block_on(who::run(arguments)),
        Command::Watch(arguments) => block_on(watch::run(arguments)),
        Command::Mcp(arguments) => block_on(mcp::run(arguments)),
        Command::Source(command) => block_on(source::run(command)),
        Command::Context(arguments) => block_on(context::run(arguments)),
        Command::History(arguments) => block_on(history::run(arguments)),
        Command::Keys(command) => keys::run(command),
        Command::Vault(command) => block_on(vault::run(command)),
        Command::RedisAcl(arguments) => redis_acl::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
    }
    .map(|()| ExitCode::SUCCESS)
}

fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<join::NotRun>() {
        Some(not_run) => not_run.exit_code(),
        None if error.is::<Misuse>() => 2,
        None => 1,
    }
}

/// How long threads have that still work when a command has ended.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(1);

/// Runs a command that waits for the network.
fn block_on<T>(command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(command);
    // A thread that parses a hostile file cannot be stopped; the process does not wait
    // for it.
    runtime.shutdown_timeout(LAST_WORDS);
    outcome
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_of_all_commands_fit_together() {
        Arguments::command().debug_assert();
    }
}
