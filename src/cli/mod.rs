//! The command line: one file a command.

mod backoff;
mod client;
mod configuration;
mod connection;
mod context;
mod demo;
mod duration;
mod history;
mod keys;
mod login;
mod output;
mod serve;
mod socket;
mod source;
mod table;
mod token;
mod vault;

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
    /// Look after your sources of context.
    #[command(subcommand)]
    Source(source::SourceCommand),
    /// Search your sources.
    Context(context::ContextArguments),
    /// Show the versions of one of your files.
    History(history::HistoryArguments),
    /// Look after the signing keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Look after the keys that seal the credentials of sources.
    #[command(subcommand)]
    Vault(vault::VaultCommand),
}

/// A wrong call that clap cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misuse(&'static str);

/// Runs the command line. The exit code is 0 when the command did what it was
/// asked, 1 when it could not (a search that finds nothing counts, as with grep), 2
/// when it was called wrongly.
pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Token(arguments) => token::run(arguments),
        Command::Login(arguments) => login::run(arguments),
        Command::Demo(arguments) => block_on(demo::run(arguments)),
        Command::Source(command) => block_on(source::run(command)),
        Command::Context(arguments) => block_on(context::run(arguments)),
        Command::History(arguments) => block_on(history::run(arguments)),
        Command::Keys(command) => keys::run(command),
        Command::Vault(command) => block_on(vault::run(command)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Other machines' words may be in it.
            eprintln!("leitl: {}", output::clean_text(&format!("{error:#}")));
            if error.is::<Misuse>() {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// Runs a command that waits for the network.
fn block_on(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(command)
}
