//! Durations and instants in words.

use std::time::Duration;

use crate::protocol::Timestamp;

/// A duration in its two largest units: `42s`, `5m 07s`, `3h 05m`, `2d 04h`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{minutes}m {:02}s", seconds % 60),
        3_600..86_400 => format!("{hours}h {:02}m", minutes % 60),
        _ => format!("{days}d {:02}h", hours % 24),
    }
}

/// How long ago something was, in its largest unit.
pub fn ago(age: Duration) -> String {
    match age.as_secs() {
        0..2 => "just now".to_owned(),
        _ => format!("{} ago", crate::protocol::format_uptime(age)),
    }
}

/// `HH:MM:SS` of the local time that is `utc_offset_minutes` ahead of UTC.
pub fn clock(at: Timestamp, utc_offset_minutes: i64) -> String {
    Timestamp::from_millis(at.millis().saturating_add(utc_offset_minutes * 60_000)).clock()
}

/// The first letter or digit of a name, in capitals; `?` if there is none.
pub fn initial(name: &str) -> String {
    name.chars()
        .find(|letter| letter.is_alphanumeric())
        .map_or_else(
            || "?".to_owned(),
            |letter| letter.to_uppercase().to_string(),
        )
}

/// One of the eight colours that tell agents apart, always the same for a name.
pub fn hue(name: &str) -> &'static str {
    const HUES: [&str; 8] = [
        "hue-0", "hue-1", "hue-2", "hue-3", "hue-4", "hue-5", "hue-6", "hue-7",
    ];
    // FNV-1a: the standard library's hasher is not the same on server and browser.
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    HUES[(hash >> 13) as usize % HUES.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_two_units() {
        let text = |seconds| duration(Duration::from_secs(seconds));
        assert_eq!(text(0), "0s");
        assert_eq!(text(59), "59s");
        assert_eq!(text(307), "5m 07s");
        assert_eq!(text(3 * 3_600 + 300), "3h 05m");
        assert_eq!(text(52 * 3_600), "2d 04h");
    }

    #[test]
    fn the_clock_goes_by_local_time() {
        let noon: Timestamp = "2025-11-18T12:00:00Z".parse().unwrap();
        assert_eq!(clock(noon, 0), "12:00:00");
        assert_eq!(clock(noon, 330), "17:30:00");
        assert_eq!(clock(noon, -13 * 60), "23:00:00");
    }

    #[test]
    fn initials_are_letters() {
        assert_eq!(initial("cece"), "C");
        assert_eq!(initial("  'élan"), "É");
        assert_eq!(initial("…"), "?");
    }
}
