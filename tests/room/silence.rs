//! Sessions that fall silent.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{interval, sleep};

use crate::{
    agent::Agent,
    server::{PATIENCE, Setup},
    socket::Socket,
};

/// The next thing that the room hears of a session, heartbeats aside: type and
/// status or reason.
async fn news(room: &mut Socket, agent: &Agent) -> (String, String) {
    loop {
        let event = room.stored().await;
        if event["session_id"] == *agent.session_id {
            let data = &event["data"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let what = [&data["status"], &data["reason"]];
            let what = what.into_iter().find(|value| value.is_string());
            return (
                text(&event["event_type"]),
                text(what.unwrap_or(&Value::Null)),
            );
        }
    }
}

#[track_caller]
fn assert_news((event_type, what): (String, String), expected: (&str, &str)) {
    assert_eq!((event_type.as_str(), what.as_str()), expected);
}

#[tokio::test]
async fn a_silent_session_goes_stale_comes_back_and_ends() {
    let server = Setup::new().silence(1, 3).start().await;
    let ann = server.user("ann").await;
    let mut room = ann.observe().await;
    let cece = ann.register("Cece").await;
    let mut socket = cece.join().await;
    assert_news(news(&mut room, &cece).await, ("session.started", "active"));

    assert_news(news(&mut room, &cece).await, ("session.updated", "stale"));
    assert_eq!(cece.seen().await.unwrap()["status"], "stale");

    let session = json!({"session_id": cece.session_id});
    let answer = ann.post("session/heartbeat", session.clone()).await.ok();
    assert_eq!(answer["status"], "active");
    assert_news(news(&mut room, &cece).await, ("session.updated", "active"));

    assert_news(news(&mut room, &cece).await, ("session.updated", "stale"));
    assert_news(news(&mut room, &cece).await, ("session.ended", "timeout"));
    assert_eq!(socket.close_code().await, 4408);
    assert_eq!(ann.active().await, [] as [Value; 0]);
    ann.post("session/heartbeat", session).await.problem(404);
    cece.client
        .post("session/heartbeat", json!({}))
        .await
        .problem(401);
}

/// Whatever an agent sends is a sign of life; an open socket alone is none.
#[tokio::test]
async fn any_valid_frame_keeps_a_session_alive() {
    let server = Setup::unlimited().silence(2, 3).start().await;
    let ann = server.user("ann").await;
    let mut room = ann.observe().await;
    let agents = [
        ann.register("Beats").await,
        ann.register("Pings").await,
        ann.register("Speaks").await,
    ];
    let [mut beats, mut pings, mut speaks] = [
        agents[0].join().await,
        agents[1].join().await,
        agents[2].join().await,
    ];
    let silent = ann.register("Silent").await;
    let _open = silent.join().await;
    let talk = async {
        let mut ticks = interval(Duration::from_millis(100));
        loop {
            ticks.tick().await;
            beats.send(json!({"type": "heartbeat"})).await;
            pings.send(json!({"type": "ping"})).await;
            speaks.send_broadcast("r", "x.alive", json!({})).await;
        }
    };
    let mut heard = Vec::new();
    let listen = async {
        loop {
            let event = room.stored().await;
            if event["event_type"] == "session.ended" {
                return event["session_id"].clone();
            }
            heard.push(event);
        }
    };
    let ended = tokio::select! {
        ended = listen => ended,
        () = talk => unreachable!(),
        () = sleep(PATIENCE) => panic!("the silent session never ends"),
    };
    assert_eq!(ended, *silent.session_id);
    for agent in &agents {
        assert_eq!(agent.seen().await.unwrap()["status"], "active");
        let stale = heard.iter().find(|event| {
            event["session_id"] == *agent.session_id && event["data"]["status"] == "stale"
        });
        assert!(stale.is_none(), "{stale:?}");
    }
}
