//! The sources as the dashboard keeps them, and what each event does to them.

use leptos::{html::Button, prelude::*, task::spawn_local_scoped_with_cancellation};

use super::calls;
use crate::protocol::{Event, Source, SyncState, SyncStatus};

/// The sources of the workspace; one's own have settings.
#[derive(Clone, Copy)]
pub struct Sources {
    list: RwSignal<Vec<Source>>,
    /// What happened to them that a screen reader should tell.
    pub said: RwSignal<String>,
    /// The button that opens the form, where the focus goes when a card is gone.
    pub opener: NodeRef<Button>,
    /// Whether the list is on its way.
    fetching: StoredValue<bool>,
}

impl Sources {
    /// Starts from the list of a snapshot.
    pub fn new(list: Vec<Source>) -> Self {
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
                    .filter(move |source| {
                        source.settings.is_some() && source.id.is_share() == share
                    })
                    .map(|source| source.id.as_str().to_owned())
            };
            own(true).chain(own(false)).collect()
        })
    }

    /// Reads one of one's own; the default if it is gone.
    pub fn read<T: Default>(self, id: &str, read: impl FnOnce(&Source) -> T) -> T {
        self.list
            .try_with(|list| {
                list.iter()
                    .find(|source| source.settings.is_some() && source.id.as_str() == id)
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
                .filter(|source| source.settings.is_none())
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
        let sync = event
            .data
            .members()
            .get("sync")
            .cloned()
            .and_then(|sync| serde_json::from_value(sync).ok());
        let state = match event.data.text("state") {
            Some("running") => SyncState::Running,
            Some("failed") => SyncState::Failed,
            _ => SyncState::Idle,
        };
        let mut known = false;
        self.list.update(|list| {
            let Some(source) = list
                .iter_mut()
                .find(|source| source.id.as_str() == id && source.owner == event.user)
            else {
                return;
            };
            known = true;
            match sync {
                Some(sync) => source.sync = newest(std::mem::take(&mut source.sync), sync),
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
    pub fn put(self, source: Source) {
        self.list.update(
            |list| match list.iter_mut().find(|known| is_same(known, &source)) {
                Some(known) => merge(known, source),
                None => list.push(source),
            },
        );
    }

    /// Takes one of one's own out.
    pub fn remove(self, id: &str) {
        self.list.update(|list| {
            list.retain(|source| source.settings.is_none() || source.id.as_str() != id);
        });
    }

    /// Puts the list of another snapshot in place.
    pub fn replace(self, list: Vec<Source>) {
        self.list.set(list);
    }

    /// Asks for the list. Events that came meanwhile stay.
    pub fn refresh(self) {
        if self.fetching.get_value() {
            return;
        }
        self.fetching.set_value(true);
        spawn_local_scoped_with_cancellation(async move {
            // Without an answer the cards show what they knew.
            if let Ok(list) = calls::list_sources().await {
                self.take(list);
            }
            self.fetching.set_value(false);
        });
    }

    fn take(self, mut list: Vec<Source>) {
        self.list.update(|known| {
            for source in &mut list {
                if let Some(known) = known.iter_mut().find(|known| is_same(known, source)) {
                    let before = std::mem::take(&mut known.sync);
                    source.sync = newest(before, std::mem::take(&mut source.sync));
                }
            }
            *known = list;
        });
    }
}

fn is_same(one: &Source, other: &Source) -> bool {
    one.id == other.id && one.owner == other.owner
}

fn merge(known: &mut Source, mut source: Source) {
    source.sync = newest(std::mem::take(&mut known.sync), source.sync);
    *known = source;
}

/// The later of two reports on one source: an answer may have left the server before
/// an event that overtook it.
fn newest(known: SyncStatus, other: SyncStatus) -> SyncStatus {
    let age = |sync: &SyncStatus| {
        let read = sync
            .progress
            .map(|progress| (progress.listed, progress.read));
        (sync.last_started, sync.last_finished, read)
    };
    if age(&other) >= age(&known) {
        other
    } else {
        known
    }
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
