//! `leitl serve`

use std::net::SocketAddr;

use super::configuration::ConfigurationArguments;
use crate::server;

/// Where and with what to serve.
#[derive(clap::Args)]
pub struct ServeArguments {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long)]
    addr: Option<SocketAddr>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

pub(super) fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let mut config = arguments.configuration.load()?;
    if let Some(addr) = arguments.addr {
        config.server.addr = addr;
    }
    super::block_on(server::run(config))
}
