//! Sources of context: the WebDAV folders that a user's agents read.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{AtMost, Line, Timestamp, text::text_on_the_wire};

/// What a source is called.
pub type SourceName = Line<1, 64>;

/// A file pattern such as `docs/**/*.md`, on paths below the source's folder.
pub type Pattern = Line<1, 200>;

/// The patterns of one source.
pub type Patterns = AtMost<Pattern, 64>;

/// The id of a source, unique for its user. The built-in share is
/// [`SourceId::share`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceId(String);

impl SourceId {
    /// The built-in share, which every user has.
    pub fn share() -> Self {
        Self("share".to_owned())
    }

    /// Whether this is the built-in share.
    pub fn is_share(&self) -> bool {
        self.0 == "share"
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SourceId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=32).contains(&text.len()) || !text.bytes().all(allowed) {
            return Err("must be the id of a source: 1 to 32 of a-z, 0-9, '-'");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

text_on_the_wire!(SourceId);

/// A password or token on its way in: 1 to 4,096 bytes. No answer has one, and its
/// debug form does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Secret(String);

impl Secret {
    /// Whether a text is this secret; takes as long for a wrong one as for the right
    /// one of the same length.
    pub fn is(&self, text: &str) -> bool {
        let difference = self
            .0
            .bytes()
            .zip(text.bytes())
            .fold(0, |difference, (a, b)| difference | (a ^ b));
        self.0.len() == text.len() && std::hint::black_box(difference) == 0
    }

    /// The secret itself.
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl TryFrom<String> for Secret {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if (1..=4096).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err("must have 1 to 4,096 bytes")
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[hidden]")
    }
}

/// How the server proves to a source who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceAuth {
    /// Not at all.
    #[default]
    None,
    /// With user and password (RFC 7617).
    Basic,
    /// With user and password, which are not sent themselves (RFC 7616).
    Digest,
    /// With a token (RFC 6750).
    Bearer,
}

impl SourceAuth {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "basic",
            Self::Digest => "digest",
            Self::Bearer => "bearer",
        }
    }
}

impl FromStr for SourceAuth {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::None, Self::Basic, Self::Digest, Self::Bearer]
            .into_iter()
            .find(|auth| auth.as_str() == text)
            .ok_or("must be none, basic, digest or bearer")
    }
}

/// A source as `GET sources` lists it. Of other users' sources only the id, the
/// name, the owner and the health are there; credentials never are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// What its user called it.
    pub name: String,
    /// The user it belongs to.
    pub owner: String,
    /// What only the owner sees.
    #[serde(flatten)]
    pub settings: Option<SourceSettings>,
    /// How its synchronisation goes.
    pub sync: SyncStatus,
}

/// What the owner of a source set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceSettings {
    /// The folder. That of the built-in share is a path on this server.
    pub url: String,
    /// How the server proves who it is.
    pub auth: SourceAuth,
    /// The user name it proves that with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// How often it is synchronised, in seconds.
    pub interval_seconds: u64,
    /// Only files that match one of these; empty for all.
    pub include: Vec<Pattern>,
    /// No files that match one of these.
    pub exclude: Vec<Pattern>,
    /// Larger files are skipped, in bytes.
    pub max_file_bytes: u64,
    /// A folder with more files is refused.
    pub max_files: u64,
}

/// Whether a source is being synchronised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncState {
    /// Not now; the last one, if there was one, was right.
    #[default]
    Idle,
    /// Right now.
    Running,
    /// Not now; the last one failed, and `error` says why.
    Failed,
}

impl SyncState {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Failed => "failed",
        }
    }
}

/// How the synchronisation of a source goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SyncStatus {
    /// Whether it runs.
    pub state: SyncState,
    /// How often its content has changed.
    pub generation: u64,
    /// When the last one began.
    pub last_started: Option<Timestamp>,
    /// When the last one ended.
    pub last_finished: Option<Timestamp>,
    /// When the next one is due.
    pub next_at: Option<Timestamp>,
    /// What went wrong, in words.
    pub error: Option<String>,
    /// How many files can be found.
    pub files: u64,
    /// Their size at the source, in bytes.
    pub bytes: u64,
    /// Files that cannot be found, and why: at most [`NAMED_FILES`].
    pub skipped: Vec<SkippedFile>,
    /// How many there are in all.
    #[serde(default)]
    pub skipped_total: u64,
    /// Files and folders (these end in `/`) that are shown as they were, because
    /// they could not be read now: at most [`NAMED_FILES`].
    pub stale: Vec<String>,
    /// How many there are in all.
    #[serde(default)]
    pub stale_total: u64,
    /// How far a running one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<SyncProgress>,
}

impl SyncStatus {
    /// The same without the names of files: they are many, and whoever wants them
    /// asks `GET sources`.
    pub fn brief(self) -> Self {
        Self {
            skipped: Vec::new(),
            stale: Vec::new(),
            ..self
        }
    }
}

/// How many skipped and stale files a [`SyncStatus`] names.
pub const NAMED_FILES: usize = 500;

/// A file that is at the source and cannot be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedFile {
    /// Its path below the source's folder.
    pub path: String,
    /// Why, in words.
    pub reason: String,
}

/// How far a synchronisation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncProgress {
    /// Files seen so far.
    pub listed: u64,
    /// Files to be read, as far as is known.
    pub wanted: u64,
    /// Files read so far.
    pub read: u64,
}

/// The `data` of `context.sync`: what everyone sees of a synchronisation. For
/// the owner the whole `sync` comes with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContextSync {
    /// The source.
    pub source_id: SourceId,
    /// Its name.
    pub source: String,
    /// How it goes.
    pub state: SyncState,
    /// All of it; for the owner alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync: Option<SyncStatus>,
}

/// The `data` of `context.updated`: what everyone sees of a new generation. For
/// the owner `changes` comes with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContextUpdated {
    /// The source.
    pub source_id: SourceId,
    /// Its name.
    pub source: String,
    /// The new generation.
    pub generation: u64,
    /// What is new in it; for the owner alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<ContextChanges>,
    /// How the synchronisation ended; for the owner alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync: Option<SyncStatus>,
}

/// What a generation changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextChanges {
    /// How many files are new.
    pub added: u64,
    /// How many have another content.
    pub changed: u64,
    /// How many are gone.
    pub removed: u64,
    /// The first of their paths, as many as fit into an event.
    pub paths: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_cannot_break_out_of_a_key() {
        for wrong in ["", "a:b", "A", "a/b", "{w}", &"a".repeat(33)] {
            assert!(wrong.parse::<SourceId>().is_err(), "{wrong:?} was taken");
        }
        assert!("share".parse::<SourceId>().unwrap().is_share());
    }

    #[test]
    fn another_users_source_has_no_settings() {
        let source = Source {
            id: SourceId::share(),
            name: "share".into(),
            owner: "ann".into(),
            settings: None,
            sync: SyncStatus::default(),
        };
        let json = serde_json::to_value(&source).unwrap();
        assert!(json.get("url").is_none() && json.get("settings").is_none());
        assert_eq!(serde_json::from_value::<Source>(json).unwrap(), source);
    }
}
