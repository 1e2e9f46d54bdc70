//! Whether events flow between this node and Redis.

use crate::{protocol::Timestamp, server::now};

/// Whether events flow between this node and Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// They do.
    Up,
    /// They do not.
    Away {
        /// Since when, by this machine's clock: that of Redis cannot be asked.
        since: Timestamp,
    },
}

impl Link {
    /// Notes that they do not; whether that is news.
    pub(super) fn lose(&mut self) -> bool {
        let news = *self == Self::Up;
        if news {
            *self = Self::Away { since: now() };
        }
        news
    }
}
