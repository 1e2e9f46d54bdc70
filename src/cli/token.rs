//! `leitl token`

use std::{path::PathBuf, time::Duration};

use super::duration;
use crate::server::auth::{KeyRing, User, Workspace};

/// Whose token, and for how long.
#[derive(clap::Args)]
pub struct TokenArguments {
    /// The user
    #[arg(long)]
    user: User,
    /// The workspace
    #[arg(long, default_value = "default")]
    workspace: Workspace,
    /// How long it is good: a number and s, m, h or d
    #[arg(long, default_value = "30d", value_parser = duration::parse)]
    ttl: Duration,
    /// The server's data directory
    #[arg(long, default_value = "data")]
    data_dir: PathBuf,
}

pub(super) fn run(arguments: TokenArguments) -> anyhow::Result<()> {
    let keys = KeyRing::open(&arguments.data_dir)?;
    println!(
        "{}",
        keys.user_token(arguments.user, arguments.workspace, arguments.ttl)?
    );
    Ok(())
}
