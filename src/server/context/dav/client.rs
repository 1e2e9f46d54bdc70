//! The client: what a sync asks of a server.

use std::sync::Arc;

use quick_xml::escape::escape;
use reqwest::{
    Method, Url,
    header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, LAST_MODIFIED, SERVER},
};

use super::{
    credentials::Credentials,
    dates,
    error::{DavError, shown},
    etag::Etag,
    href::{Base, Href},
    limits::ClientLimits,
    listing::{Changes, ChangesBuilder, Listing, listing},
    multistatus::{self, Multistatus, Response},
    network::NetworkGuard,
    retry::server_time,
    transport::{Answer, Request, Transport},
};
use crate::protocol::Timestamp;

/// The properties of a file that we use, and no others: each one costs the server.
const PROPERTIES: &str = "<D:resourcetype/><D:getetag/><D:getlastmodified/>\
                          <D:getcontentlength/><D:getcontenttype/>";

/// How many pages one report of changes may have.
const MOST_PAGES: usize = 10_000;

/// How many changes one report may have.
const MOST_CHANGES: usize = 1_000_000;

/// What a server can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Changes since a token can be asked for (RFC 6578).
    pub sync_collection: bool,
    /// A folder's tag changes with everything below it, so an unchanged one needs no
    /// visit. Only Nextcloud and ownCloud are known to do so.
    pub propagates_etags: bool,
    /// What the server calls itself.
    pub server_name: Option<String>,
    /// The server's clock.
    pub server_time: Option<Timestamp>,
}

/// The answer to a conditional GET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The file still has the tag that was given.
    NotModified,
    /// The file.
    File(File),
}

/// A file's content as one answer gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// All of it.
    pub bytes: Vec<u8>,
    /// The tag of just these bytes.
    pub etag: Option<Etag>,
    /// `Last-Modified`.
    pub modified: Option<Timestamp>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// The server's clock.
    pub server_time: Option<Timestamp>,
}

/// A client for one source. Clones share connections and the state of
/// authentication; how many requests run at once is the caller's choice.
#[derive(Clone)]
pub struct Client {
    base: Arc<Base>,
    transport: Arc<Transport>,
}

