//! One socket from welcome to close.

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

use tokio::{
    sync::broadcast::{
        Receiver,
        error::{RecvError, TryRecvError},
    },
    time::{MissedTickBehavior, interval, sleep},
};

use super::{
    frame_limit::FrameLimit,
    wire::{Wire, WriteError},
};
use crate::{
    protocol::{
        BusFrame, Control, DrainingFrame, Ended, EventId, EventType, SessionId, WelcomeFrame,
        close_code,
    },
    server::{
        Server,
        auth::Caller,
        bus::{BACKLOG, Delivery, Joined, Link, LiveEvent},
        now,
        ops::{Meter, OpenSocket},
        random,
    },
};

/// How often a socket is looked after: pinged, and its token checked.
const CARE_INTERVAL: Duration = Duration::from_secs(10);

/// After how much silence on the wire, pongs included, a peer counts as gone.
const SILENCE_LIMIT: Duration = Duration::from_secs(35);

/// How many events are written between two flushes.
const BATCH: usize = 64;

/// From how many waiting events on a socket counts as one that cannot keep up: half
/// of what may wait before it is closed.
const BEHIND: usize = BACKLOG / 2;

/// After how long a peer counts as one that cannot keep up, which takes nothing of
/// what is written.
const STUCK_AFTER: Duration = Duration::from_secs(3);

/// How often that is said while it lasts: more often than it is asked for.
const STUCK_AGAIN: Duration = Duration::from_millis(500);

/// What a client is told to wait before it comes back, in milliseconds. Spread,
/// so that all sockets of a node do not come back at once.
const RETRY_AFTER_MS: std::ops::Range<u64> = 200..1200;

/// Whom a socket belongs to.
pub(super) enum Role {
    /// A person who watches.
    Observer,
    /// An agent.
    Session {
        id: SessionId,
        /// Which registration of that id.
        registration: String,
        /// This socket's own name.
        socket: String,
        /// Whether the node has heard this socket's claim to speak for the
        /// session. Claims heard before are older; one heard after replaces it.
        claimed: bool,
    },
}

impl Role {
    pub(super) fn session(id: SessionId, registration: String) -> Self {
        Self::Session {
            id,
            registration,
            socket: random::text(12),
            claimed: false,
        }
    }

    pub(super) fn id(&self) -> Option<&SessionId> {
        match self {
            Self::Observer => None,
            Self::Session { id, .. } => Some(id),
        }
    }
}

/// Why a socket ends.
pub(super) enum End {
    /// The peer said that it leaves.
    Left,
    /// The peer has gone without a word.
    Gone,
    /// The peer does not take what is sent.
    Stuck,
    /// We close it, with code and reason.
    Close(u16, &'static str),
}

impl From<WriteError> for End {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Gone => Self::Gone,
            WriteError::Stuck => Self::Stuck,
        }
    }
}

/// Notes after a while that a peer takes nothing, and again and again while it does
/// not.
async fn stuck(meter: Meter) -> Infallible {
    sleep(STUCK_AFTER).await;
    let mut ticks = interval(STUCK_AGAIN);
    loop {
        ticks.tick().await;
        meter.fell_behind();
    }
}

/// Whether this is an end that somebody meant, and not one of a fault.
fn is_orderly(code: u16) -> bool {
    matches!(
        code,
        close_code::RESTART
            | close_code::UNAUTHORIZED
            | close_code::FORBIDDEN
            | close_code::UNKNOWN_SESSION
            | close_code::REPLACED
    )
}

/// Redis does not answer; the client tries again.
const BUS_AWAY: End = End::Close(close_code::RESTART, "the event bus does not answer");

/// It fell too far behind.
const SLOW: End = End::Close(close_code::SLOW_CONSUMER, "too slow; resume with since");

/// One socket.
pub(super) struct Connection {
    pub(super) server: Server,
    pub(super) caller: Caller,
    pub(super) role: Role,
    pub(super) wire: Wire,
    pub(super) frames: FrameLimit,
    /// When a frame last counted as a heartbeat.
    pub(super) touched_at: Option<Instant>,
    heard_at: Instant,
    /// The newest event sent.
    cursor: EventId,
    /// Counts while it is open.
    open: OpenSocket,
    /// When the live events that wait for the next flush were published, in
    /// microseconds.
    unflushed: Vec<u64>,
    /// Whether the client was told that events do not flow.
    told_away: bool,
}

