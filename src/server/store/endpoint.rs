//! Where Redis is, as an operator says it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisResult,
    TlsCertificates,
};

use crate::server::config::RedisConfig;

/// Where Redis is, and how to sign in there.
#[derive(Clone, Debug)]
pub struct Endpoint(ConnectionInfo);

impl Endpoint {
    /// What the configuration says; `None` for a private Redis.
    ///
    /// # Errors
    /// If the URL is wrong or a file of certificates cannot be used; the message does
    /// not repeat the URL, which may hold a password.
    pub fn configured(config: &RedisConfig) -> anyhow::Result<Option<Self>> {
        let Some(url) = &config.url else {
            return Ok(None);
        };
        let certificates = certificates(config)?;
        Ok(Some(Self(server(url, certificates.as_ref())?)))
    }

    /// The server at this URL, by the machine's own trust in certificates.
    ///
    /// # Errors
    /// If the URL is wrong.
    pub fn of_url(url: &str) -> anyhow::Result<Self> {
        Ok(Self(server(url, None)?))
    }

    /// The server at a unix socket, for a user who needs no password. Not by a URL:
    /// that would need the path's special characters encoded.
    ///
    /// # Errors
    /// If this system has no unix sockets.
    pub fn at_socket(path: PathBuf, user: &str) -> anyhow::Result<Self> {
        let info = quiet(ConnectionAddr::Unix(path).into_connection_info()?);
        // Without a password nobody is signed in.
        let settings = info.redis_settings().clone();
        let settings = settings.set_username(user).set_password("any");
        Ok(Self(info.set_redis_settings(settings)))
    }

    /// Whether connections choose a database.
    pub fn chooses_database(&self) -> bool {
        self.0.redis_settings().db() != 0
    }

    /// What connects to it.
    ///
    /// # Errors
    /// If this program cannot reach such a place.
    pub fn client(&self) -> RedisResult<Client> {
        Client::open(self.0.clone())
    }
}

/// Without telling the server the name of the library, which a user would have to be
/// allowed.
fn quiet(info: ConnectionInfo) -> ConnectionInfo {
    let settings = info.redis_settings().clone().set_skip_set_lib_name();
    info.set_redis_settings(settings)
}

fn certificates(config: &RedisConfig) -> anyhow::Result<Option<TlsCertificates>> {
    let read = |path: &Path| {
        fs::read(path)
            .with_context(|| format!("cannot read the certificates in {}", path.display()))
    };
    let root_cert = config.ca_file.as_deref().map(read).transpose()?;
    let client_tls = match (&config.cert_file, &config.key_file) {
        (Some(cert), Some(key)) => Some(ClientTlsConfig {
            client_cert: read(cert)?,
            client_key: read(key)?,
        }),
        (None, None) => None,
        _ => bail!("redis.cert_file and redis.key_file go together"),
    };
    if root_cert.is_none() && client_tls.is_none() {
        return Ok(None);
    }
    Ok(Some(TlsCertificates {
        client_tls,
        root_cert,
    }))
}

/// What to connect to a server with.
fn server(url: &str, certificates: Option<&TlsCertificates>) -> anyhow::Result<ConnectionInfo> {
    let mut info = url
        .into_connection_info()
        .context("redis.url is not a Redis URL")?;
    let is_insecure = match info.addr() {
        ConnectionAddr::TcpTls { insecure, .. } => Some(*insecure),
        _ => None,
    };
    ensure!(
        is_insecure != Some(true),
        "redis.url turns the check of certificates off; redis.ca_file says whom to trust"
    );
    if let Some(certificates) = certificates {
        ensure!(
            is_insecure.is_some(),
            "redis.ca_file and redis.cert_file need a redis.url that begins with rediss"
        );
        info = Client::build_with_tls(info, certificates.clone())
            .context("cannot use the certificates for Redis")?
            .get_connection_info()
            .clone();
    }
    Ok(quiet(info))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_urls_are_refused_without_repeating_them() {
        for url in [
            "hunter2",
            "http://hunter2@a",
            "rediss://:hunter2@a/#insecure",
        ] {
            let error = format!("{:#}", Endpoint::of_url(url).unwrap_err());
            assert!(!error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn the_name_of_the_library_is_not_told() {
        let Endpoint(info) = Endpoint::of_url("redis://a/").unwrap();
        assert!(info.redis_settings().skip_set_lib_name());
    }
}
