//! Answering `GET context`.

use std::{str::FromStr, time::Duration};

use futures::future::try_join_all;

use super::{
    Context,
    batches::by_bytes,
    excerpt::cut_to_tokens,
    index::{Filter, Found, Hit, Query},
    library::Shelf,
    parse,
};
use crate::{
    protocol::{ContextAnswer, MatchedFile, Problem, ProblemKind, Snippet, SourceId},
    server::{
        auth::Caller,
        ops::Count,
        store::{SourceAddress, VersionRecord},
    },
};

/// How long a search waits for the synchronisation it asked for.
const SYNC_LIMIT: Duration = Duration::from_secs(60);

/// How long a search waits for the share to be read after something was put there:
/// who has just put a file there expects it to be found.
const SHARE_LIMIT: Duration = Duration::from_secs(2);

/// How many tokens of content an answer has where nobody says: as much as large models
/// take in at all, so that no question brings half a gigabyte.
const DEFAULT_TOKENS: u64 = 200_000;

/// How many it has at most, whoever asks for more.
const MOST_TOKENS: u64 = 1_000_000;

/// How many characters a snippet has.
const SNIPPET_CHARACTERS: usize = 240;

/// What an agent asks.
#[derive(Clone, Debug)]
pub struct ContextRequest {
    /// The words.
    pub query: String,
    /// Only files of these types; of any if empty.
    pub types: Vec<String>,
    /// At most so many files.
    pub max_results: MaxResults,
    /// At most so many tokens of content in all, by default 200,000.
    pub max_tokens: Option<u64>,
    /// Only this source, by id or name.
    pub source: Option<String>,
    /// Whether to synchronise first.
    pub sync: bool,
}

/// 1 to 100, by default 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxResults(usize);

impl Default for MaxResults {
    fn default() -> Self {
        Self(10)
    }
}

impl FromStr for MaxResults {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(count @ 1..=100) => Ok(Self(count)),
            _ => Err("must be 1 to 100"),
        }
    }
}

impl Context {
    /// The files of the caller that match a query, best first.
    ///
    /// # Errors
    /// 422 for a query that cannot be read or a source that is not there, 503 if the
    /// synchronisation that was asked for does not end in time or Redis is away.
    pub async fn search(
        &self,
        caller: &Caller,
        request: ContextRequest,
    ) -> Result<ContextAnswer, Problem> {
        let query = Query::parse(&request.query).map_err(|rule| Problem::field("query", rule))?;
        self.ensure_share(caller).await?;
        let source = match &request.source {
            Some(name) => Some(self.named_source(caller, name).await?),
            None => None,
        };
        let waited = if request.sync {
            self.sync_and_wait(caller, source.as_ref()).await?;
            true
        } else {
            self.wait_for_share(caller).await?
        };
        let library = self.0.libraries.of(&caller.workspace, &caller.user);
        let shelf = library.refresh(&self.0.store).await?;
        let found = find(&shelf, query, &request, source).await?;
        let total_matches = found.total as u64;
        let matched_files = self.read(caller, &shelf, found, request.max_tokens).await?;
        self.0.meters.of(&caller.workspace).count(if waited {
            Count::CacheMiss
        } else {
            Count::CacheHit
        });
        Ok(ContextAnswer {
            query: request.query,
            total_matches,
            matched_files,
            cached: !waited,
            generation: shelf.generations.all,
        })
    }

    /// Synchronises one source or all of the caller's.
    async fn sync_and_wait(
        &self,
        caller: &Caller,
        source: Option<&SourceId>,
    ) -> Result<(), Problem> {
        let sources = match source {
            Some(source) => vec![source.clone()],
            None => self.own_source_ids(caller).await?,
        };
        let waits = sources.into_iter().map(|source| async {
            let address = address_of(caller, source);
            let request = self.request_sync(&address).await?;
            self.wait_for(&address, request, SYNC_LIMIT).await
        });
        if try_join_all(waits).await?.into_iter().all(|served| served) {
            return Ok(());
        }
        Err(Problem::new(
            ProblemKind::Unavailable,
            format!(
                "the synchronisation takes longer than {} s; ask again without sync",
                SYNC_LIMIT.as_secs()
            ),
        )
        .retry_after(10))
    }

