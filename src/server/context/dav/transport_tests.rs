//! One request against a server that misbehaves on purpose.

use std::time::Duration;

use super::super::{
    Client, ClientLimits, Credentials, DavError, Fetched, NetworkGuard,
    scripted_server::{Reply, ScriptedServer, guard, quick},
};

async fn fetch(client: &Client) -> Result<Fetched, DavError> {
    client.fetch(client.root(), 1000, None).await
}

async fn bytes(client: &Client) -> Vec<u8> {
    match fetch(client).await.unwrap() {
        Fetched::File(file) => file.bytes,
        Fetched::NotModified => panic!("nothing was asked about"),
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    for busy in [
        (|| Reply::new(429, &["Retry-After: 0"], "later")) as fn() -> Reply,
        || Reply::new(503, &[], ""),
        || Reply::new(502, &[], ""),
        || Reply::cut("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"),
        || Reply::cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        || Reply::cut(""),
    ] {
        let server = ScriptedServer::sequence([busy, || Reply::new(200, &[], "hello")]).await;
        assert_eq!(
            bytes(&server.client(&Credentials::None, quick())).await,
            b"hello"
        );
        assert_eq!(server.asked().len(), 2);
    }
}

#[tokio::test]
async fn four_tries_and_then_words() {
    let server = ScriptedServer::start(|_| Reply::new(503, &[], "")).await;
    let error = fetch(&server.client(&Credentials::None, quick()))
        .await
        .unwrap_err();
    assert!(matches!(error, DavError::Status { status: 503, .. }) && error.is_passing());
    assert_eq!(server.asked().len(), 4);

    let half = || Reply::cut("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    let server = ScriptedServer::start(move |_| half()).await;
    let error = fetch(&server.client(&Credentials::None, quick()))
        .await
        .unwrap_err();
    assert!(
        matches!(error, DavError::Cut { .. }) && error.is_passing(),
        "{error}"
    );
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_refusal_is_final() {
    for (status, words) in [
        (400, "400"),
        (403, "forbids"),
        (404, "has no /dav/"),
        (410, "410"),
    ] {
        let server = ScriptedServer::start(move |_| Reply::new(status, &[], "no")).await;
        let error = fetch(&server.client(&Credentials::None, quick()))
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains(words) && !error.is_passing(),
            "{error}"
        );
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_pause_beyond_the_deadline_is_not_begun() {
    let server = ScriptedServer::start(|_| Reply::new(503, &["Retry-After: 50"], "")).await;
    let short = ClientLimits {
        call: Duration::from_secs(20),
        ..quick()
    };
    let error = fetch(&server.client(&Credentials::None, short))
        .await
        .unwrap_err();
    assert!(
        matches!(error, DavError::Status { status: 503, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn silence_ends() {
    for beginning in ["", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"] {
        let server = ScriptedServer::start(move |_| Reply::stall(beginning)).await;
        let impatient = ClientLimits {
            silence: Duration::from_millis(50),
            tries: 2,
            ..quick()
        };
        let error = fetch(&server.client(&Credentials::None, impatient))
            .await
            .unwrap_err();
        assert!(matches!(error, DavError::Timeout { .. }), "{error}");
        assert_eq!(server.asked().len(), 2);

        let hurried = ClientLimits {
            call: Duration::from_millis(50),
            ..quick()
        };
        let error = fetch(&server.client(&Credentials::None, hurried))
            .await
            .unwrap_err();
        assert!(
            matches!(error, DavError::Timeout { .. }) && error.is_passing(),
            "{error}"
        );
    }
}

#[tokio::test]
async fn credentials_do_not_follow_to_another_origin() {
    let other = ScriptedServer::start(|_| Reply::new(200, &[], "stolen")).await;
    let location = format!("Location: http://{}/dav/?token=secret", other.address);
    let server = ScriptedServer::start(move |_| Reply::new(301, &[&location], "")).await;
    let credentials = Credentials::Basic {
        user: "anna".to_owned(),
        password: "geheim".into(),
    };
    let error = fetch(&server.client(&credentials, quick()))
        .await
        .unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains(&format!("http://{}/dav/:", other.address)),
        "{words}"
    );
    assert!(!words.contains("secret") && !error.is_passing());
    assert!(other.asked().is_empty());

    // The same host over TLS is another origin too.
    let address = server.address;
    let location = format!("Location: https://{address}/dav/");
    let server = ScriptedServer::start(move |_| Reply::new(308, &[&location], "")).await;
    let error = server
        .client(&Credentials::None, quick())
        .probe()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("https://"), "{error}");
}

#[tokio::test]
async fn a_circle_ends() {
    let server = ScriptedServer::start(|_| Reply::new(307, &["Location: /dav/"], "")).await;
    let error = fetch(&server.client(&Credentials::None, quick()))
        .await
        .unwrap_err();
    assert!(matches!(error, DavError::TooManyRedirects));
    assert_eq!(server.asked().len(), 6);
}

#[tokio::test]
async fn sizes_are_limited() {
    let endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()
        + &format!("1f4\r\n{}\r\n", "x".repeat(500)).repeat(3);
    let server = ScriptedServer::start(move |_| Reply::stall(endless.clone())).await;
    let error = fetch(&server.client(&Credentials::None, quick()))
        .await
        .unwrap_err();
    assert!(
        matches!(error, DavError::TooLarge { limit: 1000, .. }),
        "{error}"
    );

    // Announced: nothing of it is awaited.
    let huge = || Reply::stall("HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n");
    let server = ScriptedServer::start(move |_| huge()).await;
    let error = fetch(&server.client(&Credentials::None, quick()))
        .await
        .unwrap_err();
    assert!(matches!(error, DavError::TooLarge { .. }), "{error}");

    let server = ScriptedServer::start(|_| Reply::multistatus(&" ".repeat(2000))).await;
    let small = ClientLimits {
        listing_bytes: 2000,
        ..quick()
    };
    let error = server
        .client(&Credentials::None, small)
        .probe()
        .await
        .unwrap_err();
    assert!(
        matches!(error, DavError::TooLarge { limit: 2000, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn the_guard_stands_before_every_connection() {
    let server = ScriptedServer::start(|_| Reply::new(200, &[], "internal")).await;
    let port = server.address.port();
    let closed = NetworkGuard::default();
    let new = |host: &str| {
        let url = format!("http://{host}:{port}/dav").parse().unwrap();
        Client::new(&url, &Credentials::None, &closed, quick())
    };
    for literal in ["127.0.0.1", "2130706433", "[::ffff:127.0.0.1]"] {
        let error = new(literal).err().unwrap().to_string();
        assert!(
            error.contains("allowed_networks in [leitl.context]"),
            "{error}"
        );
    }
    let error = fetch(&new("localhost").unwrap()).await.unwrap_err();
    assert!(
        matches!(error, DavError::RefusedNetwork { .. }) && !error.is_passing(),
        "{error}"
    );
    assert!(error.to_string().contains("loopback"), "{error}");
    assert!(server.asked().is_empty());

    // With the setting the same name is good.
    let url = format!("http://localhost:{port}/dav").parse().unwrap();
    let open = Client::new(&url, &Credentials::None, &guard(), quick()).unwrap();
    assert_eq!(bytes(&open).await, b"internal");
}

#[tokio::test]
async fn servers_that_are_not_there() {
    let once = ClientLimits {
        tries: 1,
        ..quick()
    };
    let error = |url: String| async move {
        let client =
            Client::new(&url.parse().unwrap(), &Credentials::None, &guard(), once).unwrap();
        client.probe().await.unwrap_err()
    };
    let unknown = error("http://no-such-host.invalid/dav".to_owned()).await;
    assert!(
        matches!(unknown, DavError::Lookup { .. }) && unknown.is_passing(),
        "{unknown}"
    );
    assert!(
        unknown.to_string().contains("no-such-host.invalid:80"),
        "{unknown}"
    );

    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let closed = error(format!("http://127.0.0.1:{port}/dav")).await;
    assert!(
        matches!(closed, DavError::ConnectionRefused { .. }) && closed.is_passing(),
        "{closed}"
    );

    // Speaks HTTP to whoever connects, and so to a TLS handshake.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await;
        }
    });
    let plain = error(format!("https://127.0.0.1:{port}/dav")).await;
    assert!(
        matches!(plain, DavError::Tls { .. }) && !plain.is_passing(),
        "{plain:?}"
    );
}
