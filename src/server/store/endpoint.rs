//! Where Redis is, as an operator says it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use percent_encoding::percent_decode_str;
use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    RedisConnectionInfo, TlsCertificates,
};
use serde::Deserialize;

use super::{StoreError, sentinels::Sentinels};
use crate::server::config::RedisConfig;

/// What the URL of a Redis behind Sentinel begins with. With the second, sentinels and
/// Redis are reached over TLS.
const SENTINEL_SCHEMES: [(&str, &str); 2] = [
    ("redis+sentinel://", "redis"),
    ("rediss+sentinel://", "rediss"),
];

/// Where a sentinel listens if the URL does not say it.
const SENTINEL_PORT: u16 = 26379;

/// Where Redis is, and how to sign in there.
#[derive(Clone, Debug)]
pub struct Endpoint(Place);

#[derive(Clone, Debug)]
enum Place {
    /// One server.
    Server(ConnectionInfo),
    /// Whichever server the sentinels call the master.
    Sentinels(Sentinels),
}

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
        Ok(Some(Self(place(url, certificates.as_ref())?)))
    }

    /// What is at this URL, by the machine's own trust in certificates.
    ///
    /// # Errors
    /// If the URL is wrong.
    pub fn of_url(url: &str) -> anyhow::Result<Self> {
        Ok(Self(place(url, None)?))
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
        Ok(Self(Place::Server(info.set_redis_settings(settings))))
    }

    /// Whether connections choose a database.
    pub fn chooses_database(&self) -> bool {
        let info = match &self.0 {
            Place::Server(info) => info,
            Place::Sentinels(sentinels) => sentinels.master_settings(),
        };
        info.redis_settings().db() != 0
    }

    /// What connects to the server that is to be spoken to now.
    ///
    /// # Errors
    /// If no sentinel knows it, or it is not the master.
    pub async fn client(&self) -> Result<Client, StoreError> {
        match &self.0 {
            Place::Server(info) => Ok(Client::open(info.clone())?),
            Place::Sentinels(sentinels) => sentinels.master().await,
        }
    }

    /// Returns when another server than this one is to be spoken to.
    pub(super) async fn moved_from(&self, client: &Client) {
        match &self.0 {
            Place::Server(_) => std::future::pending().await,
            Place::Sentinels(sentinels) => sentinels.moved_from(client).await,
        }
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

fn place(url: &str, certificates: Option<&TlsCertificates>) -> anyhow::Result<Place> {
    for (prefix, scheme) in SENTINEL_SCHEMES {
        if let Some(rest) = url.strip_prefix(prefix) {
            return sentinels(scheme, rest, certificates).map(Place::Sentinels);
        }
    }
    server(url, certificates).map(Place::Server)
}

/// Reads `[user:password@]host[:port],…/master[/database][?sentinel_username=…]`.
fn sentinels(
    scheme: &str,
    rest: &str,
    certificates: Option<&TlsCertificates>,
) -> anyhow::Result<Sentinels> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (credentials, hosts) = match authority.rsplit_once('@') {
        Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
        None => (String::new(), authority),
    };
    let (name, database) = path.split_once('/').unwrap_or((path, ""));
    ensure!(
        !name.is_empty(),
        "redis.url must name the master after its sentinels: redis+sentinel://host,host/name"
    );
    let Ok(sentinel_user) = serde_urlencoded::from_str::<SentinelUser>(query) else {
        bail!("redis.url may have sentinel_username and sentinel_password after its '?'");
    };
    let mut clients = Vec::new();
    for host in hosts.split(',') {
        let host = with_port(host);
        let info = server(&format!("{scheme}://{host}"), certificates)?;
        let settings = sentinel_user.sign_in(info.redis_settings().clone());
        clients.push(Client::open(info.set_redis_settings(settings))?);
    }
    // The sentinels tell the host.
    let master = server(
        &format!("{scheme}://{credentials}sentinel/{database}"),
        certificates,
    )?;
    let name = percent_decode_str(name).decode_utf8()?.into_owned();
    Ok(Sentinels::new(clients, name, master))
}

fn with_port(host: &str) -> String {
    match host.rsplit_once(':') {
        // Not one inside the brackets of an IPv6 address.
        Some((_, port)) if !port.ends_with(']') => host.to_owned(),
        _ => format!("{host}:{SENTINEL_PORT}"),
    }
}

/// How to sign in at the sentinels, whose users are not those of Redis.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentinelUser {
    sentinel_username: Option<String>,
    sentinel_password: Option<String>,
}

impl SentinelUser {
    fn sign_in(&self, mut settings: RedisConnectionInfo) -> RedisConnectionInfo {
        if let Some(name) = &self.sentinel_username {
            settings = settings.set_username(name);
        }
        if let Some(password) = &self.sentinel_password {
            settings = settings.set_password(password);
        }
        settings
    }
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

    fn sentinels_of(url: &str) -> Sentinels {
        match Endpoint::of_url(url).unwrap() {
            Endpoint(Place::Sentinels(sentinels)) => sentinels,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_url_of_sentinels_is_read() {
        let sentinels = sentinels_of(
            "redis+sentinel://leitl:p%40ss@a.example:1,[::1]:2,[::1],b/room/3\
             ?sentinel_username=s&sentinel_password=t%26",
        );
        let infos: Vec<&ConnectionInfo> = sentinels
            .clients()
            .map(|client| client.get_connection_info())
            .collect();
        let addresses: Vec<String> = infos.iter().map(|info| info.addr().to_string()).collect();
        assert_eq!(addresses, ["a.example:1", "::1:2", "::1:26379", "b:26379"]);
        let user = |info: &ConnectionInfo| {
            let settings = info.redis_settings();
            let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
            (
                text(settings.username()),
                text(settings.password()),
                settings.db(),
            )
        };
        assert_eq!(user(infos[2]), ("s".into(), "t&".into(), 0));
        let master = sentinels.master_settings();
        assert_eq!(user(master), ("leitl".into(), "p@ss".into(), 3));
        assert_eq!(sentinels.name(), "room");
    }

    #[test]
    fn the_shortest_url_of_sentinels_will_do() {
        let sentinels = sentinels_of("rediss+sentinel://a/room");
        let info = sentinels.clients().next().unwrap().get_connection_info();
        let ConnectionAddr::TcpTls { host, insecure, .. } = info.addr() else {
            panic!("no TLS")
        };
        assert_eq!((host.as_str(), *insecure), ("a", false));
        assert!(matches!(
            sentinels.master_settings().addr(),
            ConnectionAddr::TcpTls { .. }
        ));
    }

    #[test]
    fn wrong_urls_are_refused_without_repeating_them() {
        for url in [
            "hunter2",
            "http://hunter2@a",
            "rediss://:hunter2@a/#insecure",
            "redis+sentinel://x:hunter2@a:1",
            "redis+sentinel://x:hunter2@a:1/",
            "redis+sentinel://x:hunter2@/room",
            "redis+sentinel://x:hunter2@a,/room",
            "redis+sentinel://x:hunter2@a/room/hunter2",
            "redis+sentinel://a/room?password=hunter2",
        ] {
            let error = format!("{:#}", Endpoint::of_url(url).unwrap_err());
            assert!(!error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn the_name_of_the_library_is_not_told() {
        let Endpoint(Place::Server(info)) = Endpoint::of_url("redis://a/").unwrap() else {
            panic!("no server")
        };
        assert!(info.redis_settings().skip_set_lib_name());
    }
}
