//! Names of made-up families in every disguise: run together and broken up, in other letters, with signs between. None may pass; and ordinary
//! words that happen to stand together are no names.

use super::planted::{Dice, Missed, between, known, plant};
use super::{day, today};
use crate::domain::disclosure::RefusalRule::IdentifierName;
use crate::policy::anonymity::scan;

const FAMILIES: [&str; 12] = [
    "Zofia Kowalczyk-Hart",
    "Renée O'Neill",
    "Siân Llywelyn",
    "Łukasz Wójcik",
    "Chloë D'Souza",
    "Ngozi Okonkwo-Brandt",
    "Søren Ångström",
    "Aoife Ní Bhriain",
    "Muhammad Al-Rashidi",
    "Zeynep Yıldız",
    "Anneliese Müller-Strauß",
    "Bronagh Mac Giolla",
];

fn without_accents(name: &str) -> String {
    let plain = |sign| match sign {
        'é' | 'ë' => "e",
        'â' => "a",
        'Ł' => "L",
        'ó' | 'ö' | 'ø' => "o",
        'Å' => "A",
        'í' | 'ı' => "i",
        'ü' => "u",
        'ß' => "ss",
        _ => "",
    };
    name.chars().map(|sign| if plain(sign).is_empty() { sign.to_string() } else { plain(sign).to_owned() }).collect()
}

fn disguised_name(dice: &mut Dice, name: &str) -> String {
    let words: Vec<&str> = name.split([' ', '-']).filter(|word| word.chars().count() > 3).collect();
    let word = dice.pick(&words);
    match dice.roll(18) {
        0 => word.to_uppercase(),
        1 => word.to_lowercase(),
        2 => without_accents(word),
        3 => without_accents(word).to_lowercase(),
        4 => between(word, "\u{200B}"),
        5 => between(word, dice.pick(&["\u{200D}", "\u{AD}", "\u{2060}", "\u{FEFF}"])),
        6 => between(word, " "),
        7 => between(&word.to_uppercase(), dice.pick(&["-", ".", ". ", "  ", "_", "*"])),
        8 => format!("{word}'s"),
        9 => format!("{}’s", word.to_uppercase()),
        10 => word.replace('\'', dice.pick(&["", "’", "ʼ", "`", "‘", " "])),
        11 => name.replace('-', dice.pick(&[" ", "–", "\u{2011}", "", " - "])),
        12 => name.replace(' ', dice.pick(&["", "_", ".", "\u{200B}", "/", "\u{A0}"])),
        13 => word.chars().flat_map(|sign| [Some(sign), sign.is_alphabetic().then_some('\u{308}')]).flatten().collect(),
        // Full-width and mathematical letters, which are the same by compatibility.
        14 => without_accents(word)
            .chars()
            .map(|sign| if sign.is_ascii_alphabetic() { char::from_u32(u32::from(sign) + 0xFEE0).unwrap() } else { sign })
            .collect(),
        15 => without_accents(word)
            .to_lowercase()
            .chars()
            .map(|sign| if sign.is_ascii_alphabetic() { char::from_u32(u32::from(sign) - 0x61 + 0x1D41A).unwrap() } else { sign })
            .collect(),
        16 => format!("({word}s)"),
        _ => {
            let half = word.char_indices().nth(2).unwrap().0;
            format!("{}-\n{}", &word[..half], &word[half..])
        }
    }
}

