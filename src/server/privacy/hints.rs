//! Words that say what a number nearby is.
//!
//! Nine digits are a citizen number to a Dutch reader and a count of bytes to
//! everybody else: what has no strong form of its own is hidden only beside a word
//! that names it.

use std::{cell::OnceCell, ops::Range};

use aho_corasick::{AhoCorasick, BuildError, MatchKind};

use super::{plain::Plain, words::WORDS};

/// How far before a number its word may stand, in bytes.
const BEFORE: usize = 40;

/// How far behind a number its word may stand, in bytes.
const BEHIND: usize = 14;

/// No word is longer, in bytes.
const LONGEST_WORD: usize = 48;

/// The longest text that the name of its member speaks for, in bytes: in a longer
/// one, not every number is what the name says.
const NAMED_TEXT: usize = 64;

/// What a word says of a number beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A telephone number.
    Phone,
    /// A telephone number, if it is written as one and follows directly.
    Call,
    /// The number of a payment card.
    Card,
    /// A number that a state gives to a person, of no particular state.
    NationalId,
    /// The national number of this place in the table of numbers.
    Scheme(usize),
    /// The address of a machine.
    Address,
    /// A version, or the number of a section.
    Version,
}

/// Finds the words of every meaning in one pass.
pub(super) struct Words {
    finder: AhoCorasick,
    meanings: Vec<Meaning>,
}

impl Words {
    /// Besides the words of [`WORDS`], takes those of the national numbers: each with the
    /// place of its number in the table.
    pub fn new<'w>(schemes: impl Iterator<Item = (usize, &'w str)>) -> Result<Self, BuildError> {
        let mut words: Vec<(&str, Meaning)> = schemes
            .map(|(place, word)| (word, Meaning::Scheme(place)))
            .collect();
        for (list, meaning) in WORDS {
            words.extend(list.iter().map(|word| (*word, meaning)));
        }
        Ok(Self {
            finder: AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .build(words.iter().map(|(word, _)| word))?,
            meanings: words.into_iter().map(|(_, meaning)| meaning).collect(),
        })
    }

    fn find(&self, text: &str) -> Vec<(Range<usize>, Meaning)> {
        self.finder
            .find_overlapping_iter(text)
            .filter(|found| is_whole_word(text, found.range()))
            .filter_map(|found| {
                let meaning = self.meanings.get(found.pattern().as_usize())?;
                Some((found.range(), *meaning))
            })
            .collect()
    }

    /// What the name of a member says of its value: `customerPhone`, `tax_id`.
    pub fn of_name(&self, name: &str) -> Vec<Meaning> {
        let name = spaced(name);
        self.find(&name)
            .into_iter()
            .map(|(_, meaning)| meaning)
            .collect()
    }
}

/// A name in any of the usual cases as words between spaces.
fn spaced(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut lower = false;
    for char in name.chars() {
        if lower && char.is_uppercase() {
            words.push(' ');
        }
        lower = char.is_lowercase();
        words.push(match char {
            '_' | '-' | '.' => ' ',
            char => char,
        });
    }
    words
}

/// Whether a match is a word, in the singular or with an `s`, or a part of a name
/// such as `assemblyVersion`. Ideographs need nothing around them.
fn is_whole_word(text: &str, range: Range<usize>) -> bool {
    let Some(word) = text.get(range.clone()) else {
        return false;
    };
    let ideographs = word.chars().all(|char| char >= '\u{2e80}');
    let starts = match (
        text.get(..range.start)
            .and_then(|text| text.chars().next_back()),
        word.chars().next(),
    ) {
        (Some(before), Some(first)) if before.is_alphanumeric() => {
            before.is_lowercase() && first.is_uppercase()
        }
        _ => true,
    };
    let mut rest = text
        .get(range.end..)
        .unwrap_or_default()
        .trim_start_matches(['s', 'S'])
        .chars();
    let ends = rest
        .next()
        .is_none_or(|next| !next.is_alphabetic() || next.is_uppercase());
    ideographs || starts && ends
}

