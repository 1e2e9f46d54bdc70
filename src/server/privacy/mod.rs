//! Personal data and secrets in what agents say.
//!
//! Everything an agent sends is seen by the whole workspace and stored for a day, so
//! it is scanned before it is stored. Data about persons is replaced by typed
//! placeholders; secrets are refused. Names of persons cannot be told from other
//! words without a model, and stay.
//!
//! - [`Gate`]: where everything passes that agents send
//! - [`kind`]: what is looked for, and counts
//! - [`json`]: all strings of an object
//! - `plain`: a text as the detectors read it
//! - `hints`, `words`: words that say what a number nearby is
//! - `secret`, `email`, `network`, `iban`, `numbers`, `phone`: the detectors
//! - `checksum`: check digits
//! - `found`: the parts to be replaced

mod checksum;
mod email;
mod found;
mod gate;
mod hints;
mod iban;
pub mod json;
pub mod kind;
mod network;
mod numbers;
mod phone;
mod plain;
mod secret;
mod words;

pub use gate::{Fields, Gate};

use serde::Deserialize;
use serde_json::{Map, Value};

use self::{
    found::Parts,
    hints::{Hints, Meaning, Words},
    iban::Ibans,
    json::{Refusal, Walk},
    kind::{Counts, Kind},
    network::Addresses,
    numbers::Numbers,
    phone::Phones,
    plain::Plain,
    secret::Secrets,
};

/// What is done about personal data and secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Personal data is replaced, secrets are refused.
    #[default]
    Redact,
    /// Both are refused.
    Reject,
    /// Nothing is looked for.
    Off,
}

/// What a text has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: it stays as it is.
    Clean,
    /// Personal data, which was replaced.
    Redacted {
        /// The text with placeholders.
        text: String,
        /// What was replaced.
        counts: Counts,
    },
    /// Something for which the text is not taken.
    Refused {
        /// What it is.
        kind: Kind,
    },
}

/// Finds personal data and secrets. Made once, used by all threads.
pub struct Scanner {
    mode: Mode,
    words: Words,
    secrets: Secrets,
    addresses: Addresses,
    ibans: Ibans,
    numbers: Numbers,
    phones: Phones,
}

/// The patterns could not be compiled. They are constants: a fault of this program.
#[derive(Debug, thiserror::Error)]
#[error("the patterns of the privacy scanner cannot be compiled: {0}")]
pub struct ScannerError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Scanner {
    /// Compiles the patterns: some milliseconds.
    ///
    /// # Errors
    /// Only through a fault of this program.
    pub fn new(mode: Mode) -> Result<Self, ScannerError> {
        Ok(Self {
            mode,
            words: Words::new(numbers::words()).map_err(fault)?,
            secrets: Secrets::new().map_err(fault)?,
            addresses: Addresses::new().map_err(fault)?,
            ibans: Ibans::new().map_err(fault)?,
            numbers: Numbers::new().map_err(fault)?,
            phones: Phones::new().map_err(fault)?,
        })
    }

    /// Scans a text.
    #[must_use]
    pub fn scan(&self, text: &str) -> Found {
        self.scan_named(text, &[])
    }

    /// Scans a text that has a name: a number in the field `phone` needs no word
    /// beside it.
    #[must_use]
    pub fn scan_field(&self, name: &str, text: &str) -> Found {
        self.scan_named(text, &self.words_of(name))
    }

    /// Scans and redacts the names and the string values of all members, at any depth.
    ///
    /// # Errors
    /// With the place of the first string for which the object is not taken. The
    /// object may have been redacted in part.
    pub fn scan_json(&self, object: &mut Map<String, Value>) -> Result<Counts, Refusal> {
        if self.mode == Mode::Off {
            return Ok(Counts::default());
        }
        Walk::new(self).run(object)
    }

    fn words_of(&self, name: &str) -> Vec<Meaning> {
        self.words.of_name(name)
    }

    fn scan_named(&self, text: &str, named: &[Meaning]) -> Found {
        if self.mode == Mode::Off {
            return Found::Clean;
        }
        let plain = Plain::new(text);
        if let Some(secret) = self.secrets.find(&plain) {
            return Found::Refused {
                kind: Kind::Secret(secret),
            };
        }
        let parts = self.personal(text, &plain, named);
        match (parts.first(), self.mode) {
            (None, _) => Found::Clean,
            (Some(kind), Mode::Reject) => Found::Refused {
                kind: Kind::Personal(kind),
            },
            (Some(_), _) => {
                let (text, counts) = parts.redact(text, &plain);
                Found::Redacted { text, counts }
            }
        }
    }

    /// The personal data of a text. The order is from the most certain to the least.
    fn personal(&self, text: &str, plain: &Plain<'_>, named: &[Meaning]) -> Parts {
        let mut parts = Parts::default();
        let hints = Hints::new(text, &self.words, named);
        email::find(plain, &mut parts);
        // Short of these, an address like `fe80::1` and an IBAN have no room.
        if plain.bytes().iter().any(u8::is_ascii_digit) {
            self.addresses.find(plain, &hints, &mut parts);
            self.ibans.find(plain, &mut parts);
            self.numbers.find(plain, &hints, &mut parts);
            self.phones.find(plain, &hints, &mut parts);
            self.numbers.find_named(plain, &hints, &mut parts);
        }
        parts
    }
}

fn fault(error: impl std::error::Error + Send + Sync + 'static) -> ScannerError {
    ScannerError(Box::new(error))
}

#[cfg(test)]
mod tests;
