//! Reading many texts without holding all of them.

/// How many bytes of texts are read from Redis at once.
const BATCH_BYTES: u64 = 8 * 1024 * 1024;

/// How many texts are read at once.
const BATCH: usize = 64;

/// Cuts items into batches by the sizes of their texts. One that is larger than a batch
/// has one of its own.
pub(super) fn by_bytes<T>(items: &[T], bytes_of: impl Fn(&T) -> u64) -> Vec<&[T]> {
    let mut batches = Vec::new();
    let mut rest = items;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fitting = rest
            .iter()
            .take(BATCH)
            .take_while(|item| {
                bytes += bytes_of(item);
                bytes <= BATCH_BYTES
            })
            .count();
        let (batch, others) = rest.split_at(fitting.max(1));
        batches.push(batch);
        rest = others;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_bounded_and_have_everything_in_order() {
        let sizes = [1, BATCH_BYTES, 2 * BATCH_BYTES, 1, 1, 0];
        let batches = by_bytes(&sizes, |size| *size);
        let lengths: Vec<usize> = batches.iter().map(|batch| batch.len()).collect();
        assert_eq!(lengths, [1, 1, 1, 3]);
        assert_eq!(batches.concat(), sizes);
        assert_eq!(by_bytes(&[0; 200], |_| 0).len(), 4);
        assert!(by_bytes(&[], |size: &u64| *size).is_empty());
    }
}
