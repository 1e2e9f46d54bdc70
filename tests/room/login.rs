//! The one-time login link, its cookie, and what other sites cannot do with it.

use reqwest::{Method, header};
use serde_json::json;

use crate::{
    client::{Answer, Client},
    forgery::{Forger, now},
    server::{Server, Setup, eventually},
    socket::{Frame, Socket},
};

/// Follows a login link; the cookie as the browser would send it back.
async fn follow(server: &Server, link: &str) -> Option<String> {
    let path = &link[link.find("/login?").unwrap()..];
    let answer = Answer::of(server.stranger().request(Method::GET, path)).await;
    assert!((300..400).contains(&answer.status), "{answer:?}");
    // Nothing of the link goes on to the next address.
    let location = answer.header("location");
    assert!(
        ["/leitl-dashboard", "/leitl-dashboard?login=refused"].contains(&location),
        "{location}"
    );
    let cookie = answer.header("set-cookie");
    if cookie.is_empty() {
        return None;
    }
    let attributes: Vec<&str> = cookie.split("; ").collect();
    assert!(attributes.contains(&"HttpOnly"), "{cookie}");
    assert!(attributes.contains(&"SameSite=Strict"), "{cookie}");
    assert!(attributes.contains(&"Path=/"), "{cookie}");
    assert!(attributes[0].starts_with("leitl="), "{cookie}");
    Some(attributes[0].to_owned())
}

async fn with_cookie(client: &Client, cookie: &str, call: &str) -> Answer {
    let request = client.request(Method::GET, &format!("/api/leitl/{call}"));
    Answer::of(request.header(header::COOKIE, cookie)).await
}

#[tokio::test]
async fn a_login_link_works_once() {
    let server = Setup::new().start().await;
    let link = server.login_link().await;
    let cookie = follow(&server, &link).await.expect("no cookie");
    assert!(!link.contains(&cookie["leitl=".len()..]));
    let snapshot = with_cookie(&server.stranger(), &cookie, "snapshot")
        .await
        .ok();
    assert_eq!(snapshot["user"], "operator");
    assert_eq!(snapshot["workspace"], "default");
    assert_eq!(follow(&server, &link).await, None);
}

/// Otherwise one that nobody asked for by hand could not be told from another.
#[tokio::test]
async fn the_link_printed_at_the_start_works() {
    let server = Setup::new().start().await;
    let link = eventually("the link is printed", async || {
        let stdout = server.stdout();
        let line = stdout.lines().find(|line| line.contains("/login?code="))?;
        Some(line.trim().to_owned())
    })
    .await;
    assert!(follow(&server, &link).await.is_some());
}

#[tokio::test]
async fn a_wrong_login_code_gives_no_cookie() {
    let server = Setup::new().start().await;
    let forger = Forger::of(&server);
    let ann = server.user("ann").await;
    let wrong = [
        (
            "expired",
            forger.sign(json!({"aud": "leitl-login", "exp": now() - 60})),
        ),
        ("a user token", ann.token.unwrap()),
        ("garbage", "garbage".to_owned()),
        ("empty", String::new()),
    ];
    for (what, code) in wrong {
        let answer = follow(&server, &format!("/login?code={code}")).await;
        assert_eq!(answer, None, "{what} gave a cookie");
    }
    let right = forger.sign(json!({"aud": "leitl-login"}));
    assert!(
        follow(&server, &format!("/login?code={right}"))
            .await
            .is_some()
    );
}

/// A page of another site can make a browser post text or a form with the
/// cookie, but not JSON.
#[tokio::test]
async fn a_post_that_a_foreign_page_could_make_is_refused() {
    let server = Setup::new().start().await;
    let cookie = follow(&server, &server.login_link().await).await.unwrap();
    let stranger = server.stranger();
    let body = json!({"event_type": "x.forged"}).to_string();
    let post = |content_type: Option<&'static str>| {
        let request = stranger
            .request(Method::POST, "/api/leitl/broadcast")
            .header(header::COOKIE, &cookie)
            .body(body.clone());
        Answer::of(match content_type {
            Some(content_type) => request.header(header::CONTENT_TYPE, content_type),
            None => request,
        })
    };
    let foreign = [
        Some("text/plain"),
        Some("text/plain; charset=application/json"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=application/json"),
        None,
    ];
    for content_type in foreign {
        let answer = post(content_type).await;
        assert_eq!(
            answer.status, 415,
            "{content_type:?} passed: {}",
            answer.text
        );
        answer.problem(415);
    }
    let activity = with_cookie(&stranger, &cookie, "activity").await.ok();
    assert_eq!(activity["events"], json!([]));
    post(Some("application/json; charset=utf-8")).await.ok();
}

#[tokio::test]
async fn a_page_of_another_site_opens_no_socket() {
    let allowed = "https://room.example";
    let server = Setup::new()
        .with("LEITL_SERVER__ALLOWED_ORIGINS", allowed)
        .start()
        .await;
    let cookie = follow(&server, &server.login_link().await).await.unwrap();
    let url = server.stranger().socket_url("");
    let open = async |origin: Option<&str>| {
        let mut headers = vec![("cookie", cookie.as_str())];
        headers.extend(origin.map(|origin| ("origin", origin)));
        match Socket::open_with(&url, &headers).await {
            Ok(mut socket) => match socket.next().await {
                Frame::Json(frame) => Ok(frame["type"].clone()),
                other => panic!("{other:?}"),
            },
            Err(status) => Err(status),
        }
    };
    for foreign in ["https://evil.example", "http://127.0.0.1:1", "null"] {
        assert_eq!(open(Some(foreign)).await, Err(403), "{foreign}");
    }
    let welcome = Ok(json!("welcome"));
    assert_eq!(open(Some(server.url.as_str())).await, welcome);
    assert_eq!(open(Some(allowed)).await, welcome);
    assert_eq!(open(None).await, welcome);
}
