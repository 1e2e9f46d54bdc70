//! The WebDAV client of sources.
//!
//! It reads and never writes. What servers get wrong is dealt with here, so that a
//! sync sees folders, files and errors in words.
//!
//! | file | what |
//! |---|---|
//! | `client` | what a sync asks: probe, list, changes since, fetch |
//! | `transport` | one request and its whole answer: redirects, limits, deadline |
//! | `retry` | when to try again, and after what pause |
//! | `authorization`, `challenge`, `credentials` | Basic, Digest, bearer |
//! | `network` | which addresses may be connected to |
//! | `multistatus`, `xml` | the XML of answers, as it was sent |
//! | `listing` | what it says about files and folders |
//! | `href`, `etag`, `dates` | the values in it, as servers spell them |
//! | `error`, `limits` | what can go wrong; how long and how much |
//!
//! reqwest_dav gives transport and authentication. Its listings are not used: one
//! entry that it cannot read fails all of them, and it fetches by decoded names.

mod authorization;
mod challenge;
mod client;
mod credentials;
mod dates;
mod error;
mod etag;
mod href;
mod limits;
mod listing;
mod multistatus;
mod network;
mod retry;
mod transport;
mod xml;

#[cfg(test)]
mod scripted_server;

pub use client::{Capabilities, Client, Fetched, File};
pub use credentials::Credentials;
pub use error::DavError;
pub use etag::Etag;
pub use href::Href;
pub use limits::ClientLimits;
pub use listing::{Changes, Entry, Listing, Unreadable};
pub use network::NetworkGuard;
