//! Registering, changing, listing and ending sessions.

use serde_json::json;

use crate::{
    server::Setup,
    socket::{Frame, Socket},
};

#[tokio::test]
async fn an_id_of_ones_own_is_free_again_after_the_end() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let body = json!({"agent_name": "Cece", "agent_type": "t", "session_id": "leitl-my-own-1"});
    let first = ann.register_as(body.clone()).await;
    assert_eq!(first.session_id, "leitl-my-own-1");
    ann.post("session/register", body.clone())
        .await
        .problem(409);
    let bob = server.user("bob").await;
    bob.post("session/register", body.clone())
        .await
        .problem(409);
    assert_eq!(ann.active().await.len(), 1);
    first.client.post("session/end", json!({})).await.ok();
    let second = bob.register_as(body).await;
    assert_eq!(second.seen().await.unwrap()["user"], "bob");
}

#[tokio::test]
async fn changes_are_seen_by_all_and_signs_of_life_are_not_stored() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let mut room = server.user("bob").await.observe().await;

    let answer = cece.heartbeat().await;
    assert_eq!(answer["session_id"], *cece.session_id);
    let beat = room.event("session.heartbeat").await;
    assert_eq!(beat["session_id"], *cece.session_id);
    assert!(
        beat["id"].is_null(),
        "a heartbeat must move no cursor: {beat}"
    );

    let change = json!({"status": "busy", "current_task": "Building LEITL"});
    cece.client.post("session/heartbeat", change).await.ok();
    let updated = room.event("session.updated").await;
    assert!(updated["id"].is_string());
    assert_eq!(updated["data"]["status"], "busy");
    assert_eq!(updated["data"]["current_task"], "Building LEITL");

    let change = json!({"status": "idle", "tags": ["new"], "context_sources": ["webdav://docs/"]});
    let answer = cece.client.post("session/update", change).await.ok();
    let updated = room.event("session.updated").await;
    assert_eq!(updated["data"]["tags"], json!(["new"]));
    let seen = cece.seen().await.unwrap();
    for session in [&answer, &updated["data"], &seen] {
        assert_eq!(session["status"], "idle");
        assert_eq!(session["current_task"], "Building LEITL");
        assert_eq!(session["tags"], json!(["new"]));
        assert_eq!(session["context_sources"], json!(["webdav://docs/"]));
        assert_eq!(session["agent_name"], "Cece");
    }
    // The user's own token does it too, naming the session.
    let change = json!({"session_id": cece.session_id, "current_task": ""});
    ann.post("session/update", change).await.ok();
    assert_eq!(
        room.event("session.updated").await["data"]["current_task"],
        ""
    );
    let stored = ann.activity().await;
    assert_eq!(stored.len(), 4, "started and three updates: {stored:?}");
}

#[tokio::test]
async fn a_heartbeat_frame_can_carry_news() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let mut room = ann.observe().await;
    let mut socket = cece.join().await;
    assert_eq!(socket.welcome["session_id"], *cece.session_id);
    assert_eq!(socket.welcome["heartbeat_seconds"], 30);
    assert!(socket.welcome["node"].is_string());
    assert!(room.welcome["session_id"].is_null());
    let frame = json!({"type": "heartbeat", "status": "busy", "current_task": "Testing"});
    socket.send(frame).await;
    let updated = room.event("session.updated").await;
    assert_eq!(updated["data"]["status"], "busy");
    assert_eq!(updated["data"]["current_task"], "Testing");
}

#[tokio::test]
async fn the_list_is_in_order_and_can_be_filtered() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    for (name, kind, tags) in [
        ("Cece", "code_assistant", json!(["backend", "rust"])),
        ("Claude", "reviewer", json!(["backend"])),
        ("Zoë Müller", "code_assistant", json!([])),
    ] {
        let body = json!({"agent_name": name, "agent_type": kind, "tags": tags});
        ann.register_as(body).await;
    }
    let names = async |query: &str| {
        let answer = ann.get(&format!("sessions/active{query}")).await.ok();
        let names = answer.as_array().unwrap().iter();
        names
            .map(|session| session["agent_name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["Cece", "Claude", "Zoë Müller"]);
    assert_eq!(names("?tag=backend").await, ["Cece", "Claude"]);
    assert_eq!(
        names("?agent_type=code_assistant").await,
        ["Cece", "Zoë Müller"]
    );
    assert_eq!(names("?tag=backend&agent_type=reviewer").await, ["Claude"]);
    assert!(names("?tag=back").await.is_empty());
}

#[tokio::test]
async fn an_end_is_told_and_closes_the_socket() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let (cece, claude) = (ann.register("Cece").await, ann.register("Claude").await);
    let mut room = ann.observe().await;
    let mut socket = cece.join().await;
    let mut other = claude.join().await;
    cece.client
        .post("session/end", json!({"reason": "done for today"}))
        .await
        .ok();
    let ended = room.event("session.ended").await;
    assert_eq!(ended["session_id"], *cece.session_id);
    assert_eq!(ended["data"]["reason"], "done for today");
    assert_eq!(socket.close_code().await, 4404);
    other.event("session.ended").await;
    other.assert_open().await;
    assert_eq!(ann.active().await.len(), 1);
    let session = json!({"session_id": cece.session_id});
    for call in ["session/heartbeat", "session/update", "session/end"] {
        ann.post(call, session.clone()).await.problem(404);
    }
}

#[tokio::test]
async fn a_newer_socket_of_a_session_replaces_the_older() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let (cece, claude) = (ann.register("Cece").await, ann.register("Claude").await);
    let mut other = claude.join().await;
    let mut observers = [ann.observe().await, ann.observe().await];
    let mut older = cece.join().await;
    let mut newer = cece.join().await;
    assert_eq!(older.close_code().await, 4409);
    newer.assert_open().await;
    other.assert_open().await;
    for observer in &mut observers {
        observer.assert_open().await;
    }
    // Again and again, and always the last one stays.
    for _ in 0..5 {
        let next = cece.join().await;
        assert_eq!(newer.close_code().await, 4409);
        newer = next;
    }
    newer.assert_open().await;
}

/// A socket may come with the user's token instead of the session's.
#[tokio::test]
async fn a_user_opens_the_socket_of_an_own_session() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let token = ann.token.as_deref().unwrap();
    let bearer = format!("Bearer {token}");
    let url = ann.socket_url(&format!("/{}", cece.session_id));
    let mut socket = Socket::open_with(&url, &[("authorization", &bearer)])
        .await
        .unwrap();
    match socket.next().await {
        Frame::Json(frame) => assert_eq!(frame["session_id"], *cece.session_id),
        other => panic!("{other:?}"),
    }
    socket.send_broadcast("r", "x.spoken", json!({})).await;
    assert_eq!(socket.answer("r").await["type"], "ack");
    let events = ann.activity().await;
    assert_eq!(events.last().unwrap()["session_id"], *cece.session_id);
}
