//! National numbers of the Americas, Asia, Africa and Australia.

use super::super::super::checksum::{luhn, verhoeff, weighted};
use super::{all_digits, digits, is_date, pair};

/// The weighted sum modulo 11, subtracted from 11, of all but the last digit is the
/// The ranges the Social Security Administration never gives out.
pub(in super::super) fn us_social_security(number: &str) -> bool {
    digits::<9>(number).is_some_and(|[a, b, c, d, e, rest @ ..]| {
        let area = a * 100 + b * 10 + c;
        area != 0 && area != 666 && a != 9 && (d, e) != (0, 0) && rest != [0; 4]
    })
}

/// Two check digits; eleven times one digit passes and is nobody's.
pub(in super::super) fn brazilian(number: &str) -> bool {
    digits::<11>(number).is_some_and(|digits| {
        let check = |count: usize| {
            let sum: u32 = digits
                .iter()
                .take(count)
                .zip((2..=count + 1).rev())
                .map(|(digit, weight)| digit * weight as u32)
                .sum();
            sum * 10 % 11 % 10
        };
        digits.iter().any(|digit| *digit != digits[0])
            && check(9) == digits[9]
            && check(10) == digits[10]
    })
}

/// Date of birth (the day raised by 60 for a coordination number), and Luhn's sum
/// Whether this is a date and a time of our years, as in names of files:
/// Twelve digits, the first from 2, with Verhoeff's check digit.
pub(in super::super) fn indian_aadhaar(number: &str) -> bool {
    digits::<12>(number).is_some_and(|digits| digits[0] >= 2 && verhoeff(&digits))
}

/// The fourth letter says whose it is.
pub(in super::super) fn indian_account(number: &str) -> bool {
    number
        .chars()
        .nth(3)
        .is_some_and(|char| "PCHFATBLJG".contains(char.to_ascii_uppercase()))
}

/// Region, date of birth, serial, ISO/IEC 7064 MOD 11-2 (GB 11643-1999).
pub(in super::super) fn chinese(number: &str) -> bool {
    let digits = all_digits(number);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let check = "10X98765432"
        .chars()
        .nth((weighted(&digits, &weights) % 11) as usize);
    digits.len() >= 17
        && matches!(pair(&digits, 6), 18..=20)
        && is_date(pair(&digits, 10), pair(&digits, 12))
        && check == number.chars().last().map(|char| char.to_ascii_uppercase())
}

/// Nine digits with Luhn's sum.
pub(in super::super) fn canadian(number: &str) -> bool {
    digits::<9>(number).is_some_and(|digits| digits[0] != 0 && luhn(&digits))
}

/// Date of birth and a digit for sex and century; since 2020 there is no check digit.
pub(in super::super) fn korean(number: &str) -> bool {
    digits::<13>(number).is_some_and(|digits| {
        is_date(pair(&digits, 2), pair(&digits, 4)) && matches!(digits[6], 1..=8)
    })
}

/// Four letters of the names, date of birth, sex, and more letters.
pub(in super::super) fn mexican(number: &str) -> bool {
    let digits = all_digits(number);
    is_date(pair(&digits, 2), pair(&digits, 4))
        && number
            .chars()
            .nth(10)
            .is_some_and(|sex| "HMX".contains(sex.to_ascii_uppercase()))
}

/// Date of birth (the month raised by 20, 50 or 70), serial; ten digits are a
/// Date of birth, serial, citizenship, and Luhn's sum.
pub(in super::super) fn south_african(number: &str) -> bool {
    digits::<13>(number).is_some_and(|digits| {
        is_date(pair(&digits, 2), pair(&digits, 4)) && digits[10] < 3 && luhn(&digits)
    })
}

/// Nine digits whose weighted sum is a multiple of eleven.
pub(in super::super) fn australian_tax(number: &str) -> bool {
    digits::<9>(number).is_some_and(|digits| {
        digits != [0; 9] && weighted(&digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&str) -> bool;

    #[test]
    fn valid_numbers_pass_and_no_other_last_character() {
        let numbers: [(Check, &[&str]); 6] = [
            (
                chinese,
                &[
                    "341701198709261671",
                    "141128199501031062",
                    "340825195908160381",
                ],
            ),
            (brazilian, &["21310498709", "25211298870", "81367880653"]),
            (canadian, &["267200517", "705674299", "148416688"]),
            (south_african, &["8001015009087"]),
            (australian_tax, &["123456782"]),
            (indian_aadhaar, &["234123412346"]),
        ];
        for (check, valid) in numbers {
            for number in valid {
                assert!(check(number), "{number}");
                assert!(!check(""), "{number}");
                let (rest, last) = number.split_at(number.len() - 1);
                let others = if last.parse::<u8>().is_ok() {
                    "0123456789"
                } else {
                    "ABCDEFGH"
                };
                for other in others.chars().filter(|other| !last.contains(*other)) {
                    assert!(!check(&format!("{rest}{other}")), "{rest}{other}");
                }
            }
        }
    }
}
