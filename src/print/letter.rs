//! A letter as a PDF that everybody can read, with or without eyes: PDF/UA-1, with its headings, paragraphs and rows told to a screen reader, in a
//! typeface that has the letters of European names (ISO 14289-1).
//!
//! Over 350 lines because what is laid out, what is drawn and what is read out are one page of the same thing.

use std::num::NonZeroU16;
use std::sync::LazyLock;

use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{ArtifactType, ContentTag, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree};
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};
use ttf_parser::Face;

/// A letter, from top to bottom.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// Who writes it.
    pub from: String,
    /// What it is about: its title, and that of the file.
    pub title: String,
    /// What it says.
    pub parts: Vec<Part>,
    /// What stands at the foot of each page, before its number.
    pub foot: String,
}

/// A part of a letter.
#[derive(Clone, Debug)]
pub enum Part {
    /// A paragraph.
    Text(String),
    /// What must be seen first.
    Notice(String),
    /// A heading.
    Heading(String),
    /// Rows of a name and what belongs to it, a line each.
    Rows(Vec<(String, Vec<String>)>),
}

/// The letter could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwritten;

impl std::fmt::Display for Unwritten {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the letter cannot be set")
    }
}

impl std::error::Error for Unwritten {}

/// A4, in points.
const PAGE: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 68.0;
const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
const TOP: f32 = 64.0;
const BOTTOM: f32 = 770.0;
/// Where what belongs to the name of a row begins.
const COLUMN: f32 = 142.0;
const SIZE: f32 = 11.0;
const LEADING: f32 = 16.5;

const INK: (u8, u8, u8) = (33, 37, 41);
const ACCENT: (u8, u8, u8) = (0, 78, 100);
const TINT: (u8, u8, u8) = (231, 241, 243);

/// A typeface in one weight.
struct Weight {
    font: Font,
    face: Face<'static>,
}

/// The typefaces, read once.
static FACES: LazyLock<Option<[Weight; 2]>> = LazyLock::new(|| {
    let weight = |data: &'static [u8]| Some(Weight { font: Font::new(data.into(), 0)?, face: Face::parse(data, 0).ok()? });
    Some([weight(dejavu::sans::regular())?, weight(dejavu::sans::bold())?])
});

impl Weight {
    /// How wide a text is in points.
    fn width(&self, text: &str, size: f32) -> f32 {
        let advance = |c| self.face.glyph_hor_advance(self.face.glyph_index(c)?).map(f32::from);
        text.chars().filter_map(advance).sum::<f32>() * size / f32::from(self.face.units_per_em())
    }

    /// Whether it can be written. Letters for private use mean something else in each typeface, and some codes are no letters at all, so PDF/UA has
    /// none of them.
    fn has(&self, c: char) -> bool {
        let none = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{f0000}'..) || u32::from(c) & 0xfffe == 0xfffe;
        !none && self.face.glyph_index(c).is_some()
    }

    /// The text with an empty square for each letter that the typeface has not, so that it can be seen that something stands there.
    fn written(&self, text: &str) -> String {
        let known = |c: char| if self.has(c) { c } else { '□' };
        text.chars().filter(|c| !is_unseen(*c)).map(|c| if c.is_whitespace() { ' ' } else { known(c) }).collect()
    }

    /// The text in lines no wider than this; a word that is wider itself is cut.
    fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.split('\n') {
            let mut line = String::new();
            for word in self.written(paragraph).split_whitespace() {
                let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
                if self.width(&longer, size) <= width {
                    line = longer;
                    continue;
                }
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                for c in word.chars() {
                    if !line.is_empty() && self.width(&line, size) + self.width(c.encode_utf8(&mut [0; 4]), size) > width {
                        lines.push(std::mem::take(&mut line));
                    }
                    line.push(c);
                }
            }
            lines.push(line);
        }
        lines
    }
}

/// How tall so many lines of the body are.
fn tall(lines: usize) -> f32 {
    LEADING * u16::try_from(lines).map_or(f32::MAX, f32::from)
}

/// Characters that have no shape of their own: they join or turn others, or are nothing.
fn is_unseen(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe0e}' | '\u{fe0f}')
}

/// Whether the typeface has all that stands in this text.
pub(super) fn can_be_written(text: &str) -> bool {
    FACES.as_ref().is_none_or(|[regular, _]| text.chars().all(|c| c.is_whitespace() || is_unseen(c) || regular.has(c)))
}

/// A line in its place.
struct Line {
    text: String,
    x: f32,
    y: f32,
    size: f32,
    bold: bool,
    color: (u8, u8, u8),
    /// To which part of the structure it belongs.
    block: usize,
}

/// What a block is to whoever has it read out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Title,
    Heading,
    Text,
    RowName,
    RowValue,
}

/// The letter, laid out.
#[derive(Default)]
struct Layout {
    pages: Vec<Vec<Line>>,
    boxes: Vec<(usize, Rect)>,
    roles: Vec<Role>,
    /// The titles: to which block each belongs, and on which page and how far down it stands.
    titles: Vec<(usize, String, usize, f32)>,
    y: f32,
}

