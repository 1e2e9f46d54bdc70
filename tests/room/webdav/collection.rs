//! A folder in memory, served by WebDAV with collection synchronization
//! (RFC 6578): Nextcloud and ownCloud have it, and none of the programs here does.
//!
//! It is true to the specification in what a client may meet: tokens, removals by a
//! 404, a listing cut short by a 507 whose token goes on where it ended, and a token
//! that is no longer known.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::SystemTime,
};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{answers, scripted::Request};

/// What tokens begin with; a revision follows. A token is a URI (RFC 6578 section 6.2).
const TOKEN: &str = "http://collection.test/revision/";

/// When files were written of which nobody says.
const LONG_AGO: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// A folder that can be shared with the server that serves it.
#[derive(Clone, Default)]
pub struct Collection(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Counts the changes.
    revision: u64,
    /// By href.
    files: BTreeMap<String, Member>,
    /// The folders below the top that have ever had a file, by href.
    folders: BTreeMap<String, u64>,
    /// When what is no longer there was removed, by href.
    removed: BTreeMap<String, u64>,
    /// The oldest revision that a token may name.
    oldest: u64,
    /// How many members one report lists.
    page: Option<usize>,
    /// Whether it only knows RFC 4918.
    plain: bool,
    /// Whether folders have ETags that change with all below, as Nextcloud's do.
    cloud: bool,
}

struct Member {
    content: Vec<u8>,
    /// When it last changed.
    revision: u64,
    /// When it was written, for whoever goes by time; just now where it is none.
    modified: Option<&'static str>,
}

impl Collection {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one that knows nothing of RFC 6578.
    pub fn plain() -> Self {
        let collection = Self::new();
        collection.0.lock().unwrap().plain = true;
        collection
    }

    /// An empty one that knows nothing of RFC 6578, whose folders tell by their ETags
    /// that something below has changed.
    pub fn cloud() -> Self {
        let collection = Self::plain();
        collection.0.lock().unwrap().cloud = true;
        collection
    }

    /// Writes a file; the folders above it come into being. `path` is not escaped.
    pub fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.write(path, content.into(), Some(LONG_AGO));
    }

    /// As [`Collection::put`]; whenever it is listed, it was written just now.
    pub fn put_fresh(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.write(path, content.into(), None);
    }

    fn write(&self, path: &str, content: Vec<u8>, modified: Option<&'static str>) {
        let mut state = self.0.lock().unwrap();
        state.revision += 1;
        let revision = state.revision;
        let href = href(path);
        for (end, _) in href.match_indices('/').skip(1) {
            let folder = href[..=end].to_owned();
            state.removed.remove(&folder);
            state.folders.entry(folder).or_insert(revision);
        }
        state.removed.remove(&href);
        let member = Member {
            content,
            revision,
            modified,
        };
        state.files.insert(href, member);
    }

    /// Writes a file anew without a trace, as happens within a second.
    pub fn slip(&self, path: &str, content: impl Into<Vec<u8>>) {
        let mut state = self.0.lock().unwrap();
        let member = state.files.get_mut(&href(path)).unwrap();
        member.content = content.into();
    }

    /// Removes a file, or a folder with what is in it.
    pub fn remove(&self, path: &str) {
        let mut state = self.0.lock().unwrap();
        state.revision += 1;
        let revision = state.revision;
        let href = href(path);
        let gone =
            |member: &str| member == href || (href.ends_with('/') && member.starts_with(&href));
        let files: Vec<String> = state.files.keys().cloned().collect();
        let folders: Vec<String> = state.folders.keys().cloned().collect();
        for member in files.into_iter().chain(folders).filter(|href| gone(href)) {
            state.files.remove(&member);
            state.folders.remove(&member);
            state.removed.insert(member, revision);
        }
    }

    /// Lists at most this many members in one report, whatever the client asks for.
    pub fn page(&self, members: usize) {
        self.0.lock().unwrap().page = Some(members);
    }

    /// Forgets all tokens given so far, as a server does when it cleans up.
    pub fn forget_tokens(&self) {
        let mut state = self.0.lock().unwrap();
        state.revision += 1;
        state.oldest = state.revision;
    }

    /// The token of what is there now.
    pub fn token(&self) -> String {
        self.0.lock().unwrap().token()
    }

    /// Answers a request: give it to [`super::scripted::Scripted::start`].
    pub fn answer(&self, request: &Request) -> Response {
        let state = self.0.lock().unwrap();
        match request.method.as_str() {
            "OPTIONS" => {
                let allow = match state.plain {
                    true => "OPTIONS, GET, HEAD, PROPFIND",
                    false => "OPTIONS, GET, HEAD, PROPFIND, REPORT",
                };
                [("dav", "1"), ("allow", allow)].into_response()
            }
            "GET" | "HEAD" => state.get(request),
            "PROPFIND" => state.propfind(request),
            "REPORT" if !state.plain => state.report(request),
            _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        }
    }
}