    /// Waits for the share if something was put there; whether it did.
    async fn wait_for_share(&self, caller: &Caller) -> Result<bool, Problem> {
        let address = address_of(caller, SourceId::share());
        let sync = self.0.store.sync_record(&address).await?;
        if !sync.is_wanted() {
            return Ok(false);
        }
        self.wait_for(&address, sync.requests, SHARE_LIMIT).await?;
        Ok(true)
    }

    /// Reads the texts of hits, within the limit of tokens: the best file gets what it
    /// needs, then the next.
    async fn read(
        &self,
        caller: &Caller,
        shelf: &Shelf,
        found: Found,
        max_tokens: Option<u64>,
    ) -> Result<Vec<MatchedFile>, Problem> {
        let Found {
            hits, highlighter, ..
        } = found;
        let files: Vec<(SourceId, Hit, VersionRecord)> = hits
            .into_iter()
            .filter_map(|hit| {
                let source: SourceId = hit.source.parse().ok()?;
                let version = shelf.files.get(&source)?.get(&hit.path)?.clone();
                Some((source, hit, version))
            })
            .collect();
        let mut left = max_tokens.unwrap_or(DEFAULT_TOKENS).min(MOST_TOKENS);
        let mut matched = Vec::with_capacity(files.len());
        for batch in by_bytes(&files, |(.., version)| version.version.bytes) {
            let wanted: Vec<_> = batch
                .iter()
                .map(|(source, _, version)| {
                    let hash = version.version.hash.clone().unwrap_or_default();
                    (address_of(caller, source.clone()), hash)
                })
                .collect();
            let texts = self.0.store.blobs(&wanted).await?;
            for ((source, hit, version), text) in batch.iter().zip(texts) {
                // It was replaced meanwhile, many times over.
                let Some(text) = text else { continue };
                let snippet = highlighter.snippet(&text, SNIPPET_CHARACTERS);
                let (content, tokens) = if version.tokens <= left {
                    (text.as_str(), version.tokens)
                } else {
                    let cut = cut_to_tokens(&text, left);
                    (cut, parse::estimate_tokens(cut) as u64)
                };
                left -= tokens.min(left);
                let truncated = content.len() < text.len();
                matched.push(MatchedFile {
                    path: hit.path.clone(),
                    source: source.clone(),
                    content: content.to_owned(),
                    snippet: Snippet {
                        text: snippet.text,
                        highlights: snippet.highlights,
                    },
                    relevance: hit.relevance,
                    version: version.version.version,
                    updated_at: version.version.updated_at,
                    truncated,
                });
            }
        }
        Ok(matched)
    }
}

/// Searches on a thread of its own, so that sockets do not wait for it.
async fn find(
    shelf: &Shelf,
    query: Query,
    request: &ContextRequest,
    source: Option<SourceId>,
) -> Result<Found, Problem> {
    let Some(index) = shelf.index() else {
        return Ok(Found::default());
    };
    let types: Vec<String> = request
        .types
        .iter()
        .map(|name| parse::canonical_type(name))
        .collect();
    let MaxResults(limit) = request.max_results;
    let searching = tokio::task::spawn_blocking(move || {
        let filter = Filter {
            file_types: &types,
            source: source.as_ref().map(SourceId::as_str),
        };
        index.search(&query, &filter, limit)
    });
    let found = searching
        .await
        .map_err(|_| ())
        .and_then(|found| found.map_err(|error| tracing::error!("{error}")));
    match found {
        Ok(found) => Ok(found),
        Err(()) => Err(Problem::new(
            ProblemKind::Internal,
            "the search index failed",
        )),
    }
}

/// The address of one of the caller's own sources.
pub(super) fn address_of(caller: &Caller, source: SourceId) -> SourceAddress {
    SourceAddress {
        workspace: caller.workspace.clone(),
        user: caller.user.clone(),
        source,
    }
}
