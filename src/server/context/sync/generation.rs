//! The next generation in the making: which entries change, which files get a new
//! version, which texts are needed more or less often.

use std::collections::{BTreeMap, HashMap};

use super::{
    named,
    plan::{Plan, Wanted},
    reading::Outcome,
};
use crate::{
    protocol::{ContextChanges, FileVersion, SkippedFile},
    server::store::{FileEntry, FileRecord, VersionRecord},
};

/// How many bytes of paths an event carries.
const EVENT_PATH_BYTES: usize = 6 * 1024;

/// The next generation.
pub(super) struct NextGeneration {
    kept_versions: usize,
    known: HashMap<String, FileEntry>,
    /// Entries that are new or differ in anything; `None` for removed ones.
    changes: BTreeMap<String, Option<FileEntry>>,
    /// What became of each file whose content differs.
    news: BTreeMap<String, News>,
    /// Histories that change, newest version first.
    histories: BTreeMap<String, Vec<VersionRecord>>,
    blob_counts: HashMap<String, i64>,
    /// Files that could not be read, and why.
    pub failed: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Added,
    Changed,
    Removed,
}

impl NextGeneration {
    /// Begins with what is known, without the files that are gone.
    pub fn new(kept_versions: usize, known: HashMap<String, FileEntry>, plan: &Plan) -> Self {
        let mut next = Self {
            kept_versions,
            known,
            changes: BTreeMap::new(),
            news: BTreeMap::new(),
            histories: BTreeMap::new(),
            blob_counts: HashMap::new(),
            failed: BTreeMap::new(),
        };
        for path in &plan.removed {
            next.changes.insert(path.clone(), None);
            next.news.insert(path.clone(), News::Removed);
        }
        next
    }

    /// Takes what was read of a file; returns its text if that is new, with its hash.
    pub fn take(&mut self, wanted: &Wanted, outcome: Outcome) -> Option<(String, String)> {
        let before = self.known.get(&wanted.path);
        let entry = |etag: Option<String>, modified, omitted, record| FileEntry {
            href: wanted.href.to_string(),
            etag: wanted.etag.clone().or(etag),
            modified: wanted.modified.or(modified),
            size: wanted.size,
            settled: wanted.settled,
            omitted,
            record,
        };
        let (entry, text) = match outcome {
            Outcome::Failed(reason) => {
                self.failed.insert(wanted.path.clone(), reason);
                return None;
            }
            Outcome::NotModified => {
                let before = before?;
                let (omitted, record) = (before.omitted.clone(), before.record.clone());
                (entry(None, None, omitted, record), None)
            }
            Outcome::Skipped(reason) => {
                (entry(None, None, None, FileRecord::Skipped(reason)), None)
            }
            Outcome::Text {
                text,
                etag,
                modified,
                bytes,
            } => {
                let hash = text.hash.to_string();
                let same = before.and_then(|before| match &before.record {
                    FileRecord::Text(version) if version.version.hash.as_ref() == Some(&hash) => {
                        Some(version.clone())
                    }
                    _ => None,
                });
                let is_new = same.is_none();
                let updated_at = wanted.modified.or(modified);
                let version = same.unwrap_or_else(|| VersionRecord {
                    version: FileVersion {
                        // Given when the history is known.
                        version: 0,
                        hash: Some(hash.clone()),
                        updated_at: updated_at.unwrap_or_else(crate::server::now),
                        bytes: text.text.len() as u64,
                    },
                    tokens: text.tokens as u64,
                });
                let mut entry = entry(etag, modified, text.omitted, FileRecord::Text(version));
                // It changed between the listing and now, or a server that remembers
                // sizes cut it off (lighttpd does).
                entry.settled &= wanted.size.is_none_or(|size| size == bytes);
                (entry, is_new.then_some((hash, text.text)))
            }
        };
        let content_differs =
            before.is_none_or(|before| hash_of(before) != hash_of(&entry)) || text.is_some();
        let reason_differs = before.is_none_or(|before| before.record != entry.record);
        if content_differs || reason_differs {
            let news = match before {
                Some(_) => News::Changed,
                None => News::Added,
            };
            self.news.insert(wanted.path.clone(), news);
        }
        if before != Some(&entry) {
            self.changes.insert(wanted.path.clone(), Some(entry));
        }
        text
    }

    /// Whether any content differs, so that this is a generation of its own.
    pub fn is_new(&self) -> bool {
        !self.news.is_empty()
    }

    /// The files whose history goes on.
    pub fn paths_with_new_versions(&self) -> Vec<String> {
        self.news
            .keys()
            .filter(|path| {
                let before = self.known.get(*path).and_then(hash_of);
                let after = self.changes.get(*path).and_then(|entry| entry.as_ref());
                before != after.and_then(hash_of)
            })
            .cloned()
            .collect()
    }

