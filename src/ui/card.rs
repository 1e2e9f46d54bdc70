//! One source as the dashboard keeps it.
//!
//! It is read member by member: a reader that serde makes for each wire type would
//! be a tenth of the download.

use serde_json::Value;

use crate::protocol::{
    SyncState, Timestamp,
    plain::{instant, items, number, text},
};

/// One source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// Its id, unique for its owner.
    pub id: String,
    /// What its owner called it.
    pub name: String,
    /// The user it belongs to.
    pub owner: String,
    /// The folder; empty for another user's.
    pub url: String,
    /// How its synchronisation goes.
    pub sync: Sync,
}

/// How the synchronisation of a source goes: a
/// [`SyncStatus`](crate::protocol::SyncStatus) without the names of files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sync {
    /// Whether it runs.
    pub state: SyncState,
    /// When the last one began.
    pub last_started: Option<Timestamp>,
    /// When the last one ended.
    pub last_finished: Option<Timestamp>,
    /// When the next one is due.
    pub next_at: Option<Timestamp>,
    /// What went wrong, in words; empty for nothing.
    pub error: String,
    /// How many files can be found.
    pub files: u64,
    /// Their size at the source, in bytes.
    pub bytes: u64,
    /// How many files cannot be found.
    pub skipped: u64,
    /// How many files and folders are shown as they were.
    pub stale: u64,
    /// Files seen so far by a running one.
    pub listed: u64,
    /// Files that it is to read, as far as is known.
    pub wanted: u64,
    /// Files that it has read.
    pub read: u64,
}

impl Card {
    /// Reads a [`Source`](crate::protocol::Source).
    pub fn of(source: &Value) -> Self {
        Self {
            id: text(source, "id").to_owned(),
            name: text(source, "name").to_owned(),
            owner: text(source, "owner").to_owned(),
            url: text(source, "url").to_owned(),
            sync: Sync::of(&source["sync"]),
        }
    }

    /// Reads a list of them.
    pub fn list(sources: &Value) -> Vec<Self> {
        items(sources).iter().map(Self::of).collect()
    }

    /// Whether it is one's own: of others' the settings are not told.
    pub fn is_own(&self) -> bool {
        !self.url.is_empty()
    }
}

impl Sync {
    /// Reads a [`SyncStatus`](crate::protocol::SyncStatus).
    pub fn of(sync: &Value) -> Self {
        let at = |member: &str| instant(sync, member);
        let progress = &sync["progress"];
        Self {
            state: state(sync["state"].as_str()),
            last_started: at("last_started"),
            last_finished: at("last_finished"),
            next_at: at("next_at"),
            error: text(sync, "error").to_owned(),
            files: number(sync, "files"),
            bytes: number(sync, "bytes"),
            skipped: number(sync, "skipped_total"),
            stale: number(sync, "stale_total"),
            listed: number(progress, "listed"),
            wanted: number(progress, "wanted"),
            read: number(progress, "read"),
        }
    }

    /// The later of two reports: an answer may have left the server before an event
    /// that overtook it.
    pub fn or_newer(self, other: Self) -> Self {
        let age = |sync: &Self| {
            (
                sync.last_started,
                sync.last_finished,
                sync.listed,
                sync.read,
            )
        };
        if age(&other) >= age(&self) {
            other
        } else {
            self
        }
    }
}

/// A state by its name.
pub fn state(name: Option<&str>) -> SyncState {
    match name {
        Some("running") => SyncState::Running,
        Some("failed") => SyncState::Failed,
        _ => SyncState::Idle,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::{Source, SourceId, SyncProgress, SyncStatus};

    #[test]
    fn reads_what_the_server_writes() {
        let at = Timestamp::from_millis(1_763_467_200_042);
        let source = Source {
            id: SourceId::share(),
            name: "notes".into(),
            owner: "alexa".into(),
            settings: None,
            sync: SyncStatus {
                state: SyncState::Failed,
                generation: 1,
                last_started: Some(at),
                last_finished: None,
                next_at: Some(at),
                error: Some("no".into()),
                files: 2,
                bytes: 3,
                skipped: Vec::new(),
                skipped_total: 4,
                stale: Vec::new(),
                stale_total: 5,
                progress: Some(SyncProgress {
                    listed: 6,
                    wanted: 7,
                    read: 8,
                }),
            },
        };
        let card = Card::of(&serde_json::to_value(source).unwrap());
        let sync = Sync {
            state: SyncState::Failed,
            last_started: Some(at),
            last_finished: None,
            next_at: Some(at),
            error: "no".into(),
            files: 2,
            bytes: 3,
            skipped: 4,
            stale: 5,
            listed: 6,
            wanted: 7,
            read: 8,
        };
        let expected = Card {
            id: "share".into(),
            name: "notes".into(),
            owner: "alexa".into(),
            url: String::new(),
            sync,
        };
        assert_eq!(card, expected);
        assert!(!card.is_own());
        assert!(Card::list(&json!(null)).is_empty());
    }
}
