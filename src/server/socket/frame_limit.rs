//! How many frames a socket may send.

use std::time::Instant;

/// For how many seconds' worth of frames a burst may last.
const BURST_SECONDS: f64 = 5.0;

/// A bucket that fills at the allowed rate and holds five seconds' worth.
pub(super) struct FrameLimit {
    per_second: f64,
    left: f64,
    filled_at: Instant,
}

impl FrameLimit {
    pub(super) fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self {
            per_second,
            left: per_second * BURST_SECONDS,
            filled_at: Instant::now(),
        }
    }

    /// Takes one frame; `false` if there was none left.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let grown = now.saturating_duration_since(self.filled_at).as_secs_f64() * self.per_second;
        self.left = (self.left + grown).min(self.per_second * BURST_SECONDS);
        self.filled_at = now;
        let enough = self.left >= 1.0;
        if enough {
            self.left -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lets_a_burst_through_and_then_the_rate() {
        let mut limit = FrameLimit::new(2);
        let start = Instant::now();
        assert_eq!((0..20).filter(|_| limit.take(start)).count(), 10);
        let later = start + Duration::from_secs(3);
        assert_eq!((0..20).filter(|_| limit.take(later)).count(), 6);
    }
}
