//! Configuration: `Leptos.toml` (tables `[leitl.*]`), overridden by
//! `LEITL_<TABLE>__<KEY>`, overridden by flags. Unknown keys are errors.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use config::{Environment, File, FileFormat};
use ipnet::IpNet;
use serde::Deserialize;

use super::privacy::Mode;
use crate::protocol::Secret;

/// Everything an operator can set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The HTTP server.
    pub server: ServerConfig,
    /// The store.
    pub redis: RedisConfig,
    /// Presence.
    pub sessions: SessionsConfig,
    /// Limits for each session, user and socket.
    pub limits: LimitsConfig,
    /// Who works on which file.
    pub files: FilesConfig,
    /// Personal data in what agents say.
    pub privacy: PrivacyConfig,
    /// Sources of context.
    pub context: ContextConfig,
    /// Metrics for Prometheus.
    pub metrics: MetricsConfig,
    /// What needs an operator.
    pub alerts: AlertsConfig,
}

/// `[leitl.server]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Where to listen; port 0 takes a free one.
    pub addr: SocketAddr,
    /// Where keys and, without a Redis URL, the store live.
    pub data_dir: PathBuf,
    /// How agents reach the server, where that is not the address of the request.
    pub public_url: Option<String>,
    /// Web pages of other origins that may open sockets.
    pub allowed_origins: Vec<String>,
    /// How logs are written.
    pub log_format: LogFormat,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// `[leitl.redis]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// Where Redis is; without it the server runs its own.
    pub url: Option<String>,
    /// Whose certificates are trusted instead of the machine's, in PEM.
    pub ca_file: Option<PathBuf>,
    /// The certificate that the server shows Redis, in PEM.
    pub cert_file: Option<PathBuf>,
    /// Its key, in PEM.
    pub key_file: Option<PathBuf>,
    /// The first part of every key.
    pub namespace: String,
}

/// `[leitl.sessions]`, all in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionsConfig {
    /// How often a heartbeat is expected.
    pub heartbeat_seconds: u64,
    /// After how much silence a session is called stale.
    pub stale_seconds: u64,
    /// After how much silence it is ended.
    pub end_seconds: u64,
}

/// `[leitl.limits]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Broadcasts a minute for each session (protocol document, "Security").
    pub broadcasts_per_minute: u32,
    /// Broadcasts a minute for all of a user's sessions and the user in person.
    pub user_broadcasts_per_minute: u32,
    /// Reports of files a minute for each session.
    pub file_reports_per_minute: u32,
    /// Frames a second for each socket, over any five seconds.
    pub frames_per_second: u32,
}

/// `[leitl.privacy]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrivacyConfig {
    /// What is done about personal data and secrets.
    pub mode: Mode,
}

/// `[leitl.metrics]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// A separate address for `/metrics`, open to whoever reaches it.
    pub addr: Option<SocketAddr>,
    /// A bearer token for `/metrics` at the server's own address, beside the user
    /// tokens of the main workspace.
    pub token: Option<Secret>,
}

/// `[leitl.alerts]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertsConfig {
    /// For how long all must be well before an alert is cleared, in seconds.
    pub clear_after_seconds: u64,
    /// Where alerts are sent as webhooks.
    pub webhook_url: Option<String>,
    /// What webhooks are signed with: `whsec_` and base64 of 24 to 64 bytes
    /// (Standard Webhooks, "Signature scheme").
    pub webhook_secret: Option<Secret>,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            clear_after_seconds: 10,
            webhook_url: None,
            webhook_secret: None,
        }
    }
}

/// `[leitl.files]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilesConfig {
    /// For how long it counts that a session works on a file, in seconds.
    pub window_seconds: u64,
}

impl Default for FilesConfig {
    fn default() -> Self {
        Self {
            window_seconds: 600,
        }
    }
}

