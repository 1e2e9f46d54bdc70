//! What is looked for, how it is called, and how much of it was found.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};

/// Data about a person: replaced by a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Personal {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// The number of a payment card.
    Card,
    /// An international bank account number.
    Iban,
    /// A number that a state gives to a person.
    NationalId,
    /// The address of a machine, hence of who sits at it.
    Ip,
}

impl Personal {
    /// All of them, in the order of [`Counts`].
    pub const ALL: [Self; 6] = [
        Self::Email,
        Self::Phone,
        Self::Card,
        Self::Iban,
        Self::NationalId,
        Self::Ip,
    ];

    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::NationalId => "national_id",
            Self::Ip => "ip",
        }
    }

    /// What stands in a text in place of the value.
    #[must_use]
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Email => "[email]",
            Self::Phone => "[phone]",
            Self::Card => "[card]",
            Self::Iban => "[iban]",
            Self::NationalId => "[national id]",
            Self::Ip => "[ip]",
        }
    }
}

/// What opens doors: a text with one is refused whole, because a placeholder would
/// hide from its sender that it has leaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Secret {
    /// A private key in text form.
    PrivateKey,
    /// An access token or API key of a known shape.
    Token,
    /// A password in the user part of a URL.
    UrlPassword,
}

/// Either of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Data about a person.
    Personal(Personal),
    /// A secret.
    Secret(Secret),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Personal(Personal::Email) => "an e-mail address",
            Self::Personal(Personal::Phone) => "a phone number",
            Self::Personal(Personal::Card) => "a card number",
            Self::Personal(Personal::Iban) => "an IBAN",
            Self::Personal(Personal::NationalId) => "a national identity number",
            Self::Personal(Personal::Ip) => "an IP address",
            Self::Secret(Secret::PrivateKey) => "a private key",
            Self::Secret(Secret::Token) => "an access token",
            Self::Secret(Secret::UrlPassword) => "a password in a URL",
        })
    }
}

/// How many values of each kind were replaced. Serialises as an object of those
/// that are not zero: `{"email": 2}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u32; Personal::ALL.len()]);

impl Counts {
    /// How many of one kind.
    #[must_use]
    pub fn of(&self, kind: Personal) -> u32 {
        self.iter()
            .find_map(|(other, count)| (other == kind).then_some(count))
            .unwrap_or_default()
    }

    /// Whether nothing was replaced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The kinds that were found, each with its number.
    pub fn iter(&self) -> impl Iterator<Item = (Personal, u32)> {
        Personal::ALL
            .into_iter()
            .zip(self.0)
            .filter(|(_, count)| *count > 0)
    }

    /// Counts one more.
    pub(super) fn count(&mut self, kind: Personal) {
        for (other, count) in Personal::ALL.into_iter().zip(&mut self.0) {
            if other == kind {
                *count = count.saturating_add(1);
            }
        }
    }

    /// Adds what was found elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = mine.saturating_add(theirs);
        }
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (kind, count) in self.iter() {
            map.serialize_entry(kind.name(), &count)?;
        }
        map.end()
    }
}
