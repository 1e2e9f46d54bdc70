//! The health metrics in words, read from a [`Status`](crate::protocol::Status)
//! member by member, as [`super::card`] says why.

use std::time::Duration;

use serde_json::Value;

use super::{format, sparkline};
use crate::protocol::plain;

/// What stands where a value is absent.
pub const NO_DATA: &str = "No data yet";

/// One health metric, and where it is found in the status.
#[derive(Debug)]
pub struct Metric {
    /// Its name for tests.
    pub key: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Where its present value is.
    now: Path,
    /// What it is measured in.
    unit: Unit,
    /// The member of the history that its sparkline shows, its unit, and what it is
    /// where that is something else.
    history: (&'static str, Unit, &'static str),
    /// The kind of alert that is about it; empty for none.
    alert: &'static str,
    /// What is known of a window of time.
    pub rows: &'static [Row],
}

/// One figure of a metric.
#[derive(Debug)]
pub struct Row {
    /// What it is.
    pub name: &'static str,
    /// Where it is in a window.
    place: Path,
    unit: Unit,
}

/// The members that lead to a value.
type Path = &'static [&'static str];

/// What a value is measured in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Unit {
    /// How many.
    Count,
    /// A share, from 0 to 1.
    Share,
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
}

/// The windows of time: the members of the status.
const WINDOWS: [&str; 3] = ["five_minutes", "hour", "day"];
/// The names of the windows, as the head of a table whose columns stand at tabs.
pub const WINDOW_NAMES: &str = "5 min\t1 h\t24 h";

/// The five metrics of the protocol document, "Monitoring".
pub static METRICS: [Metric; 5] = [
    Metric {
        key: "metric-sessions",
        name: "Active sessions",
        now: &["active_sessions"],
        unit: Unit::Count,
        history: ("active_sessions", Unit::Count, ""),
        alert: "heartbeat_timeout",
        rows: &[row("On average", &["active_sessions"], Unit::Count)],
    },
    Metric {
        key: "metric-sync",
        name: "WebDAV sync success",
        now: &["five_minutes", "sync", "success_rate"],
        unit: Unit::Share,
        history: ("sync_success_rate", Unit::Share, ""),
        alert: "sync_failure",
        rows: &[
            row("Success", &["sync", "success_rate"], Unit::Share),
            row("Ended well", &["sync", "succeeded"], Unit::Count),
            row("Failed", &["sync", "failed"], Unit::Count),
        ],
    },
    Metric {
        key: "metric-delivery",
        name: "Delivery time (p95)",
        now: &["five_minutes", "delivery", "p95_ms"],
        unit: Unit::Millis,
        history: ("delivery_p95_ms", Unit::Millis, ""),
        alert: "message_backlog",
        rows: &[
            row("Half within (p50)", &["delivery", "p50_ms"], Unit::Millis),
            row("95 % within (p95)", &["delivery", "p95_ms"], Unit::Millis),
            row("99 % within (p99)", &["delivery", "p99_ms"], Unit::Millis),
            row("Deliveries", &["delivery", "count"], Unit::Count),
        ],
    },
    Metric {
        key: "metric-cache",
        name: "Context cache hits",
        now: &["five_minutes", "cache", "hit_rate"],
        unit: Unit::Share,
        history: ("cache_hit_rate", Unit::Share, ""),
        alert: "",
        rows: &[
            row("Hits", &["cache", "hit_rate"], Unit::Share),
            row("Answered at once", &["cache", "hits"], Unit::Count),
            row("Waited for a sync", &["cache", "misses"], Unit::Count),
        ],
    },
    Metric {
        key: "metric-sockets",
        name: "Open sockets",
        now: &["open_sockets"],
        unit: Unit::Count,
        history: ("abnormal_closes", Unit::Count, ", broken off"),
        alert: "",
        rows: &[
            row("Opened", &["sockets", "opened"], Unit::Count),
            row("Reconnects", &["sockets", "reconnects"], Unit::Count),
            row("Closed", &["sockets", "closed"], Unit::Count),
            row("Broke off", &["sockets", "abnormal_closes"], Unit::Count),
            row(
                "Mean life",
                &["sockets", "mean_life_seconds"],
                Unit::Seconds,
            ),
        ],
    },
];

const fn row(name: &'static str, place: Path, unit: Unit) -> Row {
    Row { name, place, unit }
}

impl Metric {
    /// Its present value.
    pub fn value(&self, status: &Value) -> String {
        match at(status, self.now).as_f64() {
            Some(value) => text(value, self.unit),
            None => NO_DATA.to_owned(),
        }
    }

    /// Its sparkline: the data of an SVG path, and the same in words.
    pub fn sparkline(&self, status: &Value) -> (String, String) {
        let (member, unit, what) = self.history;
        let minutes = plain::items(&status["history"][member]).iter();
        let minutes: Vec<Option<f64>> = minutes.map(Value::as_f64).collect();
        let known = || minutes.iter().copied().flatten();
        let highest = known().fold(0.0, f64::max);
        let lowest = known().fold(highest, f64::min);
        let words = |value| text(value, unit);
        let range = match known().next() {
            None => "no data yet".to_owned(),
            Some(_) if lowest == highest => words(lowest),
            Some(_) => format!("{} to {}", words(lowest), words(highest)),
        };
        let summary = format!("Last hour{what}, minute by minute: {range}");
        let top = if unit == Unit::Share { 1.0 } else { highest };
        (sparkline::path(&minutes, top), summary)
    }

    /// Whether an alert of this kind is about it.
    pub fn concerns(&self, kind: &str) -> bool {
        kind == self.alert
    }
}

impl Row {
    /// Its values in each window, apart by tabs.
    pub fn values(&self, status: &Value) -> String {
        WINDOWS
            .map(|window| match at(&status[window], self.place).as_f64() {
                Some(value) => text(value, self.unit),
                None => "–".to_owned(),
            })
            .join("\t")
    }
}

fn at(value: &Value, path: Path) -> &Value {
    path.iter().fold(value, |value, member| &value[*member])
}

/// A value with its unit. Shares are rounded down: one failure in a thousand is not
/// 100 %.
fn text(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Count => tenths(value * 10.0 + 0.5),
        Unit::Share => tenths(value * 1_000.0 + 1e-6) + " %",
        Unit::Millis if value < 1_000.0 => tenths(value * 10.0 + 0.5) + " ms",
        Unit::Millis => tenths(value / 100.0) + " s",
        Unit::Seconds => format::duration(Duration::from_secs(value as u64)),
    }
}

/// A number given in tenths, rounded down: `12.3`, `12`. From a hundred on without
/// the last digit, which says nothing.
fn tenths(tenths: f64) -> String {
    // Metrics are never negative.
    let tenths = tenths as u64;
    let whole = format::count(tenths / 10);
    match tenths % 10 {
        rest if rest > 0 && tenths < 1_000 => format!("{whole}.{rest}"),
        _ => whole,
    }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
