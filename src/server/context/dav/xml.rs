//! Reads XML that others wrote.
//!
//! A cursor over the elements of a document, with the few names that we know. A
//! document type is refused, so there are no entities to expand but the five of
//! XML and character references (RFC 4918, section 20.6).

use std::borrow::Cow;

use quick_xml::{
    NsReader,
    escape::resolve_xml_entity,
    events::{BytesDecl, BytesRef, Event},
    name::{Namespace, ResolveResult},
};

/// How deep elements may lie. A multistatus needs eight.
const DEEPEST: usize = 64;

/// Declares the elements that we know: namespace, name, variant.
macro_rules! elements {
    ($($namespace:literal $local:literal => $element:ident,)*) => {
        /// An element's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Element {
            $($element,)*
            /// Any name that we have no use for.
            Other,
        }

        impl Element {
            fn named(namespace: &str, local: &str) -> Self {
                match (namespace, local) {
                    $(($namespace, $local) => Self::$element,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

elements! {
    "DAV:" "multistatus" => Multistatus,
    "DAV:" "response" => Response,
    "DAV:" "href" => Href,
    "DAV:" "status" => Status,
    "DAV:" "propstat" => Propstat,
    "DAV:" "prop" => Prop,
    "DAV:" "error" => Error,
    "DAV:" "resourcetype" => ResourceType,
    "DAV:" "collection" => Collection,
    "DAV:" "getetag" => Etag,
    "DAV:" "getlastmodified" => LastModified,
    "DAV:" "getcontentlength" => ContentLength,
    "DAV:" "getcontenttype" => ContentType,
    "DAV:" "supported-report-set" => SupportedReportSet,
    "DAV:" "supported-report" => SupportedReport,
    "DAV:" "report" => Report,
    "DAV:" "sync-collection" => SyncCollection,
    "DAV:" "sync-token" => SyncToken,
    "DAV:" "valid-sync-token" => ValidSyncToken,
    "http://owncloud.org/ns" "id" => OwnCloudId,
    "http://owncloud.org/ns" "fileid" => OwnCloudId2,
}

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum XmlError {
    #[error("it has a document type, which is refused")]
    DocumentType,
    #[error("it is encoded in {0}, and only UTF-8 is understood")]
    Encoding(String),
    #[error("it ends in the middle")]
    Cut,
    #[error("its elements lie too deep in each other")]
    TooDeep,
    #[error("it has more than {0} entries")]
    TooLong(usize),
    #[error("{0}")]
    Syntax(#[from] quick_xml::Error),
}

/// The text of a document. Bytes that are not UTF-8 become replacement characters:
/// one name in another encoding must not cost the whole listing.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, XmlError> {
    match bytes {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, b'<', ..] | [b'<', 0, ..] => {
            Err(XmlError::Encoding("UTF-16".to_owned()))
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(String::from_utf8_lossy(rest)),
        _ => Ok(String::from_utf8_lossy(bytes)),
    }
}

/// The cursor. It stands inside of an element; each call below leaves it inside of
/// the same one or, at the end of that, inside of its parent.
pub(super) struct Xml<'i> {
    reader: NsReader<&'i [u8]>,
    depth: usize,
    undefined: Option<String>,
}

enum Token<'i> {
    Start(Element),
    End,
    Text(Cow<'i, str>),
    Eof,
}

impl<'i> Xml<'i> {
    /// A cursor before the root element.
    pub fn new(text: &'i str) -> Self {
        let mut reader = NsReader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        // `<href>/a&b</href>`: not XML, but clear.
        config.allow_dangling_amp = true;
        Self {
            reader,
            depth: 0,
            undefined: None,
        }
    }

    /// Enters the next child element; nothing at the end of the current one, which
    /// is then left.
    pub fn child(&mut self) -> Result<Option<Element>, XmlError> {
        loop {
            match self.token()? {
                Token::Start(element) => return Ok(Some(element)),
                Token::End => return Ok(None),
                Token::Text(_) => {}
                Token::Eof => return Err(XmlError::Cut),
            }
        }
    }

    /// Leaves the current element; gives its text without that of its children, and
    /// without white space around it.
    pub fn text(&mut self) -> Result<String, XmlError> {
        self.undefined = None;
        let mut text = String::new();
        let mut inner = 0_usize;
        loop {
            match self.token()? {
                Token::Start(_) => inner += 1,
                Token::End if inner == 0 => return Ok(text.trim().to_owned()),
                Token::End => inner -= 1,
                Token::Text(piece) if inner == 0 => text.push_str(&piece),
                Token::Text(_) => {}
                Token::Eof => return Err(XmlError::Cut),
            }
        }
    }

    /// Leaves the current element.
    pub fn skip(&mut self) -> Result<(), XmlError> {
        self.text().map(drop)
    }

    /// The name of an entity that nothing defines, if one was in the last text: then a
    /// part of that is unknown.
    pub fn take_undefined_entity(&mut self) -> Option<String> {
        self.undefined.take()
    }

    fn token(&mut self) -> Result<Token<'i>, XmlError> {
        loop {
            let (namespace, event) = self.reader.read_resolved_event()?;
            match event {
                Event::Start(start) => {
                    let namespace = match namespace {
                        ResolveResult::Bound(Namespace(namespace)) => namespace,
                        ResolveResult::Unbound | ResolveResult::Unknown(_) => "",
                    };
                    let element = Element::named(namespace, start.local_name().as_ref());
                    self.depth += 1;
                    return if self.depth > DEEPEST {
                        Err(XmlError::TooDeep)
                    } else {
                        Ok(Token::Start(element))
                    };
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Token::End);
                }
                Event::Text(text) => return Ok(Token::Text(text.xml10_content())),
                Event::CData(text) => return Ok(Token::Text(text.xml10_content())),
                Event::GeneralRef(reference) => return Ok(self.resolve(&reference)),
                Event::Decl(declaration) => check_encoding(&declaration)?,
                Event::DocType(_) => return Err(XmlError::DocumentType),
                Event::Eof => return Ok(Token::Eof),
                // Not asked for: empty elements come as a start and an end.
                Event::Empty(_) | Event::Comment(_) | Event::PI(_) => {}
            }
        }
    }

    fn resolve(&mut self, reference: &BytesRef<'_>) -> Token<'i> {
        match reference.resolve_char_ref() {
            Ok(Some(character)) => Token::Text(Cow::Owned(character.to_string())),
            Ok(None) if let Some(text) = resolve_xml_entity(reference) => {
                Token::Text(Cow::Borrowed(text))
            }
            _ => {
                self.undefined = Some(reference.to_string());
                Token::Text(Cow::Borrowed(""))
            }
        }
    }
}

fn check_encoding(declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
    match declaration.encoding() {
        Some(Ok(name))
            if !["utf-8", "utf8", "us-ascii"].contains(&name.to_ascii_lowercase().as_str()) =>
        {
            Err(XmlError::Encoding(name.into_owned()))
        }
        _ => Ok(()),
    }
}
