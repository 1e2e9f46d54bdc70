//! The parts of one text to be replaced.

use super::{
    kind::{Counts, Personal},
    plain::Plain,
};

/// Parts that do not overlap, in the order of the text. Who is found first keeps its
/// place: detectors run from the most certain to the least.
#[derive(Default)]
pub(super) struct Parts(Vec<(usize, usize, Personal)>);

impl Parts {
    /// Adds a part of the plain text, unless another has some of it.
    pub fn add(&mut self, start: usize, end: usize, kind: Personal) {
        if start < end && self.is_free(start, end) {
            let place = self.0.partition_point(|(other, ..)| *other < start);
            self.0.insert(place, (start, end, kind));
        }
    }

    /// Whether nothing of a part was found yet.
    pub fn is_free(&self, start: usize, end: usize) -> bool {
        let next = self.0.partition_point(|(_, other, _)| *other <= start);
        self.0.get(next).is_none_or(|(other, ..)| end <= *other)
    }

    /// The kind that stands first in the text.
    pub fn first(&self) -> Option<Personal> {
        self.0.first().map(|(.., kind)| *kind)
    }

    /// The text with each part replaced by the placeholder of its kind.
    pub fn redact(self, text: &str, plain: &Plain<'_>) -> (String, Counts) {
        let mut redacted = String::with_capacity(text.len());
        let mut counts = Counts::default();
        let mut kept = 0;
        for (start, end, kind) in self.0 {
            redacted.push_str(text.get(kept..plain.offset(start)).unwrap_or_default());
            redacted.push_str(kind.placeholder());
            counts.count(kind);
            kept = plain.offset(end);
        }
        redacted.push_str(text.get(kept..).unwrap_or_default());
        (redacted, counts)
    }
}
