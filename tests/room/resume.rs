//! Cut sockets come back with `since` and have lost nothing (design, section 4).

use serde_json::{Value, json};

use crate::{
    client::Client,
    server::{Setup, eventually},
    socket::{Frame, Socket, assert_gapless, ids, offset},
};

/// The id of the newest event.
async fn newest(client: &Client) -> String {
    let activity = client.activity().await;
    activity.last().unwrap()["id"].as_str().unwrap().to_owned()
}

fn numbers(events: &[Value]) -> Vec<u64> {
    events
        .iter()
        .map(|event| event["data"]["n"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_cut_socket_gets_what_it_missed_once_and_in_order() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let (cece, claude) = (ann.register("Cece").await, ann.register("Claude").await);
    let mut socket = claude.join().await;
    cece.client.count(0..5).await;
    let before = socket.stored_events(5).await;
    let last = ids(&before).pop().unwrap();
    drop(socket);
    cece.client.count(5..205).await;

    let mut socket = claude.join_since(&last).await;
    assert_eq!(socket.welcome["recovered"], true);
    assert_eq!(socket.welcome["last_id"], newest(&ann).await);
    let missed = socket.stored_events(200).await;
    assert_gapless(offset(before.last().unwrap()), &missed);
    assert_eq!(numbers(&missed), (5..205).collect::<Vec<_>>());
    // And the live flow goes on from there.
    cece.client.count([205]).await;
    assert_eq!(numbers(&[socket.stored().await]), [205]);
}

/// The stream is read while more is published: the seam between the two is where
/// events would be lost or doubled. An observer and an agent are cut again and
/// again, each in the middle of what comes.
#[tokio::test]
async fn a_rejoin_while_others_publish_has_no_seam() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let (cece, claude) = (ann.register("Cece").await, ann.register("Claude").await);
    let start = newest(&ann).await;
    let total = 600;
    let listen = async |agent: bool| {
        let mut heard: Vec<Value> = Vec::new();
        let mut joins = 0;
        while heard.len() < total {
            let since = ids(&heard).pop().unwrap_or_else(|| start.clone());
            let mut socket = match agent {
                true => claude.join_since(&since).await,
                false => ann.observe_since(&since).await,
            };
            assert_eq!(socket.welcome["recovered"], true);
            joins += 1;
            let portion = 40.min(total - heard.len());
            heard.extend(socket.stored_events(portion).await);
        }
        assert!(joins > 10);
        heard
    };
    let (by_agent, by_observer, _, _) = tokio::join!(
        listen(true),
        listen(false),
        cece.client.count(0..300),
        ann.count(0..300)
    );
    let first = offset(&by_agent[0]) - 1;
    assert_eq!(first, offset(&json!({"id": start})));
    assert_gapless(first, &by_agent);
    assert_eq!(by_agent, by_observer);
}

#[tokio::test]
async fn the_beginning_can_be_joined_and_no_cursor_means_from_now_on() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let mut empty = ann.observe_since("0-0").await;
    assert_eq!(empty.welcome["recovered"], true);
    assert_eq!(empty.welcome["last_id"], "0-0");
    ann.count(0..3).await;
    assert_gapless(0, &empty.stored_events(3).await);

    let mut from_start = ann.observe_since("0-0").await;
    assert_eq!(from_start.welcome["recovered"], true);
    assert_gapless(0, &from_start.stored_events(3).await);

    let mut from_now = ann.observe().await;
    assert_eq!(from_now.welcome["recovered"], true);
    let mut up_to_date = ann.observe_since(&newest(&ann).await).await;
    assert_eq!(up_to_date.welcome["recovered"], true);
    ann.count([3]).await;
    for socket in [&mut from_now, &mut up_to_date, &mut from_start] {
        assert_eq!(numbers(&[socket.stored().await]), [3]);
    }
}

#[tokio::test]
async fn a_cursor_that_is_not_in_the_stream_is_not_recovered() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    ann.count(0..5).await;
    let millis = newest(&ann).await;
    let millis = millis.split_once('-').unwrap().0.to_owned();
    let unknown = [
        "garbage".to_owned(),
        "1-1".to_owned(),
        "9999999999999-3".to_owned(),
        format!("{millis}-999"),
        "18446744073709551615-18446744073709551615".to_owned(),
        "99999999999999999999999-1".to_owned(),
        "-1-2".to_owned(),
        "%20%00".to_owned(),
    ];
    for (n, since) in (5..).zip(&unknown) {
        let mut socket = ann.observe_since(since).await;
        assert_eq!(socket.welcome["recovered"], false, "{since}");
        assert_eq!(socket.welcome["last_id"], newest(&ann).await);
        // Nothing old comes, and everything new does.
        ann.count([n]).await;
        assert_eq!(numbers(&[socket.stored().await]), [n], "{since}");
    }
}

