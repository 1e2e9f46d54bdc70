//! Catching up cheaply: what an agent needs to know of the room since it last looked,
//! in as many tokens as it has to spare.
//!
//! `compose` makes the text, by rule and from its input alone; here the input is read.

mod compose;

use std::str::FromStr;

use self::compose::{Room, compose};
use super::{
    auth::Caller,
    bus::{Bus, PageLimit, Range, Selection},
    inbox::{beginning, is_for},
    presence::{Presence, addressee},
    store::{Advance, Mark, Store},
};
use crate::protocol::{CaughtUp, Event, EventId, Problem, SessionId};

/// How many events are looked at; of more only the newest.
const MOST_EVENTS: usize = 2000;

/// How many tokens an answer may have: 100 to 10,000, by default 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenBudget(usize);

impl Default for TokenBudget {
    fn default() -> Self {
        Self(500)
    }
}

impl FromStr for TokenBudget {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(tokens @ 100..=10_000) => Ok(Self(tokens)),
            _ => Err("must be 100 to 10000"),
        }
    }
}

/// Tells sessions what they missed.
#[derive(Clone)]
pub struct Digest {
    store: Store,
    presence: Presence,
    bus: Bus,
}

impl Digest {
    /// Of a server's room.
    pub fn new(store: Store, presence: Presence, bus: Bus) -> Self {
        Self {
            store,
            presence,
            bus,
        }
    }

    /// What a session needs to know of the room since `since`. Without it: since it last
    /// looked, which is now from then on.
    ///
    /// # Errors
    /// 404 if there is no such live session, 403 if it is another user's, 503 if Redis
    /// is away.
    pub async fn catch_up(
        &self,
        caller: &Caller,
        session: &SessionId,
        since: Option<EventId>,
        budget: TokenBudget,
    ) -> Result<CaughtUp, Problem> {
        let found = self.presence.owned(caller, session).await?;
        let (workspace, record) = (&caller.workspace, &found.record);
        let looked = self.store.mark(workspace, session, Mark::CatchUp).await?;
        let start = since.or(looked).unwrap_or_else(|| beginning(record));
        let (events, next, skipped) = self.events(caller, start).await?;
        let addressee = addressee(record);
        let room = Room {
            session: record,
            sessions: &self.presence.active(workspace).await?,
            since: start,
            events: &events,
            skipped,
            is_for_me: &|event: &Event| is_for(record, &addressee, event),
        };
        let composed = compose(&room, budget.0);
        if since.is_none() && looked != Some(next) {
            let advance = Advance {
                mark: Mark::CatchUp,
                from: looked,
                to: next,
                handed: &[],
                at: found.now,
            };
            // Where another call was faster, that one moved the place, and no less far.
            self.store
                .advance(workspace, session, &record.agent_name, advance)
                .await?;
        }
        Ok(CaughtUp {
            text: composed.text,
            tokens: composed.tokens as u64,
            next,
            left_out: composed.left_out as u64,
        })
    }

    /// The events after a cursor, the cursor after them, and whether there were too
    /// many to look at.
    async fn events(
        &self,
        caller: &Caller,
        start: EventId,
    ) -> Result<(Vec<Event>, EventId, bool), Problem> {
        let all = Selection::default();
        let page = self
            .bus
            .activity(caller, Range::Newest, PageLimit::MOST, &all)
            .await?;
        let next = page.next.max(start);
        let mut events = page.events;
        let mut before = page.previous;
        while events.len() < MOST_EVENTS
            && let Some(cursor) = before
            && events
                .first()
                .and_then(|event| event.id)
                .is_some_and(|id| is_after(id, start))
        {
            let page = self
                .bus
                .activity(caller, Range::Before(cursor), PageLimit::MOST, &all)
                .await?;
            events.splice(0..0, page.events);
            before = page.previous;
        }
        let known = events.len();
        events.retain(|event| event.id.is_some_and(|id| is_after(id, start)));
        let skipped = before.is_some() && events.len() == known;
        Ok((events, next, skipped))
    }
}

/// Whether an event came after a cursor, which may be a mere time.
fn is_after(id: EventId, cursor: EventId) -> bool {
    (id.millis, id.offset) > (cursor.millis, cursor.offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_has_bounds() {
        assert_eq!("100".parse(), Ok(TokenBudget(100)));
        for wrong in ["99", "10001", "-1", "many", ""] {
            assert!(wrong.parse::<TokenBudget>().is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_time_is_a_cursor_too() {
        let id = |millis, offset| EventId { millis, offset };
        assert!(is_after(id(5, 9), id(5, 0)) && is_after(id(6, 1), id(5, 9)));
        assert!(!is_after(id(5, 9), id(5, 9)) && !is_after(id(4, 99), id(5, 0)));
    }
}
