//! Operations: how the server fares, and what needs an operator (protocol document,
//! "Monitoring").
//!
//! A number's way: sockets, searches and synchronisations count on a [`Meter`] →
//! [`Recorder`] moves what was counted to Redis by the minute, where nodes add up →
//! `status` reads it back as metrics. Prometheus reads the node's own counts.
//!
//! An alert's way: whoever sees a cause raises it with [`Alerts`], whoever sees it
//! gone makes it calm, and one node at a time clears what has been calm for long
//! enough.

mod alerts;
mod clock;
mod history;
mod latency;
mod meter;
mod prometheus;
mod webhook;

pub use alerts::{Alerts, Cause};
pub use history::{Past, Recorder};
pub use meter::{Count, Meter, Meters, OpenSocket};
pub use prometheus::{metrics, separate_metrics};

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{
    auth::{User, Workspace},
    bus::Link,
    random,
    store::{Store, StoreError},
};
use crate::protocol::{Alert, AlertKind, Status, Timestamp};

/// How often what was counted moves to Redis, and the node says that it lives.
const BEAT: Duration = Duration::from_secs(5);

/// How often alerts are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Everything about operations; cheap to clone.
#[derive(Clone)]
pub struct Ops(Arc<Inner>);

struct Inner {
    store: Store,
    node: String,
    meters: Meters,
    recorder: Recorder,
    alerts: Alerts,
    link: watch::Receiver<Link>,
    /// Sessions that are live, in all workspaces.
    live_sessions: AtomicU64,
    /// Alerts that are raised, in all workspaces, by kind.
    raised: Mutex<HashMap<AlertKind, u64>>,
    /// The loss of Redis that this node suffers now.
    outage: Mutex<Option<Alert>>,
    /// What `status` last said of each workspace that asked: it is said again while
    /// Redis is away.
    told: Mutex<HashMap<Workspace, Status>>,
}

impl Ops {
    /// Operations of a node; [`Ops::run`] must run for anything to move.
    pub fn new(
        store: Store,
        node: String,
        meters: Meters,
        alerts: Alerts,
        link: watch::Receiver<Link>,
    ) -> Self {
        Self(Arc::new(Inner {
            recorder: Recorder::new(store.clone(), meters.clone()),
            store,
            node,
            meters,
            alerts,
            link,
            live_sessions: AtomicU64::new(0),
            raised: Mutex::default(),
            outage: Mutex::default(),
            told: Mutex::default(),
        }))
    }

    /// What is counted on this node.
    pub fn meters(&self) -> &Meters {
        &self.0.meters
    }

    /// Reads the history.
    pub fn recorder(&self) -> &Recorder {
        &self.0.recorder
    }

    /// The loss of Redis that this node suffers now.
    pub fn outage(&self) -> Option<Alert> {
        lock(&self.0.outage).clone()
    }

    /// Remembers what was last said of a workspace.
    pub fn remember(&self, workspace: &Workspace, status: &Status) {
        lock(&self.0.told).insert(workspace.clone(), status.clone());
    }

    /// What was last said of a workspace.
    pub fn remembered(&self, workspace: &Workspace) -> Option<Status> {
        lock(&self.0.told).get(workspace).cloned()
    }

    /// Moves, looks and tells until it is dropped.
    pub async fn run(self) {
        tokio::join!(self.beat_forever(), self.look_forever(), self.follow_link());
    }

    /// Writes what was counted since the last beat, and says that the node stops.
    pub async fn stop(&self) {
        let inner = &self.0;
        let written = async {
            for (workspace, open) in inner.meters.open_sockets() {
                if open == 0 {
                    inner
                        .store
                        .set_open_sockets(&workspace, &inner.node, 0)
                        .await?;
                }
            }
            inner.recorder.flush_all().await?;
            inner.store.forget_node(&inner.node).await
        };
        if let Err(error) = written.await {
            tracing::warn!("the last metrics could not be written: {error}");
        }
    }

