//! What a server asks for with a 401 (RFC 9110, section 11.6.1).

use digest_auth::WwwAuthenticateHeader;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// The challenges of an answer, each with its scheme in front. A server may send
/// several in one header or in many.
pub(super) fn challenges(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(split)
        .collect()
}

/// The scheme of a challenge.
pub(super) fn scheme(challenge: &str) -> &str {
    challenge.split(' ').next().unwrap_or_default()
}

/// The first Digest challenge whose algorithm is understood: a server names the one
/// that it prefers first (RFC 7616, section 3.7).
pub(super) fn digest(headers: &HeaderMap) -> Option<WwwAuthenticateHeader> {
    challenges(headers)
        .iter()
        .filter_map(|challenge| challenge.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Digest"))
        .find_map(|(_, parameters)| digest_auth::parse(parameters).ok())
}

/// Commas separate challenges and also their parameters. A challenge begins where a
/// word stands that is no parameter's name.
fn split(header: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut quoted = false;
    let pieces = header.split(|character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    for piece in pieces.map(str::trim).filter(|piece| !piece.is_empty()) {
        let first_word = piece.split(' ').next().unwrap_or_default();
        match found.last_mut() {
            Some(last) if first_word.contains('=') => {
                last.push_str(", ");
                last.push_str(piece);
            }
            _ => found.push(piece.to_owned()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn several_in_one_header() {
        let headers = headers(&[
            "Basic realm=\"a, Digest b\", Digest realm=\"c\", nonce=\"n1\", qop=\"auth,auth-int\", stale=true, Negotiate",
            "Bearer",
        ]);
        let found = challenges(&headers);
        let schemes: Vec<_> = found.iter().map(|challenge| scheme(challenge)).collect();
        assert_eq!(schemes, ["Basic", "Digest", "Negotiate", "Bearer"]);
        let digest = digest(&headers).unwrap();
        assert_eq!((digest.nonce.as_str(), digest.stale), ("n1", true));
    }

    #[test]
    fn the_first_digest_that_is_understood() {
        let headers = headers(&[
            "Digest realm=\"r\", nonce=\"x\", algorithm=SHA3-512",
            "digest realm=\"r\", nonce=\"y\", algorithm=SHA-256, qop=\"auth\"",
            "Digest realm=\"r\", nonce=\"z\", algorithm=MD5, qop=\"auth\"",
        ]);
        assert_eq!(digest(&headers).unwrap().nonce, "y");
    }

    #[test]
    fn nonsense_is_no_challenge() {
        for value in [
            "",
            "Digest",
            "Digest realm",
            "Digest =,=\"",
            "Basic realm=\"x\"",
        ] {
            assert_eq!(digest(&headers(&[value])), None, "{value}");
        }
    }
}
