//! One socket's wire: batched writes with a time limit, and a clean end.

use std::time::Duration;

use axum::{
    Error,
    extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket},
};
use futures::SinkExt;
use tokio::time::timeout;

use crate::protocol::Control;

/// How long a peer may take to accept what was sent before it counts as gone.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// How long a peer may take to answer a close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Why nothing more can be sent; there is nobody to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WriteError {
    /// The peer is gone.
    Gone,
    /// The peer does not take what was sent.
    Stuck,
}

pub(super) struct Wire {
    socket: WebSocket,
}

impl Wire {
    pub(super) fn new(socket: WebSocket) -> Self {
        Self { socket }
    }

    /// The next message; `None` when the peer has gone.
    pub(super) async fn receive(&mut self) -> Option<Result<Message, Error>> {
        self.socket.recv().await
    }

    /// Queues a text for the next flush. Several texts in one write cost a tenth
    /// of several writes.
    pub(super) async fn feed(&mut self, text: Utf8Bytes) -> Result<(), WriteError> {
        self.within_limit(async |socket| socket.feed(Message::Text(text)).await)
            .await
    }

    /// Writes what is queued.
    pub(super) async fn flush(&mut self) -> Result<(), WriteError> {
        self.within_limit(async |socket| socket.flush().await).await
    }

    /// Sends a control frame.
    pub(super) async fn control(&mut self, control: &Control) -> Result<(), WriteError> {
        let text = serde_json::to_string(control).map_err(|_| WriteError::Gone)?;
        self.feed(text.into()).await?;
        self.flush().await
    }

    /// Asks the peer whether it is there (RFC 6455, section 5.5.2).
    pub(super) async fn ping(&mut self) -> Result<(), WriteError> {
        self.within_limit(async |socket| socket.send(Message::Ping(Default::default())).await)
            .await
    }

    async fn within_limit(
        &mut self,
        write: impl AsyncFnOnce(&mut WebSocket) -> Result<(), Error>,
    ) -> Result<(), WriteError> {
        match timeout(WRITE_LIMIT, write(&mut self.socket)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(WriteError::Gone),
            Err(_) => Err(WriteError::Stuck),
        }
    }

    /// Says why and closes. What the peer still sends is read until it answers:
    /// closing with unread data would reset the connection, and the reset could
    /// overtake the reason.
    pub(super) async fn close(mut self, code: u16, reason: impl Into<Utf8Bytes>) {
        let frame = CloseFrame {
            code,
            reason: shortened(reason.into()),
        };
        let goodbye = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // A peer that does not answer is left behind.
        let _ = timeout(CLOSE_LIMIT, goodbye).await;
    }
}

/// A close reason has at most 123 bytes (RFC 6455, section 5.5).
fn shortened(reason: Utf8Bytes) -> Utf8Bytes {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    if end == reason.len() {
        reason
    } else {
        reason[..end].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        assert_eq!(shortened("short".into()).as_str(), "short");
        let long = shortened("ü".repeat(100).into());
        assert_eq!(long.as_str(), "ü".repeat(61));
    }
}
