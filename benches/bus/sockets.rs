//! A room full of observers, and a session that publishes to them.

use std::{
    fmt,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use futures::{
    SinkExt, StreamExt,
    stream::{self, TryStreamExt},
};
use leitl::protocol::{Control, Registered, ServerFrame};
use serde_json::json;
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use super::server::Server;

/// How many sockets are being opened at a time.
const OPENING: usize = 32;

/// How long readers wait for the last events after they were published.
const PATIENCE: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<TcpStream>;

/// How much is published, and how fast.
#[derive(Clone, Copy)]
pub struct Load {
    /// Events in all.
    pub events: usize,
    /// Events a second.
    pub per_second: u32,
}

impl fmt::Display for Load {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, per_second } = self;
        write!(formatter, "{per_second} events a second, {events} in all")
    }
}

/// Open observer sockets that have been welcomed.
pub struct Room {
    sockets: Vec<Socket>,
}

/// What one socket saw.
#[derive(Default)]
struct Seen {
    /// Time from before the publication until the event was read, each.
    latencies: Vec<Duration>,
    /// Events that did not follow the one before: an offset missing, repeated or
    /// going back.
    breaks: usize,
}

/// What all sockets saw together.
pub struct Report {
    /// Ascending.
    latencies: Vec<Duration>,
    expected: usize,
    breaks: usize,
}

impl Room {
    /// Opens `count` sockets.
    pub async fn open(server: &Server, count: usize) -> anyhow::Result<Self> {
        let sockets = stream::iter((0..count).map(|_| observe(server)))
            .buffer_unordered(OPENING)
            .try_collect()
            .await?;
        Ok(Self { sockets })
    }

    /// Publishes the load by one session and reads it on every socket.
    pub async fn run(self, server: &Server, load: Load) -> anyhow::Result<Report> {
        let registered = register(server).await?;
        let path = registered
            .websocket_url
            .split_once(server.address())
            .map(|(_, path)| path)
            .context("the socket is somewhere else")?;
        let mut publisher = connect(server, path).await?;
        let epoch = Instant::now();
        let limit = Duration::from_secs(load.events as u64) / load.per_second + PATIENCE;
        let expected = load.events * self.sockets.len();
        let mut readers = JoinSet::new();
        for socket in self.sockets {
            readers.spawn(read(socket, epoch, load.events, limit));
        }
        publish(&mut publisher, epoch, load).await?;
        let mut latencies = Vec::with_capacity(expected);
        let mut breaks = 0;
        while let Some(seen) = readers.join_next().await {
            let seen = seen?;
            latencies.extend(seen.latencies);
            breaks += seen.breaks;
        }
        latencies.sort_unstable();
        Ok(Report {
            latencies,
            expected,
            breaks,
        })
    }
}

async fn observe(server: &Server) -> anyhow::Result<Socket> {
    connect(server, &format!("/api/leitl/ws?token={}", server.token())).await
}

/// Opens a socket and waits for its welcome.
async fn connect(server: &Server, path: &str) -> anyhow::Result<Socket> {
    let stream = TcpStream::connect(server.address()).await?;
    stream.set_nodelay(true)?;
    let url = format!("ws://{}{path}", server.address());
    // A thousand of the default buffers would be the client's memory, not the server's.
    let config = WebSocketConfig::default().read_buffer_size(4096);
    let (mut socket, _) = client_async_with_config(url, stream, Some(config)).await?;
    let first = socket.next().await.context("closed before the welcome")??;
    ensure!(
        matches!(
            ServerFrame::parse(first.to_text()?),
            Some(ServerFrame::Control(Control::Welcome(_)))
        ),
        "the first frame is no welcome: {first}"
    );
    Ok(socket)
}

async fn register(server: &Server) -> anyhow::Result<Registered> {
    let answer = reqwest::Client::new()
        .post(format!(
            "http://{}/api/leitl/session/register",
            server.address()
        ))
        .bearer_auth(server.token())
        .json(&json!({"agent_name": "Publisher", "agent_type": "bench"}))
        .send()
        .await?
        .error_for_status()?;
    Ok(answer.json().await?)
}

