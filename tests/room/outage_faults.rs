//! The network between one of two nodes and their Redis fails in every way it can,
//! while events are published through the other.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::{Instant, interval, sleep};

use crate::{
    client::Client,
    external_redis::ExternalRedis,
    fault_proxy::{Fault, FaultProxy},
    server::{Server, Setup, eventually},
    socket::{Frame, Socket, assert_gapless, offset},
};

/// How soon sockets must be told, with some time for a machine that is busy.
const TOLD_WITHIN: Duration = Duration::from_secs(8);

/// A node that reaches Redis, and one that may not.
struct Faulty {
    near: Client,
    far: Client,
    far_server: Server,
    proxy: FaultProxy,
    _near_server: Server,
    _redis: ExternalRedis,
}

impl Faulty {
    async fn start() -> Self {
        let redis = ExternalRedis::start().await;
        let proxy = FaultProxy::start(redis.socket()).await;
        let setup = Setup::unlimited();
        let near_server = setup.clone().redis(&redis.url()).start().await;
        let far_server = setup.redis(&proxy.url()).start().await;
        let near = near_server.user("ann").await;
        let far = near.at(&far_server.url);
        Self {
            near,
            far,
            far_server,
            proxy,
            _near_server: near_server,
            _redis: redis,
        }
    }
}

/// The next `bus` frame, and the stored events that came before it.
async fn told(socket: &mut Socket) -> (bool, Vec<Value>) {
    let until = Instant::now() + Duration::from_secs(30);
    let mut events = Vec::new();
    loop {
        match socket.next_before(until).await {
            Frame::Json(frame) if frame["type"] == "bus" => {
                assert!(frame["since"].is_string(), "{frame}");
                return (frame["available"].as_bool().unwrap(), events);
            }
            Frame::Json(frame) if frame["id"].is_string() && frame["type"].is_null() => {
                events.push(frame);
            }
            Frame::Json(_) => {}
            other => panic!("{other:?} while waiting to be told"),
        }
    }
}

/// Whoever reads nothing for half a minute answers no ping either, and would be left
/// behind.
async fn give_signs_of_life(mut sockets: [&mut Socket; 3]) {
    let mut ticks = interval(Duration::from_secs(5));
    loop {
        ticks.tick().await;
        for socket in &mut sockets {
            socket.send(json!({"type": "ping"})).await;
        }
    }
}

/// Breaks the network, lets the other node publish, and mends it.
async fn outlives(fault: Fault, length: Duration, missed: u64) {
    let room = Faulty::start().await;
    let cece = room.near.register("Cece").await;
    let mut agent = cece.at(room.far.url()).join().await;
    let mut watcher = room.far.observe().await;
    let mut witness = room.near.observe().await;
    room.near.count(0..3).await;
    let mut heard = watcher.stored_events(3).await;
    let before = offset(&heard[0]) - 1;

    room.proxy.set(fault);
    let broken_at = Instant::now();
    room.near.count(3..6).await;
    let (available, early) = told(&mut watcher).await;
    let told_after = broken_at.elapsed();
    println!("{fault:?}: told after {told_after:?}");
    assert!(!available);
    assert!(told_after < TOLD_WITHIN, "{told_after:?}");
    heard.extend(early);
    let commands_work = fault == Fault::DeafSubscription;
    if commands_work {
        room.far.count(6..7).await;
    } else {
        let refused = room.far.get("health").await;
        refused.problem(503);
        assert_eq!(refused.header("retry-after"), "1");
    }
    // Whoever comes now is told as well, or turned away to try again.
    if commands_work {
        assert!(!told(&mut room.far.observe().await).await.0);
    } else {
        let token = room.far.token.as_deref().unwrap();
        let url = room.far.socket_url(&format!("?token={token}"));
        assert_eq!(Socket::refusal(&url).await, 1012);
    }
    let outage = async {
        room.near.count(7..7 + missed).await;
        sleep(length.saturating_sub(broken_at.elapsed())).await;
    };
    tokio::select! {
        () = outage => {}
        () = give_signs_of_life([&mut watcher, &mut agent, &mut witness]) => unreachable!(),
    }

    room.proxy.set(Fault::None);
    let mended_at = Instant::now();
    let (available, late) = told(&mut watcher).await;
    println!("{fault:?}: back after {:?}", mended_at.elapsed());
    assert!(available);
    heard.extend(late);
    let total = 6 + u64::from(commands_work) + missed;
    // What was missed came before the news that it is over.
    assert_gapless(before, &heard);
    assert!(heard.len() as u64 >= total, "{} of {total}", heard.len());
    eventually("writes are taken again", async || {
        let answer = room.far.get("health").await;
        (answer.status == StatusCode::OK).then_some(())
    })
    .await;
    room.far.count(100..103).await;
    room.near.count(103..106).await;
    let rest = total as usize + 6 - heard.len();
    heard.extend(watcher.stored_events(rest).await);
    assert_gapless(before, &heard);
    assert_eq!(witness.stored_events(heard.len()).await, heard);
    assert_eq!(agent.stored_events(heard.len()).await, heard);
    watcher.assert_open().await;
    agent.assert_open().await;
    assert_quiet(&room.far_server);
}

/// An outage is told once and its end once, however long it is and however many
/// calls it meets.
#[track_caller]
fn assert_quiet(server: &Server) {
    let log = server.log();
    let lines = log
        .lines()
        .filter(|line| line.contains("ERROR") || line.contains("WARN"));
    assert!(lines.count() <= 8, "a noisy outage:\n{log}");
}

#[tokio::test]
async fn a_cut_network_loses_nothing() {
    outlives(Fault::Cut, Duration::ZERO, 20).await;
}

#[tokio::test]
async fn a_stalled_network_loses_nothing() {
    outlives(Fault::Stall, Duration::ZERO, 20).await;
}

#[tokio::test]
async fn a_deaf_subscription_loses_nothing_and_refuses_nothing() {
    outlives(Fault::DeafSubscription, Duration::ZERO, 20).await;
}

#[tokio::test]
async fn commands_without_answers_lose_nothing() {
    outlives(Fault::MuteCommands, Duration::ZERO, 20).await;
}

/// Longer than clients of Redis keep trying by themselves, and with more to catch up
/// than a socket may fall behind.
#[tokio::test]
async fn a_black_hole_of_half_a_minute_loses_nothing() {
    outlives(Fault::Blackhole, Duration::from_secs(33), 1500).await;
}
