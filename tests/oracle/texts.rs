//! Section (c) at size: ten thousand letters with one thing in them that gives somebody away, in every disguise of the policy, of which none may
//! pass; and a thousand letters as services send them, of which at most one in fifty may be refused.
//! Over 350 lines because it is one list of ways to write and one of things to say.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use sendiass::domain::disclosure::RefusalRule::{self, *};
use sendiass::policy::anonymity::{Known, scan};

use crate::chance::Chance;

/// Names, what they are known as, and what they were called before.
const FAMILIES: [&[&str]; 14] = [
    &["Zofia Marie Kowalczyk-Hart", "Zosia"],
    &["Renée O'Neill", "Ren"],
    &["Małgorzata Wiśniewska-Błażek", "Gosia", "Małgorzata Nowakowska"],
    &["Siobhán Ní Dhomhnaill"],
    &["Kwabena Asante-Mensah", "Kobby"],
    &["Gülşen Çağlayan", "Gül"],
    &["Björn Sjöström"],
    &["Nguyễn Thị Hương"],
    &["Oluwaseun Adebayo-Smithers", "Seun"],
    &["François L'Hérault"],
    &["Jasmine Blenkinsopp", "Jaz", "Jasmine Ollerenshaw"],
    &["Ehsan Farrokhzad"],
    &["Tomos ap Rhydderch"],
    &["Aleksandra Đorđević", "Saša"],
];
const SETTING: &str = "Larkbeck Primary";
const REFERENCE: &str = "IASS-2026-000123";

/// What families tell in many words.
const TOLD: &[&str] = &[
    "Families say that calls are not returned for weeks.",
    "Reports come after the meeting at which they are needed.",
    "Speech therapy stops in the summer and starts late in autumn.",
    "We hear that support at lunchtimes is the first to go.",
    "In several schools the hours written into plans are not given.",
    "Parents are asked to pay for transport that the plan names.",
    "Draft plans arrive without the advice they rest on.",
    "Nobody tells parents who decides, or when.",
    "The wording of letters frightens people who have done nothing wrong.",
    "Some schools send children home and do not record it.",
];

fn today() -> NaiveDate {
    "2026-06-01".parse().unwrap()
}

fn between(word: &str, signs: &str) -> String {
    word.chars().map(String::from).collect::<Vec<_>>().join(signs)
}

/// Letters of the same meaning by compatibility, from a block that begins with this capital and this small letter.
fn in_block(word: &str, capital: u32, small: u32) -> String {
    let other = |letter: char| match letter {
        'A'..='Z' => char::from_u32(capital + u32::from(letter) - 65).unwrap(),
        'a'..='z' => char::from_u32(small + u32::from(letter) - 97).unwrap(),
        letter => letter,
    };
    word.chars().map(other).collect()
}

fn plain(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let bare = |letter: char| match letter {
        'ł' => 'l',
        'Ł' => 'L',
        'đ' => 'd',
        'Đ' => 'D',
        'ø' => 'o',
        letter => letter,
    };
    word.nfd().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)).map(bare).collect()
}

const NAME_DISGUISES: usize = 22;

/// A name in one disguise.
fn disguised(word: &str, way: usize, chance: &mut Chance) -> String {
    use unicode_normalization::UnicodeNormalization;
    match way {
        0 => word.to_owned(),
        1 => word.to_uppercase(),
        2 => word.to_lowercase(),
        3 => word
            .chars()
            .enumerate()
            .flat_map(|(n, c)| if n % 2 == 0 { c.to_lowercase().collect::<Vec<_>>() } else { c.to_uppercase().collect() })
            .collect(),
        4 => plain(word),
        5 => plain(word).to_lowercase(),
        6 => word.nfd().collect(),
        7 => between(word, chance.of(&["\u{200b}", "\u{200c}", "\u{200d}", "\u{2060}", "\u{feff}", "\u{ad}", "\u{200e}"])),
        8 => between(&plain(word), " "),
        9 => between(&plain(word).to_uppercase(), chance.of(&[" ", ". ", "-", "."])),
        10 => format!("{word}'s"),
        11 => format!("{word}’s"),
        12 => format!("{}S", word.to_uppercase()),
        13 => in_block(&plain(word), 0xff21, 0xff41),
        14 => in_block(&plain(word), 0x1d400, 0x1d41a),
        15 => in_block(&plain(word), 0x1d5d4, 0x1d5ee),
        16 => in_block(&plain(word).to_uppercase(), 0x24b6, 0x24d0),
        17 => format!("({word})"),
        18 => format!("“{word}”,"),
        19 => format!("*{word}*"),
        20 => format!("{}\u{301}{}", &plain(word)[..2], &plain(word)[2..]),
        _ => format!("{}-\n{}", &plain(word)[..3], &plain(word)[3..]),
    }
}

