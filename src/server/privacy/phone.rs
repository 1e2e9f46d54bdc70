//! Telephone numbers.
//!
//! Only what every plan shares is known here: country codes (ITU-T E.164), the
//! lengths of numbers, and the ways people group digits. A library that knows each
//! plan (libphonenumber) takes hundreds of microseconds a number and rejects
//! invented and mistyped ones, which are to be hidden, too.

use regex::bytes::Regex;

use super::{
    found::Parts,
    hints::{Hints, Meaning},
    kind::Personal,
    plain::{Plain, is_word},
};

/// How many groups of digits one number has at most.
const GROUPS: usize = 7;

/// How many digits a number has at least, where only a word says that it is one.
const FEWEST: usize = 7;

/// How many digits an international number in one piece has at least: `+433827642` is
/// as well what was added to something.
const FEWEST_IN_ONE: usize = 10;

/// How many digits a number has at most (E.164, section 6.2.1).
const MOST: usize = 15;

/// How long the numbers of a country are, without its code, where they are fixed or
/// shorter than elsewhere.
#[rustfmt::skip]
const LENGTHS: &[(u32, usize, usize)] = &[
    (1, 10, 10), (7, 10, 10), (27, 9, 9), (30, 10, 10), (31, 9, 9), (32, 8, 9), (33, 9, 9),
    (34, 9, 9), (36, 8, 9), (39, 8, 11), (40, 9, 9), (41, 9, 9), (43, 7, 13), (44, 9, 10),
    (45, 8, 8), (46, 7, 10), (47, 8, 8), (48, 9, 9), (49, 6, 12), (61, 9, 9), (81, 9, 10),
    (82, 8, 10), (86, 10, 11), (90, 10, 10), (91, 10, 10), (352, 6, 9), (420, 9, 9), (423, 7, 9),
];

/// The length of the numbers of any other country.
const LENGTH: (usize, usize) = (8, 12);

/// How far a word is from what follows directly, in bytes: `call: `.
const DIRECTLY: usize = 2;

pub(super) struct Phones {
    groups: Regex,
    extension: Regex,
}

/// Digits without anything between them.
#[derive(Clone, Copy)]
struct Group {
    /// Where it starts, with a `+` and the parenthesis around it alone.
    start: usize,
    /// The same without the parenthesis.
    inner: usize,
    digits: usize,
    end: usize,
    in_parentheses: bool,
}

impl Group {
    fn length(&self) -> usize {
        self.end - self.digits
    }
}

impl Phones {
    pub fn new() -> Result<Self, regex::Error> {
        Ok(Self {
            groups: Regex::new(
                r"(?-u)[+(]{0,2}[0-9]+(?:(?:[ .\-/]| - | ?/ ?| ?\(|\) ?[.\-/]? ?)[0-9]+)*",
            )?,
            extension: Regex::new(r"(?-u)^ ?(?:x|ext\.? ?)[0-9]{1,6}\b")?,
        })
    }

    pub fn find(&self, plain: &Plain<'_>, hints: &Hints<'_>, parts: &mut Parts) {
        for found in self.groups.find_iter(plain.bytes()) {
            if found
                .as_bytes()
                .iter()
                .filter(|byte| byte.is_ascii_digit())
                .count()
                < FEWEST
            {
                continue;
            }
            let groups = groups(plain, found.start(), found.end());
            let is_said = |part: &[Group]| match (part.first(), part.last()) {
                (Some(first), Some(last)) => {
                    let (start, end) = (first.start, last.end);
                    hints.near(plain, start, end, |meaning| meaning == Meaning::Phone)
                        || is_in_form(plain, part)
                            && hints
                                .distance(plain, start, end, |meaning| meaning == Meaning::Call)
                                .is_some_and(|distance| distance <= DIRECTLY)
                }
                _ => false,
            };
            self.take(plain, parts, &groups, &|part| {
                is_unmistakable(plain, part)
                    || part.len() == groups.len() && is_in_national_groups(plain, part)
            });
            self.take(plain, parts, &groups, &|part| {
                is_possible(plain, part) && is_said(part)
            });
        }
    }

