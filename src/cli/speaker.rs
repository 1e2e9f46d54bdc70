//! For whom a command speaks.

use super::{client::Client, connection::ConnectionArguments};
use crate::{
    api::Broadcast,
    protocol::{EventData, EventType, Published, Recipients, SessionId},
};

/// The flags that every command has that says something in the room.
#[derive(clap::Args)]
pub struct SpeakerArguments {
    /// Speak for this session of yours; by default for the one whose token you have,
    /// and with a user token in person
    #[arg(long, env = "LEITL_SESSION_ID", value_name = "ID")]
    session: Option<SessionId>,
    #[command(flatten)]
    connection: ConnectionArguments,
}

impl SpeakerArguments {
    /// Who speaks.
    ///
    /// # Errors
    /// If there is no token, or the server's address is none.
    pub fn speaker(self) -> anyhow::Result<Speaker> {
        Ok(Speaker {
            client: self.connection.client()?,
            session: self.session,
        })
    }
}

/// One who speaks in the room.
pub struct Speaker {
    /// Calls the server.
    pub client: Client,
    /// The session it speaks for, where that is told.
    pub session: Option<SessionId>,
}

impl Speaker {
    /// Publishes an event.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses it.
    pub async fn publish(
        &self,
        event_type: EventType,
        data: EventData,
        to: Option<Recipients>,
    ) -> anyhow::Result<Published> {
        let broadcast = Broadcast {
            event_type,
            data,
            session_id: self.session.clone(),
            to,
            idempotency_key: None,
        };
        Ok(self.client.call(&broadcast).await?)
    }
}
