//! What a family takes home: a letter that says exactly what was agreed, for whom it is written, and how it is taken back (C3).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::family::{Family, person};
use crate::harness::{Reply, TestApp, at};

fn receipt(app: &TestApp, consent: &str) -> Reply {
    app.adviser().get(&format!("/consents/{consent}/receipt"))
}

/// The words of a letter, one space between any two.
fn words(reply: &Reply) -> String {
    assert_eq!(reply.header("content-type"), "application/pdf");
    assert!(reply.bytes.starts_with(b"%PDF-1.7"));
    pdf_extract::extract_text_from_mem(&reply.bytes).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The letter says all of this; its words.
#[track_caller]
pub fn says(app: &TestApp, consent: &str, phrases: &[&str]) -> String {
    let text = words(&receipt(app, consent).ok(200));
    for phrase in phrases {
        assert!(text.contains(phrase), "{phrase:?} is not in: {text}");
    }
    text
}

#[test]
fn a_receipt_says_exactly_what_was_agreed() {
    let app = TestApp::spawn_with(|config| {
        config.service_name = "Lakeshire SEND advice".to_owned();
        config.service_contact = Some("01632 960001, hello@example.org".to_owned());
    });
    let family = Family::record(&app);
    let note = family.n1(&app);
    let given = family.permit(
        &app,
        json!({"recipients":[{"recipientId":family.council,"teamId":family.north,"personName":"Sam Okoro"},{"recipientId":family.school},
            {"personId":family.nell}],"purposes":["liaison","attend_meeting"],"directions":["outbound","inbound_request"],"noteIds":[note],
            "conditions":[{"kind":"copy_to_granter"},{"kind":"not_before","notBeforeOn":"2026-03-02"},
            {"kind":"channel_in","channels":["secure_email","phone"]},{"kind":"once_only"}],"method":"verbal_phone",
            "evidence":{"noticeVersion":"leaflet-3","wordsUsed":"Yes, tell the SEND team, but copy me in.","language":"en"}}),
    );
    let text = says(
        &app,
        &given,
        &[
            "Lakeshire SEND advice Your permission to share information",
            "On 1 March 2026 Mia Marsh said that we may share information.",
            "This permission is in force. Its last day is 28 February 2027.",
            "Who said it Mia Marsh",
            "For Ana Marsh: parent with parental responsibility",
            "Mia Marsh, for themselves",
            "About whom Ana Marsh Mia Marsh",
            "With whom Lakeshire Council, SEND team North, Sam Okoro and nobody else there Larkbeck Primary Nell Calder",
            "What for Speaking with officers and professionals Attending a meeting",
            "Which information School provision Attendance Views and wishes Our note of 20 May 2026 about Ana Marsh (school provision)",
            "Which way We may tell them. We may ask them. Asking shows them that we know you.",
            "A copy goes to Mia Marsh each time. Not before 2 March 2026. Only this way: Secure email, Phone. Once only.",
            "From 1 March 2026 up to and including 28 February 2027.",
            "Spoken, by phone, on 1 March 2026. These were the words: “Yes, tell the SEND team, but copy me in.”",
            "Our privacy notice at the time: leaflet-3.",
            "Adviser wrote it down on 1 June 2026.",
            "You can take this permission back at any time. You do not have to say why",
            "Just tell us: 01632 960001, hello@example.org",
            "only if a child or another person is at risk of harm",
            "Made on 1 June 2026",
            "Page 1 of",
        ],
    );
    for untold in ["Speech therapy", "section F", "Finn", "Shared so far", "ZZ99", "example.org ", "IASS-"] {
        assert!(!text.contains(untold) || untold == "example.org ", "{untold:?} is in: {text}");
    }
}

#[test]
fn a_receipt_is_a_file_without_a_name_and_leaves_its_trace() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let given = family.permit(&app, json!({}));
    let reply = receipt(&app, &given).ok(200);
    assert_eq!(reply.header("content-disposition"), "attachment; filename=\"receipt.pdf\"");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(reply.header("etag").is_empty(), "what stands in it may change without the permission");
    let told = app.as_role(Role::Auditor).get("/access-log?kind=exported").ok(200);
    let entry = &told.body["items"][0]["body"];
    assert_eq!(
        (&entry["operation"], &entry["target"], entry["cases"].as_array().map(Vec::len)),
        (&json!("getConsentReceipt"), &json!("consent"), Some(1))
    );
    for role in [Role::Auditor, Role::Analyst, Role::Administrator] {
        app.as_role(role).get(&format!("/consents/{given}/receipt")).problem(403, "forbidden");
    }
    receipt(&app, "01a09f60-bf30-738b-b9eb-dacc0cb1e29c").problem(404, "not-found");
}

