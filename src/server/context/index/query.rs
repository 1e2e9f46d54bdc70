//! From the user's text to what is looked for.

use super::words::{Former, Kind, Runs};

/// Longest query in characters.
const MAX_CHARS: usize = 1000;

/// Most words of a query, the parts of identifiers counted.
const MAX_WORDS: usize = 64;

/// Most words of a phrase that may also stand joined: `"rate limit"` finds
/// `rate_limit`.
const MAX_JOINED: usize = 4;

/// What is looked for: words, of which a file should have many; phrases in double
/// quotes, of which it must have every one; and `path:prefix`, where it must be.
///
/// No text is malformed: what has no meaning here is a separator. Several `path:`
/// widen each other. A prefix is compared as it stands, capitals and all, and may
/// be quoted if it has spaces: `path:"my notes/"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub(super) words: Vec<Word>,
    pub(super) phrases: Vec<Phrase>,
    pub(super) paths: Vec<String>,
}

/// A word that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower case.
    pub text: String,
    /// Without diacritics, where that differs.
    pub folded: Option<String>,
    pub role: Role,
}

/// What a word of a query is of what the user wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// All of it.
    Word,
    /// An identifier as a whole; its parts follow.
    Identifier,
    /// A part of an identifier.
    Part,
}

/// Words that must stand side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    /// At least one.
    pub words: Vec<String>,
    /// All of them as one word, if there are not too many.
    pub joined: Option<String>,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// The rule that the text breaks: it must not be empty or too long.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.trim().is_empty() {
            return Err("must not be empty");
        }
        if text.chars().count() > MAX_CHARS {
            return Err("must have at most 1000 characters");
        }
        let mut query = Self {
            words: Vec::new(),
            phrases: Vec::new(),
            paths: Vec::new(),
        };
        let mut former = Former::new();
        let mut rest = text;
        while !rest.is_empty() {
            let after_space = rest.trim_start();
            if let Some(prefix) = after_space.strip_prefix("path:") {
                let (path, after) = path_prefix(prefix);
                query.paths.push(path.to_owned());
                rest = after;
            } else if let Some((phrase, after)) = quoted(after_space) {
                query.add_words(&mut former, phrase);
                query.add_phrase(&mut former, phrase);
                rest = after;
            } else {
                // At least one character, or a lone quote would hold us here.
                let first = after_space.chars().next().map_or(0, char::len_utf8);
                let tail = after_space.get(first..).unwrap_or_default();
                let length = tail.find(|c: char| c.is_whitespace() || c == '"');
                let (word, after) = after_space
                    .split_at_checked(first + length.unwrap_or(tail.len()))
                    .unwrap_or((after_space, ""));
                query.add_words(&mut former, word);
                rest = after;
            }
            if query.words.len() > MAX_WORDS {
                return Err("must have at most 64 words");
            }
        }
        Ok(query)
    }

    fn add_words(&mut self, former: &mut Former, text: &str) {
        for run in Runs::new(text) {
            let mut forms: Vec<Word> = Vec::new();
            former.forms(text, &run, |_, kind, form| match kind {
                Kind::Folded => {
                    if let Some(word) = forms.last_mut() {
                        word.folded = Some(form.to_owned());
                    }
                }
                Kind::Whole | Kind::Part => forms.push(Word {
                    text: form.to_owned(),
                    folded: None,
                    role: match kind {
                        Kind::Part => Role::Part,
                        _ => Role::Word,
                    },
                }),
            });
            if let [whole, _, ..] = forms.as_mut_slice()
                && whole.role == Role::Word
            {
                whole.role = Role::Identifier;
            }
            for word in forms {
                match self.words.iter_mut().find(|known| known.text == word.text) {
                    None => self.words.push(word),
                    // Said by itself, it is more than a part.
                    Some(known) if word.role == Role::Word => known.role = Role::Word,
                    Some(_) => {}
                }
            }
        }
    }

    fn add_phrase(&mut self, former: &mut Former, text: &str) {
        let mut words = Vec::new();
        for run in Runs::new(text) {
            former.forms(text, &run, |_, kind, form| {
                if kind == Kind::Whole {
                    words.push(form.to_owned());
                }
            });
        }
        let joined = (2..=MAX_JOINED).contains(&words.len());
        let phrase = Phrase {
            joined: joined.then(|| words.concat()),
            words,
        };
        if !phrase.words.is_empty() && !self.phrases.contains(&phrase) {
            self.phrases.push(phrase);
        }
    }
}

