//! Text as it is matched: NFKC, without format characters, accents, apostrophes and possessive `'s`, in one case; every sign still
//! knows where it stood, so that a hit is told as a range of the text as it was written.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::looks;
use super::words::{SECTION_WORDS, TITLES};

/// One sign of the normalised text.
struct Glyph {
    fold: char,
    at: usize,
    upper: bool,
}

/// What a token is made of. `A123` is two tokens without a gap.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Letters,
    Digits,
}

/// A run of letters or of digits.
pub(super) struct Token {
    /// The folded letters or digits.
    pub word: String,
    pub kind: Kind,
    /// How many signs it has.
    pub len: usize,
    /// A single letter or digit of the text as written; "ß" is one although it becomes two.
    pub single: bool,
    /// Begins with a capital.
    pub capital: bool,
    /// All capitals.
    pub shouted: bool,
    from: usize,
    to: usize,
}

impl Token {
    pub fn is_letters(&self) -> bool {
        self.kind == Kind::Letters
    }

    pub fn is_digits(&self) -> bool {
        self.kind == Kind::Digits
    }

    /// The value of a token of at most eight digits.
    pub fn value(&self) -> Option<u32> {
        if self.is_digits() && self.len <= 8 { self.word.parse().ok() } else { None }
    }

    /// Four digits of this or the last century.
    pub fn is_year(&self) -> bool {
        self.len == 4 && self.value().is_some_and(|value| (1900..2100).contains(&value))
    }
}

/// A normalised text.
pub(super) struct Text {
    glyphs: Vec<Glyph>,
    pub tokens: Vec<Token>,
}

impl Text {
    /// The text as it is written.
    pub fn new(text: &str) -> Self {
        Self::of(flatten(text, |sign| sign))
    }

    /// The text as it is seen: letters of other scripts that look like Latin ones are those.
    pub fn seen(text: &str) -> Self {
        Self::of(flatten(text, looks::like))
    }

    fn of(glyphs: Vec<Glyph>) -> Self {
        let tokens = tokenise(&glyphs);
        Self { glyphs, tokens }
    }

    pub fn token(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index)
    }

    /// The token's letters, or nothing beyond the ends.
    pub fn word(&self, index: usize) -> &str {
        self.token(index).map_or("", |token| token.word.as_str())
    }

    /// The token before this one.
    pub fn before(&self, index: usize) -> Option<&Token> {
        index.checked_sub(1).and_then(|index| self.token(index))
    }

    /// The signs between this token and the one before; for the index after the last token, what follows it.
    pub fn gap(&self, index: usize) -> impl DoubleEndedIterator<Item = char> + Clone {
        let from = self.before(index).map_or(0, |token| token.to);
        let to = self.token(index).map_or(self.glyphs.len(), |token| token.from);
        self.glyphs.get(from..to).unwrap_or_default().iter().map(|glyph| glyph.fold)
    }

    /// Whether the gap before this token is no longer than `most` and made of signs of `allowed`. There is none before the first token.
    pub fn gap_of(&self, index: usize, most: usize, allowed: &str) -> bool {
        index > 0 && index < self.tokens.len() && self.gap(index).count() <= most && self.gap(index).all(|sign| allowed.contains(sign))
    }

    /// Whether this token follows the one before without any sign between.
    pub fn glued(&self, index: usize) -> bool {
        self.gap_of(index, 0, "")
    }

    /// The range of the original text from the first to the last of these tokens.
    pub fn range(&self, first: usize, last: usize) -> (usize, usize) {
        let start = self.token(first).and_then(|token| self.glyphs.get(token.from)).map_or(0, |glyph| glyph.at);
        let end = self.token(last).and_then(|token| self.glyphs.get(token.to.saturating_sub(1))).map_or(start, |glyph| glyph.at + 1);
        (start, end)
    }

    /// Whether the word before is `section`, `paragraph`, `Year` or the like, so that this is the name of a place in a text or a list.
    pub fn after_section_word(&self, index: usize) -> bool {
        self.before(index).is_some_and(|token| SECTION_WORDS.contains(&token.word.as_str()))
    }

    /// Whether a sentence begins here, so that a capital says nothing. A line break alone is no beginning: letters are wrapped.
    pub fn starts_sentence(&self, index: usize) -> bool {
        let Some(before) = self.before(index) else { return true };
        let gap = self.gap(index);
        if gap.clone().any(|sign| "!?".contains(sign)) {
            return true;
        }
        if gap.clone().any(|sign| sign == '.') {
            let initial = before.is_letters() && before.len == 1 && !self.after_section_word(index - 1);
            return !initial && !TITLES.contains(&before.word.as_str());
        }
        let lines = gap.clone().filter(|sign| *sign == '\n').count();
        lines > 1 || (lines == 1 && gap.clone().any(|sign| "-*•·".contains(sign)))
    }
}