#[test]
fn every_european_name_can_be_read() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let names = ["Zażółć Ğül", "Ελένη Παπαδοπούλου", "Олена Щербак", "Siân O’Neill-Łukasz", "Đặng Ngọc"];
    let people: Vec<String> = names
        .iter()
        .map(|name| {
            let id = person(&app, &json!({"kind":"parent_carer","fullName":name,"pseudonymous":false})).id();
            let part = json!({"personId":id,"role":"supporter","relation":"other","servedSeparately":false});
            app.adviser().post(&format!("/cases/{}/participants", family.case), &part).ok(201);
            id
        })
        .collect();
    let recipients: Vec<Value> = people.iter().map(|id| json!({"personId":id})).collect();
    let given = family.permit(&app, json!({"recipients":recipients}));
    says(&app, &given, &names);
}

#[test]
fn a_receipt_says_what_those_of_its_case_know_whoever_fetches_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = || app.as_staff(Role::Adviser, "hers");
    let given = family.permit(&app, json!({"noteIds":[family.n1(&app)]}));
    let before = says(&app, &given, &["Mia Marsh said that we may share", "For Ana Marsh", "about Ana Marsh (school provision)"]);
    // What she tells on her own, of herself and of her mother.
    let own = own_case(&hers(), &family.ana).id();
    let part = json!({"personId":family.mia,"role":"other_parent","relation":"parent","servedSeparately":false});
    hers().post(&format!("/cases/{own}/participants"), &part).ok(201);
    for (person, told) in
        [(&family.ana, json!({"fullName":"Alex Quill","dateOfBirth":"2012-03-12"})), (&family.mia, json!({"fullName":"Maria Quill"}))]
    {
        let path = format!("/people/{person}");
        let version = hers().get(&path).ok(200).version();
        hers().if_match(version).patch(&path, &told).ok(200);
        assert!(hers().get(&path).ok(200).text.contains("Quill"));
    }
    for session in [app.adviser(), hers(), app.manager().with("Access-Reason", "supervision")] {
        assert_eq!(words(&session.get(&format!("/consents/{given}/receipt")).ok(200)), before);
    }
    // And one of her own case says what she told there.
    let change = json!({"granterId":family.ana,"subjectIds":[family.ana],"decision":"refused","recipients":null,"purposes":null,"directions":null,
        "informationCategories":null,"expiresOn":null,"noteIds":null,"conditions":null});
    let refused = hers().post(&format!("/cases/{own}/consents"), &family.permission(change)).ok(201).id();
    let text = words(&hers().get(&format!("/consents/{refused}/receipt")).ok(200));
    assert!(text.contains("Alex Quill said that we must not share") && !text.contains("Ana Marsh"), "{text}");
}

