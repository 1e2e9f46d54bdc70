//! Socket frames that break a rule: most are answered, some end the socket, and
//! none harms anyone else.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    server::Setup,
    socket::{Frame, Socket},
};

async fn refused(socket: &mut Socket, text: &str) -> Value {
    socket.send_message(Message::text(text)).await;
    let frame = socket.control("error").await;
    let problem = &frame["problem"];
    assert!(
        problem["title"].is_string() && problem["detail"].is_string(),
        "{frame}"
    );
    frame
}

#[tokio::test]
async fn a_broken_frame_is_answered_and_the_socket_stays_open() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let (cece, claude) = (ann.register("Cece").await, ann.register("Claude").await);
    let activity = ann.activity().await;
    let mut socket = cece.join().await;
    for text in ["", "{", "nonsense", "{\"type\": \"ping\"} {}"] {
        let frame = refused(&mut socket, text).await;
        assert_eq!(frame["problem"]["status"], 400, "{text:?}: {frame}");
    }
    for (field, frame) in [
        ("type", json!({})),
        ("type", json!([])),
        ("type", json!({"type": "dance"})),
        ("type", json!({"type": 5})),
        ("event_type", json!({"type": "broadcast"})),
        (
            "event_type",
            json!({"type": "broadcast", "event_type": "deploy"}),
        ),
        (
            "data",
            json!({"type": "broadcast", "event_type": "x.a", "data": "text"}),
        ),
        (
            "data",
            json!({"type": "broadcast", "event_type": "x.a", "data": {"a": "a".repeat(16 * 1024)}}),
        ),
        (
            "to",
            json!({"type": "broadcast", "event_type": "x.a", "to": "Cece"}),
        ),
        ("status", json!({"type": "heartbeat", "status": "stale"})),
        (
            "session_id",
            json!({"type": "heartbeat", "session_id": "cece"}),
        ),
        (
            "current_task",
            json!({"type": "heartbeat", "current_task": "a\nb"}),
        ),
    ] {
        let frame = frame.to_string();
        let answer = refused(&mut socket, &frame).await;
        assert_eq!(answer["problem"]["status"], 422, "{frame}: {answer}");
        assert_eq!(
            answer["problem"]["errors"][0]["field"], field,
            "{frame}: {answer}"
        );
    }
    let foreign = json!({"type": "heartbeat", "session_id": claude.session_id});
    let answer = refused(&mut socket, &foreign.to_string()).await;
    assert_eq!(answer["problem"]["status"], 403);
    socket
        .send_broadcast("r", "session.started", json!({}))
        .await;
    assert_eq!(socket.answer("r").await["problem"]["status"], 403);
    // The ref comes back even from a frame that cannot be taken.
    socket.send_broadcast("s", "deploy", json!({})).await;
    assert_eq!(socket.answer("s").await["problem"]["status"], 422);

    socket
        .send_message(Message::binary(vec![0, 159, 146, 150]))
        .await;
    let answer = socket.control("error").await;
    assert_eq!(answer["problem"]["status"], 400);
    socket.assert_open().await;
    assert_eq!(ann.activity().await, activity);
    assert!(!server.log().contains("panicked"));
}

#[tokio::test]
async fn an_observer_has_no_heartbeat() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let mut socket = ann.observe().await;
    let frame = json!({"type": "heartbeat", "session_id": cece.session_id});
    let answer = refused(&mut socket, &frame.to_string()).await;
    assert_eq!(answer["problem"]["status"], 403);
    socket.assert_open().await;
    // A session's token may watch, but speaks on its own socket only.
    let mut watching = cece.client.observe().await;
    watching.send_broadcast("r", "x.a", json!({})).await;
    assert_eq!(watching.answer("r").await["problem"]["status"], 403);
}

#[tokio::test]
async fn a_frame_over_64_kib_ends_the_socket() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let mut other = ann.observe().await;
    for bytes in [64 * 1024 + 1, 200 * 1024] {
        let mut socket = cece.join().await;
        socket.send_message(Message::text("a".repeat(bytes))).await;
        assert_eq!(socket.close_code().await, 4413, "{bytes} bytes");
    }
    // What is far larger is not read to its end; the line may just be cut.
    let mut socket = cece.join().await;
    let _ = socket
        .try_send(Message::text("a".repeat(20 * 1024 * 1024)))
        .await;
    loop {
        match socket.next().await {
            Frame::Json(_) => {}
            Frame::Closed(code) => break assert_eq!(code, 4413),
            Frame::Cut => break,
        }
    }
    other.assert_open().await;
    // The largest that is allowed is read: as JSON it is none.
    let mut socket = cece.join().await;
    let answer = refused(&mut socket, &"a".repeat(64 * 1024)).await;
    assert_eq!(answer["problem"]["status"], 400);
}

#[tokio::test]
async fn a_flood_of_frames_ends_the_socket() {
    let server = Setup::new()
        .with("LEITL_LIMITS__FRAMES_PER_SECOND", 2)
        .start()
        .await;
    let ann = server.user("ann").await;
    let cece = ann.register("Cece").await;
    let mut other = ann.observe().await;
    let mut socket = cece.join().await;
    // Five seconds' worth passes at once; a few more may, by the time they come.
    for _ in 0..40 {
        if socket
            .try_send(Message::text("{\"type\":\"ping\"}"))
            .await
            .is_err()
        {
            break;
        }
    }
    let mut pongs = 0;
    let code = loop {
        match socket.next().await {
            Frame::Json(frame) if frame["type"] == "pong" => pongs += 1,
            Frame::Json(_) => {}
            Frame::Closed(code) => break code,
            Frame::Cut => panic!("cut without a reason"),
        }
    };
    assert_eq!(code, 4429);
    assert!((10..30).contains(&pongs), "{pongs} passed");
    other.assert_open().await;
    // The session itself goes on.
    cece.join().await.assert_open().await;
}

#[tokio::test]
async fn an_address_that_is_no_session_is_told_so() {
    let server = Setup::new().start().await;
    let ann = server.user("ann").await;
    let token = ann.token.as_deref().unwrap();
    for id in [
        "leitl-nobody",
        "cece",
        "leitl-%7Bdefault%7D",
        "%00",
        "leitl-CECE",
    ] {
        let url = ann.socket_url(&format!("/{id}?token={token}"));
        assert_eq!(Socket::refusal(&url).await, 4404, "{id}");
    }
}
