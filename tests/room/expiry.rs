//! What must be forgotten is: the logs after 24 hours (protocol document,
//! "Privacy"), an ended session, rate limits and idempotency keys.
//!
//! Nobody can wait a day in a test, so the clock of Redis is set forward.

use std::{collections::BTreeMap, time::Duration};

use redis::AsyncCommands;
use serde_json::json;

use crate::{
    client::Client,
    server::Setup,
    shifted_redis::ShiftedRedis,
    socket::{ids, offset},
};

const DAY_MS: i64 = 24 * 3600 * 1000;

const HALF_A_DAY: Duration = Duration::from_secs(12 * 3600);

/// Longer than what a test takes on a busy machine.
const A_LITTLE: Duration = Duration::from_secs(300);

/// The offsets of the events that can be read; all ways to read must agree.
async fn readable(ann: &Client) -> Vec<u64> {
    let activity = ann.activity().await;
    let page = ann.get("activity?after=0-0").await.ok();
    assert_eq!(ids(page["events"].as_array().unwrap()), ids(&activity));
    let mut said = activity.clone();
    said.retain(|event| event["event_type"] == "broadcast.message");
    for call in ["messages", "messages?after=0-0"] {
        let page = ann.get(call).await.ok();
        let messages = page["messages"].as_array().unwrap();
        assert_eq!(ids(messages), ids(&said), "{call}");
    }
    activity.iter().map(offset).collect()
}

#[tokio::test]
async fn events_are_gone_after_a_day() {
    let mut redis = ShiftedRedis::start().await;
    let server = Setup::new().redis(&redis.url()).start().await;
    let ann = server.user("ann").await;
    let say = async || {
        let sent = ann.broadcast("broadcast.message", json!({})).await;
        sent["id"].as_str().unwrap().to_owned()
    };
    let recovered = async |since: &str| {
        let socket = ann.observe_since(since).await;
        socket.welcome["recovered"].as_bool().unwrap()
    };
    let first = say().await;
    redis.advance(Duration::from_secs(1)).await;
    let second = say().await;
    redis.advance(HALF_A_DAY).await;
    let third = say().await;

    // A little less than a day after the first: all is there.
    redis.advance(HALF_A_DAY - A_LITTLE).await;
    assert_eq!(readable(&ann).await, [1, 2, 3]);
    assert!(recovered("0-0").await);
    let mut socket = ann.observe_since(&first).await;
    assert_eq!(socket.welcome["recovered"], true);
    assert_eq!(ids(&socket.stored_events(2).await), [&*second, &*third]);

    // A day after it nobody can read it, even before anything is published that
    // trims the streams; nor resume from before it as if it had not been.
    redis.advance(A_LITTLE).await;
    assert_eq!(readable(&ann).await, [3]);
    for since in ["0-0", &first, &second] {
        assert!(!recovered(since).await, "{since}");
    }
    assert!(recovered(&third).await);
    // Any event trims both.
    let fourth = ann.broadcast("x.other", json!({})).await;
    let fourth = fourth["id"].as_str().unwrap();
    assert_eq!(readable(&ann).await, [3, 4]);
    let mut connection = redis.connection().await;
    for (stream, left) in [("activity", 2), ("messages", 1)] {
        let length: usize = redis::cmd("XLEN")
            .arg(format!("leitl:{stream}:{{default}}"))
            .query_async(&mut connection)
            .await
            .unwrap();
        assert_eq!(length, left, "{stream} keeps what nobody may see");
    }

    // A workspace that falls silent forgets as well.
    redis.advance(2 * HALF_A_DAY - A_LITTLE).await;
    assert_eq!(readable(&ann).await, [4]);
    redis.advance(A_LITTLE).await;
    assert_eq!(readable(&ann).await, [] as [u64; 0]);
    assert!(!recovered(&third).await);
    // Nothing came since.
    assert!(recovered(fourth).await);
    let left: Vec<String> = connection.keys("*").await.unwrap();
    let left = |family: &str| left.iter().any(|key| key.split(':').nth(1) == Some(family));
    for family in ["activity", "messages", "limit", "once", "session"] {
        assert!(!left(family), "{family}");
    }
    // So that a cursor of before is known to be one.
    assert!(left("bus"));
}

#[tokio::test]
async fn what_falls_silent_is_forgotten() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let (cece, claude) = (ann.register("Cece").await, ann.register("Claude").await);
    for agent in [&cece, &claude] {
        let body = json!({"event_type": "broadcast.message", "idempotency_key": "k"});
        agent.client.post("broadcast", body).await.ok();
    }
    cece.client.post("session/end", json!({})).await.ok();
    let mut redis = server.redis().await;
    let keys: Vec<String> = redis.keys("*").await.unwrap();
    let mut lives = BTreeMap::new();
    for key in &keys {
        let life: i64 = redis.pttl(key).await.unwrap();
        lives.insert(key.as_str(), life);
    }
    let mut forgotten = 0;
    for (key, life) in &lives {
        let family = key.split(':').nth(1).unwrap();
        let ended = key.ends_with(&cece.session_id);
        let expires = match family {
            "activity" | "messages" | "limit" | "once" | "lease" => true,
            "session" => ended,
            _ => continue,
        };
        let in_a_day = (1..=DAY_MS).contains(life);
        assert_eq!(in_a_day, expires, "{key} lives for {life} ms");
        forgotten += usize::from(expires);
    }
    assert!(forgotten >= 7, "{lives:?}");
}
