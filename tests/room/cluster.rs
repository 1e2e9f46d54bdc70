//! Two server processes on one Redis. They share their keys, as nodes of one
//! installation do.

use serde_json::{Value, json};

use crate::{
    external_redis::ExternalRedis,
    server::{Server, Setup},
    socket::{assert_gapless, offset},
};

/// Two nodes and their Redis, which must outlive them.
struct Cluster {
    a: Server,
    b: Server,
    _redis: ExternalRedis,
}

impl Cluster {
    async fn start(setup: Setup) -> Self {
        let redis = ExternalRedis::start().await;
        let setup = setup.redis(&redis.url());
        Self {
            a: setup.start().await,
            b: setup.start().await,
            _redis: redis,
        }
    }
}

#[tokio::test]
async fn both_nodes_hear_everything_in_one_order() {
    let cluster = Cluster::start(Setup::unlimited()).await;
    let ann = cluster.a.user("ann").await;
    let ann_at_b = ann.at(&cluster.b.url);
    let cece = ann.register("Cece").await;
    let claude = ann_at_b.register("Claude").await;
    let before = offset(ann.activity().await.last().unwrap());
    let (mut at_a, mut at_b) = (ann.observe().await, claude.join().await);
    assert_ne!(at_a.welcome["node"], at_b.welcome["node"]);
    tokio::join!(cece.client.count(0..100), claude.client.count(0..100));
    let heard_at_a = at_a.stored_events(200).await;
    assert_gapless(before, &heard_at_a);
    assert_eq!(heard_at_a, at_b.stored_events(200).await);
    // A cursor of one node is good on the other.
    let since = heard_at_a[49]["id"].as_str().unwrap();
    let mut moved = ann_at_b.observe_since(since).await;
    assert_eq!(moved.welcome["recovered"], true);
    assert_eq!(moved.stored_events(150).await, heard_at_a[50..]);
}

#[tokio::test]
async fn a_session_is_at_home_on_every_node() {
    let cluster = Cluster::start(Setup::new()).await;
    let ann = cluster.a.user("ann").await;
    let cece = ann.register("Cece").await;
    let mut room = ann.observe().await;
    let cece_at_b = cece.at(&cluster.b.url);
    cece_at_b.heartbeat().await;
    room.event("session.heartbeat").await;
    let mut socket = cece_at_b.join().await;
    let frame = json!({"type": "heartbeat", "session_id": cece.session_id, "status": "busy"});
    socket.send(frame).await;
    assert_eq!(
        room.event("session.updated").await["data"]["status"],
        "busy"
    );
    assert_eq!(cece.seen().await.unwrap()["status"], "busy");
    // Ended at one, closed at the other.
    cece.client.post("session/end", json!({})).await.ok();
    assert_eq!(socket.close_code().await, 4404);
}

#[tokio::test]
async fn a_newer_socket_at_another_node_replaces_the_older() {
    let cluster = Cluster::start(Setup::new()).await;
    let cece = cluster.a.user("ann").await.register("Cece").await;
    let cece_at_b = cece.at(&cluster.b.url);
    let mut current = cece.join().await;
    // Many times: what this guards against is a race.
    for agent in [&cece_at_b, &cece].into_iter().cycle().take(12) {
        let newer = agent.join().await;
        assert_eq!(current.close_code().await, 4409);
        current = newer;
        current.assert_open().await;
    }
}

#[tokio::test]
async fn limits_and_revocations_hold_on_all_nodes() {
    let cluster = Cluster::start(Setup::new()).await;
    let ann = cluster.a.user("ann").await;
    let cece = ann.register("Cece").await;
    let cece_at_b = cece.at(&cluster.b.url);
    for _ in 0..5 {
        cece.broadcast("x.n", json!({})).await;
        cece_at_b.broadcast("x.n", json!({})).await;
    }
    let body = json!({"event_type": "x.n"});
    cece.client
        .post("broadcast", body.clone())
        .await
        .problem(429);
    cece_at_b.client.post("broadcast", body).await.problem(429);

    let made = ann.post("token", json!({"name": "laptop"})).await.ok();
    let laptop_at_b = cluster.b.client(made["token"].as_str().unwrap());
    laptop_at_b.get("sessions/active").await.ok();
    ann.post("tokens/revoke", json!({"jti": made["jti"]}))
        .await
        .ok();
    laptop_at_b.get("sessions/active").await.problem(401);
}

/// The sessions of a killed node neither vanish at once nor stay for ever
/// (design, section 6).
#[tokio::test]
async fn sessions_of_a_killed_node_are_ended_by_another_in_time() {
    let mut cluster = Cluster::start(Setup::new().silence(1, 3)).await;
    let ann = cluster.a.user("ann").await;
    let (cece, claude) = (ann.register("Cece").await, ann.register("Claude").await);
    let (mut cece_socket, _claude_socket) = (cece.join().await, claude.join().await);
    let ann_at_b = ann.at(&cluster.b.url);
    let mut room = ann_at_b.observe().await;
    cece_socket.send(json!({"type": "heartbeat"})).await;
    claude.heartbeat().await;
    room.event("session.heartbeat").await;

    cluster.a.crash().await;
    assert_eq!(ann_at_b.active().await.len(), 2, "vanished at once");
    // One comes back at the other node and goes on; nobody comes for the other.
    let cece_at_b = cece.at(&cluster.b.url);
    let mut cece_socket = cece_at_b.join().await;
    let ended = tokio::select! {
        ended = room.event("session.ended") => ended,
        never = cece_socket.beat_forever() => never,
    };
    assert_eq!(ended["session_id"], *claude.session_id);
    assert_eq!(ended["data"]["reason"], "timeout");
    let left: Vec<Value> = ann_at_b.active().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["session_id"], *cece.session_id);
    cece_socket.assert_open().await;
}

/// A node that was killed and comes back does its work again.
#[tokio::test]
async fn a_node_comes_back_after_a_crash() {
    let mut cluster = Cluster::start(Setup::unlimited()).await;
    let ann = cluster.a.user("ann").await;
    let mut room = ann.observe().await;
    ann.count(0..3).await;
    let heard = room.stored_events(3).await;
    cluster.a.crash().await;
    let ann_at_b = ann.at(&cluster.b.url);
    ann_at_b.count(3..6).await;
    let again = cluster.a.setup().start().await;
    let ann = ann.at(&again.url);
    let since = heard[2]["id"].as_str().unwrap();
    let mut room = ann.observe_since(since).await;
    ann_at_b.count(6..9).await;
    assert_gapless(3, &room.stored_events(6).await);
}
