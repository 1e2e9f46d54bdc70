//! `leitl keys`

use std::path::PathBuf;

use clap::Subcommand;

use crate::server::auth::KeyRing;

/// What to do with the signing keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Make a new key that signs from now on. Tokens of the last two stay good.
    Rotate {
        /// The server's data directory
        #[arg(long, default_value = "data")]
        data_dir: PathBuf,
    },
}

pub(super) fn run(command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Rotate { data_dir } => {
            let kid = KeyRing::open(&data_dir)?.rotate()?;
            println!("key {kid} signs from now on");
            Ok(())
        }
    }
}
