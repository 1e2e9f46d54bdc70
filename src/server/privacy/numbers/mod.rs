//! Numbers of fixed forms: cards and national numbers.
//!
//! - [`table`]: the numbers, their forms and words
//! - [`checks`]: check digits, dates and ranges
//!
//! A text is read with each digit as `9` and each letter as `A`. In that reading a
//! form is a plain word, so one pass of Aho-Corasick finds the forms of all numbers.

mod checks;
mod table;

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, BuildError};
use regex::bytes::Regex;

use self::table::{NUMBERS, Number};
use super::{
    found::Parts,
    hints::{Hints, Meaning},
    kind::Personal,
    plain::Plain,
};

/// How far behind a word the number that it names ends, in bytes.
const NAMED: usize = 80;

/// The words of all numbers, each with the place of its number in the table.
pub(super) fn words() -> impl Iterator<Item = (usize, &'static str)> {
    NUMBERS
        .iter()
        .enumerate()
        .flat_map(|(place, number)| number.words.iter().map(move |word| (place, *word)))
}

/// How a form is used: by which number, and whether it stands for itself.
struct Use {
    place: usize,
    number: &'static Number,
    alone: bool,
}

pub(super) struct Numbers {
    forms: AhoCorasick,
    /// What each pattern of `forms` is good for.
    uses: Vec<Vec<Use>>,
    named: Regex,
}

/// What could not be built; both are built from constants.
#[derive(Debug, thiserror::Error)]
pub(super) enum NumbersError {
    #[error(transparent)]
    Forms(#[from] BuildError),
    #[error(transparent)]
    Named(#[from] regex::Error),
}

impl Numbers {
    pub fn new() -> Result<Self, NumbersError> {
        let mut uses: HashMap<&str, Vec<Use>> = HashMap::new();
        for (place, number) in NUMBERS.iter().enumerate() {
            for (forms, alone) in [(number.alone, true), (number.with_word, false)] {
                for form in forms {
                    uses.entry(form).or_default().push(Use {
                        place,
                        number,
                        alone,
                    });
                }
            }
        }
        let (forms, uses): (Vec<_>, Vec<_>) = uses.into_iter().unzip();
        Ok(Self {
            forms: AhoCorasick::new(forms)?,
            uses,
            // Behind the word, whatever leads to the number: `SSN is: `.
            named: Regex::new(
                r#"(?-u)^(?:s|S)?["')\]]{0,2}(?:[ _-]?(?:[Nn](?:o|r|umber|ummer|um|úmero)|ID|id|code|value|field)\b\.?)?[ :=#"'(.]{0,5}(?:(?:is|was|=>?|to|of)[ :"']{1,3})?((?:[A-Z]{1,6}-?)?[0-9][0-9A-Z]*(?:[ ./-][0-9A-Z]*[0-9][0-9A-Z]*)*(?:[ -][A-Z]\b)?)"#,
            )?,
        })
    }

    pub fn find(&self, plain: &Plain<'_>, hints: &Hints<'_>, parts: &mut Parts) {
        let masked: Vec<u8> = plain.bytes().iter().map(|byte| mask(*byte)).collect();
        let mut found: Vec<(usize, usize, Personal)> = self
            .forms
            .find_overlapping_iter(&masked)
            .filter(|form| stands_alone(plain, form.start(), form.end()))
            .filter_map(|form| {
                let uses = self.uses.get(form.pattern().as_usize())?;
                let kind = believed(plain, hints, form.start(), form.end(), uses)?;
                Some((form.start(), form.end(), kind))
            })
            .collect();
        found.sort_unstable_by_key(|(start, end, _)| std::cmp::Reverse(end - start));
        for (start, end, kind) in found {
            parts.add(start, end, kind);
        }
    }

    /// What stands directly behind a word for a national number and has digits enough
    /// is one, of whatever state.
    pub fn find_named(&self, plain: &Plain<'_>, hints: &Hints<'_>, parts: &mut Parts) {
        let is_national = |meaning| matches!(meaning, Meaning::NationalId | Meaning::Scheme(_));
        let mut starts: Vec<usize> = hints
            .ends(is_national)
            .map(|end| plain.position(end))
            .collect();
        if hints.is_named(is_national) {
            starts.push(0);
        }
        for start in starts {
            let rest = plain.part(start, plain.bytes().len().min(start + NAMED));
            let Some(number) = self.named.captures(rest).and_then(|found| found.get(1)) else {
                continue;
            };
            let digits = number
                .as_bytes()
                .iter()
                .filter(|byte| byte.is_ascii_digit())
                .count();
            let (from, to) = (start + number.start(), start + number.end());
            if (7..=18).contains(&digits) && plain.stands_alone(from, to) {
                parts.add(from, to, Personal::NationalId);
            }
        }
    }
}

fn mask(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => b'9',
        b'a'..=b'z' | b'A'..=b'Z' => b'A',
        other => other,
    }
}

/// Whether a form is no piece of something longer, and no telephone number: `+` and
/// as many digits as those have.
fn stands_alone(plain: &Plain<'_>, start: usize, end: usize) -> bool {
    let form = plain.part(start, end);
    let digits = form.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_phone = plain.before(start, 1) == Some(b'+')
        && (10..=13).contains(&digits)
        && form
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b' ');
    plain.stands_alone(start, end) && !is_phone
}

/// The kind of the first use that this text bears out.
fn believed(
    plain: &Plain<'_>,
    hints: &Hints<'_>,
    start: usize,
    end: usize,
    uses: &[Use],
) -> Option<Personal> {
    let written = plain.part(start, end);
    let compact: String = written
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric())
        .map(|byte| char::from(*byte))
        .collect();
    let stands_out = !written.iter().any(u8::is_ascii_lowercase) && !is_in_a_row(plain, start, end);
    let near = |is: &dyn Fn(Meaning) -> bool| hints.near(plain, start, end, is);
    uses.iter()
        .find(|usage| {
            let passes = (usage.number.check)(&compact);
            let has_word = || match usage.number.kind {
                Personal::Card => near(&|meaning| meaning == Meaning::Card),
                _ => near(&|meaning| matches!(meaning, Meaning::NationalId | Meaning::Scheme(_))),
            };
            passes && (usage.alone && stands_out || has_word())
                || near(&|meaning| meaning == Meaning::Scheme(usage.place))
        })
        .map(|usage| usage.number.kind)
}

/// Whether groups of digits go on before or behind a form with spaces: a row of a
/// table, of which some piece always looks like something.
fn is_in_a_row(plain: &Plain<'_>, start: usize, end: usize) -> bool {
    let digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
    let before = plain.before(start, 1) == Some(b' ') && digit(plain.before(start, 2));
    let behind = plain.after(end, 0) == Some(b' ')
        && (1..=4).all(|distance| digit(plain.after(end, distance)));
    plain.part(start, end).contains(&b' ') && (before || behind)
}
