//! Documents made for the tests.

use std::io::{Cursor, Write};

use zip::{ZipWriter, write::SimpleFileOptions};

/// The body of a Word document.
pub const DOCUMENT: &str = "<?xml version=\"1.0\"?>\n<w:document xmlns:w=\"x\"><w:body>\
    <w:p><w:pPr><w:pStyle w:val=\"berschrift1\"/></w:pPr><w:r><w:t>Zugang &amp; Rechte</w:t></w:r></w:p>\
    <w:p><w:r><w:t xml:space=\"preserve\">Ein </w:t></w:r><w:r><w:t>Schl&#xFC;ssel &lt;eins&gt;</w:t>\
    <w:tab/><w:t>zwei.</w:t></w:r><w:del><w:r><w:delText>weg</w:delText></w:r></w:del></w:p>\
    <w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>Punkt</w:t></w:r></w:p>\
    <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr>\
    <w:tr><w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>2</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
    </w:body></w:document>";

const STYLES: &str = "<w:styles xmlns:w=\"x\"><w:style w:styleId=\"berschrift1\">\
    <w:name w:val=\"heading 1\"/></w:style></w:styles>";

/// A Word document with this body.
pub fn docx(document: &str) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for (name, content) in [("word/styles.xml", STYLES), ("word/document.xml", document)] {
        archive.start_file(name, options).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A PDF of one page that draws this content stream, with Helvetica as `/F1`.
pub fn pdf(content: &str) -> Vec<u8> {
    pdf_of(&[
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ])
}

/// A PDF of these objects, numbered from one; the first is the catalogue.
pub fn pdf_of(objects: &[String]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(bytes.len());
        write!(bytes, "{} 0 obj\n{object}\nendobj\n", index + 1).unwrap();
    }
    let start = bytes.len();
    write!(
        bytes,
        "xref\n0 {}\n0000000000 65535 f \n",
        offsets.len() + 1
    )
    .unwrap();
    for offset in &offsets {
        writeln!(bytes, "{offset:010} 00000 n ").unwrap();
    }
    write!(
        bytes,
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        offsets.len() + 1
    )
    .unwrap();
    bytes
}
