//! Follows a page's drawing instructions for the text that they show
//! (ISO 32000-1, section 9.4).

use std::{collections::HashMap, ptr, rc::Rc};

use lopdf::{
    Dictionary, Document, Error, Object, ObjectId, Stream,
    content::{Content, Operation},
};

use super::{
    font::Font,
    lines::{Lines, Run},
};

/// How deep drawings may contain drawings.
const MAX_FORM_DEPTH: usize = 6;

/// What a drawing takes of the budget beside its content: small ones may multiply.
const DRAWING_BYTES: usize = 4096;

/// How many graphics states may be saved.
const MAX_SAVED: usize = 256;

pub(super) struct Pages<'a> {
    document: &'a Document,
    max_page_bytes: usize,
    /// How many bytes of content may still be unpacked.
    budget: usize,
    /// Fonts by their dictionary, since pages share them.
    fonts: HashMap<*const Dictionary, Rc<Font<'a>>>,
}

impl<'a> Pages<'a> {
    pub fn new(document: &'a Document, max_page_bytes: usize, budget: usize) -> Self {
        Self {
            document,
            max_page_bytes,
            budget,
            fonts: HashMap::new(),
        }
    }

    /// Whether no more may be unpacked.
    pub fn exhausted(&self) -> bool {
        self.budget == 0
    }

    /// Reads one page.
    pub fn read(&mut self, page: ObjectId, lines: &mut Lines) -> Result<(), Error> {
        let content = self
            .document
            .get_page_content_with_limit(page, self.max_page_bytes)?;
        let fonts = self.document.get_page_fonts(page)?;
        let fonts = fonts
            .into_iter()
            .map(|(name, font)| (name, self.font(font)))
            .collect();
        let (own, inherited) = self.document.get_page_resources(page)?;
        let drawings = own
            .into_iter()
            .chain(
                inherited
                    .into_iter()
                    .filter_map(|id| self.document.get_dictionary(id).ok()),
            )
            .find_map(|resources| self.drawings(resources));
        let resources = Resources { fonts, drawings };
        self.follow(&content, &resources, Matrix::IDENTITY, 0, lines)
    }

