//! The sources as the dashboard keeps them, and what each event does to them.

use leptos::{html::Button, prelude::*};

use super::{
    calls,
    card::{self, Card, Sync},
};
use crate::{
    browser,
    protocol::{Event, SyncState},
};

/// The sources of the workspace; one's own have settings.
#[derive(Clone, Copy)]
pub struct Sources {
    list: RwSignal<Vec<Card>>,
    /// What happened to them that a screen reader should tell.
    pub said: RwSignal<String>,
    /// The button that opens the form, where the focus goes when a card is gone.
    pub opener: NodeRef<Button>,
    /// Whether the list is on its way.
    fetching: StoredValue<bool>,
}

impl Sources {
    /// Starts from the list of a snapshot.
    pub fn new(list: Vec<Card>) -> Self {
        Self {
            list: RwSignal::new(list),
            said: RwSignal::new(String::new()),
            opener: NodeRef::new(),
            fetching: StoredValue::new(false),
        }
    }

    /// The ids of one's own: the built-in share first, then by age as the server has
    /// them.
    pub fn own_ids(self) -> Vec<String> {
        self.list.with(|list| {
            let own = |share: bool| {
                list.iter()
                    .filter(move |source| source.is_own() && (source.id == "share") == share)
                    .map(|source| source.id.clone())
            };
            own(true).chain(own(false)).collect()
        })
    }

    /// Reads one of one's own; the default if it is gone.
    pub fn read<T: Default>(self, id: &str, read: impl FnOnce(&Card) -> T) -> T {
        self.list
            .try_with(|list| {
                list.iter()
                    .find(|source| source.is_own() && source.id == id)
                    .map(read)
            })
            .flatten()
            .unwrap_or_default()
    }

    /// Those of others in one line: `notes of ben, up to date`.
    pub fn others(self) -> String {
        self.list.with(|list| {
            let lines: Vec<String> = list
                .iter()
                .filter(|source| !source.is_own())
                .map(|source| {
                    let health = match (source.sync.state, source.sync.last_finished) {
                        (SyncState::Running, _) => "synchronising",
                        (SyncState::Failed, _) => "failing",
                        (SyncState::Idle, None) => "not read yet",
                        (SyncState::Idle, Some(_)) => "up to date",
                    };
                    format!("{} of {} ({health})", source.name, source.owner)
                })
                .collect();
            lines.join(", ")
        })
    }

    /// Takes the news of a `context.sync` or `context.updated`. Returns `false` if
    /// the source is not here yet.
    pub fn hear(self, event: &Event) -> bool {
        let Some(id) = event.data.text("source_id") else {
            return true;
        };
        let sync = event.data.members().get("sync").map(Sync::of);
        let state = card::state(event.data.text("state"));
        let mut known = false;
        self.list.update(|list| {
            let Some(source) = list
                .iter_mut()
                .find(|source| source.id == id && source.owner == event.user)
            else {
                return;
            };
            known = true;
            match sync {
                Some(sync) => source.sync = std::mem::take(&mut source.sync).or_newer(sync),
                None => {
                    source.sync.state = state;
                    if state != SyncState::Running {
                        source.sync.last_finished = Some(event.timestamp);
                    }
                }
            }
        });
        known
    }

    /// Adds or changes one, as a call's answer has it.
    pub fn put(self, source: Card) {
        self.list.update(
            |list| match list.iter_mut().find(|known| is_same(known, &source)) {
                Some(known) => {
                    let before = std::mem::take(&mut known.sync);
                    *known = source;
                    known.sync = before.or_newer(std::mem::take(&mut known.sync));
                }
                None => list.push(source),
            },
        );
    }

    /// Takes one of one's own out.
    pub fn remove(self, id: &str) {
        self.list.update(|list| {
            list.retain(|source| !source.is_own() || source.id != id);
        });
    }

    /// Puts the list of another snapshot in place.
    pub fn replace(self, list: Vec<Card>) {
        self.list.set(list);
    }

    /// Asks for the list. Events that came meanwhile stay.
    pub fn refresh(self) {
        if self.fetching.get_value() {
            return;
        }
        self.fetching.set_value(true);
        browser::spawn(async move {
            // Without an answer the cards show what they knew.
            if let Ok(list) = calls::list_sources().await {
                self.take(Card::list(&list));
            }
            self.fetching.set_value(false);
        });
    }

    fn take(self, list: Vec<Card>) {
        self.list.update(|known| {
            let before = std::mem::replace(known, list);
            for card in known {
                if let Some(before) = before.iter().find(|before| is_same(before, card)) {
                    let sync = std::mem::take(&mut card.sync);
                    card.sync = before.sync.clone().or_newer(sync);
                }
            }
        });
    }
}

fn is_same(one: &Card, other: &Card) -> bool {
    one.id == other.id && one.owner == other.owner
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
