//! What makes a number one of its kind, beyond its form: check digits, dates of
//! birth and ranges.
//!
//! - [`europe`], [`elsewhere`]: national numbers
//! - [`card`]: payment cards
//!
//! Each takes the letters and digits of a number, without what separates them.

pub(super) mod card;
pub(super) mod elsewhere;
pub(super) mod europe;

use super::super::checksum::weighted;

/// The digits of a number that has no letters.
pub(super) fn digits<const N: usize>(number: &str) -> Option<[u32; N]> {
    number
        .chars()
        .map(|char| char.to_digit(10))
        .collect::<Option<Vec<u32>>>()?
        .try_into()
        .ok()
}

/// All digits, whatever letters are between them.
pub(super) fn all_digits(number: &str) -> Vec<u32> {
    number
        .chars()
        .filter_map(|char| char.to_digit(10))
        .collect()
}

/// The number that stands at a place, of two digits.
pub(super) fn pair(digits: &[u32], place: usize) -> u32 {
    digits
        .iter()
        .skip(place)
        .take(2)
        .fold(0, |sum, digit| sum * 10 + digit)
}

/// Whether there is such a day in some year.
pub(super) fn is_date(month: u32, day: u32) -> bool {
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// last; `ten` stands for a rest of 10.
pub(super) fn complement_11(digits: &[u32], weights: &[u32], ten: Option<u32>) -> bool {
    let Some((check, digits)) = digits.split_last() else {
        return false;
    };
    let expected = match (11 - weighted(digits, weights) % 11) % 11 {
        10 => ten,
        value => Some(value),
    };
    expected == Some(*check)
}
