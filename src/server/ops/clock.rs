//! The clock of Redis as this node sees it.
//!
//! Events are dated by the clock of Redis, and the node's own may be off by more
//! than a delivery takes. So the node asks for the time of Redis now and then. The
//! answer was made at some moment between question and arrival; every answer so
//! narrows down where the clock of Redis can be. Within that the machine's own clock
//! is believed, which is the same one where Redis is on the same machine.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

/// By how much two clocks may drift apart, in millionths.
const DRIFT: f64 = 50e-6;

/// The clock of Redis as this node sees it.
pub struct RedisClock {
    base: Instant,
    /// What the machine's own clock said at `base`, in microseconds since the Unix
    /// epoch.
    own: i64,
    /// What that of Redis is taken to have said.
    believed: AtomicI64,
    /// What it can have said.
    possible: Mutex<Option<Possible>>,
}

/// The earliest and the latest that it can have been, as known at an instant.
#[derive(Clone, Copy)]
struct Possible {
    earliest: i64,
    latest: i64,
    at: Instant,
}

impl Default for RedisClock {
    /// The machine's own clock, until Redis is asked.
    fn default() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let own = micros(since_epoch);
        Self {
            base: Instant::now(),
            own,
            believed: AtomicI64::new(own),
            possible: Mutex::new(None),
        }
    }
}

impl RedisClock {
    /// The time of Redis at an instant, in microseconds since the Unix epoch.
    pub fn at(&self, instant: Instant) -> u64 {
        let micros = self
            .believed
            .load(Ordering::Relaxed)
            .saturating_add(self.since_base(instant));
        u64::try_from(micros).unwrap_or(0)
    }

    /// Takes an answer of Redis into account: `said` (microseconds since the Unix
    /// epoch) was true at some moment between the two.
    pub fn observe(&self, asked: Instant, answered: Instant, said: u64) {
        let said = i64::try_from(said).unwrap_or(i64::MAX);
        let now = Possible {
            earliest: said.saturating_sub(self.since_base(answered)),
            latest: said.saturating_sub(self.since_base(asked)),
            at: answered,
        };
        let mut possible = self.possible.lock().unwrap_or_else(PoisonError::into_inner);
        let known = possible.map_or(now, |known| known.narrowed_by(now));
        *possible = Some(known);
        let believed = self.own.clamp(known.earliest, known.latest);
        self.believed.store(believed, Ordering::Relaxed);
    }

    fn since_base(&self, instant: Instant) -> i64 {
        micros(instant.saturating_duration_since(self.base))
    }
}

impl Possible {
    /// What is possible by both, the older one as far as it can still be true; by the
    /// newer alone where they contradict each other: then a clock was set.
    fn narrowed_by(self, newer: Self) -> Self {
        let age = newer.at.saturating_duration_since(self.at);
        let drift = (age.as_micros() as f64 * DRIFT) as i64;
        let both = Self {
            earliest: newer.earliest.max(self.earliest.saturating_sub(drift)),
            latest: newer.latest.min(self.latest.saturating_add(drift)),
            at: newer.at,
        };
        if both.earliest <= both.latest {
            both
        } else {
            newer
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000_000;

    fn after(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn where_it_can_be_the_own_clock_it_is() {
        let clock = RedisClock::default();
        let start = Instant::now();
        let own = clock.at(start);
        // However long the answer took.
        clock.observe(start, after(start, 900), own + 10_000);
        assert_eq!(clock.at(start), own);
    }

    #[test]
    fn every_answer_narrows_it_down() {
        let clock = RedisClock::default();
        let start = Instant::now();
        let truth = clock.at(start) + HOUR;
        let error = |clock: &RedisClock| clock.at(start).abs_diff(truth);
        clock.observe(start, after(start, 100), truth + 1_000);
        assert!(error(&clock) <= 100_000, "{} µs", error(&clock));
        clock.observe(after(start, 200), after(start, 202), truth + 201_000);
        assert!(error(&clock) <= 2_000, "{} µs", error(&clock));
        // A slow one does not spoil it.
        clock.observe(after(start, 300), after(start, 900), truth + 301_000);
        assert!(error(&clock) <= 2_100, "{} µs", error(&clock));
    }

    #[test]
    fn a_clock_that_was_set_is_followed_at_once() {
        let clock = RedisClock::default();
        let start = Instant::now();
        let own = clock.at(start);
        clock.observe(start, after(start, 2), own);
        clock.observe(after(start, 10), after(start, 30), own + 24 * HOUR);
        let error = clock.at(after(start, 10)).abs_diff(own + 24 * HOUR);
        assert!(error <= 20_000, "{error} µs");
    }
}