impl State {
    fn token(&self) -> String {
        format!("{TOKEN}{}", self.revision)
    }

    fn has_folder(&self, href: &str) -> bool {
        href == "/" || self.folders.contains_key(href)
    }

    fn get(&self, request: &Request) -> Response {
        let Some(member) = self.files.get(&request.path) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let etag = member.etag();
        if request.header("if-none-match") == etag {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        answers::content(member.content.clone(), &etag)
    }

    fn propfind(&self, request: &Request) -> Response {
        let top = &request.path;
        let own = if self.has_folder(top) {
            self.folder(top)
        } else if let Some(member) = self.files.get(top) {
            member.describe(top)
        } else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut responses = vec![own];
        match request.header("depth") {
            "0" => {}
            "1" => {
                let folders = self.folders.keys().filter(|href| is_child(href, top));
                responses.extend(folders.map(|href| self.folder(href)));
                let files = self.files.iter().filter(|(href, _)| is_child(href, top));
                responses.extend(files.map(|(href, member)| match self.cloud {
                    true => member.describe_dated(href),
                    false => member.describe(href),
                }));
            }
            // RFC 4918 section 9.1.1: none is infinity, too.
            _ => {
                return error(StatusCode::FORBIDDEN, "<D:propfind-finite-depth/>");
            }
        }
        answers::multistatus_of(responses)
    }

    /// RFC 6578 section 3.
    fn report(&self, request: &Request) -> Response {
        let top = &request.path;
        if !self.has_folder(top) {
            return StatusCode::NOT_FOUND.into_response();
        }
        if !request.body.contains("sync-collection") {
            return error(StatusCode::FORBIDDEN, "<D:supported-report/>");
        }
        // The scope is the body's sync-level; Depth must be 0 (section 3.2).
        if !matches!(request.header("depth"), "" | "0") {
            return StatusCode::BAD_REQUEST.into_response();
        }
        let since = match element(&request.body, "sync-token") {
            None | Some("") => 0,
            Some(token) => {
                let revision = token.strip_prefix(TOKEN).and_then(|rest| rest.parse().ok());
                match revision {
                    Some(revision) if (self.oldest..=self.revision).contains(&revision) => revision,
                    _ => return error(StatusCode::FORBIDDEN, "<D:valid-sync-token/>"),
                }
            }
        };
        let everything = match element(&request.body, "sync-level") {
            Some("infinite" | "infinity") => true,
            Some("1") => false,
            _ => return StatusCode::BAD_REQUEST.into_response(),
        };
        let in_scope = |href: &String| {
            href != top && href.starts_with(top.as_str()) && (everything || is_child(href, top))
        };
        let changes = self.changes(since);
        let mut changes: Vec<_> = changes
            .into_iter()
            .filter(|(_, href, _)| in_scope(href))
            .collect();
        let asked: Option<usize> = element(&request.body, "nresults").and_then(|n| n.parse().ok());
        let most = asked.into_iter().chain(self.page).min();
        let cut = most.filter(|most| *most < changes.len());
        let mut token = self.token();
        let mut responses = Vec::new();
        if let Some(most) = cut {
            // A revision stands on one page, so that its number can be the token.
            let last = changes[most.max(1) - 1].0;
            changes.retain(|(revision, _, _)| *revision <= last);
            token = format!("{TOKEN}{last}");
            let href = answers::escape(top);
            responses.push(format!(
                "<D:response><D:href>{href}</D:href>\
                 <D:status>HTTP/1.1 507 Insufficient Storage</D:status>\
                 <D:error><D:number-of-matches-within-limits/></D:error></D:response>"
            ));
        }
        responses.extend(changes.into_iter().map(|(_, _, response)| response));
        responses.push(format!("<D:sync-token>{token}</D:sync-token>"));
        answers::multistatus_of(responses)
    }

    /// What has changed after a revision: when, where, and as a `response` element;
    /// in the order of the changes.
    fn changes(&self, since: u64) -> BTreeSet<(u64, String, String)> {
        let files = self.files.iter();
        let files = files.map(|(href, file)| (file.revision, href.clone(), file.describe(href)));
        let folders = self.folders.iter();
        let folders = folders.map(|(href, revision)| (*revision, href.clone(), self.folder(href)));
        let removed = self.removed.iter();
        let removed = removed
            // Who has seen nothing yet is not told what is gone (section 3.4).
            .filter(|_| since > 0)
            .map(|(href, revision)| {
                (
                    *revision,
                    href.clone(),
                    answers::status(href, "404 Not Found"),
                )
            });
        files
            .chain(folders)
            .chain(removed)
            .filter(|(revision, _, _)| *revision > since)
            .collect()
    }

    fn folder(&self, href: &str) -> String {
        if self.cloud {
            let files = self.files.iter();
            let files = files.map(|(href, file)| (href, file.revision));
            let removed = self.removed.iter().map(|(href, at)| (href, *at));
            let below = files
                .chain(removed)
                .filter(|(path, _)| path.starts_with(href));
            let newest = below.map(|(_, revision)| revision).max().unwrap_or(0);
            return answers::found(
                href,
                &format!(
                    "<D:resourcetype><D:collection/></D:resourcetype>\
                     <D:getetag>\"{newest}\"</D:getetag>\
                     <O:fileid xmlns:O=\"http://owncloud.org/ns\">7</O:fileid>"
                ),
            );
        }
        if self.plain {
            // As most servers have it: it tells of the folder's own members alone.
            let own = self.files.iter().filter(|(path, _)| is_child(path, href));
            let newest = own.map(|(_, file)| file.revision).max().unwrap_or(0);
            return answers::found(
                href,
                &format!(
                    "<D:resourcetype><D:collection/></D:resourcetype>\
                     <D:getetag>\"{newest}\"</D:getetag>"
                ),
            );
        }
        let token = self.token();
        answers::found(
            href,
            &format!(
                "<D:resourcetype><D:collection/></D:resourcetype>\
                 <D:sync-token>{token}</D:sync-token>\
                 <D:supported-report-set><D:supported-report><D:report>\
                 <D:sync-collection/>\
                 </D:report></D:supported-report></D:supported-report-set>"
            ),
        )
    }
}

impl Member {
    fn etag(&self) -> String {
        format!("\"{}\"", self.revision)
    }

