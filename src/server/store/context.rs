//! What was read from sources: a manifest for each generation, the versions of
//! each file, and blobs by the hash of their text.
//!
//! A synchronisation stages its work under its fence: blobs that expire, a copy of
//! the manifest with the changes in it, the new histories. One script then makes
//! all of it current at once (`flip_generation.lua`), or nothing of it. What a
//! node leaves behind that dies before expires by itself.

use std::{collections::HashMap, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Body, Fence, SourceAddress, Store, StoreError, millis, sync};
use crate::{
    protocol::{FileVersion, SourceId, SyncStatus, Timestamp},
    server::auth::{User, Workspace},
};

/// How long staged work stays that nobody finishes.
const STAGED_LIFE: Duration = Duration::from_secs(24 * 3600);

/// How long the manifest before the current one can still be read.
const OLD_MANIFEST_LIFE: Duration = Duration::from_secs(600);

/// How long the versions of a file are kept that is gone, in milliseconds: 30 days.
const GONE_LIFE_MILLIS: i64 = 30 * 24 * 3600 * 1000;

/// Of how many files of a source that are gone the versions are kept.
const MOST_GONE: isize = 5000;

/// How many fields one command carries.
const CHUNK: usize = 500;

/// A file as a manifest has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    /// The key to fetch it by, as the source wrote it.
    pub href: String,
    /// Its ETag, as the source wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// When it was changed, as the source says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
    /// Its size, as the source says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Whether a change would show in the three above. A file that was read in the
    /// second of its last change may change again without a trace.
    pub settled: bool,
    /// What of it was left out, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omitted: Option<String>,
    /// What was read.
    #[serde(flatten)]
    pub record: FileRecord,
}

/// What was read of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileRecord {
    /// Text.
    Text(VersionRecord),
    /// Nothing that can be found, and why.
    Skipped(String),
}

/// A version of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRecord {
    /// What everyone sees of it.
    #[serde(flatten)]
    pub version: FileVersion,
    /// How many tokens its text has, as far as can be told.
    pub tokens: u64,
}

/// The generations of a user's sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generations {
    /// Changes when Redis lost its data, and counts again from 1.
    pub epoch: String,
    /// How often any of them changed.
    pub all: u64,
    /// How often each changed.
    pub sources: HashMap<SourceId, u64>,
}

/// What makes a staged generation current.
pub struct Flip<'a> {
    /// The new generation.
    pub generation: u64,
    /// How the synchronisation ended.
    pub status: &'a SyncStatus,
    /// Where the next one goes on.
    pub cursor: &'a str,
    /// What to tell.
    pub event: &'a Body,
}

