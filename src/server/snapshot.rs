//! The room at one moment.

use super::{
    Server,
    auth::Caller,
    bus::{PageLimit, Range, Selection},
};
use crate::protocol::{Problem, Snapshot};

impl Server {
    /// What a dashboard shows first.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn snapshot(&self, caller: &Caller) -> Result<Snapshot, Problem> {
        let workspace = &caller.workspace;
        let limit = PageLimit::default();
        // The cursor comes first: what happens after it is told again by the
        // socket, and telling twice does no harm, while a gap would.
        let activity = self
            .bus
            .activity(caller, Range::Newest, limit, &Selection::default())
            .await?;
        let messages = self.bus.messages(caller, None, limit, None).await?.messages;
        let mut sources = self.context.list_sources(caller).await?;
        for source in &mut sources {
            source.sync = std::mem::take(&mut source.sync).brief();
        }
        let status = self.status(caller).await?;
        let sessions = self.presence.active(workspace).await?;
        let now = self.store.now().await?;
        let rules = self.presence.rules();
        Ok(Snapshot {
            user: caller.user.to_string(),
            workspace: workspace.to_string(),
            now,
            heartbeat_seconds: rules.heartbeat_seconds,
            stale_seconds: rules.stale_seconds,
            end_seconds: rules.end_seconds,
            sessions,
            activity,
            messages,
            sources: serde_json::to_value(sources).unwrap_or_default(),
            status: serde_json::to_value(status).unwrap_or_default(),
        })
    }
}
