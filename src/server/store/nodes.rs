//! Nodes: which server processes live, and how many sockets each holds.

use std::time::Duration;

use super::{Store, StoreError, millis};
use crate::server::auth::Workspace;

/// After how much silence a node counts as gone.
const NODE_LIFE: Duration = Duration::from_secs(15);

impl Store {
    /// Says that a node lives, and forgets those that do not.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn beat_node(&self, node: &str) -> Result<(), StoreError> {
        let now = self.now().await?.millis();
        let gone = now.saturating_sub_unsigned(millis(NODE_LIFE));
        let key = self.keys().nodes();
        let mut pipeline = redis::pipe();
        pipeline.cmd("ZADD").arg(&key).arg(now).arg(node).ignore();
        pipeline
            .cmd("ZREMRANGEBYSCORE")
            .arg(&key)
            .arg("-inf")
            .arg(format!("({gone}"))
            .ignore();
        self.call_all(&pipeline).await
    }

    /// Says that a node stops.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn forget_node(&self, node: &str) -> Result<(), StoreError> {
        let mut command = redis::cmd("ZREM");
        command.arg(self.keys().nodes()).arg(node);
        self.call(&command).await
    }

    /// The nodes that live.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn nodes(&self) -> Result<Vec<String>, StoreError> {
        let gone = self
            .now()
            .await?
            .millis()
            .saturating_sub_unsigned(millis(NODE_LIFE));
        let mut command = redis::cmd("ZRANGEBYSCORE");
        command.arg(self.keys().nodes()).arg(gone).arg("+inf");
        self.call(&command).await
    }

    /// Says how many sockets of a workspace a node holds.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn set_open_sockets(
        &self,
        workspace: &Workspace,
        node: &str,
        open: u64,
    ) -> Result<(), StoreError> {
        let key = self.keys().open_sockets(workspace);
        let mut command;
        if open == 0 {
            command = redis::cmd("HDEL");
            command.arg(&key).arg(node);
        } else {
            command = redis::cmd("HSET");
            command.arg(&key).arg(node).arg(open);
        }
        self.call(&command).await
    }

    /// How many sockets of a workspace each node holds, or held when it was last
    /// heard of.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn open_sockets(
        &self,
        workspace: &Workspace,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.keys().open_sockets(workspace));
        self.call(&command).await
    }

    /// How many sessions of each workspace are live.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn count_sessions(&self, workspaces: &[Workspace]) -> Result<Vec<u64>, StoreError> {
        if workspaces.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::pipe();
        for workspace in workspaces {
            pipeline
                .cmd("ZCARD")
                .arg(self.keys().active_sessions(workspace));
        }
        self.call_all(&pipeline).await
    }

    /// The clock of Redis, in microseconds since the Unix epoch.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn now_micros(&self) -> Result<u64, StoreError> {
        let (seconds, micros): (u64, u64) = self.call(&redis::cmd("TIME")).await?;
        Ok(seconds.saturating_mul(1_000_000).saturating_add(micros))
    }
}
