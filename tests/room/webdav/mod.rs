//! WebDAV servers to read from: the programs that people really run, over a tree
//! with what goes wrong in practice, and one that says whatever a test tells it to.
//!
//! - [`program`]: starts a server program on a free port and stops it;
//!   [`apache`], [`nginx`], [`lighttpd`], [`rclone`] and [`wsgidav`] know how each
//!   is configured. `.ci/setup test` installs them.
//! - [`tree`]: the difficult tree.
//! - [`scripted`]: a server whose answers are a function of the test, and
//!   [`answers`] to give.
//! - [`collection`]: for the scripted server, a folder in memory that knows
//!   RFC 6578, which none of the programs does.

mod apache;
mod lighttpd;
mod nginx;
mod rclone;
mod wsgidav;

pub mod answers;
pub mod collection;
pub mod program;
pub mod scripted;
pub mod tree;

mod collection_tests;
mod program_tests;
mod scripted_tests;
mod tree_tests;

use std::path::Path;

use program::{Program, Site};

/// The one user that the programs let in.
pub const USER: &str = "anna";

/// Her password: with a colon, since Basic separates by the first one alone
/// (RFC 7617 section 2), and with what a URL or a header would escape.
pub const PASSWORD: &str = "correct: horse \"9%\"";

/// The realm of the programs that ask for one.
const REALM: &str = "leitl";

/// A line for htpasswd files: SHA-1 of the password, which Apache, nginx and
/// lighttpd all know. `printf %s "$PASSWORD" | openssl sha1 -binary | base64`
const HTPASSWD: &str = "anna:{SHA}EigpWbR+FeyYPgdk/e8+DeF86YE=\n";

/// A program that serves WebDAV, and how it asks who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Apache with mod_dav and Basic authentication.
    ApacheBasic,
    /// Apache with mod_dav and Digest authentication, with nonces that are good
    /// for one second.
    ApacheDigest,
    /// nginx with its own DAV module and dav-ext, Basic.
    Nginx,
    /// lighttpd with mod_webdav, Basic.
    Lighttpd,
    /// `rclone serve webdav`, Basic.
    Rclone,
    /// wsgidav on cheroot, Basic.
    Wsgidav,
}

impl Kind {
    /// What a source of this server says under `auth`.
    pub fn auth(self) -> &'static str {
        match self {
            Self::ApacheDigest => "digest",
            _ => "basic",
        }
    }

    /// Serves a folder until the answer is dropped; ready when this returns.
    pub async fn serve(self, folder: &Path) -> Program {
        Program::start(folder, |site: &Site| match self {
            Self::ApacheBasic => apache::basic(site),
            Self::ApacheDigest => apache::digest(site),
            Self::Nginx => nginx::serve(site),
            Self::Lighttpd => lighttpd::serve(site),
            Self::Rclone => rclone::serve(site),
            Self::Wsgidav => wsgidav::serve(site),
        })
        .await
    }
}

/// Makes a test of each server out of a function that takes its [`Kind`], so that
/// a failure says which server it was, and they run side by side.
macro_rules! on_every_server {
    ($test:ident) => {
        $crate::webdav::on_servers!($test:
            apache_basic = ApacheBasic,
            apache_digest = ApacheDigest,
            nginx = Nginx,
            lighttpd = Lighttpd,
            rclone = Rclone,
            wsgidav = Wsgidav,
        );
    };
}

/// As [`on_every_server`], of those that are named.
macro_rules! on_servers {
    ($test:ident: $($name:ident = $kind:ident),+ $(,)?) => {
        mod $test {
            $(#[tokio::test]
            async fn $name() {
                super::$test($crate::webdav::Kind::$kind).await;
            })+
        }
    };
}
pub(crate) use {on_every_server, on_servers};
