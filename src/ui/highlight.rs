//! Highlights in a passage.

use crate::protocol::Snippet;

/// A passage in pieces, each with whether it is a word that was asked for.
/// The highlights count Unicode characters.
pub fn pieces(snippet: &Snippet) -> Vec<(bool, String)> {
    let mut characters = snippet.text.chars();
    let mut at = 0;
    let mut pieces = Vec::new();
    for &(from, to) in &snippet.highlights {
        let before: String = characters.by_ref().take(from.saturating_sub(at)).collect();
        at = at.max(from);
        let word: String = characters.by_ref().take(to.saturating_sub(at)).collect();
        at = at.max(to);
        pieces.push((false, before));
        pieces.push((true, word));
    }
    pieces.push((false, characters.collect()));
    pieces.retain(|(_, text)| !text.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, highlights: &[(usize, usize)]) -> String {
        let snippet = Snippet {
            text: text.to_owned(),
            highlights: highlights.to_vec(),
        };
        pieces(&snippet)
            .into_iter()
            .map(|(marked, text)| if marked { format!("<{text}>") } else { text })
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