/// The words of one text, looked for when the first number asks.
pub(super) struct Hints<'t> {
    text: &'t str,
    words: &'t Words,
    named: &'t [Meaning],
    /// In the order of their ends.
    found: OnceCell<Vec<(Range<usize>, Meaning)>>,
}

impl<'t> Hints<'t> {
    /// `named` is what the name of the text's member says.
    pub fn new(text: &'t str, words: &'t Words, named: &'t [Meaning]) -> Self {
        Self {
            text,
            words,
            named: if text.len() <= NAMED_TEXT { named } else { &[] },
            found: OnceCell::new(),
        }
    }

    /// Whether a word of such a meaning stands near a part, on its line, or names
    /// the whole text.
    pub fn near(
        &self,
        plain: &Plain<'_>,
        start: usize,
        end: usize,
        is: impl Fn(Meaning) -> bool,
    ) -> bool {
        self.named.iter().any(|meaning| is(*meaning))
            || self.distance(plain, start, end, is).is_some()
    }

    /// How far the nearest word of such a meaning is, in bytes.
    pub fn distance(
        &self,
        plain: &Plain<'_>,
        start: usize,
        end: usize,
        is: impl Fn(Meaning) -> bool,
    ) -> Option<usize> {
        let (start, end) = (plain.offset(start), plain.offset(end));
        let found = self.found();
        let first = found.partition_point(|(word, _)| word.end + BEFORE < start);
        found
            .iter()
            .skip(first)
            .take_while(|(word, _)| word.end <= end + BEHIND + LONGEST_WORD)
            .filter(|(_, meaning)| is(*meaning))
            .filter_map(|(word, _)| {
                let gap = if word.end <= start {
                    word.end..start
                } else {
                    end..word.start
                };
                let reach = if word.end <= start { BEFORE } else { BEHIND };
                let between = self.text.get(gap)?;
                (between.len() <= reach && !between.contains('\n')).then_some(between.len())
            })
            .min()
    }

    /// Where the words of such a meaning end in the text, in bytes.
    pub fn ends(&self, is: impl Fn(Meaning) -> bool) -> impl Iterator<Item = usize> {
        self.found()
            .iter()
            .filter(move |(_, meaning)| is(*meaning))
            .map(|(word, _)| word.end)
    }

    /// Whether the name of the whole text has such a meaning.
    pub fn is_named(&self, is: impl Fn(Meaning) -> bool) -> bool {
        self.named.iter().any(|meaning| is(*meaning))
    }

    fn found(&self) -> &[(Range<usize>, Meaning)] {
        self.found.get_or_init(|| self.words.find(self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_words() {
        let words = Words::new(std::iter::empty()).unwrap();
        for (text, said) in [
            ("Phone: 1", true),
            ("phones 1", true),
            ("userPhone=1", true),
            ("phone_number 1", true),
            ("他的电话是1", true),
            ("microphone 1", false),
            ("phonetic 1", false),
            ("hotel 1", false),
        ] {
            let hints = Hints::new(text, &words, &[]);
            let plain = Plain::new(text);
            let end = plain.bytes().len();
            let near = hints.near(&plain, end - 1, end, |meaning| meaning == Meaning::Phone);
            assert_eq!(near, said, "{text}");
        }
    }

    #[test]
    fn a_name_in_any_case_is_read() {
        let words = Words::new(std::iter::empty()).unwrap();
        for name in ["customerPhone", "phone_number", "home-phone", "Phones"] {
            assert!(words.of_name(name).contains(&Meaning::Phone), "{name}");
        }
    }

    #[test]
    fn a_word_on_another_line_says_nothing() {
        let words = Words::new(std::iter::empty()).unwrap();
        let text = "phone\n1";
        let hints = Hints::new(text, &words, &[]);
        assert!(!hints.near(&Plain::new(text), 6, 7, |_| true));
    }
}
