//! Matching and ranking.
//!
//! A word's score in a file is BM25F (Robertson, Zaragoza: "The Probabilistic
//! Relevance Framework", 2009, section 3.6): occurrences in all parts of the file
//! are weighed and added up first and saturate together, so that a word in the title and
//! in the text is not counted as two words. A file's score is the sum over the
//! words, less where words are missing. Since no word can score more than
//! `idf · (K1 + 1)`, the best possible score is known, and relevance is honest.
//!
//! tantivy's own queries score by part and by segment; word after word over arrays
//! of one number a file is both simpler and, at the size of one user's context,
//! faster.

use std::{cmp::Ordering, collections::BTreeSet};

use tantivy::{
    DocSet, TERMINATED, Term, columnar::StrColumn, postings::Postings, schema::IndexRecordOption,
};

use super::{
    Filter, Found, Highlighter, Hit, IndexError,
    expand::{Form, expand},
    query::{Query, Role},
    sieve::Sieve,
    view::{Segment, View, ordinal},
};

/// How soon more occurrences of a word stop to matter: BM25's `k1`. Higher than is
/// usual, since an occurrence in a heading or a path counts as several.
const K1: f32 = 3.0;

/// What a file keeps of a word's score if it has only other forms of the word.
const OTHER_FORM: f32 = 0.8;

/// What a part of an identifier weighs beside a word of its own.
const PART_OF_IDENTIFIER: f32 = 0.5;

/// How hard files that lack words are set back: the share of the words that they
/// have is raised to the power of this over the number of words. So of two words
/// both are meant, and a long question may have words that nobody uses.
const COMPLETENESS: f32 = 2.0;

/// What has been gathered of one segment's files.
struct Tally<'a> {
    segment: &'a Segment,
    /// The score of each file so far.
    scores: Vec<f32>,
    /// The weight of the words that each file has.
    matched: Vec<f32>,
    /// Occurrences of the current word in each file, weighed.
    counts: Vec<f32>,
    /// The files that have the current word, those with its exact form first.
    having: Vec<u32>,
    /// How many of these have its exact form.
    exact: usize,
}

impl<'a> Tally<'a> {
    fn new(segment: &'a Segment) -> Self {
        let files = segment.reader.max_doc() as usize;
        Self {
            segment,
            scores: vec![0.0; files],
            matched: vec![0.0; files],
            counts: vec![0.0; files],
            having: Vec::new(),
            exact: 0,
        }
    }

    /// Counts one form of the current word in all files.
    fn count(&mut self, form: &Form) -> Result<(), IndexError> {
        let alive = self.segment.reader.alive_bitset();
        for part in &self.segment.parts {
            let term = Term::from_field_text(part.part.field, &form.text);
            let Some(mut postings) = part
                .words
                .read_postings(&term, IndexRecordOption::WithFreqs)?
            else {
                continue;
            };
            while postings.doc() != TERMINATED {
                let file = postings.doc();
                if alive.is_none_or(|alive| alive.is_alive(file))
                    && let Some(count) = self.counts.get_mut(file as usize)
                {
                    if *count == 0.0 {
                        self.having.push(file);
                    }
                    *count += form.weight * part.count(file, postings.term_freq());
                }
                postings.advance();
            }
        }
        Ok(())
    }

    /// Turns the counts of the current word into score and forgets them.
    fn settle(&mut self, weight: f32) {
        for (place, file) in self.having.drain(..).enumerate() {
            let file = file as usize;
            let (Some(count), Some(score), Some(matched)) = (
                self.counts.get_mut(file),
                self.scores.get_mut(file),
                self.matched.get_mut(file),
            ) else {
                continue;
            };
            let weight = if place < self.exact {
                weight
            } else {
                weight * OTHER_FORM
            };
            *score += weight * (K1 + 1.0) * *count / (*count + K1);
            *matched += weight;
            *count = 0.0;
        }
    }
}

/// A file that matches, before its name is known.
#[derive(Clone, Copy)]
struct Candidate {
    relevance: f32,
    segment: usize,
    file: u32,
}

pub(super) fn search(
    view: &View,
    query: &Query,
    filter: &Filter<'_>,
    limit: usize,
) -> Result<Found, IndexError> {
    let mut tallies: Vec<_> = view.segments.iter().map(Tally::new).collect();
    let mut highlighter = Highlighter::default();
    let possible = score(view, query, &mut tallies, &mut highlighter)?;
    let mut candidates = Vec::new();
    for (number, tally) in tallies.iter().enumerate() {
        let sieve = Sieve::new(view, tally.segment, query, filter)?;
        for (file, (score, matched)) in (0..).zip(tally.scores.iter().zip(&tally.matched)) {
            let listed =
                query.words.is_empty() && (!query.paths.is_empty() || !query.phrases.is_empty());
            if (*matched > 0.0 || listed) && sieve.lets_through(file) {
                candidates.push(Candidate {
                    relevance: relevance(*score, *matched, possible, query.words.len()),
                    segment: number,
                    file,
                });
            }
        }
    }
    let total = candidates.len();
    let hits = best(view, candidates, limit)?;
    Ok(Found {
        total,
        hits,
        highlighter,
    })
}

