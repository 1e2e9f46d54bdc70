//! The index at one moment: what searches read while a change is made.

use std::sync::Arc;

use tantivy::{
    Searcher, SegmentReader, columnar::StrColumn, fieldnorm::FieldNormReader,
    index::InvertedIndexReader,
};

use super::{
    IndexError,
    schema::{FILE_TYPE, Fields, PATH, Part, SOURCE},
};

/// The index at one moment.
pub(super) struct View {
    /// tantivy's own view; it keeps the segments alive.
    pub searcher: Searcher,
    pub segments: Vec<Segment>,
    /// How many files there are.
    pub files: usize,
}

/// One segment, with what every search of it needs at hand.
pub(super) struct Segment {
    pub reader: SegmentReader,
    pub parts: Vec<SegmentPart>,
    pub source: Option<StrColumn>,
    pub path: Option<StrColumn>,
    pub file_type: Option<StrColumn>,
}

/// One part of the files of a segment.
pub(super) struct SegmentPart {
    pub part: Part,
    pub words: Arc<InvertedIndexReader>,
    lengths: FieldNormReader,
    /// What one occurrence counts, by the length of the part as tantivy encodes it.
    weights: Arc<[f32; 256]>,
}

impl View {
    pub(super) fn new(searcher: &Searcher, fields: &Fields) -> Result<Self, IndexError> {
        let readers = searcher.segment_readers();
        let mut all_weights = Vec::new();
        for part in &fields.parts {
            all_weights.push(Arc::new(weights(readers, part)?));
        }
        let mut segments = Vec::with_capacity(readers.len());
        for reader in readers {
            let mut parts = Vec::with_capacity(fields.parts.len());
            for (part, weights) in fields.parts.iter().zip(&all_weights) {
                parts.push(SegmentPart {
                    part: *part,
                    words: reader.inverted_index(part.field)?,
                    lengths: reader.get_fieldnorms_reader(part.field)?,
                    weights: Arc::clone(weights),
                });
            }
            let columns = reader.fast_fields();
            segments.push(Segment {
                source: columns.str(SOURCE)?,
                path: columns.str(PATH)?,
                file_type: columns.str(FILE_TYPE)?,
                reader: reader.clone(),
                parts,
            });
        }
        Ok(Self {
            files: segments.iter().map(|s| s.reader.num_docs() as usize).sum(),
            searcher: searcher.clone(),
            segments,
        })
    }
}

impl SegmentPart {
    /// What `occurrences` in this part of a file count, the part's length allowed
    /// for.
    pub(super) fn count(&self, file: u32, occurrences: u32) -> f32 {
        let length = usize::from(self.lengths.fieldnorm_id(file));
        let weight = self.weights.get(length).copied().unwrap_or_default();
        occurrences as f32 * weight
    }
}

/// BM25F's weight of one occurrence: the part's weight, less in parts longer than
/// the average.
fn weights(readers: &[SegmentReader], part: &Part) -> Result<[f32; 256], IndexError> {
    let (mut words, mut files) = (0, 0);
    for reader in readers {
        words += reader.inverted_index(part.field)?.total_num_tokens();
        files += u64::from(reader.max_doc());
    }
    let average = (words as f32 / files.max(1) as f32).max(1.0);
    let mut weights = [0.0; 256];
    for (id, weight) in (0..=u8::MAX).zip(&mut weights) {
        let length = FieldNormReader::id_to_fieldnorm(id) as f32 / average;
        *weight = part.weight / (1.0 - part.length + part.length * length);
    }
    Ok(weights)
}

/// The place of a file's value in the order of all values of the segment.
pub(super) fn ordinal(column: Option<&StrColumn>, file: u32) -> Option<u64> {
    column?.ords().first(file)
}
