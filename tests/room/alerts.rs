//! The four alerts (protocol document, "Monitoring"), each by its real cause: raised
//! once and cleared once, however many nodes look.

use std::sync::{Arc, atomic::Ordering};

use axum::{http::StatusCode, response::IntoResponse};
use http::HeaderMap;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::{
    client::Client,
    context_source::{self, Source, breakable_server},
    external_redis::ExternalRedis,
    server::{Setup, eventually},
    slow_consumer::narrow_observer,
    webdav::scripted::Scripted,
};

/// An alert is cleared soon after its cause has gone.
fn soon(setup: Setup) -> Setup {
    setup.with("LEITL_ALERTS__CLEAR_AFTER_SECONDS", 1)
}

/// The alerts that are raised.
async fn raised(client: &Client) -> Vec<Value> {
    let status = client.get("status").await.ok();
    status["alerts"].as_array().unwrap().clone()
}

/// Waits until an alert of a kind is raised.
async fn raised_of(client: &Client, kind: &str) -> Value {
    eventually(&format!("{kind} is raised"), async || {
        let alerts = raised(client).await;
        alerts.into_iter().find(|alert| alert["kind"] == kind)
    })
    .await
}

/// Waits until none is raised.
async fn all_cleared(client: &Client) {
    eventually("all alerts are cleared", async || {
        raised(client).await.is_empty().then_some(())
    })
    .await;
}

/// What the activity log tells of alerts of a kind, oldest first.
async fn told(client: &Client, kind: &str) -> Vec<(String, Value)> {
    let events = client.activity().await;
    events
        .into_iter()
        .filter(|event| event["data"]["kind"] == kind)
        .map(|event| {
            let event_type = event["event_type"].as_str().unwrap().to_owned();
            (event_type, event["data"].clone())
        })
        .collect()
}

/// That an alert was raised once and cleared once; returns it as it was cleared.
async fn assert_once(client: &Client, kind: &str) -> Value {
    let told = told(client, kind).await;
    let types: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(types, ["alert.raised", "alert.cleared"], "{told:#?}");
    let (raised, cleared) = (&told[0].1, &told[1].1);
    for member in ["id", "kind", "subject", "summary", "raised_at"] {
        assert_eq!(raised[member], cleared[member], "{member}");
    }
    assert!(raised["cleared_at"].is_null(), "{raised}");
    let at = |member: &str| cleared[member].as_str().unwrap();
    assert!(at("raised_at") <= at("cleared_at"), "{cleared}");
    cleared.clone()
}

#[tokio::test]
async fn alert_session_heartbeat_timeout() {
    let redis = ExternalRedis::start().await;
    let setup = soon(Setup::new().silence(2, 60)).redis(&redis.url());
    let here = setup.start().await;
    let there = setup.start().await;
    let ann = here.user("ann").await;
    let bob = there.user("bob").await;
    let mut room = bob.observe().await;
    let cece = ann.register("Cece").await;
    assert_eq!(raised(&ann).await, [] as [Value; 0]);

    // The agent has stopped.
    let event = room.event("alert.raised").await;
    assert_eq!(event["data"]["kind"], "heartbeat_timeout");
    assert_eq!(event["data"]["subject"], *cece.session_id);
    assert_eq!(
        event["data"]["summary"],
        "Cece has sent no heartbeat for 2 s"
    );
    assert_eq!(raised(&ann).await, [event["data"].clone()]);
    assert_eq!(raised(&bob).await, raised(&ann).await);

    // It is there again.
    let mut socket = cece.join().await;
    let alive = async { socket.beat_forever().await };
    let cleared = async {
        let cleared = room.event("alert.cleared").await;
        assert_eq!(cleared["data"]["id"], event["data"]["id"]);
        all_cleared(&ann).await;
    };
    tokio::select! {
        () = cleared => {}
        _ = alive => unreachable!(),
    }
    assert_once(&ann, "heartbeat_timeout").await;
}

/// What comes and goes within `clear_after_seconds` is one alert.
#[tokio::test]
async fn an_alert_that_flaps_is_one_alert() {
    let server = Setup::new()
        .silence(1, 60)
        .with("LEITL_ALERTS__CLEAR_AFTER_SECONDS", 4)
        .start()
        .await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let first = raised_of(&ann, "heartbeat_timeout").await;
    for _ in 0..3 {
        cece.client.post("session/heartbeat", json!({})).await.ok();
        // Silent again.
        eventually("the session is stale", async || {
            (cece.seen().await.unwrap()["status"] == "stale").then_some(())
        })
        .await;
        assert_eq!(raised_of(&ann, "heartbeat_timeout").await, first);
    }
    // One that ends has no heartbeat to wait for.
    cece.client.post("session/end", json!({})).await.ok();
    all_cleared(&ann).await;
    assert_once(&ann, "heartbeat_timeout").await;
}

#[tokio::test]
async fn alert_webdav_sync_failure() {
    let server = soon(context_source::setup()).start().await;
    let ann = server.user("ann").await;
    let bob = server.user("bob").await;
    let broken = Arc::default();
    let dav = breakable_server(&broken).await;
    let source = Source::of_scripted(&ann, &dav).await;
    assert_eq!(raised(&ann).await, [] as [Value; 0]);

    broken.store(true, Ordering::Relaxed);
    source.sync().await;
    let alert = raised_of(&ann, "sync_failure").await;
    assert_eq!(alert["subject"], format!("ann/{}", source.id));
    assert_eq!(alert["summary"], "The source Script cannot be synchronised");
    // Others see that it fails, and nothing of where it is or why.
    let seen = raised_of(&bob, "sync_failure").await;
    assert!(!seen.to_string().contains(&dav.url), "{seen}");
    // Failing on is no second alert.
    source.sync().await;
    broken.store(false, Ordering::Relaxed);
    source.sync().await;
    all_cleared(&ann).await;
    assert_once(&ann, "sync_failure").await;
}

