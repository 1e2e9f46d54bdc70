//! What it costs to know how the server fares: counting a delivery, and `/metrics`
//! with many sessions.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::ensure;
use futures::{StreamExt, TryStreamExt, stream};
use leitl::server::{auth::Workspace, ops::Meters};
use reqwest::Client;
use serde_json::json;
use tokio::time::sleep;

use crate::server::Server;

/// How many deliveries are counted, and how many of them at once: as a busy socket
/// writes them, and as a quiet one does.
const DELIVERIES: usize = 2_000_000;
const BATCHES: [usize; 2] = [64, 1];

/// How many sessions are live while `/metrics` is asked for.
const SESSIONS: usize = 10_000;
const REGISTERING: usize = 16;
const SCRAPES: usize = 200;

/// Nanoseconds for counting one delivery, in the worse of the two ways.
pub fn counting() -> f64 {
    let meters = Meters::default();
    let meter = meters.of(&Workspace::main());
    let now = meters.clock().at(Instant::now());
    let mut worst = 0.0_f64;
    for batch in BATCHES {
        let published: Vec<u64> = (0..batch as u64).map(|n| now - n * 37).collect();
        let began = Instant::now();
        for _ in 0..DELIVERIES / batch {
            meter.delivered(black_box(&published));
        }
        let each = began.elapsed().as_nanos() as f64 / DELIVERIES as f64;
        println!("counting a delivery, {batch} at once: {each:.0} ns");
        worst = worst.max(each);
    }
    worst
}

/// How long `/metrics` takes with many sessions, at the 99th percentile.
pub async fn scraping(server: &Server) -> anyhow::Result<Duration> {
    let client = Client::new();
    let url = |path: &str| format!("http://{}{path}", server.address());
    let register = |n: usize| {
        let request = client
            .post(url("/api/leitl/session/register"))
            .bearer_auth(server.token())
            .json(&json!({"agent_name": format!("Agent {n}"), "agent_type": "bench"}));
        async move { request.send().await?.error_for_status().map(|_| ()) }
    };
    stream::iter(0..SESSIONS)
        .map(register)
        .buffer_unordered(REGISTERING)
        .try_collect::<()>()
        .await?;
    let scrape = async || {
        let request = client.get(url("/metrics")).bearer_auth(server.token());
        request.send().await?.error_for_status()?.text().await
    };
    // The number of sessions is looked at every few seconds.
    let counted = format!("leitl_active_sessions {SESSIONS}\n");
    let mut tries = 0;
    while !scrape().await?.contains(&counted) {
        tries += 1;
        ensure!(tries < 100, "/metrics never says {counted}");
        sleep(Duration::from_millis(100)).await;
    }
    let mut took = Vec::with_capacity(SCRAPES);
    for _ in 0..SCRAPES {
        let began = Instant::now();
        scrape().await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let (median, last) = (took[SCRAPES / 2], took[SCRAPES * 99 / 100]);
    println!("/metrics with {SESSIONS} sessions: p50 {median:.1?}, p99 {last:.1?}");
    Ok(last)
}
