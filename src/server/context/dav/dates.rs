//! Dates, as servers write them.

use std::time::{SystemTime, UNIX_EPOCH};

use time::{
    OffsetDateTime,
    format_description::well_known::{Rfc2822, Rfc3339},
};

use crate::protocol::Timestamp;

/// Reads a date in any of the forms that servers send: the three of HTTP
/// (RFC 9110, section 5.6.7), the one of mail with another zone (RFC 5322), and
/// ISO 8601 (RFC 3339), without a zone taken as UTC. Nothing for anything else: a
/// date is a hint, and a bad one must not cost the entry.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(instant) = httpdate::parse_http_date(text) {
        return from_system_time(instant);
    }
    OffsetDateTime::parse(text, &Rfc2822)
        .or_else(|_| OffsetDateTime::parse(text, &Rfc3339))
        .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339))
        .ok()
        .and_then(|instant| i64::try_from(instant.unix_timestamp_nanos() / 1_000_000).ok())
        .map(Timestamp::from_millis)
}

fn from_system_time(instant: SystemTime) -> Option<Timestamp> {
    let millis = instant.duration_since(UNIX_EPOCH).ok()?.as_millis();
    i64::try_from(millis).ok().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 6 Nov 1994 09:49:37 +0100",
            "1994-11-06T08:49:37Z",
            "1994-11-06T09:49:37+01:00",
            "1994-11-06T08:49:37",
            " 1994-11-06T08:49:37.000Z ",
        ] {
            assert_eq!(
                parse(text),
                Some(Timestamp::from_millis(784_111_777_000)),
                "{text}"
            );
        }
    }

    #[test]
    fn keeps_milliseconds_and_ignores_nonsense() {
        assert_eq!(
            parse("1994-11-06T08:49:37.25Z"),
            Some(Timestamp::from_millis(784_111_777_250))
        );
        for text in [
            "",
            "yesterday",
            "784111777",
            "Sun, 99 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
