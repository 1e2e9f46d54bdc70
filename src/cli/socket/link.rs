//! The task behind a socket.

use std::{collections::VecDeque, time::Duration};

use futures::{SinkExt, StreamExt};
use http::{HeaderValue, header};
use reqwest::Url;
use tokio::{
    net::TcpStream,
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::frame::CloseFrame},
};

use super::{End, News};
use crate::{
    cli::backoff::Backoff,
    protocol::{
        AckFrame, BroadcastFrame, BusFrame, ClientFrame, Control, DrainingFrame, ErrorFrame,
        EventId, HeartbeatFrame, ServerFrame, SessionId, TokenFrame, WelcomeFrame, close_code,
    },
};

/// How long opening and the server's welcome may take.
const OPEN_LIMIT: Duration = Duration::from_secs(10);

type Connection = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why a connection is over.
enum Over {
    /// Come back after this time.
    Lost { pause: Duration },
    /// Do not come back.
    Ended(End),
    /// The [`Socket`](super::Socket) was dropped.
    Unwanted,
}

impl From<Error> for Over {
    fn from(error: Error) -> Self {
        match error {
            Error::Http(response) if response.status().is_client_error() => {
                Self::Ended(End::Refused {
                    status: response.status().as_u16(),
                })
            }
            Error::Url(_) | Error::HttpFormat(_) => Self::Ended(End::BadUrl),
            _ => Self::lost(),
        }
    }
}

impl Over {
    fn lost() -> Self {
        Self::Lost {
            pause: Duration::ZERO,
        }
    }
}

/// Where a socket is, and who comes in.
pub(super) struct Entrance {
    /// Its address; a query in it is ignored.
    pub(super) address: String,
    /// The token.
    pub(super) token: String,
    /// The session; `None` for an observer, who has no heartbeat.
    pub(super) session_id: Option<SessionId>,
}

/// The task behind a [`Socket`](super::Socket).
pub(super) struct Link {
    entrance: Entrance,
    heartbeat: Duration,
    since: Option<EventId>,
    unacknowledged: VecDeque<BroadcastFrame>,
    outgoing: mpsc::Receiver<ClientFrame>,
    news: mpsc::Sender<News>,
}

impl Link {
    pub(super) fn new(
        entrance: Entrance,
        outgoing: mpsc::Receiver<ClientFrame>,
        news: mpsc::Sender<News>,
    ) -> Self {
        Self {
            entrance,
            heartbeat: Duration::MAX,
            since: None,
            unacknowledged: VecDeque::new(),
            outgoing,
            news,
        }
    }

