//! The command line: one file a command.

mod backoff;
mod client;
mod demo;
mod keys;
mod login;
mod serve;
mod socket;
mod token;

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
    /// Look after the signing keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
}

/// Runs the command line. The exit code is 0 when the command did what it was
/// asked, 1 when it could not, 2 when it was called wrongly.
pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Token(arguments) => token::run(arguments),
        Command::Login(arguments) => login::run(arguments),
        Command::Demo(arguments) => block_on(demo::run(arguments)),
        Command::Keys(command) => keys::run(command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("leitl: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command that waits for the network.
fn block_on(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(command)
}
