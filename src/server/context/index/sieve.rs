//! Which files may be found at all: those of the sources, types and paths that are
//! asked for, and with all phrases.

use std::ops::{Bound, Range};

use tantivy::{
    DocSet, TERMINATED, Term,
    columnar::StrColumn,
    query::{EnableScoring, PhraseQuery, Query as _},
    schema::IndexRecordOption,
};

use super::{
    Filter, IndexError,
    expand::after_prefix,
    query::{Phrase, Query},
    view::{Segment, View, ordinal},
};

/// Which files of a segment may be found at all.
pub(super) struct Sieve<'a> {
    segment: &'a Segment,
    sources: Option<Vec<Range<u64>>>,
    paths: Option<Vec<Range<u64>>>,
    file_types: Option<Vec<Range<u64>>>,
    phrases: Option<Vec<bool>>,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(
        view: &View,
        segment: &'a Segment,
        query: &Query,
        filter: &Filter<'_>,
    ) -> Result<Self, IndexError> {
        let sources = filter
            .source
            .map(|source| equal(segment.source.as_ref(), source));
        let paths = query
            .paths
            .iter()
            .map(|path| beginning(segment.path.as_ref(), path));
        let types = filter.file_types.iter();
        let types = types.map(|file_type| equal(segment.file_type.as_ref(), file_type));
        Ok(Self {
            segment,
            sources: sources.transpose()?.map(|range| vec![range]),
            paths: (!query.paths.is_empty())
                .then(|| paths.collect())
                .transpose()?,
            file_types: (!filter.file_types.is_empty())
                .then(|| types.collect())
                .transpose()?,
            phrases: phrases(view, segment, &query.phrases)?,
        })
    }

    pub(super) fn lets_through(&self, file: u32) -> bool {
        let segment = self.segment;
        !segment.reader.is_deleted(file)
            && self
                .phrases
                .as_ref()
                .is_none_or(|having| having.get(file as usize) == Some(&true))
            && within(&self.file_types, segment.file_type.as_ref(), file)
            && within(&self.paths, segment.path.as_ref(), file)
            && within(&self.sources, segment.source.as_ref(), file)
    }
}

fn within(ranges: &Option<Vec<Range<u64>>>, column: Option<&StrColumn>, file: u32) -> bool {
    ranges.as_ref().is_none_or(|ranges| {
        ordinal(column, file).is_some_and(|value| ranges.iter().any(|range| range.contains(&value)))
    })
}

fn equal(column: Option<&StrColumn>, value: &str) -> Result<Range<u64>, IndexError> {
    let Some(column) = column else {
        return Ok(0..0);
    };
    let place = column.dictionary().term_ord(value)?;
    Ok(place.map_or(0..0, |place| place..place + 1))
}

/// The values that begin so.
fn beginning(column: Option<&StrColumn>, prefix: &str) -> Result<Range<u64>, IndexError> {
    let Some(column) = column else {
        return Ok(0..0);
    };
    if prefix.is_empty() {
        return Ok(0..u64::MAX);
    }
    let (start, end) = column.dictionary().term_bounds_to_ord(
        Bound::Included(prefix.as_bytes().to_vec()),
        Bound::Excluded(after_prefix(prefix)),
    )?;
    let number = |bound, otherwise| match bound {
        Bound::Included(number) | Bound::Excluded(number) => number,
        Bound::Unbounded => otherwise,
    };
    Ok(number(start, 0)..number(end, u64::MAX))
}

/// The files that have all phrases, if there are any.
fn phrases(
    view: &View,
    segment: &Segment,
    phrases: &[Phrase],
) -> Result<Option<Vec<bool>>, IndexError> {
    let mut all: Option<Vec<bool>> = None;
    for phrase in phrases {
        let mut having = vec![false; segment.reader.max_doc() as usize];
        for part in &segment.parts {
            let term = |word: &String| Term::from_field_text(part.part.field, word);
            let mut mark = |files: &mut dyn DocSet| {
                while files.doc() != TERMINATED {
                    if let Some(having) = having.get_mut(files.doc() as usize) {
                        *having = true;
                    }
                    files.advance();
                }
            };
            let single = match phrase.words.as_slice() {
                [word] => Some(word),
                _ => phrase.joined.as_ref(),
            };
            if let Some(word) = single
                && let Some(mut files) = part
                    .words
                    .read_postings(&term(word), IndexRecordOption::Basic)?
            {
                mark(&mut files);
            }
            if phrase.words.len() > 1 {
                let query = PhraseQuery::new(phrase.words.iter().map(term).collect());
                let weight = query.weight(EnableScoring::disabled_from_searcher(&view.searcher))?;
                mark(&mut *weight.scorer(&segment.reader, 1.0)?);
            }
        }
        match &mut all {
            None => all = Some(having),
            Some(all) => all
                .iter_mut()
                .zip(having)
                .for_each(|(all, having)| *all &= having),
        }
    }
    Ok(all)
}
