//! The built-in share at `/dav/<user>/`, as WebDAV clients use it.

use std::time::Duration;

use axum::http::Method;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    client::{Client, list},
    context_source::setup,
    server::{Server, Setup, eventually},
    webdav::{answers, collection::Collection, scripted::Scripted},
};

/// A request to the share as curl sends it: Basic, with the token as password.
async fn dav(
    client: &Client,
    method: &str,
    path: &str,
    body: impl Into<reqwest::Body>,
) -> Response {
    dav_as(client, "ann", method, path, body).await
}

async fn dav_as(
    client: &Client,
    user: &str,
    method: &str,
    path: &str,
    body: impl Into<reqwest::Body>,
) -> Response {
    let anonymous = Client::new(client.url(), None);
    anonymous
        .request(Method::from_bytes(method.as_bytes()).unwrap(), path)
        .basic_auth(user, client.token.as_deref())
        .body(body)
        .send()
        .await
        .unwrap()
}

async fn found(client: &Client, query: &str) -> Vec<Value> {
    let answer = client.get(&format!("context?query={query}")).await.ok();
    list(&answer["matched_files"])
}

async fn ann() -> (Server, Client) {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    (server, ann)
}

/// The first thing a newcomer tries: one file, one question, no waiting in between.
#[tokio::test]
async fn what_is_put_is_found_at_once_with_the_protocols_fields() {
    let (_server, ann) = ann().await;
    let put = dav(
        &ann,
        "PUT",
        "/dav/ann/docs/auth.md",
        "# Login\n\nHow authentication works.",
    )
    .await;
    assert_eq!(put.status(), StatusCode::CREATED);
    let answer = ann
        .get("context?query=authentication&types=md,py")
        .await
        .ok();
    assert_eq!(answer["query"], "authentication");
    assert_eq!(answer["total_matches"], 1);
    assert_eq!(answer["cached"], false, "it waited for what was just put");
    let file = &answer["matched_files"][0];
    assert_eq!(file["path"], "docs/auth.md");
    assert_eq!(file["source"], "share");
    assert_eq!(file["content"], "# Login\n\nHow authentication works.");
    assert_eq!(
        (&file["version"], &file["truncated"]),
        (&json!(1), &json!(false))
    );
    let relevance = file["relevance"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&relevance), "{relevance}");
    assert!(file["updated_at"].as_str().unwrap().ends_with('Z'));
    let again = ann.get("context?query=authentication").await.ok();
    assert_eq!(again["cached"], true);
}

