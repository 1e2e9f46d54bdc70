//! Whether the scripted server does what its script says.

use std::time::{Duration, Instant};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use reqwest::redirect::Policy;

use super::{
    answers,
    scripted::{Queue, Request, Scripted},
};

fn not_found(_: &Request) -> Response {
    StatusCode::NOT_FOUND.into_response()
}

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    client.redirect(Policy::none()).build().unwrap()
}

async fn get(server: &Scripted, path: &str) -> reqwest::Response {
    let url = format!("{}{path}", server.url);
    client().get(url).send().await.unwrap()
}

#[tokio::test]
async fn answers_come_in_turn_and_requests_are_counted() {
    let busy = answers::try_later(StatusCode::TOO_MANY_REQUESTS, "3");
    let away = answers::redirect(StatusCode::FOUND, "http://elsewhere.test/");
    let queue = Queue::new()
        .then("GET", "/a%20b.md?c", busy)
        .then("GET", "/a%20b.md?c", answers::content("text", "\"1\""))
        .then("GET", "/away", away);
    let server = Scripted::start(queue.otherwise(not_found)).await;

    let first = get(&server, "a%20b.md?c").await;
    assert_eq!(first.status(), 429);
    assert_eq!(first.headers()["retry-after"], "3");
    let second = get(&server, "a%20b.md?c").await;
    assert_eq!(second.headers()["etag"], "\"1\"");
    assert_eq!(second.text().await.unwrap(), "text");
    assert_eq!(get(&server, "a%20b.md?c").await.status(), 404);
    let away = get(&server, "away").await;
    assert_eq!(away.headers()["location"], "http://elsewhere.test/");

    assert_eq!(server.count("GET", "/a%20b.md?c"), 3);
    assert_eq!(server.count("POST", "/a%20b.md?c"), 0);
    assert_eq!(server.take().len(), 4);
    assert!(server.requests().is_empty());
}

/// A request is answered by what it says, as a server with bearer tokens does.
#[tokio::test]
async fn an_answer_depends_on_the_request() {
    let server = Scripted::start(|request| match request.header("authorization") {
        "Bearer secret" => answers::multistatus_of([answers::folder("/a & b/")]),
        _ => answers::unauthorized("Bearer realm=\"leitl\""),
    })
    .await;
    let refusal = get(&server, "").await;
    assert_eq!(refusal.status(), 401);
    assert_eq!(
        refusal.headers()["www-authenticate"],
        "Bearer realm=\"leitl\""
    );
    let request = client().get(&server.url).bearer_auth("secret");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 207);
    let text = answer.text().await.unwrap();
    assert!(text.contains("<D:href>/a &amp; b/</D:href>"), "{text}");
}

#[tokio::test]
async fn a_body_breaks_off() {
    let server = Scripted::start(|_| answers::cut(StatusCode::OK, "half of it", 4)).await;
    let mut response = get(&server, "").await;
    assert_eq!(response.content_length(), Some(10));
    assert_eq!(response.chunk().await.unwrap().unwrap(), "half");
    assert!(response.chunk().await.is_err());
}

#[tokio::test]
async fn a_body_comes_slowly() {
    let pause = Duration::from_millis(50);
    let server = Scripted::start(move |_| answers::slowly(StatusCode::OK, "abc", 1, pause)).await;
    let start = Instant::now();
    assert_eq!(get(&server, "").await.text().await.unwrap(), "abc");
    assert!(start.elapsed() >= 3 * pause);
}

#[tokio::test]
async fn a_body_does_not_end() {
    let server = Scripted::start(|_| answers::endless(StatusCode::OK)).await;
    let mut response = get(&server, "").await;
    let mut length = 0;
    while length < 1024 * 1024 {
        length += response.chunk().await.unwrap().unwrap().len();
    }
}
