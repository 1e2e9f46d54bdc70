//! The passage that shows why a file was found.

use std::collections::HashMap;

use super::words::{Former, Runs};

/// How far into a text a passage is looked for, in bytes. The answer to a search
/// has many files, and a file found by a word in its second megabyte is rare.
const MAX_SCANNED: usize = 512 << 10;

/// Words that weigh less than this share of the heaviest are not worth showing:
/// "the", where "the token" was asked for.
const LEAST_SHARE: f32 = 0.1;

/// What a second occurrence of a word adds to a passage, beside the first.
const REPETITION: f32 = 0.05;

/// How much of a passage may stand before its first word that was asked for.
const LEAD_SHARE: usize = 4;

/// A passage of a text, word for word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The passage.
    pub text: String,
    /// Where the words that were asked for stand in it, from left to right without
    /// overlap: start and end in Unicode characters (code points), as Rust's
    /// `chars()` and Python's slices count. JavaScript counts UTF-16: there, use
    /// `[...text].slice(start, end)`.
    pub highlights: Vec<(usize, usize)>,
}

/// Knows which words a search has looked for in fact, misspelt ones as they were
/// understood, and finds them in texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Highlighter {
    /// Each form with the number of the word that it stands for and what it weighs.
    forms: HashMap<String, (usize, f32)>,
    words: usize,
    heaviest: f32,
}

/// A word that was asked for, in a text.
struct Match {
    word: usize,
    weight: f32,
    /// In bytes.
    start: usize,
    end: usize,
    /// The same in characters.
    char_start: usize,
    char_end: usize,
}

impl Highlighter {
    /// Adds one word of the query: how much it weighs, and its forms with how much
    /// each of these counts.
    pub(super) fn add_word<'f>(
        &mut self,
        weight: f32,
        forms: impl Iterator<Item = (&'f str, f32)>,
    ) {
        for (form, share) in forms {
            let known = self
                .forms
                .entry(form.to_owned())
                .or_insert((self.words, 0.0));
            if weight * share > known.1 {
                *known = (self.words, weight * share);
            }
        }
        self.words += 1;
        self.heaviest = self.heaviest.max(weight);
    }

    /// The passage of at most `max_chars` characters that shows most of what was
    /// asked for; the beginning if nothing of it is there.
    pub fn snippet(&self, text: &str, max_chars: usize) -> Snippet {
        let matches = self.matches(text);
        let start = self.best_window(&matches, max_chars).map_or(0, |first| {
            let lead = (max_chars / LEAD_SHARE).min(max_chars.saturating_sub(first.1));
            lead_in(text, first.0, lead)
        });
        let passage = cut(text.get(start..).unwrap_or_default(), max_chars);
        let end = start + passage.len();
        let mut highlights: Vec<(usize, usize)> = Vec::new();
        let before = matches.iter().find(|found| found.start >= start);
        // Characters before the passage: counted back from its first match.
        let skipped = before.map_or(0, |found| {
            let between = text.get(start..found.start).unwrap_or_default();
            found.char_start - between.chars().count()
        });
        for found in matches
            .iter()
            .filter(|found| found.start >= start && found.end <= end)
        {
            let (from, to) = (found.char_start - skipped, found.char_end - skipped);
            match highlights.last_mut() {
                Some(last) if from < last.1 => last.1 = last.1.max(to),
                _ => highlights.push((from, to)),
            }
        }
        Snippet {
            text: passage.to_owned(),
            highlights,
        }
    }

    fn matches(&self, text: &str) -> Vec<Match> {
        let mut matches: Vec<Match> = Vec::new();
        let mut former = Former::new();
        let (mut bytes, mut chars) = (0, 0);
        for run in Runs::new(text).take_while(|run| run.end <= MAX_SCANNED) {
            former.forms(text, &run, |form_bytes, _, form| {
                let Some((word, weight)) = self.forms.get(form) else {
                    return;
                };
                if *weight < self.heaviest * LEAST_SHARE * LEAST_SHARE {
                    return;
                }
                let count = |from, to| text.get(from..to).map_or(0, |text| text.chars().count());
                let char_start = chars + count(bytes, form_bytes.start);
                let char_end = char_start + count(form_bytes.start, form_bytes.end);
                (bytes, chars) = (form_bytes.start, char_start);
                matches.push(Match {
                    word: *word,
                    weight: *weight,
                    start: form_bytes.start,
                    end: form_bytes.end,
                    char_start,
                    char_end,
                });
            });
        }
        matches
    }

    /// Where the best passage's first match begins, in bytes, and how many
    /// characters it is from there to the end of its last.
    fn best_window(&self, matches: &[Match], max_chars: usize) -> Option<(usize, usize)> {
        let mut inside = vec![0_usize; self.words];
        let mut weights = vec![0.0_f32; self.words];
        let mut best: Option<(f32, (usize, usize))> = None;
        let mut end = 0;
        for (start, first) in matches.iter().enumerate() {
            while let Some(last) = matches.get(end)
                && last.char_end <= first.char_start + max_chars
            {
                if let (Some(count), Some(weight)) =
                    (inside.get_mut(last.word), weights.get_mut(last.word))
                {
                    *count += 1;
                    *weight = weight.max(last.weight);
                }
                end += 1;
            }
            if end > start {
                let words = inside.iter().zip(&weights).filter(|(count, _)| **count > 0);
                let worth: f32 = words
                    .map(|(count, weight)| weight * (1.0 + REPETITION * (*count).min(5) as f32))
                    .sum();
                let last = matches.get(end - 1).map_or(0, |last| last.char_end);
                if best.is_none_or(|(most, _)| worth > most) {
                    best = Some((worth, (first.start, last.saturating_sub(first.char_start))));
                }
                if let Some(count) = inside.get_mut(first.word) {
                    *count -= 1;
                }
            } else {
                end = start + 1;
            }
        }
        best.map(|(_, window)| window)
    }
}

