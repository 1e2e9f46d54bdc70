//! Changing the index: many files at once, or not at all.

use std::{
    collections::{BTreeMap, HashSet},
    sync::MutexGuard,
};

use tantivy::{
    IndexWriter, Segment, SegmentMeta, Term,
    index::SegmentId,
    indexer::{AddOperation, IndexWriterOptions, NoMergePolicy, SegmentWriter},
};

use super::{Document, Index, IndexError};

/// How many bytes of a segment are gathered in memory before it is packed. It
/// bounds what a change takes beyond the index itself.
const ARENA_BYTES: usize = 24 << 20;

/// How many segments of one size are merged into one of the next size. So a file is
/// moved a few times in its life, however many changes there are.
const SEGMENTS_PER_SIZE: usize = 8;

/// A segment with more than this share of removed files is written anew.
const REMOVED_SHARE: f32 = 0.3;

/// A change in the making. Searches see nothing of it before [`commit`]; dropped
/// without that, it has never been.
///
/// Documents are cut into words as they are added, on the caller's thread; none of
/// their text is held.
///
/// [`commit`]: Self::commit
pub struct Change<'a> {
    index: &'a Index,
    writer: IndexWriter,
    /// The segment that documents go to.
    open: Option<(Segment, SegmentWriter)>,
    /// What will be done, in order. One step is enough unless a file is touched
    /// twice.
    steps: Vec<Step>,
    /// The files that the last step adds.
    added: HashSet<(String, String)>,
    /// One change at a time.
    _turn: MutexGuard<'a, ()>,
}

/// Removals, and then the segments that are added.
#[derive(Default)]
struct Step {
    removed: Vec<Term>,
    segments: Vec<SegmentMeta>,
}

impl<'a> Change<'a> {
    pub(super) fn new(index: &'a Index, turn: MutexGuard<'a, ()>) -> Result<Self, IndexError> {
        let options = IndexWriterOptions::builder().num_merge_threads(1).build();
        let writer: IndexWriter = index.tantivy.writer_with_options(options)?;
        // Merging is done below, where it is waited for.
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(Self {
            index,
            writer,
            open: None,
            steps: vec![Step::default()],
            added: HashSet::new(),
            _turn: turn,
        })
    }

    /// Adds a file, or replaces the one of this source and path.
    ///
    /// # Errors
    /// If tantivy fails; give the change up then.
    pub fn add(&mut self, document: &Document<'_>) -> Result<(), IndexError> {
        self.remove(document.source, document.path)?;
        self.added
            .insert((document.source.to_owned(), document.path.to_owned()));
        let (segment, mut open) = match self.open.take() {
            Some(open) => open,
            None => {
                let segment = self.writer.new_segment();
                let open = SegmentWriter::for_segment(ARENA_BYTES, segment.clone())?;
                (segment, open)
            }
        };
        open.add_document(AddOperation {
            opstamp: 0,
            document: self.index.fields.row(document),
        })?;
        let full = open.mem_usage() > ARENA_BYTES;
        self.open = Some((segment, open));
        if full { self.close_segment() } else { Ok(()) }
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// If tantivy fails; give the change up then.
    pub fn remove(&mut self, source: &str, path: &str) -> Result<(), IndexError> {
        if self.added.contains(&(source.to_owned(), path.to_owned())) {
            self.close_segment()?;
            self.added.clear();
            self.steps.push(Step::default());
        }
        let key = self.index.fields.key(source, path);
        if let Some(step) = self.steps.last_mut() {
            step.removed.push(key);
        }
        Ok(())
    }

    /// Lets searches see the change, then tidies up so that many small changes
    /// leave few segments.
    ///
    /// # Errors
    /// If tantivy fails. Searches then see the index as it was before, but another
    /// change may show half of this one: build the index anew.
    pub fn commit(mut self) -> Result<(), IndexError> {
        self.close_segment()?;
        for step in std::mem::take(&mut self.steps) {
            self.take_step(step)?;
        }
        self.index.show()?;
        while let Some(segments) = self.to_merge()? {
            self.writer.merge(&segments).wait()?;
            self.index.show()?;
        }
        // Now that no search starts on the old segments: what nobody reads goes.
        self.writer.garbage_collect_files().wait()?;
        Ok(())
    }

    /// Removals reach the segments that are there when they are committed; tantivy
    /// would let those that wait reach segments added after them.
    fn take_step(&mut self, step: Step) -> Result<(), IndexError> {
        if !self.index.tantivy.searchable_segment_ids()?.is_empty() {
            for key in step.removed {
                self.writer.delete_term(key);
            }
            self.writer.commit()?;
        }
        for segment in step.segments {
            self.writer.add_segment(segment)?;
        }
        self.writer.commit()?;
        Ok(())
    }

    fn close_segment(&mut self) -> Result<(), IndexError> {
        if let Some((segment, open)) = self.open.take() {
            let files = open.max_doc();
            open.finalize()?;
            let meta = segment.with_max_doc(files).meta().clone();
            meta.untrack_temp_docstore();
            if let Some(step) = self.steps.last_mut() {
                step.segments.push(meta);
            }
        }
        Ok(())
    }

    /// The segments that should become one, if any.
    fn to_merge(&self) -> Result<Option<Vec<SegmentId>>, IndexError> {
        let segments: Vec<SegmentMeta> = self.index.tantivy.searchable_segment_metas()?;
        let mut sizes: BTreeMap<u32, Vec<SegmentId>> = BTreeMap::new();
        for segment in &segments {
            let removed = segment.num_deleted_docs() as f32 / segment.max_doc().max(1) as f32;
            if removed > REMOVED_SHARE {
                return Ok(Some(vec![segment.id()]));
            }
            let size = segment.num_docs().max(1).ilog(SEGMENTS_PER_SIZE as u32);
            sizes.entry(size).or_default().push(segment.id());
        }
        let full = |same: &Vec<SegmentId>| same.len() >= SEGMENTS_PER_SIZE;
        Ok(sizes.into_values().find(full))
    }
}
