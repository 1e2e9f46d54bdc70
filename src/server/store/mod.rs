//! The only place that speaks Redis. One file a family of keys; every key is
//! built in `keys`, every script stands in `scripts/`.
//!
//! Nothing here knows of HTTP, sockets or sessions' rules: it reads and writes
//! what the modules above decide, atomically.

mod alerts;
mod context;
mod events;
mod files;
mod inbox;
mod keys;
mod leases;
mod metrics;
mod nodes;
mod scripts;
mod sessions;
mod sources;
mod subscription;
mod sync;
mod tokens;

pub use alerts::{AlertRecord, StoredAlert};
pub use context::{FileEntry, FileRecord, Flip, Generations, VersionRecord};
pub use events::{Body, Bus, Limits, Outcome, Place, StoredEvent, Stream};
pub use files::{Claim, ClaimOutcome};
pub use inbox::{Advance, Mark};
pub use keys::SourceAddress;
pub use metrics::{Counts, KEPT_MINUTES};
pub use sessions::{Commit, Committed, Found, SessionRecord};
pub use sources::SourceRecord;
pub use subscription::{LiveMessage, Payload, Subscriber, Subscription};
pub use sync::{Fence, SyncRecord};

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use redis::{
    Client, FromRedisValue, IntoConnectionInfo, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use self::{keys::Keys, scripts::Scripts};
use crate::{
    protocol::{Problem, ProblemKind, Timestamp},
    server::random,
};

/// How long events, ended sessions and remembered broadcasts stay (protocol
/// document, "Privacy").
const RETENTION: Duration = Duration::from_secs(24 * 3600);

/// The longest a single call may take; then Redis counts as away. The connection
/// manager alone would wait for a reconnection without end.
const CALL_LIMIT: Duration = Duration::from_secs(1);

/// What goes wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Redis answered with an error, or the connection broke.
    #[error("Redis: {0}")]
    Redis(#[from] RedisError),
    /// No answer within a second.
    #[error("Redis did not answer within {} s", CALL_LIMIT.as_secs())]
    Timeout,
    /// The connection that listens has ended.
    #[error("the connection was closed")]
    Lost,
    /// A stored value is not what this version writes.
    #[error("a stored {what} cannot be read: {why}")]
    Unreadable {
        /// What kind of value.
        what: &'static str,
        /// Why, without the value.
        why: String,
    },
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!("{error}");
        match error {
            StoreError::Unreadable { what, .. } => Self::new(
                ProblemKind::Internal,
                format!("a stored {what} cannot be read"),
            ),
            _ => Self::new(ProblemKind::Unavailable, "Redis does not answer").retry_after(1),
        }
    }
}

/// A handle to Redis; cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    client: Client,
    connection: ConnectionManager,
    keys: Keys,
    scripts: Scripts,
    /// What a new epoch is called, should this node begin one.
    seed: String,
}

impl Store {
    /// Connects to a URL or an address.
    ///
    /// # Errors
    /// If the URL is wrong or Redis does not answer within a few seconds.
    pub async fn connect(place: impl IntoConnectionInfo, namespace: &str) -> anyhow::Result<Self> {
        let client = Client::open(place).context("redis.url is not a Redis URL")?;
        // Retries without end: the manager would otherwise give up after an
        // outage of some seconds and stay broken.
        let settings = ConnectionManagerConfig::new()
            .set_number_of_retries(usize::MAX)
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(Duration::from_secs(1))
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_response_timeout(Some(CALL_LIMIT));
        let connecting = ConnectionManager::new_with_config(client.clone(), settings);
        let connection = tokio::time::timeout(Duration::from_secs(5), connecting)
            .await
            .context("Redis does not answer")?
            .context("cannot connect to Redis")?;
        Ok(Self(Arc::new(Inner {
            client,
            connection,
            keys: Keys::new(namespace.to_owned()),
            scripts: Scripts::new(),
            seed: random::text(12),
        })))
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.call(&redis::cmd("PING")).await
    }

    fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Sends one command.
    async fn call<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, StoreError> {
        let mut connection = self.0.connection.clone();
        limited(command.query_async(&mut connection)).await
    }

    /// Sends several commands at once.
    async fn call_all<T: FromRedisValue>(
        &self,
        pipeline: &redis::Pipeline,
    ) -> Result<T, StoreError> {
        let mut connection = self.0.connection.clone();
        limited(pipeline.query_async(&mut connection)).await
    }

    /// Runs a script.
    async fn run<T: FromRedisValue>(
        &self,
        script: &redis::ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        let mut connection = self.0.connection.clone();
        limited(script.invoke_async(&mut connection)).await
    }
}

async fn limited<T>(call: impl Future<Output = Result<T, RedisError>>) -> Result<T, StoreError> {
    match tokio::time::timeout(CALL_LIMIT, call).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StoreError::Timeout),
    }
}

/// The two numbers of Redis' `TIME`, as an instant.
fn instant((seconds, micros): (i64, i64)) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1000).saturating_add(micros / 1000))
}

/// Milliseconds as Redis wants them.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