/// Goes back from a match, at most `chars` characters: to the beginning of its line
/// if that is near enough, else to that of a word.
fn lead_in(text: &str, from: usize, chars: usize) -> usize {
    let before = text.get(..from).unwrap_or_default();
    let mut start = from;
    let mut word = from;
    for (at, c) in before.char_indices().rev().take(chars) {
        if c == '\n' {
            return start;
        }
        if c.is_whitespace() {
            word = start;
        }
        start = at;
    }
    if start == 0 { 0 } else { word }
}

/// The first `max_chars` characters, without half a word at the end if that can be
/// helped, and without white space around.
fn cut(text: &str, max_chars: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(max_chars) else {
        return text.trim_end();
    };
    let full = text.get(..end).unwrap_or_default();
    let ends_word = text
        .get(end..)
        .is_some_and(|rest| rest.starts_with(char::is_whitespace));
    let whole = match full.rfind(char::is_whitespace) {
        Some(space) if !ends_word && space > end / 2 => full.get(..space).unwrap_or(full),
        _ => full,
    };
    whole.trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn highlighter(words: &[(&str, f32)]) -> Highlighter {
        let mut highlighter = Highlighter::default();
        for (word, weight) in words {
            highlighter.add_word(*weight, [(*word, 1.0)].into_iter());
        }
        highlighter
    }

    fn marked(snippet: &Snippet) -> Vec<String> {
        let cut = |(from, to): &(usize, usize)| {
            let letters = snippet.text.chars();
            letters.skip(*from).take(to - from).collect()
        };
        snippet.highlights.iter().map(cut).collect()
    }

    #[test]
    fn the_passage_with_most_of_the_words_is_shown() {
        let filler = "Nothing of interest stands here.\n".repeat(50);
        let text = format!("A token.\n{filler}Keys: each token is rotated daily.\n{filler}rotated");
        let snippet = highlighter(&[("token", 1.0), ("rotated", 1.0)]).snippet(&text, 60);
        assert!(
            snippet
                .text
                .starts_with("Keys: each token is rotated daily."),
            "{snippet:?}"
        );
        assert_eq!(marked(&snippet), ["token", "rotated"]);
        assert!(snippet.text.chars().count() <= 60);
    }

    #[test]
    fn highlights_count_characters() {
        let text = "äöü 🎉🎉 Größe zählt";
        let snippet = highlighter(&[("größe", 1.0)]).snippet(text, 100);
        assert_eq!(snippet.text, text);
        assert_eq!(snippet.highlights, [(7, 12)]);
    }

    #[test]
    fn highlights_count_from_the_passage() {
        let text = format!("{}\n🎉 the Token", "ä\n".repeat(400));
        let snippet = highlighter(&[("token", 1.0)]).snippet(&text, 40);
        assert_eq!(marked(&snippet), ["Token"]);
    }

    #[test]
    fn in_an_identifier_the_part_is_highlighted_or_all_of_it() {
        let text = "fn getUserName()";
        let part = highlighter(&[("user", 1.0)]).snippet(text, 100);
        assert_eq!(marked(&part), ["User"]);
        let all = highlighter(&[("getusername", 1.0), ("user", 0.5)]).snippet(text, 100);
        assert_eq!(marked(&all), ["getUserName"]);
    }

    #[test]
    fn words_that_say_nothing_are_not_highlighted() {
        let snippet = highlighter(&[("the", 0.001), ("token", 5.0)]).snippet("the token", 100);
        assert_eq!(marked(&snippet), ["token"]);
    }

    #[test]
    fn without_a_match_the_beginning_is_shown() {
        let snippet = highlighter(&[("token", 1.0)]).snippet("one two three four", 12);
        assert_eq!(snippet.text, "one two");
        assert!(snippet.highlights.is_empty());
        assert_eq!(Highlighter::default().snippet("", 10), Snippet::default());
    }

    #[test]
    fn no_text_and_no_length_is_too_odd() {
        let highlighter = highlighter(&[("a", 1.0), ("ab", 1.0)]);
        for text in [
            "",
            " ",
            "a",
            "a a a",
            "ä🎉a\u{308}a",
            "x a_b aB\n\n",
            &"a".repeat(1000),
        ] {
            for max_chars in [0, 1, 2, 3, 1000] {
                let snippet = highlighter.snippet(text, max_chars);
                let length = snippet.text.chars().count();
                assert!(length <= max_chars, "{text:?}");
                let mut end = 0;
                for (from, to) in snippet.highlights {
                    assert!(end <= from && from < to && to <= length, "{text:?}");
                    end = to;
                }
            }
        }
    }
}
