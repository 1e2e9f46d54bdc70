//! Messages that answer others.

use serde_json::Value;

use super::Bus;
use crate::{
    protocol::{Event, EventData, EventId, Problem},
    server::{
        auth::Workspace,
        store::{Place, Stream},
    },
};

impl Bus {
    /// Sees that a message's `reply_to` names a message of the last 24 hours and
    /// `urgent` is what it should be; sets `thread` to the message with which the
    /// conversation began.
    ///
    /// # Errors
    /// 422 for a member that breaks its rule, 503 if Redis is away.
    pub(super) async fn thread(
        &self,
        workspace: &Workspace,
        data: &mut EventData,
    ) -> Result<(), Problem> {
        if data
            .get("urgent")
            .is_some_and(|urgent| !urgent.is_boolean())
        {
            return Err(Problem::field("data.urgent", "must be true or false"));
        }
        // Only the server says which conversation it is.
        data.set("thread", None);
        let Some(reply_to) = data.get("reply_to") else {
            return Ok(());
        };
        let id: EventId = reply_to
            .as_str()
            .unwrap_or_default()
            .parse()
            .map_err(|rule| Problem::field("data.reply_to", rule))?;
        let Some(answered) = self.message(workspace, id).await? else {
            return Err(Problem::field(
                "data.reply_to",
                "must be a message of the last 24 hours",
            ));
        };
        let thread = match answered.data.text("thread") {
            Some(thread) => thread.to_owned(),
            None => id.to_string(),
        };
        data.set("thread", Some(Value::String(thread)));
        Ok(())
    }

    /// A message by its id, if it is there.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn message(
        &self,
        workspace: &Workspace,
        id: EventId,
    ) -> Result<Option<Event>, Problem> {
        // Reading begins after the place before it.
        let before = EventId {
            offset: id.offset.saturating_sub(1),
            ..id
        };
        let found = self
            .store
            .events(workspace, Stream::Messages, Place::After(before), 1)
            .await?;
        Ok(found
            .into_iter()
            .map(|stored| stored.event)
            .find(|event| event.id == Some(id)))
    }
}
