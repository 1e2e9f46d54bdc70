//! A socket that does not read while much is published.

use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio_tungstenite::{MaybeTlsStream, client_async};

use crate::{
    client::Client,
    server::{Server, Setup},
    socket::{Frame, Socket, assert_gapless, ids},
};

/// How much is published: more than the buffers on the way hold, and more events
/// after that than a socket may fall behind.
const EVENTS: usize = 1800;
const BYTES_EACH: usize = 12 * 1024;

/// How many agents publish at once.
const SPEAKERS: usize = 4;

/// An observer whose end of the line takes little before it must be read.
pub async fn narrow_observer(server: &Server, client: &Client) -> Socket {
    let tcp = TcpSocket::new_v4().unwrap();
    tcp.set_recv_buffer_size(4096).unwrap();
    let address = server.url.strip_prefix("http://").unwrap();
    let tcp = tcp.connect(address.parse().unwrap()).await.unwrap();
    let url = client.socket_url(&format!("?token={}", client.token.as_deref().unwrap()));
    let (stream, _) = client_async(url, MaybeTlsStream::Plain(tcp)).await.unwrap();
    Socket::over(stream)
}

async fn publish(client: &Client, name: &str, text: &str) {
    let mut socket = client.register(name).await.join().await;
    for n in 0..EVENTS / SPEAKERS {
        socket
            .send_broadcast("r", "x.much", json!({"n": n, "text": text}))
            .await;
        assert_eq!(socket.answer("r").await["type"], "ack");
    }
}

#[tokio::test]
async fn a_slow_consumer_is_closed_and_loses_nothing_and_disturbs_nobody() {
    let server = Setup::unlimited().start().await;
    let ann = server.user("ann").await;
    let mut slow = narrow_observer(&server, &ann).await;
    // Everything is stored in order; nothing is published before it has joined.
    let Frame::Json(welcome) = slow.next().await else {
        panic!("no welcome")
    };
    assert_eq!(welcome["last_id"], "0-0");
    let mut other = ann.observe().await;
    let total = EVENTS + SPEAKERS;
    let text = "a".repeat(BYTES_EACH);
    let speak = async |n: usize| publish(&ann, &format!("Agent {n}"), &text).await;
    let listen = async { other.stored_events(total).await };
    let (heard, _, _, _, _) = tokio::join!(listen, speak(0), speak(1), speak(2), speak(3));
    assert_gapless(0, &heard);

    let mut got: Vec<Value> = Vec::new();
    loop {
        match slow.next().await {
            Frame::Json(frame) if frame["id"].is_string() => got.push(frame),
            Frame::Json(_) => {}
            // Told so, or the line was cut because nothing moved on it.
            Frame::Closed(code) => break assert_eq!(code, 4290),
            Frame::Cut => break,
        }
        assert!(
            got.len() < total,
            "it was never too slow: the test publishes too little"
        );
    }
    assert_gapless(0, &got);
    let since = ids(&got).pop().unwrap();
    let mut back = ann.observe_since(&since).await;
    assert_eq!(back.welcome["recovered"], true);
    got.extend(back.stored_events(total - got.len()).await);
    assert!(got == heard, "what came after the return differs");
    other.assert_open().await;
}