    /// Takes the longest run of groups that is a number, and those behind it.
    fn take(
        &self,
        plain: &Plain<'_>,
        parts: &mut Parts,
        groups: &[Group],
        is_number: &dyn Fn(&[Group]) -> bool,
    ) {
        let mut first = 0;
        while first < groups.len() {
            let longest = (first + 1..=groups.len().min(first + GROUPS))
                .rev()
                .find_map(|next| {
                    let part = groups.get(first..next)?;
                    let count: usize = part.iter().map(Group::length).sum();
                    if !(FEWEST..=MOST + 2).contains(&count) || !is_number(part) {
                        return None;
                    }
                    let (start, end) = (start(part)?, self.end(plain, part.last()?.end));
                    (stands_alone(plain, start, end) && parts.is_free(start, end))
                        .then_some((start, end, next))
                });
            first = match longest {
                Some((start, end, next)) => {
                    parts.add(start, end, Personal::Phone);
                    next
                }
                None => first + 1,
            };
        }
    }

    /// The end of a number with its extension, as `x12`.
    fn end(&self, plain: &Plain<'_>, end: usize) -> usize {
        let rest = plain.part(end, plain.bytes().len().min(end + 14));
        end + self.extension.find(rest).map_or(0, |found| found.end())
    }
}

/// Where a number starts. Parentheses around all of it belong to the sentence.
fn start(part: &[Group]) -> Option<usize> {
    match part {
        [only] => Some(only.inner),
        _ => part.first().map(|first| first.start),
    }
}

fn stands_alone(plain: &Plain<'_>, start: usize, end: usize) -> bool {
    let before = plain.before(start, 1);
    plain.stands_alone(start, end)
        && !matches!(before, Some(b'+' | b'$' | b'%'))
        && !(before == Some(b'/') && is_word(plain.before(start, 2)))
        && plain.after(end, 0) != Some(b'%')
}

fn groups(plain: &Plain<'_>, start: usize, end: usize) -> Vec<Group> {
    let is_digit = |at: usize| plain.after(at, 0).is_some_and(|byte| byte.is_ascii_digit());
    let mut groups = Vec::new();
    let mut at = start;
    while at < end {
        if !is_digit(at) {
            at += 1;
            continue;
        }
        let digits = at;
        while is_digit(at) {
            at += 1;
        }
        let mut from = digits;
        let mut step_over = |sign| {
            let stands = plain.before(from, 1) == Some(sign);
            from -= usize::from(stands);
            stands
        };
        let inner = digits - usize::from(step_over(b'+'));
        let in_parentheses = plain.after(at, 0) == Some(b')') && step_over(b'(');
        if in_parentheses {
            step_over(b'+');
        }
        groups.push(Group {
            start: from,
            inner,
            digits,
            end: at,
            in_parentheses,
        });
    }
    groups
}

fn digits(plain: &Plain<'_>, part: &[Group]) -> Vec<u8> {
    part.iter()
        .flat_map(|group| plain.part(group.digits, group.end))
        .copied()
        .collect()
}

/// What stands between two groups.
fn between<'p>(plain: &'p Plain<'_>, part: &[Group], place: usize) -> &'p [u8] {
    match (part.get(place), part.get(place + 1)) {
        (Some(left), Some(right)) => plain.part(left.end, right.digits),
        _ => &[],
    }
}

/// Whether groups can only be a telephone number.
fn is_unmistakable(plain: &Plain<'_>, part: &[Group]) -> bool {
    let Some((first, rest)) = part.split_first() else {
        return false;
    };
    // The trunk prefix as some write it behind the country code: `+49 (0) 30`.
    let is_trunk =
        |group: &Group| group.in_parentheses && plain.part(group.digits, group.end) == b"0";
    let without_trunk: Vec<Group> = part
        .iter()
        .copied()
        .filter(|group| !is_trunk(group))
        .collect();
    let digits = digits(plain, &without_trunk);
    if plain.part(first.start, first.digits).contains(&b'+') {
        let is_long = !rest.is_empty() || digits.len() >= FEWEST_IN_ONE;
        return is_long && is_international(&digits);
    }
    if (3..=5).contains(&first.length())
        && plain.part(first.digits, first.end).starts_with(b"00")
        && let Some(number) = digits.strip_prefix(b"00")
    {
        return !rest.is_empty() && is_international(number);
    }
    is_north_american(plain, part) || has_area_in_parentheses(plain, part, &digits)
}

/// A country code and as many digits as that country has (E.164, annex D).
fn is_international(digits: &[u8]) -> bool {
    let number = |count: usize| {
        digits
            .iter()
            .take(count)
            .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    };
    let size = match number(2) {
        10..=19 | 70..=79 => 1,
        20
        | 27
        | 30..=34
        | 36
        | 39..=41
        | 43..=49
        | 51..=58
        | 60..=66
        | 81
        | 82
        | 84
        | 86
        | 90..=95
        | 98 => 2,
        21..=26 | 29 | 35 | 37 | 38 | 42 | 50 | 59 | 67..=69 | 80 | 85 | 87 | 88 | 96 | 97 | 99 => {
            3
        }
        _ => return false,
    };
    let code = number(size);
    let (fewest, most) = LENGTHS
        .iter()
        .find(|(other, ..)| *other == code)
        .map_or(LENGTH, |(_, fewest, most)| (*fewest, *most));
    digits.len() <= MOST && (fewest..=most).contains(&(digits.len() - size))
}

