//! What is at the source now, asked for in the cheapest way that its server
//! answers rightly:
//!
//! 1. the changes since the last time (RFC 6578), where it can tell them;
//! 2. a walk that leaves out folders whose ETag is as it was, on servers whose
//!    folders' ETags change with everything below (Nextcloud, ownCloud; on all
//!    others a change below a folder does not show in it);
//! 3. a walk through all folders, several at once. `Depth: infinity` is refused or
//!    cut short by most servers, so each folder is listed by itself.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::atomic::{AtomicU64, Ordering},
};

use futures::{StreamExt, stream::FuturesUnordered};

use super::{cursor::Cursor, plan::Seen};
use crate::{
    protocol::SkippedFile,
    server::{
        context::{
            dav::{Capabilities, Client, DavError, Entry, Href, Listing, Unreadable},
            filter::Filter,
            parse::canonical_path,
        },
        store::FileEntry,
    },
};

/// How deep folders may lie in each other. Deeper ones are a loop, made by links.
const DEEPEST: usize = 64;

/// After so many folders in a row that cannot be listed, the source counts as away:
/// each of them takes all the tries and pauses of a call.
const FAILURES_IN_A_ROW: usize = 25;

/// Why there is no listing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListingError {
    /// The source said no.
    #[error(transparent)]
    Dav(#[from] DavError),
    /// It is too large.
    #[error("there are more than {0} files: exclude some, or raise max_files of the source")]
    TooManyFiles(u64),
    /// It has folders without end, such as a program makes them up.
    #[error("there are more than {0} folders: exclude some, or raise max_files of the source")]
    TooManyFolders(u64),
}

/// Lists sources.
pub(super) struct Lister<'a> {
    pub client: &'a Client,
    pub filter: &'a Filter,
    pub known: &'a HashMap<String, FileEntry>,
    pub max_files: u64,
    /// How many folders are asked for at once.
    pub parallel: usize,
    /// How many files were seen so far.
    pub listed: &'a AtomicU64,
}

impl Lister<'_> {
    /// Lists the source; leaves in the cursor where the next one goes on.
    ///
    /// # Errors
    /// If the source's own folder cannot be listed, or it is too large. Failures
    /// below are in what was seen.
    pub async fn list(
        &self,
        capabilities: &Capabilities,
        cursor: &mut Cursor,
    ) -> Result<Seen, ListingError> {
        if capabilities.sync_collection {
            match self.changes(cursor).await {
                Ok(seen) => return Ok(seen),
                // Some servers say that they can and then cannot.
                Err(ListingError::Dav(error)) if !error.is_passing() => {
                    tracing::debug!("no report of changes, walking instead: {error}");
                    cursor.token = None;
                }
                Err(error) => return Err(error),
            }
        }
        let mut walk = Walk::default();
        if capabilities.propagates_etags {
            walk.known_folders = std::mem::take(&mut cursor.folders);
            let unsettled = self.known.iter().filter(|(_, file)| !file.settled);
            walk.unsettled = unsettled.map(|(path, _)| path.clone()).collect();
        }
        self.walk(&mut walk).await?;
        if capabilities.propagates_etags {
            // A folder is left out next time only if all below it was read.
            let unread = &walk.seen.unread;
            walk.folders.retain(|folder, _| {
                !unread
                    .keys()
                    .any(|unread| unread.starts_with(folder.as_str()))
            });
            cursor.folders = walk.folders;
        }
        let mut seen = walk.seen;
        seen.files = named(walk.entries);
        Ok(seen)
    }

    async fn changes(&self, cursor: &mut Cursor) -> Result<Seen, ListingError> {
        let (changes, complete) = match &cursor.token {
            Some(token) => match self.client.sync_collection(Some(token)).await {
                Err(DavError::TokenInvalid) => (self.client.sync_collection(None).await?, true),
                changes => (changes?, false),
            },
            None => (self.client.sync_collection(None).await?, true),
        };
        let mut seen = Seen {
            at: changes.server_time,
            ..Seen::default()
        };
        for unreadable in changes.unreadable {
            note_unread(&mut seen, unreadable);
        }
        let mut entries = Vec::new();
        for entry in changes.changed {
            if !entry.is_folder && self.filter.admits(&entry.path) {
                entries.push(entry);
                self.count()?;
            }
        }
        seen.files = named(entries);
        if !complete {
            seen.removed = Some(
                changes
                    .removed
                    .iter()
                    .map(|path| canonical_path(path))
                    .collect(),
            );
        }
        // With something unread the old token would tell of it again, the new one not.
        if seen.unread.is_empty() {
            cursor.token = Some(changes.token);
        }
        Ok(seen)
    }

    async fn walk(&self, walk: &mut Walk) -> Result<(), ListingError> {
        let root = self.client.list(self.client.root()).await?;
        walk.seen.at = root.server_time;
        let mut waiting = Vec::new();
        self.take(walk, root, &mut waiting)?;
        let mut asked = FuturesUnordered::new();
        let mut failures = 0;
        loop {
            while asked.len() < self.parallel
                && let Some((folder, href)) = waiting.pop()
            {
                let client = self.client;
                asked.push(async move {
                    let listing = client.list(&href).await;
                    (folder, listing)
                });
            }
            let Some((folder, listing)) = asked.next().await else {
                return Ok(());
            };
            match listing {
                Ok(listing) => {
                    failures = 0;
                    self.take(walk, listing, &mut waiting)?;
                }
                Err(error) => {
                    // One that is refused costs one call.
                    failures += usize::from(error.is_passing());
                    if failures >= FAILURES_IN_A_ROW {
                        return Err(error.into());
                    }
                    walk.seen.unread.insert(folder, error.to_string());
                }
            }
        }
    }

    /// Takes the listing of a folder.
    fn take(
        &self,
        walk: &mut Walk,
        listing: Listing,
        waiting: &mut Vec<(String, Href)>,
    ) -> Result<(), ListingError> {
        for unreadable in listing.unreadable {
            note_unread(&mut walk.seen, unreadable);
        }
        for entry in listing.entries {
            if !entry.is_folder {
                if self.filter.admits(&entry.path) {
                    walk.entries.push(entry);
                    self.count()?;
                }
                continue;
            }
            if !self.filter.enters(&entry.path) {
                continue;
            }
            let path = format!("{}/", canonical_path(&entry.path));
            walk.folder_count += 1;
            if walk.folder_count > self.max_files {
                return Err(ListingError::TooManyFolders(self.max_files));
            }
            if path.matches('/').count() > DEEPEST {
                let reason = format!("more than {DEEPEST} folders in each other");
                walk.seen.unread.insert(path, reason);
                continue;
            }
            match entry.etag {
                Some(etag) if walk.is_unchanged(&path, &etag.value) => {
                    walk.keep_below(&path);
                    walk.seen.unchanged.push(path.clone());
                    walk.folders.insert(path, etag.value);
                }
                etag => {
                    if let Some(etag) = etag {
                        walk.folders.insert(path.clone(), etag.value);
                    }
                    waiting.push((path, entry.href));
                }
            }
        }
        Ok(())
    }

    fn count(&self) -> Result<(), ListingError> {
        let count = self.listed.fetch_add(1, Ordering::Relaxed) + 1;
        if count > self.max_files {
            return Err(ListingError::TooManyFiles(self.max_files));
        }
        Ok(())
    }
}

