//! One alert as the dashboard keeps it, read member by member, as [`super::card`] says
//! why.

use serde_json::Value;

use crate::protocol::{
    Timestamp,
    plain::{instant, items, text},
};

/// One alert, from when it was raised.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incident {
    /// Its own name: the same when it is raised and when it is cleared.
    pub id: String,
    /// The name of its [`AlertKind`](crate::protocol::AlertKind).
    pub kind: String,
    /// What is wrong, in a sentence.
    pub summary: String,
    /// Since when.
    pub raised_at: Timestamp,
    /// When it was over; absent while it is not.
    pub cleared_at: Option<Timestamp>,
}

impl Incident {
    /// Reads an [`Alert`](crate::protocol::Alert).
    pub fn of(alert: &Value) -> Self {
        Self {
            id: text(alert, "id").to_owned(),
            kind: text(alert, "kind").to_owned(),
            summary: text(alert, "summary").to_owned(),
            raised_at: instant(alert, "raised_at").unwrap_or_default(),
            cleared_at: instant(alert, "cleared_at"),
        }
    }

    /// Reads a list of them.
    pub fn list(alerts: &Value) -> Vec<Self> {
        items(alerts).iter().map(Self::of).collect()
    }

    /// What it is about.
    pub fn title(&self) -> &str {
        match self.kind.as_str() {
            "heartbeat_timeout" => "Agent silent",
            "sync_failure" => "Sync failed",
            "redis_connection_loss" => "Redis lost",
            "message_backlog" => "Messages pile up",
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Alert, AlertKind};

    #[test]
    fn reads_what_the_server_writes() {
        let raised_at = Timestamp::from_millis(1_763_467_200_000);
        let cleared_at = Some(Timestamp::from_millis(1_763_467_290_000));
        let alert = Alert {
            id: "a-1".into(),
            kind: AlertKind::SyncFailure,
            subject: "wiki".into(),
            summary: "wiki could not be read".into(),
            raised_at,
            cleared_at,
        };
        let expected = Incident {
            id: "a-1".into(),
            kind: "sync_failure".into(),
            summary: "wiki could not be read".into(),
            raised_at,
            cleared_at,
        };
        let alerts = serde_json::to_value([alert]).unwrap();
        assert_eq!(expected.title(), "Sync failed");
        assert_eq!(Incident::list(&alerts), [expected]);
        assert!(Incident::list(&Value::Null).is_empty());
    }
}
