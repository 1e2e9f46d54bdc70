//! A session that is kept alive beside something else.
//!
//! The heartbeats are REST calls with the user's token and not a socket: so nothing
//! here expires with the session, and its one socket stays free for the command.

use std::{io::Write, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    api::{SessionEnd, SessionHeartbeat, SessionRegister},
    cli::{
        backoff::Backoff,
        client::{Client, ClientError},
        output,
    },
    protocol::{Registered, SessionId},
};

/// How long leaving may take.
const LEAVE_LIMIT: Duration = Duration::from_secs(5);

/// A session, alive until [`Membership::end`].
pub struct Membership {
    client: Client,
    session_id: SessionId,
    stop: CancellationToken,
    keeper: JoinHandle<()>,
}

impl Membership {
    /// Registers, and sends heartbeats from then on.
    ///
    /// # Errors
    /// If the room does not take the session now.
    pub async fn begin(
        client: Client,
        registration: SessionRegister,
    ) -> Result<(Self, Registered), ClientError> {
        let registered = client.call(&registration).await?;
        let session_id = registered.session_id.clone();
        let pace = Duration::from_secs(registered.heartbeat_seconds.max(1));
        let membership = Self::keep(client, session_id, registration, pace);
        Ok((membership, registered))
    }

    /// Sends heartbeats for a session that is registered, one each `pace`. The
    /// registration is for when it has ended meanwhile.
    pub fn keep(
        client: Client,
        session_id: SessionId,
        registration: SessionRegister,
        pace: Duration,
    ) -> Self {
        let keeper = Keeper {
            client: client.clone(),
            // Others know it by its id, and the command does.
            registration: SessionRegister {
                session_id: Some(session_id.clone()),
                ..registration
            },
            pace,
        };
        let stop = CancellationToken::new();
        Self {
            client,
            session_id,
            keeper: tokio::spawn(keeper.run(stop.clone())),
            stop,
        }
    }

    /// Ends the session. That it could not be is said and nothing more: the server
    /// ends it for want of heartbeats.
    pub async fn end(self, reason: &str) {
        self.stop.cancel();
        let farewell = SessionEnd {
            session_id: Some(self.session_id),
            reason: reason.parse().ok(),
        };
        let leave = async {
            // It may be about to register anew.
            let _ = self.keeper.await;
            self.client.call(&farewell).await
        };
        let trouble = match timeout(LEAVE_LIMIT, leave).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) if error.status() == Some(404) => return,
            Ok(Err(error)) => output::clean_line(&error.to_string()),
            Err(_) => "the server does not answer".to_owned(),
        };
        // A closed standard error must not change the exit code.
        let _ = writeln!(
            std::io::stderr(),
            "leitl: the session is left to time out: {trouble}"
        );
    }
}

/// Gives the signs of life. It is silent: the terminal is the command's.
struct Keeper {
    client: Client,
    registration: SessionRegister,
    pace: Duration,
}

impl Keeper {
    async fn run(self, stop: CancellationToken) {
        let mut backoff = Backoff::default();
        let mut pause = self.pace;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
            // Not cut off: a registration in flight could leave a session behind.
            pause = match self.keep().await {
                Err(error) if error.is_passing() => backoff.next().min(self.pace),
                // Refused, as with a token that was revoked: another try costs little.
                Ok(()) | Err(_) => {
                    backoff.reset();
                    self.pace
                }
            };
        }
    }

    /// Gives a sign of life; registers anew if the session has ended meanwhile.
    async fn keep(&self) -> Result<(), ClientError> {
        let alive = SessionHeartbeat {
            session_id: self.registration.session_id.clone(),
            status: None,
            current_task: None,
        };
        match self.client.call(&alive).await {
            Err(error) if error.status() == Some(404) => {
                self.client.call(&self.registration).await.map(drop)
            }
            outcome => outcome.map(drop),
        }
    }
}
