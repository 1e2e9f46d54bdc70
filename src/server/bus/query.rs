//! Reading the streams by page, with cursors.

use std::{collections::HashSet, str::FromStr};

use super::{Bus, PAGE};
use crate::{
    protocol::{ActivityPage, Event, EventId, EventType, Messages, PageSize, Problem, SessionId},
    server::{
        auth::Caller,
        store::{Place, Stream},
    },
};

/// How many entries a page has: 1 to 500, by default 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit(usize);

impl Default for PageLimit {
    fn default() -> Self {
        Self(100)
    }
}

impl PageLimit {
    /// The most a page can have.
    pub const MOST: Self = Self(PAGE);

    /// Whether a page of so many entries is full: only then can more follow.
    pub fn is_reached_by(self, entries: usize) -> bool {
        entries >= self.0
    }
}

impl From<PageSize> for PageLimit {
    fn from(size: PageSize) -> Self {
        Self(usize::try_from(u64::from(size)).unwrap_or(PAGE).min(PAGE))
    }
}

impl FromStr for PageLimit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(limit @ 1..=PAGE) => Ok(Self(limit)),
            _ => Err("must be 1 to 500"),
        }
    }
}

/// Which part of the stream a caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// What came after a cursor.
    After(EventId),
    /// What came before a cursor.
    Before(EventId),
    /// The newest.
    Newest,
}

/// Which events a caller wants.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these.
    pub event_type: Option<EventType>,
    /// Only those of this session.
    pub session_id: Option<SessionId>,
}

impl Selection {
    fn admits(&self, event: &Event) -> bool {
        self.event_type
            .as_ref()
            .is_none_or(|wanted| event.event_type == *wanted)
            && self
                .session_id
                .as_ref()
                .is_none_or(|wanted| event.session_id.as_ref() == Some(wanted))
    }
}

/// The names a message can be addressed to for one caller to be meant.
#[derive(Clone, Debug)]
pub struct Addressee(pub HashSet<String>);

impl Addressee {
    /// Whether an event is addressed to it.
    pub fn is_meant(&self, event: &Event) -> bool {
        event
            .to
            .iter()
            .any(|recipient| self.0.contains(recipient.as_str()))
    }
}

