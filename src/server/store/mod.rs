//! The only place that speaks Redis. One file a family of keys; every key is
//! built in `keys`, every script stands in `scripts/`.
//!
//! Nothing here knows of HTTP, sockets or sessions' rules: it reads and writes
//! what the modules above decide, atomically.

mod acl;
mod alerts;
mod connection;
mod context;
mod endpoint;
mod events;
mod files;
mod inbox;
mod keys;
mod leases;
mod metrics;
mod nodes;
mod scripts;
mod sentinels;
mod sessions;
mod sources;
mod subscription;
mod sync;
mod tokens;

pub use acl::rules as acl_rules;
pub use alerts::{AlertRecord, StoredAlert};
pub use context::{FileEntry, FileRecord, Flip, Generations, VersionRecord};
pub use endpoint::Endpoint;
pub use events::{Body, Bus, Limits, Outcome, Place, StoredEvent, Stream};
pub use files::{Claim, ClaimOutcome};
pub use inbox::{Advance, Mark};
pub use keys::SourceAddress;
pub use metrics::{Counts, KEPT_MINUTES};
pub use sessions::{Commit, Committed, Found, SessionRecord};
pub use sources::SourceRecord;
pub use subscription::{LiveMessage, Payload, Probe, Signal, Subscriber, Subscription};
pub use sync::{Fence, SyncRecord};

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use redis::{FromRedisValue, RedisError};

use self::{connection::Connection, keys::Keys, scripts::Scripts};
use crate::{
    protocol::{Problem, ProblemKind, Timestamp},
    server::random,
};

/// How long events, ended sessions and remembered broadcasts stay (protocol
/// document, "Privacy").
const RETENTION: Duration = Duration::from_secs(24 * 3600);

/// The longest a single call may take; then it is refused, and Redis asked whether it
/// is there. Below a second, so that whoever asked knows within one.
const CALL_LIMIT: Duration = Duration::from_millis(800);

/// The same for a call that carries many texts, for which nobody waits.
const BULK_LIMIT: Duration = Duration::from_secs(5);

/// What goes wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Redis answered with an error.
    #[error("Redis: {0}")]
    Redis(#[from] RedisError),
    /// The connection broke in the middle of the call.
    #[error("the connection to Redis broke: {0}")]
    Broken(RedisError),
    /// No answer in time.
    #[error("Redis does not answer in time")]
    Timeout,
    /// Redis is known to be away, so nothing was sent.
    #[error("Redis is away")]
    Away,
    /// No server is the master, or no sentinel tells which.
    #[error("no Redis is known to be the master")]
    NoMaster,
    /// The connection that listens has ended.
    #[error("the connection was closed")]
    Ended,
    /// Nothing was heard for too long on the connection that listens.
    #[error("nothing is heard any more")]
    Deaf,
    /// A stored value is not what this version writes.
    #[error("a stored {what} cannot be read: {why}")]
    Unreadable {
        /// What kind of value.
        what: &'static str,
        /// Why, without the value.
        why: String,
    },
}

impl StoreError {
    /// Whether Redis is away, which is told once and not for each call it meets.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Broken(_)
            | Self::Timeout
            | Self::Away
            | Self::NoMaster
            | Self::Ended
            | Self::Deaf => true,
            Self::Redis(_) | Self::Unreadable { .. } => false,
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.is_outage() {
            tracing::debug!("{error}");
        } else {
            tracing::error!("{error}");
        }
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
    connection: Connection,
    keys: Keys,
    scripts: Scripts,
    /// What a new epoch is called, should this node begin one.
    seed: String,
}

impl Store {
    /// Connects.
    ///
    /// # Errors
    /// If Redis does not answer within a few seconds.
    pub async fn connect(endpoint: Endpoint, namespace: &str) -> anyhow::Result<Self> {
        let connection = Connection::open(endpoint)
            .await
            .context("cannot connect to Redis")?;
        Ok(Self(Arc::new(Inner {
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
        let send = async |mut connection| command.query_async(&mut connection).await;
        self.0.connection.call(CALL_LIMIT, send).await
    }

    /// Sends several commands at once.
    async fn call_all<T: FromRedisValue>(
        &self,
        pipeline: &redis::Pipeline,
    ) -> Result<T, StoreError> {
        let send = async |mut connection| pipeline.query_async(&mut connection).await;
        self.0.connection.call(CALL_LIMIT, send).await
    }

    /// Sends several commands with much in them.
    async fn call_bulk<T: FromRedisValue>(
        &self,
        pipeline: &redis::Pipeline,
    ) -> Result<T, StoreError> {
        let send = async |mut connection| pipeline.query_async(&mut connection).await;
        self.0.connection.call(BULK_LIMIT, send).await
    }

    /// Runs a script.
    async fn run<T: FromRedisValue>(
        &self,
        script: &redis::ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        let send = async |mut connection| script.invoke_async(&mut connection).await;
        self.0.connection.call(CALL_LIMIT, send).await
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
