//! Check digits, by the names of their methods.
//!
//! Each takes digits as numbers from 0 to 9.

/// Luhn's sum over all digits, the check digit last (ISO/IEC 7812-1, annex B).
pub(super) fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The digits as a number, modulo `modulus`.
pub(super) fn modulo(digits: &[u32], modulus: u32) -> u32 {
    digits
        .iter()
        .fold(0, |rest, digit| (rest * 10 + digit) % modulus)
}

/// The sum of the digits, each multiplied by the weight at its place.
pub(super) fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum()
}

/// ISO/IEC 7064, MOD 11,10, the check digit last.
pub(super) fn mod_11_10(digits: &[u32]) -> bool {
    let Some((check, digits)) = digits.split_last() else {
        return false;
    };
    let product = digits.iter().fold(10, |product, digit| {
        let sum = match (digit + product) % 10 {
            0 => 10,
            sum => sum,
        };
        sum * 2 % 11
    });
    (11 - product) % 10 == *check
}

/// Verhoeff's sum in the dihedral group of order ten, the check digit last.
pub(super) fn verhoeff(digits: &[u32]) -> bool {
    let sum = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0, |sum, (place, digit)| {
            let turned = (0..place % 8).fold(*digit, |digit, _| permuted(digit));
            product(sum, turned)
        });
    sum == 0
}

/// Verhoeff's permutation.
fn permuted(digit: u32) -> u32 {
    match digit {
        0 => 1,
        1 => 5,
        2 => 7,
        3 => 6,
        4 => 2,
        5 => 8,
        6 => 3,
        7 => 0,
        8 => 9,
        _ => 4,
    }
}

/// The product in the group: 0 to 4 are turns, 5 to 9 turns of the mirror image.
fn product(left: u32, right: u32) -> u32 {
    match (left < 5, right < 5) {
        (true, true) => (left + right) % 5,
        (true, false) => 5 + (left + right) % 5,
        (false, true) => 5 + (left - right) % 5,
        (false, false) => (left + 5 - right) % 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u32> {
        text.chars().filter_map(|char| char.to_digit(10)).collect()
    }

    /// A method is right if it takes one last digit of the ten: that one.
    fn takes_only(check: fn(&[u32]) -> bool, number: &str) {
        let mut digits = digits(number);
        let right = digits.pop().unwrap();
        for last in 0..10 {
            let number: Vec<u32> = digits.iter().copied().chain([last]).collect();
            assert_eq!(check(&number), last == right, "{number:?}");
        }
    }

    #[test]
    fn luhn_takes_the_right_digit_only() {
        takes_only(luhn, "79927398713");
    }

    #[test]
    fn verhoeff_takes_the_right_digit_only() {
        takes_only(verhoeff, "2363");
        takes_only(verhoeff, "234123412346");
    }

    #[test]
    fn mod_11_10_takes_the_right_digit_only() {
        takes_only(mod_11_10, "86095742719");
    }
}
