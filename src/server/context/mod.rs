//! Context: what a user's agents read from the user's WebDAV folders (design,
//! section 7).
//!
//! A file's way: `scheduler` says that a source is due → `sync` reads what
//! changed with [`dav`] and [`parse`] and flips a new generation in the store →
//! `library` takes it into the user's [`index`] → `search` answers from there.
//!
//! Redis has everything; the indexes are derived from it and live in memory.
//!
//! Nobody reads another user's context: every key, every index and every share is
//! one user's, and the user is that of the caller's token.

pub mod dav;
pub mod filter;
pub mod index;
pub mod parse;

mod batches;
mod connect;
mod excerpt;
mod files;
mod history;
mod library;
mod scheduler;
mod search;
mod share;
mod sources;
mod sync;

pub use files::NewestText;
pub use history::HistoryRequest;
pub use search::ContextRequest;
pub use share::{share, share_limit};
pub use sources::{NewSource, SourceChange};

use std::{net::SocketAddr, sync::Arc};

use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{dav::NetworkGuard, library::Libraries};
use super::{
    auth::{Auth, Vault},
    config::Config,
    ops::{Alerts, Meters},
    store::Store,
};

/// How many files one node parses at once: a hostile PDF takes some 300 MB.
const PARSING: usize = 2;

/// Sources, their synchronisation, and search.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    store: Store,
    auth: Auth,
    vault: Vault,
    config: Config,
    /// Where this server itself is reached, for the built-in share.
    own: SocketAddr,
    /// For sources that users add.
    guard: NetworkGuard,
    libraries: Libraries,
    /// How many files are parsed at once.
    parsing: Arc<Semaphore>,
    /// Called when something became due here.
    due: Notify,
    meters: Meters,
    alerts: Alerts,
    node: String,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

/// What a context is made of.
pub struct Parts {
    /// Redis.
    pub store: Store,
    /// Tokens.
    pub auth: Auth,
    /// Credentials of sources.
    pub vault: Vault,
    /// The configuration.
    pub config: Config,
    /// Where the server listens.
    pub listens_at: SocketAddr,
    /// Where synchronisations and answers are counted.
    pub meters: Meters,
    /// Where a source that fails is told of.
    pub alerts: Alerts,
    /// This process's name.
    pub node: String,
    /// Work that a stop waits for.
    pub tasks: TaskTracker,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
}

impl Context {
    /// From its parts; [`Context::run`] must run for anything to be synchronised.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            store,
            auth,
            vault,
            config,
            listens_at,
            meters,
            alerts,
            node,
            tasks,
            stopping,
        } = parts;
        let mut own = listens_at;
        if own.ip().is_unspecified() {
            let loopback: std::net::IpAddr = match own {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            };
            own.set_ip(loopback);
        }
        Self(Arc::new(Inner {
            guard: NetworkGuard::new(config.context.allowed_networks.clone(), None),
            store,
            auth,
            vault,
            config,
            own,
            libraries: Libraries::default(),
            parsing: Arc::new(Semaphore::new(PARSING)),
            due: Notify::new(),
            meters,
            alerts,
            node,
            tasks,
            stopping,
        }))
    }
}