impl Layout {
    fn page(&mut self) -> usize {
        if self.pages.is_empty() || self.y > BOTTOM {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
        self.pages.len() - 1
    }

    fn block(&mut self, role: Role) -> usize {
        self.roles.push(role);
        self.roles.len() - 1
    }

    /// Writes lines one below the other.
    fn write(&mut self, lines: Vec<String>, (x, size, leading): (f32, f32, f32), bold: bool, color: (u8, u8, u8), block: usize) {
        for text in lines {
            let page = self.page();
            self.y += leading;
            let line = Line { text, x, y: self.y, size, bold, color, block };
            if let Some(page) = self.pages.get_mut(page) {
                page.push(line);
            }
        }
    }

    /// Writes a title, which can be found from the list of contents.
    fn title(&mut self, role: Role, text: &str, face: &Weight, (size, leading): (f32, f32), color: (u8, u8, u8)) {
        let block = self.block(role);
        let page = self.page();
        self.titles.push((block, face.written(text), page, self.y));
        self.write(face.lines(text, size, WIDTH), (MARGIN, size, leading), true, color, block);
    }

    /// Begins a new page unless so much still fits on this one.
    fn keep(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.y = BOTTOM + 1.0;
        }
    }
}

impl Letter {
    /// The letter as a PDF file.
    pub fn pdf(&self) -> Result<Vec<u8>, Unwritten> {
        let faces = FACES.as_ref().ok_or(Unwritten)?;
        let layout = self.laid_out(faces);
        self.drawn(&layout, faces).ok_or(Unwritten)
    }

    fn laid_out(&self, [regular, bold]: &[Weight; 2]) -> Layout {
        let mut layout = Layout { y: BOTTOM + 1.0, ..Layout::default() };
        let body = (MARGIN, SIZE, LEADING);
        let block = layout.block(Role::Text);
        layout.write(bold.lines(&self.from, 10.0, WIDTH), (MARGIN, 10.0, 14.0), true, ACCENT, block);
        layout.y += 14.0;
        layout.title(Role::Title, &self.title, bold, (21.0, 27.0), INK);
        layout.y += 8.0;
        for part in &self.parts {
            match part {
                Part::Text(text) => {
                    let lines = regular.lines(text, SIZE, WIDTH);
                    layout.keep(tall(lines.len().min(3)));
                    let block = layout.block(Role::Text);
                    layout.write(lines, body, false, INK, block);
                    layout.y += 7.0;
                }
                Part::Heading(text) => {
                    layout.keep(80.0);
                    layout.y += 12.0;
                    layout.title(Role::Heading, text, bold, (13.5, 18.0), ACCENT);
                    layout.y += 4.0;
                }
                Part::Notice(text) => {
                    let lines = bold.lines(text, SIZE, WIDTH - 28.0);
                    let height = tall(lines.len()) + 18.0;
                    layout.keep(height + 12.0);
                    let page = layout.page();
                    layout.y += 6.0;
                    layout.boxes.extend(Rect::from_xywh(MARGIN, layout.y, WIDTH, height).map(|rect| (page, rect)));
                    layout.y += 6.0;
                    let block = layout.block(Role::Text);
                    layout.write(lines, (MARGIN + 14.0, SIZE, LEADING), true, INK, block);
                    layout.y += 26.0;
                }
                Part::Rows(rows) => {
                    for (name, values) in rows {
                        let names = bold.lines(name, SIZE, COLUMN - 14.0);
                        let values: Vec<_> = values.iter().flat_map(|value| regular.lines(value, SIZE, WIDTH - COLUMN)).collect();
                        layout.keep(tall(values.len().max(names.len()).min(4)));
                        let page = layout.page();
                        let top = layout.y;
                        let block = layout.block(Role::RowName);
                        layout.write(names, body, true, INK, block);
                        let below = layout.y;
                        // Beside the name, on the page where it stands.
                        layout.y = top;
                        let block = layout.block(Role::RowValue);
                        layout.write(values, (MARGIN + COLUMN, SIZE, LEADING), false, INK, block);
                        if layout.pages.len() == page + 1 {
                            layout.y = layout.y.max(below);
                        }
                        layout.y += 6.0;
                    }
                    layout.y += 4.0;
                }
            }
        }
        layout
    }

