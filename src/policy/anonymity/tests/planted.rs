//! Identifiers of made-up families, planted in ordinary sentences in the disguises of the policy: none may pass.

use chrono::{Datelike, NaiveDate};

use super::ordinary::SENTENCES;
use super::{day, today};
use crate::domain::disclosure::RefusalRule::{self, *};
use crate::policy::anonymity::{Known, scan};

/// A small generator with a fixed seed, so that a failure can be seen again.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((value ^ (value >> 31)) % u64::try_from(below).unwrap()).unwrap()
    }

    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.roll(list.len())]
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from_digit(u32::try_from(self.roll(10)).unwrap(), 10).unwrap()).collect()
    }
}

pub fn known(name: &str, birth: NaiveDate) -> Known {
    Known { names: vec![vec![name.to_owned()]], birth_dates: vec![birth], ..Known::default() }
}

/// The sentence with something in the middle, at a space.
pub fn plant(dice: &mut Dice, what: &str) -> String {
    let sentence = dice.pick(SENTENCES);
    let spaces: Vec<usize> = sentence.match_indices(' ').map(|(at, _)| at).collect();
    let at = dice.pick(&spaces);
    format!("{} {what}{}", &sentence[..at], &sentence[at..])
}

/// The texts a scan let pass, or in which it saw something else.
#[derive(Default)]
pub struct Missed(Vec<String>);

impl Missed {
    pub fn check(&mut self, rule: RefusalRule, text: &str, known: &Known) {
        let found = scan(text, known, today());
        if !found.iter().any(|hit| hit.rule == rule) {
            self.0.push(format!("{}: {text}: {found:?}", rule.as_str()));
        }
    }

    pub fn none(&self) {
        assert!(self.0.is_empty(), "{} missed: {:#?}", self.0.len(), self.0.iter().take(20).collect::<Vec<_>>());
    }
}

pub fn between(word: &str, sign: &str) -> String {
    word.chars().map(String::from).collect::<Vec<_>>().join(sign)
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS: [&str; 20] = [
    "",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];

fn written_date(dice: &mut Dice, date: NaiveDate) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    let name = MONTHS[usize::try_from(month).unwrap() - 1];
    let suffix = match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    let sign = dice.pick(&["/", "-", ".", " ", " / ", "–", "."]);
    let short = year % 100;
    match dice.roll(17) {
        0 => format!("{day:02}{sign}{month:02}{sign}{year}"),
        1 => format!("{day}{sign}{month}{sign}{short:02}"),
        2 => format!("{year}{sign}{month:02}{sign}{day:02}"),
        3 => format!("{month:02}{sign}{day:02}{sign}{year}"),
        4 => format!("{day}{suffix} of {name} {year}"),
        5 => format!("{day}{suffix} {name}, {year}"),
        6 => format!("{day} {} {year}", &name[..3]),
        7 => format!("{day}{}{year}", name[..3].to_uppercase()),
        8 => format!("{name} {day}{suffix}, {year}"),
        9 => format!("{} {day} '{short:02}", &name[..3]),
        10 => format!("{day} {} {short:02}", name.to_lowercase()),
        11 => format!("{year} {name} {day}"),
        12 => format!("{day:02}{month:02}{year}"),
        13 => format!("{year}{month:02}{day:02}"),
        14 => between(&format!("{day}/{month}/{year}"), "\u{200B}"),
        15 => format!("{day:02}-{}-{short:02}", &name[..3]),
        _ if day < 20 => {
            format!("the {} day of {name} twenty {}", DAYS[usize::try_from(day).unwrap()], YEARS[usize::try_from(short).unwrap() - 10])
        }
        _ => format!("{day}th {name} two thousand and {}", YEARS[usize::try_from(short).unwrap() - 10]),
    }
}

const YEARS: [&str; 17] = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "twenty-one",
    "twenty two",
    "twenty-three",
    "twenty four",
    "twenty-five",
    "twenty-six",
];

#[test]
fn no_birth_date_passes_however_it_is_written() {
    let mut dice = Dice(2);
    let mut missed = Missed::default();
    for _ in 0..4_000 {
        // Children of every age the service knows, also those born within the last 24 months, whose date is found by being known.
        let birth = day(
            2010 + i32::try_from(dice.roll(16)).unwrap(),
            1 + u32::try_from(dice.roll(12)).unwrap(),
            1 + u32::try_from(dice.roll(28)).unwrap(),
        );
        let planted = written_date(&mut dice, birth);
        missed.check(IdentifierBirthDate, &plant(&mut dice, &planted), &known("Zofia Hart", birth));
    }
    missed.none();
}

#[test]
fn a_recent_date_after_a_word_of_birth_is_a_birth_date() {
    let mut dice = Dice(3);
    let mut missed = Missed::default();
    for _ in 0..500 {
        let recent = day(2026, 1 + u32::try_from(dice.roll(5)).unwrap(), 1 + u32::try_from(dice.roll(28)).unwrap());
        let word = dice.pick(&["born", "DOB", "D.O.B.:", "date of birth is", "birthday was on the", "born on a Monday,", "d o b"]);
        let planted = format!("{word} {}", written_date(&mut dice, recent));
        missed.check(IdentifierBirthDate, &plant(&mut dice, &planted), &known("Zofia Hart", day(2014, 3, 12)));
    }
    missed.none();
}

