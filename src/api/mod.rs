//! The REST API under `/api/leitl`, as Leptos server functions: thin, one file a
//! resource. Each reads the caller, hands parsed values to `server` and returns.
//!
//! In the browser the same functions would be the calls to it; the dashboard has a
//! smaller way, `ui::calls`. During server-side rendering they run directly, without
//! the HTTP layers, so each authorises in its body.
//!
//! Query arguments are text and parsed here, because the query decoder cannot
//! name the field that was wrong.

#[cfg(feature = "ssr")]
mod arguments;
mod context;
mod events;
mod files;
mod health;
mod inbox;
mod sessions;
mod snapshot;
mod sources;
mod status;
mod tokens;

pub use context::{ContextHistory, SearchContext, context_history, search_context};
pub use events::{Broadcast, activity, broadcast, messages};
pub use files::{ClaimFiles, claim_files};
pub use health::health;
pub use inbox::{
    AcknowledgeMessages, CatchUp, DrainInbox, MessageReceipts, acknowledge_messages, catch_up,
    drain_inbox, message_receipts,
};
pub use sessions::{
    ActiveSessions, SessionEnd, SessionHeartbeat, SessionRegister, SessionUpdate, active_sessions,
    session_end, session_heartbeat, session_register, session_update,
};
pub use snapshot::snapshot;
pub use sources::{
    AddSource, DeleteSource, ListSources, SyncSource, UpdateSource, add_source, delete_source,
    list_sources, sync_source, update_source,
};
pub use status::status;
pub use tokens::{create_token, list_tokens, revoke_token};

use server_fn::codec::Post;

use crate::protocol::{AnswerJson, ArgumentJson};

/// Arguments as JSON in the body, with errors that name the field.
pub type JsonBody = Post<ArgumentJson>;

/// Answers as JSON.
pub type JsonAnswer = Post<AnswerJson>;
