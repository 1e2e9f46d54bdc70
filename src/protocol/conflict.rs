//! Who works on which file: broadcast, never locked (protocol document, "See each
//! other's work without conflicts").

use serde::{Deserialize, Serialize};

use super::{AgentName, AtMost, Line, SessionId, Timestamp};

/// Which repository a file is in, such as `github.com/rust-lang/rust`. Two agents mean
/// the same if they write the same.
pub type Repository = Line<1, 300>;
/// A file's path below its repository's root.
pub type FilePath = Line<1, 400>;
/// The files of one report.
pub type FilePaths = AtMost<FilePath, 32>;

/// The type of the events that tell who works on which files.
pub const FILE_EVENT: &str = "x.file";

/// A session that works on a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The session.
    pub session_id: SessionId,
    /// The name its agent goes by.
    pub agent_name: AgentName,
    /// Whose it is, as the server verified it.
    pub user: String,
    /// When it first reported the file, with no pause since then as long as the window.
    pub since: Timestamp,
}

/// A file on which several sessions work; also the `data` of `conflict.warning`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its repository.
    pub repository: Repository,
    /// Its path there.
    pub path: FilePath,
    /// Who works on it. The answer to a report leaves out whoever reports.
    pub sessions: Vec<Holder>,
}

/// The answer of `POST files/claim`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// The files on which others work too.
    pub conflicts: Vec<Conflict>,
    /// For how long a report counts, in seconds.
    pub window_seconds: u64,
}