impl Connection {
    pub(super) fn new(
        server: Server,
        caller: Caller,
        role: Role,
        wire: Wire,
        open: OpenSocket,
    ) -> Self {
        let frames = FrameLimit::new(server.config.limits.frames_per_second);
        Self {
            server,
            caller,
            role,
            wire,
            frames,
            touched_at: None,
            heard_at: Instant::now(),
            cursor: EventId::START,
            open,
            unflushed: Vec::with_capacity(BATCH),
            told_away: false,
        }
    }

    /// Serves the socket to its end.
    pub(super) async fn run(mut self, since: Option<EventId>) {
        let Err(end) = self.serve(since).await;
        match end {
            End::Left => self.open.ended_well(),
            End::Gone => {}
            End::Stuck => self.open.meter().fell_behind(),
            End::Close(code, reason) => {
                tracing::debug!(session = ?self.role.id(), code, reason, "closing a socket");
                if code == close_code::SLOW_CONSUMER {
                    self.open.meter().fell_behind();
                }
                if is_orderly(code) {
                    self.open.ended_well();
                }
                self.wire.close(code, reason).await;
            }
        }
    }

    async fn serve(&mut self, since: Option<EventId>) -> Result<Infallible, End> {
        let joined = self.server.bus.join(&self.caller.workspace, since).await;
        let live = self.welcome(joined.map_err(|_| BUS_AWAY)?).await?;
        self.live(live).await
    }

    async fn welcome(&mut self, joined: Joined) -> Result<Receiver<Delivery>, End> {
        let Joined {
            live,
            last_id,
            cursor,
            recovered,
        } = joined;
        // Before the welcome: whoever opens a second socket on seeing it shall be
        // heard second.
        if let Role::Session { id, socket, .. } = &self.role {
            let claim = self
                .server
                .bus
                .claim_socket(&self.caller.workspace, id, socket);
            claim.await.map_err(|_| BUS_AWAY)?;
        }
        self.wire
            .control(&Control::Welcome(WelcomeFrame {
                session_id: self.role.id().cloned(),
                node: self.server.node.clone(),
                last_id,
                recovered,
                heartbeat_seconds: self.server.config.sessions.heartbeat_seconds,
            }))
            .await?;
        self.cursor = cursor;
        self.catch_up(live).await
    }

    /// Sends what the stream has after the cursor, until the live flow goes on
    /// from there.
    async fn catch_up(&mut self, mut live: Receiver<Delivery>) -> Result<Receiver<Delivery>, End> {
        loop {
            let (events, more) = self
                .server
                .bus
                .replay(&self.caller.workspace, self.cursor)
                .await
                .map_err(|_| BUS_AWAY)?;
            for event in &events {
                self.event(event).await?;
            }
            self.wire.flush().await?;
            if more {
                continue;
            }
            match self.drain(&mut live).await? {
                true => return Ok(live),
                // So much was published meanwhile that the live flow dropped
                // some: it is in the stream.
                false => live = live.resubscribe(),
            }
        }
    }

    /// Sends what waits in the live flow; `false` if some of it was dropped.
    async fn drain(&mut self, live: &mut Receiver<Delivery>) -> Result<bool, End> {
        let complete = loop {
            match live.try_recv() {
                Ok(delivery) => self.deliver(delivery).await?,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break true,
                Err(TryRecvError::Lagged(_)) => break false,
            }
        };
        self.wire.flush().await?;
        Ok(complete)
    }

    async fn live(&mut self, mut live: Receiver<Delivery>) -> Result<Infallible, End> {
        let mut care = interval(CARE_INTERVAL);
        care.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stopping = self.server.stopping.clone();
        let mut link = self.server.bus.link();
        // One that comes in the middle of an outage is told as well.
        link.mark_changed();
        loop {
            tokio::select! {
                message = self.wire.receive() => {
                    self.heard_at = Instant::now();
                    self.receive(message).await?;
                }
                delivery = live.recv() => {
                    let stuck = stuck(self.open.meter().clone());
                    tokio::select! {
                        // As a rule it is done at once, and no time is measured.
                        biased;
                        done = self.batch(delivery, &mut live) => done?,
                        never = stuck => match never {},
                    }
                }
                Ok(()) = link.changed() => {
                    let link = *link.borrow_and_update();
                    self.tell(link, &mut live).await?;
                }
                _ = care.tick() => self.care().await?,
                () = stopping.cancelled() => {
                    let retry_after_ms = rand::random_range(RETRY_AFTER_MS);
                    self.wire.control(&Control::Draining(DrainingFrame { retry_after_ms })).await?;
                    return Err(End::Close(close_code::RESTART, "the server stops; resume with since"));
                }
            }
        }
    }

