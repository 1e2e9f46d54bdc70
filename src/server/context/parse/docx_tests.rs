use super::super::fixtures::{self, DOCUMENT};
use super::*;

const LIMIT: usize = 1 << 20;

#[test]
fn a_document_becomes_markdown() {
    assert_eq!(
        to_text(&fixtures::docx(DOCUMENT), LIMIT).unwrap(),
        "# Zugang & Rechte\n\nEin Schlüssel <eins>\tzwei.\n\n- Punkt\n\
         a | b\n1 | 2\n\n"
    );
}

#[test]
fn a_zip_bomb_is_stopped_at_the_limit() {
    let bomb = format!(
        "<w:document><w:t>{}</w:t></w:document>",
        " ".repeat(40 << 20)
    );
    let docx = fixtures::docx(&bomb);
    assert!(docx.len() < 100_000, "{}", docx.len());
    assert_eq!(
        to_text(&docx, LIMIT),
        Err(Skipped::TooLarge { limit: LIMIT })
    );
}

#[test]
fn entities_are_not_expanded() {
    let xml = "<!DOCTYPE a [<!ENTITY b 'boom'>]><w:p><w:t>a&b;c&#252;</w:t></w:p>";
    assert_eq!(to_text(&fixtures::docx(xml), LIMIT).unwrap(), "acü\n\n");
}

#[test]
fn depth_costs_nothing() {
    let xml = "<w:p>".repeat(100_000) + "<w:t>deep</w:t>" + &"</w:p>".repeat(100_000);
    assert_eq!(to_text(&fixtures::docx(&xml), LIMIT).unwrap(), "deep\n\n");
}

#[test]
fn other_archives_are_damaged_documents() {
    for xml in ["<w:p><w:t>", "<a></b>"] {
        // Cut XML still has the text before the cut; wrong XML has none to trust.
        let _ = to_text(&fixtures::docx(xml), LIMIT);
    }
    assert_eq!(to_text(b"PK\x03\x04 not a zip", LIMIT), Err(DAMAGED));
    let whole = fixtures::docx(DOCUMENT);
    assert_eq!(to_text(&whole[..whole.len() / 2], LIMIT), Err(DAMAGED));
}
