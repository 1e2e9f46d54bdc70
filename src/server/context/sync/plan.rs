//! What to do about what was listed: keep, read, or remove. Pure, so that its rules
//! can be tested one by one.
//!
//! - A file is left alone only if ETag, time and size are as they were **and** a
//!   change could not have escaped them: one that was read within two seconds of its
//!   last change may have changed once more with the same time and size (nginx and
//!   wsgidav show nothing of it), so it is read again.
//! - A file is gone only if the listing of its folder was complete and does not have
//!   it. One below a folder that could not be listed stays, marked as stale.
//! - If more than half of many files are gone at once, they stay until the next
//!   listing says so too: more often than not a disk was not mounted.

use std::collections::{BTreeMap, HashMap};

use crate::{
    protocol::{SkippedFile, Timestamp},
    server::{
        context::dav::{Entry, Href},
        store::FileEntry,
    },
};

/// How long a file must have been left alone for its time to be telling.
const SETTLING_MILLIS: i64 = 2000;

/// Up to so many files may be gone at once without a second look.
const SMALL_DROP: usize = 20;

/// What was seen at the source.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Files by canonical path.
    pub files: BTreeMap<String, Entry>,
    /// Files (and, ending in `/`, folders) that could not be listed, with reasons.
    pub unread: BTreeMap<String, String>,
    /// Files whose names cannot be read, by what the source calls them.
    pub nameless: Vec<SkippedFile>,
    /// Folders, ending in `/`, that are as they were.
    pub unchanged: Vec<String>,
    /// If only changes were listed: the files and folders that are gone.
    pub removed: Option<Vec<String>>,
    /// The clock of the source when the listing began.
    pub at: Option<Timestamp>,
}

/// What the listing says of a file that is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is as it was.
    Same,
    /// Nothing.
    Unread,
    /// It is not there.
    Gone,
}

impl Seen {
    fn fate(&self, path: &str) -> Fate {
        let is_at_or_in = |entry: &str| {
            let entry = entry.trim_end_matches('/');
            path.strip_prefix(entry)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        // What has a status in place of properties may be a folder as well as a file, or
        // the source's own.
        let is_unread = |unread: &String| unread.is_empty() || is_at_or_in(unread);
        if self.unread.keys().any(is_unread) {
            return Fate::Unread;
        }
        match &self.removed {
            Some(removed) if removed.iter().any(|removed| is_at_or_in(removed)) => Fate::Gone,
            Some(_) => Fate::Same,
            None if self.unchanged.iter().any(|folder| is_at_or_in(folder)) => Fate::Same,
            None => Fate::Gone,
        }
    }
}

/// A file to read.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Its canonical path.
    pub path: String,
    /// Where it is.
    pub href: Href,
    /// The ETag of the version that is known, if a change would show in it.
    pub known_etag: Option<String>,
    /// What the manifest shall say of it but for what is read.
    pub etag: Option<String>,
    /// See `etag`.
    pub modified: Option<Timestamp>,
    /// See `etag`.
    pub size: Option<u64>,
    /// See `etag`.
    pub content_type: Option<String>,
    /// See [`FileEntry::settled`].
    pub settled: bool,
}

/// What to do.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Files to read.
    pub wanted: Vec<Wanted>,
    /// Files to remove.
    pub removed: Vec<String>,
    /// Files that are shown as they were, because nothing is known.
    pub stale: Vec<String>,
    /// How many files are missing and stay until a second look.
    pub missing: Option<usize>,
}

/// Compares what was seen with what is known. `missing` is that of the plan before.
pub(super) fn plan(
    known: &HashMap<String, FileEntry>,
    seen: &Seen,
    missing: Option<usize>,
) -> Plan {
    let mut plan = Plan::default();
    for (path, entry) in &seen.files {
        let before = known.get(path);
        if before.is_some_and(|before| before.settled && is_unchanged(before, entry)) {
            continue;
        }
        plan.wanted.push(Wanted {
            path: path.clone(),
            href: entry.href.clone(),
            // Asking whether it changed makes sense only where that would show.
            known_etag: before
                .filter(|before| before.settled)
                .and_then(|before| before.etag.clone()),
            etag: entry.etag.as_ref().map(ToString::to_string),
            modified: entry.modified,
            size: entry.size,
            content_type: entry.content_type.clone(),
            settled: is_settled(entry, seen.at),
        });
    }
    for (path, before) in known {
        if seen.files.contains_key(path) {
            continue;
        }
        match seen.fate(path) {
            Fate::Gone => plan.removed.push(path.clone()),
            Fate::Unread => plan.stale.push(path.clone()),
            Fate::Same if before.settled => {}
            Fate::Same => plan.wanted.push(Wanted {
                path: path.clone(),
                href: Href::from_stored(&before.href),
                known_etag: None,
                etag: before.etag.clone(),
                modified: before.modified,
                size: before.size,
                content_type: None,
                settled: was_left_alone(before.modified, seen.at),
            }),
        }
    }
    if plan.removed.len() > SMALL_DROP && plan.removed.len() * 2 > known.len() && missing.is_none()
    {
        plan.missing = Some(plan.removed.len());
        plan.stale.append(&mut plan.removed);
    }
    plan.removed.sort();
    plan.stale.sort();
    plan
}

fn is_unchanged(before: &FileEntry, entry: &Entry) -> bool {
    // The weak comparison of RFC 9110, section 8.8.3.2: Apache's tags are weak while
    // a file is fresh.
    let bare = |tag: &str| tag.trim_start_matches("W/").trim_matches('"').to_owned();
    let same_etag =
        before.etag.as_deref().map(bare) == entry.etag.as_ref().map(|etag| etag.value.clone());
    same_etag
        && before.modified == entry.modified
        && before.size == entry.size
        && before.href == entry.href.as_str()
}

/// Whether a change after `at` would show.
fn is_settled(entry: &Entry, at: Option<Timestamp>) -> bool {
    match entry.modified {
        Some(modified) => was_left_alone(Some(modified), at),
        None => entry.etag.is_some(),
    }
}

fn was_left_alone(modified: Option<Timestamp>, at: Option<Timestamp>) -> bool {
    let (Some(modified), Some(at)) = (modified, at) else {
        return false;
    };
    // A time in the future comes from another clock than that of the next change.
    (at.millis() - modified.millis()).abs() >= SETTLING_MILLIS
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
