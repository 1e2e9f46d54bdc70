//! Context: what agents find in their user's sources (protocol document, "Get
//! WebDAV Context").

use serde::{Deserialize, Serialize};

use super::{SourceId, Timestamp};

/// The answer of `GET context`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContextAnswer {
    /// What was asked.
    pub query: String,
    /// The best files, best first.
    pub matched_files: Vec<MatchedFile>,
    /// How many files match in all.
    pub total_matches: u64,
    /// Whether this came from what was there, without waiting for a
    /// synchronisation.
    pub cached: bool,
    /// How often the user's context has changed.
    pub generation: u64,
}

/// A file that matches a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatchedFile {
    /// Its path below the source's folder.
    pub path: String,
    /// The source.
    pub source: SourceId,
    /// Its text, or as much of it as the query's `max_tokens` leaves.
    pub content: String,
    /// The part that shows why it matches.
    pub snippet: Snippet,
    /// The share of the best possible match of this query that the file reaches:
    /// 0 to 1. It is no probability.
    pub relevance: f32,
    /// How often its content has changed since it was first seen, from 1.
    pub version: u64,
    /// When this version was made, as the source says.
    pub updated_at: Timestamp,
    /// Whether `content` is only a part of it.
    pub truncated: bool,
}

/// A part of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// The text.
    pub text: String,
    /// Where the words of the query stand in it: from and to, in Unicode
    /// characters.
    pub highlights: Vec<(usize, usize)>,
}

/// The answer of `GET context/history`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileHistory {
    /// The file's path below the source's folder.
    pub path: String,
    /// The source.
    pub source: SourceId,
    /// Its last versions, newest first.
    pub versions: Vec<FileVersion>,
    /// The text of the version that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// One version of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileVersion {
    /// Its number, from 1.
    pub version: u64,
    /// SHA-256 of its canonical text, in hexadecimal; absent when the file was
    /// gone, or held no text that could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// When it was made, as the source says.
    pub updated_at: Timestamp,
    /// The size of its text, in bytes.
    pub bytes: u64,
}
