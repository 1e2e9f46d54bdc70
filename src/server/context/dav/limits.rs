//! How long and how much a client takes.

use std::time::Duration;

/// The limits of one client.
#[derive(Clone, Copy, Debug)]
pub struct ClientLimits {
    /// For a connection to stand, TLS included.
    pub connect: Duration,
    /// How long a server may be silent in the middle of an answer or before it.
    pub silence: Duration,
    /// For one call as a whole, with all its tries and the pauses in between.
    pub call: Duration,
    /// How often one request is tried at most.
    pub tries: u32,
    /// The pause before the second try; each further one is twice as long. Half of a
    /// pause is random.
    pub first_pause: Duration,
    /// The size of a multistatus answer, in bytes.
    pub listing_bytes: u64,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            call: Duration::from_secs(180),
            tries: 4,
            first_pause: Duration::from_millis(300),
            listing_bytes: 32 << 20,
        }
    }
}