/// `[leitl.context]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContextConfig {
    /// How often a source is synchronised that does not say otherwise, in seconds.
    pub sync_seconds: u64,
    /// Networks in which sources may be, beside the public ones: a loopback or
    /// private address is refused by default.
    pub allowed_networks: Vec<IpNet>,
    /// Larger files are skipped where the source does not say otherwise, in bytes.
    pub max_file_bytes: u64,
    /// A source with more files is refused that does not say otherwise.
    pub max_files: u64,
    /// How many versions of a file are kept.
    pub kept_versions: usize,
    /// How many requests one source gets at once.
    pub requests_per_source: usize,
    /// How many sources one node synchronises at once.
    pub syncs_per_node: usize,
    /// The largest file that the built-in share takes, in bytes.
    pub share_file_bytes: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 8000)),
            data_dir: PathBuf::from("data"),
            public_url: None,
            allowed_origins: Vec::new(),
            log_format: LogFormat::Text,
        }
    }
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            url: None,
            ca_file: None,
            cert_file: None,
            key_file: None,
            namespace: "leitl".to_owned(),
        }
    }
}

impl Default for SessionsConfig {
    fn default() -> Self {
        Self {
            heartbeat_seconds: 30,
            stale_seconds: 60,
            end_seconds: 120,
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            broadcasts_per_minute: 10,
            user_broadcasts_per_minute: 120,
            file_reports_per_minute: 120,
            frames_per_second: 20,
        }
    }
}

impl Default for ContextConfig {
    fn default() -> Self {
        Self {
            sync_seconds: 300,
            allowed_networks: Vec::new(),
            max_file_bytes: 10 * 1024 * 1024,
            max_files: 20_000,
            kept_versions: 10,
            requests_per_source: 8,
            syncs_per_node: 4,
            share_file_bytes: 100 * 1024 * 1024,
        }
    }
}

impl SessionsConfig {
    /// After how much silence a session is called stale.
    pub fn stale_after(&self) -> Duration {
        Duration::from_secs(self.stale_seconds)
    }

    /// After how much silence a session is ended.
    pub fn end_after(&self) -> Duration {
        Duration::from_secs(self.end_seconds)
    }
}

/// What a namespace must have. Without a colon, since that ends it: of two namespaces
/// neither may contain the keys of the other.
pub const NAMESPACE_RULE: &str = "1 to 64 of letters, digits, '-', '_', '.'";

