//! IP addresses, of machines and hence of people.
//!
//! What names no machine stays: loopback, unspecified, multicast and broadcast
//! addresses, masks, and whole networks (`10.0.0.0/8`). Private addresses and those
//! of the documentation ranges are hidden as any other. Four numbers with dots may
//! be a version, too: what stands around them decides.

use std::net::{Ipv4Addr, Ipv6Addr};

use regex::bytes::Regex;

use super::{
    found::Parts,
    hints::{Hints, Meaning},
    kind::Personal,
    plain::{Plain, is_word},
};

/// Longer prefixes are one household's or machine's.
const NETWORK_PREFIX_V4: u32 = 24;

/// See [`NETWORK_PREFIX_V4`].
const NETWORK_PREFIX_V6: u32 = 48;

/// The largest number of what looks like a version.
const LARGEST_OF_VERSION: u8 = 20;

pub(super) struct Addresses {
    v4: Regex,
    v6: Regex,
}

impl Addresses {
    pub fn new() -> Result<Self, regex::Error> {
        Ok(Self {
            v4: Regex::new(r"(?-u)[0-9]{1,3}(?:\.[0-9]{1,3}){3}")?,
            v6: Regex::new(r"(?-u)[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*")?,
        })
    }

    pub fn find(&self, plain: &Plain<'_>, hints: &Hints<'_>, parts: &mut Parts) {
        let bytes = plain.bytes();
        if bytes.iter().filter(|byte| **byte == b':').nth(1).is_some() {
            for found in self.v6.find_iter(bytes) {
                if let Some(end) = end_of_v6(plain, found.start(), found.end()) {
                    parts.add(found.start(), end, Personal::Ip);
                }
            }
        }
        if bytes.iter().filter(|byte| **byte == b'.').nth(2).is_some() {
            for found in self.v4.find_iter(bytes) {
                if is_v4(plain, hints, found.start(), found.end()) {
                    parts.add(found.start(), found.end(), Personal::Ip);
                }
            }
        }
    }
}

fn parse<A: std::str::FromStr>(bytes: &[u8]) -> Option<A> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// The length of the prefix behind an address: `/24`.
fn prefix(plain: &Plain<'_>, end: usize) -> Option<u32> {
    if plain.after(end, 0) != Some(b'/') {
        return None;
    }
    let mut stop = end + 1;
    while plain
        .after(stop, 0)
        .is_some_and(|byte| byte.is_ascii_digit())
    {
        stop += 1;
    }
    parse(plain.part(end + 1, stop))
}

fn is_v4(plain: &Plain<'_>, hints: &Hints<'_>, start: usize, end: usize) -> bool {
    let Some(address) = parse::<Ipv4Addr>(plain.part(start, end)) else {
        return false;
    };
    let tied_before = match plain.before(start, 1) {
        Some(b'-') => !ends_address(plain, start - 1),
        Some(b'.') => true,
        other => is_word(other),
    };
    let tied_behind = match (plain.after(end, 0), plain.after(end, 1)) {
        (Some(b'.'), next) => is_word(next),
        (Some(b'-'), next) => is_word(next) && !begins_address(plain, end + 1),
        (Some(b'+'), _) => true,
        (other, _) => is_word(other),
    };
    let is_network = prefix(plain, end).is_some_and(|length| {
        length <= NETWORK_PREFIX_V4 && address.to_bits().trailing_zeros() >= 32 - length
    });
    !tied_before
        && !tied_behind
        && !is_network
        && names_a_machine(address)
        && (is_written_as_address(plain, end, address)
            || !is_version(plain, hints, start, end, address))
}

/// Whether an address ends here, so that a `-` behind it makes a range.
fn ends_address(plain: &Plain<'_>, end: usize) -> bool {
    let start = (0..=end)
        .rev()
        .find(|start| !is_of_v4(plain.before(*start, 1)))
        .unwrap_or(end);
    parse::<Ipv4Addr>(plain.part(start, end)).is_some()
}

