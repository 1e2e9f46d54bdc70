//! The socket of an agent, or of one who only listens: kept alive, and opened again where it stopped.
//!
//! A task of its own holds the connection. It sends heartbeats, resumes with
//! `since` after an interruption, and repeats broadcasts that were not
//! acknowledged under their idempotency key, so that each is published once.

mod link;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use self::link::{Entrance, Link};
use super::client::Client;
use crate::protocol::{BroadcastFrame, ClientFrame, Event, EventId, Problem, Registered};

/// How many frames and how much news may wait.
const QUEUE: usize = 256;

/// A socket. Dropping it closes the connection.
pub struct Socket {
    frames: mpsc::Sender<ClientFrame>,
    news: mpsc::Receiver<News>,
    _task: AbortOnDropHandle<()>,
}

/// What a socket has to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// The connection is open. Without `recovered` events may be missing since
    /// the last one: read the state anew.
    Joined {
        /// Whether nothing was lost.
        recovered: bool,
    },
    /// An event of the workspace, each once and in order.
    Event(Box<Event>),
    /// A broadcast was stored.
    Acknowledged {
        /// The event's id.
        id: EventId,
    },
    /// A frame was refused.
    Refused {
        /// The broadcast it was, if it was one.
        broadcast: Option<Box<BroadcastFrame>>,
        /// Why.
        problem: Problem,
    },
    /// The server lost its Redis, or has it back. The connection stays, and what is
    /// missed meanwhile follows.
    Bus {
        /// Whether events flow.
        available: bool,
    },
    /// The connection broke; it is being opened again.
    Lost,
    /// The socket is closed for good.
    Ended(End),
}

/// Why a socket closed for good: there is no point in coming back with the same
/// session and token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// The server closed it, with one of
    /// [`close_code`](crate::protocol::close_code).
    #[error("the server closed the socket: {reason} ({code})")]
    Closed {
        /// The close code.
        code: u16,
        /// The reason in words.
        reason: String,
    },
    /// The server did not open it.
    #[error("the server refused the socket (HTTP status {status})")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// The address cannot be opened.
    #[error("the socket's address is of no use")]
    BadUrl,
    /// It has ended before, and said so.
    #[error("the socket has ended")]
    Over,
}

impl Socket {
    /// Opens the socket of a session.
    pub fn open(registered: &Registered) -> Self {
        Self::enter(Entrance {
            address: registered.websocket_url.clone(),
            token: registered.token.clone(),
            session_id: Some(registered.session_id.clone()),
        })
    }

    /// Opens the socket of one who only listens.
    pub fn observe(client: &Client) -> Self {
        Self::enter(Entrance {
            address: client.observer_address(),
            token: client.token().to_owned(),
            session_id: None,
        })
    }

    fn enter(entrance: Entrance) -> Self {
        let (frames, outgoing) = mpsc::channel(QUEUE);
        let (incoming, news) = mpsc::channel(QUEUE);
        let link = Link::new(entrance, outgoing, incoming);
        Self {
            frames,
            news,
            _task: AbortOnDropHandle::new(tokio::spawn(link.run())),
        }
    }

    /// The next news. Cancel-safe.
    pub async fn next(&mut self) -> News {
        self.news.recv().await.unwrap_or(News::Ended(End::Over))
    }

    /// Sends a frame, now or when the connection is back. A broadcast without a
    /// `ref` or an idempotency key gets one.
    pub async fn send(&self, frame: ClientFrame) {
        // Fails only after the end, which `next` reports.
        let _ = self.frames.send(frame).await;
    }
}