/// Words of a name that stand for somebody by themselves.
fn words(names: &[&str]) -> Vec<String> {
    let all = names.iter().flat_map(|name| name.split([' ', '-']));
    all.filter(|word| word.chars().count() > 3 && !word.contains('\'')).map(str::to_owned).collect()
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

fn ordinal(day: u32) -> String {
    let ending = match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

fn date(day: NaiveDate, way: usize, chance: &mut Chance) -> String {
    let (y, m, d, name) = (day.year(), day.month(), day.day(), MONTHS[day.month0() as usize]);
    let sign = chance.of(&["/", ".", "-", " ", "–", " / "]);
    match way % 14 {
        0 => format!("{d:02}{sign}{m:02}{sign}{y}"),
        1 => format!("{d}{sign}{m}{sign}{y}"),
        2 => format!("{d}{sign}{m}{sign}{:02}", y % 100),
        3 => format!("{y}-{m:02}-{d:02}"),
        4 => format!("{d} {name} {y}"),
        5 => format!("{} of {name}, {y}", ordinal(d)),
        6 => format!("{name} {}, {y}", ordinal(d)),
        7 => format!("{d} {} {y}", &name[..3]),
        8 => format!("{d}-{}-{y}", name[..3].to_uppercase()),
        9 => format!("{d:02}{m:02}{y}"),
        10 => format!("{} {} '{:02}", ordinal(d), &name[..3], y % 100),
        11 => format!("{} {name} in the year {y}", ordinal(d)).replace(" in the year", ""),
        12 => in_block(&format!("{d} {name} {y}"), 0xff21, 0xff41),
        _ => between(&format!("{d}/{m}/{y}"), "\u{200b}"),
    }
}

fn digits(count: usize, chance: &mut Chance) -> String {
    // No 1 and 2, so that no group looks like a year.
    (0..count).map(|_| chance.of(&['3', '4', '5', '6', '7', '8', '9'])).collect()
}

/// One thing that gives somebody away, and the rule it breaks.
fn planted(number: usize, names: &[&str], birth: NaiveDate, chance: &mut Chance) -> (RefusalRule, String) {
    let way = number / 5;
    match number % 10 {
        // Half of all are names.
        0..=4 => {
            let word = chance.of(&words(names));
            (IdentifierName, disguised(&word, way % NAME_DISGUISES, chance))
        }
        5 => match way % 4 {
            0 | 1 => (IdentifierBirthDate, date(birth, way / 2, chance)),
            2 => {
                let old = birth - chrono::Days::new(chance.below(3000) as u64);
                (IdentifierBirthDate, date(old, way / 2, chance))
            }
            _ => {
                let recent = today() - chrono::Days::new(1 + chance.below(600) as u64);
                let word = chance.of(&["born", "born on", "DOB", "D.O.B.", "date of birth:", "birthday is on the"]);
                (IdentifierBirthDate, format!("{word} {}", date(recent, way / 2, chance)))
            }
        },
        6 => {
            let (a, b, c) = (digits(4, chance), digits(3, chance), digits(4, chance));
            let sign = chance.of(&[" ", "-", ".", "", "  ", "\u{a0}", "–", "\u{200b}"]);
            let number = match way % 5 {
                0 => format!("0{a}{sign}{b}{sign}{c}"),
                1 => format!("+44 (0){a}{sign}{b}{c}"),
                2 => format!("{}{a}{b}{c}", chance.of(&["A", "H", "T"])),
                3 => in_block(&format!("QQ {} {} {} C", &a[..2], &a[2..], &b[..2]), 65, 97),
                _ => {
                    a.chars().chain(b.chars()).chain(c.chars()).map(|d| char::from_u32(0xff10 + d.to_digit(10).unwrap()).unwrap()).collect()
                }
            };
            (IdentifierNumber, number)
        }
        7 => {
            let (out, back) = (chance.of(&["LA9", "M1", "EC1A", "SW11", "B33", "CF10", "ZZ99"]), chance.of(&["3VZ", "1AA", "8TH", "6XH"]));
            let code = match way % 6 {
                0 => format!("{out} {back}"),
                1 => format!("{out}{back}").to_lowercase(),
                2 => between(&format!("{out}{back}"), " "),
                3 => format!("{out}-{back}"),
                4 if out != "ZZ99" => format!("{out} {}", &back[..1]),
                _ => between(&format!("{out} {back}"), "\u{200b}"),
            };
            (IdentifierPostcode, code)
        }
        8 => match way % 5 {
            0 => (
                IdentifierAddress,
                format!(
                    "{} {} {}",
                    1 + chance.below(250),
                    chance.of(&["Castle", "Mill Bank", "St Aldan's"]),
                    chance.of(&["Lane", "Road", "Street", "Close", "Avenue"])
                ),
            ),
            1 => (
                IdentifierEmail,
                chance.of(&["parent.one@example.org", "parent.one (at) example.org", "p1 [at] example.org", "a_b＠example.org"]).to_owned(),
            ),
            2 => {
                (IdentifierLink, chance.of(&["https://example.org/us", "www.example.org", "@parent_one", "example.co.uk/forum"]).to_owned())
            }
            3 => (
                IdentifierTitledName,
                format!(
                    "{} {}",
                    chance.of(&["Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Prof", "Cllr", "Rev", "Sir"]),
                    chance.of(&["Tyson", "Oyelaran", "MacBride", "Ångström"])
                ),
            ),
            _ => {
                let first = |word: &str| word.chars().next().unwrap();
                let letters: Vec<String> =
                    names[0].split([' ', '-']).map(|word| format!("{}.", plain(&first(word).to_string()).to_uppercase())).collect();
                (IdentifierInitials, format!("{} of {SETTING}", letters.join(chance.of(&["", " "]))))
            }
        },
        _ => match way % 6 {
            0 => (IdentifierReference, REFERENCE.to_owned()),
            1 => (IdentifierReference, REFERENCE.to_lowercase().replace('-', chance.of(&[" ", "–", "", "/"]))),
            2 => (
                IdentifierReference,
                format!("{} {}", chance.of(&["ref", "Ref.", "reference", "ID", "UPN", "ULN", "NHS number", "case no."]), digits(5, chance)),
            ),
            3 => (IdentifierReference, format!("reference CF/{}", digits(4, chance))),
            4 => (IdentifierReference, "01a09f37-949f-7f28-9fb1-7c2390c192cf".to_owned()),
            _ => (IdentifierReference, format!("our file {}", between(REFERENCE, "\u{200b}"))),
        },
    }
}

/// A letter with this somewhere in the middle of it.
fn letter(what: &str, chance: &mut Chance) -> String {
    let mut sentences: Vec<String> = (0..=chance.below(4)).map(|_| chance.of(TOLD).to_owned()).collect();
    let at = chance.below(sentences.len());
    let places: Vec<usize> = sentences[at].match_indices(' ').map(|(place, _)| place).collect();
    let place = chance.of(&places);
    sentences[at].insert_str(place, &format!(" {what}"));
    sentences.join(chance.of(&[" ", "\n", "\n\n"]))
}

#[test]
fn none_of_ten_thousand_letters_that_give_somebody_away_passes() {
    let mut chance = Chance::of_seed(11);
    let (mut by_rule, mut missed) = (BTreeMap::<RefusalRule, u32>::new(), Vec::new());
    for number in 0..10_000 {
        let names = chance.of(&FAMILIES);
        let birth = NaiveDate::from_ymd_opt(2008, 1, 1).unwrap() + chrono::Days::new(chance.below(5_600) as u64);
        let known = Known {
            names: vec![names.iter().map(|name| (*name).to_owned()).collect(), vec!["Will Hart".to_owned()]],
            birth_dates: vec![birth],
            references: vec![REFERENCE.to_owned()],
            setting_names: vec![SETTING.to_owned()],
        };
        let (rule, what) = planted(number, names, birth, &mut chance);
        let text = letter(&what, &mut chance);
        *by_rule.entry(rule).or_default() += 1;
        if !scan(&text, &known, today()).iter().any(|hit| hit.rule == rule) {
            missed.push(format!("{rule}: {what:?} in {text:?}"));
        }
    }
    println!("10000 letters: {by_rule:?}");
    assert!(missed.is_empty(), "{} pass: {:#?}", missed.len(), missed.iter().take(25).collect::<Vec<_>>());
    assert!(by_rule.len() == 10, "{by_rule:?}");
}

/// Letters with gaps, which are filled with what such letters hold.
const TEMPLATES: &[&str] = &[
    "{n} of {m} families who answered in {month} {year} had waited more than {w} weeks.",
    "Between {month} {last} and {month} {year} the number of requests rose from {n} to {m}.",
    "In {year} the {team} answered {p} per cent of calls within {w} days.",
    "The meeting on {d} {month} {year} was moved at a day's notice, for the second time.",
    "We raised this on {d} {month} {last} and have had no answer since.",
    "Section {section} of draft plans gives no hours in {n} of {m} cases.",
    "Regulation {r}({n}) sets {w} weeks; the average was {m}.",
    "Year {grade} pupils lose {n} hours of support when they change school.",
    "Pupils in Years {grade} and {grade} share {n} teaching assistants.",
    "Families in {area} wait {w} weeks longer than those in {area}.",
    "The {team} writes that {p}% of decisions are in time; families tell us {n}%.",
    "Transport costs families £{m} a {term}, which the policy of {year} does not mention.",
    "Letters dated in {month} reach families in {month}, after the deadline has passed.",
    "{area} schools ask for £{m} of their own money to be spent first.",
    "Of {m} appeals in {last}, {n} were conceded before the hearing.",
    "Children aged {grade} to 11 are sent home at {n}.15 pm on {n} days a week.",
    "The {team} has {n} case officers for {m} plans.",
    "Therapy moved from weekly to once a {term} in {month}.",
    "Annual reviews due in {month} {year} were held in {month}.",
    "Paragraph 9.{n} of the Code says that parents may ask; forms say they must not.",
    "Our {n} workshops in {month} were full, with {m} parents on the list.",
    "The policy of {month} {last} refers to a form that was withdrawn in {year}.",
    "In Q{q} of {last}-{short} there were {m} new enquiries, {p} per cent about {topic}.",
    "Parents ask most about {topic} and {topic}.",
    "Advice about {topic} was out of date in {n} leaflets.",
    "{topic_first} is the subject of {n} in {w} calls.",
    "The draft strategy names {topic} on page {n} and nowhere else.",
    "Will the {team} publish its {month} figures, and may families see them?",
    "May we meet before {d} {month} {year}?",
    "Mark {n} families as a small number; we hear from {m}.",
];

/// Whole letters, as people write them.
const WRITTEN: &[&str] = &[
    "Parents of children who do not speak have told us that meetings are held without any means for the child to take part.",
    "We are asked again and again why the hours in a plan are not the hours in the classroom.",
    "A letter that says \"we are satisfied\" does not say why, and nobody can appeal against a feeling.",
    "The hall, the dining room and the library cannot be reached by wheelchair in two of the oldest buildings.",
    "When a placement breaks down, months go by before another is offered; meanwhile children are at home.",
    "Families value the drop-in sessions and ask for them to be held in the evening, too.",
    "We would like to thank the team for the new template, which is clear and kind.",
    "Grace and patience are asked of parents; deadlines are asked of nobody.",
    "Will anybody answer the helpline in August?",
    "Hope was raised by the pilot, and nothing has been heard of it since.",
    "Rose gardens and sensory rooms are welcome, but they are no therapy.",
    "The art room is used for exams from May to July.",
    "Christian, Muslim and Jewish families all asked for meetings that avoid their holidays.",
    "Polish and Romanian speakers were given leaflets in English.",
    "The Bishop's schools and the council's schools follow different rules on transport.",
    "North of the river there is no unit at all; south of it there are three.",
    "Buses from the west of the county leave before breakfast clubs open.",
    "Autumn term reviews were held in spring.",
    "A school that is full on paper takes children the next week.",
    "What is written in section F must be provided; what is written in section B must be true.",
    "It took four e-mails, two calls and a complaint to get a copy of a public policy.",
    "Young people tell us that nobody asked them what they want to be called.",
    "One page in plain English would do more than the pack of 60 pages.",
    "The threshold for assessment in the local guidance is higher than the one in the Act.",
    "Case law since 2015 says that a plan must be specific and quantified.",
    "Please do not use \"hard to reach\" of people whom nobody has called.",
    "Carers told us that they learn of decisions from the taxi driver.",
    "The pathway for girls with autism is as long as that for boys, and it starts later.",
    "Exclusions for behaviour that is a need have doubled, by the schools' own count.",
    "The council's web page lists a service that closed in the spring of last year.",
    "Siblings are offered different schools at opposite ends of the town.",
    "We are told that 9 in 10 plans are good; families show us the tenth.",
    "Moving house should not mean starting again.",
    "Therapists write reports that nobody may quote.",
    "The tribunal form is long but fair, parents say.",
    "In June and July the phones are not answered at all.",
    "Nobody minds a no that is explained.",
    "From 1 September the new funding bands apply, and no school has seen them.",
    "After the inspection of November 2024 an action plan was promised within 70 days.",
    "Between them, five schools have one qualified teacher of the deaf.",
    "Free school meals are not given to children taught at home by the council.",
    "The Equality Act 2010 is quoted in the policy and forgotten in the classroom.",
    "Health, education and social care each wait for the other two.",
    "Half of the parents who came to the forum had never seen the local offer.",
    "On Mondays there are no therapists; on Fridays there are no lessons.",
    "Children who cannot hold a pen are marked down for handwriting.",
    "The lift has been out of order since Easter.",
    "A named officer, a direct line and a date: that is all that families ask for.",
    "Phase transfers for 2026 were decided late in about a third of cases.",
    "The word \"inclusive\" appears 41 times in the strategy, \"money\" not once.",
    "Pupils are asked to choose between therapy and PE.",
    "No parent should have to learn the law to get a bus.",
    "Support plans are copied from year to year with the old age left in.",
    "The waiting room has no quiet corner and no clock.",
    "Two-hour timetables have become the rule for children who need calm.",
    "It is not clear whether the 20 weeks run from the request or from the panel.",
    "Dyslexia is called a habit in one leaflet.",
    "College courses end at 3 pm, transport at 2.",
    "We suggest a joint training day for schools, parents and officers.",
    "Yours sincerely, on behalf of the families who spoke to us.",
];

fn filled(template: &str, chance: &mut Chance) -> String {
    let mut text = template.to_owned();
    while let Some((start, end)) = text.find('{').and_then(|start| Some((start, start + text[start..].find('}')?))) {
        let gap = match &text[start + 1..end] {
            "n" => (2 + chance.below(30)).to_string(),
            "m" => (31 + chance.below(1400)).to_string(),
            "w" => (3 + chance.below(40)).to_string(),
            "p" => (1 + chance.below(99)).to_string(),
            "d" => (1 + chance.below(28)).to_string(),
            "q" => (1 + chance.below(4)).to_string(),
            "r" => chance.of(&["5", "8", "10", "12", "13", "20"]).to_owned(),
            "grade" => (1 + chance.below(10)).to_string(),
            "year" => "2026".to_owned(),
            "last" => "2025".to_owned(),
            "short" => "26".to_owned(),
            "month" => chance.of(&MONTHS).to_owned(),
            "section" => chance.of(&["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K"]).to_owned(),
            "area" => chance.of(&["LA9", "LA8", "the north", "the south", "Coastal"]).to_owned(),
            "term" => chance.of(&["term", "half term", "year", "month"]).to_owned(),
            "team" => chance.of(&["SEND team", "transport team", "panel", "council", "early years team"]).to_owned(),
            "topic" => {
                chance.of(&["transport", "attendance", "draft plans", "annual reviews", "short breaks", "personal budgets"]).to_owned()
            }
            "topic_first" => chance.of(&["Transport", "Attendance", "Exclusion", "Therapy"]).to_owned(),
            gap => panic!("{gap}"),
        };
        text.replace_range(start..=end, &gap);
    }
    text
}

#[test]
fn at_most_one_in_fifty_of_a_thousand_ordinary_letters_is_refused() {
    let mut chance = Chance::of_seed(12);
    let mut refused = Vec::new();
    for number in 0..1_000 {
        let text = match number {
            0..600 => filled(TEMPLATES[number % TEMPLATES.len()], &mut chance),
            600..660 => WRITTEN[number - 600].to_owned(),
            _ => {
                let some = [chance.of(WRITTEN).to_owned(), filled(chance.of(TEMPLATES), &mut chance), chance.of(WRITTEN).to_owned()];
                some.join(chance.of(&[" ", "\n\n"]))
            }
        };
        let family = FAMILIES[number % FAMILIES.len()].iter().map(|name| (*name).to_owned());
        let known = Known {
            names: vec![family.collect(), vec!["Will Hart".to_owned()]],
            birth_dates: vec!["2014-03-12".parse().unwrap()],
            references: vec![REFERENCE.to_owned()],
            setting_names: vec![SETTING.to_owned()],
        };
        let found = scan(&text, &known, today());
        if !found.is_empty() {
            let what: Vec<_> =
                found.iter().map(|hit| (hit.rule, text.chars().skip(hit.start).take(hit.end - hit.start).collect::<String>())).collect();
            println!("{what:?} in {text:?}");
            refused.push(number);
        }
    }
    println!("{} of 1000 ordinary letters are refused", refused.len());
    assert!(refused.len() <= 20, "{} refused", refused.len());
}
