//! Redis behind Sentinel: another server becomes the master in the middle of traffic.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    client::Client,
    sentinel_trio::SentinelTrio,
    server::{Server, Setup},
    socket::{Socket, assert_gapless, ids, offset},
};

/// How soon writes must be taken again. It takes 3 s here when nothing else runs;
/// the rest is for a busy machine, on which the sentinels themselves are slow.
const RESUMPTION_LIMIT: Duration = Duration::from_secs(30);

/// Two nodes behind one trio.
struct Nodes {
    ann: Client,
    rooms: [Socket; 2],
    trio: SentinelTrio,
    /// The events that were acknowledged, in order.
    acknowledged: Vec<String>,
    _nodes: [Server; 2],
}

impl Nodes {
    async fn start() -> Self {
        let trio = SentinelTrio::start().await;
        let setup = Setup::unlimited().redis(&trio.url());
        let nodes = [setup.start().await, setup.start().await];
        let ann = nodes[0].user("ann").await;
        let rooms = [ann.observe().await, ann.at(&nodes[1].url).observe().await];
        Self {
            ann,
            rooms,
            trio,
            acknowledged: Vec::new(),
            _nodes: nodes,
        }
    }

    /// Publishes until so many more are acknowledged. One that is refused is sent again
    /// under the same key, so it counts once.
    async fn publish(&mut self, count: usize) {
        let until = Instant::now() + RESUMPTION_LIMIT;
        let wanted = self.acknowledged.len() + count;
        while self.acknowledged.len() < wanted {
            let n = self.acknowledged.len();
            let body = json!({
                "event_type": "x.count", "data": {"n": n}, "idempotency_key": format!("n{n}"),
            });
            let answer = self.ann.post("broadcast", body).await;
            if answer.status == 503 {
                assert!(Instant::now() < until, "writes do not resume");
                sleep(Duration::from_millis(20)).await;
            } else {
                let id = answer.ok()["id"].as_str().unwrap().to_owned();
                self.acknowledged.push(id);
            }
        }
    }

    /// How long it takes until something is published.
    async fn resumed(&mut self) -> Duration {
        let start = Instant::now();
        self.publish(1).await;
        start.elapsed()
    }

    /// Asserts that all sockets are open and have heard of everything that was
    /// acknowledged, once and in order.
    async fn assert_heard(&mut self) {
        let last = self.acknowledged.last().unwrap();
        for room in &mut self.rooms {
            let heard = heard_up_to(room, last).await;
            assert_gapless(0, &heard);
            assert_eq!(counted(heard), self.acknowledged);
            room.assert_open().await;
        }
    }
}

/// The stored events that a socket hears up to this one.
async fn heard_up_to(room: &mut Socket, last: &str) -> Vec<Value> {
    let mut heard = vec![room.stored().await];
    while heard.last().unwrap()["id"] != last {
        heard.push(room.stored().await);
    }
    heard
}

/// The ids of what a test published; the server tells of the outage as well.
fn counted(mut events: Vec<Value>) -> Vec<String> {
    events.retain(|event| event["event_type"] == "x.count");
    ids(&events)
}

#[tokio::test]
async fn writes_resume_when_the_master_is_killed() {
    let mut nodes = Nodes::start().await;
    nodes.publish(50).await;
    nodes.trio.replicated().await;
    nodes.trio.master().await.signal(Signal::KILL);
    let resumed = nodes.resumed().await;
    println!("writes resumed {resumed:?} after the master was killed");
    nodes.publish(50).await;
    nodes.assert_heard().await;
}

/// It answers again when another one is the master, and does not know yet.
#[tokio::test]
async fn a_master_that_was_stopped_is_left_behind() {
    let mut nodes = Nodes::start().await;
    nodes.publish(20).await;
    nodes.trio.replicated().await;
    let stopped = nodes.trio.master().await;
    stopped.signal(Signal::STOP);
    let resumed = nodes.resumed().await;
    println!("writes resumed {resumed:?} after the master was stopped");
    nodes.trio.wake_all();
    nodes.publish(50).await;
    nodes.assert_heard().await;
}

/// The old master lives on as a replica, and refuses to write. (What it takes while the
/// new one is made would be lost, so nothing is published then.)
#[tokio::test]
async fn a_failover_by_hand_is_followed() {
    let mut nodes = Nodes::start().await;
    nodes.publish(20).await;
    nodes.trio.replicated().await;
    nodes.trio.fail_over().await;
    nodes.publish(50).await;
    nodes.assert_heard().await;
}

/// Replication is asynchronous: what only the dead master had is gone, though it was
/// acknowledged. Whoever has seen it is told to begin anew.
#[tokio::test]
async fn events_that_were_lost_leave_no_silent_hole() {
    let mut nodes = Nodes::start().await;
    nodes.publish(10).await;
    nodes.trio.replicated().await;
    nodes.trio.cut_replicas_off().await;
    nodes.publish(5).await;
    nodes.assert_heard().await;
    nodes.trio.master().await.signal(Signal::KILL);
    let lost = nodes.acknowledged.last().unwrap().clone();
    nodes.resumed().await;
    for room in &mut nodes.rooms {
        assert_eq!(room.close_code().await, 1012);
    }
    let mut room = nodes.ann.observe_since(&lost).await;
    assert_eq!(room.welcome["recovered"], false);
    // Two nodes and a client that was away: all see the same from here on.
    nodes.publish(20).await;
    let new = &nodes.acknowledged[nodes.acknowledged.len() - 20..];
    let heard = heard_up_to(&mut room, &new[19]).await;
    assert_gapless(offset(&heard[0]) - 1, &heard);
    assert!(counted(heard).ends_with(new));
    let activity = nodes.ann.activity().await;
    assert_gapless(0, &activity);
    assert!(counted(activity).ends_with(new));
}
