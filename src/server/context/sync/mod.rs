//! One synchronisation of one source (design, section 7).
//!
//! probe → [`listing`] → [`plan`] → [`reading`] → [`generation`] → one flip in
//! Redis. Until the flip nothing of it can be seen, and after it all. What could not
//! be read stays as it was and is named.
//!
//! - [`listing`]: what is at the source now
//! - [`plan`]: what to do about it
//! - [`reading`]: fetching and parsing
//! - [`staging`]: texts on their way to Redis
//! - [`generation`]: the next manifest, with versions of files
//! - [`cursor`]: where the next synchronisation goes on
//! - [`report`]: how it goes, for the source's owner and for everyone

mod cursor;
mod generation;
mod listing;
mod plan;
mod reading;
mod report;
mod staging;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, stream};
use tokio::sync::Semaphore;

use self::{
    cursor::Cursor,
    generation::NextGeneration,
    listing::{Lister, ListingError},
    plan::{Plan, Seen, Wanted, plan},
    reading::{Outcome, Reader},
    report::Reporter,
    staging::Texts,
};
use super::{
    dav::{Client, DavError},
    filter::Filter,
    parse,
};
use crate::{
    protocol::{SkippedFile, SyncProgress, Timestamp},
    server::{
        config::ContextConfig,
        store::{Fence, FileEntry, FileRecord, Flip, SourceRecord, Store, StoreError},
    },
};

/// How often a synchronisation that runs tells how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// After so many files in a row that cannot be read, the source counts as away.
const FAILURES_IN_A_ROW: usize = 25;

/// A file that can be read anew at the second look only after so many seconds: a
/// drop of many files is looked at again then.
const SECOND_LOOK_SECONDS: u64 = 30;

/// Why a synchronisation failed. What was there before stays.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The source.
    #[error(transparent)]
    Dav(#[from] DavError),
    /// The source is too large, or cannot be listed.
    #[error("{0}")]
    Listing(String),
    /// Our store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another node took over, or the source was removed.
    #[error("another node has taken over")]
    Fenced,
}

impl From<ListingError> for SyncError {
    fn from(error: ListingError) -> Self {
        match error {
            ListingError::Dav(error) => Self::Dav(error),
            ListingError::TooManyFiles(_) | ListingError::TooManyFolders(_) => {
                Self::Listing(error.to_string())
            }
        }
    }
}

/// One synchronisation.
pub(super) struct Sync<'a> {
    /// Where the results go.
    pub store: &'a Store,
    /// The limits.
    pub config: &'a ContextConfig,
    /// The right to do it.
    pub fence: &'a Fence,
    /// The source.
    pub record: &'a SourceRecord,
    /// Its server.
    pub client: Client,
    /// Which of its files count.
    pub filter: Filter,
    /// How many files the node parses at once.
    pub parsing: Arc<Semaphore>,
}

/// How a synchronisation ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    /// When the next one should be.
    pub next_at: Timestamp,
    /// The newest request for one.
    pub requests: u64,
    /// Whether it ended well.
    pub succeeded: bool,
}

