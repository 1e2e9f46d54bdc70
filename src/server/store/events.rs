//! Events: publishing, and reading the streams.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{RETENTION, Store, StoreError, instant, millis};
use crate::{
    protocol::{AgentName, Event, EventData, EventId, EventType, Recipients, SessionId, Timestamp},
    server::auth::{User, Workspace},
};

/// An event as it is stored: all but its id and time, which Redis gives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// See [`Event`].
    pub event_type: EventType,
    /// See [`Event`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// See [`Event`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<AgentName>,
    /// See [`Event`].
    pub user: String,
    /// See [`Event`].
    #[serde(default)]
    pub to: Recipients,
    /// See [`Event`].
    #[serde(default)]
    pub data: EventData,
    /// More data, for the event's own user alone.
    #[serde(default, skip_serializing_if = "EventData::is_empty")]
    pub private: EventData,
}

/// An event as it was stored: what everyone sees, and what its own user sees as
/// well. Only [`StoredEvent::seen_by`] puts the two together.
#[derive(Debug)]
pub struct StoredEvent {
    /// What everyone sees.
    pub event: Event,
    private: EventData,
}

impl StoredEvent {
    /// Whether its own user sees more of it than others.
    pub fn has_private_part(&self) -> bool {
        !self.private.is_empty()
    }

    /// The event as a user of the workspace sees it.
    pub fn seen_by(self, user: &User) -> Event {
        let mut event = self.event;
        if event.user == user.as_str() {
            event.data.extend(self.private);
        }
        event
    }

    /// The event as its own user sees it.
    pub fn seen_by_its_user(&self) -> Event {
        let mut event = self.event.clone();
        event.data.extend(self.private.clone());
        event
    }
}

impl Body {
    pub(super) fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|error| unreadable(&error))
    }

    /// The event that this is at a place of the stream; offset 0 for none.
    pub(super) fn at(json: &str, id: EventId) -> Result<StoredEvent, StoreError> {
        let body: Self = serde_json::from_str(json).map_err(|error| unreadable(&error))?;
        let event = Event {
            id: (id.offset > 0).then_some(id),
            event_type: body.event_type,
            session_id: body.session_id,
            agent_name: body.agent_name,
            user: body.user,
            timestamp: Timestamp::from_millis(i64::try_from(id.millis).unwrap_or(i64::MAX)),
            to: body.to,
            data: body.data,
        };
        Ok(StoredEvent {
            event,
            private: body.private,
        })
    }
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    // Only the category: the message could quote the event.
    StoreError::Unreadable {
        what: "event",
        why: format!("{:?}", error.classify()),
    }
}

/// Where a workspace's bus stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bus {
    /// Changes when Redis lost its data; empty before the first event.
    pub epoch: String,
    /// The newest stored event.
    pub last: EventId,
}

/// A bus as Redis has it: epoch, offset and milliseconds.
type Stands = (Option<String>, Option<u64>, Option<u64>);

impl From<Stands> for Bus {
    fn from((epoch, offset, millis): Stands) -> Self {
        Self {
            epoch: epoch.unwrap_or_default(),
            last: EventId {
                millis: millis.unwrap_or(0),
                offset: offset.unwrap_or(0),
            },
        }
    }
}

/// The limits of one broadcast.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many the session may publish in a window.
    pub session: u32,
    /// How many the user may publish in a window.
    pub user: u32,
    /// The window.
    pub window: Duration,
}

/// What became of a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Published now.
    Published(EventId),
    /// Published before, under the same idempotency key.
    Repeated(EventId),
    /// Refused; another try makes sense after this time.
    Limited(Duration),
}

/// Which stream of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// All stored events.
    Activity,
    /// The messages among them.
    Messages,
}

/// Where to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Forward, from the one after this.
    After(EventId),
    /// Backward, from the one before this.
    Before(EventId),
    /// Backward, from the newest.
    Newest,
}

