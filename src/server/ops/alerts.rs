//! Alerts: raised once and cleared once, whichever node sees it (protocol document,
//! "Monitoring").
//!
//! The record in Redis decides: it is changed only by whoever has seen its last
//! state, in one step with the event that tells of it. A cause that is gone makes an
//! alert calm; it is cleared when it has been calm for `clear_after_seconds`, so what
//! comes and goes is one alert and not many.

use std::time::Duration;

use super::webhook::{Notice, Webhook};
use crate::{
    protocol::{Alert, AlertKind, EventData, EventType, Timestamp},
    server::{
        auth::{User, Workspace},
        config::AlertsConfig,
        random,
        store::{AlertRecord, Body, Store, StoreError, StoredAlert},
    },
};

/// Raises and clears; cheap to clone.
#[derive(Clone)]
pub struct Alerts {
    store: Store,
    webhook: Webhook,
    node: String,
    clear_after: Duration,
}

/// Why an alert is raised.
#[derive(Clone, Debug)]
pub struct Cause {
    /// What it is about.
    pub kind: AlertKind,
    /// Which one of its kind.
    pub subject: String,
    /// One sentence for people.
    pub summary: String,
    /// Whose session or source it is.
    pub user: User,
    /// Since when, by the clock of Redis; `None` for now.
    pub since: Option<Timestamp>,
}

impl Alerts {
    /// Over a store; a node by this name tells.
    ///
    /// # Errors
    /// If the webhook's secret is wrong.
    pub fn new(store: Store, node: String, config: &AlertsConfig) -> anyhow::Result<Self> {
        Ok(Self {
            store,
            webhook: Webhook::new(config)?,
            node,
            clear_after: Duration::from_secs(config.clear_after_seconds),
        })
    }

    /// Raises an alert, or wakes the one that is raised already.
    ///
    /// # Errors
    /// If Redis is away.
    pub async fn raise(&self, workspace: &Workspace, cause: &Cause) -> Result<(), StoreError> {
        loop {
            let read = self
                .store
                .alert(workspace, cause.kind, &cause.subject)
                .await?;
            let done = match &read {
                Some(stored) if stored.record.calm_since.is_none() => return Ok(()),
                Some(stored) => {
                    let record = AlertRecord {
                        calm_since: None,
                        ..stored.record.clone()
                    };
                    self.change(workspace, &record.alert, Some(stored), Some(&record), None)
                        .await?
                }
                None => self.raise_anew(workspace, cause).await?,
            };
            if done {
                return Ok(());
            }
        }
    }

    async fn raise_anew(&self, workspace: &Workspace, cause: &Cause) -> Result<bool, StoreError> {
        let now = self.store.now().await?;
        let alert = Alert {
            id: random::text(16),
            kind: cause.kind,
            subject: cause.subject.clone(),
            summary: cause.summary.clone(),
            raised_at: cause.since.unwrap_or(now),
            cleared_at: None,
        };
        let record = AlertRecord {
            alert: alert.clone(),
            user: cause.user.clone(),
            calm_since: None,
        };
        let event = body(EventType::AlertRaised, &record);
        self.store.remember_alerted(workspace).await?;
        let done = self
            .change(workspace, &alert, None, Some(&record), Some(&event))
            .await?;
        if done {
            tracing::warn!(
                %workspace,
                kind = alert.kind.as_str(),
                subject = alert.subject,
                "alert raised: {}",
                alert.summary
            );
            self.tell(EventType::AlertRaised, Some(workspace), alert, now);
        }
        Ok(done)
    }

    /// Says that the cause of an alert is gone.
    ///
    /// # Errors
    /// If Redis is away.
    pub async fn calm(
        &self,
        workspace: &Workspace,
        kind: AlertKind,
        subject: &str,
    ) -> Result<(), StoreError> {
        match self.store.alert(workspace, kind, subject).await? {
            Some(stored) => self.calm_stored(workspace, &stored).await,
            None => Ok(()),
        }
    }

    async fn calm_stored(
        &self,
        workspace: &Workspace,
        stored: &StoredAlert,
    ) -> Result<(), StoreError> {
        if stored.record.calm_since.is_some() {
            return Ok(());
        }
        let record = AlertRecord {
            calm_since: Some(self.store.now().await?),
            ..stored.record.clone()
        };
        // If somebody else changed it, they know better.
        self.change(workspace, &record.alert, Some(stored), Some(&record), None)
            .await
            .map(|_| ())
    }

