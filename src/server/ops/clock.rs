//! The clock of Redis as this node sees it.
//!
//! Events are dated by the clock of Redis, and the node's own may be off by more
//! than a delivery takes. So the node asks for the time of Redis now and then: the
//! answer was made somewhere between question and arrival, so the quicker it came,
//! the better it is known (as NTP does it: RFC 5905, section 10).

use std::{
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

/// By how much two clocks may drift apart, in millionths.
const DRIFT: f64 = 20e-6;

/// The clock of Redis as this node sees it.
pub struct RedisClock {
    base: Instant,
    /// Microseconds since the Unix epoch at `base`, by the clock of Redis.
    epoch: AtomicI64,
    /// How good that is.
    quality: Mutex<Option<Quality>>,
}

#[derive(Clone, Copy)]
struct Quality {
    /// The largest possible error when it was measured, in microseconds.
    error: f64,
    /// When.
    at: Instant,
}

impl Default for RedisClock {
    /// A clock that nothing is known of: the machine's own until Redis is asked.
    fn default() -> Self {
        let base = Instant::now();
        let millis = crate::server::now().millis();
        Self {
            base,
            epoch: AtomicI64::new(millis.saturating_mul(1000)),
            quality: Mutex::new(None),
        }
    }
}

impl RedisClock {
    /// The time of Redis at an instant, in microseconds since the Unix epoch.
    pub fn at(&self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.base).as_micros();
        let since = i64::try_from(since).unwrap_or(i64::MAX);
        let micros = self.epoch.load(Ordering::Relaxed).saturating_add(since);
        u64::try_from(micros).unwrap_or(0)
    }

    /// Takes an answer of Redis into account: `micros` was true at some moment
    /// between the two.
    pub fn observe(&self, asked: Instant, answered: Instant, micros: u64) {
        let error = answered.saturating_duration_since(asked).as_micros() as f64 / 2.0;
        let middle = asked + answered.saturating_duration_since(asked) / 2;
        let off = micros as f64 - self.at(middle) as f64;
        let mut quality = self
            .quality
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let known = quality.map_or(f64::INFINITY, |known| {
            let age = answered.saturating_duration_since(known.at).as_micros() as f64;
            known.error + age * DRIFT
        });
        // Better than what is known, or so far from it that a clock was set.
        if error <= known || off.abs() > error + known {
            self.epoch.fetch_add(off as i64, Ordering::Relaxed);
            *quality = Some(Quality {
                error,
                at: answered,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HOUR: u64 = 3_600_000_000;

    #[test]
    fn the_quicker_answer_wins() {
        let clock = RedisClock::default();
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        // Made at once, arrived after 100 ms: taken to be 50 ms older than it is.
        clock.observe(start, after(100), HOUR);
        assert!(clock.at(start).abs_diff(HOUR - 50_000) <= 1);
        clock.observe(after(200), after(202), HOUR + 201_000);
        assert!(clock.at(start).abs_diff(HOUR) <= 1);
        // A slow one does not spoil it.
        clock.observe(after(300), after(400), HOUR + 300_000);
        assert!(clock.at(start).abs_diff(HOUR) <= 1);
    }

    #[test]
    fn a_clock_that_was_set_is_followed_at_once() {
        let clock = RedisClock::default();
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        clock.observe(start, after(2), HOUR);
        clock.observe(after(10), after(110), 24 * HOUR);
        assert!(clock.at(after(60)).abs_diff(24 * HOUR) <= 1);
    }
}
