//! Which words of the corpus a word of a query may mean: itself, its other forms,
//! and, only if there is nothing of these, what it may be a misspelling of.

use std::{borrow::Cow, cmp::Reverse, collections::BTreeMap};

use frostem::{Algorithm, Stemmer};
use tantivy::{Term, query::FuzzyTermQuery};

use super::{
    IndexError,
    query::Word,
    view::{SegmentPart, View},
};

/// A word of the corpus.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Form {
    pub text: String,
    /// How much it counts beside the word itself, which counts 1.
    pub weight: f32,
}

/// What a word may mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Meaning {
    /// The word as it is asked for.
    pub exact: Vec<Form>,
    /// Other words; what they find counts less.
    pub others: Vec<Form>,
    /// How much the word counts at all: less for a guess.
    pub trust: f32,
}

/// What other forms count beside the word itself: without diacritics, of the same
/// stem, and abbreviated or spelt out.
const FOLDED: f32 = 0.7;
const SAME_STEM: f32 = 0.4;
const ABBREVIATED: f32 = 0.1;

/// Most forms of a word.
const MAX_FORMS: usize = 24;

/// Shortest beginning that two forms of a word share.
const MIN_STEM: usize = 3;

/// Longest ending that a stem is cut from, in bytes.
const MAX_ENDING: usize = 8;

/// Shortest word that is taken for an abbreviation: `auth`, `config`.
const MIN_ABBREVIATION: usize = 4;

/// From how many letters on one slip is allowed for, and two.
const ONE_SLIP: usize = 4;
const TWO_SLIPS: usize = 8;

/// Finds what a word may mean.
pub(super) fn expand(view: &View, word: &Word) -> Result<Meaning, IndexError> {
    let mut meaning = Meaning {
        trust: 1.0,
        ..Meaning::default()
    };
    if occurs(view, &word.text)? {
        meaning.exact.push(form(&word.text, 1.0));
    }
    if let Some(folded) = &word.folded
        && occurs(view, folded)?
    {
        meaning.others.push(form(folded, FOLDED));
    }
    meaning.others.extend(related(view, &word.text)?);
    if meaning.exact.is_empty() && meaning.others.is_empty() {
        let (others, trust) = guesses(view, &word.text)?;
        meaning.others = others;
        meaning.trust = trust;
    }
    Ok(meaning)
}

fn form(text: &str, weight: f32) -> Form {
    Form {
        text: text.to_owned(),
        weight,
    }
}

/// Whether any file has this word.
fn occurs(view: &View, text: &str) -> Result<bool, IndexError> {
    for part in parts(view) {
        if part.words.terms().get(text)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn parts(view: &View) -> impl Iterator<Item = &SegmentPart> {
    view.segments.iter().flat_map(|segment| &segment.parts)
}

/// Words of the same stem (`authenticate` for `authentication`) and abbreviations
/// either way (`auth`).
fn related(view: &View, word: &str) -> Result<Vec<Form>, IndexError> {
    if !word.chars().all(char::is_alphabetic) {
        return Ok(Vec::new());
    }
    let stem = stem(word);
    let shared: usize = word
        .chars()
        .zip(stem.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let beginning = word.get(..shared).unwrap_or_default();
    let mut forms = BTreeMap::new();
    if beginning.chars().count() >= MIN_STEM {
        let spelt_out = word.chars().count() >= MIN_ABBREVIATION;
        for part in parts(view) {
            let after = after_prefix(beginning);
            let words = part.words.terms().range().ge(beginning).lt(after);
            let mut words = words.into_stream()?;
            while let Some((key, _)) = words.next() {
                let Ok(other) = str::from_utf8(key) else {
                    continue;
                };
                if other == word || forms.contains_key(other) {
                    continue;
                }
                if other.len() <= stem.len() + MAX_ENDING && same_stem(other, &stem) {
                    forms.insert(other.to_owned(), SAME_STEM);
                } else if spelt_out && other.starts_with(word) {
                    forms.insert(other.to_owned(), ABBREVIATED);
                }
            }
        }
    }
    let ends = word.char_indices().map(|(at, _)| at).skip(MIN_ABBREVIATION);
    for abbreviation in ends.filter_map(|end| word.get(..end)) {
        if abbreviation.len() < beginning.len() && occurs(view, abbreviation)? {
            forms.entry(abbreviation.to_owned()).or_insert(ABBREVIATED);
        }
    }
    let forms = forms.into_iter();
    let mut forms: Vec<_> = forms.map(|(text, weight)| Form { text, weight }).collect();
    // The nearest ones: of the same stem first, then those of like length.
    forms.sort_by_key(|form| {
        (
            form.weight < SAME_STEM,
            form.text.len().abs_diff(word.len()),
        )
    });
    forms.truncate(MAX_FORMS);
    Ok(forms)
}

fn same_stem(other: &str, stem: &str) -> bool {
    other.chars().all(char::is_alphabetic) && self::stem(other) == stem
}

fn stem(word: &str) -> Cow<'_, str> {
    Stemmer::new(Algorithm::English).stem(word)
}

/// What a misspelt word may have been: its first letter is taken to be right.
fn guesses(view: &View, word: &str) -> Result<(Vec<Form>, f32), IndexError> {
    let length = word.chars().count();
    let Some(first) = word.chars().next() else {
        return Ok((Vec::new(), 1.0));
    };
    let beginning = word.get(..first.len_utf8()).unwrap_or_default();
    for (slips, from, trust) in [(1, ONE_SLIP, 0.7), (2, TWO_SLIPS, 0.5)] {
        if length < from {
            break;
        }
        let mut found: BTreeMap<String, u32> = BTreeMap::new();
        for part in parts(view) {
            let term = Term::from_field_text(part.part.field, word);
            let automaton = FuzzyTermQuery::new(term, slips, true).automaton()?;
            let after = after_prefix(beginning);
            let mut words = part
                .words
                .terms()
                .search(automaton)
                .ge(beginning)
                .lt(after)
                .into_stream()?;
            while let Some((key, info)) = words.next() {
                if let Ok(other) = str::from_utf8(key) {
                    *found.entry(other.to_owned()).or_default() += info.doc_freq;
                }
            }
        }
        if !found.is_empty() {
            let mut found: Vec<_> = found.into_iter().collect();
            // What more files have is more likely meant.
            found.sort_by_key(|(_, files)| Reverse(*files));
            found.truncate(MAX_FORMS);
            let forms = found.into_iter().map(|(text, _)| form(&text, 1.0));
            return Ok((forms.collect(), trust));
        }
    }
    Ok((Vec::new(), 1.0))
}

/// The first text after all that begin so: UTF-8 has no byte 255.
pub(super) fn after_prefix(prefix: &str) -> Vec<u8> {
    let mut after = prefix.as_bytes().to_vec();
    if let Some(last) = after.last_mut() {
        *last += 1;
    }
    after
}
