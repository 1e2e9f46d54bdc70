//! `leitl vault`

use clap::Subcommand;

use super::{configuration::ConfigurationArguments, output};
use crate::server::{self, Rotation};

/// What to do with the keys that seal the credentials of sources.
#[derive(Subcommand)]
pub enum VaultCommand {
    /// Make a new key and seal all credentials with it.
    ///
    /// Needs the Redis of the server, so a server with a private one must run; it
    /// notices the new key by itself. If this is cut off, run it again.
    ///
    /// Where servers read vault.json from $CREDENTIALS_DIRECTORY, give the folder of
    /// the original as --data-dir and the Redis as --redis-url, and hand the servers
    /// the new file at once: until then they cannot open what it sealed.
    Rotate(ConfigurationArguments),
}

pub(super) async fn run(command: VaultCommand) -> anyhow::Result<()> {
    match command {
        VaultCommand::Rotate(configuration) => rotate(configuration).await,
    }
}

async fn rotate(configuration: ConfigurationArguments) -> anyhow::Result<()> {
    let Rotation {
        kid,
        resealed,
        unopened,
    } = server::rotate_vault(&configuration.load()?).await?;
    let sources = match resealed {
        1 => "1 source".to_owned(),
        count => format!("{count} sources"),
    };
    output::print(&format!(
        "key {kid} seals from now on; the credentials of {sources} were sealed anew\n"
    ))?;
    if unopened.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = unopened
        .iter()
        .map(|(address, error)| format!("{address} ({error})"))
        .collect();
    anyhow::bail!(
        "the credentials of these sources cannot be opened and stay as they were; their \
         users must enter them again: {}",
        named.join("; ")
    )
}
