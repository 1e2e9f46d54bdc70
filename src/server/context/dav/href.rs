//! The addresses that servers give to their files.
//!
//! An href is the key to fetch by, so its spelling is kept: decoding and encoding
//! it again would ask for another file wherever the server's rules are not ours.
//! Only what cannot stand in a request is encoded. That includes `#` and `?`: a
//! server that sends them raw means a character of a name, for a file has neither
//! a fragment nor a query (npm webdav-server does so).

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use reqwest::Url;

/// What cannot stand raw in the path of a request. A backslash would be read as a
/// slash (URL Standard, section 4.4).
const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The longest address that is understood, in bytes: servers accept no longer ones.
const LONGEST: usize = 8192;

/// The path of a resource on its server, absolute and ready to be requested, as
/// the server spelled it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Href(String);

/// Why an href cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HrefError {
    #[error("its address has more than {LONGEST} bytes")]
    TooLong,
    #[error("its address is not an absolute path")]
    Relative,
    #[error("its address is on another server")]
    OtherServer,
    #[error("it is outside of the source's folder")]
    OutsideBase,
    #[error("its name is not valid UTF-8")]
    NotUtf8,
    #[error("its path has a \".\" or \"..\" part")]
    Traversal,
    #[error("its name has a slash in it")]
    Slash,
    #[error("its name has a control character in it")]
    Control,
}

impl Href {
    /// Reads an href of a server's answer (RFC 4918, section 8.3).
    ///
    /// An absolute one must name the host that was asked. Its scheme and port are
    /// not looked at: a server behind a proxy does not know them, and nothing but
    /// the path is used.
    pub(super) fn parse(raw: &str, host: &str) -> Result<Self, HrefError> {
        if raw.len() > LONGEST {
            return Err(HrefError::TooLong);
        }
        // An answer that was not UTF-8 has been decoded with these in it.
        if raw.contains(char::REPLACEMENT_CHARACTER) {
            return Err(HrefError::NotUtf8);
        }
        let path = match raw.split_once("://") {
            Some((scheme, rest)) if is_http(scheme) => {
                let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
                let named = Url::parse(&format!("http://{authority}/")).ok();
                if named.as_ref().and_then(Url::host_str) != Some(host) {
                    return Err(HrefError::OtherServer);
                }
                rest.strip_prefix(authority).unwrap_or_default()
            }
            _ => raw,
        };
        match path {
            "" if raw.contains("://") => Ok(Self("/".to_owned())),
            path if path.starts_with('/') => Ok(Self(encode(path))),
            _ => Err(HrefError::Relative),
        }
    }

    /// The path of a URL.
    pub(super) fn of_url(url: &Url) -> Self {
        Self(encode(url.path()))
    }

    /// One that was stored as [`Href::as_str`] gave it.
    pub fn from_stored(stored: &str) -> Self {
        Self(encode(stored))
    }

    /// As it is requested.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has the form of a folder's address.
    pub(super) fn has_folder_form(&self) -> bool {
        self.0.ends_with('/')
    }

    /// The same with a slash at its end: servers send folders without one on a
    /// detour.
    pub(super) fn to_folder(&self) -> Self {
        if self.has_folder_form() {
            self.clone()
        } else {
            Self(format!("{}/", self.0))
        }
    }

    /// The same without a slash at its end; nothing for the root.
    pub(super) fn to_file(&self) -> Option<Self> {
        let path = self.0.trim_end_matches('/');
        (!path.is_empty()).then(|| Self(path.to_owned()))
    }

    /// The decoded parts of the path. Doubled slashes count as one.
    fn segments(&self) -> Result<Vec<String>, HrefError> {
        self.0
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| {
                let name = percent_decode_str(segment)
                    .decode_utf8()
                    .map_err(|_| HrefError::NotUtf8)?;
                if matches!(name.as_ref(), "." | "..") {
                    Err(HrefError::Traversal)
                } else if name.contains('/') {
                    Err(HrefError::Slash)
                } else if name.chars().any(char::is_control) {
                    Err(HrefError::Control)
                } else {
                    Ok(name.into_owned())
                }
            })
            .collect()
    }
}

impl fmt::Display for Href {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The folder that a source is: what paths are relative to.
#[derive(Clone, Debug)]
pub(super) struct Base {
    host: String,
    href: Href,
    segments: Vec<String>,
}

impl Base {
    pub fn new(url: &Url) -> Result<Self, HrefError> {
        let href = Href::of_url(url).to_folder();
        Ok(Self {
            host: url.host_str().unwrap_or_default().to_owned(),
            segments: href.segments()?,
            href,
        })
    }

    pub fn href(&self) -> &Href {
        &self.href
    }

