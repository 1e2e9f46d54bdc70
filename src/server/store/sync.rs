//! Synchronisation: who may do it, how it goes, who waits for it.

use std::time::Duration;

use super::{Body, SourceAddress, Store, StoreError, millis};
use crate::protocol::SyncStatus;

/// The right to synchronise a source. What is written under it counts only while
/// nobody took a newer one.
#[derive(Clone, Debug)]
pub struct Fence {
    /// The source.
    pub address: SourceAddress,
    /// Who holds it, unlike any other holder.
    pub holder: String,
    /// The fence.
    pub number: u64,
    /// The newest request for a synchronisation when this one began.
    pub request: u64,
}

/// How the synchronisation of a source stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncRecord {
    /// How often somebody asked for one.
    pub requests: u64,
    /// Up to which of those it was done.
    pub served: u64,
    /// The last report.
    pub status: SyncStatus,
}

impl SyncRecord {
    /// Whether somebody waits for a synchronisation.
    pub fn is_wanted(&self) -> bool {
        self.served < self.requests
    }
}

impl Store {
    /// How the synchronisation of a source stands.
    ///
    /// # Errors
    /// If Redis does not answer or the report cannot be read.
    pub async fn sync_record(&self, address: &SourceAddress) -> Result<SyncRecord, StoreError> {
        let mut command = redis::cmd("HMGET");
        command
            .arg(self.keys().of_source(address, "sync"))
            .arg("requests")
            .arg("served")
            .arg("report");
        let (requests, served, report): (Option<u64>, Option<u64>, Option<String>) =
            self.call(&command).await?;
        let status = match report {
            Some(json) => serde_json::from_str(&json).map_err(|error| unreadable(&error))?,
            None => SyncStatus::default(),
        };
        Ok(SyncRecord {
            requests: requests.unwrap_or(0),
            served: served.unwrap_or(0),
            status,
        })
    }

    /// Asks for a synchronisation now; returns the number of the request.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn request_sync(&self, address: &SourceAddress) -> Result<u64, StoreError> {
        let now = self.now().await?;
        let mut command = redis::cmd("HINCRBY");
        command
            .arg(self.keys().of_source(address, "sync"))
            .arg("requests")
            .arg(1);
        let number = self.call(&command).await?;
        self.set_due(address, now).await?;
        Ok(number)
    }

    /// Takes the right to synchronise a source for `life`; `None` if another node
    /// has it.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn take_sync(
        &self,
        address: &SourceAddress,
        holder: String,
        life: Duration,
    ) -> Result<Option<Fence>, StoreError> {
        let mut script = self.0.scripts.take_sync.prepare_invoke();
        script
            .key(self.keys().of_source(address, "lease"))
            .key(self.keys().of_source(address, "sync"))
            .arg(&holder)
            .arg(millis(life));
        let taken: Vec<u64> = self.run(&script).await?;
        Ok(match taken.as_slice() {
            [number, request] => Some(Fence {
                address: address.clone(),
                holder,
                number: *number,
                request: *request,
            }),
            _ => None,
        })
    }

    /// Forgets how the synchronisation of a source stands that is no longer there.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn forget_sync(&self, address: &SourceAddress) -> Result<(), StoreError> {
        let mut command = redis::cmd("UNLINK");
        command.arg(self.keys().of_source(address, "sync"));
        self.call(&command).await
    }

    /// Keeps the right for `life` more; `false` if it is lost.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn keep_sync(&self, fence: &Fence, life: Duration) -> Result<bool, StoreError> {
        self.keep_lease(fence, millis(life)).await
    }

    /// Gives the right back.
    ///
    /// # Errors
    /// If Redis does not answer; then it ends by itself.
    pub async fn release_sync(&self, fence: &Fence) -> Result<(), StoreError> {
        self.keep_lease(fence, 0).await.map(|_| ())
    }

    async fn keep_lease(&self, fence: &Fence, millis: u64) -> Result<bool, StoreError> {
        let mut script = self.0.scripts.keep_lease.prepare_invoke();
        script
            .key(self.keys().of_source(&fence.address, "lease"))
            .arg(&fence.holder)
            .arg(millis);
        self.run(&script).await
    }

    /// Notes how a synchronisation goes and tells whoever listens. With a `cursor`
    /// it is at its end, and where the next one goes on is noted too. Returns the
    /// number of the newest request, or `None` if another node has taken over.
    ///
    /// # Errors
    /// If Redis does not do it; then nothing has changed.
    pub async fn report_sync(
        &self,
        fence: &Fence,
        status: &SyncStatus,
        cursor: Option<&str>,
        ended: bool,
        event: &Body,
    ) -> Result<Option<u64>, StoreError> {
        let report = serde_json::to_string(status).map_err(|error| unreadable(&error))?;
        let served = if ended {
            fence.request.to_string()
        } else {
            String::new()
        };
        let mut script = self.publishing(&self.0.scripts.report_sync, &fence.address.workspace);
        script
            .key(self.keys().of_source(&fence.address, "sync"))
            .arg(fence.number)
            .arg(report)
            .arg(cursor.unwrap_or_default())
            .arg(served)
            .arg(event.to_json()?);
        let (outcome, requests): (String, u64) = self.run(&script).await?;
        Ok((outcome == "reported").then_some(requests))
    }

    /// Where the last synchronisation left off; empty if it left nothing.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn sync_cursor(&self, address: &SourceAddress) -> Result<String, StoreError> {
        let mut command = redis::cmd("HGET");
        command
            .arg(self.keys().of_source(address, "sync"))
            .arg("cursor");
        let cursor: Option<String> = self.call(&command).await?;
        Ok(cursor.unwrap_or_default())
    }
}

pub(super) fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable {
        what: "synchronisation report",
        why: format!("{:?}", error.classify()),
    }
}
