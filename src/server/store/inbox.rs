//! What each session has read, and how far each message came.

use super::{RETENTION, Store, StoreError, events::stream_id, millis};
use crate::{
    protocol::{AgentName, EventId, Receipt, ReceiptState, SessionId, Timestamp},
    server::auth::Workspace,
};

/// A place that a session has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// What it was handed of the messages to it.
    Inbox,
    /// What it has looked at of all events.
    CatchUp,
}

impl Mark {
    fn field(self) -> &'static str {
        match self {
            Self::Inbox => "delivered",
            Self::CatchUp => "looked",
        }
    }
}

/// A step forward of a mark.
#[derive(Clone, Copy, Debug)]
pub struct Advance<'a> {
    /// Which.
    pub mark: Mark,
    /// Where it was when it was read.
    pub from: Option<EventId>,
    /// Where it goes.
    pub to: EventId,
    /// What the session is handed by that.
    pub handed: &'a [EventId],
    /// When, by the clock of Redis.
    pub at: Timestamp,
}

impl Store {
    /// Where a session's mark is; `None` if it never moved.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn mark(
        &self,
        workspace: &Workspace,
        session: &SessionId,
        mark: Mark,
    ) -> Result<Option<EventId>, StoreError> {
        let mut command = redis::cmd("HGET");
        command
            .arg(self.keys().inbox(workspace, session))
            .arg(mark.field());
        let place: Option<String> = self.call(&command).await?;
        place.as_deref().map(stream_id).transpose()
    }

    /// Moves a session's mark; `false` if somebody else moved it since it was read.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn advance(
        &self,
        workspace: &Workspace,
        session: &SessionId,
        agent_name: &AgentName,
        advance: Advance<'_>,
    ) -> Result<bool, StoreError> {
        let mut script = self.0.scripts.advance_inbox.prepare_invoke();
        script.key(self.keys().inbox(workspace, session));
        for id in advance.handed {
            script.key(self.keys().receipts(workspace, *id));
        }
        script
            .arg(session.as_str())
            .arg(advance.mark.field())
            .arg(advance.from.map(|id| id.to_string()).unwrap_or_default())
            .arg(advance.to.to_string())
            .arg(millis(RETENTION))
            .arg(receipt(ReceiptState::Delivered, advance.at, agent_name));
        self.run(&script).await
    }

    /// Notes that a session has taken note of messages; how many of them it had been
    /// handed.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn acknowledge(
        &self,
        workspace: &Workspace,
        session: &SessionId,
        agent_name: &AgentName,
        ids: &[EventId],
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut script = self.0.scripts.acknowledge.prepare_invoke();
        for id in ids {
            script.key(self.keys().receipts(workspace, *id));
        }
        script
            .arg(session.as_str())
            .arg(receipt(ReceiptState::Acknowledged, at, agent_name));
        self.run(&script).await
    }

    /// How far a message came.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn receipts(
        &self,
        workspace: &Workspace,
        id: EventId,
    ) -> Result<Vec<Receipt>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.keys().receipts(workspace, id));
        let entries: Vec<(String, String)> = self.call(&command).await?;
        let mut receipts = entries
            .iter()
            .map(|(session, text)| read(session, text).ok_or_else(unreadable))
            .collect::<Result<Vec<_>, _>>()?;
        receipts.sort_by(|a, b| (a.at, &a.session_id).cmp(&(b.at, &b.session_id)));
        Ok(receipts)
    }
}

/// `<state> <ms> <agent's name>`
fn receipt(state: ReceiptState, at: Timestamp, agent_name: &AgentName) -> String {
    let state = match state {
        ReceiptState::Delivered => "delivered",
        ReceiptState::Acknowledged => "acknowledged",
    };
    format!("{state} {} {agent_name}", at.millis())
}

fn read(session: &str, text: &str) -> Option<Receipt> {
    let mut parts = text.splitn(3, ' ');
    let state = match parts.next()? {
        "delivered" => ReceiptState::Delivered,
        "acknowledged" => ReceiptState::Acknowledged,
        _ => return None,
    };
    Some(Receipt {
        session_id: session.parse().ok()?,
        state,
        at: Timestamp::from_millis(parts.next()?.parse().ok()?),
        agent_name: parts.next()?.parse().ok()?,
    })
}

fn unreadable() -> StoreError {
    StoreError::Unreadable {
        what: "receipt",
        why: "its form".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_read_as_it_was_written() {
        let (at, name) = (Timestamp::from_millis(5), "Two Words".parse().unwrap());
        let text = receipt(ReceiptState::Acknowledged, at, &name);
        let read = read("leitl-a", &text).unwrap();
        assert_eq!((read.at, read.agent_name), (at, name));
        assert_eq!(read.state, ReceiptState::Acknowledged);
        assert_eq!(super::read("leitl-a", "eaten 5 A"), None);
    }
}
