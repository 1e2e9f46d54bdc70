//! How many broadcasts an agent may still send.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// Broadcasts a minute that a server allows a session by default (protocol
/// document, "Security").
const BROADCASTS: usize = 10;

/// A minute, and a little more for the way to the server.
const WINDOW: Duration = Duration::from_secs(61);

/// A sliding log of broadcasts, kept so that the server never has to refuse one.
#[derive(Default)]
pub(super) struct Budget {
    sent: VecDeque<Instant>,
}

impl Budget {
    /// How long to wait before the next broadcast.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        match self.sent.front() {
            Some(oldest) if self.sent.len() == BROADCASTS => {
                (*oldest + WINDOW).saturating_duration_since(now)
            }
            _ => Duration::ZERO,
        }
    }

    /// Counts a broadcast.
    pub(super) fn spend(&mut self, now: Instant) {
        if self.sent.len() == BROADCASTS {
            self.sent.pop_front();
        }
        self.sent.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_waits_for_the_first_to_leave() {
        let start = Instant::now();
        let mut budget = Budget::default();
        for second in 0..10 {
            let now = start + Duration::from_secs(second);
            assert_eq!(budget.wait(now), Duration::ZERO);
            budget.spend(now);
        }
        let now = start + Duration::from_secs(10);
        assert_eq!(budget.wait(now), Duration::from_secs(51));
        budget.spend(start + WINDOW);
        assert_eq!(budget.wait(start + WINDOW), Duration::from_secs(1));
    }
}
