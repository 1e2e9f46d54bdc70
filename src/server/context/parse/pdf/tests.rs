use super::{super::fixtures, *};

fn text(bytes: &[u8]) -> Result<String, Skipped> {
    to_text(bytes, &Limits::default()).map(|(text, _)| text)
}

/// A page in the usual instructions: a heading, a divided word, words apart by
/// kerning, a second paragraph in the old way of writing lines.
const CONTENT: &str = "BT /F1 20 Tf 50 700 Td (How to sign in) Tj ET\n\
    BT /F1 10 Tf 12 TL 50 660 Td (Use a token and your authen-) Tj T* (tication works.) Tj ET\n\
    BT /F1 10 Tf 1 0 0 1 50 600 Tm [(Sec) 20 (ond) -300 (par) -10 (agraph,)] TJ (f\\374r alle) ' \
    0 0 (more) \" ET";

#[test]
fn a_page_becomes_markdown() {
    assert_eq!(
        text(&fixtures::pdf(CONTENT)).unwrap(),
        "# How to sign in\n\nUse a token and your authentication works.\n\n\
         Second paragraph,\nfür alle\nmore"
    );
}

#[test]
fn drawings_inside_drawings_are_read() {
    let mut objects = objects();
    objects[3] = stream("", "/Fm1 Do");
    objects[2] = "<< /Type /Page /Parent 2 0 R /Contents 4 0 R \
        /Resources << /XObject << /Fm1 6 0 R >> >> >>"
        .to_owned();
    objects.push(stream(
        "/Type /XObject /Subtype /Form /Resources << /Font << /F1 5 0 R >> >>",
        "BT /F1 10 Tf (inside) Tj ET",
    ));
    assert_eq!(text(&fixtures::pdf_of(&objects)).unwrap(), "inside");
}

#[test]
fn drawings_that_multiply_are_stopped() {
    // Each level draws the next one twenty times.
    let mut objects = objects();
    objects[2] = "<< /Type /Page /Parent 2 0 R /Contents 4 0 R \
        /Resources << /XObject << /Fm 6 0 R >> /Font << /F1 5 0 R >> >> >>"
        .to_owned();
    objects[3] = stream("", &"/Fm Do ".repeat(20));
    for level in 0..8 {
        let resources = format!(
            "/Subtype /Form /Resources << /XObject << /Fm {} 0 R >> >>",
            level + 7
        );
        objects.push(stream(&resources, &"/Fm Do ".repeat(20)));
    }
    assert_eq!(text(&fixtures::pdf_of(&objects)), Err(Skipped::NoText));
    // And one that draws itself.
    objects[5] = stream(
        "/Subtype /Form /Resources << /XObject << /Fm 6 0 R >> >>",
        &"/Fm Do ".repeat(20),
    );
    assert_eq!(text(&fixtures::pdf_of(&objects)), Err(Skipped::NoText));
}

#[test]
fn a_page_is_unpacked_to_its_limit_only() {
    let mut bomb = lopdf::Stream::new(lopdf::Dictionary::new(), b"q ".repeat(32 << 20));
    bomb.compress().unwrap();
    let hex: String = bomb
        .content
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut objects = objects();
    objects[1] = "<< /Type /Pages /Kids [6 0 R 3 0 R] /Count 2 >>".to_owned();
    objects.push("<< /Type /Page /Parent 2 0 R /Contents 7 0 R >>".to_owned());
    objects.push(stream(
        "/Filter [/ASCIIHexDecode /FlateDecode]",
        &format!("{hex}>"),
    ));
    let bytes = fixtures::pdf_of(&objects);
    assert!(bytes.len() < 500_000, "{}", bytes.len());
    // The other page is read all the same.
    let (text, omitted) = to_text(&bytes, &Limits::default()).unwrap();
    assert!(text.contains("sign in"), "{text}");
    assert_eq!(omitted.as_deref(), Some("1 of 2 pages could not be read"));
}

#[test]
fn pages_beyond_the_limit_are_named() {
    let limits = Limits {
        max_pages: 2,
        ..Limits::default()
    };
    let mut objects = objects();
    objects[1] = "<< /Type /Pages /Kids [3 0 R 6 0 R 7 0 R] /Count 3 >>".to_owned();
    for _ in 0..2 {
        objects.push(objects[2].clone());
    }
    let bytes = fixtures::pdf_of(&objects);
    let (text, omitted) = to_text(&bytes, &limits).unwrap();
    assert_eq!(text.matches("sign in").count(), 2);
    assert_eq!(
        omitted.as_deref(),
        Some("only the first 2 of 3 pages were read")
    );
    let small = Limits {
        max_text_bytes: 20,
        ..limits
    };
    let (text, omitted) = to_text(&bytes, &small).unwrap();
    assert!(text.len() <= 20 && omitted.is_some(), "{text}");
}

#[test]
fn a_page_tree_in_circles_ends() {
    let mut objects = objects();
    objects[1] = "<< /Type /Pages /Kids [2 0 R 3 0 R 2 0 R] /Count 1000000 >>".to_owned();
    // Whatever is found before the circle closes.
    let _ = text(&fixtures::pdf_of(&objects));
}

#[test]
fn a_page_without_words_has_no_text() {
    assert_eq!(
        text(&fixtures::pdf("0 0 100 100 re f")),
        Err(Skipped::NoText)
    );
}

#[test]
fn damaged_files_are_named_so() {
    let whole = fixtures::pdf(CONTENT);
    assert_eq!(text(b"%PDF-1.7\ngarbage"), Err(DAMAGED));
    assert_eq!(text(b""), Err(DAMAGED));
    assert_eq!(text(&whole[..100]), Err(DAMAGED));
    // Without its table of contents a file may still be read, or not; it ends.
    let _ = text(&whole[..whole.len() - 120]);
    let nested = format!("<< /Type /Catalog /Pages {}", "[".repeat(100_000));
    assert_eq!(text(&fixtures::pdf_of(&[nested])), Err(DAMAGED));
}

#[test]
fn a_password_is_asked_for() {
    let mut bytes = String::from_utf8(fixtures::pdf("BT ET")).unwrap();
    let hex = "00".repeat(32);
    bytes = bytes.replace(
        "/Root 1 0 R",
        &format!(
            "/Root 1 0 R /ID [<00> <00>] /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 \
             /P -4 /O <{hex}> /U <{hex}> >>"
        ),
    );
    assert_eq!(text(bytes.as_bytes()), Err(Skipped::Encrypted));
}

fn objects() -> Vec<String> {
    vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        stream("", CONTENT),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ]
}

fn stream(entries: &str, content: &str) -> String {
    format!(
        "<< {entries} /Length {} >>\nstream\n{content}\nendstream",
        content.len()
    )
}
