//! `leitl demo`: three agents that join a running server through its public API
//! and work at a script of their own, to look at and to try things on.

mod agent;
mod budget;
mod script;
mod work;

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use self::{agent::Agent, script::CAST};
use super::client::{Client, ClientError};
use crate::{
    api::ActiveSessions,
    server::{self, auth::KeyRing},
};

/// How long the token is good that the demo makes for itself.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Which server, as whom, and how fast.
#[derive(clap::Args)]
pub struct DemoArguments {
    /// The server's address
    #[arg(long, env = "LEITL_URL", default_value = "http://127.0.0.1:8000")]
    url: String,
    /// A user token [default: one made with the key in the data directory]
    #[arg(long, env = "LEITL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The server's data directory
    #[arg(long, default_value = "data")]
    data_dir: PathBuf,
    /// Seconds between two actions of one agent
    #[arg(long, default_value_t = 8.0, value_name = "SECONDS")]
    pace: f64,
}

/// Runs the three agents until SIGINT or SIGTERM, then ends their sessions.
///
/// # Errors
/// If there is no token, the server cannot be reached or it refuses an agent.
pub async fn run(arguments: DemoArguments) -> anyhow::Result<()> {
    ensure!(
        (0.1..=3600.0).contains(&arguments.pace),
        "--pace must be 0.1 to 3600 seconds"
    );
    let pace = Duration::from_secs_f64(arguments.pace);
    let token = match arguments.token {
        Some(token) => token,
        None => token_of(&arguments.data_dir)?,
    };
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let client = Client::new(&arguments.url, token)?;
    greet(&client).await?;

    let stop = CancellationToken::new();
    let mut agents = JoinSet::new();
    for persona in &CAST {
        agents.spawn(Agent::new(persona, client.clone(), pace)?.run(stop.clone()));
    }
    let mut outcomes = Vec::new();
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        // An agent that returns by itself was refused for good.
        Some(outcome) = agents.join_next() => outcomes.push(outcome),
    }
    stop.cancel();
    while let Some(outcome) = agents.join_next().await {
        outcomes.push(outcome);
    }
    for outcome in outcomes {
        outcome?.context("an agent had to give up")?;
    }
    Ok(())
}

/// Sees that the server is there and takes the token, and says where to look.
async fn greet(client: &Client) -> anyhow::Result<()> {
    let everyone = ActiveSessions {
        tag: None,
        agent_type: None,
    };
    let sessions = match client.call(&everyone).await {
        Ok(sessions) => sessions,
        Err(error @ ClientError::Unreachable { .. }) => {
            return Err(error).context("the demo needs a running server; `leitl serve` starts one");
        }
        Err(error) if error.status() == Some(401) => {
            return Err(error).context(
                "the server does not take the token; `leitl token --user demo --data-dir …` \
                 with the server's data directory prints one that it takes",
            );
        }
        Err(error) => return Err(error.into()),
    };
    say(&format!("Dashboard: {}/leitl-dashboard", client.origin()));
    say(&match sessions.len() {
        0 => "Nobody is in the room yet. Ctrl-C ends the demo.".to_owned(),
        1 => "One session is in the room. Ctrl-C ends the demo.".to_owned(),
        count => format!("{count} sessions are in the room. Ctrl-C ends the demo."),
    });
    Ok(())
}

/// A token made with the server's own key, where this user may read it. The key
/// must be there: a new one would make a token that no server takes.
fn token_of(data_dir: &Path) -> anyhow::Result<String> {
    if !data_dir.join("keys.json").is_file() {
        bail!(
            "there is no token: set LEITL_TOKEN to what `leitl token --user demo` prints, or \
             give --data-dir of a server of yours (there is no key in {})",
            data_dir.display()
        );
    }
    let user = "demo".parse().map_err(anyhow::Error::msg)?;
    let workspace = "default".parse().map_err(anyhow::Error::msg)?;
    KeyRing::open(data_dir)?.user_token(user, workspace, TOKEN_LIFE)
}

/// Prints a line. A closed pipe is no reason to leave sessions behind.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints what an agent does, with the time in UTC.
fn report(agent: &str, what: &str) {
    say(&format!("{}  {agent:<7} {what}", server::now().clock()));
}