/// Ten digits in groups of 3, 3 and 4, perhaps with a 1 before them.
fn is_north_american(plain: &Plain<'_>, part: &[Group]) -> bool {
    let one = match part {
        [first, _, _, _] if plain.part(first.digits, first.end) == b"1" => 1,
        [_, _, _] => 0,
        _ => return false,
    };
    let lengths: Vec<usize> = part.iter().skip(one).map(Group::length).collect();
    let Some(area) = part.get(one) else {
        return false;
    };
    let starts = |group: Option<&Group>| {
        group.is_some_and(|group| matches!(plain.after(group.digits, 0), Some(b'2'..=b'9')))
    };
    let (left, right) = (between(plain, part, one), between(plain, part, one + 1));
    let grouped = area.in_parentheses && matches!(right, b"-" | b"." | b" ")
        || left == right
            && matches!(left, b"-" | b".")
            && starts(Some(area))
            && starts(part.get(one + 1));
    lengths == [3, 3, 4] && grouped
}

/// An area code in parentheses, with its trunk prefix, or with more than one group
/// behind it: `(030) 123456`, `8 (963) 123-45-67`.
fn has_area_in_parentheses(plain: &Plain<'_>, part: &[Group], digits: &[u8]) -> bool {
    let at = match part {
        [first, ..] if first.in_parentheses => 0,
        [first, second, ..] if first.length() == 1 && second.in_parentheses => 1,
        _ => return false,
    };
    let Some(area) = part.get(at) else {
        return false;
    };
    let behind = part.len() - at - 1;
    let has_trunk = plain.after(area.digits, 0) == Some(b'0') || at == 1;
    (2..=5).contains(&area.length())
        && (8..=14).contains(&digits.len())
        && (has_trunk && behind >= 1 || behind >= 2 && between(plain, part, at + 1) == b"-")
}

/// Groups as only telephone numbers have: a trunk prefix and 3 to 4 digits between
/// hyphens (`090-1234-5678`), or five pairs (`01 23 45 67 89`).
fn is_in_national_groups(plain: &Plain<'_>, part: &[Group]) -> bool {
    let Some((first, rest)) = part.split_first() else {
        return false;
    };
    let has_trunk =
        plain.after(first.digits, 0) == Some(b'0') && plain.after(first.digits, 1) != Some(b'0');
    let all_between = |sign: &[u8]| (0..rest.len()).all(|at| between(plain, part, at) == sign);
    let all_rest = |lengths: &[usize]| rest.iter().all(|group| lengths.contains(&group.length()));
    let digits: usize = part.iter().map(Group::length).sum();
    let in_hyphens = rest.len() == 2
        && (2..=5).contains(&first.length())
        && (9..=11).contains(&digits)
        && all_rest(&[3, 4])
        && all_between(b"-");
    let in_pairs = rest.len() == 4
        && first.length() == 2
        && all_rest(&[2])
        && (all_between(b" ") || all_between(b"."));
    has_trunk && (in_hyphens || in_pairs)
}

/// Whether groups are written as a telephone number: with a trunk prefix, or nine
/// digits and more in groups.
fn is_in_form(plain: &Plain<'_>, part: &[Group]) -> bool {
    let digits: usize = part.iter().map(Group::length).sum();
    let trunk = part
        .first()
        .is_some_and(|first| plain.after(first.digits, 0) == Some(b'0'));
    digits >= 9 && (trunk || part.len() > 1)
}

/// Whether groups may be a telephone number, if a word says so.
fn is_possible(plain: &Plain<'_>, part: &[Group]) -> bool {
    let lengths: Vec<usize> = part.iter().map(Group::length).collect();
    let is_fraction = matches!(lengths.as_slice(), [1..=2, _]) && between(plain, part, 0) == b".";
    let is_date = matches!(lengths.as_slice(), [4, 2, 2, ..] | [8, 4 | 6])
        && plain.part(
            part.first().map_or(0, |group| group.digits),
            part.first().map_or(0, |group| group.digits + 2),
        ) == b"20";
    let is_time = lengths.as_slice() == [13];
    let count: usize = lengths.iter().sum();
    (FEWEST..=MOST).contains(&count) && !is_fraction && !is_date && !is_time
}
