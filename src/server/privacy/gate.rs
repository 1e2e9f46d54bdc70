//! What agents send on its way into the store: nothing gets past here unscanned.

use std::{str::FromStr, sync::Arc};

use super::{Found, Mode, Scanner, ScannerError, kind::Counts, kind::Kind};
use crate::protocol::{AtMost, EventData, Line, Problem, Redactions, TextError};

/// Scans what agents send; cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Scanner>);

impl Gate {
    /// A gate that does what the mode says.
    ///
    /// # Errors
    /// Only through a fault of this program.
    pub fn new(mode: Mode) -> Result<Self, ScannerError> {
        Ok(Self(Arc::new(Scanner::new(mode)?)))
    }

    /// Scans an event's data, and replaces in it what must be.
    ///
    /// # Errors
    /// 422 with the place of what is not taken, never with the value.
    pub fn data(&self, data: EventData) -> Result<(EventData, Redactions), Problem> {
        let mut members = data.into_members();
        let counts = self.0.scan_json(&mut members).map_err(|refusal| {
            let place = format!("data{}", refusal.pointer.replace('/', "."));
            refused(&place, refusal.kind)
        })?;
        // A placeholder may be longer than what it stands for.
        let data = EventData::try_from(members).map_err(|rule| Problem::field("data", rule))?;
        Ok((data, redactions(&counts)))
    }

    /// Begins with the fields of one request.
    pub fn fields(&self) -> Fields<'_> {
        Fields {
            scanner: &self.0,
            counts: Counts::default(),
        }
    }
}

/// The fields of one request, and what was replaced in them.
pub struct Fields<'a> {
    scanner: &'a Scanner,
    counts: Counts,
}

impl Fields<'_> {
    /// Scans a line, and replaces in it what must be.
    ///
    /// # Errors
    /// 422 with the name of the field, never with its value.
    pub fn line<const MIN: usize, const MAX: usize>(
        &mut self,
        field: &str,
        line: &mut Line<MIN, MAX>,
    ) -> Result<(), Problem> {
        match self.scanner.scan_field(field, line.as_str()) {
            Found::Clean => Ok(()),
            Found::Refused { kind } => Err(refused(field, kind)),
            Found::Redacted { text, counts } => {
                self.counts.add(&counts);
                // A placeholder may be longer than what it stands for.
                let text: String = text.chars().take(MAX).collect();
                *line =
                    Line::from_str(&text).map_err(|rule: TextError| Problem::field(field, rule))?;
                Ok(())
            }
        }
    }

    /// Scans the lines of a list.
    ///
    /// # Errors
    /// As [`Fields::line`], with the place in the list.
    pub fn lines<const MIN: usize, const MAX: usize, const COUNT: usize>(
        &mut self,
        field: &str,
        lines: &mut AtMost<Line<MIN, MAX>, COUNT>,
    ) -> Result<(), Problem> {
        for (place, line) in lines.iter_mut().enumerate() {
            self.line(&format!("{field}[{place}]"), line)?;
        }
        Ok(())
    }

    /// What was replaced in all of them.
    pub fn redactions(&self) -> Redactions {
        redactions(&self.counts)
    }
}

fn refused(field: &str, kind: Kind) -> Problem {
    Problem::field(field, format!("must not contain {kind}"))
}

fn redactions(counts: &Counts) -> Redactions {
    counts
        .iter()
        .map(|(kind, count)| (kind.name().to_owned(), u64::from(count)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gate(mode: Mode) -> Gate {
        Gate::new(mode).unwrap()
    }

    fn data(value: serde_json::Value) -> EventData {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn data_is_replaced_counted_and_refused_by_its_place() {
        let said = data(json!({"text": "write to ann@corp.example", "to": ["bob@corp.example"]}));
        let (clean, redactions) = gate(Mode::Redact).data(said).unwrap();
        assert_eq!(
            clean,
            data(json!({"text": "write to [email]", "to": ["[email]"]}))
        );
        assert_eq!(redactions, [("email".to_owned(), 2)].into());
        let secret = data(json!({"steps": [{"url": "https://u:hunter22@example.org/"}]}));
        let problem = gate(Mode::Redact).data(secret).unwrap_err();
        assert_eq!(problem.errors[0].field, "data.steps.0.url");
        assert!(!format!("{problem:?}").contains("hunter22"), "{problem:?}");
    }

    #[test]
    fn a_field_keeps_its_rule_whatever_is_replaced() {
        let gate = gate(Mode::Redact);
        let mut fields = gate.fields();
        let mut name: Line<1, 8> = "a@b.io x".parse().unwrap();
        fields.line("agent_name", &mut name).unwrap();
        assert_eq!(name.as_str(), "[email]");
        assert_eq!(fields.redactions(), [("email".to_owned(), 1)].into());
        let reject = self::gate(Mode::Reject);
        let mut tags: AtMost<Line<1, 64>, 4> =
            vec!["ok".parse().unwrap(), "ann@corp.example".parse().unwrap()]
                .try_into()
                .unwrap();
        let problem = reject.fields().lines("tags", &mut tags).unwrap_err();
        assert_eq!(problem.errors[0].field, "tags[1]");
    }
}
