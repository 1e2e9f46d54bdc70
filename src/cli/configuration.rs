//! The configuration for commands that use it.

use std::path::PathBuf;

use crate::server::config::Config;

/// The flags that say where a server's data is. Flags win over
/// `LEITL_<TABLE>__<KEY>` in the environment, and that over the configuration file.
#[derive(clap::Args)]
pub struct ConfigurationArguments {
    /// Where keys and the private Redis live [default: data]
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Use this Redis instead of the private one
    #[arg(long)]
    redis_url: Option<String>,
    /// The configuration file [default: Leptos.toml, if there is one]
    #[arg(long)]
    config: Option<PathBuf>,
}

impl ConfigurationArguments {
    /// Reads the configuration and applies the flags.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load(self) -> anyhow::Result<Config> {
        // A variable that is not text cannot be one of ours.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let mut config = Config::load(self.config.as_deref(), environment)?;
        if let Some(data_dir) = self.data_dir {
            config.server.data_dir = data_dir;
        }
        if let Some(url) = self.redis_url {
            config.redis.url = Some(url);
        }
        Ok(config)
    }
}
