//! Alerts that are raised. Those that are over live on in the activity stream, as
//! `alert.cleared`.

use serde::{Deserialize, Serialize};

use super::{Body, Store, StoreError};
use crate::{
    protocol::{Alert, AlertKind, Timestamp},
    server::auth::{User, Workspace},
};

/// An alert as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRecord {
    /// What everyone sees.
    pub alert: Alert,
    /// Whose session or source it is about.
    pub user: User,
    /// Since when all is well again; cleared when it has been for long enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calm_since: Option<Timestamp>,
}

/// A record and the text it was read from, by which a change is recognised.
#[derive(Clone, Debug)]
pub struct StoredAlert {
    /// The record.
    pub record: AlertRecord,
    text: String,
}

impl Store {
    /// The alerts of a workspace, oldest first.
    ///
    /// # Errors
    /// If Redis does not answer or an alert cannot be read.
    pub async fn alerts(&self, workspace: &Workspace) -> Result<Vec<StoredAlert>, StoreError> {
        let mut command = redis::cmd("HVALS");
        command.arg(self.keys().alerts(workspace));
        let texts: Vec<String> = self.call(&command).await?;
        let mut alerts = texts.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        alerts.sort_by(|a, b| order(a).cmp(&order(b)));
        Ok(alerts)
    }

    /// One alert, if it is raised.
    ///
    /// # Errors
    /// As [`Store::alerts`].
    pub async fn alert(
        &self,
        workspace: &Workspace,
        kind: AlertKind,
        subject: &str,
    ) -> Result<Option<StoredAlert>, StoreError> {
        let mut command = redis::cmd("HGET");
        command
            .arg(self.keys().alerts(workspace))
            .arg(field(kind, subject));
        let text: Option<String> = self.call(&command).await?;
        text.map(read).transpose()
    }

    /// Puts `new` in the place of what was read, and publishes an event about it;
    /// `false` if somebody else changed the alert since.
    ///
    /// # Errors
    /// If Redis does not do it; then nothing has changed.
    pub async fn change_alert(
        &self,
        workspace: &Workspace,
        (kind, subject): (AlertKind, &str),
        read: Option<&StoredAlert>,
        new: Option<&AlertRecord>,
        event: Option<&Body>,
    ) -> Result<bool, StoreError> {
        let new = new
            .map(serde_json::to_string)
            .transpose()
            .map_err(|error| unreadable(&error))?;
        let event = event.map(Body::to_json).transpose()?;
        let mut script = self.publishing(&self.0.scripts.change_alert, workspace);
        script
            .key(self.keys().alerts(workspace))
            .arg(field(kind, subject))
            .arg(read.map_or("", |stored| stored.text.as_str()))
            .arg(new.unwrap_or_default())
            .arg(event.unwrap_or_default());
        self.run(&script).await
    }

    /// Remembers that a workspace may have alerts.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn remember_alerted(&self, workspace: &Workspace) -> Result<(), StoreError> {
        self.add_workspace(self.keys().alerted_workspaces(), workspace)
            .await
    }

    /// Forgets a workspace that has no alerts. Who raises one remembers the workspace
    /// first; so whoever is forgotten in between is looked at once more here.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn forget_alerted(&self, workspace: &Workspace) -> Result<(), StoreError> {
        let mut command = redis::cmd("SREM");
        command
            .arg(self.keys().alerted_workspaces())
            .arg(workspace.to_string());
        self.call::<()>(&command).await?;
        if self.alerts(workspace).await?.is_empty() {
            return Ok(());
        }
        self.remember_alerted(workspace).await
    }

    /// The workspaces that may have alerts.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn alerted_workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        self.workspaces_in(self.keys().alerted_workspaces()).await
    }
}

fn field(kind: AlertKind, subject: &str) -> String {
    format!("{}:{subject}", kind.as_str())
}

fn order(stored: &StoredAlert) -> (Timestamp, &str) {
    (stored.record.alert.raised_at, &stored.record.alert.id)
}

fn read(text: String) -> Result<StoredAlert, StoreError> {
    let record = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
    Ok(StoredAlert { record, text })
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable {
        what: "alert",
        why: format!("{:?}", error.classify()),
    }
}