    /// Says whether events flow, if that is news to the client. When they flow again,
    /// what was missed comes first.
    async fn tell(&mut self, link: Link, live: &mut Receiver<Delivery>) -> Result<(), End> {
        let away = matches!(link, Link::Away { .. });
        if away == self.told_away {
            return Ok(());
        }
        if !self.drain(live).await? {
            return Err(SLOW);
        }
        let since = match link {
            Link::Up => now(),
            Link::Away { since } => since,
        };
        self.told_away = away;
        let frame = BusFrame {
            available: !away,
            since,
        };
        Ok(self.wire.control(&Control::Bus(frame)).await?)
    }

    /// Sends a delivery and those that wait behind it in one write.
    async fn batch(
        &mut self,
        first: Result<Delivery, RecvError>,
        live: &mut Receiver<Delivery>,
    ) -> Result<(), End> {
        let delivery = match first {
            Ok(delivery) => delivery,
            Err(RecvError::Lagged(_)) => return Err(SLOW),
            Err(RecvError::Closed) => {
                return Err(End::Close(close_code::RESTART, "the bus is gone"));
            }
        };
        if live.len() >= BEHIND {
            self.open.meter().fell_behind();
        }
        self.deliver_live(delivery).await?;
        for _ in 1..BATCH {
            match live.try_recv() {
                Ok(delivery) => self.deliver_live(delivery).await?,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                Err(TryRecvError::Lagged(_)) => return Err(SLOW),
            }
        }
        self.wire.flush().await?;
        self.open.meter().delivered(&self.unflushed);
        self.unflushed.clear();
        Ok(())
    }

    async fn deliver_live(&mut self, delivery: Delivery) -> Result<(), End> {
        if let Delivery::Event(event) = &delivery {
            self.unflushed.push(event.published_micros);
        }
        self.deliver(delivery).await
    }

    async fn deliver(&mut self, delivery: Delivery) -> Result<(), End> {
        match delivery {
            Delivery::Event(event) => self.event(&event).await,
            Delivery::Claim(claim) => self.claim(&claim.0, &claim.1),
            Delivery::Reset => Err(End::Close(
                close_code::RESTART,
                "the store lost events; join anew",
            )),
        }
    }

    async fn event(&mut self, live: &LiveEvent) -> Result<(), End> {
        if let Some(id) = live.event.id {
            if id.offset <= self.cursor.offset {
                return Ok(());
            }
            self.cursor = id;
        }
        self.wire.feed(live.text_for(&self.caller.user)).await?;
        let own = self
            .role
            .id()
            .is_some_and(|id| live.event.session_id.as_ref() == Some(id));
        if own && live.event.event_type == EventType::SessionEnded && self.has_ended().await {
            let timed_out = live
                .event
                .data
                .read::<Ended>()
                .is_some_and(|ended| ended.reason.is_timeout());
            return Err(if timed_out {
                End::Close(close_code::NO_HEARTBEAT, "no heartbeat; register again")
            } else {
                End::Close(close_code::UNKNOWN_SESSION, "the session has ended")
            });
        }
        Ok(())
    }

    /// Whether the session that ended is the one this socket speaks for, not an
    /// earlier one of the same id that a replay tells of.
    async fn has_ended(&mut self) -> bool {
        let Role::Session {
            id, registration, ..
        } = &self.role
        else {
            return false;
        };
        match self.server.presence.registration(&self.caller, id).await {
            Ok(live) => live != *registration,
            Err(problem) => problem.status == 404,
        }
    }

    fn claim(&mut self, session: &SessionId, name: &str) -> Result<(), End> {
        let Role::Session {
            id,
            socket,
            claimed,
            ..
        } = &mut self.role
        else {
            return Ok(());
        };
        if id != session {
            return Ok(());
        }
        if name == socket {
            *claimed = true;
        } else if *claimed {
            return Err(End::Close(
                close_code::REPLACED,
                "a newer socket of this session took over",
            ));
        }
        Ok(())
    }

    /// Looks whether the peer is there and its token still good.
    async fn care(&mut self) -> Result<(), End> {
        if self.heard_at.elapsed() > SILENCE_LIMIT {
            return Err(End::Gone);
        }
        self.wire.ping().await?;
        if self.role.id().is_some() {
            self.renew().await?;
        }
        let expired = self.caller.expires_at <= crate::server::now();
        // Only a clear yes: while Redis is away nobody can say.
        let revoked = matches!(
            self.server.store.is_revoked(&self.caller.jti).await,
            Ok(true)
        );
        if expired || revoked {
            return Err(End::Close(
                close_code::UNAUTHORIZED,
                "the token has expired or was revoked",
            ));
        }
        Ok(())
    }
}
