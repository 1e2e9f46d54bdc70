//! Texts go to Redis in batches, while others are still being fetched.

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::server::store::{SourceAddress, Store, StoreError};

/// A batch is handed on when it has so many bytes of texts.
const BATCH_BYTES: usize = 512 * 1024;

/// How many batches wait while one is written: memory holds a few texts only, and
/// fetching does not stop for Redis unless Redis is the slower one.
const WAITING: usize = 1;

/// Texts by their hashes.
type Batch = Vec<(String, String)>;

/// Where texts are put.
pub(super) struct Texts {
    batches: Sender<Batch>,
    batch: Batch,
    bytes: usize,
}

/// Two ends: texts are put into one, and come out of the other in batches.
pub(super) fn texts() -> (Texts, Receiver<Batch>) {
    let (batches, receiver) = channel(WAITING);
    let texts = Texts {
        batches,
        batch: Batch::new(),
        bytes: 0,
    };
    (texts, receiver)
}

impl Texts {
    /// Puts one in; waits while Redis is behind.
    pub async fn put(&mut self, hash: String, text: String) {
        self.bytes += text.len();
        self.batch.push((hash, text));
        if self.bytes >= BATCH_BYTES {
            self.hand_on().await;
        }
    }

    /// There are no more.
    pub async fn end(mut self) {
        if !self.batch.is_empty() {
            self.hand_on().await;
        }
    }

    async fn hand_on(&mut self) {
        self.bytes = 0;
        // Nobody takes it only where writing has failed, which ends the reading too.
        let _ = self.batches.send(std::mem::take(&mut self.batch)).await;
    }
}

/// Writes batches until there are no more.
///
/// # Errors
/// If Redis does not do it.
pub(super) async fn stage(
    store: &Store,
    address: &SourceAddress,
    mut batches: Receiver<Batch>,
) -> Result<(), StoreError> {
    while let Some(batch) = batches.recv().await {
        store.stage_blobs(address, &batch).await?;
    }
    Ok(())
}
