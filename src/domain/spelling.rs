//! How names and contacts are compared: two spellings of one are one (C2, C3).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A name as it is compared: in one case and one width, without accents, apostrophes and signs that are not seen, letters with a stroke as
/// those without, and one space for whatever else stands between words. A name of nothing but signs is compared by these.
#[must_use]
pub fn normal_name(name: &str) -> String {
    let folded: String = fold(name).chars().map(|sign| if sign.is_alphanumeric() { sign } else { ' ' }).collect();
    let words = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() { name.nfkc().filter(|sign| !sign.is_whitespace() && !is_unseen(*sign)).collect() } else { words }
}

/// A contact as it is compared: an e-mail address without white space; a telephone number by its digits, in the form it is dialled in within
/// the country if it is of this one (`07700900123`), else with `+`; any other address by its letters and digits.
#[must_use]
pub fn normal_contact(value: &str) -> String {
    let value = fold(value);
    if value.contains('@') {
        return value.split_whitespace().collect();
    }
    let kept: String = value.chars().filter(|sign| sign.is_alphanumeric()).collect();
    if kept.is_empty() || !kept.chars().all(|sign| sign.is_ascii_digit()) {
        return kept;
    }
    let abroad = if value.trim_start().trim_start_matches('(').starts_with('+') { Some(kept.as_str()) } else { kept.strip_prefix("00") };
    let here = match abroad {
        Some(abroad) => abroad.strip_prefix("44"),
        // Written without its plus: no number here begins with anything but 0, or is as long.
        None => kept.strip_prefix("44").filter(|rest| rest.trim_start_matches('0').len() == 10),
    };
    match (here, abroad) {
        // What is dialled only from here, as in +44 (0)7700, goes; and comes again.
        (Some(here), _) => format!("0{}", here.trim_start_matches('0')),
        (None, Some(abroad)) => format!("+{abroad}"),
        (None, None) => kept,
    }
}

/// Text in one case and one width, without accents, apostrophes and signs that are not seen.
fn fold(text: &str) -> String {
    // Upper case first: it is what tells that `ß` is `SS`, and that both forms of a small sigma are one letter.
    let one_case = bare(text).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect::<String>();
    let mut folded = String::with_capacity(one_case.len());
    for sign in bare(&one_case) {
        match sign {
            'ł' => folded.push('l'),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ŧ' => folded.push('t'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            other => folded.push(other),
        }
    }
    folded
}

/// The signs of a text without what is left out in writing.
fn bare(text: &str) -> impl Iterator<Item = char> {
    text.nfkd().filter(|sign| !is_combining_mark(*sign) && !is_unseen(*sign) && !is_apostrophe(*sign))
}

fn is_apostrophe(sign: char) -> bool {
    matches!(sign, '\'' | '`' | '´' | '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2032}' | '\u{02B9}' | '\u{02BB}' | '\u{02BC}')
}

/// Whether there is nothing to be seen in a text.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|sign| sign.is_whitespace() || sign.is_control() || is_unseen(sign) || is_filler(sign))
}

/// Signs that take up space, or choose how others look, and are not seen by themselves.
fn is_filler(sign: char) -> bool {
    matches!(sign, '\u{34F}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180D}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{E0001}' | '\u{E0020}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Format characters, which are not seen.
fn is_unseen(sign: char) -> bool {
    matches!(sign, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
pub(crate) use tests::rewritten;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_in_which_nothing_is_seen_says_nothing() {
        for nothing in ["", " ", "\n\t", "\u{a0}", "\u{200b}", "\u{200b} \u{feff}\u{ad}", "\u{2800}\u{3164}", "\u{fe0f}\u{34f}", "\0"] {
            assert!(is_blank(nothing), "{nothing:?}");
        }
        for something in [".", "0", "\u{200b}a", "\u{5d0}", "\u{1f600}", "\u{301}"] {
            assert!(!is_blank(something), "{something:?}");
        }
    }

    #[test]
    fn a_telephone_number_is_one_however_it_is_dialled() {
        for number in [
            "07700 900123",
            "07700900123",
            "+44 7700 900123",
            "+447700900123",
            "+44 (0)7700 900-123",
            "(+44) 7700 900123",
            "0044 7700 900 123",
            "00 44 (0) 7700.900.123",
            "44 7700 900123",
            "(07700) 900123",
            "０７７００ ９００１２３",
        ] {
            assert_eq!(normal_contact(number), "07700900123", "{number}");
        }
        assert_eq!(normal_contact("00353 1 496 0000"), normal_contact("+353 (1) 4960000"));
        assert_ne!(normal_contact("+353 1 496 0000"), normal_contact("01 496 0000"));
        assert_eq!(normal_contact("Ro.Thornbeck@EXAMPLE.org "), "ro.thornbeck@example.org");
        assert_ne!(normal_contact("ro.thornbeck@example.org"), normal_contact("rothornbeck@example.org"));
        assert_eq!(normal_contact("12 Café Row,\nZZ99 3WZ"), normal_contact("12, CAFE ROW zz993wz"));
    }

    #[test]
    fn names_are_read_alike_whatever_the_keyboard() {
        for (one, other) in [
            ("Łukasz Wójcik", "LUKASZ WOJCIK"),
            ("Søren Ångström", "soren angstrom"),
            ("Müller-Strauß", "MULLER STRAUSS"),
            ("O’Neill", "ONeill"),
            ("D'Souza", "dsouza"),
            ("Zeynep Yıldız", "ZEYNEP YILDIZ"),
            ("ΣΟΦΟΣ", "σοφος"),
            ("St. John", "st john"),
            ("Ｉｓｌａ", "isla"),
            ("Æthel Þórr", "aethel thorr"),
        ] {
            assert_eq!(normal_name(one), normal_name(other), "{one} {other}");
        }
        assert_ne!(normal_name("Ana Marsh"), normal_name("Anna Marsh"));
        assert_ne!(normal_name("☆"), "");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_name_is_the_same_in_every_form(name in "\\p{L}[\\p{L}\\p{M}\\p{Nd} '-]{0,24}", forms in proptest::collection::vec(0_u8..9, 1..5)) {
            // The one accent that is a letter of its own in capitals.
            prop_assume!(!name.nfkd().any(|sign| sign == '\u{345}'));
            let wanted = normal_name(&name);
            let written = forms.iter().fold(name.clone(), |name, form| rewritten(&name, *form));
            prop_assert_eq!(&wanted, &normal_name(&written), "{:?}", written);
            prop_assert_eq!(&wanted, &normal_name(&wanted));
        }
    }

    /// The text written another way, by which nobody means another name.
    pub(crate) fn rewritten(text: &str, form: u8) -> String {
        match form {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            2 => text.nfc().collect(),
            3 => text.nfd().collect(),
            4 => text.nfkc().collect(),
            5 => text.nfd().filter(|sign| !is_combining_mark(*sign)).collect(),
            6 => format!("  {}\t", text.replace(' ', " \u{A0} ")),
            7 => text.replace('\'', "’").replace('-', "\u{2011}"),
            _ => text.chars().flat_map(|sign| [sign, '\u{200B}']).collect(),
        }
    }
}