/// Whether a text can be the first part of every key.
pub fn is_namespace(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// The tables of a configuration file; those of Leptos and Cargo are not ours.
#[derive(Default, Deserialize)]
struct Tables {
    #[serde(default)]
    leitl: Config,
}

impl Config {
    /// Reads `file`, if given or if `Leptos.toml` is there, and the environment.
    ///
    /// # Errors
    /// Names the file or variable and the key that is unknown or wrong.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let mut sources = config::Config::builder();
        match file {
            Some(path) => {
                ensure!(
                    path.is_file(),
                    "configuration file {} does not exist",
                    path.display()
                );
                sources = sources.add_source(File::from(path).format(FileFormat::Toml));
            }
            None => {
                sources =
                    sources.add_source(File::new("Leptos.toml", FileFormat::Toml).required(false));
            }
        }
        // Only names with a table are configuration: LEITL_URL and LEITL_TOKEN
        // belong to the command line.
        let variables: HashMap<String, String> = environment
            .filter_map(|(name, value)| {
                let rest = name.strip_prefix("LEITL_")?;
                rest.contains("__")
                    .then(|| (format!("LEITL__{rest}"), value))
            })
            .collect();
        let variables = Environment::default()
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("leitl.server.allowed_origins")
            .with_list_parse_key("leitl.context.allowed_networks")
            .source(Some(variables));
        let tables: Tables = sources.add_source(variables).build()?.try_deserialize().context(
            "the configuration (Leptos.toml, or LEITL_<TABLE>__<KEY> in the environment) is wrong",
        )?;
        tables.leitl.check()?;
        Ok(tables.leitl)
    }

    /// The rules between keys.
    fn check(&self) -> anyhow::Result<()> {
        let SessionsConfig {
            heartbeat_seconds,
            stale_seconds,
            end_seconds,
        } = self.sessions;
        ensure!(
            heartbeat_seconds > 0,
            "sessions.heartbeat_seconds must be at least 1"
        );
        ensure!(
            stale_seconds > 0,
            "sessions.stale_seconds must be at least 1"
        );
        ensure!(
            end_seconds > stale_seconds,
            "sessions.end_seconds ({end_seconds}) must be greater than sessions.stale_seconds ({stale_seconds})"
        );
        let LimitsConfig {
            broadcasts_per_minute,
            user_broadcasts_per_minute,
            file_reports_per_minute,
            frames_per_second,
        } = self.limits;
        for (key, value) in [
            ("broadcasts_per_minute", broadcasts_per_minute),
            ("user_broadcasts_per_minute", user_broadcasts_per_minute),
            ("file_reports_per_minute", file_reports_per_minute),
            ("frames_per_second", frames_per_second),
        ] {
            ensure!(value > 0, "limits.{key} must be at least 1");
        }
        ensure!(
            self.files.window_seconds > 0,
            "files.window_seconds must be at least 1"
        );
        let context = &self.context;
        for (key, value) in [
            ("sync_seconds", context.sync_seconds),
            ("max_file_bytes", context.max_file_bytes),
            ("max_files", context.max_files),
            ("kept_versions", context.kept_versions as u64),
            ("requests_per_source", context.requests_per_source as u64),
            ("syncs_per_node", context.syncs_per_node as u64),
            ("share_file_bytes", context.share_file_bytes as u64),
        ] {
            ensure!(value > 0, "context.{key} must be at least 1");
        }
        ensure!(
            self.alerts.clear_after_seconds > 0,
            "alerts.clear_after_seconds must be at least 1"
        );
        ensure!(
            self.alerts.webhook_url.is_none() || self.alerts.webhook_secret.is_some(),
            "alerts.webhook_url needs alerts.webhook_secret: webhooks are signed"
        );
        ensure!(
            is_namespace(&self.redis.namespace),
            "redis.namespace must have {NAMESPACE_RULE}"
        );
        for (key, url) in [
            ("server.public_url", &self.server.public_url),
            ("alerts.webhook_url", &self.alerts.webhook_url),
        ] {
            if let Some(url) = url
                && !(url.starts_with("http://") || url.starts_with("https://"))
            {
                bail!("{key} must begin with http:// or https://");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        let owned: Vec<_> = variables
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        Config::load(None, owned.into_iter())
    }

    #[test]
    fn the_shipped_file_says_the_defaults() {
        assert_eq!(with(&[]).unwrap(), Config::default());
    }

    #[test]
    fn the_environment_overrides() {
        let config = with(&[
            ("LEITL_SESSIONS__STALE_SECONDS", "2"),
            (
                "LEITL_SERVER__ALLOWED_ORIGINS",
                "https://a.example,https://b.example",
            ),
            ("LEITL_REDIS__NAMESPACE", "other"),
            ("LEITL_CONTEXT__ALLOWED_NETWORKS", "127.0.0.0/8,::1/128"),
            ("LEITL_TOKEN", "not configuration"),
            ("HOME", "/root"),
        ])
        .unwrap();
        assert_eq!(config.sessions.stale_seconds, 2);
        assert_eq!(
            config.server.allowed_origins,
            ["https://a.example", "https://b.example"]
        );
        assert_eq!(config.redis.namespace, "other");
        assert_eq!(config.context.allowed_networks.len(), 2);
    }

    #[test]
    fn unknown_and_wrong_keys_are_named() {
        let message = |variables: &[(&str, &str)]| format!("{:#}", with(variables).unwrap_err());
        assert!(message(&[("LEITL_SESSIONS__STALE_SECOND", "2")]).contains("stale_second"));
        assert!(message(&[("LEITL_SESION__STALE_SECONDS", "2")]).contains("sesion"));
        assert!(message(&[("LEITL_SESSIONS__STALE_SECONDS", "soon")]).contains("stale_seconds"));
        assert!(message(&[("LEITL_SESSIONS__STALE_SECONDS", "200")]).contains("end_seconds"));
        assert!(
            message(&[("LEITL_CONTEXT__ALLOWED_NETWORKS", "home")]).contains("allowed_networks")
        );
    }

    #[test]
    fn a_named_file_must_exist() {
        let error = Config::load(Some(Path::new("no/such.toml")), std::iter::empty()).unwrap_err();
        assert!(error.to_string().contains("no/such.toml"));
    }
}
