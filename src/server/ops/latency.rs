//! Latencies in buckets: cheap to count, exact to add over nodes and minutes, and
//! right to a quarter where a quantile is read from them.

use std::sync::LazyLock;

/// How many buckets there are; the last takes everything above a minute.
pub const BUCKETS: usize = 64;

/// The upper bound of each bucket but the last, in microseconds: from 50 µs on,
/// each a quarter above the one before.
static BOUNDS: LazyLock<[u64; BUCKETS - 1]> = LazyLock::new(|| {
    let mut bound = 50.0;
    std::array::from_fn(|_| {
        let this = bound as u64;
        bound *= 1.25;
        this
    })
});

/// The upper bounds of all buckets but the last, in microseconds.
pub fn bounds() -> &'static [u64] {
    &*BOUNDS
}

/// Which bucket a latency falls in, in microseconds.
pub fn bucket_of(micros: u64) -> usize {
    BOUNDS.partition_point(|bound| *bound < micros)
}

/// The latency that `share` of those counted did not exceed, in milliseconds; `None`
/// if nothing was counted. Inside a bucket they are taken to lie evenly.
pub fn quantile(counts: &[u64; BUCKETS], share: f64) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return None;
    }
    let wanted = share * total as f64;
    let mut below = 0;
    for (bucket, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        if (below + count) as f64 >= wanted {
            let lower = bucket.checked_sub(1).map_or(0, |before| BOUNDS[before]);
            // Nothing is known of how far the last one reaches.
            let upper = BOUNDS.get(bucket).copied().unwrap_or(lower);
            let inside = ((wanted - below as f64) / *count as f64).clamp(0.0, 1.0);
            return Some((lower as f64 + inside * (upper - lower) as f64) / 1000.0);
        }
        below += count;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(latencies: impl IntoIterator<Item = u64>) -> [u64; BUCKETS] {
        let mut counts = [0; BUCKETS];
        for micros in latencies {
            counts[bucket_of(micros)] += 1;
        }
        counts
    }

    #[test]
    fn every_latency_has_a_bucket() {
        assert_eq!(bucket_of(0), 0);
        assert_eq!(bucket_of(50), 0);
        assert_eq!(bucket_of(51), 1);
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
        let last = bounds()[BUCKETS - 2];
        assert!((50_000_000..80_000_000).contains(&last), "{last} µs");
        assert!(bounds().windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn quantiles_are_right_to_a_quarter() {
        // 1 to 1,000 ms, each once.
        let counts = counts((1..=1000).map(|millis| millis * 1000));
        for (share, exact) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let read = quantile(&counts, share).unwrap();
            assert!((read / exact - 1.0).abs() < 0.25, "{share}: {read} ms");
        }
    }

    #[test]
    fn of_nothing_there_is_no_quantile() {
        assert_eq!(quantile(&[0; BUCKETS], 0.5), None);
        let one = quantile(&counts([700]), 0.99).unwrap();
        assert!((0.5..1.0).contains(&one), "{one} ms");
    }
}
