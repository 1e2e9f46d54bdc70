//! Telling clients that resources have changed: at most once a second, however much
//! happens.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use rmcp::{
    RoleServer,
    model::ResourceUpdatedNotificationParam,
    service::{Peer, SubscriptionContext},
};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, sleep, sleep_until},
};

use super::{call::Call, resources};
use crate::{
    protocol::{ContextUpdated, Event, EventType, Problem, SourceId},
    server::bus::Delivery,
};

/// The shortest time between two notifications of the same thing.
const PAUSE: Duration = Duration::from_secs(1);

/// How long to wait before the room is listened to again after that failed.
const RETRY: Duration = Duration::from_secs(5);

/// What has changed that was not told yet.
#[derive(Default)]
struct Changes {
    sessions: bool,
    activity: bool,
    /// Sources of the caller that have another content.
    sources: BTreeSet<String>,
    /// Something was missed, so anything may have changed.
    unknown: bool,
}

impl Changes {
    fn is_empty(&self) -> bool {
        !self.sessions && !self.activity && !self.unknown && self.sources.is_empty()
    }

    fn note(&mut self, event: &Event, user: &str) {
        match &event.event_type {
            // Not stored, so not part of the log, and no other than before.
            EventType::SessionHeartbeat | EventType::ContextSync => return,
            EventType::SessionStarted | EventType::SessionUpdated | EventType::SessionEnded => {
                self.sessions = true;
            }
            EventType::ContextUpdated if event.user == user => {
                if let Some(updated) = event.data.read::<ContextUpdated>() {
                    self.sources.insert(SourceId::into(updated.source_id));
                }
            }
            _ => {}
        }
        self.activity = true;
    }

    /// Whether other resources may be listed.
    fn is_of_list(&self) -> bool {
        self.unknown || !self.sources.is_empty()
    }

    /// Whether the resource at this address may say something else.
    fn is_of(&self, uri: &str) -> bool {
        self.unknown
            || match uri {
                resources::SESSIONS => self.sessions,
                resources::ACTIVITY => self.activity,
                _ => resources::file_of(uri)
                    .is_some_and(|(source, _)| self.sources.contains(source.as_str())),
            }
    }
}

/// One workspace's events, condensed for one client.
struct Watch<'a> {
    call: &'a Call,
    live: Option<Receiver<Delivery>>,
    changes: Changes,
    told: Option<Instant>,
}

impl<'a> Watch<'a> {
    fn new(call: &'a Call) -> Self {
        Self {
            call,
            live: None,
            changes: Changes::default(),
            told: None,
        }
    }

    /// Waits until there is something to tell, and long enough since the last time.
    /// Nothing is lost if the wait is given up.
    async fn wait(&mut self) {
        loop {
            let due = self.told.map_or_else(Instant::now, |told| told + PAUSE);
            if self.changes.is_empty() {
                self.hear().await;
                continue;
            }
            tokio::select! {
                () = sleep_until(due) => return,
                () = self.hear() => {}
            }
        }
    }

    /// What is to be told now.
    fn take(&mut self) -> Changes {
        self.told = Some(Instant::now());
        std::mem::take(&mut self.changes)
    }

    /// Hears the next thing. May be given up at any time.
    async fn hear(&mut self) {
        let heard = match &mut self.live {
            Some(live) => live.recv().await,
            None => {
                match self.join().await {
                    Ok(live) => self.live = Some(live),
                    Err(_) => sleep(RETRY).await,
                }
                return;
            }
        };
        match heard {
            Ok(Delivery::Event(event)) => {
                self.changes
                    .note(&event.event, self.call.caller.user.as_str());
            }
            Ok(Delivery::Claim(_)) => {}
            Ok(Delivery::Reset) | Err(RecvError::Lagged(_)) => self.changes.unknown = true,
            Err(RecvError::Closed) => {
                self.changes.unknown = true;
                self.live = None;
            }
        }
    }

    async fn join(&self) -> Result<Receiver<Delivery>, Problem> {
        let bus = &self.call.server().bus;
        Ok(bus.join(&self.call.caller.workspace, None).await?.live)
    }
}

/// Tells a client with an MCP session (2025-11-25) until that is closed. Nothing is sent
/// while nobody listens; what happened meanwhile is told then.
pub async fn tell_session(
    call: Call,
    peer: Peer<RoleServer>,
    subscribed: Arc<Mutex<BTreeSet<String>>>,
) {
    let mut watch = Watch::new(&call);
    loop {
        tokio::select! {
            () = watch.wait() => {}
            () = call.connection.closed.cancelled() => return,
            () = call.server().stopping.cancelled() => return,
        }
        if !call.connection.is_heard() {
            tokio::select! {
                () = sleep(PAUSE) => continue,
                () = call.connection.closed.cancelled() => return,
                () = call.server().stopping.cancelled() => return,
            }
        }
        let changes = watch.take();
        let wanted = lock(&subscribed).clone();
        if changes.is_of_list() && peer.notify_resource_list_changed().await.is_err() {
            return;
        }
        for uri in wanted.into_iter().filter(|uri| changes.is_of(uri)) {
            let updated = ResourceUpdatedNotificationParam::new(uri);
            if peer.notify_resource_updated(updated).await.is_err() {
                return;
            }
        }
    }
}

/// Tells a client that listens (2026-07-28) until it stops.
pub async fn tell_listener(call: &Call, context: &SubscriptionContext) {
    let mut watch = Watch::new(call);
    let accepted = context.accepted();
    loop {
        tokio::select! {
            () = watch.wait() => {}
            () = context.cancelled() => return,
            () = call.server().stopping.cancelled() => return,
        }
        let changes = watch.take();
        let list = accepted.resources_list_changed == Some(true) && changes.is_of_list();
        if list && context.sink().notify_resource_list_changed().await.is_err() {
            return;
        }
        let wanted = accepted.resource_subscriptions.iter().flatten();
        for uri in wanted.filter(|uri| changes.is_of(uri)) {
            if context.sink().notify_resource_updated(uri).await.is_err() {
                return;
            }
        }
    }
}

/// The resources that a client wants to hear about.
pub fn lock(subscribed: &Mutex<BTreeSet<String>>) -> MutexGuard<'_, BTreeSet<String>> {
    // Whole even if a holder panicked: each change is one call.
    subscribed
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
