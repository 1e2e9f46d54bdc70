//! What tantivy keeps of a file, and how much each part of it weighs.
//!
//! Text goes in as words and positions only. The three columns say which file a
//! hit is; their values are sorted, so a path prefix is a range of numbers.

use tantivy::{
    TantivyDocument, Term,
    schema::{
        FAST, Field, IndexRecordOption, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
    },
};

use super::{Document, words::WordTokenizer};

/// The column of a file's source.
pub(super) const SOURCE: &str = "source";
/// The column of a file's path.
pub(super) const PATH: &str = "path";
/// The column of a file's type.
pub(super) const FILE_TYPE: &str = "file_type";

/// A part of a file that words are searched in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub field: Field,
    /// How much one occurrence counts beside one in the text.
    pub weight: f32,
    /// How much a long part is discounted, 0 to 1: BM25's `b`.
    pub length: f32,
}

/// The fields of the index.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    /// Source and path as one term: what replaces and removes a file.
    key: Field,
    source: Field,
    path: Field,
    file_type: Field,
    /// Where words are looked for.
    pub parts: [Part; 3],
}

impl Fields {
    /// The fields and the schema made of them.
    pub(super) fn new() -> (Self, Schema) {
        let mut schema = SchemaBuilder::new();
        let key = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer("raw")
                .set_index_option(IndexRecordOption::Basic)
                .set_fieldnorms(false),
        );
        let words = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(WordTokenizer::NAME)
                .set_index_option(IndexRecordOption::WithFreqsAndPositions),
        );
        let mut part = |name, weight, length| Part {
            field: schema.add_text_field(name, words.clone()),
            weight,
            length,
        };
        // Tuned on the Cranfield collection and on 43 questions about Rust crates
        // whose right files are known. A field of its own for identifiers gained
        // nothing there.
        let parts = [
            part("text", 1.0, 0.6),
            part("headings", 3.0, 0.75),
            part("names", 4.0, 0.5),
        ];
        let fields = Self {
            key: schema.add_text_field("key", key),
            source: schema.add_text_field(SOURCE, FAST),
            path: schema.add_text_field(PATH, FAST),
            file_type: schema.add_text_field(FILE_TYPE, FAST),
            parts,
        };
        (fields, schema.build())
    }

    /// The term that stands for one file.
    pub(super) fn key(&self, source: &str, path: &str) -> Term {
        Term::from_field_text(self.key, &key_text(source, path))
    }

    /// A file as tantivy takes it.
    pub(super) fn row(&self, document: &Document<'_>) -> TantivyDocument {
        let [text, headings, names] = self.parts.map(|part| part.field);
        let mut row = TantivyDocument::new();
        row.add_text(self.key, key_text(document.source, document.path));
        row.add_text(self.source, document.source);
        row.add_text(self.path, document.path);
        row.add_text(self.file_type, document.file_type);
        row.add_text(text, document.text);
        row.add_text(names, document.path);
        for heading in document
            .title
            .iter()
            .copied()
            .chain(document.headings.iter().map(String::as_str))
        {
            row.add_text(headings, heading);
        }
        row
    }
}

/// Neither sources nor paths contain NUL.
fn key_text(source: &str, path: &str) -> String {
    format!("{source}\0{path}")
}
