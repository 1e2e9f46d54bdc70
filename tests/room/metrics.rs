//! The five health metrics (protocol document, "Monitoring"), each by what really
//! happens: in `GET status`, over restarts and nodes, and for Prometheus.

use std::sync::{Arc, atomic::Ordering};

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::{Answer, Client},
    context_source::{Source, breakable_server, setup},
    external_redis::ExternalRedis,
    free_port::free_port,
    server::{Setup, eventually},
};

async fn status(client: &Client) -> Value {
    client.get("status").await.ok()
}

/// Waits until the status is so.
async fn status_where(client: &Client, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || {
        let status = status(client).await;
        is_so(&status).then_some(status)
    })
    .await
}

#[tokio::test]
async fn metric_active_session_count() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    assert_eq!(status(&ann).await["active_sessions"], 0);
    let cece = ann.register("Cece").await;
    ann.register("Claude").await;
    assert_eq!(status(&ann).await["active_sessions"], 2);
    let sampled = |status: &Value| status["five_minutes"]["active_sessions"] == 2.0;
    let sampled = status_where(&ann, "sessions are sampled", sampled).await;
    let history = sampled["history"]["active_sessions"].as_array().unwrap();
    assert_eq!(history.len(), 60);
    assert!(history.iter().any(|minute| *minute == 2.0), "{history:?}");
    cece.client.post("session/end", json!({})).await.ok();
    assert_eq!(status(&ann).await["active_sessions"], 1);
    // Of another workspace nothing is told.
    let zoe = server.user_of("other", "zoe").await;
    assert_eq!(status(&zoe).await["active_sessions"], 0);
}

#[tokio::test]
async fn metric_webdav_sync_success_rate() {
    let server = setup().start().await;
    let ann = server.user("ann").await;
    let broken = Arc::default();
    let dav = breakable_server(&broken).await;
    let source = Source::of_scripted(&ann, &dav).await;
    let before = status(&ann).await["five_minutes"]["sync"].clone();
    assert!(before["succeeded"].as_u64().unwrap() >= 1, "{before}");
    assert_eq!(before["failed"], 0);
    assert_eq!(before["success_rate"], 1.0);

    broken.store(true, Ordering::Relaxed);
    assert_eq!(source.sync().await["state"], "failed");
    let failed = |status: &Value| status["five_minutes"]["sync"]["failed"] == 1;
    let after = status_where(&ann, "the failure is counted", failed).await;
    let rate = after["five_minutes"]["sync"]["success_rate"].as_f64();
    assert!(rate.is_some_and(|rate| 0.0 < rate && rate < 1.0), "{after}");
    assert_eq!(after["day"]["sync"]["failed"], 1);
    assert_eq!(after["sources"]["failed"], 1);
}

#[tokio::test]
async fn metric_message_delivery_latency_across_nodes() {
    let redis = ExternalRedis::start().await;
    let setup = Setup::unlimited().redis(&redis.url());
    let here = setup.start().await;
    let there = setup.start().await;
    let ann = here.user("ann").await;
    let mut room = ann.at(&there.url).observe().await;
    ann.count(0..50).await;
    room.stored_events(50).await;
    let counted = |status: &Value| {
        let count = &status["five_minutes"]["delivery"]["count"];
        count.as_u64().is_some_and(|count| count >= 50)
    };
    // The other node asks: what the socket's node counted comes over Redis.
    let status = status_where(&ann, "deliveries are counted", counted).await;
    assert_eq!(status["nodes"], 2);
    assert_eq!(status["open_sockets"], 1);
    let delivery = &status["five_minutes"]["delivery"];
    let quantile = |name: &str| delivery[name].as_f64().unwrap();
    let (p50, p95, p99) = (quantile("p50_ms"), quantile("p95_ms"), quantile("p99_ms"));
    assert!(
        0.0 < p50 && p50 <= p95 && p95 <= p99 && p99 < 20_000.0,
        "{delivery}"
    );
    let minutes = status["history"]["delivery_p95_ms"].as_array().unwrap();
    assert!(minutes.iter().any(Value::is_number), "{minutes:?}");
}

#[tokio::test]
async fn metric_context_cache_hit_rate() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    assert_eq!(
        status(&ann).await["five_minutes"]["cache"],
        json!({"hits": 0, "misses": 0})
    );
    for (call, cached) in [
        ("context?query=alpha&sync=true", false),
        ("context?query=alpha", true),
        ("context?query=beta", true),
        ("context?query=gamma", true),
    ] {
        assert_eq!(ann.get(call).await.ok()["cached"], cached, "{call}");
    }
    assert_eq!(
        status(&ann).await["five_minutes"]["cache"],
        json!({"hits": 3, "misses": 1, "hit_rate": 0.75})
    );
}

#[tokio::test]
async fn metric_websocket_stability() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let mut leaves = ann.observe().await;
    let vanishes = ann.observe().await;
    let _stays = ann.observe_since("1-1").await;
    let open = status(&ann).await;
    assert_eq!(open["open_sockets"], 3);
    leaves.send_message(Message::Close(None)).await;
    // Without a word: the line is cut.
    drop(vanishes);
    let both = |status: &Value| status["five_minutes"]["sockets"]["closed"] == 2;
    let status = status_where(&ann, "both have ended", both).await;
    let sockets = &status["five_minutes"]["sockets"];
    assert_eq!(
        [
            &sockets["opened"],
            &sockets["reconnects"],
            &sockets["abnormal_closes"]
        ],
        [3, 1, 1]
    );
    let life = sockets["mean_life_seconds"].as_f64().unwrap();
    assert!((0.0..60.0).contains(&life), "{life} s");
    assert_eq!(status["open_sockets"], 1);
}