    /// Keeps a connection open until the session or the owner is gone.
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::default();
        let mut is_news = true;
        loop {
            let over = match self.open().await {
                Ok(mut connection) => {
                    backoff.reset();
                    is_news = true;
                    self.serve(&mut connection).await
                }
                Err(over) => over,
            };
            match over {
                Over::Lost { pause } => {
                    // Told once, not for every try that fails.
                    if std::mem::take(&mut is_news) && self.tell(News::Lost).await.is_err() {
                        return;
                    }
                    sleep(pause + backoff.next()).await;
                }
                Over::Ended(end) => {
                    // Nobody left to hear it is as good.
                    let _ = self.tell(News::Ended(end)).await;
                    return;
                }
                Over::Unwanted => return,
            }
        }
    }

    /// Opens a connection and waits for the welcome.
    async fn open(&mut self) -> Result<Connection, Over> {
        let opening = async {
            let (mut connection, _) = connect_async(self.request()?).await?;
            loop {
                let message = connection.next().await.ok_or_else(Over::lost)??;
                if let Some(frame) = read(message)? {
                    return Ok((connection, frame));
                }
            }
        };
        let (connection, frame) = timeout(OPEN_LIMIT, opening)
            .await
            .unwrap_or_else(|_| Err(Over::lost()))?;
        let ServerFrame::Control(Control::Welcome(WelcomeFrame {
            last_id,
            recovered,
            heartbeat_seconds,
            ..
        })) = frame
        else {
            return Err(Over::lost());
        };
        self.heartbeat = Duration::from_secs(heartbeat_seconds.max(1));
        if self.since.is_none() || !recovered {
            self.since = Some(last_id);
        }
        self.tell(News::Joined { recovered }).await?;
        Ok(connection)
    }

    /// The opening request. The token goes in a header, where no log sees it.
    fn request(&self) -> Result<http::Request<()>, Over> {
        let bad_url = || Over::Ended(End::BadUrl);
        let mut url = Url::parse(&self.entrance.address).map_err(|_| bad_url())?;
        url.set_query(None);
        if let Some(since) = self.since {
            url.query_pairs_mut()
                .append_pair("since", &since.to_string());
        }
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.entrance.token))
            .map_err(|_| bad_url())?;
        bearer.set_sensitive(true);
        let mut request = url.as_str().into_client_request()?;
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        Ok(request)
    }

    async fn serve(&mut self, connection: &mut Connection) -> Over {
        match self.carry(connection).await {
            Err(over) => over,
            Ok(()) => Over::Unwanted,
        }
    }

    /// Carries frames both ways until the owner is gone.
    async fn carry(&mut self, connection: &mut Connection) -> Result<(), Over> {
        for frame in self.unacknowledged.clone() {
            write(connection, &ClientFrame::Broadcast(frame)).await?;
        }
        let mut heartbeat = interval(self.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard_at = Instant::now();
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                message = connection.next() => {
                    heard_at = Instant::now();
                    let Some(Ok(message)) = message else {
                        return Err(Over::Lost { pause });
                    };
                    match read(message) {
                        Ok(Some(ServerFrame::Control(Control::Draining(DrainingFrame { retry_after_ms })))) => {
                            pause = Duration::from_millis(retry_after_ms);
                        }
                        Ok(Some(frame)) => self.take(frame).await?,
                        Ok(None) => {}
                        Err(Over::Lost { .. }) => return Err(Over::Lost { pause }),
                        Err(over) => return Err(over),
                    }
                }
                frame = self.outgoing.recv() => match frame {
                    Some(frame) => {
                        let frame = self.remember(frame);
                        write(connection, &frame).await?;
                    }
                    None => return Ok(()),
                },
                _ = heartbeat.tick() => {
                    // A network that went away tells nobody. The ping has the
                    // server answer (RFC 6455, section 5.5.2).
                    if heard_at.elapsed() > self.heartbeat * 2 {
                        return Err(Over::lost());
                    }
                    if self.entrance.session_id.is_some() {
                        let alive = HeartbeatFrame {
                            session_id: self.entrance.session_id.clone(),
                            ..HeartbeatFrame::default()
                        };
                        write(connection, &ClientFrame::Heartbeat(alive)).await?;
                    }
                    connection.send(Message::Ping(Default::default())).await?;
                }
            }
        }
    }

    /// Keeps a broadcast until it is acknowledged.
    fn remember(&mut self, frame: ClientFrame) -> ClientFrame {
        let ClientFrame::Broadcast(mut broadcast) = frame else {
            return frame;
        };
        let mark = format!("{:016x}", rand::random::<u64>());
        if broadcast.idempotency_key.is_none() {
            broadcast.idempotency_key = mark.parse().ok();
        }
        broadcast.reference.get_or_insert(mark);
        self.unacknowledged.push_back(broadcast.clone());
        ClientFrame::Broadcast(broadcast)
    }

    fn forget(&mut self, reference: Option<&str>) -> Option<BroadcastFrame> {
        let at = self
            .unacknowledged
            .iter()
            .position(|frame| frame.reference.as_deref() == reference)?;
        self.unacknowledged.remove(at)
    }

    async fn take(&mut self, frame: ServerFrame) -> Result<(), Over> {
        match frame {
            ServerFrame::Event(event) => {
                if let Some(id) = event.id {
                    if self.since.is_some_and(|since| id.offset <= since.offset) {
                        return Ok(());
                    }
                    self.since = Some(id);
                }
                self.tell(News::Event(event)).await
            }
            ServerFrame::Control(Control::Ack(AckFrame { reference, id, .. })) => {
                self.forget(reference.as_deref());
                self.tell(News::Acknowledged { id }).await
            }
            ServerFrame::Control(Control::Error(ErrorFrame { reference, problem })) => {
                let broadcast = self.forget(reference.as_deref()).map(Box::new);
                self.tell(News::Refused { broadcast, problem }).await
            }
            ServerFrame::Control(Control::Token(TokenFrame { token, .. })) => {
                self.entrance.token = token;
                Ok(())
            }
            ServerFrame::Control(Control::Bus(BusFrame { available, .. })) => {
                self.tell(News::Bus { available }).await
            }
            ServerFrame::Control(Control::Welcome(_) | Control::Pong | Control::Draining(_)) => {
                Ok(())
            }
        }
    }

    async fn tell(&self, news: News) -> Result<(), Over> {
        self.news.send(news).await.map_err(|_| Over::Unwanted)
    }
}

/// What a message says; `None` for what only concerns the connection, and for
/// frames of a newer server that this client does not know.
fn read(message: Message) -> Result<Option<ServerFrame>, Over> {
    match message {
        Message::Text(text) => Ok(ServerFrame::parse(&text)),
        Message::Close(frame) => Err(closed(frame)),
        _ => Ok(None),
    }
}

/// Whether a close is for good.
fn closed(frame: Option<CloseFrame>) -> Over {
    const FOR_GOOD: [u16; 6] = [
        close_code::UNAUTHORIZED,
        close_code::FORBIDDEN,
        close_code::UNKNOWN_SESSION,
        close_code::NO_HEARTBEAT,
        close_code::REPLACED,
        // The frame would be sent again and again.
        close_code::FRAME_TOO_LARGE,
    ];
    match frame {
        Some(frame) if FOR_GOOD.contains(&u16::from(frame.code)) => Over::Ended(End::Closed {
            code: frame.code.into(),
            reason: frame.reason.to_string(),
        }),
        _ => Over::lost(),
    }
}

async fn write(connection: &mut Connection, frame: &ClientFrame) -> Result<(), Over> {
    // Frames are of our own types, which always serialise.
    let text = serde_json::to_string(frame).unwrap_or_default();
    Ok(connection.send(Message::text(text)).await?)
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

    use super::*;

    fn closed_with(code: u16) -> Over {
        closed(Some(CloseFrame {
            code: CloseCode::from(code),
            reason: "why".into(),
        }))
    }

    #[test]
    fn a_restart_and_a_slow_reader_come_back() {
        for code in [
            close_code::RESTART,
            close_code::SLOW_CONSUMER,
            close_code::TOO_MANY_FRAMES,
            1006,
        ] {
            assert!(matches!(closed_with(code), Over::Lost { .. }), "{code}");
        }
    }

    #[test]
    fn an_ended_session_does_not_come_back() {
        for code in [
            close_code::UNAUTHORIZED,
            close_code::UNKNOWN_SESSION,
            close_code::NO_HEARTBEAT,
            close_code::REPLACED,
        ] {
            assert!(
                matches!(closed_with(code), Over::Ended(End::Closed { code: told, .. }) if told == code)
            );
        }
    }
}