    /// Makes those alerts of one kind calm whose subject is not one of these.
    ///
    /// # Errors
    /// If Redis is away.
    pub async fn calm_all_but(
        &self,
        workspace: &Workspace,
        kind: AlertKind,
        subjects: &[&str],
    ) -> Result<(), StoreError> {
        for stored in self.store.alerts(workspace).await? {
            let alert = &stored.record.alert;
            if alert.kind == kind && !subjects.contains(&alert.subject.as_str()) {
                self.calm_stored(workspace, &stored).await?;
            }
        }
        Ok(())
    }

    /// Clears what has been calm for long enough.
    ///
    /// # Errors
    /// If Redis is away.
    pub async fn settle(&self) -> Result<(), StoreError> {
        for workspace in self.store.alerted_workspaces().await? {
            let alerts = self.store.alerts(&workspace).await?;
            if alerts.is_empty() {
                self.store.forget_alerted(&workspace).await?;
                continue;
            }
            for stored in alerts {
                match stored.record.calm_since {
                    Some(since) => {
                        let now = self.store.now().await?;
                        if since.until(now) >= self.clear_after {
                            self.clear(&workspace, &stored, since, now).await?;
                        }
                    }
                    None if self.is_orphan(&workspace, &stored.record.alert).await? => {
                        self.calm_stored(&workspace, &stored).await?;
                    }
                    None => {}
                }
            }
        }
        Ok(())
    }

    /// Whether nobody is left who could say that the cause is gone: the node has
    /// died, the source was removed.
    async fn is_orphan(&self, workspace: &Workspace, alert: &Alert) -> Result<bool, StoreError> {
        match alert.kind {
            AlertKind::MessageBacklog => Ok(!self.store.nodes().await?.contains(&alert.subject)),
            AlertKind::SyncFailure => match format!("{workspace}/{}", alert.subject).parse() {
                Ok(address) => Ok(self.store.source(&address).await?.is_none()),
                Err(_) => Ok(true),
            },
            // The sweeper looks after these, and whoever finds Redis again.
            AlertKind::HeartbeatTimeout | AlertKind::RedisConnectionLoss => Ok(false),
        }
    }

    async fn clear(
        &self,
        workspace: &Workspace,
        stored: &StoredAlert,
        over: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut record = stored.record.clone();
        record.alert.cleared_at = Some(over);
        let event = body(EventType::AlertCleared, &record);
        let alert = record.alert;
        let done = self
            .change(workspace, &alert, Some(stored), None, Some(&event))
            .await?;
        if done {
            tracing::info!(
                %workspace,
                kind = alert.kind.as_str(),
                subject = alert.subject,
                "alert cleared: {}",
                alert.summary
            );
            self.tell(EventType::AlertCleared, Some(workspace), alert, now);
        }
        Ok(())
    }

    async fn change(
        &self,
        workspace: &Workspace,
        alert: &Alert,
        read: Option<&StoredAlert>,
        new: Option<&AlertRecord>,
        event: Option<&Body>,
    ) -> Result<bool, StoreError> {
        let place = (alert.kind, alert.subject.as_str());
        self.store
            .change_alert(workspace, place, read, new, event)
            .await
    }

    /// Sends a webhook. The loss of Redis is told by each node for itself, when it
    /// happens: nodes cannot agree on anything then.
    fn tell(
        &self,
        event_type: EventType,
        workspace: Option<&Workspace>,
        alert: Alert,
        timestamp: Timestamp,
    ) {
        if workspace.is_some() && alert.kind == AlertKind::RedisConnectionLoss {
            return;
        }
        self.webhook.send(Notice {
            event_type,
            timestamp,
            data: alert,
            workspace: workspace.map(ToString::to_string),
            node: self.node.clone(),
        });
    }

    /// Tells that this node has lost or regained its Redis, as far as that is possible
    /// without it.
    pub fn tell_of_redis(&self, alert: &Alert, at: Timestamp) {
        let event_type = match alert.cleared_at {
            None => EventType::AlertRaised,
            Some(_) => EventType::AlertCleared,
        };
        self.tell(event_type, None, alert.clone(), at);
    }
}

fn body(event_type: EventType, record: &AlertRecord) -> Body {
    Body {
        event_type,
        // It tells of a session; it does not come from one.
        session_id: None,
        agent_name: None,
        user: record.user.to_string(),
        to: Default::default(),
        data: EventData::of(&record.alert),
        private: EventData::default(),
    }
}
