//! National numbers of Europe and Turkey.

use super::super::super::checksum::{luhn, mod_11_10, modulo, weighted};
use super::{all_digits, complement_11, digits, is_date, pair};

/// The letters HM Revenue & Customs gives out (NIM39110).
pub(in super::super) fn uk_national_insurance(number: &str) -> bool {
    let number = number.to_ascii_uppercase();
    let prefix = number.get(..2).unwrap_or_default();
    let mut letters = prefix.chars();
    letters
        .next()
        .is_some_and(|first| !"DFIQUV".contains(first))
        && letters
            .next()
            .is_some_and(|second| !"DFIQUVO".contains(second))
        && !["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"].contains(&prefix)
        && number.ends_with(['A', 'B', 'C', 'D'])
}

/// Ten digits and a check digit; one digit at least stands twice.
pub(in super::super) fn german_tax(number: &str) -> bool {
    digits::<11>(number).is_some_and(|digits| digits[0] != 0 && mod_11_10(&digits))
}

/// Area, date of birth, initial, serial, and a check digit over sums of digits.
pub(in super::super) fn german_pension(number: &str) -> bool {
    let number = number.to_ascii_uppercase();
    let written: Vec<u32> = number
        .chars()
        .flat_map(|char| match char.to_digit(36) {
            Some(value) if value > 9 => {
                let place = value - 9;
                vec![place / 10, place % 10]
            }
            Some(value) => vec![value],
            None => Vec::new(),
        })
        .collect();
    let Some((check, rest)) = written.split_last() else {
        return false;
    };
    let day = pair(&written, 2) % 50;
    let sum: u32 = rest
        .iter()
        .zip([2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1])
        .map(|(digit, weight)| digit * weight / 10 + digit * weight % 10)
        .sum();
    is_date(pair(&written, 4), day) && sum % 10 == *check
}

/// Sex, year, month, department, and a key modulo 97; Corsica is written 2A and 2B.
pub(in super::super) fn french_social_security(number: &str) -> bool {
    let number = number
        .to_ascii_uppercase()
        .replacen("2A", "19", 1)
        .replacen("2B", "18", 1);
    digits::<15>(&number).is_some_and(|digits| {
        let month = pair(&digits, 3);
        let (body, key) = (digits.iter().take(13), pair(&digits, 13));
        let body: Vec<u32> = body.copied().collect();
        matches!(digits[0], 1..=4 | 7 | 8)
            && matches!(month, 1..=12 | 20..=42 | 50..=99)
            && 97 - modulo(&body, 97) == key
    })
}

/// Eight digits, the first perhaps written X, Y or Z, and a letter modulo 23.
pub(in super::super) fn spanish(number: &str) -> bool {
    let number = number.to_ascii_uppercase();
    let digits = number
        .replacen('X', "0", 1)
        .replacen('Y', "1", 1)
        .replacen('Z', "2", 1);
    let Some(value) = digits
        .get(..8)
        .and_then(|digits| digits.parse::<usize>().ok())
    else {
        return false;
    };
    let starts_well = !number.starts_with(|char: char| char.is_ascii_alphabetic() && char < 'X');
    starts_well && "TRWAGMYFPDXBNJZSQVHLCKE".chars().nth(value % 23) == number.chars().last()
}

/// Sixteen characters, the last a check letter over values that differ by place.
pub(in super::super) fn italian_tax(number: &str) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let number = number.to_ascii_uppercase();
    let values: Option<Vec<u32>> = number
        .chars()
        .map(|char| {
            char.to_digit(36)
                .map(|value| if value > 9 { value - 10 } else { value })
        })
        .collect();
    let Some((check, rest)) = values.as_deref().and_then(<[u32]>::split_last) else {
        return false;
    };
    let sum: u32 = rest
        .iter()
        .enumerate()
        .map(|(place, value)| match place % 2 {
            0 => ODD.get(*value as usize).copied().unwrap_or_default(),
            _ => *value,
        })
        .sum();
    number.len() == 16 && sum % 26 == *check
}

/// The eleven-test: weights 9 to 2, and -1 for the last digit.
pub(in super::super) fn dutch_citizen_service(number: &str) -> bool {
    digits::<9>(number).is_some_and(|digits| {
        let sum = weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2]) + 10 * digits[8];
        digits != [0; 9] && sum.is_multiple_of(11)
    })
}