#[derive(Default)]
struct Walk {
    seen: Seen,
    entries: Vec<Entry>,
    known_folders: BTreeMap<String, String>,
    /// Files that may have changed without a trace.
    unsettled: BTreeSet<String>,
    folders: BTreeMap<String, String>,
    folder_count: u64,
}

impl Walk {
    /// Whether a folder can be left out: nothing below it changed, and nothing
    /// below it could have changed without a trace.
    fn is_unchanged(&self, folder: &str, etag: &str) -> bool {
        let known = self.known_folders.get(folder);
        let mut unsettled = self.unsettled.range(folder.to_owned()..);
        known.is_some_and(|known| known == etag)
            && unsettled
                .next()
                .is_none_or(|path| !path.starts_with(folder))
    }

    /// Keeps what is known of the folders below one that is left out.
    fn keep_below(&mut self, folder: &str) {
        let below = self
            .known_folders
            .range(folder.to_owned()..)
            .take_while(|(path, _)| path.starts_with(folder))
            .map(|(path, etag)| (path.clone(), etag.clone()));
        self.folders.extend(below);
    }
}

fn note_unread(seen: &mut Seen, unreadable: Unreadable) {
    match unreadable.path {
        Some(path) => {
            let path = canonical_path(&path);
            seen.unread.insert(path, unreadable.reason);
        }
        // It has no name that we could ever have read, so there is nothing to keep.
        None => seen.nameless.push(SkippedFile {
            path: unreadable.href,
            reason: unreadable.reason,
        }),
    }
}

/// Gives each file its canonical path. Two files whose names differ only in their
/// Unicode form would have the same: then the one that is written in the canonical
/// form has it, and the other keeps its own.
fn named(mut entries: Vec<Entry>) -> BTreeMap<String, Entry> {
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let (canonical, other): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|entry| canonical_path(&entry.path) == entry.path);
    let mut files: BTreeMap<String, Entry> = canonical
        .into_iter()
        .map(|entry| (entry.path.clone(), entry))
        .collect();
    for entry in other {
        let path = canonical_path(&entry.path);
        let path = if files.contains_key(&path) {
            entry.path.clone()
        } else {
            path
        };
        files.insert(path, entry);
    }
    files
}