    fn drawn(&self, layout: &Layout, faces: &[Weight; 2]) -> Option<Vec<u8>> {
        let configuration = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish().ok()?;
        let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
        let mut said: Vec<Vec<Node>> = layout.roles.iter().map(|_| Vec::new()).collect();
        let [regular, _] = faces;
        for (number, lines) in layout.pages.iter().enumerate() {
            let mut page = document.start_page_with(PageSettings::from_wh(PAGE.0, PAGE.1)?);
            let mut surface = page.surface();
            let decoration = || ContentTag::Artifact(krilla::tagging::Artifact::with_kind(ArtifactType::Other));
            surface.start_tagged(decoration());
            if number == 0 {
                fill(&mut surface, Rect::from_xywh(0.0, 0.0, PAGE.0, 10.0)?, ACCENT);
            }
            for (_, rect) in layout.boxes.iter().filter(|(page, _)| *page == number) {
                fill(&mut surface, *rect, TINT);
                fill(&mut surface, Rect::from_xywh(rect.left(), rect.top(), 4.0, rect.height())?, ACCENT);
            }
            surface.end_tagged();
            for line in lines.iter().filter(|line| !line.text.is_empty()) {
                let identifier = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
                // The space that stands between this line and the next where both are read in one go.
                write(&mut surface, line, &format!("{} ", line.text), faces);
                surface.end_tagged();
                said.get_mut(line.block)?.push(identifier.into());
            }
            surface.start_tagged(ContentTag::Artifact(krilla::tagging::Artifact::with_kind(ArtifactType::Footer)));
            let foot = regular.written(&format!("{}  ·  Page {} of {}", self.foot, number + 1, layout.pages.len()));
            let at = Line { text: String::new(), x: MARGIN, y: 806.0, size: 8.5, bold: false, color: (73, 80, 87), block: 0 };
            write(&mut surface, &at, &foot, faces);
            surface.end_tagged();
            surface.finish();
            page.finish();
        }
        document.set_tag_tree(structure(layout, said)?);
        let mut contents = Outline::new();
        for (_, title, page, y) in &layout.titles {
            let place = XyzDestination::new(*page, Point::from_xy(MARGIN, *y));
            contents.push_child(OutlineNode::new(title.clone(), place));
        }
        document.set_outline(contents);
        document.set_metadata(
            Metadata::new()
                .title(self.title.clone())
                .language("en-GB".to_owned())
                .authors(vec![self.from.clone()])
                .creator("sendiass".to_owned()),
        );
        document.finish().ok()
    }
}

fn fill(surface: &mut Surface<'_>, rect: Rect, (r, g, b): (u8, u8, u8)) {
    surface.set_fill(Some(Fill { paint: rgb::Color::new(r, g, b).into(), ..Fill::default() }));
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn write(surface: &mut Surface<'_>, at: &Line, text: &str, [regular, bold]: &[Weight; 2]) {
    let (r, g, b) = at.color;
    surface.set_fill(Some(Fill { paint: rgb::Color::new(r, g, b).into(), ..Fill::default() }));
    let weight = if at.bold { bold } else { regular };
    surface.draw_text(Point::from_xy(at.x, at.y), weight.font.clone(), at.size, text, false, TextDirection::Auto);
}

/// What a screen reader is told: the blocks in their order, rows as a table with their names as headers.
fn structure(layout: &Layout, said: Vec<Vec<Node>>) -> Option<TagTree> {
    let mut tree = TagTree::new().with_lang(Some("en-GB".to_owned()));
    let mut table: Option<TagGroup> = None;
    let mut row = TagGroup::new(Tag::TR);
    for (block, (role, children)) in layout.roles.iter().zip(said).enumerate() {
        match role {
            Role::RowName => {
                row = TagGroup::new(Tag::TR);
                row.push(TagGroup::with_children(Tag::TH(TableHeaderScope::Row), children));
                continue;
            }
            Role::RowValue => {
                row.push(TagGroup::with_children(Tag::TD, children));
                table
                    .get_or_insert_with(|| TagGroup::new(Tag::Table.with_summary(Some("What was said, point by point.".to_owned()))))
                    .push(std::mem::replace(&mut row, TagGroup::new(Tag::TR)));
                continue;
            }
            Role::Title | Role::Heading | Role::Text => {}
        }
        if let Some(table) = table.take() {
            tree.push(table);
        }
        let title = || layout.titles.iter().find(|(of, ..)| *of == block).map(|(_, title, ..)| title.clone());
        let level = |level| Some(Tag::Hn(NonZeroU16::new(level)?, title()));
        tree.push(match role {
            Role::Title => TagGroup::with_children(level(1)?, children),
            Role::Heading => TagGroup::with_children(level(2)?, children),
            _ => TagGroup::with_children(Tag::P, children),
        });
    }
    if let Some(table) = table {
        tree.push(table);
    }
    Some(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_of_the_typeface_can_be_set_and_a_square_stands_for_any_other() {
        let known: Vec<char> = ('\u{1}'..'\u{20000}').filter(|c| can_be_written(&c.to_string())).collect();
        let title = "Signs".to_owned();
        let set = |text: String| Letter { title: title.clone(), parts: vec![Part::Text(text)], ..Letter::default() }.pdf().is_ok();
        let mut left: Vec<&[char]> = known.chunks(1500).collect();
        while let Some(some) = left.pop() {
            if !set(some.iter().flat_map(|c| [*c, ' ']).collect()) {
                assert!(some.len() > 1, "U+{:04X} cannot be set", some[0] as u32);
                let (one, other) = some.split_at(some.len() / 2);
                left.extend([one, other]);
            }
        }
        // A bullet as it comes out of some word processors is for private use.
        assert!(!can_be_written("日本語") && !can_be_written("\u{f6c5}") && set("日本語 🙂 \u{fffe}\u{f0b7}\u{f6c5}".to_owned()));
    }
}
