//! Nothing crosses from one workspace to another.

use serde_json::{Value, json};

use crate::{
    server::Setup,
    socket::{Frame, Socket},
};

#[tokio::test]
async fn another_workspace_sees_nothing_of_ours() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    // The same user name: the workspace alone must keep them apart.
    let stranger = server.user_of("elsewhere", "ann").await;
    let mut theirs = stranger.observe_since("0-0").await;
    let cece = ann.register("Cece").await;
    cece.broadcast("broadcast.message", json!({"text": "ours"}))
        .await;

    assert_eq!(stranger.active().await, [] as [Value; 0]);
    assert_eq!(stranger.activity().await, [] as [Value; 0]);
    assert_eq!(stranger.get("messages").await.ok()["messages"], json!([]));
    let snapshot = stranger.get("snapshot").await.ok();
    assert_eq!(snapshot["sessions"], json!([]));
    assert_eq!(snapshot["messages"], json!([]));
    // What they hear first is their own, though ours came before it.
    let own = stranger.broadcast("x.own", json!({})).await;
    match theirs.next().await {
        Frame::Json(event) => assert_eq!(event["id"], own["id"], "{event}"),
        other => panic!("{other:?}"),
    }
    // And ours do not hear theirs.
    let types: Vec<Value> = ann
        .activity()
        .await
        .iter()
        .map(|event| event["event_type"].clone())
        .collect();
    assert_eq!(types, ["session.started", "broadcast.message"]);
}

#[tokio::test]
async fn nobody_speaks_for_a_session_of_another_workspace_or_user() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let stranger = server.user_of("elsewhere", "ann").await;
    let colleague = server.user("bob").await;
    for (client, status, code) in [(&stranger, 404, 4404), (&colleague, 403, 4403)] {
        let session = json!({"session_id": cece.session_id});
        for call in ["session/heartbeat", "session/update", "session/end"] {
            client.post(call, session.clone()).await.problem(status);
        }
        let speak = json!({"event_type": "task.started", "session_id": cece.session_id});
        client.post("broadcast", speak).await.problem(status);
        let token = client.token.as_deref().unwrap();
        let url = client.socket_url(&format!("/{}?token={token}", cece.session_id));
        assert_eq!(Socket::refusal(&url).await, code);
    }
    let seen = cece.seen().await.expect("the session is gone");
    assert_eq!(seen["status"], "active");
    assert_eq!(ann.activity().await.len(), 1, "only session.started");
    // A colleague sees the session, though.
    assert_eq!(colleague.active().await.len(), 1);
}

/// One id in two workspaces is two sessions.
#[tokio::test]
async fn workspaces_may_use_the_same_session_id() {
    let server = Setup::new().start().await;
    let body = json!({"agent_name": "Cece", "agent_type": "t", "session_id": "leitl-cece-own"});
    let here = server.user("ann").await.register_as(body.clone()).await;
    let there = server
        .user_of("elsewhere", "ann")
        .await
        .register_as(body)
        .await;
    let mut socket = there.join().await;
    here.join().await.assert_open().await;
    here.client.post("session/end", json!({})).await.ok();
    socket.assert_open().await;
    there.heartbeat().await;
}
