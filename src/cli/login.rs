//! `leitl login`

use std::path::PathBuf;

use crate::server::auth::{KeyRing, User, Workspace};

/// For whom, and on which server.
#[derive(clap::Args)]
pub struct LoginArguments {
    /// The user
    #[arg(long, default_value = "operator")]
    user: User,
    /// The workspace
    #[arg(long, default_value = "default")]
    workspace: Workspace,
    /// The server's data directory, whose key signs the link
    #[arg(long, default_value = "data")]
    data_dir: PathBuf,
    /// The server's address
    #[arg(long, env = "LEITL_URL", default_value = "http://localhost:8000")]
    url: String,
}

pub(super) fn run(arguments: LoginArguments) -> anyhow::Result<()> {
    let keys = KeyRing::open(&arguments.data_dir)?;
    println!(
        "{}",
        keys.login_link(&arguments.url, arguments.user, arguments.workspace)?
    );
    Ok(())
}