/// A stream entry as Redis gives it: id, and its one field with its value.
type Entry = (String, (String, String));

impl Store {
    /// Publishes a client's event, once and within the limits.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn broadcast(
        &self,
        workspace: &Workspace,
        user: &User,
        body: &Body,
        idempotency_key: Option<&str>,
        limits: Limits,
    ) -> Result<Outcome, StoreError> {
        let (session_limit_key, sender, session_limit) = match &body.session_id {
            Some(session) => (
                self.keys().session_limit(workspace, session),
                session.to_string(),
                limits.session,
            ),
            None => (
                self.keys().user_limit(workspace, user),
                format!("user:{user}"),
                0,
            ),
        };
        let json = body.to_json()?;
        let mut script = self.publishing(&self.0.scripts.broadcast, workspace);
        script
            .key(session_limit_key)
            .key(self.keys().user_limit(workspace, user));
        if let Some(key) = idempotency_key {
            script.key(self.keys().once(workspace, &sender, key));
        }
        script
            .arg(json)
            .arg(u8::from(body.event_type == EventType::BroadcastMessage))
            .arg(session_limit)
            .arg(limits.user)
            .arg(millis(limits.window));
        let (outcome, value): (String, String) = self.run(&script).await?;
        Ok(match outcome.as_str() {
            "published" => Outcome::Published(stream_id(&value)?),
            "repeated" => Outcome::Repeated(stream_id(&value)?),
            _ => Outcome::Limited(Duration::from_millis(value.parse().unwrap_or(1000))),
        })
    }

    /// Tells every node which socket now speaks for a session. Published, not
    /// stored.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn claim_socket(
        &self,
        workspace: &Workspace,
        session: &SessionId,
        socket: &str,
    ) -> Result<(), StoreError> {
        let mut script = self.publishing(&self.0.scripts.claim_socket, workspace);
        script.arg(format!("{session} {socket}"));
        self.run::<String>(&script).await.map(|_| ())
    }

    /// A script with the keys and arguments that `publish.lua` needs.
    pub(super) fn publishing<'a>(
        &self,
        script: &'a redis::Script,
        workspace: &Workspace,
    ) -> redis::ScriptInvocation<'a> {
        let mut invocation = script.prepare_invoke();
        invocation
            .key(self.keys().bus(workspace))
            .key(self.keys().activity(workspace))
            .key(self.keys().messages(workspace))
            .arg(self.keys().events(workspace))
            .arg(&self.0.seed)
            .arg(millis(RETENTION));
        invocation
    }

    /// Where a workspace's bus stands.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn bus(&self, workspace: &Workspace) -> Result<Bus, StoreError> {
        let stands: Stands = self.call(&self.ask_bus(workspace)).await?;
        Ok(Bus::from(stands))
    }

    /// Where several buses stand, in the order asked.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn buses<'a>(
        &self,
        workspaces: impl Iterator<Item = &'a Workspace>,
    ) -> Result<Vec<Bus>, StoreError> {
        let mut pipeline = redis::pipe();
        for workspace in workspaces {
            pipeline.add_command(self.ask_bus(workspace));
        }
        if pipeline.is_empty() {
            return Ok(Vec::new());
        }
        let stands: Vec<Stands> = self.call_all(&pipeline).await?;
        Ok(stands.into_iter().map(Bus::from).collect())
    }

    /// Where a workspace's bus stands, which has an epoch from then on: so its loss
    /// can be seen even before the first event.
    ///
    /// # Errors
    /// If Redis does not do it.
    pub async fn begin_bus(&self, workspace: &Workspace) -> Result<Bus, StoreError> {
        let script = self.publishing(&self.0.scripts.begin_bus, workspace);
        let stands: Stands = self.run(&script).await?;
        Ok(Bus::from(stands))
    }

    fn ask_bus(&self, workspace: &Workspace) -> redis::Cmd {
        let mut command = redis::cmd("HMGET");
        command
            .arg(self.keys().bus(workspace))
            .arg("epoch")
            .arg("offset")
            .arg("ms");
        command
    }

    /// Whether everything after this cursor is still in the stream, and young enough
    /// to be read from it.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn can_resume(
        &self,
        workspace: &Workspace,
        cursor: EventId,
        bus: &Bus,
    ) -> Result<bool, StoreError> {
        // Nothing came since, whether or not the event itself is still there.
        if cursor == bus.last {
            return Ok(true);
        }
        let horizon = self.horizon().await?;
        let key = self.keys().activity(workspace);
        let mut command = redis::cmd("XRANGE");
        if cursor == EventId::START {
            // From the very beginning: only while nothing was forgotten.
            command.arg(&key).arg(horizon.to_string()).arg("+");
            command.arg("COUNT").arg(1);
            let first: Vec<Entry> = self.call(&command).await?;
            return Ok(match first.first() {
                Some((id, _)) => stream_id(id)?.offset == 1,
                None => bus.last == EventId::START,
            });
        }
        // What came directly after it may be as old, and is not read any more.
        if cursor.millis < horizon.millis {
            return Ok(false);
        }
        command
            .arg(&key)
            .arg(cursor.to_string())
            .arg(cursor.to_string());
        let found: Vec<Entry> = self.call(&command).await?;
        Ok(!found.is_empty())
    }

    /// The oldest id that an event may have which is still read. A stream is trimmed
    /// when something is published into it; between two publications older events
    /// may still be there.
    async fn horizon(&self) -> Result<EventId, StoreError> {
        let oldest = self
            .now()
            .await?
            .millis()
            .saturating_sub_unsigned(millis(RETENTION));
        Ok(EventId {
            millis: u64::try_from(oldest).unwrap_or(0),
            offset: 0,
        })
    }

    /// Reads up to `count` events of the last 24 hours, oldest first.
    ///
    /// # Errors
    /// If Redis does not answer or an event cannot be read.
    pub async fn events(
        &self,
        workspace: &Workspace,
        stream: Stream,
        place: Place,
        count: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let key = match stream {
            Stream::Activity => self.keys().activity(workspace),
            Stream::Messages => self.keys().messages(workspace),
        };
        let horizon = self.horizon().await?;
        let exclusive = |id: EventId| format!("({id}");
        let mut command;
        match place {
            Place::After(cursor) => {
                // Streams order by milliseconds first.
                let start = if cursor.millis < horizon.millis {
                    horizon.to_string()
                } else {
                    exclusive(cursor)
                };
                command = redis::cmd("XRANGE");
                command.arg(&key).arg(start).arg("+");
            }
            Place::Before(cursor) => {
                command = redis::cmd("XREVRANGE");
                command
                    .arg(&key)
                    .arg(exclusive(cursor))
                    .arg(horizon.to_string());
            }
            Place::Newest => {
                command = redis::cmd("XREVRANGE");
                command.arg(&key).arg("+").arg(horizon.to_string());
            }
        }
        command.arg("COUNT").arg(count);
        let entries: Vec<Entry> = self.call(&command).await?;
        let mut events = entries
            .iter()
            .map(|(id, (_, json))| Body::at(json, stream_id(id)?))
            .collect::<Result<Vec<_>, _>>()?;
        if !matches!(place, Place::After(_)) {
            events.reverse();
        }
        Ok(events)
    }

    /// The clock of Redis: the one that all nodes share.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn now(&self) -> Result<Timestamp, StoreError> {
        self.call(&redis::cmd("TIME")).await.map(instant)
    }
}

/// Reads an id that our scripts wrote.
pub(super) fn stream_id(text: &str) -> Result<EventId, StoreError> {
    text.parse().map_err(|rule: &str| StoreError::Unreadable {
        what: "event id",
        why: rule.to_owned(),
    })
}