#[tokio::test]
async fn the_history_outlives_restarts_and_crashes() {
    let setup = Setup::new();
    let mut server = setup.start().await;
    let ann = server.user("ann").await;
    ann.get("context?query=alpha").await.ok();
    server.signal(Signal::TERM);
    server.ended().await;

    let mut server = setup.start().await;
    let ann = ann.at(&server.url);
    let cache = |status: &Value| status["day"]["cache"]["hits"].as_u64().unwrap();
    assert_eq!(cache(&status(&ann).await), 1);
    ann.get("context?query=beta").await.ok();
    assert_eq!(cache(&status(&ann).await), 2);
    server.crash().await;

    let server = setup.start().await;
    assert_eq!(cache(&status(&ann.at(&server.url)).await), 2);
}

async fn exposition(client: &Client, path: &str) -> Answer {
    Answer::of(client.request(Method::GET, path)).await
}

/// A sample of an exposition.
fn sample(text: &str, name: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("no {name} in\n{text}"));
    line.trim().parse().unwrap()
}

#[tokio::test]
async fn prometheus_reads_the_node_and_strangers_do_not() {
    let server = Setup::new()
        .with("LEITL_METRICS__TOKEN", "scrape-me")
        .start()
        .await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let mut room = ann.observe().await;
    ann.get("context?query=alpha").await.ok();
    ann.broadcast("x.ping", json!({})).await;
    room.event("x.ping").await;

    exposition(&server.stranger(), "/metrics")
        .await
        .problem(401);
    exposition(&server.client("wrong"), "/metrics")
        .await
        .problem(401);
    exposition(&cece.client, "/metrics").await.problem(403);
    let zoe = server.user_of("other", "zoe").await;
    exposition(&zoe, "/metrics").await.problem(403);
    assert_eq!(exposition(&ann, "/metrics").await.status, 200);

    let scraper = server.client("scrape-me");
    let text = eventually("the sessions are counted", async || {
        let answer = exposition(&scraper, "/metrics").await;
        assert_eq!(answer.status, 200);
        assert!(
            answer
                .header("content-type")
                .starts_with("application/openmetrics-text")
        );
        let text = answer.text;
        (sample(&text, "leitl_active_sessions") == 1.0).then_some(text)
    })
    .await;
    for (name, value) in [
        ("leitl_sockets_open", 1.0),
        ("leitl_redis_up", 1.0),
        (r#"leitl_context_answers_total{cache="hit"}"#, 1.0),
        (r#"leitl_context_answers_total{cache="miss"}"#, 0.0),
        (r#"leitl_sockets_opened_total{resumed="no"}"#, 1.0),
        (r#"leitl_alerts{kind="sync_failure"}"#, 0.0),
    ] {
        assert_eq!(sample(&text, name), value, "{name}");
    }
    let count = sample(&text, "leitl_delivery_seconds_count");
    assert!(count >= 1.0);
    assert_eq!(
        sample(&text, r#"leitl_delivery_seconds_bucket{le="+Inf"}"#),
        count
    );
    assert!(text.trim_end().ends_with("# EOF"));
    // Labels stay few: no workspace, no user, no session.
    for name in ["default", "ann", "Cece", cece.session_id.as_str()] {
        assert!(!text.contains(name), "{name} in\n{text}");
    }
}

#[tokio::test]
async fn metrics_can_have_an_address_of_their_own() {
    let port = free_port();
    let server = Setup::new()
        .with("LEITL_METRICS__ADDR", format!("127.0.0.1:{port}"))
        .start()
        .await;
    let elsewhere = server.stranger().at(&format!("http://127.0.0.1:{port}"));
    let answer = exposition(&elsewhere, "/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(sample(&answer.text, "leitl_redis_up"), 1.0);
    assert_eq!(
        exposition(&elsewhere, "/api/leitl/health").await.status,
        404
    );
}

/// While Redis is away: what was last known, and that it is away. Metrics go on.
#[tokio::test]
async fn the_status_answers_while_redis_is_away() {
    let mut redis = ExternalRedis::start().await;
    let server = Setup::new().redis(&redis.url()).start().await;
    let ann = server.user("ann").await;
    let _room = ann.observe().await;
    ann.register("Cece").await;
    assert_eq!(status(&ann).await["redis"], json!({"available": true}));
    redis.kill();
    let away = |status: &Value| {
        status["redis"]["available"] == false && !status["alerts"].as_array().unwrap().is_empty()
    };
    let told = status_where(&ann, "the loss is told", away).await;
    assert_eq!(told["alerts"][0]["kind"], "redis_connection_loss");
    assert_eq!(told["active_sessions"], 1);
    assert!(told["redis"]["away_since"].is_string());
    server.client("forged").get("status").await.problem(401);
    let text = exposition(&ann, "/metrics").await.text;
    assert_eq!(sample(&text, "leitl_redis_up"), 0.0);
    assert_eq!(
        sample(&text, r#"leitl_alerts{kind="redis_connection_loss"}"#),
        1.0
    );

    // What was counted meanwhile is not lost.
    ann.get("context?query=alpha").await.problem(503);
    redis.restart().await;
    status_where(&ann, "Redis is back", |status| {
        status["redis"]["available"] == true
    })
    .await;
}