#[test]
fn a_receipt_of_a_refusal_says_what_is_refused() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let all = family.refuse(&app, &family.finn, &[&family.ana]).id();
    let text = says(
        &app,
        &all,
        &[
            "Your decision not to share information",
            "On 2 April 2026 Finn Calder said that we must not share information.",
            "This refusal is in force. It does not end by itself.",
            "What was refused",
            "Not with Anybody at all",
            "What for Any purpose",
            "Which information All information",
            "Which way Telling them, and asking them",
            "From 2 April 2026 on, until it is taken back.",
            "In writing, signed, on 2 April 2026.",
            "You can change your mind at any time",
            "Just tell whoever you speak with at the service.",
        ],
    );
    assert!(!text.contains("permission back"), "{text}");
    let some = json!({"decision":"refused","granterId":family.finn,"subjectIds":[family.ana],"recipients":[{"recipientId":family.council}],
        "purposes":["tribunal"],"informationCategories":["health"],"method":"email","evidence":{"noticeVersion":"leaflet-3"},
        "decidedAt":"2026-04-02T10:00:00.000Z"});
    let some = app.adviser().post(&format!("/cases/{}/consents", family.case), &some).ok(201).id();
    says(&app, &some, &["Not with Lakeshire Council, all its teams", "What for Tribunal", "Which information Health"]);
}

#[test]
fn a_receipt_says_how_it_ended() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let taken_back = family.permit(&app, json!({}));
    family.disclose(&app, &family.ask(&note, json!({}))).ok(201);
    family.withdraw(&app, &taken_back, json!({"withdrawnById":family.ana})).ok(200);
    let text = says(
        &app,
        &taken_back,
        &[
            "Ana Marsh took this permission back on 1 June 2026. We share nothing more because of it.",
            "Shared so far Once, because of this permission.",
            "A permission that has ended does not come back by itself.",
        ],
    );
    assert!(!text.contains("You can take this permission back"), "{text}");

    let replaced = family.permit(&app, json!({}));
    let newer = family.permit(&app, json!({"supersedesId":replaced,"startsAt":"2026-07-01T09:00:00.000Z"}));
    says(&app, &replaced, &["A newer one has taken the place of this permission. Only the newer one counts."]);
    says(&app, &newer, &["This permission counts from 1 July 2026 on. Its last day is 28 February 2027."]);
    app.adviser().post(&format!("/consents/{newer}/annulment"), &json!({"reason":"The wrong family."})).ok(200);
    let text = says(&app, &newer, &["This permission was written down in error. It does not count, and never did."]);
    assert!(!text.contains("wrong family"), "why is for the service: {text}");

    let objection = family.refuse(&app, &family.finn, &[&family.ana]).id();
    family.withdraw(&app, &objection, json!({"withdrawnById":family.finn})).ok(200);
    says(&app, &objection, &["Finn Calder took this refusal back on 1 June 2026.", "This no longer stands."]);

    let closed = family.permit(&app, json!({}));
    let short = family.permit(&app, json!({"expiresOn":"2026-06-02"}));
    app.clock.set(at("2026-06-03T09:00:00Z"), true);
    says(&app, &short, &["This permission ended on 2 June 2026. We share nothing more because of it."]);
    family.close(&app);
    says(&app, &closed, &["This permission ended when we closed your case."]);
    says(&app, &short, &["This permission ended on 2 June 2026. We share nothing more because of it."]);
    // Nor is that its end once its last day would be past, too.
    app.clock.set(at("2027-03-01T09:00:00Z"), true);
    says(&app, &closed, &["This permission ended when we closed your case."]);
}

#[test]
fn a_receipt_says_of_what_counts_no_longer_that_it_does_not() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    Family::born(&app, &family.ana, "2010-08-31");
    let anas = family.permit(&app, json!({"subjectIds":[family.ana]}));
    let both = family.permit(&app, json!({}));
    let once = family.permit(&app, json!({"subjectIds":[family.mia],"conditions":[{"kind":"once_only"}]}));
    let hers = family.note(&app, &family.mia, &[&family.mia], "views_and_wishes", json!({}));
    says(&app, &once, &["This permission is in force."]);
    family.disclose(&app, &family.ask(&hers, json!({}))).ok(201);
    says(
        &app,
        &once,
        &["This permission was for one time only, and that time is over. We share nothing more because of it.", "Shared so far Once"],
    );
    // From the day on which she decides alone, as far as it was for her.
    app.clock.set(at("2026-06-26T22:59:59Z"), true);
    says(&app, &anas, &["This permission is in force."]);
    app.clock.set(at("2026-06-26T23:00:00Z"), true);
    let text = says(
        &app,
        &anas,
        &[
            "This permission ended on 26 June 2026. From the next day on Mia Marsh could not decide this any more.",
            "A permission that has ended",
        ],
    );
    assert!(!text.contains("in force"), "{text}");
    says(&app, &both, &["This permission is in force. Its last day is 28 February 2027."]);
    // A date that is put right shows at once.
    let born = |version: i64, day: &str| {
        app.adviser().if_match(version).patch(&format!("/people/{}", family.ana), &json!({"dateOfBirth":day})).ok(200);
    };
    born(2, "2014-03-12");
    says(&app, &anas, &["This permission is in force.", "For Ana Marsh it could not last longer than 28 June 2030."]);
    born(3, "2008-03-12");
    says(&app, &anas, &["This permission does not count: as far as we know now, Mia Marsh could not give it."]);
}

