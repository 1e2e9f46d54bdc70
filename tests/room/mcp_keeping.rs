//! Sessions that joined by MCP stay while their client does, without heartbeats.

use reqwest::Method;
use serde_json::json;

use crate::{
    client::Answer,
    mcp_client::{Mcp, VERSIONS, Version},
    server::{Setup, eventually},
};

/// An agent that thinks for longer than silence is borne is not taken for dead.
#[tokio::test]
async fn an_agent_that_thinks_is_not_taken_for_dead() {
    let server = Setup::new().silence(1, 2).start().await;
    let ann = server.user("ann").await;
    let silent = ann.register("Silent").await;
    for version in VERSIONS {
        Mcp::connect(&ann, version).await.join(version.name()).await;
    }
    eventually("the silent one has ended", async || {
        let all = ann.active().await;
        let id = json!(silent.session_id);
        all.iter()
            .all(|session| session["session_id"] != id)
            .then_some(())
    })
    .await;
    let names: Vec<_> = ann
        .active()
        .await
        .iter()
        .map(|session| (session["agent_name"].clone(), session["status"].clone()))
        .collect();
    let alive = |version: Version| (json!(version.name()), json!("active"));
    assert_eq!(names, VERSIONS.map(alive));
}

/// A client that closes its MCP session takes its agents with it, but not those that
/// were there before.
#[tokio::test]
async fn who_closes_its_mcp_session_has_left() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let before = ann.register("Before").await;
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    let adopt = json!({"agent_name": "Before", "session_id": before.session_id});
    mcp.call("join", adopt).await;
    let own = mcp.join("Own").await;
    let closed = Answer::of(mcp.http(Method::DELETE)).await;
    assert!((200..300).contains(&closed.status), "{closed:?}");
    let left = ann.activity().await.pop().unwrap();
    assert_eq!(
        (&left["event_type"], &left["session_id"]),
        (&json!("session.ended"), &json!(own))
    );
    assert_eq!(left["data"]["reason"], "its MCP session was closed");
    assert!(before.seen().await.is_some());
    // It is there no more, for its own client neither.
    mcp.send("ping", json!({})).await.problem(404);
}

/// What a revoked token joined is not kept alive with it.
#[tokio::test]
async fn a_revoked_token_keeps_nobody_alive() {
    let server = Setup::new().silence(1, 2).start().await;
    let ann = server.user("ann").await;
    let named = ann.post("token", json!({"name": "laptop"})).await.ok();
    let laptop = ann.with_token(named["token"].as_str().unwrap());
    Mcp::connect(&laptop, Version::Stateless)
        .await
        .join("Cece")
        .await;
    ann.post("tokens/revoke", json!({"jti": named["jti"]}))
        .await
        .ok();
    eventually("the session has ended", async || {
        ann.active().await.is_empty().then_some(())
    })
    .await;
    let ended = ann.activity().await.pop().unwrap();
    assert_eq!(ended["data"]["reason"], "timeout");
}

/// A server that stops does not end the sessions, and does not wait for listeners.
#[tokio::test]
async fn a_restart_ends_nobody() {
    let setup = Setup::new();
    let mut server = setup.start().await;
    let ann = server.user("ann").await;
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    let session = mcp.join("Cece").await;
    let _news = mcp.listen().await;
    server.signal(rustix::process::Signal::TERM);
    assert!(server.ended().await.success());
    assert!(!server.log().contains("did not close"), "{}", server.log());
    drop(server);

    let server = setup.start().await;
    let ann = server.user("ann").await;
    assert_eq!(ann.active().await[0]["session_id"], *session);
    // The MCP session is gone, which its client is told; it joins as the same one.
    mcp.in_hands_of(&ann)
        .send("ping", json!({}))
        .await
        .problem(404);
    let mcp = Mcp::connect(&ann, Version::WithSessions).await;
    let join = json!({"agent_name": "Cece", "session_id": session});
    assert_eq!(mcp.call("join", join).await["resumed"], true);
}
