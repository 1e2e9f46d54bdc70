//! Payment cards.

use super::super::super::checksum::luhn;
use super::all_digits;

/// Length and first digits of an issuer (ISO/IEC 7812-1), and Luhn's sum.
pub(in super::super) fn card(number: &str) -> bool {
    let digits = all_digits(number);
    let first = |count: usize| {
        digits
            .iter()
            .take(count)
            .fold(0, |sum, digit| sum * 10 + digit)
    };
    let issued = match digits.len() {
        12 => is_maestro(first(4)),
        13 => first(1) == 4 || is_maestro(first(4)),
        14 => matches!(first(3), 300..=305 | 309) || matches!(first(2), 36 | 38 | 39),
        15 => {
            matches!(first(2), 34 | 37) || matches!(first(4), 2131 | 1800) || is_maestro(first(4))
        }
        16 => {
            first(1) == 4
                || matches!(
                    first(2),
                    51..=55 | 35 | 36 | 38 | 39 | 60 | 62 | 64 | 65 | 81 | 82
                )
                || matches!(first(4), 2200..=2204 | 2221..=2720)
                || matches!(first(3), 300..=305 | 508)
                || is_maestro(first(4))
        }
        17 | 18 => first(2) == 62 || is_maestro(first(4)),
        19 => first(1) == 4 || matches!(first(2), 62 | 65) || is_maestro(first(4)),
        _ => false,
    };
    issued && luhn(&digits)
}

fn is_maestro(first: u32) -> bool {
    matches!(first, 604 | 5018 | 5020 | 5038 | 5600..=5899 | 6304 | 6390 | 6759 | 6761..=6763)
}