    /// The host as URLs spell it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The decoded path of a resource below the base, without a slash at either
    /// end; empty for the base itself. It does not matter how the server encodes
    /// the base in its answers.
    pub fn relative(&self, href: &Href) -> Result<String, HrefError> {
        let segments = href.segments()?;
        match segments.strip_prefix(self.segments.as_slice()) {
            Some(below) => Ok(below.join("/")),
            None => Err(HrefError::OutsideBase),
        }
    }
}

fn is_http(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// Encodes what cannot stand in a request, and a `%` that begins no escape. Escapes
/// stay as they are.
fn encode(path: &str) -> String {
    let mut pieces = path.split('%');
    let mut encoded: String = pieces
        .next()
        .map(|piece| utf8_percent_encode(piece, UNSAFE).to_string())
        .unwrap_or_default();
    for piece in pieces {
        let is_escape =
            piece.len() >= 2 && piece.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
        encoded.push_str(if is_escape { "%" } else { "%25" });
        encoded.extend(utf8_percent_encode(piece, UNSAFE));
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(url: &str) -> Base {
        Base::new(&Url::parse(url).unwrap()).unwrap()
    }

    fn relative(base: &Base, raw: &str) -> Result<String, HrefError> {
        base.relative(&Href::parse(raw, base.host())?)
    }

    #[test]
    fn raw_characters_are_part_of_the_name() {
        let base = base("http://files.example/dav");
        for (raw, requested, path) in [
            ("/dav/a#1.md", "/dav/a%231.md", "a#1.md"),
            ("/dav/why?.md", "/dav/why%3F.md", "why?.md"),
            ("/dav/100%.md", "/dav/100%25.md", "100%.md"),
            ("/dav/100%25.md", "/dav/100%25.md", "100%.md"),
            ("/dav/a b+c.md", "/dav/a%20b+c.md", "a b+c.md"),
            ("/dav/a\\b.md", "/dav/a%5Cb.md", "a\\b.md"),
            ("/dav/%e4%bd%a0/ü.md", "/dav/%e4%bd%a0/%C3%BC.md", "你/ü.md"),
            ("http://files.example/dav/a#1.md", "/dav/a%231.md", "a#1.md"),
            ("https://FILES.example:8443/dav/x", "/dav/x", "x"),
            ("//dav//x/", "//dav//x/", "x"),
            (
                "/dav/see http://b.example/c",
                "/dav/see%20http://b.example/c",
                "see http:/b.example/c",
            ),
        ] {
            let href = Href::parse(raw, base.host()).unwrap();
            assert_eq!(href.as_str(), requested);
            assert_eq!(base.relative(&href).as_deref(), Ok(path), "{raw}");
            // What the URL parser makes of it is what was meant.
            let url = Url::parse(&format!("http://files.example{}", href.as_str())).unwrap();
            assert_eq!(url.path(), requested);
            assert!(url.query().is_none() && url.fragment().is_none());
        }
    }

    #[test]
    fn the_base_may_be_spelled_otherwise() {
        let base = base("http://files.example/~anna/m%c3%bcsli");
        assert_eq!(relative(&base, "/%7Eanna/m%C3%BCsli"), Ok(String::new()));
        assert_eq!(relative(&base, "/~anna/müsli/a.md"), Ok("a.md".to_owned()));
        assert_eq!(base.href().as_str(), "/~anna/m%c3%bcsli/");
    }

    #[test]
    fn nothing_leads_out() {
        let base = base("http://files.example/dav/");
        for (raw, reason) in [
            ("/x".repeat(4097).as_str(), HrefError::TooLong),
            ("/dav/../etc/passwd", HrefError::Traversal),
            ("/dav/%2e%2e/x", HrefError::Traversal),
            ("/dav/.%2E/x", HrefError::Traversal),
            ("/dav/./x", HrefError::Traversal),
            ("/dav/a%2Fb", HrefError::Slash),
            ("/dav/a%00b", HrefError::Control),
            ("/dav/a\nb", HrefError::Control),
            ("/dav/caf%E9.md", HrefError::NotUtf8),
            ("/dav/caf\u{fffd}.md", HrefError::NotUtf8),
            ("/davros/x", HrefError::OutsideBase),
            ("/", HrefError::OutsideBase),
            ("x.md", HrefError::Relative),
            ("", HrefError::Relative),
            ("http://other.example/dav/x", HrefError::OtherServer),
            (
                "http://files.example@other.example/dav/x",
                HrefError::OtherServer,
            ),
            ("ftp://files.example/dav/x", HrefError::Relative),
        ] {
            assert_eq!(relative(&base, raw), Err(reason), "{raw}");
        }
    }
}
