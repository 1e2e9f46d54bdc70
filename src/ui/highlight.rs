//! Highlights in a passage.

/// A passage in pieces: text, then a word that was asked for; the last word is
/// empty. The highlights count Unicode characters.
pub fn pieces(text: &str, highlights: &[(usize, usize)]) -> Vec<(String, String)> {
    let mut characters = text.chars();
    let mut at = 0;
    let mut pieces = Vec::new();
    for &(from, to) in highlights {
        let before: String = characters.by_ref().take(from.saturating_sub(at)).collect();
        at = at.max(from);
        let word: String = characters.by_ref().take(to.saturating_sub(at)).collect();
        at = at.max(to);
        pieces.push((before, word));
    }
    let rest: String = characters.collect();
    if !rest.is_empty() {
        pieces.push((rest, String::new()));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, highlights: &[(usize, usize)]) -> String {
        pieces(text, highlights)
            .into_iter()
            .map(|(text, word)| match word.as_str() {
                "" => text,
                word => format!("{text}<{word}>"),
            })
            .collect()
    }

    #[test]
    fn characters_are_counted_not_bytes_nor_utf_16() {
        assert_eq!(
            marked("😀 größer als größe", &[(2, 8), (13, 18)]),
            "😀 <größer> als <größe>"
        );
        assert_eq!(marked("token", &[(0, 5)]), "<token>");
        assert_eq!(marked("token", &[]), "token");
    }

    #[test]
    fn highlights_out_of_order_or_bounds_lose_no_text() {
        assert_eq!(marked("abcdef", &[(2, 4), (1, 3), (5, 99)]), "ab<cd>e<f>");
        assert_eq!(marked("", &[(0, 3)]), "");
    }
}