/// Date of birth, serial, and 97 minus the rest modulo 97; from 2000, a 2 leads.
pub(in super::super) fn belgian_national(number: &str) -> bool {
    digits::<11>(number).is_some_and(|digits| {
        let body: Vec<u32> = digits.iter().take(9).copied().collect();
        let later: Vec<u32> = [2].into_iter().chain(body.iter().copied()).collect();
        let key = pair(&digits, 9);
        is_date(pair(&digits, 2), pair(&digits, 4))
            && [body, later]
                .iter()
                .any(|body| 97 - modulo(body, 97) == key)
    })
}

/// Date of birth with the century in the month, and weights 1, 3, 7, 9.
pub(in super::super) fn polish(number: &str) -> bool {
    digits::<11>(number).is_some_and(|digits| {
        is_date(pair(&digits, 2) % 20, pair(&digits, 4))
            && weighted(&digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
    })
}

/// over the last ten digits.
pub(in super::super) fn swedish(number: &str) -> bool {
    let digits = all_digits(number);
    let Some((century, last)) = digits
        .len()
        .checked_sub(10)
        .and_then(|at| digits.split_at_checked(at))
    else {
        return false;
    };
    (century.is_empty() || matches!(century, [1, 8 | 9] | [2, 0]))
        && is_date(pair(last, 2), pair(last, 4) % 60)
        && luhn(last)
}

/// As [`swedish`], but no moment of our years.
pub(in super::super) fn swedish_alone(number: &str) -> bool {
    swedish(number) && !is_moment(number)
}

/// `20251124-1733`.
fn is_moment(number: &str) -> bool {
    let digits = all_digits(number);
    let (century, from) = match digits.len() {
        10 => (20, 0),
        _ => (pair(&digits, 0), 2),
    };
    century == 20
        && matches!(pair(&digits, from), 15..=35)
        && is_date(pair(&digits, from + 2), pair(&digits, from + 4))
        && pair(&digits, from + 6) < 24
        && pair(&digits, from + 8) < 60
}

/// Date of birth, a sign for the century, serial, and a character modulo 31.
pub(in super::super) fn finnish(number: &str) -> bool {
    let (Some(last), Some(date)) = (number.chars().last(), number.get(..6)) else {
        return false;
    };
    let serial: String = number
        .chars()
        .skip(6)
        .filter(char::is_ascii_digit)
        .take(3)
        .collect();
    let Ok(value) = format!("{date}{serial}").parse::<usize>() else {
        return false;
    };
    let digits = all_digits(date);
    is_date(pair(&digits, 2), pair(&digits, 0))
        && "0123456789ABCDEFHJKLMNPRSTUVWXY".chars().nth(value % 31)
            == Some(last.to_ascii_uppercase())
}

/// Date of birth, serial, and two check digits.
pub(in super::super) fn norwegian(number: &str) -> bool {
    digits::<11>(number).is_some_and(|digits| {
        let first: Vec<u32> = digits.iter().take(10).copied().collect();
        is_date(pair(&digits, 2) % 40, pair(&digits, 0) % 40)
            && complement_11(&first, &[3, 7, 6, 1, 8, 9, 4, 5, 2], None)
            && complement_11(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2], None)
    })
}

/// Date of birth and serial; numbers since 2007 have no check digit.
pub(in super::super) fn danish(number: &str) -> bool {
    digits::<10>(number).is_some_and(|digits| is_date(pair(&digits, 2), pair(&digits, 0)))
}

/// As [`finnish`], but no moment of our years.
pub(in super::super) fn finnish_alone(number: &str) -> bool {
    let has_letter = number.contains(|char: char| char.is_ascii_alphabetic());
    finnish(number) && (has_letter || !is_moment(number))
}

/// The prefix of Switzerland, and the check digit of an EAN-13.
pub(in super::super) fn swiss(number: &str) -> bool {
    digits::<13>(number).is_some_and(|digits| {
        digits.starts_with(&[7, 5, 6])
            && weighted(&digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
    })
}

/// Serial, check digit, date of birth.
pub(in super::super) fn austrian(number: &str) -> bool {
    digits::<10>(number).is_some_and(|digits| {
        let sum = weighted(&digits, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]);
        digits[0] != 0 && sum % 11 == digits[3]
    })
}

