//! A Redis that lost what it had: whoever listens must learn of it, even while
//! nobody publishes, and never go on as if nothing were missing.

use std::fs::{self, File};

use crate::{
    client::Client,
    external_redis::ExternalRedis,
    server::{Server, Setup},
    socket::{Socket, assert_gapless, ids},
};

async fn room() -> (ExternalRedis, Server, Client) {
    let redis = ExternalRedis::start().await;
    let server = Setup::unlimited().redis(&redis.url()).start().await;
    let ann = server.user("ann").await;
    (redis, server, ann)
}

async fn forget_everything(redis: &ExternalRedis) {
    redis::cmd("FLUSHALL")
        .query_async::<()>(&mut redis.connection().await)
        .await
        .unwrap();
}

/// Told to join anew; then what it has is void.
async fn must_join_anew(ann: &Client, socket: &mut Socket, since: &str) -> Socket {
    assert_eq!(socket.close_code().await, 1012);
    let again = ann.observe_since(since).await;
    assert_eq!(again.welcome["recovered"], false);
    again
}

#[tokio::test]
async fn a_flush_is_noticed_while_nobody_publishes() {
    let (redis, _server, ann) = room().await;
    let mut socket = ann.observe().await;
    ann.count(0..3).await;
    let since = ids(&socket.stored_events(3).await).pop().unwrap();
    forget_everything(&redis).await;
    let mut again = must_join_anew(&ann, &mut socket, &since).await;
    ann.count(3..6).await;
    assert_gapless(0, &again.stored_events(3).await);
    again.assert_open().await;
}

/// What it heard last is nothing: that cannot be missing from a Redis that has
/// nothing.
#[tokio::test]
async fn a_flush_is_noticed_where_nothing_was_published_yet() {
    let (redis, _server, ann) = room().await;
    let mut socket = ann.observe().await;
    forget_everything(&redis).await;
    assert_eq!(socket.close_code().await, 1012);
    let mut again = ann.observe().await;
    ann.count(0..3).await;
    assert_gapless(0, &again.stored_events(3).await);
}

#[tokio::test]
async fn a_flush_is_noticed_by_the_next_event() {
    let (redis, _server, ann) = room().await;
    let mut socket = ann.observe().await;
    ann.count(0..3).await;
    let since = ids(&socket.stored_events(3).await).pop().unwrap();
    forget_everything(&redis).await;
    ann.count(0..3).await;
    let mut again = must_join_anew(&ann, &mut socket, &since).await;
    ann.count(3..6).await;
    assert_gapless(3, &again.stored_events(3).await);
}

/// A crash may take the last moment with it. The epoch is then the same, and the
/// offsets come a second time.
#[tokio::test]
async fn a_cut_journal_is_no_silent_hole() {
    let (mut redis, _server, ann) = room().await;
    let mut socket = ann.observe().await;
    ann.count(0..3).await;
    let kept = ids(&socket.stored_events(3).await).pop().unwrap();
    let length = fs::metadata(redis.journal()).unwrap().len();
    ann.count(3..6).await;
    let lost = ids(&socket.stored_events(3).await).pop().unwrap();
    redis.kill();
    let journal = File::options().write(true).open(redis.journal()).unwrap();
    journal.set_len(length).unwrap();
    redis.restart().await;

    must_join_anew(&ann, &mut socket, &lost).await;
    // Who had not heard what was lost goes on where it was.
    let mut behind = ann.observe_since(&kept).await;
    assert_eq!(behind.welcome["recovered"], true);
    ann.count(6..9).await;
    assert_gapless(3, &behind.stored_events(3).await);
    // Its place was taken by another event, which does not make it valid again.
    let never = ann.observe_since(&lost).await;
    assert_eq!(never.welcome["recovered"], false);
}
