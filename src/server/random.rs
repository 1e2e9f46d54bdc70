//! Random text for ids and secrets.

use rand::RngExt;

/// Characters of our random text: all of them allowed in session ids.
const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Random text of `a-z` and `0-9` from the thread's cryptographic generator,
/// about 5.17 bits a character.
pub fn text(length: usize) -> String {
    let mut generator = rand::rng();
    (0..length)
        .map(|_| char::from(ALPHABET[generator.random_range(0..ALPHABET.len())]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_new_each_time() {
        assert_eq!(text(24).len(), 24);
        assert_ne!(text(24), text(24));
    }
}