#[tokio::test]
async fn a_cursor_older_than_the_stream_is_not_recovered() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    ann.count(0..5).await;
    let events = ann.activity().await;
    // As if a day had gone by since the first three.
    let _: u64 = redis::cmd("XTRIM")
        .arg("leitl:activity:{default}")
        .arg("MAXLEN")
        .arg(2)
        .query_async(&mut server.redis().await)
        .await
        .unwrap();
    let ids = ids(&events);
    for gone in ["0-0", &ids[1]] {
        let socket = ann.observe_since(gone).await;
        assert_eq!(socket.welcome["recovered"], false, "{gone}");
    }
    let mut socket = ann.observe_since(&ids[3]).await;
    assert_eq!(socket.welcome["recovered"], true);
    assert_eq!(socket.stored().await["id"], *ids[4]);
}

/// Offsets begin anew when Redis has lost its data. A client of before must not
/// take the new ones for continuations of the old.
#[tokio::test]
async fn cursors_of_lost_data_are_void() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let mut socket = ann.observe().await;
    ann.count(0..5).await;
    let old = socket.stored_events(5).await;
    let _: () = redis::cmd("FLUSHALL")
        .query_async(&mut server.redis().await)
        .await
        .unwrap();
    ann.count(0..7).await;
    assert_eq!(socket.close_code().await, 1012);
    let last = ids(&old).pop().unwrap();
    let mut socket = ann.observe_since(&last).await;
    assert_eq!(socket.welcome["recovered"], false);
    ann.count([7]).await;
    let event = socket.stored().await;
    assert_eq!(
        (numbers(std::slice::from_ref(&event)), offset(&event)),
        (vec![7], 8)
    );
}

/// The dashboard's way in: the state, then the socket from its cursor.
#[tokio::test]
async fn a_snapshot_and_the_socket_after_it_have_no_gap() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let total = 200;
    let look = async {
        eventually("a few events are there", async || {
            (ann.activity().await.len() > 20).then_some(())
        })
        .await;
        let snapshot = ann.get("snapshot").await.ok();
        let next = snapshot["activity"]["next"].as_str().unwrap();
        let mut known = snapshot["activity"]["events"].as_array().unwrap().clone();
        let mut socket = ann.observe_since(next).await;
        assert_eq!(socket.welcome["recovered"], true);
        while numbers(&known[known.len() - 1..]) != [total - 1] {
            known.push(socket.stored().await);
        }
        known
    };
    let (known, ()) = tokio::join!(look, cece.client.count(0..total));
    assert_gapless(offset(&known[0]) - 1, &known);
}

/// Heartbeats have no place in the stream; a join in between must not stumble
/// over them.
#[tokio::test]
async fn heartbeats_are_not_replayed() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let since = newest(&ann).await;
    for _ in 0..3 {
        cece.heartbeat().await;
    }
    cece.broadcast("x.after", json!({})).await;
    let mut socket = ann.observe_since(&since).await;
    match socket.next().await {
        Frame::Json(event) => assert_eq!(event["event_type"], "x.after", "{event}"),
        other => panic!("{other:?}"),
    }
}

/// A replay tells a session of its own end only if it is its own.
#[tokio::test]
async fn an_earlier_end_in_the_replay_closes_nothing() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let body = json!({"agent_name": "Cece", "agent_type": "t", "session_id": "leitl-cece-own"});
    let first = ann.register_as(body.clone()).await;
    first.client.post("session/end", json!({})).await.ok();
    let second = ann.register_as(body).await;
    let mut socket = second.join_since("0-0").await;
    assert_gapless(0, &socket.stored_events(3).await);
    socket.assert_open().await;
}

/// Joins that are cut before they are welcome leave nothing behind that stops
/// the room.
#[tokio::test]
async fn hasty_leavers_do_no_harm() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let mut room = ann.observe().await;
    let url = ann.socket_url(&format!(
        "?token={}&since=0-0",
        ann.token.as_deref().unwrap()
    ));
    for n in 0..30 {
        let socket = Socket::open(&url).await;
        ann.count([n]).await;
        drop(socket);
    }
    assert_gapless(0, &room.stored_events(30).await);
}
