//! The state of the observer socket, and how long to wait before another try.

use std::time::Duration;

use crate::protocol::{EventId, ServerFrame, Timestamp};

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(15);
/// The longest wait before the first of them.
const SHORTEST: Duration = Duration::from_millis(500);

/// Where the observer socket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The first try is under way.
    Connecting,
    /// Events arrive.
    Live,
    /// The socket is lost; the next try starts at this instant of the browser's clock.
    Waiting(Timestamp),
    /// The socket is lost and another try is under way.
    Retrying,
    /// The server does not accept the cookie any more. The end: whoever signs in
    /// again may be somebody else, in another room.
    SignedOut,
}

impl Connection {
    /// The name of the state, for style sheets and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Waiting(_) | Self::Retrying => "reconnecting",
            Self::SignedOut => "signed-out",
        }
    }
}

/// Whom an observer socket reports to.
pub trait Listener: 'static {
    /// The place up to which everything has arrived.
    fn since(&self) -> EventId;
    /// A frame came.
    fn frame(&self, frame: ServerFrame);
    /// The socket's state changed.
    fn connection(&self, connection: Connection);
}

/// How long to wait after `failures` failed tries in a row: twice as long each
/// time up to 15 s, then cut by up to a half by `random` (0 to 1), so that the
/// dashboards of a restarted server do not all come back in the same instant.
pub fn backoff(failures: u32, random: f64) -> Duration {
    let full = SHORTEST
        .saturating_mul(1_u32 << failures.min(8))
        .min(LONGEST);
    full.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_differ() {
        assert_eq!(backoff(0, 0.0), Duration::from_millis(500));
        assert_eq!(backoff(1, 0.0), Duration::from_secs(1));
        assert_eq!(backoff(1, 1.0), Duration::from_millis(500));
        assert_eq!(backoff(u32::MAX, 0.0), LONGEST);
        for failures in 0..40 {
            let wait = backoff(failures, 0.7);
            assert!(wait >= SHORTEST / 2 && wait <= LONGEST, "{wait:?}");
        }
    }
}