/// Publishes over the session's own socket, evenly, and waits until every event
/// is acknowledged. The time of sending travels in the data.
async fn publish(publisher: &mut Socket, epoch: Instant, load: Load) -> anyhow::Result<()> {
    let mut ticks = interval(Duration::from_secs(1) / load.per_second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut sent, mut acknowledged) = (0, 0);
    while acknowledged < load.events {
        tokio::select! {
            _ = ticks.tick(), if sent < load.events => {
                let nanos = epoch.elapsed().as_nanos();
                let frame = json!({
                    "type": "broadcast",
                    "event_type": "task.progress",
                    "data": {
                        "sent": nanos as u64,
                        "task_id": "task-001",
                        "task_description": "Measure the bus",
                        "message": "publish to receive, through the real server and its Redis",
                    },
                });
                publisher.send(Message::text(frame.to_string())).await?;
                sent += 1;
            }
            message = timeout(PATIENCE, publisher.next()), if sent > acknowledged => {
                let message = message.context("no acknowledgement")?.context("closed")??;
                match message {
                    Message::Text(text) if text.starts_with(r#"{"type":"ack""#) => acknowledged += 1,
                    Message::Text(text) if text.starts_with(r#"{"type":"error""#) => {
                        bail!("refused: {text}")
                    }
                    Message::Close(frame) => bail!("closed: {frame:?}"),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

/// Reads until all events are there or time is up. Only two numbers are taken out
/// of each text: a full parse of every event on every socket would load the
/// machine more than the server does.
async fn read(mut socket: Socket, epoch: Instant, events: usize, limit: Duration) -> Seen {
    let mut seen = Seen {
        latencies: Vec::with_capacity(events),
        breaks: 0,
    };
    let mut last: Option<u64> = None;
    let reading = async {
        while seen.latencies.len() < events {
            let Some(Ok(message)) = socket.next().await else {
                return;
            };
            let Message::Text(text) = message else {
                continue;
            };
            let Some(offset) = offset(&text) else {
                continue;
            };
            seen.breaks += usize::from(last.is_some_and(|last| offset != last + 1));
            last = Some(offset);
            if let Some(sent) = number_after(&text, r#""sent":"#) {
                let latency = epoch.elapsed().saturating_sub(Duration::from_nanos(sent));
                seen.latencies.push(latency);
            }
        }
    };
    // What is missing when time is up is counted as lost.
    let _ = timeout(limit, reading).await;
    seen
}

/// The offset of an event: `"id":"<ms>-<offset>"`, which is its first member.
fn offset(text: &str) -> Option<u64> {
    let millis = text.strip_prefix(r#"{"id":""#)?;
    let (_, rest) = millis.split_once('-')?;
    rest.split_once('"')?.0.parse().ok()
}

fn number_after(text: &str, mark: &str) -> Option<u64> {
    let (_, rest) = text.split_once(mark)?;
    let end = rest
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

impl Report {
    /// Deliveries there should have been.
    pub fn expected(&self) -> usize {
        self.expected
    }

    /// Whether every event came to every socket once and in order.
    pub fn is_complete(&self) -> bool {
        self.latencies.len() == self.expected && self.breaks == 0
    }

    /// The latency that this share of deliveries kept to (nearest rank).
    pub fn percentile(&self, share: f64) -> Duration {
        let rank = (self.latencies.len() as f64 * share).ceil() as usize;
        self.latencies
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or(Duration::MAX)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |share| self.percentile(share).as_secs_f64() * 1000.0;
        write!(
            formatter,
            "{} of {} deliveries, {} out of order\n  \
             latency p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
            self.latencies.len(),
            self.expected,
            self.breaks,
            millis(0.50),
            millis(0.95),
            millis(0.99),
            millis(1.0),
        )
    }
}
