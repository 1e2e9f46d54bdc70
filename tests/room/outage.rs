//! Redis goes away and comes back.

use rustix::process::{Signal, kill_process};
use serde_json::json;

use crate::{
    client::Client,
    external_redis::ExternalRedis,
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

    redis.kill();
    health_is(&ann, 503).await;
    ann.get("health").await.problem(503);
    ann.get("sessions/active").await.problem(503);
    let body = json!({"event_type": "x.count", "data": {"n": 3}});
    ann.post("broadcast", body).await.problem(503);
    let mut heard = room.stored_events(3).await;
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
    ann.count(0..3).await;
    assert_gapless(0, &room.stored_events(3).await);

    redis.signal(Signal::STOP);
    let told = room.control("bus").await;
    assert_eq!(told["available"], false);
    ann.get("health").await.problem(503);
    redis.signal(Signal::CONT);
    assert_eq!(room.control("bus").await["available"], true);
    health_is(&ann, 200).await;
    ann.count(3..6).await;
    assert_gapless(3, &room.stored_events(3).await);
    room.assert_open().await;
}