#[test]
fn no_number_passes_however_it_is_broken_up() {
    let mut dice = Dice(4);
    let mut missed = Missed::default();
    for _ in 0..2_000 {
        // Not 19 or 20 anywhere, so that the groups are no years.
        let (a, b, c) =
            (dice.digits(3).replace(['1', '2'], "7"), dice.digits(3).replace(['1', '2'], "7"), dice.digits(4).replace(['1', '2'], "7"));
        let sign = dice.pick(&[" ", "-", ".", "", "  ", "\u{A0}", "–", ") ", "\u{200B}", " - "]);
        let planted = match dice.roll(6) {
            0 => format!("0{a}{sign}{b}{sign}{c}"),
            1 => format!("+44 (0){a}{sign}{b}{sign}{c}"),
            2 => between(&format!("0{a}{b}"), sign) + "7777",
            3 => format!("A{a}{b}{c}77"),
            4 => format!("QQ{sign}{}{sign}{}{sign}C", &a, &b).replace(") ", " "),
            _ => format!("{a}{sign}{b}{sign}{c}")
                .chars()
                .map(|sign| sign.to_digit(10).map_or(sign, |value| char::from_u32(0xFF10 + value).unwrap()))
                .collect(),
        };
        missed.check(IdentifierNumber, &plant(&mut dice, &planted), &Known::default());
    }
    missed.none();
}

#[test]
fn no_postcode_or_sector_passes() {
    let mut dice = Dice(5);
    let mut missed = Missed::default();
    for _ in 0..1_500 {
        let outward = dice.pick(&["LA9", "M1", "EC1A", "W1A", "ZZ99", "SW11", "CR2", "B33", "DN55"]);
        let inward = dice.pick(&["3VZ", "1AA", "8TH", "6XH", "4RF", "9NG"]);
        let planted = match dice.roll(8) {
            0 => format!("{outward} {inward}"),
            1 => format!("{outward}{inward}").to_lowercase(),
            2 => format!("{outward}-{inward}"),
            3 => format!("{} {}", outward.to_lowercase(), inward.to_lowercase()),
            4 => between(&format!("{outward}{inward}"), " "),
            5 => between(&format!("{outward}{inward}").to_lowercase(), "\u{200B}"),
            6 if outward != "ZZ99" => format!("{outward} {},", &inward[..1]),
            _ => format!("{outward}.  {inward}"),
        };
        missed.check(IdentifierPostcode, &plant(&mut dice, &planted), &Known::default());
    }
    missed.none();
}

#[test]
fn no_address_link_or_reference_passes() {
    let mut dice = Dice(6);
    let mut missed = Missed::default();
    for _ in 0..3_000 {
        let number = 1 + dice.roll(180);
        let street = dice.pick(&["Castle", "Mill Bank", "Old Church", "St Aldan's", "Long Garth End"]);
        let kind = dice.pick(&["Lane", "Road", "Street", "Avenue", "Rd", "St", "Close", "Court", "Way", "lane", "Crescent"]);
        let digits = dice.digits(4);
        let (rule, planted) = match dice.roll(14) {
            0 => (IdentifierAddress, format!("{number} {street} {kind}")),
            1 => (IdentifierAddress, format!("{number}a, {street} {kind}")),
            2 => (IdentifierAddress, format!("{number} castle {}", dice.pick(&["lane", "road", "street", "rd", "avenue"]))),
            3 => (IdentifierAddress, format!("fourteen {street} {kind}")),
            4 => (IdentifierEmail, "parent.one@example.org".to_owned()),
            5 => (
                IdentifierEmail,
                dice.pick(&["parent [at] example dot org", "p ( AT ) example.org", "p @ example.org", "p＠example.org"]).to_string(),
            ),
            6 => (
                IdentifierLink,
                dice.pick(&["https://example.org/x", "www.example.org", "example.co.uk", "Example dot com", "t.me/parent"]).to_string(),
            ),
            7 => (IdentifierLink, dice.pick(&["@parent_one", "(@parentone)"]).to_string()),
            8 => (IdentifierReference, format!("IASS-2026-00{digits}")),
            9 => (
                IdentifierReference,
                format!("{} {digits}", dice.pick(&["ref", "Ref.", "ref no.", "reference:", "ID", "UPN", "pupil number", "NHS no"])),
            ),
            10 => (IdentifierReference, format!("reference number is CF-{digits}/B")),
            11 => {
                (IdentifierReference, dice.pick(&["01a09f37-949f-7f28-9fb1-7c2390c192cf", "01A09F37949F7F289FB17C2390C192CF"]).to_string())
            }
            12 => (
                IdentifierTitledName,
                format!(
                    "{} {}",
                    dice.pick(&["Mr", "MRS", "Ms.", "Miss", "Mx", "Dr", "Prof", "Cllr", "Rev", "Sir", "mrs"]),
                    dice.pick(&["Tyson", "de la Mare", "T", "VAN DYK", "O’Hara", "Ångström"])
                ),
            ),
            _ => (IdentifierReference, format!("file {}", between("IASS2026000123", dice.pick(&[" ", "-", "\u{200B}", "/"])))),
        };
        let known = Known { references: vec!["IASS-2026-000123".to_owned()], ..Known::default() };
        missed.check(rule, &plant(&mut dice, &planted), &known);
    }
    missed.none();
}