#[tokio::test]
async fn it_follows_changes_moves_and_removals() {
    let (_server, ann) = ann().await;
    dav(&ann, "PUT", "/dav/ann/a.md", "The walrus sings").await;
    assert_eq!(found(&ann, "walrus").await.len(), 1);
    dav(&ann, "PUT", "/dav/ann/a.md", "The narwhal sings").await;
    assert_eq!(found(&ann, "walrus").await, Vec::<Value>::new());
    assert_eq!(found(&ann, "narwhal").await[0]["version"], 2);

    let http = reqwest::Client::new();
    let moved = http
        .request(
            Method::from_bytes(b"MOVE").unwrap(),
            format!("{}/dav/ann/a.md", ann.url()),
        )
        .basic_auth("ann", ann.token.as_deref())
        .header("Destination", format!("{}/dav/ann/b.md", ann.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(moved.status(), StatusCode::CREATED);
    assert_eq!(found(&ann, "narwhal").await[0]["path"], "b.md");
    let removed = dav(&ann, "DELETE", "/dav/ann/b.md", "").await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    assert_eq!(found(&ann, "narwhal").await, Vec::<Value>::new());
    let read = dav(&ann, "GET", "/dav/ann/b.md", "").await;
    assert_eq!(read.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_comes_in_but_its_user_with_a_user_token() {
    let (server, ann) = ann().await;
    dav(&ann, "PUT", "/dav/ann/secret.md", "The xylophone plays").await;
    let bob = server.user("bob").await;
    // With his own name and token at her share, and with her name and his token.
    for user in ["bob", "ann"] {
        for (method, path) in [
            ("GET", "/dav/ann/secret.md"),
            ("PROPFIND", "/dav/ann/"),
            ("PUT", "/dav/ann/mine.md"),
            ("DELETE", "/dav/ann/secret.md"),
            ("GET", "/dav/bob/../ann/secret.md"),
            ("GET", "/dav/bob/%2e%2e/ann/secret.md"),
            ("GET", "/dav/bob/..%2fann%2fsecret.md"),
        ] {
            let answer = dav_as(&bob, user, method, path, "x").await;
            let status = answer.status();
            assert!(status.is_client_error(), "{user} {method} {path}: {status}");
            let text = answer.text().await.unwrap();
            assert!(
                !text.contains("xylophone") && !text.contains("secret.md"),
                "{text}"
            );
        }
    }
    // Neither is a share whose name only begins as hers.
    let put = dav(&ann, "PUT", "/dav/anna/mine.md", "x").await;
    assert_eq!(put.status(), StatusCode::FORBIDDEN);
    // A name that is not the token's is a mistake, even where the path is right.
    let read = dav_as(&bob, "ann", "PROPFIND", "/dav/bob/", "").await;
    assert_eq!(read.status(), StatusCode::UNAUTHORIZED);
    // Another workspace has another Ann.
    let elsewhere = server.user_of("elsewhere", "ann").await;
    let read = dav(&elsewhere, "GET", "/dav/ann/secret.md", "").await;
    assert_eq!(read.status(), StatusCode::NOT_FOUND);

    let session = ann.register("Cece").await.client;
    let read = dav(&session, "GET", "/dav/ann/secret.md", "").await;
    assert_eq!(read.status(), StatusCode::FORBIDDEN);
    let nobody = Client::new(&server.url, None);
    let read = nobody
        .request(Method::GET, "/dav/ann/secret.md")
        .send()
        .await
        .unwrap();
    assert_eq!(read.status(), StatusCode::UNAUTHORIZED);
    let challenge = read.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.starts_with("Basic "), "{challenge}");
    // A bearer token works where a client can send one.
    let read = ann
        .request(Method::GET, "/dav/ann/secret.md")
        .send()
        .await
        .unwrap();
    assert_eq!(read.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_page_of_it_runs_no_script_and_the_cookie_does_not_open_it() {
    let (server, ann) = ann().await;
    dav(
        &ann,
        "PUT",
        "/dav/ann/page.html",
        "<script>alert(1)</script>",
    )
    .await;
    let read = dav(&ann, "GET", "/dav/ann/page.html", "").await;
    let policy = read.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("sandbox"), "{policy}");
    assert_eq!(read.headers()["x-content-type-options"], "nosniff");
    assert_eq!(read.headers()["cache-control"], "no-cache");
    let with_cookie = Client::new(&server.url, None)
        .request(Method::PUT, "/dav/ann/page.html")
        .header("Cookie", format!("leitl={}", ann.token.as_deref().unwrap()))
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(with_cookie.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_nothing_of_it_is_kept() {
    let server = Setup::new()
        .with("LEITL_CONTEXT__SHARE_FILE_BYTES", 1000)
        .start()
        .await;
    let ann = server.user("ann").await;
    dav(&ann, "PUT", "/dav/ann/a.md", "A small walrus").await;
    let put = dav(&ann, "PUT", "/dav/ann/a.md", "x".repeat(1001)).await;
    assert_eq!(put.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(found(&ann, "walrus").await.len(), 1);
}

/// The numbers of generations begin anew then, and must not be taken for the old ones.
#[tokio::test]
async fn after_redis_lost_its_data_nothing_of_it_is_found_and_the_share_begins_anew() {
    let (server, ann) = ann().await;
    dav(&ann, "PUT", "/dav/ann/a.md", "The walrus sings").await;
    assert_eq!(found(&ann, "walrus").await.len(), 1);
    let mut redis = server.redis().await;
    let _: () = redis::cmd("FLUSHALL")
        .query_async(&mut redis)
        .await
        .unwrap();
    dav(&ann, "DELETE", "/dav/ann/a.md", "").await;
    dav(&ann, "PUT", "/dav/ann/b.md", "The narwhal sings").await;
    eventually("the share is read anew", async || {
        (found(&ann, "narwhal").await.len() == 1).then_some(())
    })
    .await;
    assert_eq!(found(&ann, "walrus").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_name_that_is_too_long_is_the_clients_fault() {
    let (_server, ann) = ann().await;
    let path = format!("/dav/ann/{}/a.md", "x".repeat(300));
    let put = dav(&ann, "PUT", &path, "A walrus").await;
    assert_eq!(put.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_share_does_not_wait_for_somebodys_slow_server() {
    let folder = Collection::plain();
    folder.put("a.md", "Slow");
    let script = Scripted::start(move |request| {
        if request.is("GET", "/a.md") {
            // A byte now and then, for longer than this test lasts.
            let text = "slow ".repeat(1000);
            return answers::slowly(StatusCode::OK, text, 1, Duration::from_millis(200));
        }
        folder.answer(request)
    })
    .await;
    let server = setup()
        .with("LEITL_CONTEXT__SYNCS_PER_NODE", 1)
        .start()
        .await;
    let bob = server.user("bob").await;
    bob.post("sources", json!({"name": "Slow", "url": script.url}))
        .await
        .ok();
    eventually("the slow one is being read", async || {
        (script.count("GET", "/a.md") > 0).then_some(())
    })
    .await;
    let ann = server.user("ann").await;
    dav(&ann, "PUT", "/dav/ann/a.md", "A quick walrus").await;
    assert_eq!(found(&ann, "walrus").await.len(), 1);
}

#[tokio::test]
async fn a_source_may_not_be_at_the_servers_own_address() {
    let (server, ann) = ann().await;
    let body = json!({
        "name": "Own", "url": format!("{}/dav/ann/", server.url),
        "auth": "basic", "username": "ann", "password": ann.token,
    });
    let problem = ann.post("sources", body).await.problem(422);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("allowed_networks"), "{detail}");
}

#[tokio::test]
async fn it_can_be_synchronised_and_set_but_not_removed() {
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let sources = list(&ann.get("sources").await.ok());
    assert_eq!(sources[0]["id"], "share");
    assert_eq!(sources[0]["url"], "/dav/ann/");
    ann.post("sources/delete", json!({"id": "share"}))
        .await
        .problem(403);
    let session = ann.register("Cece").await.client;
    for body in [
        json!({"id": "share", "url": "http://127.0.0.1:1/"}),
        json!({"id": "share", "auth": "none"}),
    ] {
        let problem = ann.post("sources/update", body).await.problem(422);
        let text = problem.to_string();
        assert!(text.contains("built-in share"), "{text}");
    }
    let body = json!({"id": "share", "interval_seconds": 30});
    session.post("sources/update", body).await.problem(403);
    let body = json!({"id": "share", "exclude": ["*.log"], "interval_seconds": 60});
    let changed = ann.post("sources/update", body).await.ok();
    assert_eq!(changed["interval_seconds"], 60);
    dav(&ann, "PUT", "/dav/ann/a.log", "A walrus in a log").await;
    dav(&ann, "PUT", "/dav/ann/a.md", "A walrus").await;
    eventually("the share is read", async || {
        let paths = found(&ann, "walrus").await;
        (paths.len() == 1 && paths[0]["path"] == "a.md").then_some(())
    })
    .await;
}
