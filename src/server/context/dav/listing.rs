//! What a multistatus says about the files of a source.
//!
//! One bad entry never fails a listing: it is named among the unreadable ones, so
//! that the caller can keep what it knows of that path.

use std::collections::{HashMap, HashSet};

use super::{
    dates,
    error::shown,
    etag::Etag,
    href::{Base, Href, HrefError},
    multistatus::{Multistatus, Properties, Response},
};
use crate::protocol::Timestamp;

/// A file or folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What to fetch or list it by.
    pub href: Href,
    /// Decoded, relative to the source's folder, parts separated by `/`, none at
    /// either end; empty for the source's folder. Unicode as the server has it.
    pub path: String,
    /// Whether it is a collection.
    pub is_folder: bool,
    /// `getetag`, if the server gives one.
    pub etag: Option<Etag>,
    /// `getlastmodified`, if it is a date. Most servers know whole seconds only.
    pub modified: Option<Timestamp>,
    /// `getcontentlength` in bytes, if it is a number.
    pub size: Option<u64>,
    /// `getcontenttype`, as the server guesses it.
    pub content_type: Option<String>,
}

/// An entry that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// As the server sent it; the beginning, if it is very long.
    pub href: String,
    /// As in [`Entry`], where that much is known: something is there, so what was
    /// read from that path before should be kept. Without one it is a name that
    /// cannot have been read before either.
    pub path: Option<String>,
    /// In words.
    pub reason: String,
}

/// The content of one folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The folder itself, if the server lists it.
    pub own: Option<Entry>,
    /// Its children.
    pub entries: Vec<Entry>,
    /// Children that cannot be used.
    pub unreadable: Vec<Unreadable>,
    /// The server's clock, for the rule about changes within one second.
    pub server_time: Option<Timestamp>,
}

/// What changed since a sync token was given (RFC 6578).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// New or changed files and folders.
    pub changed: Vec<Entry>,
    /// Paths that are gone, with all below them.
    pub removed: Vec<String>,
    /// Members whose state is unknown.
    pub unreadable: Vec<Unreadable>,
    /// The token for the next time.
    pub token: String,
    /// The server's clock when the last page was made.
    pub server_time: Option<Timestamp>,
}

/// Reads the answer to a PROPFIND with depth 1 on a folder.
pub(super) fn listing(
    base: &Base,
    folder: &Href,
    document: Multistatus,
    server_time: Option<Timestamp>,
) -> Result<Listing, HrefError> {
    let folder = base.relative(folder)?;
    let mut listing = Listing {
        server_time,
        ..Listing::default()
    };
    let mut seen = HashSet::new();
    for member in members(base, document.responses) {
        match member {
            Member::Readable(entry) if entry.path == folder => {
                listing.own.get_or_insert(entry);
            }
            Member::Readable(entry) if !is_child(&folder, &entry.path) => {
                listing.unreadable.push(Unreadable {
                    href: entry.href.to_string(),
                    path: None,
                    reason: "it is not in the folder that was listed".to_owned(),
                });
            }
            Member::Readable(entry) => {
                // Some servers send an entry twice.
                if seen.insert(entry.path.clone()) {
                    listing.entries.push(entry);
                }
            }
            Member::Status(_, unreadable) | Member::Unreadable(unreadable) => {
                listing.unreadable.push(unreadable);
            }
        }
    }
    Ok(listing)
}

/// Collects the pages of a sync-collection report. What a later page says replaces
/// what an earlier one said.
#[derive(Default)]
pub(super) struct ChangesBuilder {
    states: HashMap<String, Option<Entry>>,
    unreadable: Vec<Unreadable>,
}

impl ChangesBuilder {
    /// How many resources have been named so far.
    pub fn len(&self) -> usize {
        self.states.len() + self.unreadable.len()
    }