#[tokio::test]
async fn the_alert_of_a_source_goes_with_the_source() {
    let server = soon(context_source::setup()).start().await;
    let ann = server.user("ann").await;
    let dav = Scripted::start(|request| match request.method.as_str() {
        // It lets us in, and then has nothing to say.
        "OPTIONS" => StatusCode::OK.into_response(),
        _ if request.header("depth") == "0" => {
            crate::webdav::answers::multistatus_of([crate::webdav::answers::folder("/")])
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    })
    .await;
    let body = json!({"name": "Script", "url": dav.url, "auth": "none"});
    let added = ann.post("sources", body).await.ok();
    raised_of(&ann, "sync_failure").await;
    let id = json!({"id": added["id"]});
    ann.post("sources/delete", id).await.ok();
    all_cleared(&ann).await;
    assert_once(&ann, "sync_failure").await;
}

#[tokio::test]
async fn alert_redis_connection_loss() {
    let mut redis = ExternalRedis::start().await;
    let setup = soon(Setup::new()).redis(&redis.url());
    let here = setup.start().await;
    let there = setup.start().await;
    let ann = here.user("ann").await;
    ann.register("Cece").await;
    let mut room = ann.observe().await;
    let _other_room = ann.at(&there.url).observe().await;

    redis.kill();
    let alert = raised_of(&ann, "redis_connection_loss").await;
    assert_eq!(alert["subject"], "redis");
    raised_of(&ann.at(&there.url), "redis_connection_loss").await;
    redis.restart().await;

    let raised = room.event("alert.raised").await;
    assert_eq!(raised["data"]["kind"], "redis_connection_loss");
    // The stream says since when, not when it could be said.
    assert!(raised["data"]["raised_at"].as_str() < raised["timestamp"].as_str());
    room.event("alert.cleared").await;
    all_cleared(&ann).await;
    all_cleared(&ann.at(&there.url)).await;
    assert_once(&ann, "redis_connection_loss").await;
    for server in [&here, &there] {
        assert!(server.log().contains("lost its connection to Redis"));
    }
}

#[tokio::test]
async fn alert_message_queue_backlog() {
    let server = soon(Setup::unlimited()).start().await;
    let ann = server.user("ann").await;
    // It reads nothing while much is published.
    let slow = narrow_observer(&server, &ann).await;
    let mut speaker = ann.register("Speaker").await.join().await;
    let text = "a".repeat(12 * 1024);
    // More than the buffers on the way hold, until it is seen: some seconds later the
    // socket is closed, and then it is over.
    let speak = async {
        loop {
            speaker
                .send_broadcast("r", "x.much", json!({"text": text}))
                .await;
            assert_eq!(speaker.answer("r").await["type"], "ack");
        }
    };
    let alert = tokio::select! {
        alert = raised_of(&ann, "message_backlog") => alert,
        () = speak => unreachable!(),
    };
    let status = ann.get("status").await.ok();
    assert_eq!(alert["subject"], status["node"]);
    drop(slow);
    all_cleared(&ann).await;
    assert_once(&ann, "message_backlog").await;
}

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

#[tokio::test]
async fn webhooks_are_signed_and_sent_until_they_are_taken() {
    let refusals = std::sync::atomic::AtomicUsize::new(2);
    let receiver = Scripted::start(move |_| {
        let left = refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        });
        match left {
            Ok(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Err(_) => StatusCode::NO_CONTENT.into_response(),
        }
    })
    .await;
    let server = soon(Setup::new().silence(1, 3))
        .with(
            "LEITL_ALERTS__WEBHOOK_URL",
            format!("{}hook?key=of-the-url", receiver.url),
        )
        .with("LEITL_ALERTS__WEBHOOK_SECRET", SECRET)
        .start()
        .await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let taken = eventually("both webhooks were taken", async || {
        let requests = receiver.requests();
        (requests.len() == 4).then_some(requests)
    })
    .await;
    let signer = Webhook::new(SECRET).unwrap();
    let mut ids = Vec::new();
    for request in &taken {
        let headers: HeaderMap = request.headers.clone();
        signer.verify(request.body.as_bytes(), &headers).unwrap();
        ids.push(request.header("webhook-id").to_owned());
    }
    // Two refused tries of the first, its third, and the second at once.
    assert_eq!((&ids[0], &ids[0]), (&ids[1], &ids[2]));
    assert_ne!(ids[2], ids[3]);
    let bodies: Vec<Value> = [&taken[2], &taken[3]]
        .map(|request| serde_json::from_str(&request.body).unwrap())
        .to_vec();
    assert_eq!(bodies[0]["type"], "alert.raised");
    assert_eq!(bodies[1]["type"], "alert.cleared");
    for body in &bodies {
        assert_eq!(body["workspace"], "default");
        assert_eq!(body["data"]["subject"], *cece.session_id);
    }
    assert_eq!(bodies[0]["data"]["id"], bodies[1]["data"]["id"]);
    let log = server.log();
    assert!(
        !log.contains("of-the-url") && !log.contains("whsec_"),
        "{log}"
    );
    assert!(
        log.contains("a webhook was not taken: it answered 500"),
        "{log}"
    );
}