    /// Gives new versions their numbers and appends them to the histories of `paths`.
    pub fn write_histories(&mut self, paths: Vec<String>, histories: Vec<Vec<VersionRecord>>) {
        for (path, mut history) in paths.into_iter().zip(histories) {
            let number = history.first().map_or(0, |last| last.version.version) + 1;
            let entry = self.changes.get_mut(&path).and_then(Option::as_mut);
            let version = match entry.map(|entry| &mut entry.record) {
                Some(FileRecord::Text(version)) => {
                    version.version.version = number;
                    version.clone()
                }
                // Gone, or not readable any more.
                _ => gone(number),
            };
            history.insert(0, version);
            let dropped = history.split_off(history.len().min(self.kept_versions));
            if let Some(hash) = history.first().and_then(|first| first.version.hash.clone()) {
                *self.blob_counts.entry(hash).or_default() += 1;
            }
            for version in dropped {
                if let Some(hash) = version.version.hash {
                    *self.blob_counts.entry(hash).or_default() -= 1;
                }
            }
            self.histories.insert(path, history);
        }
    }

    /// Forgets the versions of files that are gone, where they did not come back.
    pub fn forget(&mut self, paths: Vec<String>, histories: Vec<Vec<VersionRecord>>) {
        for (path, history) in paths.into_iter().zip(histories) {
            if self.known.contains_key(&path) || self.changes.contains_key(&path) {
                // It is there, but nothing of it can be read: it begins to age anew.
                self.histories.entry(path).or_insert(history);
                continue;
            }
            for hash in history.into_iter().filter_map(|record| record.version.hash) {
                *self.blob_counts.entry(hash).or_default() -= 1;
            }
            self.histories.insert(path, Vec::new());
        }
    }

    /// The entries that change.
    pub fn manifest_changes(&self) -> impl Iterator<Item = (&str, Option<&FileEntry>)> {
        self.changes
            .iter()
            .map(|(path, entry)| (path.as_str(), entry.as_ref()))
    }

    /// The histories that change.
    pub fn histories(&self) -> impl Iterator<Item = (&str, &[VersionRecord])> {
        self.histories
            .iter()
            .map(|(path, versions)| (path.as_str(), versions.as_slice()))
    }

    /// By how much more or less each text is needed.
    pub fn blob_counts(&self) -> &HashMap<String, i64> {
        &self.blob_counts
    }

    /// All files of this generation.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        self.entries().map(|(_, entry)| entry)
    }

    fn entries(&self) -> impl Iterator<Item = (&str, &FileEntry)> {
        let known = self
            .known
            .iter()
            .filter(|(path, _)| !self.changes.contains_key(*path));
        let changed = self
            .changes
            .iter()
            .filter_map(|(path, entry)| Some((path, entry.as_ref()?)));
        known
            .chain(changed)
            .map(|(path, entry)| (path.as_str(), entry))
    }

    /// The files that cannot be found, or only in part, by path.
    pub fn skipped(&self) -> Vec<SkippedFile> {
        let mut skipped: Vec<SkippedFile> = self
            .entries()
            .filter_map(|(path, entry)| match &entry.record {
                FileRecord::Skipped(reason) => Some(named(path, reason)),
                FileRecord::Text(_) => {
                    let omitted = entry.omitted.as_ref()?;
                    Some(named(path, &format!("found only in part: {omitted}")))
                }
            })
            .collect();
        skipped.sort_by(|a, b| a.path.cmp(&b.path));
        skipped
    }

    /// What to tell the owner.
    pub fn changes(&self) -> ContextChanges {
        let count = |wanted| self.news.values().filter(|news| **news == wanted).count() as u64;
        let mut bytes = 0;
        let paths = self
            .news
            .keys()
            .take_while(|path| {
                bytes += path.len() + 4;
                bytes <= EVENT_PATH_BYTES
            })
            .cloned()
            .collect();
        ContextChanges {
            added: count(News::Added),
            changed: count(News::Changed),
            removed: count(News::Removed),
            paths,
        }
    }
}

fn gone(number: u64) -> VersionRecord {
    VersionRecord {
        version: FileVersion {
            version: number,
            hash: None,
            updated_at: crate::server::now(),
            bytes: 0,
        },
        tokens: 0,
    }
}

fn hash_of(entry: &FileEntry) -> Option<&str> {
    match &entry.record {
        FileRecord::Text(version) => version.version.hash.as_deref(),
        FileRecord::Skipped(_) => None,
    }
}

#[cfg(test)]
#[path = "generation_tests.rs"]
mod tests;
