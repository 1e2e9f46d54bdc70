//! A client's end of a socket.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{Instant, interval, timeout, timeout_at},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

use crate::server::PATIENCE;

/// What came.
#[derive(Debug)]
pub enum Frame {
    /// A control frame or an event.
    Json(Value),
    /// A close with its code.
    Closed(u16),
    /// The end, without a word.
    Cut,
}

/// An open socket. Dropping it cuts the line without a close frame.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The first frame.
    pub welcome: Value,
}

impl Socket {
    /// Opens a socket and waits for its welcome.
    pub async fn join(url: &str) -> Self {
        let mut socket = Self::open(url).await;
        socket.welcome = match socket.next().await {
            Frame::Json(frame) if frame["type"] == "welcome" => frame,
            other => panic!("not a welcome: {other:?}"),
        };
        socket
    }

    /// Opens a socket that may be closed at once.
    pub async fn open(url: &str) -> Self {
        let (stream, _) = timeout(PATIENCE, connect_async(url))
            .await
            .unwrap()
            .unwrap();
        Self::over(stream)
    }

    /// Over a connection made elsewhere.
    pub fn over(stream: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Self {
        Self {
            stream,
            welcome: Value::Null,
        }
    }

    /// Opens a socket with more headers; the HTTP status of a refusal otherwise.
    pub async fn open_with(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().insert(*name, value);
        }
        match timeout(PATIENCE, connect_async(request)).await.unwrap() {
            Ok((stream, _)) => Ok(Self::over(stream)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The code with which a socket is closed before it is welcome.
    pub async fn refusal(url: &str) -> u16 {
        match Self::open(url).await.next().await {
            Frame::Closed(code) => code,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// The next frame.
    pub async fn next(&mut self) -> Frame {
        self.next_before(Instant::now() + PATIENCE).await
    }

    /// The next frame. Whoever skips some of them sets one limit for all, since
    /// other frames may come for ever.
    pub async fn next_before(&mut self, until: Instant) -> Frame {
        match timeout_at(until, self.receive()).await {
            Ok(frame) => frame,
            Err(_) => panic!("waited in vain"),
        }
    }

    async fn receive(&mut self) -> Frame {
        loop {
            return match self.stream.next().await {
                Some(Ok(Message::Text(text))) => Frame::Json(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(close)))) => Frame::Closed(close.code.into()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(other)) => panic!("a frame of another kind: {other:?}"),
                Some(Err(_)) | None => Frame::Cut,
            };
        }
    }

    /// The next frame with this `type` or `event_type`; others are skipped.
    pub async fn named(&mut self, member: &str, name: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.next_before(until).await {
                Frame::Json(frame) if frame[member] == name => return frame,
                Frame::Json(_) => {}
                other => panic!("{other:?} while waiting for {name}"),
            }
        }
    }

    /// The next event of this type.
    pub async fn event(&mut self, event_type: &str) -> Value {
        self.named("event_type", event_type).await
    }

    /// The next control frame of this type.
    pub async fn control(&mut self, name: &str) -> Value {
        self.named("type", name).await
    }

    /// The next stored event, of whatever type.
    pub async fn stored(&mut self) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.next_before(until).await {
                Frame::Json(frame) if frame["id"].is_string() && frame["type"].is_null() => {
                    return frame;
                }
                Frame::Json(_) => {}
                other => panic!("{other:?} while waiting for an event"),
            }
        }
    }

    /// The next `count` stored events.
    pub async fn stored_events(&mut self, count: usize) -> Vec<Value> {
        let mut events = Vec::with_capacity(count);
        while events.len() < count {
            events.push(self.stored().await);
        }
        events
    }

    /// The code with which the server closes; frames before it are skipped.
    pub async fn close_code(&mut self) -> u16 {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.next_before(until).await {
                Frame::Closed(code) => return code,
                Frame::Json(_) => {}
                Frame::Cut => panic!("cut without a close frame"),
            }
        }
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.send_message(Message::text(frame.to_string())).await;
    }

    /// Sends a broadcast that is answered with this `ref`.
    pub async fn send_broadcast(&mut self, reference: &str, event_type: &str, data: Value) {
        let frame =
            json!({"type": "broadcast", "ref": reference, "event_type": event_type, "data": data});
        self.send(frame).await;
    }

    /// Sends a message of any kind.
    pub async fn send_message(&mut self, message: Message) {
        self.try_send(message).await.unwrap();
    }

    /// Sends a message that the server may no longer take.
    pub async fn try_send(&mut self, message: Message) -> Result<(), Error> {
        timeout(PATIENCE, self.stream.send(message)).await.unwrap()
    }

    /// The answer to a broadcast: an `ack` or an `error` with its `ref`.
    pub async fn answer(&mut self, reference: &str) -> Value {
        self.named("ref", reference).await
    }

    /// Gives signs of life until it is dropped.
    pub async fn beat_forever(&mut self) -> ! {
        let mut ticks = interval(Duration::from_millis(100));
        loop {
            ticks.tick().await;
            self.send(json!({"type": "heartbeat"})).await;
        }
    }

    /// Asserts that the server still answers on this socket.
    pub async fn assert_open(&mut self) {
        self.send(json!({"type": "ping"})).await;
        self.control("pong").await;
    }
}

/// An event's place in its workspace: the second number of its id.
#[track_caller]
pub fn offset(event: &Value) -> u64 {
    let id = event["id"].as_str().unwrap_or_default();
    match id.split_once('-').map(|(_, offset)| offset.parse()) {
        Some(Ok(offset)) => offset,
        _ => panic!("no id: {event}"),
    }
}

/// The ids of events.
pub fn ids(events: &[Value]) -> Vec<String> {
    events
        .iter()
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Asserts that events follow each other without a gap, the first on `before`.
#[track_caller]
pub fn assert_gapless(before: u64, events: &[Value]) {
    let offsets: Vec<u64> = events.iter().map(offset).collect();
    let expected: Vec<u64> = (before + 1..).take(events.len()).collect();
    assert_eq!(offsets, expected, "lost, doubled or out of order");
}
