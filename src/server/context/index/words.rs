//! From text to words: the one rule by which documents, queries and snippets are
//! cut, so that all three agree.
//!
//! A *run* is a stretch of letters and digits, with `_` or `-` allowed between
//! them: `getUserName`, `HTTP_TIMEOUT`, `boundary-layer`, `Größe`. Each run takes
//! one position and yields
//!
//! - the whole without its connectors, in lower case (`getusername`), so that
//!   `rate_limit`, `rate-limit`, `RateLimit` and `ratelimit` are one word;
//! - its parts, if it has several (`get`, `user`, `name`);
//! - each of these without diacritics, where that differs (`grosse`).
//!
//! All forms share the run's position, so a phrase may go through any of them.
//! Nothing is stemmed: related forms are found when a query is expanded.
//!
//! Scripts written without spaces (Chinese, Japanese, Thai, …) have no runs to go
//! by: each of their characters is a word.

use std::ops::Range;

use tantivy::tokenizer::{
    AsciiFoldingFilter, RawTokenizer, TextAnalyzer, Token, TokenStream, Tokenizer,
};

/// Longest form in bytes. What is longer is data (base64, hashes in a row), which
/// nobody types; it would only bloat the dictionary.
const MAX_BYTES: usize = 64;

/// Most parts of one run that are indexed; see [`MAX_BYTES`].
const MAX_PARTS: usize = 12;

/// What a form is of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// All of it.
    Whole,
    /// A part between connectors or changes of case.
    Part,
    /// Either of them without diacritics.
    Folded,
}

/// The runs of a text, from left to right.
pub(super) struct Runs<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Runs<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Runs<'_> {
    /// The bytes that a run takes.
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.at..)?;
        let (offset, first) = rest.char_indices().find(|(_, c)| c.is_alphanumeric())?;
        let start = self.at + offset;
        let mut end = start + first.len_utf8();
        if !stands_alone(first) {
            let mut joined = false;
            for (offset, c) in self.text.get(end..)?.char_indices() {
                if is_word(c) && !stands_alone(c) {
                    end = start + first.len_utf8() + offset + c.len_utf8();
                    joined = false;
                } else if c == '_' || (c == '-' && !joined) {
                    joined = true;
                } else {
                    break;
                }
            }
        }
        self.at = end;
        Some(start..end)
    }
}

/// Letters, digits and the marks that belong to the letter before them.
fn is_word(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric()
    } else {
        c.is_alphanumeric() || is_mark(c)
    }
}

/// Combining diacritical marks.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Letters of scripts that put no spaces between words.
fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Burmese
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3040}'..='\u{30ff}' // kana
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Finds the forms of runs. It only keeps its buffers from one run to the next.
#[derive(Clone)]
pub(super) struct Former {
    folding: TextAnalyzer,
    lower: String,
    parts: Vec<Range<usize>>,
}

impl Former {
    pub(super) fn new() -> Self {
        let folding = TextAnalyzer::builder(RawTokenizer::default())
            .filter(AsciiFoldingFilter)
            .build();
        Self {
            folding,
            lower: String::new(),
            parts: Vec::new(),
        }
    }

    /// Hands the forms of a run to `take`: the whole first. `run` must come from
    /// [`Runs`] of the same text.
    pub(super) fn forms(
        &mut self,
        text: &str,
        run: &Range<usize>,
        mut take: impl FnMut(Range<usize>, Kind, &str),
    ) {
        let word = text.get(run.clone()).unwrap_or_default();
        // Most words by far: nothing to lower, to cut or to fold.
        if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            if word.len() <= MAX_BYTES {
                take(run.clone(), Kind::Whole, word);
            }
            return;
        }
        let mut lower = std::mem::take(&mut self.lower);
        let mut parts = std::mem::take(&mut self.parts);
        find_parts(word, &mut parts);
        if word.len() <= MAX_BYTES {
            set_lower(&mut lower, word);
            self.take_with_folded(run.clone(), Kind::Whole, &lower, &mut take);
        }
        if (2..=MAX_PARTS).contains(&parts.len()) {
            for part in &parts {
                let piece = word.get(part.clone()).unwrap_or_default();
                // A lone letter or digit says nothing: `x86` is not about `x`.
                if (2..=MAX_BYTES).contains(&piece.len()) {
                    set_lower(&mut lower, piece);
                    let bytes = run.start + part.start..run.start + part.end;
                    self.take_with_folded(bytes, Kind::Part, &lower, &mut take);
                }
            }
        }
        self.lower = lower;
        self.parts = parts;
    }

    fn take_with_folded(
        &mut self,
        bytes: Range<usize>,
        kind: Kind,
        lower: &str,
        take: &mut impl FnMut(Range<usize>, Kind, &str),
    ) {
        take(bytes.clone(), kind, lower);
        if let Some(folded) = self.folded(lower) {
            take(bytes, Kind::Folded, &folded);
        }
    }

    /// The word without diacritics (`größe` → `grosse`), if it has any.
    pub(super) fn folded(&mut self, lower: &str) -> Option<String> {
        if lower.is_ascii() {
            return None;
        }
        let mut stream = self.folding.token_stream(lower);
        let mut folded = String::new();
        stream.process(&mut |token| folded.push_str(&token.text));
        folded.retain(|c| !is_mark(c));
        (folded != lower && !folded.is_empty()).then_some(folded)
    }
}

