//! What keeps the dashboard alive: the room, the clock and the socket.

use std::{sync::Arc, time::Duration};

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use leptos::prelude::*;
use reactive_stores::Store;
use serde_json::Value;

use super::{
    calls,
    card::Card,
    incidents::Incidents,
    room::{Room, RoomStoreFields, apply, open, refresh_ages, replace},
    sources::Sources,
};
use crate::{
    browser::{self, Connection, Listener},
    protocol::{
        BusFrame, Control, Event, EventId, EventType, ServerFrame, Timestamp, WelcomeFrame, plain,
    },
};

/// How long to wait before a snapshot is asked for again.
const SNAPSHOT_RETRY: Duration = Duration::from_secs(3);

/// How often the status is asked for.
const STATUS_EVERY: Duration = Duration::from_secs(10);
/// How long to wait before looking again whether it is time to ask for it.
const STATUS_PAUSE: Duration = Duration::from_secs(1);

/// The live state of one dashboard; views get it as a context.
#[derive(Clone, Copy)]
pub struct Live {
    /// The room.
    pub room: Store<Room>,
    /// The sources of context.
    pub sources: Sources,
    /// The health metrics: a [`Status`](crate::protocol::Status), as plain JSON.
    pub status: RwSignal<Value>,
    /// The alerts.
    pub incidents: Incidents,
    /// Since when the server has no Redis, while it has none.
    pub outage: RwSignal<Option<Timestamp>>,
    /// Where the socket stands.
    pub connection: RwSignal<Connection>,
    /// The server's clock, to the second.
    pub now: RwSignal<Timestamp>,
    /// How far the person's clock is ahead of UTC; zero until the browser took over,
    /// so that both sides render the same.
    pub utc_offset_minutes: RwSignal<i64>,
    /// Whether the browser took over.
    pub mounted: RwSignal<bool>,
    /// The one session whose activity is shown; all if `None`.
    pub only: RwSignal<Option<String>>,
    /// Milliseconds by which the server's clock is ahead of the browser's.
    clock_lead: StoredValue<i64>,
    /// Asks the socket for another try at once.
    retry: StoredValue<UnboundedSender<()>>,
    /// Events that wait for a snapshot, while one is on its way.
    parked: StoredValue<Option<Vec<Event>>>,
    /// How many snapshots were asked for; only the newest counts.
    reloads: StoredValue<u32>,
    /// Whether a socket was live before.
    was_live: StoredValue<bool>,
    /// Whether something happened that the status must tell of.
    status_due: StoredValue<bool>,
}

impl Live {
    /// Starts from a snapshot. The socket is opened as soon as there is a browser.
    pub fn start(mut snapshot: Value) -> Self {
        let (retry, retries) = unbounded();
        let status = snapshot["status"].take();
        let live = Self {
            now: RwSignal::new(clock_of(&snapshot)),
            room: open(Room::of(&snapshot)),
            sources: Sources::new(Card::list(&snapshot["sources"])),
            incidents: Incidents::new(&status),
            status: RwSignal::new(status),
            outage: RwSignal::new(None),
            connection: RwSignal::new(Connection::Connecting),
            utc_offset_minutes: RwSignal::new(0),
            mounted: RwSignal::new(false),
            only: RwSignal::new(None),
            clock_lead: StoredValue::new(0),
            retry: StoredValue::new(retry),
            parked: StoredValue::new(None),
            reloads: StoredValue::new(0),
            was_live: StoredValue::new(false),
            status_due: StoredValue::new(false),
        };
        let retries = StoredValue::new(Some(retries));
        Effect::new(move || {
            if let Some(retries) = retries.try_update_value(Option::take).flatten() {
                live.mount(retries);
            }
        });
        live
    }

    /// The live state of the dashboard this view is in.
    pub fn get() -> Self {
        expect_context()
    }

    /// Opens the socket now instead of at the end of a wait.
    pub fn try_now(self) {
        self.retry.with_value(|retry| {
            // Nobody listens only after the dashboard is gone.
            let _ = retry.unbounded_send(());
        });
    }

    /// Whether nothing can be written now: the browser has not taken over yet, the
    /// cookie is not good any more, or the server has no Redis.
    pub fn is_closed(self) -> bool {
        !self.mounted.get()
            || self.connection.get() == Connection::SignedOut
            || self.outage.get().is_some()
    }

    /// The age of an instant by the server's clock.
    pub fn age(self, at: Timestamp) -> Duration {
        at.until(self.now.get())
    }

    /// Looks for a session's name; the id if it is not here.
    pub fn name_of(self, recipient: &str) -> String {
        self.room.tiles().with_untracked(|tiles| {
            tiles
                .iter()
                .find(|tile| tile.session_id == recipient)
                .map_or_else(|| recipient.to_owned(), |tile| tile.agent_name.clone())
        })
    }

    fn mount(self, retries: UnboundedReceiver<()>) {
        self.set_clock(self.now.get_untracked());
        self.utc_offset_minutes.set(browser::utc_offset_minutes());
        self.mounted.set(true);
        browser::every_second(move || self.tick());
        browser::observe(self, retries);
        browser::spawn(self.watch_status());
    }