impl Bus {
    /// Reads a page of the activity log.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn activity(
        &self,
        caller: &Caller,
        range: Range,
        limit: PageLimit,
        selection: &Selection,
    ) -> Result<ActivityPage, Problem> {
        let last = self.store.bus(&caller.workspace).await?.last;
        let admits = |event: &Event| selection.admits(event);
        let page = match range {
            Range::After(cursor) => {
                self.forward(caller, Stream::Activity, cursor, limit, admits)
                    .await?
            }
            Range::Before(cursor) => {
                self.backward(
                    caller,
                    Stream::Activity,
                    Place::Before(cursor),
                    limit,
                    admits,
                )
                .await?
            }
            Range::Newest => {
                self.backward(caller, Stream::Activity, Place::Newest, limit, admits)
                    .await?
            }
        };
        let (first_id, last_id) = ends(&page.events);
        let (next, previous) = match range {
            Range::After(cursor) => (page.reached.unwrap_or(cursor), first_id.or(Some(cursor))),
            // Whatever is newer than the last of this page comes next; on an
            // empty one, whatever is not older than the cursor.
            Range::Before(cursor) => (
                last_id.unwrap_or(EventId {
                    offset: cursor.offset.saturating_sub(1),
                    ..cursor
                }),
                page.reached,
            ),
            // `last` was read before the page, so what came in between is in both
            // the page and after `last`; the page's own end is the better cursor.
            Range::Newest => (last_id.unwrap_or(EventId::START).max(last), page.reached),
        };
        Ok(ActivityPage {
            events: page.events,
            next,
            previous,
        })
    }

    /// Reads messages after a cursor, or the newest.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn messages(
        &self,
        caller: &Caller,
        after: Option<EventId>,
        limit: PageLimit,
        addressee: Option<Addressee>,
    ) -> Result<Messages, Problem> {
        let last = self.store.bus(&caller.workspace).await?.last;
        // Warnings are in this stream too, on their way to inboxes.
        let admits = |event: &Event| {
            event.event_type == EventType::BroadcastMessage
                && addressee
                    .as_ref()
                    .is_none_or(|addressee| addressee.is_meant(event))
        };
        let (page, start) = match after {
            Some(cursor) => (
                self.forward(caller, Stream::Messages, cursor, limit, admits)
                    .await?,
                cursor,
            ),
            None => (
                self.backward(caller, Stream::Messages, Place::Newest, limit, admits)
                    .await?,
                last,
            ),
        };
        let next = match after {
            Some(_) => page.reached.unwrap_or(start),
            None => ends(&page.events).1.unwrap_or(EventId::START).max(start),
        };
        Ok(Messages {
            messages: page.events,
            next,
        })
    }

    /// Reads messages and warnings after a cursor that are admitted. Returns them, and
    /// the last one looked at.
    ///
    /// # Errors
    /// 503 if Redis is away.
    pub async fn mail(
        &self,
        caller: &Caller,
        after: EventId,
        limit: PageLimit,
        admits: impl Fn(&Event) -> bool,
    ) -> Result<(Vec<Event>, Option<EventId>), Problem> {
        let page = self
            .forward(caller, Stream::Messages, after, limit, admits)
            .await?;
        Ok((page.events, page.reached))
    }

    /// Reads on until a page is full or the stream ends. `reached` is the last
    /// event looked at, admitted or not.
    async fn forward(
        &self,
        caller: &Caller,
        stream: Stream,
        mut cursor: EventId,
        PageLimit(limit): PageLimit,
        admits: impl Fn(&Event) -> bool,
    ) -> Result<Page, Problem> {
        let mut page = Page::default();
        loop {
            let events = self
                .store
                .events(&caller.workspace, stream, Place::After(cursor), PAGE)
                .await?;
            let at_end = events.len() < PAGE;
            for stored in events {
                if page.events.len() == limit {
                    return Ok(page);
                }
                let event = stored.seen_by(&caller.user);
                cursor = event.id.unwrap_or(cursor);
                page.reached = event.id;
                if admits(&event) {
                    page.events.push(event);
                }
            }
            if at_end {
                return Ok(page);
            }
        }
    }

    /// Reads back until a page is full or the stream begins. `reached` is the
    /// earliest event looked at if something may be left before it.
    async fn backward(
        &self,
        caller: &Caller,
        stream: Stream,
        mut place: Place,
        PageLimit(limit): PageLimit,
        admits: impl Fn(&Event) -> bool,
    ) -> Result<Page, Problem> {
        let mut page = Page::default();
        'reading: loop {
            let events = self
                .store
                .events(&caller.workspace, stream, place, PAGE)
                .await?;
            let at_end = events.len() < PAGE;
            for stored in events.into_iter().rev() {
                if page.events.len() == limit {
                    break 'reading;
                }
                let event = stored.seen_by(&caller.user);
                page.reached = event.id;
                if admits(&event) {
                    page.events.push(event);
                }
            }
            if at_end {
                page.reached = None;
                break;
            }
            place = page.reached.map_or(place, Place::Before);
        }
        page.events.reverse();
        Ok(page)
    }
}

#[derive(Default)]
struct Page {
    events: Vec<Event>,
    reached: Option<EventId>,
}

/// The ids of the first and the last event.
fn ends(events: &[Event]) -> (Option<EventId>, Option<EventId>) {
    let id = |event: Option<&Event>| event.and_then(|event| event.id);
    (id(events.first()), id(events.last()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_bounds() {
        assert_eq!("1".parse(), Ok(PageLimit(1)));
        assert_eq!("500".parse(), Ok(PageLimit(500)));
        for wrong in ["0", "501", "-1", "ten", ""] {
            assert!(wrong.parse::<PageLimit>().is_err(), "{wrong:?} was taken");
        }
    }
}