impl Sync<'_> {
    /// Does it, and reports how it ended.
    ///
    /// # Errors
    /// Only if even the report was not possible: Redis is away, or another node has
    /// taken over.
    pub async fn run(self) -> Result<Done, SyncError> {
        let started = self.store.now().await?;
        let reporter = Reporter::start(self.store, self.fence, self.record, started).await?;
        let progress = Progress::default();
        let outcome = {
            let work = self.work(&reporter, &progress);
            let mut ticks = tokio::time::interval(PROGRESS_INTERVAL);
            // The first tick comes at once, and nothing has happened yet.
            ticks.tick().await;
            tokio::pin!(work);
            loop {
                tokio::select! {
                    outcome = &mut work => break outcome,
                    _ = ticks.tick() => reporter.progress(progress.now()).await?,
                }
            }
        };
        match outcome {
            Ok(done) => Ok(done),
            Err(error @ (SyncError::Fenced | SyncError::Store(_))) => Err(error),
            Err(error) => {
                let next_at = self.next(None).await?;
                let requests = reporter.failed(&error.to_string(), next_at).await?;
                Ok(Done {
                    next_at,
                    requests,
                    succeeded: false,
                })
            }
        }
    }

    async fn work(&self, reporter: &Reporter<'_>, progress: &Progress) -> Result<Done, SyncError> {
        let address = &self.fence.address;
        let generations = self
            .store
            .generations(&address.workspace, &address.user)
            .await?;
        let current = generations
            .sources
            .get(&address.source)
            .copied()
            .unwrap_or(0);
        let mut known = self
            .store
            .manifest(address, current)
            .await?
            .unwrap_or_default();
        let identity = self.identity();
        let mut cursor = Cursor::read(&self.store.sync_cursor(address).await?, &identity);
        let before = cursor.clone();
        if cursor.is_new() {
            // Times and tags of another folder say nothing of this one's files, and
            // that the old ones are gone is what the owner asked for.
            for entry in known.values_mut() {
                entry.settled = false;
            }
            cursor.missing = Some(0);
        }

        let capabilities = self.client.probe().await?;
        let lister = Lister {
            client: &self.client,
            filter: &self.filter,
            known: &known,
            max_files: self.record.max_files,
            parallel: self.config.requests_per_source,
            listed: &progress.listed,
        };
        let seen = lister.list(&capabilities, &mut cursor).await?;
        let plan = plan(&known, &seen, cursor.missing);
        self.check_total(&known, &plan)?;
        cursor.missing = plan.missing;
        cursor.complete = true;
        progress
            .wanted
            .store(plan.wanted.len() as u64, Ordering::Relaxed);

        let mut next = NextGeneration::new(self.config.kept_versions, known, &plan);
        self.read(&plan, &mut next, progress).await?;
        // What a report of changes told of, and was not read or not yet believed, would
        // not be told again.
        if !next.failed.is_empty() || plan.missing.is_some() {
            cursor.token = before.token;
            cursor.folders.clear();
        }
        self.finish(reporter, next, &plan, &seen, &cursor, current)
            .await
    }

    /// Sees that there are not too many files in all: a report of changes names only
    /// some of them.
    fn check_total(
        &self,
        known: &HashMap<String, FileEntry>,
        plan: &Plan,
    ) -> Result<(), SyncError> {
        let is_new = |wanted: &&Wanted| !known.contains_key(&wanted.path);
        let added = plan.wanted.iter().filter(is_new).count();
        let total = (known.len() + added).saturating_sub(plan.removed.len());
        // Files that are gone until a second look confirms it are not the owner's fault.
        if plan.missing.is_none() && total as u64 > self.record.max_files {
            return Err(ListingError::TooManyFiles(self.record.max_files).into());
        }
        Ok(())
    }

    /// Reads the wanted files, and writes their texts to Redis meanwhile.
    async fn read(
        &self,
        plan: &Plan,
        next: &mut NextGeneration,
        progress: &Progress,
    ) -> Result<(), SyncError> {
        let (texts, batches) = staging::texts();
        let staging = async { Ok(staging::stage(self.store, &self.fence.address, batches).await?) };
        tokio::try_join!(self.fetch(plan, next, progress, texts), staging)?;
        Ok(())
    }

    async fn fetch(
        &self,
        plan: &Plan,
        next: &mut NextGeneration,
        progress: &Progress,
        mut texts: Texts,
    ) -> Result<(), SyncError> {
        let reader = Reader {
            client: self.client.clone(),
            source: self.record.id.clone(),
            max_file_bytes: self.record.max_file_bytes,
            limits: parse::Limits::default(),
            parsing: Arc::clone(&self.parsing),
        };
        let mut outcomes = stream::iter(plan.wanted.clone())
            .map(|wanted| {
                let reader = reader.clone();
                async move {
                    let outcome = reader.read(&wanted).await;
                    (wanted, outcome)
                }
            })
            .buffer_unordered(self.config.requests_per_source);
        let mut failures = 0;
        while let Some((wanted, outcome)) = outcomes.next().await {
            let outcome = outcome?;
            progress.read.fetch_add(1, Ordering::Relaxed);
            match &outcome {
                Outcome::Failed(reason) => {
                    failures += 1;
                    if failures >= FAILURES_IN_A_ROW {
                        return Err(SyncError::Listing(format!(
                            "{failures} files in a row could not be read; the last: {reason}"
                        )));
                    }
                }
                _ => failures = 0,
            }
            if let Some((hash, text)) = next.take(&wanted, outcome) {
                texts.put(hash, text).await;
            }
        }
        texts.end().await;
        Ok(())
    }

    async fn finish(
        &self,
        reporter: &Reporter<'_>,
        mut next: NextGeneration,
        plan: &Plan,
        seen: &Seen,
        cursor: &Cursor,
        current: u64,
    ) -> Result<Done, SyncError> {
        let address = &self.fence.address;
        let paths = next.paths_with_new_versions();
        let histories = self.store.histories(address, &paths).await?;
        next.write_histories(paths, histories);

        let mut status = reporter.ended(self.store.now().await?);
        status.next_at = Some(self.next(plan.missing).await?);
        status.error = trouble(plan, seen, &next);
        for entry in next.files() {
            if let FileRecord::Text(_) = entry.record {
                status.files += 1;
                status.bytes += entry.size.unwrap_or(0);
            }
        }
        let mut skipped = next.skipped();
        skipped.extend(seen.nameless.iter().cloned());
        report::name_files(&mut status, skipped, stale(plan, seen, &next));
        let next_at = status.next_at.unwrap_or_default();
        let cursor = cursor.write();

        let requests = if next.is_new() {
            let long_gone = self.store.long_gone(address).await?;
            let histories = self.store.histories(address, &long_gone).await?;
            next.forget(long_gone, histories);
            let generation = current + 1;
            status.generation = generation;
            self.store
                .stage_manifest(self.fence, current, next.manifest_changes())
                .await?;
            self.store
                .stage_histories(self.fence, next.histories(), next.blob_counts())
                .await?;
            let event = reporter.updated(&status, next.changes());
            let flip = Flip {
                generation,
                status: &status,
                cursor: &cursor,
                event: &event,
            };
            self.store.flip(self.fence, flip).await?
        } else {
            status.generation = current;
            let touched: Vec<_> = next
                .manifest_changes()
                .filter_map(|(path, entry)| Some((path, entry?)))
                .collect();
            if !self
                .store
                .touch_manifest(self.fence, current, &touched)
                .await?
            {
                return Err(SyncError::Fenced);
            }
            let event = reporter.event(&status);
            self.store
                .report_sync(self.fence, &status, Some(&cursor), true, &event)
                .await?
        };
        let requests = requests.ok_or(SyncError::Fenced)?;
        tracing::info!(
            source = %address,
            generation = status.generation,
            files = status.files,
            skipped = status.skipped_total,
            "synchronised"
        );
        Ok(Done {
            next_at,
            requests,
            succeeded: true,
        })
    }

    async fn next(&self, missing: Option<usize>) -> Result<Timestamp, StoreError> {
        let seconds = match missing {
            Some(_) => self.record.interval_seconds.min(SECOND_LOOK_SECONDS),
            None => self.record.interval_seconds,
        };
        Ok(self.store.now().await?.plus(Duration::from_secs(seconds)))
    }

    /// What makes this another folder if it changes.
    fn identity(&self) -> String {
        format!(
            "{} {} {:?} {:?} {}",
            self.record.url.as_deref().unwrap_or("share"),
            self.record.username.as_deref().unwrap_or_default(),
            self.record.include,
            self.record.exclude,
            self.record.max_file_bytes,
        )
    }
}

