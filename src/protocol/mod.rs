//! The wire types: what the REST API, the sockets and the command line speak.
//!
//! Everything here compiles into the server, the browser and the command line,
//! and imports nothing else of this crate. Input is parsed, not checked: a value
//! of type [`SessionId`] or [`Line`] already keeps its rule, so code behind the
//! edge never asks again.

mod alert;
mod conflict;
mod context;
mod event;
mod frame;
mod inbox;
mod json;
mod peer;
pub mod plain;
mod problem;
mod requests;
mod session;
mod source;
mod status;
pub(crate) mod text;
mod time;

pub use alert::{Alert, AlertKind};
pub use conflict::{Claimed, Conflict, FILE_EVENT, FilePath, FilePaths, Holder, Repository};
pub use context::{ContextAnswer, FileHistory, FileVersion, MatchedFile, Snippet};
pub use event::{Event, EventData, EventId, EventType, MAX_DATA_BYTES};
pub use frame::{
    AckFrame, BroadcastFrame, BusFrame, ClientFrame, Control, DrainingFrame, ErrorFrame,
    HeartbeatFrame, ServerFrame, TokenFrame, WelcomeFrame, close_code,
};
pub use inbox::{
    Acknowledged, CaughtUp, EventIds, Inbox, PageSize, Receipt, ReceiptState, Receipts, WaitSeconds,
};
pub use json::{AnswerJson, ArgumentJson, PlainJson, ProblemJson};
pub use peer::{PEER_NOTICE, describe_conflict, quote_peer};
pub use problem::{FieldError, Problem, ProblemKind};
pub use requests::{
    ActivityPage, Health, HeartbeatAnswer, Messages, NewToken, Published, Redactions, Registered,
    Snapshot, TokenInfo,
};
pub use session::{
    ActiveSession, EndReason, Ended, ReportedStatus, SessionId, SessionStatus, format_uptime,
};
pub use source::{
    ContextChanges, ContextSync, ContextUpdated, NAMED_FILES, Pattern, Patterns, Secret,
    SkippedFile, Source, SourceAuth, SourceId, SourceName, SourceSettings, SyncProgress, SyncState,
    SyncStatus,
};
pub use status::{
    CacheMetrics, DeliveryMetrics, HISTORY_MINUTES, History, Metrics, RedisStatus, SocketMetrics,
    SourceCounts, Status, SyncMetrics,
};
pub use text::{
    AgentName, AgentType, AtMost, ContextSource, ContextSources, IdempotencyKey, Line, Reason,
    Recipient, Recipients, Tag, Tags, Task, TextError,
};
pub use time::Timestamp;

/// The prefix of every REST call and socket address (protocol document, "For Developers").
pub const API_PREFIX: &str = "/api/leitl";

/// The largest socket frame and REST body the server accepts, in bytes.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;
