//! Metrics are forgotten after 24 hours (protocol document, "Privacy"), by the clock
//! of Redis.

use std::time::Duration;

use crate::{
    client::Client,
    server::{Setup, eventually},
    shifted_redis::ShiftedRedis,
};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// How many answers count in a window, whether they waited or not.
async fn answers(client: &Client, window: &str) -> u64 {
    let status = client.get("status").await.ok();
    let cache = &status[window]["cache"];
    let count = |member: &str| cache[member].as_u64().unwrap();
    count("hits") + count("misses")
}

/// Waits until so many answers count in a window.
async fn answers_are(client: &Client, window: &str, count: u64) {
    eventually(&format!("{count} in {window}"), async || {
        (answers(client, window).await == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn metrics_age_by_the_minute_and_are_gone_after_a_day() {
    let mut redis = ShiftedRedis::start().await;
    let server = Setup::new().redis(&redis.url()).start().await;
    let ann = server.user("ann").await;
    ann.get("context?query=alpha").await.ok();
    for window in ["five_minutes", "hour", "day"] {
        answers_are(&ann, window, 1).await;
    }
    redis.advance(6 * MINUTE).await;
    answers_are(&ann, "five_minutes", 0).await;
    assert_eq!(answers(&ann, "hour").await, 1);
    redis.advance(HOUR).await;
    answers_are(&ann, "hour", 0).await;
    assert_eq!(answers(&ann, "day").await, 1);
    // Two minutes less than a day.
    redis.advance(23 * HOUR - 8 * MINUTE).await;
    assert_eq!(answers(&ann, "day").await, 1);
    redis.advance(3 * MINUTE).await;
    answers_are(&ann, "day", 0).await;
    // Not only hidden: with the next count it is gone from Redis as well.
    ann.get("context?query=beta").await.ok();
    answers_are(&ann, "day", 1).await;
}
