//! E-mail addresses (RFC 5321, section 4.1.2), written with `@` or, in a URL, `%40`.

use super::{
    found::Parts,
    kind::Personal,
    plain::{LETTER, Plain, is_word},
};

/// The longest local part, in bytes (RFC 5321, section 4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;

/// The longest domain, in bytes (RFC 5321, section 4.5.3.1.2).
const LONGEST_DOMAIN: usize = 255;

/// Local parts that nobody reads or that are no mailbox: the user of Git hosts, and
/// Kotlin's labels (`this@Activity.finish`).
const NOBODY: &[&[u8]] = &[
    b"git",
    b"hg",
    b"svn",
    b"noreply",
    b"no-reply",
    b"donotreply",
    b"do-not-reply",
    b"this",
    b"super",
    b"return",
];

/// Ends of names that look like addresses: units of systemd (`getty@tty1.service`)
/// and files (`icon@2x.png`). None is a top-level domain.
const NO_DOMAINS: &[&[u8]] = &[
    b"service", b"socket", b"target", b"timer", b"mount", b"slice", b"scope", b"png", b"jpg",
    b"jpeg", b"gif", b"svg", b"webp", b"json", b"yaml", b"yml", b"toml", b"lock", b"txt", b"html",
    b"css", b"js", b"mjs", b"cjs", b"ts", b"tsx", b"jsx", b"java", b"jar", b"whl", b"tgz", b"gz",
];

pub(super) fn find(plain: &Plain<'_>, parts: &mut Parts) {
    let bytes = plain.bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let sign = match byte {
            b'@' => 1,
            b'%' if plain.part(at, at + 3) == b"%40" => 3,
            _ => continue,
        };
        let start = start_of_local(plain, at);
        let Some(end) = end_of_domain(plain, at + sign) else {
            continue;
        };
        let local = plain.part(start, at);
        let in_url = start >= 3 && plain.part(start - 3, start) == b"://";
        if local.is_empty() || in_url || is_nobody(local) || is_object(plain, at + sign, end) {
            continue;
        }
        parts.add(start, end, Personal::Email);
    }
}

fn is_nobody(local: &[u8]) -> bool {
    NOBODY.iter().any(|name| local.eq_ignore_ascii_case(name))
}

/// Whether this is an object of Java and a method: `Vault@cc4f5b41.run(`.
fn is_object(plain: &Plain<'_>, start: usize, end: usize) -> bool {
    let label = plain
        .part(start, end)
        .split(|byte| *byte == b'.')
        .next()
        .unwrap_or_default();
    plain.after(end, 0) == Some(b'(')
        && (5..=8).contains(&label.len())
        && label.iter().all(u8::is_ascii_hexdigit)
}

fn start_of_local(plain: &Plain<'_>, at: usize) -> usize {
    let mut start = at;
    while at - start < LONGEST_LOCAL
        && let Some(byte) = plain.before(start, 1)
    {
        let in_local = byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'.' | b'_' | b'-' | b'+' | b'%' | b'\'' | b'&' | b'~' | LETTER
            );
        if !in_local {
            break;
        }
        start -= 1;
    }
    while start < at && !is_word(plain.after(start, 0)) {
        start += 1;
    }
    start
}

/// Where a domain name ends that begins here: labels of letters, digits and `-`, the
/// last of them the name of a top-level domain.
fn end_of_domain(plain: &Plain<'_>, start: usize) -> Option<usize> {
    let mut end = start;
    while end - start < LONGEST_DOMAIN
        && let Some(byte) = plain.after(end, 0)
        && (byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | LETTER))
    {
        end += 1;
    }
    while end > start && !is_word(plain.before(end, 1)) {
        end -= 1;
    }
    let domain = plain.part(start, end);
    let mut labels = domain.rsplit(|byte| *byte == b'.');
    let top = labels.next()?;
    let second = labels.next()?;
    let is_top = top.len() >= 2
        && (top
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || *byte == LETTER)
            || top.starts_with(b"xn--"));
    let is_name = NO_DOMAINS.iter().any(|name| top.eq_ignore_ascii_case(name));
    (is_top && !is_name && !second.is_empty()).then_some(end)
}
