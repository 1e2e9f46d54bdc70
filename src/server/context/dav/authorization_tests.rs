//! Credentials, good and bad, and nonces that do not last.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use digest_auth::{AuthContext, AuthorizationHeader, HttpMethod};
use tokio::task::JoinSet;

use super::super::{
    Client, Credentials, DavError,
    scripted_server::{Asked, Reply, ScriptedServer, quick},
};

async fn fetch(client: &Client) -> Result<(), DavError> {
    client.fetch(client.root(), 1000, None).await.map(drop)
}

fn basic(password: &str) -> Credentials {
    Credentials::Basic {
        user: "anna".to_owned(),
        password: password.into(),
    }
}

fn digest(password: &str) -> Credentials {
    Credentials::Digest {
        user: "anna".to_owned(),
        password: password.into(),
    }
}

/// Whether a request is signed by Anna, and with which nonce and count.
fn signed(asked: &Asked) -> Option<(String, u32)> {
    let header = AuthorizationHeader::parse(asked.header("authorization")?).ok()?;
    let mut context = AuthContext::new("anna", "geheim", asked.target.as_str());
    context.method = HttpMethod::from(asked.method.clone());
    context.cnonce = header.cnonce.clone().map(Into::into);
    let mut expected = header.clone();
    expected.digest(&context);
    (expected.response == header.response && header.uri == asked.target)
        .then_some((header.nonce, header.nc))
}

/// A server of Digest whose nonces are good as long as `is_good` says of one that is
/// so old and has been used so often.
async fn digest_server(
    stale: &'static str,
    is_good: impl Fn(Duration, u32) -> bool + Send + Sync + 'static,
) -> ScriptedServer {
    let (next, born) = (AtomicU32::new(0), Instant::now());
    let known: Arc<Mutex<std::collections::HashMap<String, (Instant, u32)>>> = Arc::default();
    ScriptedServer::start(move |asked| {
        let mut known = known.lock().unwrap();
        let good = signed(asked).is_some_and(|(nonce, _)| {
            known.get_mut(&nonce).is_some_and(|(made, used)| {
                *used += 1;
                is_good(made.elapsed(), *used)
            })
        });
        if good {
            return Reply::new(200, &[], "secret");
        }
        let nonce = format!(
            "n{}-{}",
            next.fetch_add(1, Ordering::Relaxed),
            born.elapsed().as_nanos()
        );
        known.insert(nonce.clone(), (Instant::now(), 0));
        let challenge =
            format!("WWW-Authenticate: Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\"{stale}");
        Reply::new(
            401,
            &["WWW-Authenticate: Basic realm=\"r\"", &challenge],
            "<html/>",
        )
    })
    .await
}

async fn fetch_in_parallel(client: &Client, times: usize) {
    let mut all = JoinSet::new();
    for _ in 0..8 {
        let client = client.clone();
        all.spawn(async move {
            for _ in 0..times {
                fetch(&client).await.unwrap();
            }
        });
    }
    while let Some(ended) = all.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test]
async fn a_nonce_that_lasts_is_used_on() {
    let server = digest_server("", |_, _| true).await;
    let client = server.client(&digest("geheim"), quick());
    for _ in 0..3 {
        fetch(&client).await.unwrap();
    }
    let asked = server.asked();
    let counts: Vec<_> = asked
        .iter()
        .map(|asked| signed(asked).map(|(_, count)| count))
        .collect();
    assert_eq!(counts, [None, Some(1), Some(2), Some(3)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_good_for_one_request_is_renewed_each_time() {
    for stale in ["", ", stale=true", ", stale=false"] {
        let server = digest_server(stale, |_, used| used == 1).await;
        fetch_in_parallel(&server.client(&digest("geheim"), quick()), 20).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_expires_is_renewed() {
    let server = digest_server(", stale=true", |age, _| age < Duration::from_millis(100)).await;
    let client = server.client(&digest("geheim"), quick());
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(400) {
        fetch_in_parallel(&client, 3).await;
    }
    let renewed = server
        .asked()
        .iter()
        .filter(|asked| signed(asked).is_none())
        .count();
    assert!(renewed >= 1, "each nonce was asked for");
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let server = digest_server("", |_, _| true).await;
    let error = fetch(&server.client(&digest("falsch"), quick()))
        .await
        .unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains("user or password is wrong") && !words.contains("falsch"),
        "{words}"
    );
    assert_eq!(server.asked().len(), 2);
    assert!(!error.is_passing());

    // A server that calls every nonce stale does not keep us for ever.
    let server = digest_server(", stale=true", |_, _| false).await;
    fetch(&server.client(&digest("geheim"), quick()))
        .await
        .unwrap_err();
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn basic_and_bearer() {
    for (credentials, sent) in [
        (basic("geheim"), "Basic YW5uYTpnZWhlaW0="),
        (Credentials::Bearer("t0ken".into()), "Bearer t0ken"),
    ] {
        let server = ScriptedServer::start(move |asked| match asked.header("authorization") {
            Some(header) if header == sent => Reply::new(200, &[], ""),
            _ => Reply::new(401, &[], ""),
        })
        .await;
        fetch(&server.client(&credentials, quick())).await.unwrap();
        assert_eq!(server.asked().len(), 1, "sent without being asked");
    }
}

#[tokio::test]
async fn a_refusal_says_what_would_help() {
    let cases: [(Credentials, &str, &str); 5] = [
        (
            Credentials::None,
            "Basic realm=\"r\"",
            "it wants some (Basic)",
        ),
        (basic("x"), "Basic realm=\"r\"", "user or password is wrong"),
        (
            basic("x"),
            "Digest realm=\"r\", nonce=\"n\"",
            "it takes Digest, not Basic",
        ),
        (
            digest("x"),
            "Basic realm=\"r\", Bearer",
            "it takes Basic or Bearer, not Digest",
        ),
        (
            Credentials::Bearer("x".into()),
            "Bearer",
            "the token is wrong",
        ),
    ];
    for (credentials, challenge, words) in cases {
        let header = format!("WWW-Authenticate: {challenge}");
        let server = ScriptedServer::start(move |_| Reply::new(401, &[&header], "")).await;
        let error = server
            .client(&credentials, quick())
            .probe()
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("401") && error.contains(words), "{error}");
    }
}
