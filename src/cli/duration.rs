//! Durations as flags give them.

use std::time::Duration;

use anyhow::{bail, ensure};

/// Reads `30d`, `12h`, `5m` or `90s`; at most ten years.
///
/// # Errors
/// The rule in words.
pub fn parse(text: &str) -> anyhow::Result<Duration> {
    const RULE: &str = "must be a whole number and s, m, h or d, such as 30d";
    let Some((at, unit)) = text.char_indices().last() else {
        bail!(RULE)
    };
    let unit_seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => bail!(RULE),
    };
    let Ok(number) = text[..at].parse::<u32>() else {
        bail!(RULE)
    };
    let duration = Duration::from_secs(u64::from(number) * unit_seconds);
    ensure!(
        !duration.is_zero() && duration <= Duration::from_secs(3650 * 24 * 3600),
        "must be more than 0 and at most 3650d"
    );
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        assert_eq!(parse("90s").unwrap(), Duration::from_secs(90));
        assert_eq!(parse("30d").unwrap(), Duration::from_secs(30 * 86_400));
        for wrong in ["", "d", "30", "-1d", "1.5h", "0s", "99999d", "1ü"] {
            assert!(parse(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
