//! Secrets: private keys, access tokens of known shapes, passwords in URLs.

use aho_corasick::{AhoCorasick, BuildError, MatchKind};

use super::{
    kind::Secret,
    plain::{Plain, is_word},
};

/// The characters of a token behind its prefix.
#[derive(Clone, Copy)]
enum Alphabet {
    Letters,
    UpperCase,
    Hex,
    Words,
    Dashes,
    Base64,
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Letters => byte.is_ascii_alphanumeric(),
            Self::UpperCase => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Words => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Dashes => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Base64 => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
            }
        }
    }
}

/// What a prefix begins.
#[derive(Clone, Copy)]
enum Beginning {
    /// A token with at least so many characters more.
    Token(Alphabet, usize),
    /// A token of OpenAI's first form, whose prefix is that of many words.
    BareKey,
    /// A JSON Web Token (RFC 7519, section 3).
    Jwt,
    /// Credentials of an HTTP header (RFC 9110, section 11.6.2).
    Authorization,
    /// A bot of Telegram: its number stands before the prefix.
    Telegram,
    /// A secret key of AWS, which has no prefix but the name of its variable.
    AwsSecret,
    /// The label of a private key (RFC 7468, section 2).
    Label,
    /// The user part of a URL (RFC 3986, section 3.2.1).
    Authority,
}

use Alphabet::{Base64, Dashes, Hex, Letters, UpperCase, Words};
use Beginning::Token;

#[rustfmt::skip]
const BEGINNINGS: &[(&str, Beginning)] = &[
    // GitHub, GitLab
    ("ghp_", Token(Letters, 30)), ("gho_", Token(Letters, 30)), ("ghu_", Token(Letters, 30)),
    ("ghs_", Token(Words, 30)), ("ghr_", Token(Letters, 30)), ("github_pat_", Token(Words, 30)),
    ("glpat-", Token(Dashes, 20)), ("gldt-", Token(Dashes, 20)), ("glrt-", Token(Dashes, 20)),
    // Amazon
    ("AKIA", Token(UpperCase, 16)), ("ASIA", Token(UpperCase, 16)),
    ("aws_secret_access_key", Beginning::AwsSecret), ("secretAccessKey", Beginning::AwsSecret),
    ("AWS_SECRET_ACCESS_KEY", Beginning::AwsSecret), ("SecretAccessKey", Beginning::AwsSecret),
    // Slack
    ("xoxb-", Token(Dashes, 16)), ("xoxp-", Token(Dashes, 16)), ("xoxa-", Token(Dashes, 16)),
    ("xoxr-", Token(Dashes, 16)), ("xoxs-", Token(Dashes, 16)), ("xoxe-", Token(Dashes, 16)),
    ("xoxe.", Token(Dashes, 16)), ("xapp-", Token(Dashes, 16)), ("xoxc-", Token(Dashes, 16)),
    ("hooks.slack.com/services/", Token(Base64, 30)),
    // Stripe
    ("sk_live_", Token(Letters, 16)), ("sk_test_", Token(Letters, 16)),
    ("rk_live_", Token(Letters, 16)), ("rk_test_", Token(Letters, 16)),
    ("whsec_", Token(Base64, 24)),
    // Google
    ("AIza", Token(Dashes, 35)), ("ya29.", Token(Dashes, 20)), ("GOCSPX-", Token(Dashes, 20)),
    // Anthropic, OpenAI, Hugging Face, and others that name themselves
    ("sk-ant-", Token(Dashes, 20)), ("sk-proj-", Token(Dashes, 20)),
    ("sk-svcacct-", Token(Dashes, 20)), ("sk-admin-", Token(Dashes, 20)),
    ("sk-or-v1-", Token(Hex, 32)), ("sk-", Beginning::BareKey), ("hf_", Token(Letters, 30)),
    ("gsk_", Token(Letters, 40)), ("r8_", Token(Letters, 37)), ("xai-", Token(Letters, 40)),
    // Package registries
    ("npm_", Token(Letters, 36)), ("pypi-AgE", Token(Dashes, 40)), ("cio", Token(Letters, 32)),
    ("rubygems_", Token(Hex, 48)), ("dckr_pat_", Token(Dashes, 20)),
    // Services and tools
    ("SG.", Token(Dashes, 22)), ("dop_v1_", Token(Hex, 64)), ("hvs.", Token(Dashes, 24)),
    ("shpat_", Token(Hex, 32)), ("shpss_", Token(Hex, 32)), ("lin_api_", Token(Letters, 32)),
    ("ntn_", Token(Letters, 40)), ("sntrys_", Token(Base64, 40)), ("tskey-", Token(Dashes, 20)),
    ("PMAK-", Token(Dashes, 40)), ("dapi", Token(Hex, 32)), ("glsa_", Token(Words, 32)),
    ("AccountKey=", Token(Base64, 80)), (":AA", Beginning::Telegram),
    // Any
    ("eyJ", Beginning::Jwt),
    ("Bearer ", Beginning::Authorization), ("bearer ", Beginning::Authorization),
    ("Authorization: Basic ", Token(Base64, 12)), ("authorization: Basic ", Token(Base64, 12)),
    ("Authorization: token ", Beginning::Authorization),
    ("AGE-SECRET-KEY-1", Token(UpperCase, 58)), ("PuTTY-User-Key-File-", Beginning::Label),
    ("PRIVATE KEY-----", Beginning::Label), ("PRIVATE KEY BLOCK-----", Beginning::Label),
    ("://", Beginning::Authority),
];

/// How far behind its label a key begins, in bytes, past headers such as `DEK-Info`.
const KEY_DISTANCE: usize = 256;

