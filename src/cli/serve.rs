//! `leitl serve`

use std::{net::SocketAddr, path::PathBuf};

use crate::server::{self, config::Config};

/// Where and with what to serve. Flags win over `LEITL_<TABLE>__<KEY>` in the
/// environment, and that over the configuration file.
#[derive(clap::Args)]
pub struct ServeArguments {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long)]
    addr: Option<SocketAddr>,
    /// Where keys and the private Redis live [default: data]
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Use this Redis instead of a private one
    #[arg(long)]
    redis_url: Option<String>,
    /// The configuration file [default: Leptos.toml, if there is one]
    #[arg(long)]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    // A variable that is not text cannot be one of ours.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut config = Config::load(arguments.config.as_deref(), environment)?;
    if let Some(addr) = arguments.addr {
        config.server.addr = addr;
    }
    if let Some(data_dir) = arguments.data_dir {
        config.server.data_dir = data_dir;
    }
    if let Some(url) = arguments.redis_url {
        config.redis.url = Some(url);
    }
    super::block_on(server::run(config))
}