/// Scores all files; returns the weight of all words.
fn score(
    view: &View,
    query: &Query,
    tallies: &mut [Tally<'_>],
    highlighter: &mut Highlighter,
) -> Result<f32, IndexError> {
    let mut possible = 0.0;
    for word in &query.words {
        let meaning = expand(view, word)?;
        let missing = meaning.exact.is_empty() && meaning.others.is_empty();
        // Its parts are looked for too: `rate-limit` where all write "rate limit".
        if missing && word.role == Role::Identifier {
            continue;
        }
        let mut having = 0;
        for tally in &mut *tallies {
            for form in &meaning.exact {
                tally.count(form)?;
            }
            tally.exact = tally.having.len();
            for form in &meaning.others {
                tally.count(form)?;
            }
            having += tally.having.len();
        }
        let weight = rarity(having, view.files)
            * match word.role {
                Role::Word | Role::Identifier => 1.0,
                Role::Part => PART_OF_IDENTIFIER,
            };
        for tally in &mut *tallies {
            tally.settle(weight * meaning.trust);
        }
        let forms = meaning.exact.iter().chain(&meaning.others);
        highlighter.add_word(weight, forms.map(|form| (form.text.as_str(), form.weight)));
        possible += weight;
    }
    Ok(possible)
}

/// BM25's inverse document frequency, which is above 0 even for a word of all files.
fn rarity(having: usize, files: usize) -> f32 {
    let (having, files) = (having as f32, files as f32);
    (1.0 + (files - having + 0.5).max(0.0) / (having + 0.5)).ln()
}

/// The share of the best possible score; files that lack words lose some more.
fn relevance(score: f32, matched: f32, possible: f32, words: usize) -> f32 {
    // Nothing but phrases and paths was asked for, and all were met.
    if possible == 0.0 {
        return 1.0;
    }
    let share = score / (possible * (K1 + 1.0));
    let power = COMPLETENESS / words as f32;
    (share * (matched / possible).powf(power)).clamp(0.0, 1.0)
}

/// The best candidates with their names, in order.
fn best(view: &View, mut candidates: Vec<Candidate>, limit: usize) -> Result<Vec<Hit>, IndexError> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let falling = |a: &Candidate, b: &Candidate| b.relevance.total_cmp(&a.relevance);
    if candidates.len() > limit {
        let (_, last, _) = candidates.select_nth_unstable_by(limit - 1, falling);
        let least = last.relevance;
        candidates = without_surplus(view, candidates, least, limit);
    }
    let mut hits = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        if let Some(segment) = view.segments.get(candidate.segment) {
            hits.push(Hit {
                source: value(segment.source.as_ref(), candidate.file)?,
                path: value(segment.path.as_ref(), candidate.file)?,
                relevance: candidate.relevance,
            });
        }
    }
    hits.sort_by(|a, b| {
        let equals = || (&a.path, &a.source).cmp(&(&b.path, &b.source));
        b.relevance.total_cmp(&a.relevance).then_with(equals)
    });
    hits.truncate(limit);
    Ok(hits)
}

/// A file of a segment, by the order of paths and then of sources.
type Place = (Option<u64>, Option<u64>, u32);

/// Leaves out what cannot be among the first: less relevant than `least`, or just
/// that and behind `limit` others of its segment, whose order is that of the names.
fn without_surplus(
    view: &View,
    candidates: Vec<Candidate>,
    least: f32,
    limit: usize,
) -> Vec<Candidate> {
    let mut kept = Vec::new();
    let mut tied: Vec<BTreeSet<Place>> = vec![BTreeSet::new(); view.segments.len()];
    for candidate in candidates {
        match candidate.relevance.total_cmp(&least) {
            Ordering::Less => {}
            Ordering::Greater => kept.push(candidate),
            Ordering::Equal => {
                let (Some(segment), Some(tied)) = (
                    view.segments.get(candidate.segment),
                    tied.get_mut(candidate.segment),
                ) else {
                    continue;
                };
                let file = candidate.file;
                let path = ordinal(segment.path.as_ref(), file);
                tied.insert((path, ordinal(segment.source.as_ref(), file), file));
                if tied.len() > limit {
                    tied.pop_last();
                }
            }
        }
    }
    for (segment, tied) in tied.into_iter().enumerate() {
        kept.extend(tied.into_iter().map(|(.., file)| Candidate {
            relevance: least,
            segment,
            file,
        }));
    }
    kept
}

fn value(column: Option<&StrColumn>, file: u32) -> Result<String, IndexError> {
    let mut value = String::new();
    if let (Some(column), Some(place)) = (column, ordinal(column, file)) {
        column.ord_to_str(place, &mut value)?;
    }
    Ok(value)
}