/// How many characters of a key show that it is one, and no mention of its label.
const KEY_LENGTH: usize = 32;

/// The shortest opaque credentials in a header, in characters.
const CREDENTIALS_LENGTH: usize = 20;

pub(super) struct Secrets(AhoCorasick);

impl Secrets {
    pub fn new() -> Result<Self, BuildError> {
        AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(BEGINNINGS.iter().map(|(prefix, _)| prefix))
            .map(Self)
    }

    /// The first secret of a text.
    pub fn find(&self, plain: &Plain<'_>) -> Option<Secret> {
        self.0.find_iter(plain.bytes()).find_map(|found| {
            let (_, beginning) = BEGINNINGS.get(found.pattern().as_usize())?;
            follows(plain, found.start(), found.end(), *beginning)
        })
    }
}

/// The secret that a prefix begins, if there is more than the prefix.
fn follows(plain: &Plain<'_>, start: usize, end: usize, beginning: Beginning) -> Option<Secret> {
    let new_word =
        !is_word(plain.before(start, 1)) && !matches!(plain.before(start, 1), Some(b'-'));
    let found = match beginning {
        Token(alphabet, least) => new_word && is_token(run(plain, end, alphabet), least),
        Beginning::BareKey => new_word && is_bare_key(run(plain, end, Letters)),
        Beginning::Jwt => new_word && is_jwt(plain, start),
        Beginning::Authorization => {
            let credentials = run_of(plain, end, |byte| {
                Base64.has(byte) || matches!(byte, b'.' | b'~')
            });
            new_word
                && is_token(credentials, CREDENTIALS_LENGTH)
                && credentials.iter().any(u8::is_ascii_digit)
        }
        Beginning::Telegram => {
            let digits = (1..=12)
                .take_while(|distance| {
                    plain
                        .before(start, *distance)
                        .is_some_and(|byte| byte.is_ascii_digit())
                })
                .count();
            (8..=10).contains(&digits) && is_token(run(plain, end, Dashes), 33)
        }
        Beginning::AwsSecret => {
            let value = run_of(plain, end, |byte| {
                matches!(byte, b'"' | b'\'' | b' ' | b':' | b'=')
            });
            is_token(run(plain, end + value.len(), Base64), 40)
        }
        Beginning::Label => return has_key(plain, end).then_some(Secret::PrivateKey),
        Beginning::Authority => {
            return has_password(plain, start, end).then_some(Secret::UrlPassword);
        }
    };
    found.then_some(Secret::Token)
}

fn run<'p>(plain: &'p Plain<'_>, start: usize, alphabet: Alphabet) -> &'p [u8] {
    run_of(plain, start, |byte| alphabet.has(byte))
}

/// The bytes from here on that are of a kind.
fn run_of<'p>(plain: &'p Plain<'_>, start: usize, is: impl Fn(u8) -> bool) -> &'p [u8] {
    let rest = plain.part(start, plain.bytes().len());
    let length = rest.iter().take_while(|byte| is(**byte)).count();
    plain.part(start, start + length)
}

/// Long enough, and no row of `x` that stands for a token.
fn is_token(tail: &[u8], least: usize) -> bool {
    tail.len() >= least
        && !tail
            .iter()
            .all(|byte| matches!(byte, b'x' | b'X' | b'_' | b'-'))
}

/// Letters of both cases and digits: `sk-learn-pipeline` has none of it.
fn is_bare_key(tail: &[u8]) -> bool {
    tail.len() >= 32
        && tail.iter().any(u8::is_ascii_digit)
        && tail.iter().any(u8::is_ascii_alphabetic)
}

/// Three parts of Base64url with dots between them, the first of them an object:
/// `eyJ` is `{"`.
fn is_jwt(plain: &Plain<'_>, start: usize) -> bool {
    let mut at = start;
    [12, 8, 16].into_iter().all(|least| {
        let part = run(plain, at, Dashes).len();
        let goes_on = least == 16 || plain.after(at, part) == Some(b'.');
        at += part + 1;
        part >= least && goes_on
    })
}

/// Whether key material follows a label. A newline may be written as `\n`.
fn has_key(plain: &Plain<'_>, end: usize) -> bool {
    let rest = plain.part(
        end,
        plain.bytes().len().min(end + KEY_DISTANCE + KEY_LENGTH),
    );
    rest.split(|byte| !Base64.has(*byte))
        .any(|part| part.len() >= KEY_LENGTH && part.iter().any(|byte| *byte != b'-'))
}

/// Whether `user:password@host` follows, with a password and not what stands for
/// one: `${PASSWORD}`, `<password>`, `***`.
fn has_password(plain: &Plain<'_>, start: usize, end: usize) -> bool {
    let user_part = run_of(plain, end, |byte| {
        !matches!(
            byte,
            b'@' | b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'\\'
        ) && !byte.is_ascii_whitespace()
    });
    let at = end + user_part.len();
    let has_host = plain.after(at, 0) == Some(b'@')
        && plain
            .after(at, 1)
            .is_some_and(|byte| !byte.is_ascii_whitespace());
    let Some(colon) = user_part.iter().position(|byte| *byte == b':') else {
        return false;
    };
    let password = user_part.get(colon + 1..).unwrap_or_default();
    let stands_for_one = match password {
        [] | [b'$', b'A'..=b'Z' | b'a'..=b'z' | b'{' | b'(', ..] => true,
        [b'<', .., b'>'] | [b'{', .., b'}'] | [b'[', .., b']'] | [b'%', _] => true,
        _ => password
            .iter()
            .all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | 0x80)),
    };
    has_host && !stands_for_one && is_word(plain.before(start, 1))
}