/// How far a synchronisation is.
#[derive(Default)]
struct Progress {
    listed: AtomicU64,
    wanted: AtomicU64,
    read: AtomicU64,
}

impl Progress {
    fn now(&self) -> SyncProgress {
        SyncProgress {
            listed: self.listed.load(Ordering::Relaxed),
            wanted: self.wanted.load(Ordering::Relaxed),
            read: self.read.load(Ordering::Relaxed),
        }
    }
}

/// What to tell the owner, in words.
fn trouble(plan: &Plan, seen: &Seen, next: &NextGeneration) -> Option<String> {
    if let Some(count) = plan.missing {
        return Some(format!(
            "{count} files are gone at once; they stay until a second look confirms it"
        ));
    }
    let folders = seen.unread.len();
    let files = next.failed.len();
    let first = seen.unread.iter().chain(next.failed.iter()).next();
    first.map(|(path, reason)| {
        format!(
            "{} could not be read and stay as they were; the first: {path}: {reason}",
            match (folders, files) {
                (0, files) => format!("{files} files"),
                (folders, 0) => format!("{folders} entries"),
                (folders, files) => format!("{folders} entries and {files} files"),
            }
        )
    })
}

fn stale(plan: &Plan, seen: &Seen, next: &NextGeneration) -> Vec<String> {
    let mut stale: Vec<String> = seen
        .unread
        .keys()
        .chain(next.failed.keys())
        .chain(&plan.stale)
        .cloned()
        .collect();
    stale.sort();
    stale.dedup();
    stale
}

/// A file that is skipped, as the status names it.
fn named(path: &str, reason: &str) -> SkippedFile {
    SkippedFile {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

/// Reports a source that cannot even be tried.
///
/// # Errors
/// As [`Sync::run`].
pub(super) async fn refuse(
    store: &Store,
    fence: &Fence,
    record: &SourceRecord,
    error: &str,
) -> Result<Done, SyncError> {
    let now = store.now().await?;
    let reporter = Reporter::start(store, fence, record, now).await?;
    let next_at = now.plus(Duration::from_secs(record.interval_seconds));
    let requests = reporter.failed(error, next_at).await?;
    Ok(Done {
        next_at,
        requests,
        succeeded: false,
    })
}
