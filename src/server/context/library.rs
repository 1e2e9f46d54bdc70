//! Each user's index, kept up with the generations in Redis.
//!
//! An index is built when somebody first asks, or at the start, and brought up to
//! the current generation before each search; when nothing changed that costs one
//! read. A search never mixes users: there is one index each.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use super::{
    batches::by_bytes,
    index::{Document, Index, IndexError},
    parse,
};
use crate::{
    protocol::{Problem, ProblemKind, SourceId},
    server::{
        auth::{User, Workspace},
        store::{FileRecord, Generations, SourceAddress, Store, VersionRecord},
    },
};

/// An index that nobody used for so long is dropped.
const UNUSED_LIMIT: Duration = Duration::from_secs(3600);

/// How many steps wait for the writer of an index.
const WAITING: usize = 64;

/// The indexes of this node by user.
#[derive(Default)]
pub(super) struct Libraries(Mutex<HashMap<(Workspace, User), Arc<Library>>>);

impl Libraries {
    /// A user's library; empty if it was not there.
    pub fn of(&self, workspace: &Workspace, user: &User) -> Arc<Library> {
        let mut libraries = self.lock();
        let library = libraries
            .entry((workspace.clone(), user.clone()))
            .or_insert_with(|| Arc::new(Library::new(workspace.clone(), user.clone())));
        library.touch();
        Arc::clone(library)
    }

    /// Drops the indexes that nobody used for long.
    pub fn forget_unused(&self) {
        self.lock().retain(|_, library| library.is_used());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Workspace, User), Arc<Library>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A user's files and the index over them.
pub(super) struct Library {
    workspace: Workspace,
    user: User,
    shelf: RwLock<Arc<Shelf>>,
    /// Held while the index is brought up to date.
    turn: tokio::sync::Mutex<()>,
    used_at: Mutex<Instant>,
}

/// What is in the index.
#[derive(Clone, Default)]
pub(super) struct Shelf {
    /// Which generations these are.
    pub generations: Generations,
    /// The files by source and path.
    pub files: HashMap<SourceId, Arc<HashMap<String, VersionRecord>>>,
    index: Option<Arc<Index>>,
}

impl Shelf {
    /// The index, unless there was never a file.
    pub fn index(&self) -> Option<Arc<Index>> {
        self.index.clone()
    }
}

/// What one source changes in the index.
struct Difference {
    address: SourceAddress,
    removed: Vec<String>,
    /// Paths with the hashes and sizes of their texts.
    added: Vec<(String, String, u64)>,
}

/// One step of bringing the index up to date.
enum Step {
    Remove(SourceId, String),
    Add(SourceId, String, String),
}

impl Library {
    fn new(workspace: Workspace, user: User) -> Self {
        Self {
            workspace,
            user,
            shelf: RwLock::default(),
            turn: tokio::sync::Mutex::new(()),
            used_at: Mutex::new(Instant::now()),
        }
    }