    /// Keeps the status fresh while somebody looks and the server can be reached.
    async fn watch_status(self) {
        let mut next = browser::now().plus(STATUS_EVERY);
        loop {
            browser::sleep(STATUS_PAUSE).await;
            let due = self.status_due.get_value() || browser::now() >= next;
            let live = self.connection.get_untracked() == Connection::Live;
            if !due || !live || !browser::is_visible() {
                continue;
            }
            self.status_due.set_value(false);
            next = browser::now().plus(STATUS_EVERY);
            // Without an answer the page shows what it knew.
            if let Ok(status) = calls::status().await {
                self.take_status(status);
            }
        }
    }

    fn take_status(self, status: Value) {
        self.incidents.take(&status);
        self.status.set(status);
    }

    fn tick(self) {
        let lead = self.clock_lead.get_value();
        let now = Timestamp::from_millis(browser::now().millis() + lead);
        self.now.set(now);
        self.incidents.expire(now);
    }

    fn set_clock(self, server: Timestamp) {
        self.clock_lead
            .set_value(server.millis() - browser::now().millis());
        self.tick();
    }

    fn take(self, event: Event) {
        // The page was under way when the snapshot's clock was read; an event
        // from what looks like the future says by how much.
        if event.timestamp > self.now.get_untracked() {
            let here = browser::now().millis() + self.clock_lead.get_value();
            let behind = event.timestamp.millis() - here;
            if behind > 0 {
                self.clock_lead.update_value(|lead| *lead += behind);
            }
        }
        if let Some(event) = self.park(event) {
            self.apply(event);
        }
    }

    fn apply(self, event: Event) {
        if matches!(
            event.event_type,
            EventType::ContextSync | EventType::ContextUpdated
        ) && !self.sources.hear(&event)
        {
            self.sources.refresh();
        }
        if matches!(
            event.event_type,
            EventType::AlertRaised | EventType::AlertCleared
        ) {
            self.incidents.hear(&event, self.now.get_untracked());
            self.status_due.set_value(true);
        }
        apply(self.room, event);
    }

    /// Keeps an event for later if a snapshot is on its way.
    fn park(self, event: Event) -> Option<Event> {
        self.parked
            .try_update_value(|parked| match parked {
                Some(parked) => {
                    parked.push(event);
                    None
                }
                None => Some(event),
            })
            .flatten()
    }

    fn welcome(self, recovered: bool) {
        let again = self.was_live.get_value();
        self.status_due.set_value(again);
        // A server that has no Redis says so next.
        self.outage.set(None);
        self.was_live.set_value(true);
        if !recovered {
            self.parked.set_value(Some(Vec::new()));
            browser::spawn(self.reload());
        } else if again {
            // How synchronisations go is not kept for those who were away.
            self.sources.refresh();
            browser::spawn(async move {
                // Without the answer the next heartbeats put the ages right.
                if let Ok(sessions) = calls::active_sessions().await {
                    refresh_ages(self.room, &sessions);
                }
            });
        }
    }

    /// Puts a fresh snapshot in the room's place, and the events that came
    /// meanwhile on top.
    async fn reload(self) {
        self.reloads.update_value(|reloads| *reloads += 1);
        let own = self.reloads.get_value();
        let mut snapshot = loop {
            match calls::snapshot().await {
                Ok(snapshot) => break snapshot,
                Err(problem) if problem.status == 401 => {
                    return self.connection.set(Connection::SignedOut);
                }
                Err(_) => browser::sleep(SNAPSHOT_RETRY).await,
            }
        };
        if self.reloads.get_value() != own {
            return;
        }
        self.set_clock(clock_of(&snapshot));
        self.sources.replace(Card::list(&snapshot["sources"]));
        self.take_status(snapshot["status"].take());
        replace(self.room, Room::of(&snapshot));
        let parked = self.parked.try_update_value(Option::take).flatten();
        for event in parked.unwrap_or_default() {
            self.apply(event);
        }
    }
}

impl Listener for Live {
    fn since(&self) -> EventId {
        self.room.cursor().get_untracked()
    }

    fn frame(&self, frame: ServerFrame) {
        match frame {
            ServerFrame::Event(event) => self.take(*event),
            ServerFrame::Control(Control::Welcome(WelcomeFrame { recovered, .. })) => {
                self.welcome(recovered)
            }
            ServerFrame::Control(Control::Bus(BusFrame { available, since })) => {
                self.outage.set((!available).then_some(since));
            }
            ServerFrame::Control(_) => {}
        }
    }

    fn connection(&self, connection: Connection) {
        self.connection.set(connection);
    }
}

/// The server's clock in a snapshot.
fn clock_of(snapshot: &Value) -> Timestamp {
    plain::instant(snapshot, "now").unwrap_or_default()
}

/// An event in a list, shared by feed and message log.
pub type Listed = Arc<Event>;
