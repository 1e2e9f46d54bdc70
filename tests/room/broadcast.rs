//! Publishing: the limits, idempotency, order, and who is told whom it came from.

use serde_json::{Value, json};

use crate::{
    client::Answer,
    server::Setup,
    socket::{assert_gapless, ids, offset},
};

#[track_caller]
fn assert_limited(answer: &Answer) {
    let problem = answer.problem(429);
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "Retry-After: {seconds}");
    assert_eq!(problem["retry_after_seconds"], seconds);
}

#[tokio::test]
async fn a_session_broadcasts_ten_times_a_minute() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let agents = [ann.register("Cece").await, ann.register("Claude").await];
    for agent in &agents {
        for n in 0..10 {
            agent.broadcast("task.progress", json!({"n": n})).await;
        }
        let body = json!({"event_type": "task.progress", "data": {"n": 10}});
        assert_limited(&agent.client.post("broadcast", body.clone()).await);
        // Neither another call nor the socket is a way round.
        let mut body = body;
        body["session_id"] = json!(agent.session_id);
        assert_limited(&ann.post("broadcast", body).await);
        let mut socket = agent.join().await;
        socket
            .send_broadcast("late", "task.progress", json!({}))
            .await;
        assert_eq!(socket.answer("late").await["problem"]["status"], 429);
    }
    let page = ann.get("activity?event_type=task.progress").await.ok();
    assert_eq!(page["events"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn the_limit_holds_on_a_socket_and_leaves_it_open() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let mut socket = cece.join().await;
    for n in 0..11 {
        socket
            .send_broadcast(&n.to_string(), "x.n", json!({"n": n}))
            .await;
    }
    let mut acknowledged = Vec::new();
    for n in 0..10 {
        let answer = socket.answer(&n.to_string()).await;
        assert_eq!(answer["type"], "ack", "{answer}");
        acknowledged.push(answer);
    }
    let refused = socket.answer("10").await;
    assert_eq!(refused["type"], "error");
    assert_eq!(refused["problem"]["status"], 429);
    assert!(
        refused["problem"]["retry_after_seconds"].is_u64(),
        "{refused}"
    );
    socket.assert_open().await;
    let page = ann.get("activity?event_type=x.n").await.ok();
    assert_eq!(ids(page["events"].as_array().unwrap()), ids(&acknowledged));
}

#[tokio::test]
async fn a_repeat_under_the_same_key_is_published_once_and_costs_nothing() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let (cece, claude) = (ann.register("Cece").await, ann.register("Claude").await);
    let body = json!({"event_type": "x.once", "idempotency_key": "k"});
    let first = cece.client.post("broadcast", body.clone()).await.ok();
    for _ in 0..15 {
        let again = cece.client.post("broadcast", body.clone()).await.ok();
        assert_eq!(again, first);
    }
    for _ in 0..9 {
        cece.broadcast("x.other", json!({})).await;
    }
    assert_limited(
        &cece
            .client
            .post("broadcast", json!({"event_type": "x.other"}))
            .await,
    );
    // What was published is answered even beyond the limit, on a socket too.
    assert_eq!(
        cece.client.post("broadcast", body.clone()).await.ok(),
        first
    );
    let mut socket = cece.join().await;
    let mut frame = body.clone();
    frame["type"] = json!("broadcast");
    frame["ref"] = json!("r");
    socket.send(frame).await;
    assert_eq!(socket.answer("r").await["id"], first["id"]);
    // A key is its sender's own.
    let other = claude.client.post("broadcast", body).await.ok();
    assert_ne!(other["id"], first["id"]);
    let page = ann.get("activity?event_type=x.once").await.ok();
    assert_eq!(page["events"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_user_has_a_limit_over_all_sessions() {
    let server = Setup::new()
        .with("LEITL_LIMITS__USER_BROADCASTS_PER_MINUTE", 5)
        .start()
        .await;
    let ann = server.user("ann").await;
    let agents = [ann.register("Cece").await, ann.register("Claude").await];
    for agent in &agents {
        agent.broadcast("x.n", json!({})).await;
        agent.broadcast("x.n", json!({})).await;
    }
    ann.broadcast("x.n", json!({})).await;
    let body = json!({"event_type": "x.n"});
    for client in [&ann, &agents[0].client, &agents[1].client] {
        assert_limited(&client.post("broadcast", body.clone()).await);
    }
    server.user("bob").await.post("broadcast", body).await.ok();
}

#[tokio::test]
async fn everyone_hears_what_is_addressed_to_one() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let (cece, claude) = (ann.register("Cece").await, ann.register("Claude").await);
    let mut sockets = [ann.observe().await, cece.join().await, claude.join().await];
    let to = json!([claude.session_id, "Claude", "#backend"]);
    let body = json!({"event_type": "broadcast.message", "data": {"text": "hey"}, "to": to});
    let published = cece.client.post("broadcast", body).await.ok();
    for socket in &mut sockets {
        let event = socket.event("broadcast.message").await;
        assert_eq!(event["id"], published["id"]);
        assert_eq!(event["to"], to);
        assert_eq!(event["data"], json!({"text": "hey"}));
        assert_eq!(event["session_id"], *cece.session_id);
    }
}

#[tokio::test]
async fn a_person_speaks_without_a_session() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let mut socket = ann.observe().await;
    ann.broadcast("broadcast.message", json!({"text": "by REST"}))
        .await;
    socket
        .send_broadcast("r", "broadcast.message", json!({"text": "by socket"}))
        .await;
    for text in ["by REST", "by socket"] {
        let event = socket.event("broadcast.message").await;
        assert_eq!(event["data"]["text"], text);
        assert_eq!(event["user"], "ann");
        assert!(event.get("session_id").is_none(), "{event}");
        assert!(event.get("agent_name").is_none(), "{event}");
    }
}

#[tokio::test]
async fn all_hear_the_same_order_whoever_publishes() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let bob = server.user("bob").await;
    let (cece, claude) = (ann.register("Cece").await, ann.register("Claude").await);
    let mut listeners = [ann.observe().await, claude.join().await];
    let before = offset(ann.activity().await.last().unwrap());
    let mut speaker = cece.join().await;
    let by_socket = async {
        for n in 0..40 {
            speaker
                .send_broadcast(&n.to_string(), "x.count", json!({"n": n}))
                .await;
        }
    };
    tokio::join!(
        by_socket,
        claude.client.count(0..40),
        ann.count(0..40),
        bob.count(0..40)
    );
    let mut heard = Vec::new();
    for listener in &mut listeners {
        let events = listener.stored_events(160).await;
        assert_gapless(before, &events);
        let of_cece: Vec<Value> = events
            .iter()
            .filter(|event| event["session_id"] == *cece.session_id)
            .map(|event| event["data"]["n"].clone())
            .collect();
        let expected: Vec<Value> = (0..40).map(Value::from).collect();
        assert_eq!(of_cece, expected, "one sender's own order");
        heard.push(events);
    }
    assert_eq!(heard[0], heard[1]);
}

/// The limits count what is published, so what is refused for another reason
/// costs nothing.
#[tokio::test]
async fn a_refused_broadcast_is_not_counted() {
    let server = Setup::new().start().await;
    let cece = server.user("ann").await.register("Cece").await;
    for _ in 0..12 {
        let reserved = json!({"event_type": "session.started"});
        cece.client.post("broadcast", reserved).await.problem(403);
    }
    for n in 0..10 {
        cece.broadcast("x.n", json!({"n": n})).await;
    }
}