/// The word with letters of other scripts that look like its own.
fn alike(dice: &mut Dice, word: &str) -> String {
    let other = |sign| match sign {
        'A' => "\u{0410}\u{0391}",
        'B' => "\u{0412}\u{0392}",
        'C' => "\u{0421}",
        'E' => "\u{0415}\u{0395}",
        'H' => "\u{041D}\u{0397}",
        'I' => "\u{0406}\u{0399}",
        'K' => "\u{041A}\u{039A}",
        'M' => "\u{041C}\u{039C}",
        'N' => "\u{039D}",
        'O' => "\u{041E}\u{039F}",
        'S' => "\u{0405}",
        'T' => "\u{0422}\u{03A4}",
        'Y' => "\u{03A5}\u{04AE}",
        'Z' => "\u{0396}",
        'a' => "\u{0430}\u{03B1}",
        'c' => "\u{0441}",
        'e' => "\u{0435}",
        'h' => "\u{04BB}",
        'i' => "\u{0456}\u{03B9}",
        'j' => "\u{0458}",
        'k' => "\u{043A}\u{03BA}",
        'o' => "\u{043E}\u{03BF}",
        'p' => "\u{0440}\u{03C1}",
        's' => "\u{0455}",
        't' => "\u{0442}",
        'v' => "\u{03BD}",
        'x' => "\u{0445}",
        'y' => "\u{0443}",
        _ => "",
    };
    let signs = word.chars().map(|sign| {
        let others: Vec<char> = other(sign).chars().collect();
        if others.is_empty() || dice.roll(3) == 0 { sign } else { dice.pick(&others) }
    });
    signs.collect()
}

#[test]
fn no_name_passes_in_letters_that_look_like_its_own() {
    let mut dice = Dice(7);
    let mut missed = Missed::default();
    for _ in 0..4_000 {
        let name = dice.pick(&FAMILIES);
        let words: Vec<&str> = name.split([' ', '-']).filter(|word| word.chars().count() > 3).collect();
        let word = without_accents(dice.pick(&words));
        let word = match dice.roll(3) {
            0 => word.to_uppercase(),
            1 => word.to_lowercase(),
            _ => word,
        };
        let planted = alike(&mut dice, &word);
        missed.check(IdentifierName, &plant(&mut dice, &planted), &known(name, day(2014, 3, 12)));
        // Nor where they are on record in such letters, and written in plain ones.
        let odd = alike(&mut dice, name);
        missed.check(IdentifierName, &plant(&mut dice, &word), &known(&odd, day(2014, 3, 12)));
    }
    missed.none();
}

#[test]
fn no_name_passes_that_is_broken_in_the_middle() {
    let mut dice = Dice(8);
    let mut missed = Missed::default();
    for _ in 0..4_000 {
        let name = dice.pick(&["Zofia", "Mia", "Ana", "Kowalczyk", "Renée", "Llywelyn", "Omar", "Justin", "Isla"]);
        let signs: Vec<char> = name.chars().collect();
        let at = 1 + dice.roll(signs.len() - 1);
        let sign = dice.pick(&[
            "\n",
            "\r\n",
            "\n\n",
            " \n",
            "\t",
            "\u{2028}",
            "\u{2029}",
            "\u{85}",
            "\u{A0}",
            "\u{2003}",
            "\u{3000}",
            " ",
            "   ",
            "\u{200B}\n",
            "\u{2800}",
            "\u{FE0F}",
            "\u{34F}",
            "\u{2060}",
            "-\n",
            "_",
            "·",
            "\n\t\n",
        ]);
        let (first, last): (String, String) = (signs[..at].iter().collect(), signs[at..].iter().collect());
        missed.check(IdentifierName, &plant(&mut dice, &format!("{first}{sign}{last}")), &known(name, day(2014, 3, 12)));
    }
    missed.none();
}

#[test]
fn ordinary_words_beside_each_other_are_no_broken_name() {
    for (name, text) in [
        ("Justin", "The plan came just in time, and just\nin the week of the hearing."),
        ("Asa", "It is used as a test; parents see it as\na refusal."),
        ("Isa", "There is a list."),
        ("Maya", "In May a review was held, and a parent may a year later ask again."),
        ("Ora", "A call or a letter would help."),
        ("Ina", "Reports are filed in a folder."),
        ("Forbes", "It would be for best interests."),
        ("Tobey", "It has to be yours."),
    ] {
        assert_eq!(scan(text, &known(name, day(2014, 3, 12)), today()), [], "{name}: {text}");
    }
}

#[test]
fn no_name_passes_in_any_disguise() {
    let mut dice = Dice(1);
    let mut missed = Missed::default();
    for _ in 0..4_000 {
        let name = dice.pick(&FAMILIES);
        let planted = disguised_name(&mut dice, name);
        missed.check(IdentifierName, &plant(&mut dice, &planted), &known(name, day(2014, 3, 12)));
    }
    missed.none();
}
