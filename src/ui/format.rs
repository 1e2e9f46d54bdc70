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

/// How far ahead something is, in its largest unit.
pub fn ahead(wait: Duration) -> String {
    match wait.as_secs() {
        0 => "now".to_owned(),
        _ => format!("in {}", crate::protocol::format_uptime(wait)),
    }
}

/// A count with its thousands apart: `1,200`.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A size in its largest unit, thousands of bytes each: `12.3 MB`.
pub fn bytes(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    let tenths = bytes / (unit / 10);
    format!("{}.{} {name}", count(tenths / 10), tenths % 10)
}

/// `HH:MM:SS` of the local time that is `utc_offset_minutes` ahead of UTC.
pub fn clock(at: Timestamp, utc_offset_minutes: i64) -> String {
    Timestamp::from_millis(at.millis().saturating_add(utc_offset_minutes * 60_000)).clock()
}

/// Two letters that stand for a name: the first of its first two words, or the
/// first two of its only word; `?` if it has none.
pub fn initials(name: &str) -> String {
    let mut words = name
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let letters: String = match (words.next(), words.next()) {
        (Some(first), Some(second)) => first
            .chars()
            .take(1)
            .chain(second.chars().take(1))
            .collect(),
        (Some(only), None) => only.chars().take(2).collect(),
        _ => return "?".to_owned(),
    };
    let mut letters = letters.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

/// One of ten colours that tell agents apart, always the same for a name.
pub fn hue(name: &str) -> &'static str {
    const HUES: [&str; 10] = [
        "hue-0", "hue-1", "hue-2", "hue-3", "hue-4", "hue-5", "hue-6", "hue-7", "hue-8", "hue-9",
    ];
    // The standard library's hasher is not the same on server and browser. FNV-1a,
    // then MurmurHash3's finaliser, since names that are alike must come apart.
    let mut hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^= hash >> 16;
    HUES[hash as usize % HUES.len()]
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
    fn counts_and_sizes_are_read_at_a_glance() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_200), "1,200");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_999), "1.9 kB");
        assert_eq!(bytes(12_345_678), "12.3 MB");
        assert_eq!(bytes(u64::MAX), "18,446,744,073.7 GB");
    }

    #[test]
    fn initials_are_letters() {
        assert_eq!(initials("cece"), "Ce");
        assert_eq!(initials("Data Engineer"), "DE");
        assert_eq!(initials("claude-code-2"), "Cc");
        assert_eq!(initials("  'élan"), "Él");
        assert_eq!(initials("X"), "X");
        assert_eq!(initials("…"), "?");
    }

    #[test]
    fn names_that_are_alike_have_colours_apart() {
        assert_eq!(hue("Cece"), "hue-8");
        assert_eq!(hue("Claude"), "hue-0");
        assert_eq!(hue("Codex"), "hue-3");
    }
}
