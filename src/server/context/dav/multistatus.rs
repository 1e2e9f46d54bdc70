//! The multistatus document (RFC 4918, section 13), as it was sent.
//!
//! Servers differ in all that the grammar leaves open, so this only collects; what
//! a response means for a listing is decided in `listing`.

use super::xml::{Element, Xml, XmlError, decode};

/// How many addresses a document may have. An address of a few bytes becomes an entry
/// of some hundred, so the size of the document is no limit for the memory it takes.
const MOST_ADDRESSES: usize = 200_000;

/// A whole document.
#[derive(Debug, Default)]
pub(super) struct Multistatus {
    pub responses: Vec<Response>,
    /// RFC 6578, section 6.4.
    pub sync_token: Option<String>,
}

/// What the server says about one resource or, without properties, about several.
#[derive(Debug, Default)]
pub(super) struct Response {
    pub hrefs: Vec<String>,
    /// The status of the resource; where properties were found there is none.
    pub status: Option<u16>,
    /// The first status of properties that is neither success nor "not found".
    pub failed: Option<u16>,
    /// The properties that were found.
    pub found: Option<Properties>,
    /// An entity in an address that nothing defines: a part of it is unknown.
    pub undefined_entity: Option<String>,
}

/// Properties with status 200, as text.
#[derive(Debug, Default)]
pub(super) struct Properties {
    /// Nothing where the server does not know the property.
    pub is_folder: Option<bool>,
    pub etag: Option<String>,
    pub modified: Option<String>,
    pub size: Option<String>,
    pub content_type: Option<String>,
    /// Whether `sync-collection` is among the supported reports (RFC 6578).
    pub sync_collection: bool,
    /// Whether there is an id as only Nextcloud and ownCloud give one.
    pub own_cloud_id: bool,
}

impl Properties {
    fn merge(&mut self, other: Self) {
        self.is_folder = self.is_folder.or(other.is_folder);
        self.etag = self.etag.take().or(other.etag);
        self.modified = self.modified.take().or(other.modified);
        self.size = self.size.take().or(other.size);
        self.content_type = self.content_type.take().or(other.content_type);
        self.sync_collection |= other.sync_collection;
        self.own_cloud_id |= other.own_cloud_id;
    }
}

/// Reads a document; nothing if it is some other one.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<Multistatus>, XmlError> {
    let text = decode(bytes)?;
    let mut xml = Xml::new(&text);
    if xml.child()? != Some(Element::Multistatus) {
        return Ok(None);
    }
    let mut document = Multistatus::default();
    let mut room = MOST_ADDRESSES;
    while let Some(element) = xml.child()? {
        match element {
            Element::Response => document.responses.push(response(&mut xml, &mut room)?),
            Element::SyncToken => document.sync_token = Some(xml.text()?),
            _ => xml.skip()?,
        }
    }
    Ok(Some(document))
}

/// Whether an error's body says that a sync token is no longer good (RFC 6578,
/// section 3.2).
pub(super) fn says_token_is_invalid(bytes: &[u8]) -> bool {
    let find = || -> Result<bool, XmlError> {
        let text = decode(bytes)?;
        let mut xml = Xml::new(&text);
        if xml.child()? != Some(Element::Error) {
            return Ok(false);
        }
        while let Some(element) = xml.child()? {
            if element == Element::ValidSyncToken {
                return Ok(true);
            }
            xml.skip()?;
        }
        Ok(false)
    };
    find().unwrap_or(false)
}

/// Reads a response; `room` is for how many addresses there still is.
fn response(xml: &mut Xml<'_>, room: &mut usize) -> Result<Response, XmlError> {
    let mut response = Response::default();
    let full = || XmlError::TooLong(MOST_ADDRESSES);
    while let Some(element) = xml.child()? {
        match element {
            Element::Href => {
                *room = room.checked_sub(1).ok_or_else(full)?;
                response.hrefs.push(xml.text()?);
                let undefined = xml.take_undefined_entity();
                response.undefined_entity = response.undefined_entity.take().or(undefined);
            }
            Element::Status => response.status = status(&xml.text()?),
            Element::Propstat => propstat(xml, &mut response)?,
            _ => xml.skip()?,
        }
    }
    Ok(response)
}

fn propstat(xml: &mut Xml<'_>, response: &mut Response) -> Result<(), XmlError> {
    let (mut properties, mut code) = (Properties::default(), None);
    while let Some(element) = xml.child()? {
        match element {
            Element::Prop => properties.merge(prop(xml)?),
            Element::Status => code = status(&xml.text()?),
            _ => xml.skip()?,
        }
    }
    match code {
        // Without a status they were found: why else send them.
        None | Some(200..=299) => response.found.get_or_insert_default().merge(properties),
        Some(404) => {}
        Some(code) => {
            response.failed.get_or_insert(code);
        }
    }
    Ok(())
}

fn prop(xml: &mut Xml<'_>) -> Result<Properties, XmlError> {
    let mut properties = Properties::default();
    while let Some(element) = xml.child()? {
        match element {
            Element::ResourceType => properties.is_folder = Some(has(xml, &[Element::Collection])?),
            Element::Etag => properties.etag = filled(xml.text()?),
            Element::LastModified => properties.modified = filled(xml.text()?),
            Element::ContentLength => properties.size = filled(xml.text()?),
            Element::ContentType => properties.content_type = filled(xml.text()?),
            Element::SupportedReportSet => {
                properties.sync_collection |= has(
                    xml,
                    &[
                        Element::SupportedReport,
                        Element::Report,
                        Element::SyncCollection,
                    ],
                )?;
            }
            Element::OwnCloudId | Element::OwnCloudId2 => {
                properties.own_cloud_id |= !xml.text()?.is_empty();
            }
            _ => xml.skip()?,
        }
    }
    Ok(properties)
}

/// Whether there is an element at this path below the current one, which is left.
fn has(xml: &mut Xml<'_>, path: &[Element]) -> Result<bool, XmlError> {
    let mut found = false;
    while let Some(element) = xml.child()? {
        match path {
            [last] if element == *last => {
                found = true;
                xml.skip()?;
            }
            [first, rest @ ..] if element == *first => found |= has(xml, rest)?,
            _ => xml.skip()?,
        }
    }
    Ok(found)
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The code of a status line (`HTTP/1.1 200 OK`), or of one that lacks its version.
fn status(line: &str) -> Option<u16> {
    line.split_ascii_whitespace()
        .take(2)
        .find_map(|word| word.parse().ok().filter(|code| (100..600).contains(code)))
}
