//! Instants on the wire: RFC 3339 in UTC, millisecond precision.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// An instant, in milliseconds since the Unix epoch; on the wire RFC 3339 in UTC
/// (`2025-11-18T12:00:00Z`, with milliseconds where they are not zero).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, as JWT claims count (RFC 7519, section 2).
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// How long before `later` this instant was; zero if it was not before.
    pub fn until(self, later: Timestamp) -> Duration {
        Duration::from_millis(later.0.saturating_sub(self.0).max(0).unsigned_abs())
    }

    /// This instant and `duration` more.
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// `HH:MM:SS` in UTC, for lists where the day is clear.
    pub fn clock(self) -> String {
        let seconds = self.seconds().rem_euclid(86_400);
        format!(
            "{:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|instant| instant.format(&Rfc3339).ok())
            .ok_or(fmt::Error)?;
        formatter.write_str(&text)
    }
}

impl FromStr for Timestamp {
    type Err = time::error::Parse;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let nanos = OffsetDateTime::parse(text, &Rfc3339)?.unix_timestamp_nanos();
        // Every RFC 3339 instant (years 0 to 9999) fits in 64 bits of milliseconds.
        Ok(Self(
            i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(i64::MAX),
        ))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = time::error::Parse;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        // Out of the range of RFC 3339 only if somebody made it so by hand.
        if (-62_167_219_200_000..=253_402_300_799_999).contains(&timestamp.0) {
            timestamp.to_string()
        } else {
            "1970-01-01T00:00:00Z".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_the_protocol_document_shows() {
        let timestamp = Timestamp::from_millis(1_763_467_200_000);
        assert_eq!(timestamp.to_string(), "2025-11-18T12:00:00Z");
        assert_eq!("2025-11-18T12:00:00Z".parse(), Ok(timestamp));
        assert_eq!("2025-11-18T13:00:00+01:00".parse(), Ok(timestamp));
    }

    #[test]
    fn keeps_milliseconds() {
        let timestamp = Timestamp::from_millis(1_763_467_200_042);
        assert_eq!(timestamp.to_string(), "2025-11-18T12:00:00.042Z");
        assert_eq!(timestamp.to_string().parse(), Ok(timestamp));
    }

    #[test]
    fn counts_only_forward() {
        let (earlier, later) = (Timestamp::from_millis(1_000), Timestamp::from_millis(3_500));
        assert_eq!(earlier.until(later), Duration::from_millis(2_500));
        assert_eq!(later.until(earlier), Duration::ZERO);
    }
}