    fn font(&mut self, font: &'a Dictionary) -> Rc<Font<'a>> {
        let document = self.document;
        Rc::clone(
            self.fonts
                .entry(ptr::from_ref(font))
                .or_insert_with(|| Rc::new(Font::read(document, font))),
        )
    }

    fn drawings(&self, resources: &'a Dictionary) -> Option<&'a Dictionary> {
        resources
            .get_deref(b"XObject", self.document)
            .and_then(Object::as_dict)
            .ok()
    }

    fn follow(
        &mut self,
        content: &[u8],
        resources: &Resources<'a>,
        at: Matrix,
        depth: usize,
        lines: &mut Lines,
    ) -> Result<(), Error> {
        self.budget = self.budget.saturating_sub(content.len());
        let content = Content::decode(content)?;
        let mut state = State::new(at);
        let mut saved = Vec::new();
        for operation in &content.operations {
            match operation.operator.as_str() {
                "q" if saved.len() < MAX_SAVED => saved.push(state.clone()),
                "Q" => state = saved.pop().unwrap_or(state),
                "Do" if depth < MAX_FORM_DEPTH && !self.exhausted() => {
                    if let Some(form) = self.form(operation, resources) {
                        let matrix = matrix(form.dict.get(b"Matrix").and_then(Object::as_array));
                        // A drawing that cannot be read leaves the rest readable.
                        let _ = self.draw(form, matrix.then(state.page), depth, resources, lines);
                    }
                }
                _ => state.apply(operation, resources, lines),
            }
        }
        Ok(())
    }

    fn form(&self, operation: &Operation, resources: &Resources<'a>) -> Option<&'a Stream> {
        let name = operation.operands.first()?.as_name().ok()?;
        let drawing = resources.drawings?.get_deref(name, self.document).ok()?;
        let stream = drawing.as_stream().ok()?;
        let subtype = stream.dict.get(b"Subtype").and_then(Object::as_name).ok()?;
        (subtype == b"Form").then_some(stream)
    }

    fn draw(
        &mut self,
        form: &'a Stream,
        at: Matrix,
        depth: usize,
        outer: &Resources<'a>,
        lines: &mut Lines,
    ) -> Result<(), Error> {
        let limit = self.max_page_bytes.min(self.budget);
        let content = if form.dict.has(b"Filter") {
            form.decompressed_content_with_limit(limit)?
        } else {
            form.content.clone()
        };
        self.budget = self.budget.saturating_sub(DRAWING_BYTES);
        let own = form.dict.get_deref(b"Resources", self.document);
        let resources = match own.and_then(Object::as_dict) {
            Ok(own) => Resources {
                fonts: self.fonts_of(own),
                drawings: self.drawings(own),
            },
            Err(_) => outer.clone(),
        };
        self.follow(&content, &resources, at, depth + 1, lines)
    }

    fn fonts_of(&mut self, resources: &'a Dictionary) -> HashMap<Vec<u8>, Rc<Font<'a>>> {
        let document = self.document;
        let Ok(fonts) = resources
            .get_deref(b"Font", document)
            .and_then(Object::as_dict)
        else {
            return HashMap::new();
        };
        fonts
            .iter()
            .filter_map(|(name, font)| {
                let (_, font) = document.dereference(font).ok()?;
                Some((name.clone(), self.font(font.as_dict().ok()?)))
            })
            .collect()
    }
}

#[derive(Clone)]
struct Resources<'a> {
    fonts: HashMap<Vec<u8>, Rc<Font<'a>>>,
    drawings: Option<&'a Dictionary>,
}

/// The part of the graphics state that places text.
#[derive(Clone)]
struct State<'a> {
    /// From the drawing's coordinates to the page's.
    page: Matrix,
    text: Matrix,
    line: Matrix,
    font: Option<Rc<Font<'a>>>,
    size: f32,
    leading: f32,
    character_spacing: f32,
    word_spacing: f32,
    /// Horizontal scaling, 1 being none.
    scale: f32,
}

impl<'a> State<'a> {
    fn new(page: Matrix) -> Self {
        Self {
            page,
            text: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
            font: None,
            size: 0.0,
            leading: 0.0,
            character_spacing: 0.0,
            word_spacing: 0.0,
            scale: 1.0,
        }
    }

    fn apply(&mut self, operation: &Operation, resources: &Resources<'a>, lines: &mut Lines) {
        let operands = operation.operands.as_slice();
        let number = |index| number(operands, index);
        match operation.operator.as_str() {
            "cm" => self.page = matrix(Ok(&operation.operands)).then(self.page),
            "BT" => self.start_at(Matrix::IDENTITY),
            "Tm" => self.start_at(matrix(Ok(&operation.operands))),
            "Td" => self.next_line(number(0), number(1)),
            "TD" => {
                self.leading = -number(1);
                self.next_line(number(0), number(1));
            }
            "T*" => self.next_line(0.0, -self.leading),
            "TL" => self.leading = number(0),
            "Tc" => self.character_spacing = number(0),
            "Tw" => self.word_spacing = number(0),
            "Tz" => self.scale = number(0) / 100.0,
            "Tf" => {
                let name = operands.first().and_then(|name| name.as_name().ok());
                self.font = name.and_then(|name| resources.fonts.get(name).cloned());
                self.size = number(1);
            }
            "Tj" => self.show(operands.first(), lines),
            "'" => {
                self.next_line(0.0, -self.leading);
                self.show(operands.first(), lines);
            }
            "\"" => {
                self.word_spacing = number(0);
                self.character_spacing = number(1);
                self.next_line(0.0, -self.leading);
                self.show(operands.get(2), lines);
            }
            "TJ" => {
                let items = operands.first().and_then(|items| items.as_array().ok());
                for item in items.into_iter().flatten() {
                    match item.as_float() {
                        Ok(back) => self.advance(-back / 1000.0 * self.size * self.scale),
                        Err(_) => self.show(Some(item), lines),
                    }
                }
            }
            _ => {}
        }
    }

    fn start_at(&mut self, matrix: Matrix) {
        self.text = matrix;
        self.line = matrix;
    }

    fn next_line(&mut self, x: f32, y: f32) {
        self.start_at(Matrix::shift(x, y).then(self.line));
    }

    fn advance(&mut self, x: f32) {
        self.text = Matrix::shift(x, 0.0).then(self.text);
    }

    fn show(&mut self, string: Option<&Object>, lines: &mut Lines) {
        let (Some(font), Some(Ok(codes))) = (self.font.clone(), string.map(Object::as_str)) else {
            return;
        };
        let to_page = self.text.then(self.page);
        let advance: f32 = font
            .advances(codes)
            .map(|(width, space)| {
                let spacing = if space { self.word_spacing } else { 0.0 };
                (width / 1000.0 * self.size + self.character_spacing + spacing) * self.scale
            })
            .sum();
        self.advance(advance);
        lines.show(Run {
            text: font.text(codes),
            size: (self.size * to_page.height()).abs(),
            start: to_page.origin(),
            end: self.text.then(self.page).origin(),
            direction: to_page.direction(),
        });
    }
}

/// An affine map: `x' = a·x + c·y + e`, `y' = b·x + d·y + f`
/// (ISO 32000-1, section 8.3.3).
#[derive(Clone, Copy)]
struct Matrix {
    a: f32,
    b: f32,
    c: f32,
    d: f32,
    e: f32,
    f: f32,
}

impl Matrix {
    const IDENTITY: Self = Self::shift(0.0, 0.0);

    const fn shift(e: f32, f: f32) -> Self {
        Self {
            a: 1.0,
            b: 0.0,
            c: 0.0,
            d: 1.0,
            e,
            f,
        }
    }

    /// This map, then another.
    fn then(self, next: Self) -> Self {
        Self {
            a: self.a * next.a + self.b * next.c,
            b: self.a * next.b + self.b * next.d,
            c: self.c * next.a + self.d * next.c,
            d: self.c * next.b + self.d * next.d,
            e: self.e * next.a + self.f * next.c + next.e,
            f: self.e * next.b + self.f * next.d + next.f,
        }
    }

    fn origin(self) -> (f32, f32) {
        (self.e, self.f)
    }

    /// How much a vertical length grows.
    fn height(self) -> f32 {
        self.c.hypot(self.d)
    }

    /// The unit vector along which text runs.
    fn direction(self) -> (f32, f32) {
        let length = self.a.hypot(self.b);
        if length.is_normal() {
            (self.a / length, self.b / length)
        } else {
            (1.0, 0.0)
        }
    }
}

fn matrix(numbers: Result<&Vec<Object>, Error>) -> Matrix {
    match numbers {
        Ok(numbers) if numbers.len() == 6 => Matrix {
            a: number(numbers, 0),
            b: number(numbers, 1),
            c: number(numbers, 2),
            d: number(numbers, 3),
            e: number(numbers, 4),
            f: number(numbers, 5),
        },
        _ => Matrix::IDENTITY,
    }
}

/// An operand that is a number, or zero.
fn number(operands: &[Object], index: usize) -> f32 {
    operands
        .get(index)
        .and_then(|operand| operand.as_float().ok())
        .unwrap_or(0.0)
}
