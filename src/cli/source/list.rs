//! `leitl source list`, for people.

use crate::{
    cli::{
        output::{ago, size},
        table::Table,
    },
    protocol::{Source, SyncState, SyncStatus, Timestamp},
};

/// How many skipped and stale files are named; `--json` has more.
const NAMED: usize = 3;

/// The caller's own sources, then how those of the others are.
pub fn render(sources: &[Source], now: Timestamp) -> String {
    let mut own = Table::new(["ID", "NAME", "STATE", "FILES", "SIZE", "LAST SYNC"]);
    let mut others = Table::new(["NAME", "OWNER", "STATE", "LAST SYNC"]);
    for source in sources {
        let sync = &source.sync;
        let name = source.name.clone();
        let state = sync.state.as_str().to_owned();
        let last = match sync.last_finished {
            Some(at) => ago(at, now),
            None => "never".to_owned(),
        };
        if source.settings.is_some() {
            let (id, files) = (source.id.to_string(), sync.files.to_string());
            own.row(
                [id, name, state, files, size(sync.bytes), last],
                notes(sync),
            );
        } else {
            others.row([name, source.owner.clone(), state, last], []);
        }
    }
    let mut text = String::new();
    if !own.is_empty() {
        text += &own.to_string();
    }
    if !others.is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        text += &format!("Of the others in this workspace:\n{others}");
    }
    text
}

/// What is to be said of a synchronisation: how far it is, what went wrong, and what
/// was left out.
pub fn notes(sync: &SyncStatus) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(progress) = &sync.progress
        && sync.state == SyncState::Running
    {
        notes.push(format!(
            "read {} of {} files, {} listed",
            progress.read, progress.wanted, progress.listed
        ));
    }
    if let Some(error) = &sync.error {
        notes.push(format!("error: {error}"));
    }
    let skipped: Vec<_> = sync
        .skipped
        .iter()
        .map(|file| format!("{} ({})", file.path, file.reason))
        .collect();
    let total = sync.skipped_total.max(sync.skipped.len() as u64);
    notes.extend(named("skipped", &skipped, total));
    notes.extend(named(
        "not up to date",
        &sync.stale,
        sync.stale.len() as u64,
    ));
    notes
}

/// `skipped 12: a, b, c, …`; nothing if there are none.
fn named(what: &str, items: &[String], total: u64) -> Option<String> {
    let mut shown: Vec<_> = items.iter().take(NAMED).map(String::as_str).collect();
    if total > shown.len() as u64 {
        shown.push("…");
    }
    (total > 0).then(|| format!("{what} {total}: {}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{SkippedFile, SourceAuth, SourceId, SourceSettings};

    fn source(name: &str, owner: &str, is_own: bool, sync: SyncStatus) -> Source {
        Source {
            id: SourceId::share(),
            name: name.into(),
            owner: owner.into(),
            settings: is_own.then(|| SourceSettings {
                url: "/dav/ann/".into(),
                auth: SourceAuth::None,
                username: None,
                interval_seconds: 300,
                include: Vec::new(),
                exclude: Vec::new(),
                max_file_bytes: 1,
                max_files: 1,
            }),
            sync,
        }
    }

    #[test]
    fn own_sources_stand_first_with_all_that_is_known() {
        let skipped = |path: &str| SkippedFile {
            path: path.into(),
            reason: "too large".into(),
        };
        let failed = SyncStatus {
            state: SyncState::Failed,
            last_finished: Some(Timestamp::from_millis(60_000)),
            error: Some("no\nanswer".into()),
            files: 12,
            bytes: 2048,
            skipped: ["a", "b", "c", "d"].map(skipped).into(),
            skipped_total: 700,
            ..SyncStatus::default()
        };
        let sources = [
            source("Notes", "ann", true, failed),
            source("Wiki", "ben", false, SyncStatus::default()),
        ];
        assert_eq!(
            render(&sources, Timestamp::from_millis(360_000)),
            "\
ID     NAME   STATE   FILES  SIZE     LAST SYNC
share  Notes  failed  12     2.0 KiB  5m ago
  error: no\u{fffd}answer
  skipped 700: a (too large), b (too large), c (too large), …

Of the others in this workspace:
NAME  OWNER  STATE  LAST SYNC
Wiki  ben    idle   never
"
        );
    }

    #[test]
    fn nothing_to_say_is_no_line() {
        assert!(notes(&SyncStatus::default()).is_empty());
        assert_eq!(render(&[], Timestamp::default()), "");
    }
}
