//! What must be forgotten is: the logs after 24 hours (protocol document,
//! "Privacy"), an ended session, rate limits and idempotency keys.
//!
//! Nobody can wait a day in a test, so entries are made older in Redis, by the
//! keys of design, section 5.

use std::collections::BTreeMap;

use redis::{AsyncCommands, aio::MultiplexedConnection};
use serde_json::json;

use crate::{
    forgery::now,
    server::Setup,
    socket::{ids, offset},
};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Writes a stream anew, its entries at other times but with their offsets.
async fn move_in_time(redis: &mut MultiplexedConnection, stream: &str, hours_ago: &[i64]) {
    type Entry = (String, Vec<(String, String)>);
    let entries: Vec<Entry> = redis::cmd("XRANGE")
        .arg(&[stream, "-", "+"])
        .query_async(redis)
        .await
        .unwrap();
    assert_eq!(entries.len(), hours_ago.len());
    redis.del::<_, ()>(stream).await.unwrap();
    for ((id, fields), hours) in entries.iter().zip(hours_ago) {
        let offset = id.split_once('-').unwrap().1;
        let millis = (now() - hours * 3600) * 1000;
        redis::cmd("XADD")
            .arg(stream)
            .arg(format!("{millis}-{offset}"))
            .arg(fields)
            .query_async::<()>(redis)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn events_are_gone_after_a_day() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    for n in 0..3 {
        ann.broadcast("broadcast.message", json!({"n": n})).await;
    }
    let mut redis = server.redis().await;
    let streams = ["leitl:activity:{default}", "leitl:messages:{default}"];
    for stream in streams {
        move_in_time(&mut redis, stream, &[25, 23, 1]).await;
    }
    // Even before anything is published that would trim the streams.
    let activity = ann.activity().await;
    assert_eq!(activity.iter().map(offset).collect::<Vec<_>>(), [2, 3]);
    for call in ["messages", "messages?after=0-0"] {
        let page = ann.get(call).await.ok();
        let messages = page["messages"].as_array().unwrap();
        assert_eq!(
            messages.iter().map(offset).collect::<Vec<_>>(),
            [2, 3],
            "{call}"
        );
    }
    let page = ann.get("activity?after=0-0").await.ok();
    assert_eq!(ids(page["events"].as_array().unwrap()), ids(&activity));

    ann.broadcast("broadcast.message", json!({})).await;
    for stream in streams {
        let length: usize = redis::cmd("XLEN")
            .arg(stream)
            .query_async(&mut redis)
            .await
            .unwrap();
        assert_eq!(length, 3, "{stream} keeps what nobody may see");
    }
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
