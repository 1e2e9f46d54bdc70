//! The search index of one user's context: in memory, derived from the stored
//! text, thrown away at will.
//!
//! It keeps no text, only which words stand where; whoever asks loads the text of
//! the few best files and lets [`Found::highlighter`] cut it.
//!
//! - `words`: from text to words, the same for documents, queries and snippets
//! - `schema`: what is kept of a file, and what its parts weigh
//! - `change`: adding and removing files
//! - `view`: the index at one moment, which searches read
//! - `query`: from the user's text to what is looked for
//! - `expand`: other forms of a word, and what a misspelt word may have meant
//! - `search`: matching and ranking
//! - `sieve`: which files may be found at all
//! - `snippet`: the passage that shows why a file was found

mod change;
mod expand;
mod query;
mod schema;
mod search;
mod sieve;
mod snippet;
mod view;
mod words;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tantivy::{IndexReader, IndexSettings, ReloadPolicy, store::Compressor};

pub use self::{
    change::Change,
    query::Query,
    snippet::{Highlighter, Snippet},
};
use self::{schema::Fields, view::View, words::WordTokenizer};

/// A file as the index takes it. Texts are expected in Unicode's form NFC.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The source that it comes from.
    pub source: &'a str,
    /// Its path in the source, with `/` and without a leading one.
    pub path: &'a str,
    /// Its type as [`Filter::file_types`] names it: `md`, `py`.
    pub file_type: &'a str,
    /// Its title, if it has one.
    pub title: Option<&'a str>,
    /// Its headings.
    pub headings: &'a [String],
    /// Its whole text.
    pub text: &'a str,
}

/// Which files may be found at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Only files of one of these types; of any type if empty.
    pub file_types: &'a [String],
    /// Only files of this source.
    pub source: Option<&'a str>,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// How many files match.
    pub total: usize,
    /// The best of them, best first; equally good ones by path, then source.
    pub hits: Vec<Hit>,
    /// Cuts from their texts the passages that were found.
    pub highlighter: Highlighter,
}

/// A file that matches.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Its source.
    pub source: String,
    /// Its path in the source.
    pub path: String,
    /// Its score as a share of the best score that any file could have for this
    /// query, 0 to 1. No probability: what a long query can reach is seldom near 1.
    pub relevance: f32,
}

/// Why the index could not be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The library failed.
    #[error("the search index failed: {0}")]
    Tantivy(#[from] tantivy::TantivyError),
    /// Its memory could not be read as an index.
    #[error("the search index is damaged: {0}")]
    Damaged(#[from] std::io::Error),
}

/// The index of one user. Searches go on while a change is made.
pub struct Index {
    tantivy: tantivy::Index,
    fields: Fields,
    reader: IndexReader,
    /// What searches read.
    view: RwLock<Arc<View>>,
    /// Held by the change in the making.
    turn: Mutex<()>,
}

impl Index {
    /// An empty index.
    ///
    /// # Errors
    /// If tantivy fails.
    pub fn new() -> Result<Self, IndexError> {
        let (fields, schema) = Fields::new();
        let settings = IndexSettings {
            docstore_compression: Compressor::None,
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        };
        let tantivy = tantivy::Index::builder()
            .schema(schema)
            .settings(settings)
            .create_in_ram()?;
        tantivy
            .tokenizers()
            .register(WordTokenizer::NAME, WordTokenizer::new());
        let reader = tantivy
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        let view = View::new(&reader.searcher(), &fields)?;
        Ok(Self {
            tantivy,
            fields,
            reader,
            view: RwLock::new(Arc::new(view)),
            turn: Mutex::new(()),
        })
    }

    /// Begins a change, once the one before is done. It is work for a thread that
    /// may block.
    ///
    /// # Errors
    /// If tantivy fails.
    pub fn change(&self) -> Result<Change<'_>, IndexError> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        Change::new(self, turn)
    }

    /// The files that match, best first, at most `limit`.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn search(
        &self,
        query: &Query,
        filter: &Filter<'_>,
        limit: usize,
    ) -> Result<Found, IndexError> {
        search::search(&self.view(), query, filter, limit)
    }

    /// How many files are in the index.
    pub fn files(&self) -> usize {
        self.view().files
    }

    /// How many bytes of memory the index takes, without a change in the making.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn bytes(&self) -> Result<u64, IndexError> {
        let usage = self.reader.searcher().space_usage()?;
        Ok(usage.total().get_bytes())
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes what was committed visible.
    fn show(&self) -> Result<(), IndexError> {
        self.reader.reload()?;
        let view = Arc::new(View::new(&self.reader.searcher(), &self.fields)?);
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = view;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
