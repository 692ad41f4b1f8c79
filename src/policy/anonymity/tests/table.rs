//! The examples of the policy page, and where hits are said to be.

use super::{at, family, hits, rules, today};
use crate::domain::disclosure::RefusalRule::{self, *};
use crate::policy::anonymity::{normalised_wording, scan};

const REFUSED: [(&str, RefusalRule); 24] = [
    ("Zosia has missed her hours", IdentifierName),
    ("ZOFIA's mum is worried", IdentifierName),
    ("the Kowalczyk Hart family", IdentifierName),
    ("Renee ONeill rang us", IdentifierName),
    ("Z\u{200B}osia was sent home", IdentifierName),
    ("the father, Will, was not invited", IdentifierName),
    ("Z. K.-H. at Larkbeck Primary", IdentifierInitials),
    ("the pupil born 12/03/2014", IdentifierBirthDate),
    ("a birthday on 12th March 2014", IdentifierBirthDate),
    ("Mrs Tyson's class has no cover", IdentifierTitledName),
    ("they live in ZZ99 3VZ", IdentifierPostcode),
    ("moved to zz993vz", IdentifierPostcode),
    ("moved to 14 Castle Lane", IdentifierAddress),
    ("write to parent.one (at) example.org", IdentifierEmail),
    ("ring 07700 900 123", IdentifierNumber),
    ("UPN A123456789012", IdentifierNumber),
    ("NHS 999 000 0018", IdentifierReference),
    ("their NI is QQ 12 34 56 C", IdentifierNumber),
    ("our file IASS-2026-000123", IdentifierReference),
    ("EHCP ref CF/2291", IdentifierReference),
    ("our case number is 12345", IdentifierReference),
    ("it is about case 12345", IdentifierReference),
    ("see file 000123", IdentifierReference),
    ("write to parent @ example . org", IdentifierEmail),
];

const PASSING: [&str; 11] = [
    "Calls to the SEND team are not returned for three weeks.",
    "Draft plans arrive after the 20-week limit.",
    "The meeting on 14 May 2026 ended early.",
    "Section F gives no hours; see regulation 12(1) and paragraph 9.69.",
    "Families in LA9 wait longer than others.",
    "Waiting rose from 120 to 1,450 between 2024 and 2025.",
    "Requests under section 36 were refused.",
    "Year 6 pupils lost their lunchtime support.",
    "In one case 12 weeks passed, in another case 2025 began before a file 3 inches thick was read.",
    "Will the panel meet in May, and will it publish dates?",
    "Call 111 or 999 was the only advice given.",
];

#[test]
fn every_refused_example_of_the_policy_breaks_at_least_the_rule_shown() {
    for (text, rule) in REFUSED {
        assert!(rules(text).contains(&rule), "{text}: {:?}", rules(text));
    }
}

#[test]
fn every_passing_example_of_the_policy_breaks_no_rule() {
    for text in PASSING {
        assert_eq!(rules(text), [], "{text}");
    }
    assert_eq!(rules(&PASSING.join(" ")), [], "all of them as one text");
}

#[test]
fn a_hit_is_the_range_of_characters_in_the_text_as_written() {
    let text = "Ünlü café 😀: Re\u{301}ne\u{301}e O’Neill's plan";
    let found: Vec<String> = hits(text).into_iter().map(|hit| at(text, hit)).collect();
    assert_eq!(found, ["Re\u{301}ne\u{301}e", "O’Neill"]);
    let text = "so Z\u{200B}o-f\u{AD}ia and K o w a l c z y k";
    let found: Vec<String> = hits(text).into_iter().map(|hit| at(text, hit)).collect();
    assert_eq!(found, ["Z\u{200B}o-f\u{AD}ia", "K o w a l c z y k"]);
}

#[test]
fn every_hit_is_told_in_the_order_of_the_text_and_once() {
    let found = rules("Zosia lives at 14 Castle Lane; ring 07700 900 123. Zosia again.");
    assert_eq!(found, [IdentifierName, IdentifierAddress, IdentifierNumber, IdentifierName]);
}

#[test]
fn an_ordinary_word_that_is_a_name_counts_by_a_capital_that_no_sentence_gives_it() {
    for text in [
        "We met Will. Then we left",
        "told Will to wait",
        "by J. Will at noon",
        "the father,\nWill, left",
        "W i l l came",
        "his father (Will) left",
    ] {
        assert!(rules(text).contains(&IdentifierName), "{text}");
    }
    for text in ["Will it?", "It ended. Will it start?", "No!\nWill it?", "they will", "\n- Will it start", "Dear all,\n\nWill you help?"] {
        assert_eq!(rules(text), [], "{text}");
    }
}

#[test]
fn initials_count_only_where_a_setting_is_named() {
    assert!(rules("ZKH has no place at Larkbeck Primary").contains(&IdentifierInitials));
    assert!(rules("Z.H., of Larkbeck").contains(&IdentifierInitials));
    assert_eq!(rules("ZKH has no place"), []);
    assert_eq!(rules("At Larkbeck Primary the LA refused an EHC plan under sections B and F of the SEND code."), []);
    let mut known = family();
    known.names.push(vec!["Liam Adams".to_owned()]);
    let rules = |text| scan(text, &known, today()).into_iter().map(|hit| hit.rule).collect::<Vec<_>>();
    assert_eq!(rules("At Larkbeck Primary the LA refused."), []);
    assert_eq!(rules("At Larkbeck Primary LA was sent home."), [IdentifierInitials]);
}

#[test]
fn a_family_without_names_or_dates_is_scanned_for_everything_else() {
    let known = crate::policy::anonymity::Known::default();
    assert_eq!(scan("Zosia rang at 10", &known, today()), []);
    assert_eq!(scan("x@example.org", &known, today()).len(), 2, "an address and the domain in it");
    assert_eq!(scan("", &known, today()), []);
}

#[test]
fn a_wording_is_the_same_whatever_stands_between_its_words_and_in_whatever_case() {
    let one = normalised_wording("Calls to the SEND team aren’t returned – for three weeks.");
    assert_eq!(one, normalised_wording("CALLS to the s e n d team\u{200B} arent returned, for three  weeks!"));
    assert_eq!(one, "calls to the send team arent returned for three weeks");
    assert_ne!(one, normalised_wording("Calls to the SEND team aren't returned for four weeks."));
}

#[test]
fn a_long_text_is_scanned_in_time_that_grows_with_its_length() {
    let line = PASSING.join(" ");
    let text = line.repeat(20_000 / line.len() + 1);
    let begun = std::time::Instant::now();
    assert_eq!(hits(&text), []);
    println!("a letter: {:?}", begun.elapsed());
    // Generous: this also runs unoptimised and on busy machines.
    assert!(begun.elapsed().as_millis() < 2_000, "{:?}", begun.elapsed());
    for unit in ["no-1-", "Z ", "Ha", "Z.Z.", "12.12.12.", "x@", "LA9 ", "'\u{200B}s", "14 A ", "a a-", "9 ", "Zof", "Larkbeck "] {
        let mut known = family();
        known.names.push(["Ha", "Haha", "Hahaha", "Z", "A"].map(String::from).to_vec());
        let begun = std::time::Instant::now();
        let found = scan(&unit.repeat(20_000 / unit.chars().count()), &known, today()).len();
        assert!(begun.elapsed().as_millis() < 2_000, "{unit}: {:?}", begun.elapsed());
        println!("{unit:?}: {found} hits, {:?}", begun.elapsed());
    }
}