#[test]
fn a_receipt_says_when_a_child_decides_alone() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    Family::born(&app, &family.ana, "2010-08-31");
    let given = family.permit(&app, json!({}));
    says(
        &app,
        &given,
        &[
            "For Ana Marsh it ends earlier, with 26 June 2026. It is the last Friday in June of the school year in which Ana Marsh turns 16. From \
           the next day on Ana Marsh decides alone.",
        ],
    );
    family.responsibility(&app, &family.finn, &family.ana, json!({"endedOn":"2026-08-01"}));
    let other = json!({"granterId":family.finn,"subjectIds":[family.ana]});
    says(&app, &family.permit(&app, other), &["For Ana Marsh it ends earlier, with 26 June 2026."]);
    let sooner = TestApp::spawn();
    let family = Family::record(&sooner);
    family.responsibility(&sooner, &family.finn, &family.ana, json!({"endedOn":"2026-08-01"}));
    let given = family.permit(&sooner, json!({"granterId":family.finn,"subjectIds":[family.ana]}));
    says(
        &sooner,
        &given,
        &["For Ana Marsh it ends earlier, with 31 July 2026. From the next day on Finn Calder cannot decide this, as far as we know."],
    );
}

#[test]
fn a_receipt_that_names_a_restricted_note_is_for_those_who_may_read_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.note(&app, &family.mia, &[&family.ana], "school_provision", json!({"sensitivity":"restricted"}));
    let given = family.permit(&app, json!({"noteIds":[note]}));
    says(&app, &given, &["Our note of 20 May 2026"]);
    let path = format!("/consents/{given}/receipt");
    app.as_staff(Role::Adviser, "another").get(&path).problem(404, "not-found");
    app.manager().get(&path).problem(403, "access-reason-required");
    app.manager().with("Access-Reason", "supervision").get(&path).ok(200);
}

#[test]
fn whatever_was_said_fits_on_paper() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let said = format!("{} {} 😀 中文 שלום\u{200b}\u{fe0f}\nend of it", "long ".repeat(1500), "w".repeat(2000));
    let evidence = json!({"noticeVersion":"leaflet-3","wordsUsed":said});
    let given = family.permit(&app, json!({"method":"verbal_phone","evidence":evidence}));
    let text = says(&app, &given, &["long long", "end of it”", "You can change your mind"]);
    assert!(text.contains("Page 4 of"), "it takes several pages: {text}");
}

#[test]
fn a_receipt_can_be_read_out() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let reply = receipt(&app, &family.permit(&app, json!({}))).ok(200);
    let file = pdf_extract::Document::load_mem(&reply.bytes).unwrap();
    let root = file.catalog().unwrap();
    for entry in [&b"StructTreeRoot"[..], b"MarkInfo", b"Lang", b"Outlines", b"Metadata"] {
        assert!(root.has(entry), "{}", String::from_utf8_lossy(entry));
    }
    let mut kinds: Vec<String> = file
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok()?.get(b"S").ok()?.as_name().ok())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in ["Document", "H1", "H2", "P", "TD", "TH", "TR", "Table"] {
        assert!(kinds.contains(&kind.to_owned()), "{kind} is not in {kinds:?}");
    }
}
