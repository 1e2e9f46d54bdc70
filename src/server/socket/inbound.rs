//! What clients send.

use std::time::{Duration, Instant};

use axum::{Error, extract::ws::Message};

use super::{
    connection::{Connection, End},
    may_speak,
};
use crate::{
    protocol::{
        AckFrame, BroadcastFrame, ClientFrame, Control, ErrorFrame, HeartbeatFrame,
        MAX_FRAME_BYTES, Problem, ProblemKind, TokenFrame, close_code,
    },
    server::{bus::Broadcast, presence::Change},
};

impl Connection {
    /// Handles one message of the peer.
    pub(super) async fn receive(
        &mut self,
        message: Option<Result<Message, Error>>,
    ) -> Result<(), End> {
        let text = match message {
            None | Some(Ok(Message::Close(_))) => return Err(End::Left),
            Some(Err(error)) if is_too_large(&error) => return Err(TOO_LARGE),
            Some(Err(_)) => return Err(End::Gone),
            Some(Ok(Message::Text(text))) if text.len() > MAX_FRAME_BYTES => return Err(TOO_LARGE),
            Some(Ok(Message::Text(text))) => Some(text),
            Some(Ok(Message::Binary(_))) => None,
            // Pings are answered by the library.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
        };
        if !self.frames.take(Instant::now()) {
            return Err(End::Close(
                close_code::TOO_MANY_FRAMES,
                "too many frames; see limits.frames_per_second",
            ));
        }
        let (reference, frame) = match text {
            Some(text) => ClientFrame::parse(&text),
            None => (
                None,
                Err(Problem::new(ProblemKind::BadRequest, "frames must be text")),
            ),
        };
        let answer = match frame {
            Ok(frame) => self.handle(frame).await,
            Err(problem) => Err(problem),
        };
        let answer = answer
            .unwrap_or_else(|problem| Some(Control::Error(ErrorFrame { reference, problem })));
        if let Some(control) = answer {
            self.wire.control(&control).await?;
        }
        Ok(())
    }

    async fn handle(&mut self, frame: ClientFrame) -> Result<Option<Control>, Problem> {
        match frame {
            ClientFrame::Heartbeat(heartbeat) => self.heartbeat(heartbeat).await.map(|()| None),
            ClientFrame::Broadcast(broadcast) => self.broadcast(broadcast).await.map(Some),
            ClientFrame::Ping => {
                self.touch().await?;
                Ok(Some(Control::Pong))
            }
        }
    }

    async fn heartbeat(&mut self, frame: HeartbeatFrame) -> Result<(), Problem> {
        let Some(own) = self.role.id().cloned() else {
            return Err(Problem::new(
                ProblemKind::Forbidden,
                "an observer has no heartbeat",
            ));
        };
        if frame.session_id.is_some_and(|named| named != own) {
            return Err(Problem::new(
                ProblemKind::Forbidden,
                "a socket speaks for its own session alone",
            ));
        }
        let change = Change {
            status: frame.status,
            current_task: frame.current_task,
            ..Change::default()
        };
        self.server
            .presence
            .heartbeat(&self.caller, &own, change)
            .await?;
        self.touched_at = Some(Instant::now());
        Ok(())
    }

    async fn broadcast(&mut self, frame: BroadcastFrame) -> Result<Control, Problem> {
        if self.role.id().is_none() && !may_speak(&self.caller) {
            return Err(Problem::new(
                ProblemKind::Forbidden,
                "an observer with a session's token only listens",
            ));
        }
        let speaker = self
            .server
            .presence
            .speaker(&self.caller, self.role.id().cloned())
            .await?;
        let broadcast = Broadcast {
            event_type: frame.event_type,
            data: frame.data,
            to: frame.to.unwrap_or_default(),
            idempotency_key: frame.idempotency_key,
        };
        let published = self.server.bus.broadcast(&speaker, broadcast).await?;
        // Published is published, even if the sign of life gets lost.
        let _ = self.touch().await;
        Ok(Control::Ack(AckFrame {
            reference: frame.reference,
            id: published.id,
            redactions: published.redactions,
        }))
    }

    /// Counts a valid frame as a heartbeat (design, section 6), but not each of
    /// many in a row: a write a frame would buy nothing.
    async fn touch(&mut self) -> Result<(), Problem> {
        let Some(id) = self.role.id() else {
            return Ok(());
        };
        let rules = &self.server.config.sessions;
        let pause = Duration::from_secs(rules.heartbeat_seconds.min(rules.stale_seconds)) / 4;
        if self
            .touched_at
            .is_some_and(|touched_at| touched_at.elapsed() < pause)
        {
            return Ok(());
        }
        self.server
            .presence
            .heartbeat(&self.caller, id, Change::default())
            .await?;
        self.touched_at = Some(Instant::now());
        Ok(())
    }

    /// Sends a fresh token when half the life of the old one is gone, so that an
    /// agent never has to log in again in the middle of its work.
    pub(super) async fn renew(&mut self) -> Result<(), End> {
        let Some(id) = self.role.id().cloned() else {
            return Ok(());
        };
        // Any failure is tried again with the next look, long before it matters.
        if let Ok(Some((token, claims))) = self.server.presence.renew(&self.caller, &id).await {
            let expires_at = claims.expires_at();
            self.wire
                .control(&Control::Token(TokenFrame { token, expires_at }))
                .await?;
            self.caller.renewed_by(&claims);
        }
        Ok(())
    }
}

const TOO_LARGE: End = End::Close(
    close_code::FRAME_TOO_LARGE,
    "a frame may have at most 65536 bytes",
);

fn is_too_large(error: &Error) -> bool {
    use std::error::Error as _;
    use tokio_tungstenite::tungstenite::Error::Capacity;

    matches!(
        error.source().and_then(|source| source.downcast_ref()),
        Some(Capacity(_))
    )
}