/// Sex and century, date of birth, county, serial, check digit.
pub(in super::super) fn romanian(number: &str) -> bool {
    digits::<13>(number).is_some_and(|digits| {
        let sum = weighted(&digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
        digits[0] != 0
            && is_date(pair(&digits, 3), pair(&digits, 5))
            && digits[12] == if sum == 10 { 1 } else { sum }
    })
}

/// Two check digits over odd and even places.
pub(in super::super) fn turkish(number: &str) -> bool {
    digits::<11>(number).is_some_and(|d| {
        let odd = d[0] + d[2] + d[4] + d[6] + d[8];
        let even = d[1] + d[3] + d[5] + d[7];
        let all: u32 = d.iter().take(10).sum();
        d[0] != 0 && (odd * 7 + 10 * 9 - even) % 10 == d[9] && all % 10 == d[10]
    })
}

/// Eleven digits, MOD 11,10.
pub(in super::super) fn croatian(number: &str) -> bool {
    digits::<11>(number).is_some_and(|digits| mod_11_10(&digits))
}

/// Sex and century, date of birth, serial, check digit with two rows of weights.
pub(in super::super) fn baltic(number: &str) -> bool {
    digits::<11>(number).is_some_and(|digits| {
        let first = weighted(&digits, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
        let second = weighted(&digits, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10;
        is_date(pair(&digits, 3), pair(&digits, 5))
            && digits[10] == if first == 10 { second } else { first }
    })
}

/// Seven digits and a letter modulo 23; a second letter counts ninefold.
pub(in super::super) fn irish(number: &str) -> bool {
    let letters: Vec<char> = number
        .chars()
        .skip(7)
        .map(|char| char.to_ascii_uppercase())
        .collect();
    let digits = all_digits(number);
    let second = match letters.get(1) {
        None | Some('W') => 0,
        Some(letter) => letter.to_digit(36).unwrap_or(9) - 9,
    };
    let sum = weighted(&digits, &[8, 7, 6, 5, 4, 3, 2]) + 9 * second;
    letters.first().copied() == "WABCDEFGHIJKLMNOPQRSTUV".chars().nth((sum % 23) as usize)
}

/// multiple of eleven.
pub(in super::super) fn czech(number: &str) -> bool {
    let digits = all_digits(number);
    let month = match pair(&digits, 2) {
        month @ 71.. => month - 70,
        month @ 51.. => month - 50,
        month @ 21.. => month - 20,
        month => month,
    };
    let right = digits.len() == 9
        || modulo(&digits, 11) == 0
        || digits
            .split_last()
            .is_some_and(|(last, rest)| *last == 0 && modulo(rest, 11) == 10);
    is_date(month, pair(&digits, 4)) && right
}

/// Eight digits and a check digit modulo 11.
pub(in super::super) fn portuguese(number: &str) -> bool {
    digits::<9>(number).is_some_and(|digits| {
        digits[0] != 0 && complement_11(&digits, &[9, 8, 7, 6, 5, 4, 3, 2], Some(0))
    })
}

/// Nine digits and a check digit modulo 11.
pub(in super::super) fn uk_health(number: &str) -> bool {
    digits::<10>(number)
        .is_some_and(|digits| complement_11(&digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2], None))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&str) -> bool;

    #[test]
    fn valid_numbers_pass_and_no_other_last_character() {
        let numbers: [(Check, &[&str]); 21] = [
            (austrian, &["8163070683", "7102261078", "4406050401"]),
            (croatian, &["34159670289", "68490127530", "43065297811"]),
            (baltic, &["48909251059", "44603174904", "39701020682"]),
            (turkish, &["44167211084", "78403885418", "31430443204"]),
            (
                romanian,
                &["4380224264917", "3110201265635", "5970108345503"],
            ),
            (norwegian, &["26098706738", "13126505048", "18020785574"]),
            (polish, &["38041216726", "21050706845", "03300103888"]),
            (
                belgian_national,
                &["83060710614", "11011449135", "78102606983"],
            ),
            (
                dutch_citizen_service,
                &["106428950", "854610273", "048162735"],
            ),
            (
                french_social_security,
                &["138029205040635", "219020912202124", "270059720906116"],
            ),
            (
                italian_tax,
                &["MRCBNC92L16B656M", "BRDLNA51P30D101B", "GRGNTL68H09I403O"],
            ),
            (spanish, &["X5088505P", "X6644754P", "Y2600003M"]),
            (
                german_pension,
                &["16070683C722", "68141073H406", "54100899I217"],
            ),
            (finnish, &["1807843120", "210508A740H", "011155492K"]),
            (swedish, &["8709263100", "9908287387", "7305184900"]),
            (swiss, &["7563415967021", "7560648912750", "7561430528678"]),
            (portuguese, &["123456789"]),
            (uk_health, &["9434765919"]),
            (irish, &["1234567T", "1234567FA"]),
            (czech, &["7360285163"]),
            (german_tax, &["86095742719"]),
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
