//! Bounded text and lists: the rules for every name, task and tag.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// Lets serde read a type by its `FromStr` and write it by its `Display`, as
/// `#[serde(try_from = "String", into = "String")]` asks for.
macro_rules! text_on_the_wire {
    ($name:ty) => {
        impl TryFrom<String> for $name {
            type Error = <Self as std::str::FromStr>::Err;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}
pub(crate) use text_on_the_wire;

/// One line of text of `MIN` to `MAX` characters, without control characters.
/// Spaces at both ends are cut before counting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line<const MIN: usize, const MAX: usize>(String);

/// The name an agent goes by; not unique.
pub type AgentName = Line<1, 64>;
/// What kind of agent it is, such as `code_assistant`.
pub type AgentType = Line<1, 64>;
/// What a session is working on; empty for nothing.
pub type Task = Line<0, 500>;
/// One tag of a session.
pub type Tag = Line<1, 64>;
/// A session's tags.
pub type Tags = AtMost<Tag, 32>;
/// Where a session draws its context from, such as `webdav://docs/`.
pub type ContextSource = Line<1, 500>;
/// A session's context sources.
pub type ContextSources = AtMost<ContextSource, 32>;
/// Whom an event is meant for: a session id, an agent's name or a `#tag`.
pub type Recipient = Line<1, 96>;
/// The recipients of one event.
pub type Recipients = AtMost<Recipient, 32>;
/// A key under which a repeated broadcast is recognised for 24 hours.
pub type IdempotencyKey = Line<1, 128>;
/// Why a session ended.
pub type Reason = Line<0, 200>;

/// Why a text was refused. Its words are the `rule` of a [`FieldError`](super::FieldError).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Too short or too long.
    #[error("must have {min} to {max} characters, has {got}")]
    Length {
        /// Fewest characters allowed.
        min: usize,
        /// Most characters allowed.
        max: usize,
        /// How many there were.
        got: usize,
    },
    /// A control character (Unicode category Cc), which could forge lines in a terminal.
    #[error("must not contain control characters")]
    Control,
}

impl<const MIN: usize, const MAX: usize> Line<MIN, MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> FromStr for Line<MIN, MAX> {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let got = text.chars().count();
        if !(MIN..=MAX).contains(&got) {
            return Err(TextError::Length {
                min: MIN,
                max: MAX,
                got,
            });
        }
        if text.chars().any(char::is_control) {
            return Err(TextError::Control);
        }
        Ok(Self(text.to_owned()))
    }
}

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Line<MIN, MAX> {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl<const MIN: usize, const MAX: usize> From<Line<MIN, MAX>> for String {
    fn from(line: Line<MIN, MAX>) -> Self {
        line.0
    }
}

impl<const MIN: usize, const MAX: usize> fmt::Display for Line<MIN, MAX> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<const MAX: usize> Default for Line<0, MAX> {
    fn default() -> Self {
        Self(String::new())
    }
}

/// A list of at most `MAX` items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>")]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct AtMost<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> AtMost<T, MAX> {
    /// The items, owned.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> TryFrom<Vec<T>> for AtMost<T, MAX> {
    type Error = String;

    fn try_from(items: Vec<T>) -> Result<Self, Self::Error> {
        if items.len() > MAX {
            return Err(format!(
                "must have at most {MAX} items, has {}",
                items.len()
            ));
        }
        Ok(Self(items))
    }
}

impl<T, const MAX: usize> DerefMut for AtMost<T, MAX> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T, const MAX: usize> Deref for AtMost<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const MAX: usize> Default for AtMost<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_and_counts_characters_not_bytes() {
        let name: AgentName = "  Zoë  ".parse().unwrap();
        assert_eq!(name.as_str(), "Zoë");
        assert!("ü".repeat(64).parse::<AgentName>().is_ok());
        assert_eq!(
            "ü".repeat(65).parse::<AgentName>(),
            Err(TextError::Length {
                min: 1,
                max: 64,
                got: 65
            })
        );
    }

    #[test]
    fn refuses_what_could_forge_a_terminal_line() {
        assert_eq!(
            "Cece\u{1b}[2J".parse::<AgentName>(),
            Err(TextError::Control)
        );
        assert_eq!("a\nb".parse::<Task>(), Err(TextError::Control));
    }

    #[test]
    fn a_task_may_be_empty_but_a_name_may_not() {
        assert!("".parse::<Task>().is_ok());
        assert!(" ".parse::<AgentName>().is_err());
    }

    #[test]
    fn a_list_keeps_its_bound_when_read() {
        let tags: Result<AtMost<u8, 2>, _> = serde_json::from_str("[1,2,3]");
        assert!(tags.unwrap_err().to_string().contains("at most 2 items"));
        let tags: AtMost<u8, 2> = serde_json::from_str("[1,2]").unwrap();
        assert_eq!(serde_json::to_string(&tags).unwrap(), "[1,2]");
    }
}
