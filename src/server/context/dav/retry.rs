//! When a request is worth another try, and after what pause.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};

use super::{dates, error::DavError, limits::ClientLimits};
use crate::protocol::Timestamp;

/// The longest pause that a server can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The pause before the next try, after so many; nothing if another try would end
/// as this one did.
pub(super) fn pause(
    outcome: Result<(StatusCode, &HeaderMap), &DavError>,
    tried: u32,
    limits: &ClientLimits,
) -> Option<Duration> {
    if tried >= limits.tries {
        return None;
    }
    match outcome {
        Ok((status, headers)) => match status.as_u16() {
            429 | 503 => Some(retry_after(headers).unwrap_or_else(|| backoff(tried, limits))),
            500 | 502 | 504 => Some(backoff(tried, limits)),
            _ => None,
        },
        Err(error) => error.is_of_transport().then(|| backoff(tried, limits)),
    }
}

/// RFC 9110, section 10.2.3: seconds, or a date by the server's own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => server_time(headers)?.until(dates::parse(text)?),
    };
    Some(asked.min(LONGEST_PAUSE))
}

/// The server's clock when it made an answer.
pub(super) fn server_time(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(reqwest::header::DATE)?.to_str().ok()?;
    dates::parse(text)
}

/// Doubles with each try. Half of it is random, so that the many requests of a sync
/// do not come back all at once.
fn backoff(tried: u32, limits: &ClientLimits) -> Duration {
    let longest = limits
        .first_pause
        .saturating_mul(1 << tried.saturating_sub(1).min(16))
        .min(LONGEST_PAUSE);
    longest.mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, headers: &[(&'static str, &str)], tried: u32) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        pause(Ok((status, &map)), tried, &ClientLimits::default())
    }

    #[test]
    fn the_server_says_when() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(answered(503, &[("retry-after", "7")], 1), seconds(7));
        assert_eq!(answered(429, &[("retry-after", "86400")], 1), seconds(60));
        let (now, then) = (
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:42 GMT",
        );
        assert_eq!(
            answered(429, &[("date", now), ("retry-after", then)], 1),
            seconds(5)
        );
        assert_eq!(
            answered(429, &[("date", then), ("retry-after", now)], 1),
            seconds(0)
        );
    }

    #[test]
    fn otherwise_pauses_double() {
        for (tried, longest) in [(1, 300), (2, 600), (3, 1200)] {
            for headers in [&[][..], &[("retry-after", "soon")]] {
                let pause = answered(503, headers, tried).unwrap().as_millis();
                assert!((longest / 2..=longest).contains(&pause), "{tried}: {pause}");
            }
        }
        assert_eq!(answered(503, &[], 4), None, "four tries are enough");
    }

    #[test]
    fn what_will_not_change_is_not_tried_again() {
        for status in [200, 207, 304, 400, 401, 403, 404, 405, 501, 507] {
            assert_eq!(
                answered(status, &[("retry-after", "1")], 1),
                None,
                "{status}"
            );
        }
        let pause = |error| pause(Err(&error), 1, &ClientLimits::default());
        assert!(
            pause(DavError::Timeout {
                host: String::new()
            })
            .is_some()
        );
        assert!(pause(DavError::TooManyRedirects).is_none());
        assert!(
            pause(DavError::Tls {
                host: String::new(),
                reason: String::new()
            })
            .is_none()
        );
    }
}