fn flatten(text: &str, seen: impl Fn(char) -> char) -> Vec<Glyph> {
    let mut glyphs: Vec<Glyph> = Vec::with_capacity(text.len());
    let mut signs = text.chars().enumerate().filter(|(_, sign)| !is_ignorable(*sign));
    while let Some((at, sign)) = signs.next() {
        if is_apostrophe(sign) {
            let mut ahead = signs.clone();
            let is_possessive = glyphs.last().is_some_and(|glyph| glyph.fold.is_alphabetic())
                && ahead.next().is_some_and(|(_, sign)| matches!(sign, 's' | 'S'))
                && !ahead.next().is_some_and(|(_, sign)| sign.is_alphanumeric());
            if is_possessive {
                signs.next();
            }
        } else if is_hyphen(sign) {
            glyphs.push(Glyph { fold: '-', at, upper: false });
        } else if sign.is_ascii() {
            glyphs.push(Glyph { fold: space(sign.to_ascii_lowercase()), at, upper: sign.is_ascii_uppercase() });
        } else {
            decompose_compatible(sign, |part| fold(seen(part), at, &mut glyphs));
        }
    }
    glyphs
}

fn fold(part: char, at: usize, glyphs: &mut Vec<Glyph>) {
    if is_ignorable(part) || is_apostrophe(part) {
        return;
    }
    let upper = part.is_uppercase();
    for lower in part.to_lowercase() {
        let mut push = |fold| glyphs.push(Glyph { fold, at, upper });
        // Letters with a stroke and joined letters have no decomposition, but people leave the stroke out all the same.
        match lower {
            'ł' => push('l'),
            'ø' => push('o'),
            'đ' | 'ð' => push('d'),
            'ħ' => push('h'),
            'ı' => push('i'),
            'ŧ' => push('t'),
            'ß' => ['s', 's'].into_iter().for_each(push),
            'æ' => ['a', 'e'].into_iter().for_each(push),
            'œ' => ['o', 'e'].into_iter().for_each(push),
            'þ' => ['t', 'h'].into_iter().for_each(push),
            other if is_hyphen(other) => push('-'),
            other => push(digit(space(other))),
        }
    }
}

fn tokenise(glyphs: &[Glyph]) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(glyphs.len() / 5);
    let mut open = false;
    for (index, glyph) in glyphs.iter().enumerate() {
        if !glyph.fold.is_alphanumeric() {
            open = false;
            continue;
        }
        let kind = if glyph.fold.is_ascii_digit() { Kind::Digits } else { Kind::Letters };
        match tokens.last_mut() {
            Some(token) if open && token.kind == kind => {
                token.word.push(glyph.fold);
                token.len += 1;
                token.single &= glyphs.get(token.from).is_some_and(|first| first.at == glyph.at);
                token.to = index + 1;
                token.shouted &= glyph.upper;
            }
            _ => tokens.push(Token {
                word: glyph.fold.to_string(),
                kind,
                len: 1,
                single: true,
                capital: glyph.upper,
                shouted: glyph.upper,
                from: index,
                to: index + 1,
            }),
        }
        open = true;
    }
    tokens
}

fn space(sign: char) -> char {
    match sign {
        '\n' | '\u{2028}' | '\u{2029}' => '\n',
        other if other.is_whitespace() => ' ',
        other => other,
    }
}

/// Digits of the scripts whose compatibility form is not the European digit.
fn digit(sign: char) -> char {
    let sign_number = u32::from(sign);
    [0x0660, 0x06F0, 0x0966, 0x09E6]
        .into_iter()
        .find_map(|zero| sign_number.checked_sub(zero).and_then(|value| char::from_digit(value, 10)))
        .unwrap_or(sign)
}

fn is_apostrophe(sign: char) -> bool {
    matches!(sign, '\'' | '`' | '´' | '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2032}' | '\u{02B9}' | '\u{02BB}' | '\u{02BC}' | '\u{FF07}')
}

fn is_hyphen(sign: char) -> bool {
    matches!(sign, '-' | '\u{058A}' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
}

/// Signs that are not seen: the format characters (general category Cf), fillers and blanks, control characters but white space; and accents.
fn is_ignorable(sign: char) -> bool {
    if sign.is_ascii() {
        return sign.is_ascii_control() && !sign.is_whitespace();
    }
    matches!(sign,
        '\u{AD}' | '\u{0600}'..='\u{0605}' | '\u{061C}' | '\u{06DD}' | '\u{070F}' | '\u{0890}'..='\u{0891}' | '\u{08E2}'
        | '\u{115F}'..='\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0001}' | '\u{E0020}'..='\u{E007F}')
        || (sign.is_control() && !sign.is_whitespace())
        || is_combining_mark(sign)
}

/// The text in one form, for comparing wordings: words and numbers in one case, one space between, single letters joined.
pub(super) fn wording(text: &Text) -> String {
    let mut out = String::new();
    let is_letter = |token: &Token| token.is_letters() && token.len == 1;
    for (index, token) in text.tokens.iter().enumerate() {
        let spelled = is_letter(token) && text.before(index).is_some_and(is_letter) && text.gap_of(index, 3, " -.");
        if index > 0 && !text.glued(index) && !spelled {
            out.push(' ');
        }
        out.push_str(&token.word);
    }
    out
}
