//! Names of tenants and people. They become parts of Redis keys and of paths,
//! hence the narrow alphabets.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::protocol::text::text_on_the_wire;

/// The tenant: what belongs to one workspace never reaches another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Workspace(String);

/// A person in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct User(String);

const WORKSPACE_RULE: &str = "a workspace must have 1 to 64 of a-z, 0-9, '-', '_'";
const USER_RULE: &str = "a user must have 1 to 64 of a-z, A-Z, 0-9, '-', '_', '.', '@', '+', \
                         and begin with a letter or digit";

impl User {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Workspace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        };
        if !(1..=64).contains(&text.len()) || !text.bytes().all(allowed) {
            return Err(WORKSPACE_RULE);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for User {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@' | b'+')
        };
        let begins_well = text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        if text.len() > 64 || !begins_well || !text.bytes().all(allowed) {
            return Err(USER_RULE);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Workspace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

text_on_the_wire!(Workspace);
text_on_the_wire!(User);

impl Workspace {
    /// The workspace of an installation that has only one.
    pub fn main() -> Self {
        Self("default".to_owned())
    }
}

impl User {
    /// Whoever started the server.
    pub fn operator() -> Self {
        Self("operator".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_a_key() {
        for wrong in ["", "a{b}", "a:b", "a/b", "A", "a b", "ü"] {
            assert!(wrong.parse::<Workspace>().is_err(), "{wrong:?} was taken");
        }
        for wrong in ["", "..", "-a", "a:b", "a/b", "a b", "{w}"] {
            assert!(wrong.parse::<User>().is_err(), "{wrong:?} was taken");
        }
        assert!("ann.lee+work@example.org".parse::<User>().is_ok());
    }
}