    async fn beat_forever(&self) {
        let mut ticks = interval(BEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut live_before = HashMap::new();
        loop {
            ticks.tick().await;
            if let Err(error) = self.beat(&mut live_before).await {
                tracing::debug!("metrics wait until Redis is back: {error}");
            }
        }
    }

    async fn beat(&self, live_before: &mut HashMap<Workspace, u64>) -> Result<(), StoreError> {
        let Inner {
            store,
            node,
            meters,
            recorder,
            ..
        } = &*self.0;
        let asked = Instant::now();
        let micros = store.now_micros().await?;
        meters.clock().observe(asked, Instant::now(), micros);
        store.beat_node(node).await?;

        let open: HashMap<Workspace, u64> = meters.open_sockets().into_iter().collect();
        for (workspace, open) in &open {
            store.set_open_sockets(workspace, node, *open).await?;
        }
        let workspaces = store.workspaces().await?;
        let live = store.count_sessions(&workspaces).await?;
        self.0.live_sessions.store(live.iter().sum(), Relaxed);
        // One node at a time: all would count the same sessions.
        if store.take_lease("sample", node, BEAT * 4 / 5).await? {
            for (workspace, live) in workspaces.into_iter().zip(live) {
                // In a workspace where nobody is or looks there is nothing to note.
                let before = live_before.insert(workspace.clone(), live).unwrap_or(0);
                if live + before + open.get(&workspace).copied().unwrap_or(0) > 0 {
                    recorder.sample_sessions(&workspace, live).await;
                }
            }
        }
        recorder.flush_all().await
    }

    async fn look_forever(&self) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut behind = HashSet::new();
        loop {
            ticks.tick().await;
            if let Err(error) = self.look(&mut behind).await {
                tracing::debug!("alerts wait until Redis is back: {error}");
            }
        }
    }

    /// Raises and calms what this node sees, and clears what is due. `behind` has the
    /// workspaces of whose sockets this node has said that they cannot keep up.
    async fn look(&self, behind: &mut HashSet<Workspace>) -> Result<(), StoreError> {
        let Inner {
            store,
            node,
            meters,
            alerts,
            ..
        } = &*self.0;
        for (workspace, is_behind) in meters.take_behind() {
            if is_behind {
                let cause = Cause {
                    kind: AlertKind::MessageBacklog,
                    subject: node.clone(),
                    summary: format!("Sockets on {node} cannot keep up with the events"),
                    user: User::operator(),
                    since: None,
                };
                alerts.raise(&workspace, &cause).await?;
                behind.insert(workspace);
            } else if behind.contains(&workspace) {
                let kind = AlertKind::MessageBacklog;
                alerts.calm(&workspace, kind, node).await?;
                behind.remove(&workspace);
            }
        }
        if store.take_lease("alerts", node, LOOK * 4 / 5).await? {
            alerts.settle().await?;
        }
        let mut raised = HashMap::new();
        for workspace in store.alerted_workspaces().await? {
            for stored in store.alerts(&workspace).await? {
                *raised.entry(stored.record.alert.kind).or_default() += 1;
            }
        }
        *lock(&self.0.raised) = raised;
        Ok(())
    }

    /// Tells of the loss of Redis, and when it is back, in every workspace.
    async fn follow_link(&self) {
        let mut link = self.0.link.clone();
        loop {
            let now = match link.wait_for(|link| *link != Link::Up).await {
                Ok(link) => *link,
                // The hub is gone, and with it the server.
                Err(_) => return,
            };
            let Link::Away { since } = now else {
                continue;
            };
            let began = Instant::now();
            let mut alert = Alert {
                id: random::text(16),
                kind: AlertKind::RedisConnectionLoss,
                subject: "redis".to_owned(),
                summary: "The server has lost its connection to Redis".to_owned(),
                raised_at: since,
                cleared_at: None,
            };
            *lock(&self.0.outage) = Some(alert.clone());
            tracing::error!("alert raised: {}", alert.summary);
            self.0.alerts.tell_of_redis(&alert, since);
            loop {
                if link.wait_for(|link| *link == Link::Up).await.is_err() {
                    return;
                }
                match self.note_outage(&alert, began).await {
                    Ok(()) => break,
                    Err(error) => tracing::debug!("cannot note the outage yet: {error}"),
                }
                sleep(LOOK).await;
            }
            *lock(&self.0.outage) = None;
            let now = super::now();
            alert.cleared_at = Some(now);
            tracing::info!("alert cleared: {}", alert.summary);
            self.0.alerts.tell_of_redis(&alert, now);
        }
    }

    /// Notes in every workspace that Redis was away since `began`. The alert is raised
    /// and calm at once; it is cleared when Redis stays.
    async fn note_outage(&self, alert: &Alert, began: Instant) -> Result<(), StoreError> {
        let Inner {
            store,
            meters,
            alerts,
            ..
        } = &*self.0;
        let now = store.now().await?;
        let lasted = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let cause = Cause {
            kind: alert.kind,
            subject: alert.subject.clone(),
            summary: alert.summary.clone(),
            user: User::operator(),
            since: Some(Timestamp::from_millis(now.millis().saturating_sub(lasted))),
        };
        let mut workspaces = store.workspaces().await?;
        workspaces.extend(meters.workspaces());
        workspaces.sort_by_key(ToString::to_string);
        workspaces.dedup();
        for workspace in workspaces {
            alerts.raise(&workspace, &cause).await?;
            alerts.calm(&workspace, cause.kind, &cause.subject).await?;
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change is one assignment, so what a panic left behind is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
