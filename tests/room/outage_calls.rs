//! Whoever asks for something while Redis is away is told so, soon, whatever it is
//! and however Redis is away.

use std::time::Duration;

use futures::future::join_all;
use reqwest::{Method, header};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    agent::Agent,
    client::{Answer, Client},
    external_redis::ExternalRedis,
    fault_proxy::{Fault, FaultProxy},
    server::{Setup, eventually},
    socket::Socket,
};

/// The promise is a second. The rest is for a machine that is busy.
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);

/// Everything that needs Redis, with what it is sent.
fn calls(session: &str) -> Vec<(Method, String, Value)> {
    let get = |call: &str| (Method::GET, format!("/api/leitl/{call}"), Value::Null);
    let post = |call: &str, body: Value| (Method::POST, format!("/api/leitl/{call}"), body);
    let mcp = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "scripted", "version": "1"},
        },
    });
    let source = "s1";
    vec![
        get("health"),
        get("snapshot"),
        post(
            "session/register",
            json!({"agent_name": "New", "agent_type": "code_assistant"}),
        ),
        post("session/heartbeat", json!({"session_id": session})),
        post(
            "session/update",
            json!({"session_id": session, "current_task": "waiting"}),
        ),
        post("session/end", json!({"session_id": session})),
        get("sessions/active"),
        post("broadcast", json!({"event_type": "x.any"})),
        get("messages"),
        get("messages/receipts?id=1-1"),
        get("activity"),
        post("inbox", json!({"session_id": session, "wait_seconds": 5})),
        post(
            "inbox/acknowledge",
            json!({"session_id": session, "ids": ["1-1"]}),
        ),
        get(&format!("catch_up?session_id={session}")),
        post(
            "files/claim",
            json!({"session_id": session, "repository": "r", "paths": ["a.rs"]}),
        ),
        get("context?query=any"),
        get("context?query=any&sync=true"),
        get("context/history?source=share&path=a.md"),
        get("sources"),
        post(
            "sources",
            json!({"name": "Docs", "url": "https://dav.example.com/", "auth": "none"}),
        ),
        post("sources/update", json!({"id": source, "name": "Docs"})),
        post("sources/delete", json!({"id": source})),
        post("sources/sync", json!({"id": "share", "wait": true})),
        post("token", json!({"name": "laptop"})),
        get("tokens"),
        post("tokens/revoke", json!({"jti": "any"})),
        (Method::GET, "/dav/ann/a.md".into(), Value::Null),
        (Method::POST, "/mcp".into(), mcp),
    ]
}

async fn refused(client: &Client, method: Method, path: &str, body: Value) -> Duration {
    let mut request = client.request(method, path);
    if !body.is_null() {
        request = request
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .body(body.to_string());
    }
    let asked_at = Instant::now();
    let answer = Answer::of(request).await;
    let took = asked_at.elapsed();
    assert_eq!(answer.status, 503, "{path}: {}", answer.text);
    answer.problem(503);
    assert_eq!(answer.header("retry-after"), "1", "{path}");
    assert!(took < ANSWERED_WITHIN, "{path}: {took:?}");
    took
}

/// What an operator looks at then is answered as soon, and says what is wrong.
async fn status_tells(client: &Client) {
    eventually("the status tells of it", async || {
        let asked_at = Instant::now();
        let status = client.get("status").await.ok();
        let took = asked_at.elapsed();
        assert!(took < ANSWERED_WITHIN, "{took:?}");
        (status["redis"]["available"] == false).then_some(())
    })
    .await;
}

/// Asks for everything at once; how long the slowest answer took.
async fn all_refused(client: &Client, agent: &Agent, login: &str) -> Duration {
    let mut calls = calls(&agent.session_id);
    calls.push((Method::GET, login.to_owned(), Value::Null));
    let asked = calls
        .into_iter()
        .map(|(method, path, body)| async move { refused(client, method, &path, body).await });
    join_all(asked).await.into_iter().max().unwrap()
}

/// What is said on an open socket is answered as soon.
async fn frames_refused(socket: &mut Socket) -> Duration {
    let asked_at = Instant::now();
    socket.send_broadcast("away", "x.any", json!({})).await;
    let answer = socket.answer("away").await;
    assert_eq!(answer["type"], "error", "{answer}");
    assert_eq!(answer["problem"]["status"], 503, "{answer}");
    let took = asked_at.elapsed();
    assert!(took < ANSWERED_WITHIN, "{took:?}");
    took
}

#[tokio::test]
async fn every_call_is_refused_within_a_second_and_works_again_afterwards() {
    let redis = ExternalRedis::start().await;
    let proxy = FaultProxy::start(redis.socket()).await;
    let server = Setup::unlimited().redis(&proxy.url()).start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let mut socket = cece.join().await;
    // Past its welcome it has yet to read what the stream has.
    socket.assert_open().await;
    for fault in [
        Some(Fault::Cut),
        Some(Fault::Stall),
        Some(Fault::Blackhole),
        Some(Fault::MuteCommands),
        // The process is stopped, and its kernel goes on taking connections.
        None,
    ] {
        let link = server.login_link().await;
        let login = &link[link.find("/login?").unwrap()..];
        match fault {
            Some(fault) => proxy.set(fault),
            None => redis.signal(Signal::STOP),
        }
        // Nobody knows of it yet, and then all do.
        let (first, at_first) =
            tokio::join!(all_refused(&ann, &cece, login), frames_refused(&mut socket));
        let then = all_refused(&ann, &cece, login).await;
        let at_last = frames_refused(&mut socket).await;
        status_tells(&ann).await;
        println!("{fault:?}: {first:?} and {at_first:?}, then {then:?} and {at_last:?}");
        match fault {
            Some(_) => proxy.set(Fault::None),
            None => redis.signal(Signal::CONT),
        }
        eventually("calls are served again", async || {
            let body = json!({"event_type": "x.again"});
            let answer = ann.post("broadcast", body).await;
            (answer.status == 200).then_some(())
        })
        .await;
        socket.send_broadcast("back", "x.any", json!({})).await;
        assert_eq!(socket.answer("back").await["type"], "ack");
    }
}
