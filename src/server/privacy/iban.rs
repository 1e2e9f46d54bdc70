//! International bank account numbers (ISO 13616).

use regex::bytes::Regex;

use super::{checksum::modulo, found::Parts, kind::Personal, plain::Plain};

/// The length by country, of the SWIFT registry, and of countries outside it that
/// use the same form.
#[rustfmt::skip]
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24), (b"AE", 23), (b"AL", 28), (b"AO", 25), (b"AT", 20), (b"AZ", 28), (b"BA", 20),
    (b"BE", 16), (b"BF", 28), (b"BG", 22), (b"BH", 22), (b"BI", 27), (b"BJ", 28), (b"BR", 29),
    (b"BY", 28), (b"CF", 27), (b"CG", 27), (b"CH", 21), (b"CI", 28), (b"CM", 27), (b"CR", 22),
    (b"CV", 25), (b"CY", 28), (b"CZ", 24), (b"DE", 22), (b"DJ", 27), (b"DK", 18), (b"DO", 28),
    (b"DZ", 26), (b"EE", 20), (b"EG", 29), (b"ES", 24), (b"FI", 18), (b"FK", 18), (b"FO", 18),
    (b"FR", 27), (b"GA", 27), (b"GB", 22), (b"GE", 22), (b"GI", 23), (b"GL", 18), (b"GQ", 27),
    (b"GR", 27), (b"GT", 28), (b"GW", 25), (b"HN", 28), (b"HR", 21), (b"HU", 28), (b"IE", 22),
    (b"IL", 23), (b"IQ", 23), (b"IR", 26), (b"IS", 26), (b"IT", 27), (b"JO", 30), (b"KM", 27),
    (b"KW", 30), (b"KZ", 20), (b"LB", 28), (b"LC", 32), (b"LI", 21), (b"LT", 20), (b"LU", 20),
    (b"LV", 21), (b"LY", 25), (b"MA", 28), (b"MC", 27), (b"MD", 24), (b"ME", 22), (b"MG", 27),
    (b"MK", 19), (b"ML", 28), (b"MN", 20), (b"MR", 27), (b"MT", 31), (b"MU", 30), (b"MZ", 25),
    (b"NE", 28), (b"NI", 28), (b"NL", 18), (b"NO", 15), (b"OM", 23), (b"PK", 24), (b"PL", 28),
    (b"PS", 29), (b"PT", 25), (b"QA", 29), (b"RO", 24), (b"RS", 22), (b"RU", 33), (b"SA", 24),
    (b"SC", 31), (b"SD", 18), (b"SE", 24), (b"SI", 19), (b"SK", 24), (b"SM", 27), (b"SN", 28),
    (b"SO", 23), (b"ST", 25), (b"SV", 28), (b"TD", 27), (b"TG", 28), (b"TL", 23), (b"TN", 24),
    (b"TR", 26), (b"UA", 29), (b"VA", 22), (b"VG", 24), (b"XK", 20), (b"YE", 30),
];

pub(super) struct Ibans {
    beginning: Regex,
}

impl Ibans {
    pub fn new() -> Result<Self, regex::Error> {
        Ok(Self {
            beginning: Regex::new(r"(?-u)(?:[A-Z]{2}|[a-z]{2})[0-9]{2}[ -]?[0-9A-Za-z]{4}")?,
        })
    }

    pub fn find(&self, plain: &Plain<'_>, parts: &mut Parts) {
        let mut from = 0;
        while let Some(found) = self.beginning.find_at(plain.bytes(), from) {
            let start = found.start();
            from = start + 1;
            if let Some(end) = end_of_iban(plain, start) {
                parts.add(start, end, Personal::Iban);
                from = end;
            }
        }
    }
}

/// Where an IBAN ends that begins here: the characters of its country's length, in
/// one piece or in groups of four, with the right check digits.
fn end_of_iban(plain: &Plain<'_>, start: usize) -> Option<usize> {
    let country = plain.part(start, start + 2).to_ascii_uppercase();
    let (_, length) = LENGTHS
        .iter()
        .find(|(name, _)| name.as_slice() == country)?;
    let mut compact = Vec::with_capacity(*length);
    let mut end = start;
    while compact.len() < *length {
        match plain.after(end, 0)? {
            byte if byte.is_ascii_alphanumeric() => compact.push(byte.to_ascii_uppercase()),
            b' ' | b'-' if compact.len() % 4 == 0 && !compact.is_empty() => {}
            _ => return None,
        }
        end += 1;
    }
    (plain.stands_alone(start, end) && has_right_check(&compact)).then_some(end)
}

/// ISO/IEC 7064, MOD 97,10: the first four characters moved to the end, letters read
/// as 10 to 35, the rest is 1.
fn has_right_check(iban: &[u8]) -> bool {
    let Some((head, tail)) = iban.split_at_checked(4) else {
        return false;
    };
    let digits: Vec<u32> = tail
        .iter()
        .chain(head)
        .filter_map(|byte| char::from(*byte).to_digit(36))
        .flat_map(|value| {
            (value > 9)
                .then_some(value / 10)
                .into_iter()
                .chain([value % 10])
        })
        .collect();
    modulo(&digits, 97) == 1
}