    fn touch(&self) {
        *self.used_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn is_used(&self) -> bool {
        let used_at = *self.used_at.lock().unwrap_or_else(PoisonError::into_inner);
        used_at.elapsed() < UNUSED_LIMIT
    }

    fn shelf(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Brings the index up to the current generation.
    ///
    /// # Errors
    /// 503 if Redis is away, 500 if the index fails.
    pub async fn refresh(&self, store: &Store) -> Result<Arc<Shelf>, Problem> {
        let generations = store.generations(&self.workspace, &self.user).await?;
        let shelf = self.shelf();
        if shelf.generations == generations {
            return Ok(shelf);
        }
        let _turn = self.turn.lock().await;
        // A generation that ends while it is read is followed by the next.
        for _ in 0..5 {
            let generations = store.generations(&self.workspace, &self.user).await?;
            let shelf = self.shelf();
            if shelf.generations == generations {
                return Ok(shelf);
            }
            if let Some(shelf) = self.follow(store, &shelf, generations).await? {
                let shelf = Arc::new(shelf);
                *self.shelf.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&shelf);
                return Ok(shelf);
            }
        }
        Err(Problem::new(
            ProblemKind::Unavailable,
            "the context changes faster than it can be read",
        )
        .retry_after(1))
    }

    /// The shelf of newer generations; `None` if one of them has ended meanwhile.
    async fn follow(
        &self,
        store: &Store,
        shelf: &Shelf,
        generations: Generations,
    ) -> Result<Option<Shelf>, Problem> {
        // After Redis lost its data the same numbers mean other files.
        let none = Shelf::default();
        let shelf = if shelf.generations.epoch == generations.epoch {
            shelf
        } else {
            &none
        };
        let mut files = shelf.files.clone();
        let mut differences = Vec::new();
        let sources: HashSet<&SourceId> = files.keys().chain(generations.sources.keys()).collect();
        let changed: Vec<SourceId> = sources
            .into_iter()
            .filter(|source| {
                generations.sources.get(source) != shelf.generations.sources.get(source)
            })
            .cloned()
            .collect();
        for source in changed {
            let address = SourceAddress {
                workspace: self.workspace.clone(),
                user: self.user.clone(),
                source: source.clone(),
            };
            let now = match generations.sources.get(&source) {
                None => HashMap::new(),
                Some(generation) => {
                    let Some(manifest) = store.manifest(&address, *generation).await? else {
                        return Ok(None);
                    };
                    manifest
                        .into_iter()
                        .filter_map(|(path, entry)| match entry.record {
                            FileRecord::Text(version) => Some((path, version)),
                            FileRecord::Skipped(_) => None,
                        })
                        .collect()
                }
            };
            let before = files.remove(&source).unwrap_or_default();
            differences.push(difference(address, &before, &now));
            if !now.is_empty() {
                files.insert(source, Arc::new(now));
            }
        }
        let index = match &shelf.index {
            Some(index) => Arc::clone(index),
            None => Arc::new(Index::new().map_err(failed)?),
        };
        if !fill(store, &index, differences).await? {
            return Ok(None);
        }
        Ok(Some(Shelf {
            generations,
            files,
            index: Some(index),
        }))
    }
}

fn difference(
    address: SourceAddress,
    before: &HashMap<String, VersionRecord>,
    now: &HashMap<String, VersionRecord>,
) -> Difference {
    let removed = before
        .keys()
        .filter(|path| !now.contains_key(*path))
        .cloned()
        .collect();
    let added = now
        .iter()
        .filter(|(path, version)| {
            before
                .get(*path)
                .is_none_or(|before| before.version.hash != version.version.hash)
        })
        .filter_map(|(path, version)| {
            let hash = version.version.hash.clone()?;
            Some((path.clone(), hash, version.version.bytes))
        })
        .collect();
    Difference {
        address,
        removed,
        added,
    }
}

/// Takes differences into the index, all at once; `false` if a text has gone
/// meanwhile.
async fn fill(
    store: &Store,
    index: &Arc<Index>,
    differences: Vec<Difference>,
) -> Result<bool, Problem> {
    let (steps, received) = mpsc::channel(WAITING);
    let index = Arc::clone(index);
    // Cutting text into words is work for a thread of its own; dropping the sender
    // without the last word gives the change up.
    let writing = tokio::task::spawn_blocking(move || write(&index, received));
    let complete = send(store, &steps, differences).await?;
    if complete {
        // It fails only if the writer has failed, which is said below.
        let _ = steps.send(None).await;
    }
    drop(steps);
    writing.await.map_err(|_| broken())?.map_err(failed)?;
    Ok(complete)
}

async fn send(
    store: &Store,
    steps: &mpsc::Sender<Option<Step>>,
    differences: Vec<Difference>,
) -> Result<bool, Problem> {
    for difference in differences {
        let Difference {
            address,
            removed,
            mut added,
        } = difference;
        for path in removed {
            let step = Step::Remove(address.source.clone(), path);
            if steps.send(Some(step)).await.is_err() {
                return Ok(true);
            }
        }
        // So that the same files make the same index.
        added.sort();
        for batch in by_bytes(&added, |(.., bytes)| *bytes) {
            let wanted: Vec<_> = batch
                .iter()
                .map(|(_, hash, _)| (address.clone(), hash.clone()))
                .collect();
            let texts = store.blobs(&wanted).await?;
            for ((path, ..), text) in batch.iter().zip(texts) {
                let Some(text) = text else {
                    return Ok(false);
                };
                let step = Step::Add(address.source.clone(), path.clone(), text);
                if steps.send(Some(step)).await.is_err() {
                    return Ok(true);
                }
            }
        }
    }
    Ok(true)
}

fn write(index: &Index, mut steps: mpsc::Receiver<Option<Step>>) -> Result<(), IndexError> {
    let mut change = index.change()?;
    while let Some(step) = steps.blocking_recv() {
        match step {
            Some(Step::Remove(source, path)) => change.remove(source.as_str(), &path)?,
            Some(Step::Add(source, path, text)) => {
                let outline = parse::outline(&path, &text);
                change.add(&Document {
                    source: source.as_str(),
                    path: &path,
                    file_type: &parse::file_type(&path),
                    title: outline.title.as_deref(),
                    headings: &outline.headings,
                    text: &text,
                })?;
            }
            None => return change.commit(),
        }
    }
    Ok(())
}

fn failed(error: IndexError) -> Problem {
    tracing::error!("{error}");
    broken()
}

fn broken() -> Problem {
    Problem::new(ProblemKind::Internal, "the search index failed")
}