/// Splits a leading `"phrase"` off.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('"')?.split_once('"')
}

/// Splits the value of `path:` off, in the form in which paths are kept.
fn path_prefix(text: &str) -> (&str, &str) {
    let (path, after) = quoted(text).unwrap_or_else(|| {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        text.split_at_checked(end).unwrap_or((text, ""))
    });
    let path = path
        .strip_prefix('.')
        .filter(|rest| rest.starts_with('/'))
        .unwrap_or(path);
    (path.trim_start_matches('/'), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let query = Query::parse(text).unwrap();
        query.words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_phrases_and_paths_are_told_apart() {
        let query =
            Query::parse(r#"token "Key Ring" path:/docs/ path:"my notes/" rotate"#).unwrap();
        assert_eq!(query.paths, ["docs/", "my notes/"]);
        assert_eq!(query.phrases.len(), 1);
        assert_eq!(query.phrases[0].words, ["key", "ring"]);
        assert_eq!(query.phrases[0].joined.as_deref(), Some("keyring"));
        assert_eq!(
            words(r#"token "Key Ring" path:docs rotate"#),
            ["token", "key", "ring", "rotate"]
        );
    }

    #[test]
    fn an_identifier_is_looked_for_whole_and_in_parts() {
        let query = Query::parse("getUserName user").unwrap();
        let found: Vec<_> = query
            .words
            .iter()
            .map(|w| (w.text.as_str(), w.role))
            .collect();
        let expected = [
            ("getusername", Role::Identifier),
            ("get", Role::Part),
            ("user", Role::Word),
            ("name", Role::Part),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_word_said_twice_is_looked_for_once() {
        assert_eq!(words("Token token TOKEN"), ["token"]);
    }

    #[test]
    fn diacritics_may_be_left_out() {
        let query = Query::parse("Größe").unwrap();
        assert_eq!(query.words[0].text, "größe");
        assert_eq!(query.words[0].folded.as_deref(), Some("grosse"));
    }

    #[test]
    fn a_path_may_be_written_as_people_do() {
        for text in [
            "path:docs/a",
            "path:/docs/a",
            "path:./docs/a",
            "path:\"docs/a\"",
        ] {
            assert_eq!(Query::parse(text).unwrap().paths, ["docs/a"], "{text}");
        }
        assert_eq!(Query::parse("path:../etc").unwrap().paths, ["../etc"]);
    }

    #[test]
    fn odd_punctuation_is_no_error() {
        for (text, expected) in [
            ("\"unbalanced quote", &["unbalanced", "quote"][..]),
            ("a* OR (b AND -c)", &["a", "or", "b", "and", "c"]),
            ("\"\" \"", &[]),
            ("🎉 \0 ~^[]{}", &[]),
            ("path:", &[]),
            ("x\"y", &["x", "y"]),
        ] {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_rules_are_said() {
        assert_eq!(Query::parse(" \n"), Err("must not be empty"));
        let long = "ä".repeat(1000);
        assert!(Query::parse(&long).is_ok());
        assert_eq!(
            Query::parse(&format!("{long}a")),
            Err("must have at most 1000 characters")
        );
        let many: Vec<_> = (0..65).map(|n| format!("w{n}")).collect();
        assert_eq!(
            Query::parse(&many.join(" ")),
            Err("must have at most 64 words")
        );
        assert!(Query::parse(&many[..21].join(" ")).is_ok());
    }
}