impl Store {
    /// The generations of a user's sources.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn generations(
        &self,
        workspace: &Workspace,
        user: &User,
    ) -> Result<Generations, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.keys().generations(workspace, user));
        let entries: HashMap<String, String> = self.call(&command).await?;
        let mut generations = Generations::default();
        for (field, value) in entries {
            match (field.as_str(), field.parse(), value.parse()) {
                ("epoch", ..) => generations.epoch = value,
                ("all", _, Ok(generation)) => generations.all = generation,
                (_, Ok(source), Ok(generation)) => {
                    generations.sources.insert(source, generation);
                }
                _ => {}
            }
        }
        Ok(generations)
    }

    /// All files of a generation by path; `None` if there is no such generation
    /// (any more).
    ///
    /// # Errors
    /// If Redis does not answer or an entry cannot be read.
    pub async fn manifest(
        &self,
        address: &SourceAddress,
        generation: u64,
    ) -> Result<Option<HashMap<String, FileEntry>>, StoreError> {
        let key = self.manifest_key(address, generation);
        let mut files = HashMap::new();
        let mut is_there = false;
        let mut cursor = 0u64;
        // In parts, so that no manifest is too long for one answer. No file comes or
        // goes while it is read, so each is in one of them.
        loop {
            let mut command = redis::cmd("HSCAN");
            command.arg(&key).arg(cursor).arg("COUNT").arg(4 * CHUNK);
            let (next, entries): (u64, Vec<(String, String)>) = self.call(&command).await?;
            for (path, json) in entries {
                is_there = true;
                if !path.is_empty() {
                    files.insert(path, read(&json)?);
                }
            }
            if next == 0 {
                return Ok(is_there.then_some(files));
            }
            cursor = next;
        }
    }

    /// One file of a generation.
    ///
    /// # Errors
    /// If Redis does not answer or the entry cannot be read.
    pub async fn file(
        &self,
        address: &SourceAddress,
        generation: u64,
        path: &str,
    ) -> Result<Option<FileEntry>, StoreError> {
        let mut command = redis::cmd("HGET");
        command
            .arg(self.manifest_key(address, generation))
            .arg(path);
        let json: Option<String> = self.call(&command).await?;
        json.as_deref().map(read).transpose()
    }

    /// The versions of files, newest first; a file without any has an empty list.
    ///
    /// # Errors
    /// If Redis does not answer or an entry cannot be read.
    pub async fn histories(
        &self,
        address: &SourceAddress,
        paths: &[String],
    ) -> Result<Vec<Vec<VersionRecord>>, StoreError> {
        let mut histories = Vec::with_capacity(paths.len());
        for chunk in paths.chunks(CHUNK) {
            let mut command = redis::cmd("HMGET");
            command
                .arg(self.keys().of_source(address, "history"))
                .arg(chunk);
            let values: Vec<Option<String>> = self.call(&command).await?;
            for json in values {
                histories.push(json.as_deref().map(read).transpose()?.unwrap_or_default());
            }
        }
        Ok(histories)
    }

    /// Files that are gone for so long, or before so many others, that their versions
    /// need not be kept.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn long_gone(&self, address: &SourceAddress) -> Result<Vec<String>, StoreError> {
        let before = self.now().await?.millis() - GONE_LIFE_MILLIS;
        let key = self.keys().of_source(address, "gone");
        let mut pipeline = redis::pipe();
        pipeline
            .cmd("ZRANGEBYSCORE")
            .arg(&key)
            .arg("-inf")
            .arg(before)
            .arg("LIMIT")
            .arg(0)
            .arg(MOST_GONE);
        pipeline
            .cmd("ZRANGE")
            .arg(&key)
            .arg(0)
            .arg(-(MOST_GONE + 1));
        let (old, many): (Vec<String>, Vec<String>) = self.call_all(&pipeline).await?;
        let mut paths: Vec<String> = old.into_iter().chain(many).collect();
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    /// Texts by hash; one that is gone is absent.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn blobs(
        &self,
        wanted: &[(SourceAddress, String)],
    ) -> Result<Vec<Option<String>>, StoreError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = redis::cmd("MGET");
        for (address, hash) in wanted {
            command.arg(self.blob_key(address, hash));
        }
        self.call(&command).await
    }

    /// Stores texts by hash. They stay only if a flip takes them up.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn stage_blobs(
        &self,
        address: &SourceAddress,
        blobs: &[(String, String)],
    ) -> Result<(), StoreError> {
        let mut pipeline = redis::pipe();
        for (hash, text) in blobs {
            let key = self.blob_key(address, hash);
            pipeline
                .cmd("SET")
                .arg(&key)
                .arg(text)
                .arg("NX")
                .arg("PX")
                .arg(millis(STAGED_LIFE))
                .ignore();
            // One that was staged before and never taken up lives on; one that is
            // in use has no end and keeps none.
            pipeline
                .cmd("PEXPIRE")
                .arg(&key)
                .arg(millis(STAGED_LIFE))
                .arg("XX")
                .ignore();
        }
        self.call_bulk(&pipeline).await
    }

    /// Stages the next manifest: the current one with changes. `None` removes a
    /// file.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn stage_manifest<'a>(
        &self,
        fence: &Fence,
        current: u64,
        changes: impl Iterator<Item = (&'a str, Option<&'a FileEntry>)>,
    ) -> Result<(), StoreError> {
        let staged = self.staged_key(fence, "manifest");
        let mut start = redis::pipe();
        start.cmd("UNLINK").arg(&staged).ignore();
        start
            .cmd("COPY")
            .arg(self.manifest_key(&fence.address, current))
            .arg(&staged)
            .ignore();
        // So that a manifest without files is there too.
        start.cmd("HSET").arg(&staged).arg("").arg("").ignore();
        start
            .cmd("PEXPIRE")
            .arg(&staged)
            .arg(millis(STAGED_LIFE))
            .ignore();
        self.call_bulk::<()>(&start).await?;
        let (mut set, mut removed) = (Vec::new(), Vec::new());
        for (path, entry) in changes {
            match entry {
                Some(entry) => set.push((path, write(entry)?)),
                None => removed.push(path),
            }
        }
        self.set_fields(&staged, &set).await?;
        for chunk in removed.chunks(CHUNK) {
            let mut command = redis::cmd("HDEL");
            command.arg(&staged).arg(chunk);
            self.call::<()>(&command).await?;
        }
        Ok(())
    }

    /// Changes entries of the current manifest in place, where content has not
    /// changed; `false` if another node has taken over.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn touch_manifest(
        &self,
        fence: &Fence,
        current: u64,
        entries: &[(&str, &FileEntry)],
    ) -> Result<bool, StoreError> {
        for chunk in entries.chunks(CHUNK) {
            let mut script = self.0.scripts.touch_manifest.prepare_invoke();
            script
                .key(self.keys().of_source(&fence.address, "sync"))
                .key(self.manifest_key(&fence.address, current))
                .arg(fence.number);
            for (path, entry) in chunk {
                script.arg(path).arg(write(entry)?);
            }
            if !self.run::<bool>(&script).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Stages new histories of files (an empty one is forgotten) and by how much
    /// more or less each blob is needed.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn stage_histories<'a>(
        &self,
        fence: &Fence,
        histories: impl Iterator<Item = (&'a str, &'a [VersionRecord])>,
        counts: &HashMap<String, i64>,
    ) -> Result<(), StoreError> {
        let mut gone = Vec::new();
        let histories = histories
            .map(|(path, versions)| {
                let is_gone = versions
                    .first()
                    .is_some_and(|newest| newest.version.hash.is_none());
                gone.push((path, u8::from(is_gone).to_string()));
                let json = match versions {
                    [] => String::new(),
                    versions => write(versions)?,
                };
                Ok((path, json))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let counts: Vec<(&str, String)> = counts
            .iter()
            .filter(|(_, count)| **count != 0)
            .map(|(hash, count)| (hash.as_str(), count.to_string()))
            .collect();
        for (part, fields) in [("histories", histories), ("counts", counts), ("gone", gone)] {
            let key = self.staged_key(fence, part);
            let mut unlink = redis::cmd("UNLINK");
            unlink.arg(&key);
            self.call::<()>(&unlink).await?;
            self.set_fields(&key, &fields).await?;
            let mut expire = redis::cmd("PEXPIRE");
            expire.arg(&key).arg(millis(STAGED_LIFE));
            self.call::<()>(&expire).await?;
        }
        Ok(())
    }

    async fn set_fields(&self, key: &str, fields: &[(&str, String)]) -> Result<(), StoreError> {
        for chunk in fields.chunks(CHUNK) {
            let mut command = redis::cmd("HSET");
            command.arg(key);
            for (field, value) in chunk {
                command.arg(field).arg(value);
            }
            self.call::<()>(&command).await?;
        }
        Ok(())
    }

    /// Makes what was staged current. Returns the number of the newest request for
    /// a synchronisation, or `None` if another node has taken over; then nothing
    /// has changed.
    ///
    /// # Errors
    /// If Redis does not do it; then nothing has changed.
    pub async fn flip(&self, fence: &Fence, flip: Flip<'_>) -> Result<Option<u64>, StoreError> {
        let address = &fence.address;
        let key = |part: &str| self.keys().of_source(address, part);
        let status =
            serde_json::to_string(flip.status).map_err(|error| sync::unreadable(&error))?;
        let mut script = self.publishing(&self.0.scripts.flip_generation, &address.workspace);
        script
            .key(key("sync"))
            .key(self.keys().generations(&address.workspace, &address.user))
            .key(self.staged_key(fence, "manifest"))
            .key(self.staged_key(fence, "histories"))
            .key(self.staged_key(fence, "counts"))
            .key(self.staged_key(fence, "gone"))
            .key(key("history"))
            .key(key("blobs"))
            .key(key("gone"))
            .arg(fence.number)
            .arg(address.source.as_str())
            .arg(flip.generation)
            .arg(status)
            .arg(flip.cursor)
            .arg(fence.request)
            .arg(key("manifest:"))
            .arg(key("blob:"))
            .arg(millis(OLD_MANIFEST_LIFE))
            .arg(flip.event.to_json()?);
        let (outcome, requests): (String, u64) = self.run(&script).await?;
        Ok((outcome == "flipped").then_some(requests))
    }

    /// Deletes everything that was read from a source.
    pub(super) async fn forget_content(
        &self,
        address: &SourceAddress,
        generation: u64,
    ) -> Result<(), StoreError> {
        let key = |part: &str| self.keys().of_source(address, part);
        let mut command = redis::cmd("HKEYS");
        command.arg(key("blobs"));
        let hashes: Vec<String> = self.call(&command).await?;
        for chunk in hashes.chunks(CHUNK) {
            let mut command = redis::cmd("UNLINK");
            for hash in chunk {
                command.arg(self.blob_key(address, hash));
            }
            self.call::<()>(&command).await?;
        }
        // Older manifests and what was staged expire by themselves.
        let mut command = redis::cmd("UNLINK");
        command
            .arg(key("blobs"))
            .arg(key("history"))
            .arg(key("gone"))
            .arg(self.manifest_key(address, generation));
        self.call(&command).await
    }

    fn manifest_key(&self, address: &SourceAddress, generation: u64) -> String {
        self.keys()
            .of_source(address, &format!("manifest:{generation}"))
    }

    fn blob_key(&self, address: &SourceAddress, hash: &str) -> String {
        self.keys().of_source(address, &format!("blob:{hash}"))
    }

    fn staged_key(&self, fence: &Fence, part: &str) -> String {
        self.keys()
            .of_source(&fence.address, &format!("staged:{}:{part}", fence.number))
    }
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| unreadable(&error))
}

fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable {
        what: "context entry",
        why: format!("{:?}", error.classify()),
    }
}