/// Whether an address begins here.
fn begins_address(plain: &Plain<'_>, start: usize) -> bool {
    let mut end = start;
    while is_of_v4(plain.after(end, 0)) {
        end += 1;
    }
    parse::<Ipv4Addr>(plain.part(start, end)).is_some()
}

fn is_of_v4(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn names_a_machine(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    first != 0 && first != 255 && !address.is_loopback() && !address.is_multicast()
}

/// A port or a prefix behind it, or a private range: no version is written so.
fn is_written_as_address(plain: &Plain<'_>, end: usize, address: Ipv4Addr) -> bool {
    let port = plain.after(end, 0) == Some(b':')
        && plain
            .after(end, 1)
            .is_some_and(|byte| byte.is_ascii_digit());
    let [first, second, ..] = address.octets();
    port || prefix(plain, end).is_some() || (first, second) == (192, 168)
}

fn is_version(
    plain: &Plain<'_>,
    hints: &Hints<'_>,
    start: usize,
    end: usize,
    address: Ipv4Addr,
) -> bool {
    let (near, next) = (plain.before(start, 1), plain.before(start, 2));
    let compared = match near {
        Some(b'~' | b'^' | b'#') => true,
        Some(b'=') => matches!(next, Some(b'=' | b'<' | b'>' | b'~' | b'!')),
        // `Chrome/120.0.0.0`
        Some(b'/') => is_word(next),
        // `§11.3.5.3`
        Some(byte) => !byte.is_ascii(),
        None => false,
    };
    if compared {
        return true;
    }
    let distance = |to| hints.distance(plain, start, end, |meaning| meaning == to);
    match (distance(Meaning::Version), distance(Meaning::Address)) {
        (Some(version), Some(address)) => version < address,
        (None, Some(_)) => false,
        (Some(_), None) => true,
        (None, None) => looks_like_version(address),
    }
}

/// Whether all numbers are as small as those of versions: few addresses are so, other
/// than private ones and those that repeat one number.
fn looks_like_version(address: Ipv4Addr) -> bool {
    let octets = address.octets();
    let [first, rest @ ..] = octets;
    octets.iter().all(|octet| *octet <= LARGEST_OF_VERSION)
        && rest.iter().any(|octet| *octet != first)
        && !address.is_private()
}

/// Where an IPv6 address ends that begins here (RFC 4291, section 2.2).
fn end_of_v6(plain: &Plain<'_>, start: usize, end: usize) -> Option<usize> {
    let mut end = end;
    // The full stop of a sentence, and the colon behind the name of a host.
    while plain.before(end, 1) == Some(b'.')
        || plain.before(end, 1) == Some(b':') && plain.before(end, 2) != Some(b':')
    {
        end -= 1;
    }
    if is_word(plain.before(start, 1)) || is_word(plain.after(end, 0)) {
        return None;
    }
    let address: Ipv6Addr = parse(plain.part(start, end))?;
    let is_network = prefix(plain, end).is_some_and(|length| {
        length <= NETWORK_PREFIX_V6 && address.to_bits().trailing_zeros() >= 128 - length
    });
    let mapped = address.to_ipv4_mapped().map(names_a_machine);
    let names_a_machine = mapped
        .unwrap_or(!address.is_loopback() && !address.is_unspecified() && !address.is_multicast());
    (names_a_machine && !is_network && is_no_other_hex(plain.part(start, end), address))
        .then_some(end)
}

/// Whether something of this form can only be an address: `de::ad` is a path in Rust
/// and eight pairs of digits are a fingerprint.
fn is_no_other_hex(written: &[u8], address: Ipv6Addr) -> bool {
    let groups = || {
        written
            .split(|byte| *byte == b':')
            .filter(|group| !group.is_empty())
    };
    let has_long_group = groups().any(|group| group.len() > 2);
    let [first, ..] = address.segments();
    let assigned = matches!(first, 0x2000..=0x3fff | 0xfc00..=0xfdff | 0xfe80..=0xfebf | 0x64)
        || address.to_ipv4_mapped().is_some();
    let has_digit = written.iter().any(u8::is_ascii_digit);
    has_digit && has_long_group && (assigned || groups().count() >= 4)
}
