//! The identifiers of source code, in any language.
//!
//! No grammar: comments and quoted text are passed over, words are identifiers, and
//! a word after `fn`, `class` and the like is declared there. What declares without
//! a keyword, such as a function in C, is an identifier among others.

use std::collections::HashSet;

use super::{Outline, kind::Comments};

/// Words after which the next one is being declared.
const DECLARING: &[&str] = &[
    "class",
    "def",
    "defmodule",
    "enum",
    "fn",
    "fun",
    "func",
    "function",
    "interface",
    "macro_rules",
    "module",
    "namespace",
    "object",
    "package",
    "proc",
    "protocol",
    "record",
    "struct",
    "sub",
    "table",
    "trait",
    "type",
    "union",
    "view",
];

/// Words that may stand between these and the name.
const BETWEEN: &[&str] = &["async", "data", "exists", "if", "not", "self", "static"];

/// The shortest identifier kept, in characters.
const SHORTEST: usize = 2;

/// The outline of code: what it declares, and all its identifiers.
pub(super) fn outline(text: &str, comments: Comments) -> Outline {
    let mut outline = Outline::default();
    let mut seen = HashSet::new();
    let mut expects = Expects::Anything;
    let tokens = Tokens {
        rest: text,
        comments,
    };
    for token in tokens {
        expects = match token {
            Token::Word(word) => {
                if word.chars().nth(SHORTEST - 1).is_some() && seen.insert(word) {
                    outline.terms.push(word.to_owned());
                }
                match expects {
                    Expects::Name if is_among(word, BETWEEN, comments) => Expects::Name,
                    _ if is_among(word, DECLARING, comments) => Expects::Name,
                    Expects::Name => {
                        outline.headings.push(word.to_owned());
                        Expects::Anything
                    }
                    other => other,
                }
            }
            Token::Mark(mark) => match (expects, mark) {
                // `macro_rules! name`
                (Expects::Name, '!') => Expects::Name,
                // `func (receiver *Type) name`
                (Expects::Name, '(') => Expects::Receiver,
                (Expects::Receiver, ')') => Expects::Name,
                (Expects::Receiver, '*' | '[' | ']' | ',') => Expects::Receiver,
                _ => Expects::Anything,
            },
        };
    }
    outline
}

/// SQL is written in any case, other languages in lower case.
fn is_among(word: &str, keywords: &[&str], comments: Comments) -> bool {
    if comments == Comments::Dashes {
        keywords
            .iter()
            .any(|keyword| keyword.eq_ignore_ascii_case(word))
    } else {
        keywords.contains(&word)
    }
}

/// What the next word is.
#[derive(Clone, Copy)]
enum Expects {
    Anything,
    /// The name that is being declared.
    Name,
    /// What may stand in brackets before it.
    Receiver,
}

enum Token<'a> {
    Word(&'a str),
    Mark(char),
}

struct Tokens<'a> {
    rest: &'a str,
    comments: Comments,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let first = self.rest.chars().next()?;
            if first.is_whitespace() {
                self.rest = self.rest.trim_start();
            } else if is_word(first) && !first.is_numeric() {
                let word = self.take_while(is_word);
                return Some(Token::Word(word));
            } else if first.is_numeric() {
                // With its suffix, so that `0x1f` is no word.
                self.take_while(is_word);
            } else if let Some(length) = self.skipped(first) {
                self.rest = self.rest.get(length..).unwrap_or_default();
            } else {
                self.rest = self.rest.get(first.len_utf8()..).unwrap_or_default();
                return Some(Token::Mark(first));
            }
        }
    }
}

impl<'a> Tokens<'a> {
    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|character| !belongs(character));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// The length of the comment or quoted text that begins here.
    fn skipped(&self, first: char) -> Option<usize> {
        if !matches!(first, '/' | '#' | '-' | ';' | '%' | '"' | '\'') {
            return None;
        }
        let line = match self.comments {
            Comments::Slashes => "//",
            Comments::Hash => "#",
            Comments::Dashes => "--",
            Comments::Semicolon => ";",
            Comments::Percent => "%",
        };
        let blocks = matches!(self.comments, Comments::Slashes | Comments::Dashes);
        if self.rest.starts_with(line) {
            return Some(self.until("\n", 0));
        }
        if blocks && self.rest.starts_with("/*") {
            return Some(self.until("*/", 2));
        }
        if self.comments == Comments::Hash {
            for quotes in ["\"\"\"", "'''"] {
                if self.rest.starts_with(quotes) {
                    return Some(self.until(quotes, 3));
                }
            }
            if self.rest.starts_with('\'') {
                return Some(self.quoted(b'\''));
            }
        }
        self.rest.starts_with('"').then(|| self.quoted(b'"'))
    }

    /// To the end of what ends so, or of the text.
    fn until(&self, end: &str, from: usize) -> usize {
        self.rest
            .get(from..)
            .and_then(|rest| rest.find(end))
            .map_or(self.rest.len(), |length| from + length + end.len())
    }

    /// To the closing quote, or to the end of the line where there is none: a quote
    /// that is none must not swallow the rest of the file.
    fn quoted(&self, quote: u8) -> usize {
        let mut escaped = false;
        for (index, byte) in self.rest.bytes().enumerate().skip(1) {
            match byte {
                b'\n' => return index,
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                _ if byte == quote => return index + 1,
                _ => {}
            }
        }
        self.rest.len()
    }
}

/// In nearly all code the first question answers it.
fn is_word(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphanumeric() || character == '_'
    } else {
        character.is_alphanumeric()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_told_from_comments_and_text() {
        let outline = outline(
            "// a comment\nlet userName = find(\"some text\"); /* more\nlines */ user_id += 0x1f;",
            Comments::Slashes,
        );
        assert_eq!(outline.terms, ["let", "userName", "find", "user_id"]);
        let outline = super::outline(
            "x1 = call('text', \"\"\"long\ntext\"\"\", größe)  # note\n",
            Comments::Hash,
        );
        assert_eq!(outline.terms, ["x1", "call", "größe"]);
        let outline = super::outline("SELECT name FROM users -- all\n", Comments::Dashes);
        assert_eq!(outline.terms, ["SELECT", "name", "FROM", "users"]);
    }

    #[test]
    fn what_is_declared_is_a_heading() {
        for (code, comments, names) in [
            (
                "pub struct KeyRing<T> {}\nimpl KeyRing { async fn open(&self) {} }",
                Comments::Slashes,
                &["KeyRing", "open"][..],
            ),
            (
                "class User(Base):\n    def sign_in(self):\n        pass",
                Comments::Hash,
                &["User", "sign_in"],
            ),
            (
                "func (h *Hub) Join(w int) error {\ntype Hub struct {",
                Comments::Slashes,
                &["Join", "Hub"],
            ),
            (
                "export default function render() {}",
                Comments::Slashes,
                &["render"],
            ),
            (
                "create table if not exists users (id int)",
                Comments::Dashes,
                &["users"],
            ),
            ("let f = fn; g()", Comments::Slashes, &[]),
        ] {
            assert_eq!(outline(code, comments).headings, names, "{code}");
        }
    }

    #[test]
    fn what_never_ends_swallows_a_line_at_most_if_it_is_a_quote() {
        assert_eq!(
            outline("a1 = \"open\nb1 = 2", Comments::Slashes).terms,
            ["a1", "b1"]
        );
        assert_eq!(outline("a1 /* open", Comments::Slashes).terms, ["a1"]);
        assert_eq!(outline("it's", Comments::Slashes).terms, ["it"]);
    }
}