impl Client {
    /// A client for the folder at a URL. Nothing is sent yet.
    ///
    /// # Errors
    /// If the URL cannot be that of a source, or names an address that the guard
    /// refuses.
    pub fn new(
        base: &Url,
        credentials: &Credentials,
        guard: &NetworkGuard,
        limits: ClientLimits,
    ) -> Result<Self, DavError> {
        let refuse = |reason: &str| Err(DavError::Address(reason.to_owned()));
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return refuse("must begin with http:// or https://");
        }
        if !base.username().is_empty() || base.password().is_some() {
            return refuse("must not have a user or password in it: they have fields of their own");
        }
        if base.query().is_some() || base.fragment().is_some() {
            return refuse("must not have a query or a fragment");
        }
        let folder = Base::new(base)
            .map_err(|error| DavError::Address(format!("is no usable path: {error}")))?;
        Ok(Self {
            base: Arc::new(folder),
            transport: Arc::new(Transport::new(base, credentials, guard, limits)?),
        })
    }

    /// The source's folder, where a walk begins.
    pub fn root(&self) -> &Href {
        self.base.href()
    }

    /// Finds out whether there is a WebDAV folder, and what its server can do.
    ///
    /// One PROPFIND tells it all; OPTIONS is not asked, since servers claim there
    /// what they do elsewhere.
    ///
    /// # Errors
    /// In words that name what is wrong with the source.
    pub async fn probe(&self) -> Result<Capabilities, DavError> {
        let properties = "<D:resourcetype/><D:supported-report-set/>\
                          <O:fileid xmlns:O=\"http://owncloud.org/ns\"/>";
        let (answer, document) = match self.propfind(self.root(), "0", properties).await {
            Err(DavError::Status { .. } | DavError::NotFound { .. }) if self.is_file().await => {
                return Err(DavError::NotAFolder);
            }
            answered => answered?,
        };
        let is_base = |response: &&Response| {
            response.hrefs.iter().any(|sent| {
                Href::parse(sent, self.base.host())
                    .and_then(|href| self.base.relative(&href))
                    .is_ok_and(|path| path.is_empty())
            })
        };
        let Some(own) = document.responses.iter().find(is_base) else {
            let mut sent = document.responses.iter().flat_map(|other| &other.hrefs);
            return Err(match sent.next() {
                Some(sent) => DavError::OtherPath(shown(sent)),
                None => DavError::Malformed("it lists nothing".to_owned()),
            });
        };
        if let Some(status) = own.status.or(own.failed).filter(|_| own.found.is_none()) {
            let path = self.root().to_string();
            return Err(DavError::Status { status, path });
        }
        let found = own.found.as_ref();
        if found.and_then(|found| found.is_folder) == Some(false) {
            return Err(DavError::NotAFolder);
        }
        Ok(Capabilities {
            sync_collection: found.is_some_and(|found| found.sync_collection),
            propagates_etags: found.is_some_and(|found| found.own_cloud_id),
            server_name: text(&answer.headers, SERVER.as_str()),
            server_time: server_time(&answer.headers),
        })
    }

    /// Lists a folder.
    ///
    /// # Errors
    /// If there is no listing as a whole; a bad entry is named in it instead.
    pub async fn list(&self, folder: &Href) -> Result<Listing, DavError> {
        let folder = folder.to_folder();
        let (answer, document) = self.propfind(&folder, "1", PROPERTIES).await?;
        listing(&self.base, &folder, document, server_time(&answer.headers))
            .map_err(|error| DavError::Malformed(error.to_string()))
    }

    /// Asks what changed below the source's folder since a token was given; without
    /// one, for everything (RFC 6578). Follows the pages of a long answer.
    ///
    /// # Errors
    /// [`DavError::TokenInvalid`] if the caller must start again without one; others
    /// as in [`Client::list`]. A server that cannot report on a whole tree at once
    /// answers 400, 403 or 501.
    pub async fn sync_collection(&self, token: Option<&str>) -> Result<Changes, DavError> {
        let mut token = token.unwrap_or_default().to_owned();
        let mut changes = ChangesBuilder::default();
        for _ in 0..MOST_PAGES {
            let (answer, document) = self.report(&token).await?;
            let next = document
                .sync_token
                .clone()
                .filter(|next| !next.is_empty())
                .ok_or_else(|| DavError::Malformed("it has no sync token".to_owned()))?;
            let more = changes.add(&self.base, document);
            if !more {
                return Ok(changes.finish(next, server_time(&answer.headers)));
            }
            if next == token || changes.len() > MOST_CHANGES {
                break;
            }
            token = next;
        }
        Err(DavError::Malformed(
            "its report of changes does not come to an end".to_owned(),
        ))
    }

    /// Gets a file, if it does not have the given tag any more.
    ///
    /// # Errors
    /// [`DavError::TooLarge`] beyond the size given, [`DavError::Cut`] for a body that
    /// lacks its end, and all that a server can answer.
    pub async fn fetch(
        &self,
        href: &Href,
        max_bytes: u64,
        if_none_match: Option<&Etag>,
    ) -> Result<Fetched, DavError> {
        let mut headers = HeaderMap::new();
        // A tag that no header can carry is no condition.
        if let Some(value) = if_none_match.and_then(|tag| tag.to_string().parse().ok()) {
            headers.insert(IF_NONE_MATCH, value);
        }
        let answer = self
            .transport
            .exchange(&Request {
                method: Method::GET,
                href,
                headers,
                body: String::new(),
                max_bytes,
            })
            .await?;
        match answer.status.as_u16() {
            200 => Ok(Fetched::File(File {
                etag: text(&answer.headers, ETAG.as_str()).and_then(|tag| Etag::parse(&tag)),
                modified: text(&answer.headers, LAST_MODIFIED.as_str())
                    .and_then(|date| dates::parse(&date)),
                content_type: text(&answer.headers, CONTENT_TYPE.as_str()),
                server_time: server_time(&answer.headers),
                bytes: answer.body,
            })),
            304 if if_none_match.is_some() => Ok(Fetched::NotModified),
            _ => Err(self.transport.refusal(&answer)),
        }
    }

    /// Whether the source's address is that of a file. With the slash of a folder at
    /// its end, that is an error of a different kind for each server.
    async fn is_file(&self) -> bool {
        let Some(file) = self.root().to_file() else {
            return false;
        };
        match self.propfind(&file, "0", "<D:resourcetype/>").await {
            Ok((_, document)) => document
                .responses
                .first()
                .and_then(|response| response.found.as_ref())
                .is_some_and(|found| found.is_folder == Some(false)),
            Err(_) => false,
        }
    }

    async fn propfind(
        &self,
        folder: &Href,
        depth: &'static str,
        properties: &str,
    ) -> Result<(Answer, Multistatus), DavError> {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
             <D:propfind xmlns:D=\"DAV:\"><D:prop>{properties}</D:prop></D:propfind>"
        );
        let (answer, document) = self.multistatus("PROPFIND", folder, depth, body).await?;
        // Elsewhere, the entries would not be those of this folder.
        let path = answer.target.split('?').next().unwrap_or_default();
        let place = |path: &str| self.base.relative(&Href::parse(path, self.base.host())?);
        if place(path) != place(folder.as_str()) {
            let to = self.transport.address(path);
            return Err(DavError::Redirected { to });
        }
        Ok((answer, document))
    }

    async fn report(&self, token: &str) -> Result<(Answer, Multistatus), DavError> {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:sync-collection xmlns:D=\"DAV:\">\
             <D:sync-token>{}</D:sync-token><D:sync-level>infinite</D:sync-level>\
             <D:prop>{PROPERTIES}</D:prop></D:sync-collection>",
            escape(token)
        );
        self.multistatus("REPORT", self.root(), "0", body).await
    }

    /// Sends a request that is answered with a multistatus.
    async fn multistatus(
        &self,
        method: &str,
        href: &Href,
        depth: &'static str,
        body: String,
    ) -> Result<(Answer, Multistatus), DavError> {
        let mut headers = HeaderMap::new();
        headers.insert("depth", HeaderValue::from_static(depth));
        // lighttpd reads the body only with a type that says XML.
        let xml = HeaderValue::from_static("application/xml; charset=utf-8");
        headers.insert(CONTENT_TYPE, xml);
        let request = Request {
            method: Method::from_bytes(method.as_bytes())
                .map_err(|error| DavError::Setup(error.to_string()))?,
            href,
            headers,
            body,
            max_bytes: self.transport.limits().listing_bytes,
        };
        let answer = self.transport.exchange(&request).await?;
        let status = answer.status.as_u16();
        let ordinary = || DavError::NotWebDav(format!("it answers {method} with an ordinary page"));
        match status {
            207 => match multistatus::parse(&answer.body) {
                Ok(Some(document)) => Ok((answer, document)),
                Ok(None) => Err(DavError::Malformed("it is no multistatus".to_owned())),
                Err(error) => Err(DavError::Malformed(shown(&error.to_string()))),
            },
            200 => match multistatus::parse(&answer.body) {
                Ok(Some(document)) => Ok((answer, document)),
                Ok(None) | Err(_) => Err(ordinary()),
            },
            201..=299 => Err(ordinary()),
            405 | 501 if method == "PROPFIND" => Err(DavError::NotWebDav(format!(
                "the server does not know {method} ({status})"
            ))),
            400..=499 if method == "REPORT" && multistatus::says_token_is_invalid(&answer.body) => {
                Err(DavError::TokenInvalid)
            }
            _ => Err(self.transport.refusal(&answer)),
        }
    }
}

/// A header that is text.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
