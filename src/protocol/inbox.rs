//! Messages that arrive: sent, delivered, acknowledged.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AgentName, AtMost, Event, EventId, SessionId, Timestamp};

/// How long to wait for a message, in seconds: 0 to 30.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct WaitSeconds(u64);

impl WaitSeconds {
    /// The longest wait.
    pub const MOST: Self = Self(30);

    /// As a duration.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl TryFrom<u64> for WaitSeconds {
    type Error = &'static str;

    fn try_from(seconds: u64) -> Result<Self, Self::Error> {
        match seconds {
            0..=30 => Ok(Self(seconds)),
            _ => Err("must be 0 to 30"),
        }
    }
}

impl From<WaitSeconds> for u64 {
    fn from(wait: WaitSeconds) -> Self {
        wait.0
    }
}

/// How many messages are handed out at once: 1 to 100, by default 20.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct PageSize(u64);

impl Default for PageSize {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<u64> for PageSize {
    type Error = &'static str;

    fn try_from(size: u64) -> Result<Self, Self::Error> {
        match size {
            1..=100 => Ok(Self(size)),
            _ => Err("must be 1 to 100"),
        }
    }
}

impl From<PageSize> for u64 {
    fn from(size: PageSize) -> Self {
        size.0
    }
}

/// The ids of messages.
pub type EventIds = AtMost<EventId, 100>;

/// The answer of `POST inbox`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inbox {
    /// Unread messages and warnings of conflicts, oldest first.
    pub messages: Vec<Event>,
    /// How many unread ones are left after these, counted up to 500.
    pub unread: u64,
}

/// The answer of `POST inbox/acknowledge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// How many of them the session had been handed, and are acknowledged now.
    pub acknowledged: u64,
}

/// How far a message came with one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptState {
    /// The session was handed it.
    Delivered,
    /// The session says that it has taken note of it.
    Acknowledged,
}

/// How far a message came with one session, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The session.
    pub session_id: SessionId,
    /// The name its agent goes by.
    pub agent_name: AgentName,
    /// How far it came.
    pub state: ReceiptState,
    /// Since when.
    pub at: Timestamp,
}

/// The answer of `GET messages/receipts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipts {
    /// The message.
    pub id: EventId,
    /// The sessions that were handed it.
    pub receipts: Vec<Receipt>,
}

/// The answer of `GET catch_up`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaughtUp {
    /// What happened, in words, most relevant first.
    pub text: String,
    /// About how many tokens the text has.
    pub tokens: u64,
    /// The `since` of the next call.
    pub next: EventId,
    /// How many lines did not fit.
    pub left_out: u64,
}
