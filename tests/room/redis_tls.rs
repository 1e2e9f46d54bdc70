//! A Redis that is reached over TLS.

use std::{fs, path::PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    SanType,
};
use serde_json::json;
use tempfile::TempDir;

use crate::{external_redis::ExternalRedis, free_port::free_port, redis_users, server::Setup};

/// A private certificate authority, and what it has certified.
struct Certificates(TempDir);

impl Certificates {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| {
            fs::write(directory.path().join(name), text).unwrap();
        };
        for authority in ["ours", "other"] {
            let mut params = named(authority);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let issuer =
                CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
            write(&format!("{authority}-ca.pem"), issuer.pem());
            for name in ["server", "client"] {
                let mut params = named(&format!("{authority} {name}"));
                params.subject_alt_names = vec![SanType::DnsName("localhost".try_into().unwrap())];
                let key = KeyPair::generate().unwrap();
                let certificate = params.signed_by(&key, &issuer).unwrap();
                write(&format!("{authority}-{name}.pem"), certificate.pem());
                write(&format!("{authority}-{name}.key"), key.serialize_pem());
            }
        }
        Self(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A Redis that listens with TLS alone, beside its unix socket for the test.
struct TlsRedis {
    certificates: Certificates,
    port: u16,
    _redis: ExternalRedis,
}

impl TlsRedis {
    /// `clients` says whether it wants a certificate of them.
    async fn start(clients: &'static str) -> Self {
        let certificates = Certificates::new();
        let port = free_port();
        let arguments = [
            ("--tls-cert-file", "ours-server.pem"),
            ("--tls-key-file", "ours-server.key"),
            ("--tls-ca-cert-file", "ours-ca.pem"),
        ];
        let arguments = arguments.map(|(name, file)| (name, certificates.path(file)));
        let redis = ExternalRedis::start_with(move |command| {
            command.args(["--tls-auth-clients", clients, "--tls-port"]);
            command.arg(port.to_string());
            for (name, file) in &arguments {
                command.arg(name).arg(file);
            }
        })
        .await;
        Self {
            port,
            certificates,
            _redis: redis,
        }
    }

    fn setup(&self, host: &str, authority: &str) -> Setup {
        let url = format!(
            "rediss://leitl:{}@{host}:{}",
            redis_users::PASSWORD,
            self.port
        );
        let authority = self.certificates.path(&format!("{authority}-ca.pem"));
        Setup::new()
            .redis(&url)
            .with("LEITL_REDIS__CA_FILE", authority.display())
    }
}

#[tokio::test]
async fn commands_and_events_go_over_tls() {
    let redis = TlsRedis::start("no").await;
    let server = redis.setup("localhost", "ours").start().await;
    let ann = server.user("ann").await;
    let mut room = ann.observe().await;
    let sent = ann.broadcast("x.n", json!({})).await;
    assert_eq!(room.stored().await["id"], sent["id"]);
}

#[tokio::test]
async fn a_stranger_in_the_place_of_redis_is_not_trusted() {
    let redis = TlsRedis::start("no").await;
    // Certified by somebody else; for another name; by nobody whom the machine trusts.
    let url = format!("rediss://leitl:hunter2@localhost:{}", redis.port);
    for setup in [
        redis.setup("localhost", "other"),
        redis.setup("127.0.0.1", "ours"),
        Setup::new().redis(&url),
        // As the library would have it.
        Setup::new().redis(&format!("{url}/#insecure")),
    ] {
        let failure = setup.fail().await;
        assert_eq!(failure.code, Some(1), "{}", failure.stderr);
        let told = failure.stderr.to_lowercase();
        assert!(told.contains("redis"), "{told}");
        assert!(!failure.stderr.contains("hunter2"), "{}", failure.stderr);
    }
}

#[tokio::test]
async fn the_server_shows_a_certificate_of_its_own() {
    let redis = TlsRedis::start("yes").await;
    let of = |authority: &str| {
        let path = |name: &str| {
            redis
                .certificates
                .path(&format!("{authority}-client.{name}"))
        };
        redis
            .setup("localhost", "ours")
            .with("LEITL_REDIS__CERT_FILE", path("pem").display())
            .with("LEITL_REDIS__KEY_FILE", path("key").display())
    };
    let server = of("ours").start().await;
    server.stranger().get("health").await.ok();
    for setup in [of("other"), redis.setup("localhost", "ours")] {
        assert_eq!(setup.fail().await.code, Some(1));
    }
}
