//! What must never stand in a log, whatever its level: tokens, what agents say,
//! and query strings.

use reqwest::Method;
use rustix::process::Signal;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::Answer,
    mcp_client::{Mcp, VERSIONS},
    server::{Server, Setup},
    socket::Socket,
};

/// Uses everything that takes a secret, rightly and wrongly; returns the secrets.
async fn use_everything(server: &Server) -> Vec<String> {
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let made = ann
        .post("token", json!({"name": "name-of-a-token"}))
        .await
        .ok();
    let mut secrets: Vec<String> = ["token", "jti"]
        .map(|member| made[member].as_str().unwrap().to_owned())
        .into();
    secrets.push(ann.token.clone().unwrap());
    secrets.push(cece.client.token.clone().unwrap());

    let mut room = ann.observe_since("0-0").await;
    let mut socket = cece.join().await;
    cece.broadcast("broadcast.message", json!({"text": "said-by-rest"}))
        .await;
    socket
        .send_broadcast("r", "broadcast.message", json!({"text": "said-by-socket"}))
        .await;
    socket.answer("r").await;
    let frame = json!({"type": "heartbeat", "current_task": "task-of-a-session"});
    socket.send(frame).await;
    room.event("session.updated").await;
    for broken in [
        "broken-frame",
        "{\"type\": \"broadcast\", \"event_type\": \"type-of-a-frame\"}",
    ] {
        socket.send_message(Message::text(broken)).await;
        socket.control("error").await;
    }
    ann.post_text("broadcast", "{\"broken-body\"")
        .await
        .problem(400);
    ann.post(
        "broadcast",
        json!({"event_type": "x.a", "data": "wrong-data"}),
    )
    .await
    .problem(422);
    ann.get("activity?limit=wrong-limit").await.problem(422);
    ann.get("sessions/active?tag=tag-in-a-query").await.ok();
    ann.get("no/such/call?query=unknown-path-query")
        .await
        .problem(404);
    server
        .client("garbage-token")
        .get("messages")
        .await
        .problem(401);
    let url = ann.socket_url("?token=garbage-token&since=since-in-a-query");
    assert_eq!(Socket::refusal(&url).await, 4401);
    let link = server.login_link().await;
    let path = &link[link.find("/login?").unwrap()..];
    let answer = Answer::of(ann.request(Method::GET, path)).await;
    let cookie = answer
        .header("set-cookie")
        .split(['=', ';'])
        .nth(1)
        .unwrap()
        .to_owned();
    secrets.push(cookie);
    secrets.push(link.split_once("code=").unwrap().1.to_owned());
    Answer::of(ann.request(Method::GET, "/login?code=garbage-code")).await;
    ann.post("tokens/revoke", json!({"jti": made["jti"]}))
        .await
        .ok();
    cece.client
        .post("session/end", json!({"reason": "reason-of-an-end"}))
        .await
        .ok();

    for version in VERSIONS {
        let mcp = Mcp::connect(&ann, version).await;
        let session = mcp.join("Cece").await;
        let say = json!({"session_id": session, "text": "said-by-mcp"});
        mcp.call("say", say).await;
        let wrong = json!({"session_id": session, "text": "a", "reply_to": "wrong-mcp-argument"});
        mcp.refusal("say", wrong).await;
        mcp.message("tools/call", json!({"name": "unknown-mcp-tool"}))
            .await;
        mcp.message("resources/read", json!({"uri": "unknown:mcp-resource"}))
            .await;
        let nonsense = mcp
            .http(Method::POST)
            .json(&json!({"method": "broken-mcp-message"}));
        Answer::of(nonsense).await;
        secrets.extend(mcp.mcp_session);
    }

    let said = [
        "said-by-mcp",
        "wrong-mcp-argument",
        "unknown-mcp-tool",
        "unknown:mcp-resource",
        "broken-mcp-message",
        "said-by-rest",
        "said-by-socket",
        "task-of-a-session",
        "broken-frame",
        "type-of-a-frame",
        "broken-body",
        "wrong-data",
        "wrong-limit",
        "tag-in-a-query",
        "unknown-path-query",
        "garbage-token",
        "since-in-a-query",
        "garbage-code",
        "reason-of-an-end",
        "name-of-a-token",
    ];
    secrets.extend(said.map(str::to_owned));
    secrets
}

#[tokio::test]
async fn logs_tell_no_secrets() {
    for format in ["text", "json"] {
        let setup = Setup::new()
            .with("RUST_LOG", "debug")
            .with("LEITL_SERVER__LOG_FORMAT", format);
        let mut server = setup.start().await;
        let secrets = use_everything(&server).await;
        server.signal(Signal::TERM);
        assert_eq!(server.ended().await.code(), Some(0));
        let log = server.log();
        // It does log at this level, and requests among the rest.
        assert!(log.contains("DEBUG"), "{log}");
        assert!(log.contains("/api/leitl/session/register"), "{log}");
        for secret in secrets {
            let line = log.lines().find(|line| line.contains(&secret));
            assert_eq!(line, None, "{secret} in a {format} log");
        }
        if format == "json" {
            for line in log.lines() {
                let parsed = serde_json::from_str::<serde_json::Value>(line);
                assert!(parsed.is_ok_and(|entry| entry.is_object()), "{line}");
            }
        }
    }
}
