//! `leitl redis-acl`

use anyhow::ensure;

use super::{configuration::ConfigurationArguments, output};
use crate::server::{
    config::{NAMESPACE_RULE, is_namespace},
    store,
};

/// Whom to allow what.
#[derive(clap::Args)]
pub struct RedisAclArguments {
    /// The namespace of the keys [default: that of the configuration]
    #[arg(long)]
    namespace: Option<String>,
    /// The name of the user
    #[arg(long, default_value = "leitl")]
    user: String,
    /// Print a line of an ACL file instead of a command
    #[arg(long)]
    file: bool,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

pub(super) fn run(arguments: RedisAclArguments) -> anyhow::Result<()> {
    let config = arguments.configuration.load()?;
    let namespace = arguments
        .namespace
        .unwrap_or_else(|| config.redis.namespace.clone());
    ensure!(
        is_namespace(&namespace),
        "--namespace must have {}",
        NAMESPACE_RULE
    );
    let user = arguments.user;
    ensure!(
        !user.is_empty()
            && user
                .chars()
                .all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\'')),
        "--user must have neither spaces nor quotes"
    );
    let start = if arguments.file {
        "user"
    } else {
        "ACL SETUSER"
    };
    let endpoint = store::Endpoint::configured(&config.redis)?;
    let database = endpoint.is_some_and(|endpoint| endpoint.chooses_database());
    let rules = store::acl_rules(&namespace, database).join(" ");
    output::print(&format!("{start} {user} reset on >PASSWORD {rules}\n"))
}
