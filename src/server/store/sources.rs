//! Sources: a user's folders, and when each is due.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{SourceAddress, Store, StoreError, SyncRecord};
use crate::{
    protocol::{Pattern, SourceAuth, SourceId, SourceName, Timestamp},
    server::auth::{Sealed, User, Workspace},
};

/// A source as it is stored. The credentials in it are sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// Its id.
    pub id: SourceId,
    /// What its user called it.
    pub name: SourceName,
    /// The folder; none for the built-in share, which is wherever this server is.
    pub url: Option<String>,
    /// How the server proves who it is.
    pub auth: SourceAuth,
    /// The user name it proves that with.
    pub username: Option<String>,
    /// The password or token.
    pub sealed: Option<Sealed>,
    /// How often it is synchronised, in seconds.
    pub interval_seconds: u64,
    /// Only files that match one of these; empty for all.
    pub include: Vec<Pattern>,
    /// No files that match one of these.
    pub exclude: Vec<Pattern>,
    /// Larger files are skipped, in bytes.
    pub max_file_bytes: u64,
    /// A folder with more files is refused.
    pub max_files: u64,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Store {
    /// A user's sources with how their synchronisation stands, oldest first.
    ///
    /// # Errors
    /// If Redis does not answer or a record cannot be read.
    pub async fn sources(
        &self,
        workspace: &Workspace,
        user: &User,
    ) -> Result<Vec<(SourceRecord, SyncRecord)>, StoreError> {
        let records = self.source_records(workspace, user).await?;
        let mut sources = Vec::with_capacity(records.len());
        for record in records {
            let address = SourceAddress {
                workspace: workspace.clone(),
                user: user.clone(),
                source: record.id.clone(),
            };
            let sync = self.sync_record(&address).await?;
            sources.push((record, sync));
        }
        Ok(sources)
    }

    /// A user's sources, oldest first.
    ///
    /// # Errors
    /// If Redis does not answer or a record cannot be read.
    pub async fn source_records(
        &self,
        workspace: &Workspace,
        user: &User,
    ) -> Result<Vec<SourceRecord>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.keys().sources(workspace, user));
        let entries: HashMap<String, String> = self.call(&command).await?;
        let mut records = entries
            .values()
            .map(|json| read(json))
            .collect::<Result<Vec<SourceRecord>, _>>()?;
        records.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(records)
    }

    /// One source.
    ///
    /// # Errors
    /// If Redis does not answer or the record cannot be read.
    pub async fn source(
        &self,
        address: &SourceAddress,
    ) -> Result<Option<SourceRecord>, StoreError> {
        let mut command = redis::cmd("HGET");
        command
            .arg(self.keys().sources(&address.workspace, &address.user))
            .arg(address.source.as_str());
        let json: Option<String> = self.call(&command).await?;
        json.as_deref().map(read).transpose()
    }

    /// Adds a source, due at once; `false` if there is one of this id already.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn add_source(
        &self,
        address: &SourceAddress,
        record: &SourceRecord,
    ) -> Result<bool, StoreError> {
        let now = self.now().await?;
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        pipeline
            .cmd("HSETNX")
            .arg(self.keys().sources(&address.workspace, &address.user))
            .arg(address.source.as_str())
            .arg(write(record)?);
        pipeline
            .cmd("SADD")
            .arg(self.keys().source_owners(&address.workspace))
            .arg(address.user.as_str())
            .ignore();
        pipeline
            .cmd("ZADD")
            .arg(self.keys().due())
            .arg(now.millis())
            .arg(address.to_string())
            .ignore();
        let (added,): (bool,) = self.call_all(&pipeline).await?;
        Ok(added)
    }

    /// Replaces a source's record if it still is `before`; `false` if it is not. A
    /// synchronisation that runs is given up.
    ///
    /// # Errors
    /// If Redis does not do it; then nothing has changed.
    pub async fn change_source(
        &self,
        address: &SourceAddress,
        before: &SourceRecord,
        after: &SourceRecord,
    ) -> Result<bool, StoreError> {
        let mut script = self.0.scripts.change_source.prepare_invoke();
        script
            .key(self.keys().sources(&address.workspace, &address.user))
            .key(self.keys().of_source(address, "sync"))
            .arg(address.source.as_str())
            .arg(write(before)?)
            .arg(write(after)?);
        self.run(&script).await
    }

    /// Removes a source and all that was read from it.
    ///
    /// # Errors
    /// If Redis does not do it; it can be tried again.
    pub async fn remove_source(&self, address: &SourceAddress) -> Result<(), StoreError> {
        let generations = self.keys().generations(&address.workspace, &address.user);
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        // The fence first: a synchronisation that runs cannot bring it back.
        pipeline
            .cmd("UNLINK")
            .arg(self.keys().of_source(address, "sync"))
            .ignore();
        pipeline
            .cmd("HDEL")
            .arg(self.keys().sources(&address.workspace, &address.user))
            .arg(address.source.as_str())
            .ignore();
        // Read in the same step: one that is made current before it would stay for ever.
        pipeline
            .cmd("HGET")
            .arg(&generations)
            .arg(address.source.as_str());
        pipeline
            .cmd("HDEL")
            .arg(&generations)
            .arg(address.source.as_str())
            .ignore();
        pipeline
            .cmd("HINCRBY")
            .arg(&generations)
            .arg("all")
            .arg(1)
            .ignore();
        pipeline
            .cmd("ZREM")
            .arg(self.keys().due())
            .arg(address.to_string())
            .ignore();
        let (generation,): (Option<u64>,) = self.call_all(&pipeline).await?;
        // Nobody can reach the rest any more.
        self.forget_content(address, generation.unwrap_or(0)).await
    }

    /// The users of a workspace that have sources.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn source_owners(&self, workspace: &Workspace) -> Result<Vec<User>, StoreError> {
        let mut command = redis::cmd("SMEMBERS");
        command.arg(self.keys().source_owners(workspace));
        let names: Vec<String> = self.call(&command).await?;
        Ok(names
            .into_iter()
            .filter_map(|name| name.parse().ok())
            .collect())
    }

    /// All sources there are.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn all_sources(&self) -> Result<Vec<SourceAddress>, StoreError> {
        let mut command = redis::cmd("ZRANGE");
        command.arg(self.keys().due()).arg(0).arg(-1);
        let members: Vec<String> = self.call(&command).await?;
        Ok(addresses(members))
    }

    /// The sources that are due at an instant, longest first.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn due_sources(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<SourceAddress>, StoreError> {
        let mut command = redis::cmd("ZRANGEBYSCORE");
        command
            .arg(self.keys().due())
            .arg("-inf")
            .arg(now.millis())
            .arg("LIMIT")
            .arg(0)
            .arg(limit);
        let members: Vec<String> = self.call(&command).await?;
        Ok(addresses(members))
    }

    /// Sets when a source that is there is due.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn set_due(&self, address: &SourceAddress, at: Timestamp) -> Result<(), StoreError> {
        let mut command = redis::cmd("ZADD");
        command
            .arg(self.keys().due())
            .arg("XX")
            .arg(at.millis())
            .arg(address.to_string());
        self.call(&command).await
    }
}

fn addresses(members: Vec<String>) -> Vec<SourceAddress> {
    members
        .into_iter()
        .filter_map(|member| member.parse().ok())
        .collect()
}

fn read(json: &str) -> Result<SourceRecord, StoreError> {
    serde_json::from_str(json).map_err(|error| unreadable(&error))
}

fn write(record: &SourceRecord) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable {
        what: "source",
        why: format!("{:?}", error.classify()),
    }
}
