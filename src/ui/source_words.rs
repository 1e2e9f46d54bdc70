//! A source in words a person reads at a glance.

use super::{card::Card, format};
use crate::protocol::{FieldError, Problem, SyncState, Timestamp};

/// How it does.
pub fn state(source: &Card, _now: Timestamp) -> String {
    match (source.sync.state, source.sync.last_finished) {
        (SyncState::Running, _) => "synchronising",
        (SyncState::Failed, _) => "failed",
        (SyncState::Idle, None) => "not read yet",
        (SyncState::Idle, Some(_)) => "up to date",
    }
    .to_owned()
}

/// How far a running synchronisation is; empty if none runs.
pub fn progress(source: &Card, _now: Timestamp) -> String {
    let sync = &source.sync;
    match sync.state {
        SyncState::Running if sync.wanted > 0 => format!(
            "{} of {} read",
            format::count(sync.read),
            files(sync.wanted)
        ),
        SyncState::Running => format!("{} seen", files(sync.listed)),
        SyncState::Idle | SyncState::Failed => String::new(),
    }
}

/// How many percent of the files are read; empty while that is not known.
pub fn percent(source: &Card, _now: Timestamp) -> String {
    let sync = &source.sync;
    match (sync.read.saturating_mul(100)).checked_div(sync.wanted) {
        Some(percent) => percent.to_string(),
        None => String::new(),
    }
}

/// How long ago it was synchronised.
pub fn last(source: &Card, now: Timestamp) -> String {
    match source.sync.last_finished {
        Some(at) => format::ago(at.until(now)),
        None => "never".to_owned(),
    }
}

/// When it is synchronised again.
pub fn next(source: &Card, now: Timestamp) -> String {
    match source.sync.next_at {
        Some(at) => format::ahead(now.until(at)),
        None if source.sync.state == SyncState::Running => "after this one".to_owned(),
        None => "now".to_owned(),
    }
}

/// How much of it can be found.
pub fn content(source: &Card, _now: Timestamp) -> String {
    let (count, bytes) = (source.sync.files, source.sync.bytes);
    format!("{}, {}", files(count), format::bytes(bytes))
}

/// What cannot be found, or only as it was; empty if there is nothing of the kind.
pub fn left_out(source: &Card, _now: Timestamp) -> String {
    let counted = [
        (source.sync.skipped, "skipped"),
        (source.sync.stale, "shown as they were"),
    ];
    let parts: Vec<String> = counted
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", format::count(count)))
        .collect();
    parts.join(", ")
}

/// What went wrong; empty for nothing.
pub fn error(source: &Card, _now: Timestamp) -> String {
    source.sync.error.clone()
}

/// What a person can make of a problem.
pub fn problem(problem: &Problem) -> String {
    match problem.status {
        401 => "You are signed out. Sign in, then try again.".to_owned(),
        _ => format!("{}: {}", problem.title, problem.detail),
    }
}

/// The rule that one of these fields broke; empty for none.
pub fn broken(errors: &[FieldError], fields: &[&str]) -> String {
    errors
        .iter()
        .find(|error| {
            // A list's item is named as `include[2]`.
            let field = error.field.split('[').next().unwrap_or_default();
            fields.contains(&field)
        })
        .map(|error| error.rule.clone())
        .unwrap_or_default()
}

fn files(count: u64) -> String {
    match count {
        1 => "1 file".to_owned(),
        _ => format!("{} files", format::count(count)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn source(sync: Value) -> Card {
        let mut json = json!({"id": "a", "name": "a", "owner": "alexa", "sync": {
            "state": "idle", "generation": 0, "files": 0, "bytes": 0, "skipped": [], "stale": []}});
        for (member, value) in sync.as_object().unwrap() {
            json["sync"][member] = value.clone();
        }
        Card::of(&json)
    }

    #[test]
    fn progress_is_counted_as_far_as_it_is_known() {
        let now = Timestamp::default();
        let running = |listed: u64, wanted: u64, read: u64| {
            source(json!({"state": "running",
                "progress": {"listed": listed, "wanted": wanted, "read": read}}))
        };
        assert_eq!(progress(&running(1, 0, 0), now), "1 file seen");
        assert_eq!(percent(&running(1, 0, 0), now), "");
        assert_eq!(
            progress(&running(1_200, 1_000, 240), now),
            "240 of 1,000 files read"
        );
        assert_eq!(percent(&running(1_200, 1_000, 240), now), "24");
        assert_eq!(progress(&source(json!({})), now), "");
    }

    #[test]
    fn ages_are_told_from_now() {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let fresh = source(json!({}));
        assert_eq!(
            (last(&fresh, now), state(&fresh, now)),
            ("never".into(), "not read yet".into())
        );
        let read = source(json!({"last_finished": "2026-01-01T11:58:00Z",
            "next_at": "2026-01-01T12:03:00Z", "skipped_total": 3, "files": 1_200, "bytes": 2_500}));
        assert_eq!(last(&read, now), "2m ago");
        assert_eq!(next(&read, now), "in 3m");
        assert_eq!(content(&read, now), "1,200 files, 2.5 kB");
        assert_eq!(left_out(&read, now), "3 skipped");
        assert_eq!(state(&read, now), "up to date");
    }

    #[test]
    fn a_rule_is_told_at_its_field() {
        let errors = Problem::field("include[1]", "is no pattern").errors;
        assert_eq!(broken(&errors, &["include"]), "is no pattern");
        assert_eq!(broken(&errors, &["exclude", "url"]), "");
    }
}