    fn describe_dated(&self, href: &str) -> String {
        let now = || httpdate::fmt_http_date(SystemTime::now());
        let modified = self.modified.map_or_else(now, str::to_owned);
        let (etag, length) = (self.etag(), self.content.len());
        answers::found(
            href,
            &format!(
                "<D:resourcetype/><D:getetag>{etag}</D:getetag>\
                 <D:getlastmodified>{modified}</D:getlastmodified>\
                 <D:getcontentlength>{length}</D:getcontentlength>"
            ),
        )
    }

    fn describe(&self, href: &str) -> String {
        answers::file(href, &self.etag(), self.content.len())
    }
}

/// A path as it stands in a URL: with a slash before it, and escaped.
fn href(path: &str) -> String {
    let mut url = reqwest::Url::parse("http://collection.test").unwrap();
    url.path_segments_mut().unwrap().extend(path.split('/'));
    url.path().to_owned()
}

/// Whether it lies in the folder itself, not deeper.
fn is_child(href: &str, folder: &str) -> bool {
    href.strip_prefix(folder).is_some_and(|rest| {
        let name = rest.strip_suffix('/').unwrap_or(rest);
        !name.is_empty() && !name.contains('/')
    })
}

/// The text of an element in a request's body, whatever its prefix. No parser, since
/// no client puts an attribute on these.
fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = body.split_once(&format!("{name}>"))?;
    rest.split('<').next().map(str::trim)
}

/// A precondition that failed (RFC 4918 section 16).
fn error(status: StatusCode, condition: &str) -> Response {
    let body = format!("<D:error xmlns:D=\"DAV:\">{condition}</D:error>");
    let headers = [("content-type", "application/xml")];
    (status, headers, body).into_response()
}