/// Cuts a run at connectors, between letters and digits, before a capital after a
/// small letter (`get|User`), and before the last capital of several
/// (`HTTP|Server`).
fn find_parts(word: &str, parts: &mut Vec<Range<usize>>) {
    parts.clear();
    let mut start = 0;
    let mut before: Option<char> = None;
    let mut chars = word.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let connects = matches!(c, '_' | '-');
        let next_is_small = chars.peek().is_some_and(|(_, next)| next.is_lowercase());
        let begins = !is_mark(c)
            && before.is_some_and(|before| {
                before.is_numeric() != c.is_numeric()
                    || (c.is_uppercase() && (before.is_lowercase() || next_is_small))
            });
        if (connects || begins) && start < at {
            parts.push(start..at);
        }
        if connects {
            start = at + 1;
        } else if begins {
            start = at;
        }
        before = (!connects).then_some(c);
    }
    if start < word.len() {
        parts.push(start..word.len());
    }
}

fn set_lower(lower: &mut String, word: &str) {
    lower.clear();
    let letters = word.chars().filter(|c| !matches!(c, '_' | '-'));
    if word.is_ascii() {
        lower.extend(letters.map(|c| c.to_ascii_lowercase()));
    } else {
        lower.extend(letters.flat_map(char::to_lowercase));
    }
}

/// [`Runs`] and [`Former`] as tantivy wants them.
#[derive(Clone)]
pub(super) struct WordTokenizer {
    former: Former,
}

impl WordTokenizer {
    /// The name that it is registered under.
    pub(super) const NAME: &str = "words";

    pub(super) fn new() -> Self {
        Self {
            former: Former::new(),
        }
    }
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        WordStream {
            text,
            runs: Runs::new(text),
            former: &mut self.former,
            waiting: Vec::new(),
            spare: Vec::new(),
            token: Token::default(),
            position: 0,
        }
    }
}

/// The tokens of one text.
pub(super) struct WordStream<'a> {
    text: &'a str,
    runs: Runs<'a>,
    former: &'a mut Former,
    /// Forms of the current run that are still to come, last first.
    waiting: Vec<Token>,
    /// Tokens to fill anew: a file has more words than one likes to allocate.
    spare: Vec<Token>,
    token: Token,
    position: usize,
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        while self.waiting.is_empty() {
            let Some(run) = self.runs.next() else {
                return false;
            };
            let (waiting, spare, position) = (&mut self.waiting, &mut self.spare, self.position);
            self.former.forms(self.text, &run, |bytes, _, form| {
                let mut token = spare.pop().unwrap_or_default();
                token.text.clear();
                token.text.push_str(form);
                token.offset_from = bytes.start;
                token.offset_to = bytes.end;
                token.position = position;
                waiting.push(token);
            });
            self.waiting.reverse();
            self.position += 1;
        }
        if let Some(next) = self.waiting.pop() {
            self.spare.push(std::mem::replace(&mut self.token, next));
        }
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(text: &str) -> Vec<Vec<String>> {
        let mut tokenizer = WordTokenizer::new();
        let mut stream = tokenizer.token_stream(text);
        let mut found: Vec<Vec<String>> = Vec::new();
        while stream.advance() {
            let token = stream.token();
            if found.len() <= token.position {
                found.resize(token.position + 1, Vec::new());
            }
            found[token.position].push(token.text.clone());
        }
        found
    }

    #[test]
    fn prose_is_cut_at_everything_but_letters_and_digits() {
        let words = [["let"], ["s"], ["go"], ["now"], ["1"], ["2"]];
        assert_eq!(positions("Let's go (now): 1.2"), words);
        assert_eq!(positions("  \n--- *** __ 🎉"), Vec::<Vec<String>>::new());
    }

    #[test]
    fn an_identifier_is_one_position_with_its_whole_and_its_parts() {
        for (text, forms) in [
            ("getUserName", &["getusername", "get", "user", "name"][..]),
            ("HTTPServer", &["httpserver", "http", "server"]),
            ("__rate_limit__", &["ratelimit", "rate", "limit"]),
            ("boundary-layer", &["boundarylayer", "boundary", "layer"]),
            ("SHA256sum", &["sha256sum", "sha", "256", "sum"]),
            ("MAX_SIZE", &["maxsize", "max", "size"]),
            ("x86", &["x86", "86"]),
            ("plain", &["plain"]),
        ] {
            assert_eq!(positions(text), [forms], "{text}");
        }
    }

    #[test]
    fn diacritics_may_be_left_out() {
        assert_eq!(positions("Größe"), [["größe", "grosse"]]);
        assert_eq!(positions("naïve"), [["naïve", "naive"]]);
        // Decomposed: a letter and its mark are one word all the same.
        assert_eq!(positions("u\u{308}ber"), [["u\u{308}ber", "uber"]]);
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_characters() {
        assert_eq!(positions("用户 token"), [["用"], ["户"], ["token"]]);
    }

    #[test]
    fn a_double_hyphen_is_a_dash() {
        assert_eq!(positions("one--two"), [["one"], ["two"]]);
    }

    #[test]
    fn data_is_not_indexed_as_words() {
        let base64 = "aGVsbG8gd29ybGQ".repeat(20);
        assert!(positions(&base64).iter().flatten().next().is_none());
    }

    #[test]
    fn offsets_fall_on_the_form() {
        let text = "ä getUserName";
        let mut tokenizer = WordTokenizer::new();
        let mut stream = tokenizer.token_stream(text);
        let mut cut = Vec::new();
        while stream.advance() {
            let token = stream.token();
            cut.push(&text[token.offset_from..token.offset_to]);
        }
        assert_eq!(cut, ["ä", "ä", "getUserName", "get", "User", "Name"]);
    }
}
