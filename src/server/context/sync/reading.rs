//! Fetching and parsing files, several at once.

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use super::plan::Wanted;
use crate::{
    protocol::{SourceId, Timestamp},
    server::context::{
        dav::{Client, DavError, Etag, Fetched},
        parse::{self, Limits, Skipped, Text},
    },
};

/// How long one file may take to parse.
const PARSE_LIMIT: Duration = Duration::from_secs(30);

/// What became of a file that was to be read.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Its text.
    Text {
        /// The text.
        text: Text,
        /// The ETag it was read with.
        etag: Option<String>,
        /// When it was changed, as the answer says.
        modified: Option<Timestamp>,
        /// How many bytes came.
        bytes: u64,
    },
    /// It is still the version that is known.
    NotModified,
    /// It cannot be found, and why.
    Skipped(String),
    /// It could not be read now, and why.
    Failed(String),
}

/// Whether an error is not about one file: then the others need not be tried.
fn is_of_whole_source(error: &DavError) -> bool {
    matches!(
        error,
        DavError::ConnectionRefused { .. }
            | DavError::Lookup { .. }
            | DavError::RefusedNetwork { .. }
    )
}

/// Reads files of one source.
#[derive(Clone)]
pub(super) struct Reader {
    pub client: Client,
    pub source: SourceId,
    pub max_file_bytes: u64,
    pub limits: Limits,
    /// A PDF may take hundreds of megabytes while it is parsed.
    pub parsing: Arc<Semaphore>,
}

impl Reader {
    /// Fetches and parses a file.
    ///
    /// # Errors
    /// Only what concerns the whole source: that it does not let us in any more.
    pub async fn read(&self, wanted: &Wanted) -> Result<Outcome, DavError> {
        let too_large = || {
            Outcome::Skipped(format!(
                "larger than {} bytes, the limit of this source",
                self.max_file_bytes
            ))
        };
        if wanted.size.is_some_and(|size| size > self.max_file_bytes) {
            return Ok(too_large());
        }
        let known = wanted.known_etag.as_deref().and_then(Etag::parse);
        let fetched = self
            .client
            .fetch(&wanted.href, self.max_file_bytes, known.as_ref())
            .await;
        let file = match fetched {
            Ok(Fetched::NotModified) => return Ok(Outcome::NotModified),
            Ok(Fetched::File(file)) => file,
            Err(DavError::TooLarge { .. }) => return Ok(too_large()),
            Err(error) if is_of_whole_source(&error) => return Err(error),
            Err(error) => return Ok(Outcome::Failed(error.to_string())),
        };
        let bytes = file.bytes.len() as u64;
        let path = wanted.path.clone();
        let content_type = wanted
            .content_type
            .clone()
            .or_else(|| file.content_type.clone());
        let limits = self.limits;
        let permit = Arc::clone(&self.parsing).acquire_owned().await;
        let parsing = tokio::task::spawn_blocking(move || {
            // Held by the thread, which goes on even where nobody waits for it.
            let _permit = permit;
            parse::extract(&path, content_type.as_deref(), &file.bytes, &limits)
        });
        let parsed: Result<Text, Skipped> = match tokio::time::timeout(PARSE_LIMIT, parsing).await {
            Ok(Ok(parsed)) => parsed,
            Ok(Err(_)) => {
                tracing::error!(source = %self.source, "a parser failed on a file");
                return Ok(Outcome::Skipped("its parser failed on it".to_owned()));
            }
            Err(_) => {
                return Ok(Outcome::Skipped(format!(
                    "took longer than {} s to parse",
                    PARSE_LIMIT.as_secs()
                )));
            }
        };
        Ok(match parsed {
            Ok(text) => Outcome::Text {
                text,
                etag: file.etag.map(|etag| etag.to_string()),
                modified: file.modified,
                bytes,
            },
            Err(skipped) => Outcome::Skipped(skipped.to_string()),
        })
    }
}
