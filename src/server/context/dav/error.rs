//! What can go wrong with a source, in words for the person who set it up.

use std::{error::Error, io};

use super::network::{LookupFailed, Refused};

/// Why a source could not be read. No text of it has credentials or the query of a
/// URL in it.
#[derive(Debug, thiserror::Error)]
pub enum DavError {
    /// The source's URL cannot be one.
    #[error("the source's address {0}")]
    Address(String),
    /// The HTTP client could not be made.
    #[error("cannot prepare connections: {0}")]
    Setup(String),
    /// The network guard says no.
    #[error("refused to connect to {host}: {reason}")]
    RefusedNetwork {
        /// Host and port.
        host: String,
        /// Names the setting that would allow it.
        reason: String,
    },
    /// DNS knows no such name, or does not answer.
    #[error("the name of {host} cannot be resolved: {reason}")]
    Lookup {
        /// Host and port.
        host: String,
        /// What the resolver says.
        reason: String,
    },
    /// Nothing listens there.
    #[error("{host} refuses connections: nothing listens there, or a firewall is in between")]
    ConnectionRefused {
        /// Host and port.
        host: String,
    },
    /// The connection failed or broke.
    #[error("the connection to {host} failed: {reason}")]
    Connection {
        /// Host and port.
        host: String,
        /// What the operating system or the HTTP library says.
        reason: String,
    },
    /// There is no secure connection, mostly for the certificate's sake.
    #[error("no secure connection to {host}: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// What the TLS library says.
        reason: String,
    },
    /// No answer, or no end of it, in time.
    #[error("{host} did not answer in time")]
    Timeout {
        /// Host and port.
        host: String,
    },
    /// 401.
    #[error("the server refuses the credentials (401): {0}")]
    Unauthorized(String),
    /// 403.
    #[error("the server forbids access to {path} (403)")]
    Forbidden {
        /// As it was asked for.
        path: String,
    },
    /// 404 or 410.
    #[error("the server has no {path} ({status})")]
    NotFound {
        /// As it was asked for.
        path: String,
        /// 404 or 410.
        status: u16,
    },
    /// The server speaks HTTP but not WebDAV at this address.
    #[error("there is no WebDAV folder at this address: {0}")]
    NotWebDav(String),
    /// The address is one of a file.
    #[error("the address is that of a file, and a source is a folder")]
    NotAFolder,
    /// The server's paths are not those of the source's URL.
    #[error(
        "the server does not list the folder under its own address, but as {0}: \
             is there a proxy in between that changes paths?"
    )]
    OtherPath(String),
    /// Another status that says no.
    #[error("the server answers {status} for {path}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// As it was asked for.
        path: String,
    },
    /// The server sends us to where credentials must not follow by themselves.
    #[error("the server redirects to {to}: if that is right, make it the source's address")]
    Redirected {
        /// The new address, without query.
        to: String,
    },
    /// More detours than anybody needs.
    #[error("the server redirects in a circle")]
    TooManyRedirects,
    /// More bytes than are wanted.
    #[error("{path} has more than {limit} bytes")]
    TooLarge {
        /// As it was asked for.
        path: String,
        /// In bytes.
        limit: u64,
    },
    /// The answer came, but makes no sense.
    #[error("the server's answer cannot be read: {0}")]
    Malformed(String),
    /// The answer's end did not come.
    #[error("the server's answer for {path} was cut off: {reason}")]
    Cut {
        /// As it was asked for.
        path: String,
        /// What the HTTP library says.
        reason: String,
    },
    /// The sync token is no longer good: start again without one (RFC 6578, section
    /// 3.2).
    #[error("the server has forgotten the sync token")]
    TokenInvalid,
}

impl DavError {
    /// Whether the same request may succeed later though nobody changes anything.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Status { status, .. } => {
                matches!(status, 408 | 423 | 425 | 429 | 500 | 502..=504 | 507)
            }
            other => other.is_of_transport(),
        }
    }

    /// Whether the answer got lost, rather than being one that we do not like.
    pub(super) fn is_of_transport(&self) -> bool {
        matches!(
            self,
            Self::Lookup { .. }
                | Self::ConnectionRefused { .. }
                | Self::Connection { .. }
                | Self::Timeout { .. }
                | Self::Cut { .. }
        )
    }

    /// What went wrong before there was an answer.
    pub(super) fn of_connection(host: &str, error: &reqwest::Error) -> Self {
        let host = host.to_owned();
        let chain = || std::iter::successors(Some(error as &dyn Error), |&error| error.source());
        if let Some(refused) = chain().find_map(|error| error.downcast_ref::<Refused>()) {
            return Self::RefusedNetwork {
                host,
                reason: refused.to_string(),
            };
        }
        if let Some(failed) = chain().find_map(|error| error.downcast_ref::<LookupFailed>()) {
            return Self::Lookup {
                host,
                reason: failed.to_string(),
            };
        }
        if error.is_timeout() {
            return Self::Timeout { host };
        }
        let kind = chain()
            .find_map(|error| error.downcast_ref::<io::Error>())
            .map(|error| innermost(error).kind());
        let reason = deepest(error);
        match kind {
            Some(io::ErrorKind::ConnectionRefused) => Self::ConnectionRefused { host },
            // How rustls says that it does not trust or not understand the other side.
            Some(io::ErrorKind::InvalidData) if error.is_connect() => Self::Tls { host, reason },
            _ => Self::Connection { host, reason },
        }
    }

    /// What went wrong while the answer's body came.
    pub(super) fn of_body(host: &str, path: &str, error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout {
                host: host.to_owned(),
            };
        }
        Self::Cut {
            path: path.to_owned(),
            reason: deepest(error),
        }
    }
}

/// TLS wraps its errors twice, and `source()` skips what an I/O error wraps.
fn innermost(error: &io::Error) -> &io::Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(inner) => innermost(inner),
        None => error,
    }
}

/// A server's words, fit to be shown: no control characters, and not too many.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 200;
    let mut characters = text.chars().map(|character| {
        if character.is_control() {
            '\u{fffd}'
        } else {
            character
        }
    });
    let mut shown: String = characters.by_ref().take(MOST).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// The words of the first cause: those above it repeat the URL or say less.
fn deepest(error: &reqwest::Error) -> String {
    std::iter::successors(error.source(), |&error| error.source())
        .last()
        .map_or_else(|| "it ended".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_say_is_cut_and_cleaned() {
        assert_eq!(shown("a\u{1b}[31mb\n"), "a\u{fffd}[31mb\u{fffd}");
        assert_eq!(shown(&"ü".repeat(200)), "ü".repeat(200));
        assert_eq!(shown(&"ü".repeat(201)), "ü".repeat(200) + "…");
    }

    #[test]
    fn some_statuses_pass() {
        let passes = |status| {
            DavError::Status {
                status,
                path: String::new(),
            }
            .is_passing()
        };
        for status in [408, 423, 425, 429, 500, 502, 503, 504, 507] {
            assert!(passes(status), "{status}");
        }
        for status in [207, 304, 400, 405, 409, 412, 501, 505] {
            assert!(!passes(status), "{status}");
        }
    }
}
