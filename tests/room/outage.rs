//! Redis goes away and comes back.

use std::time::Duration;

use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    client::Client,
    command::Shell,
    external_redis::ExternalRedis,
    running::Running,
    server::{Setup, eventually},
    socket::assert_gapless,
};

async fn health_is(client: &Client, status: u16) {
    eventually("health changes", async || {
        (client.get("health").await.status == status).then_some(())
    })
    .await;
}

/// A subscription that looks alive but is deaf after an outage is the failure
/// this guards against: what is published afterwards must arrive on sockets that
/// were open all the time.
#[tokio::test]
async fn open_sockets_outlive_an_outage_of_redis() {
    let mut redis = ExternalRedis::start().await;
    let server = Setup::unlimited().redis(&redis.url()).start().await;
    let ann = server.user("ann").await;
    let mut room = ann.observe().await;
    ann.count(0..3).await;
    let mut heard = room.stored_events(3).await;

    redis.kill();
    health_is(&ann, 503).await;
    ann.get("health").await.problem(503);
    ann.get("sessions/active").await.problem(503);
    let body = json!({"event_type": "x.count", "data": {"n": 3}});
    ann.post("broadcast", body).await.problem(503);
    assert_eq!(room.control("bus").await["available"], false);

    redis.restart().await;
    assert_eq!(room.control("bus").await["available"], true);
    health_is(&ann, 200).await;
    ann.count(3..6).await;
    heard.extend(room.stored_events(3).await);
    assert_gapless(0, &heard);
    room.assert_open().await;
}

#[tokio::test]
async fn a_private_redis_that_dies_is_started_again() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let mut room = ann.observe().await;
    // By default a kill could take the last moment with it.
    redis::cmd("CONFIG")
        .arg(&["SET", "appendfsync", "always"])
        .query_async::<()>(&mut server.redis().await)
        .await
        .unwrap();
    ann.count(0..3).await;
    let first = server.redis_process().await;
    kill_process(first, Signal::KILL).unwrap();
    eventually("another Redis runs", async || {
        let client = redis::Client::open(server.redis_url()).unwrap();
        client.get_multiplexed_async_connection().await.ok()
    })
    .await;
    health_is(&ann, 200).await;
    assert_ne!(server.redis_process().await, first);
    ann.count(3..6).await;
    assert_gapless(0, &room.stored_events(6).await);
}

/// Pub/Sub forgets what is published while nobody listens: the stream must fill
/// the gap.
#[tokio::test]
async fn a_cut_subscription_loses_nothing() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let mut room = ann.observe().await;
    let mut redis = server.redis().await;
    let mut n = 0;
    for _ in 0..5 {
        let killed: u64 = redis::cmd("CLIENT")
            .arg(&["KILL", "TYPE", "pubsub"])
            .query_async(&mut redis)
            .await
            .unwrap();
        assert_eq!(killed, 1);
        ann.count(n..n + 10).await;
        assert_gapless(n, &room.stored_events(10).await);
        n += 10;
    }
    room.assert_open().await;
}

/// A stopped process keeps its connections, and its kernel takes new ones.
#[tokio::test]
async fn a_redis_that_is_stopped_and_goes_on_loses_nothing() {
    let redis = ExternalRedis::start().await;
    let server = Setup::unlimited().redis(&redis.url()).start().await;
    let ann = server.user("ann").await;
    let mut room = ann.observe().await;
    let shell = Shell::of(&server, &ann);
    let mut watcher = Running::start(shell.command(&["watch"]));
    watcher.complains("watching").await;
    // Past its welcome it has yet to read what the stream has.
    ann.count(0..3).await;
    watcher.prints("x.count").await;
    assert_gapless(0, &room.stored_events(3).await);

    redis.signal(Signal::STOP);
    let told = room.control("bus").await;
    assert_eq!(told["available"], false);
    watcher.complains("what is missed will follow").await;
    ann.get("health").await.problem(503);
    redis.signal(Signal::CONT);
    assert_eq!(room.control("bus").await["available"], true);
    watcher.complains("nothing was missed").await;
    health_is(&ann, 200).await;
    ann.count(3..6).await;
    assert_gapless(3, &room.stored_events(3).await);
    room.assert_open().await;
}

/// Nobody could give a sign of life, so nobody is ended for want of one.
#[tokio::test]
async fn sessions_outlive_an_outage_longer_than_they_may_be_silent() {
    let redis = ExternalRedis::start().await;
    let setup = Setup::new().silence(4, 8).redis(&redis.url());
    let server = setup.start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let mut socket = cece.join().await;
    // Past its welcome it has yet to read what the stream has.
    socket.assert_open().await;

    redis.signal(Signal::STOP);
    assert_eq!(socket.control("bus").await["available"], false);
    sleep(Duration::from_secs(9)).await;
    redis.signal(Signal::CONT);
    // Until then the node has looked for silent sessions more than once.
    assert_eq!(socket.control("bus").await["available"], true);
    socket.send(json!({"type": "heartbeat"})).await;
    socket.assert_open().await;
    assert!(cece.seen().await.is_some());
    let events = ann.activity().await;
    let ended = |event: &Value| event["event_type"] == "session.ended";
    assert!(!events.iter().any(ended), "{events:?}");
}