    /// Takes a page in; tells whether the server has more (507 for the collection,
    /// RFC 6578, section 3.6).
    pub fn add(&mut self, base: &Base, document: Multistatus) -> bool {
        let mut more = false;
        for member in members(base, document.responses) {
            match member {
                Member::Readable(entry) if entry.path.is_empty() => {}
                Member::Readable(entry) => {
                    self.states.insert(entry.path.clone(), Some(entry));
                }
                Member::Status(
                    507,
                    Unreadable {
                        path: Some(path), ..
                    },
                ) if path.is_empty() => {
                    more = true;
                }
                Member::Status(
                    404 | 410,
                    Unreadable {
                        path: Some(path), ..
                    },
                ) => {
                    self.states.insert(path, None);
                }
                Member::Status(_, unreadable) | Member::Unreadable(unreadable) => {
                    self.unreadable.push(unreadable);
                }
            }
        }
        more
    }

    pub fn finish(self, token: String, server_time: Option<Timestamp>) -> Changes {
        let mut changes = Changes {
            unreadable: self.unreadable,
            token,
            server_time,
            ..Changes::default()
        };
        for (path, state) in self.states {
            match state {
                Some(entry) => changes.changed.push(entry),
                None => changes.removed.push(path),
            }
        }
        changes.changed.sort_by(|a, b| a.path.cmp(&b.path));
        changes.removed.sort();
        changes
    }
}

/// One resource of a multistatus.
enum Member {
    Readable(Entry),
    /// It has a status in place of properties.
    Status(u16, Unreadable),
    Unreadable(Unreadable),
}

fn members(base: &Base, responses: Vec<Response>) -> impl Iterator<Item = Member> + '_ {
    responses.into_iter().flat_map(|mut response| {
        let mut hrefs = std::mem::take(&mut response.hrefs);
        if hrefs.is_empty() {
            hrefs.push(String::new());
        }
        hrefs
            .into_iter()
            .map(|raw| member(base, raw, &response))
            .collect::<Vec<_>>()
    })
}

fn member(base: &Base, raw: String, response: &Response) -> Member {
    let unreadable = |raw: String, path, reason| Unreadable {
        href: shown(&raw),
        path,
        reason,
    };
    if let Some(entity) = &response.undefined_entity {
        let reason = format!("its address uses &{}; which is not defined", shown(entity));
        return Member::Unreadable(unreadable(raw, None, reason));
    }
    let located = Href::parse(&raw, base.host()).and_then(|href| {
        let path = base.relative(&href)?;
        Ok((href, path))
    });
    let (href, path) = match located {
        Ok(located) => located,
        Err(error) => return Member::Unreadable(unreadable(raw, None, error.to_string())),
    };
    match (response.status, response.failed, &response.found) {
        (Some(status), ..) if !(200..300).contains(&status) => {
            let reason = format!("the server answers {status} for it");
            Member::Status(status, unreadable(raw, Some(path), reason))
        }
        (_, Some(status), None) => {
            let reason = format!("the server answers {status} for its properties");
            Member::Unreadable(unreadable(raw, Some(path), reason))
        }
        (_, _, found) => Member::Readable(entry(href, path, found.as_ref())),
    }
}

fn entry(href: Href, path: String, found: Option<&Properties>) -> Entry {
    // Without a type, the form of the address is the only hint.
    let is_folder = found
        .and_then(|found| found.is_folder)
        .unwrap_or_else(|| href.has_folder_form());
    let text =
        |pick: fn(&Properties) -> &Option<String>| found.and_then(|found| pick(found).as_deref());
    Entry {
        is_folder,
        etag: text(|found| &found.etag).and_then(Etag::parse),
        modified: text(|found| &found.modified).and_then(dates::parse),
        size: text(|found| &found.size).and_then(|size| size.parse().ok()),
        content_type: text(|found| &found.content_type).map(str::to_owned),
        href,
        path,
    }
}

/// Whether a path lies directly in a folder.
fn is_child(folder: &str, path: &str) -> bool {
    let name = match folder {
        "" => Some(path),
        folder => path
            .strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/')),
    };
    name.is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
