//! Stopping, and starting again on the same data.

use std::{process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    time::{Instant, timeout},
};

use crate::{
    server::{Setup, eventually, is_running},
    socket::{assert_gapless, ids, offset},
};

/// The longest a stop may take (the issue: SIGTERM with sockets open).
const LONGEST_STOP_SECONDS: u64 = 10;

#[tokio::test]
async fn a_stop_tells_the_sockets_and_a_restart_has_everything() {
    let setup = Setup::unlimited();
    let mut server = setup.start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let mut sockets = [ann.observe().await, ann.observe().await, cece.join().await];
    cece.client.count(0..5).await;
    let mut last = Vec::new();
    for socket in &mut sockets {
        last = socket.stored_events(5).await;
    }
    cece.client.count(5..8).await;
    let redis = server.redis_process().await;

    let start = Instant::now();
    server.signal(Signal::TERM);
    for socket in &mut sockets {
        let draining = socket.control("draining").await;
        assert!(draining["retry_after_ms"].is_u64(), "{draining}");
        assert_eq!(socket.close_code().await, 1012);
    }
    let status = server.ended().await;
    assert_eq!(status.code(), Some(0), "{status}");
    assert!(start.elapsed().as_secs() < LONGEST_STOP_SECONDS);
    assert!(!is_running(redis), "Redis was left behind");
    drop(server);

    let server = setup.start().await;
    let ann = ann.at(&server.url);
    let cece = cece.at(&server.url);
    assert_eq!(cece.seen().await.unwrap()["agent_name"], "Cece");
    let since = ids(&last).pop().unwrap();
    let mut socket = cece.join_since(&since).await;
    assert_eq!(socket.welcome["recovered"], true);
    ann.count(8..10).await;
    let rest = socket.stored_events(5).await;
    assert_gapless(offset(&last[4]), &rest);
    let numbers: Vec<_> = rest
        .iter()
        .map(|event| event["data"]["n"].clone())
        .collect();
    assert_eq!(json!(numbers), json!([5, 6, 7, 8, 9]));
    cece.heartbeat().await;
}

/// A peer that hangs must not keep a stop from ending.
#[tokio::test]
async fn a_stop_does_not_wait_for_a_socket_that_does_not_read() {
    let mut server = Setup::new().start().await;
    let ann = server.user("ann").await;
    // Never read from again.
    let _stuck = ann.observe().await;
    let redis = server.redis_process().await;
    let start = Instant::now();
    server.signal(Signal::INT);
    let status = server.ended().await;
    assert_eq!(status.code(), Some(0), "{status}");
    assert!(start.elapsed().as_secs() < LONGEST_STOP_SECONDS);
    assert!(!is_running(redis), "Redis was left behind");
}

/// Whoever started the server may be gone, and the other end of its output with it.
#[tokio::test]
async fn a_server_whose_output_nobody_reads_still_stops() {
    let setup = Setup::new();
    let mut process = setup
        .binary()
        .args(["serve", "--addr", "127.0.0.1:0", "--data-dir"])
        .arg(setup.data_dir())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let first = lines.next_line().await.unwrap().unwrap();
    assert!(first.starts_with("LEITL is live"), "{first}");
    drop((lines, process.stderr.take()));
    let id = Pid::from_raw(process.id().unwrap().cast_signed()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    let status = timeout(Duration::from_secs(LONGEST_STOP_SECONDS), process.wait()).await;
    if status.is_err() {
        kill_process(id, Signal::KILL).unwrap();
    }
    assert_eq!(status.expect("it did not stop").unwrap().code(), Some(0));
}

#[tokio::test]
async fn a_crash_loses_nothing() {
    let setup = Setup::unlimited();
    let mut server = setup.start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    cece.client.count(0..20).await;
    let before = ann.activity().await;
    assert_eq!(before.len(), 21);
    let redis = server.redis_process().await;
    server.crash().await;

    // The Redis of before may still run: it must neither be used by two nor stop
    // the new server from starting.
    let again = setup.start().await;
    let ann = ann.at(&again.url);
    assert_eq!(ann.activity().await, before);
    assert_eq!(ann.active().await.len(), 1);
    assert_ne!(again.redis_process().await, redis);
    eventually("the Redis of before is gone", async || {
        (!is_running(redis)).then_some(())
    })
    .await;
    let since = before[10]["id"].as_str().unwrap();
    let mut socket = ann.observe_since(since).await;
    cece.at(&again.url).client.count([20]).await;
    assert_gapless(offset(&before[10]), &socket.stored_events(11).await);
}
