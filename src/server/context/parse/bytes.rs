//! A look at every byte of a text.

/// How many bytes are looked at before it is asked whether one was found.
const CHUNK: usize = 256;

/// Whether one of the bytes is such a one. Within a chunk it does not stop at the first,
/// so that the compiler looks at many bytes in one instruction: most texts have none.
pub(super) fn any(bytes: &[u8], is_such: impl Fn(u8) -> bool) -> bool {
    bytes.chunks(CHUNK).any(|chunk| {
        chunk
            .iter()
            .fold(false, |found, byte| found | is_such(*byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_found_wherever_it_is() {
        for length in [1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let mut bytes = vec![b'a'; length];
            assert!(!any(&bytes, |byte| byte == b'b'), "{length}");
            bytes[length - 1] = b'b';
            assert!(any(&bytes, |byte| byte == b'b'), "{length}");
        }
        assert!(!any(&[], |_| true));
    }
}
