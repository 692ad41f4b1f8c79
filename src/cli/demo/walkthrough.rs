//! The story of the service, played against the running server: refuse, permit, share, refuse again, and prove it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::seed::{Family, Seeded, disclosure, permission};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Role, Vocabulary};
use crate::ledger::leaf::{Hash, leaf_hash};
use crate::ledger::merkle::{HashReader, MissingRows, root};

/// One step: what is asked, and what the answer must be.
struct Story<'a> {
    client: &'a Client,
    step: u32,
    failed: Vec<String>,
}

/// The longest request or answer that is printed, in characters.
const SHOWN: usize = 300;

/// Text as it is shown: ids by their last digits, and not too long.
fn short(text: &str) -> String {
    let mut shown = String::new();
    for (i, piece) in text.split_inclusive(['"', '/', '?']).enumerate() {
        let id = piece.trim_end_matches(['"', '/', '?']);
        match uuid::Uuid::try_parse(id) {
            Ok(_) if i > 0 => shown.extend(["…", piece.get(30..).unwrap_or_default()]),
            _ => shown.push_str(piece),
        }
    }
    if shown.chars().count() <= SHOWN { shown } else { format!("{}…", shown.chars().take(SHOWN).collect::<String>()) }
}

impl Story<'_> {
    fn begin(&mut self, title: &str) {
        self.step += 1;
        println!("\n{}. {title}", self.step);
    }

    /// Sends, prints, and compares: the status, and texts of the answer by JSON pointer.
    fn ask(
        &mut self,
        role: Role,
        method: &str,
        path: &str,
        body: &Value,
        status: u16,
        expected: &[(&str, Value)],
    ) -> Result<Answer, String> {
        let shown = if body.is_null() { String::new() } else { format!("\n     {}", short(&body.to_string())) };
        println!("   > {} {method} {}{shown}", role.as_str(), short(path));
        let answer = if method == "GET" { self.client.get(role, path)? } else { self.client.post(role, path, body)? };
        println!("   < {} {}", answer.status, short(&summary(&answer.body).to_string()));
        if answer.status != status {
            self.fault(format!("{method} {path} answered {}, not {status}", answer.status));
        }
        for (pointer, value) in expected {
            if answer.body.pointer(pointer) != Some(value) {
                self.fault(format!("{method} {path}: {pointer} is not {value}"));
            }
        }
        Ok(answer)
    }

    fn fault(&mut self, what: String) {
        println!("   ! {what}");
        self.failed.push(what);
    }
}

/// The parts of an answer that the story is about.
fn summary(body: &Value) -> Value {
    const TOLD: [&str; 15] = [
        "allowed",
        "code",
        "status",
        "errors",
        "reasons",
        "remedies",
        "refusalIndex",
        "consents",
        "logEntries",
        "effects",
        "policy",
        "treeSize",
        "rootHash",
        "title",
        "detail",
    ];
    let Some(fields) = body.as_object() else { return body.clone() };
    let told: serde_json::Map<_, _> =
        fields.iter().filter(|(key, _)| TOLD.contains(&key.as_str())).map(|(key, value)| (key.clone(), value.clone())).collect();
    if told.is_empty() { body.clone() } else { Value::Object(told) }
}

/// The body with one property replaced.
fn with(body: &Value, key: &str, value: Value) -> Value {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
    body
}

/// Plays the story. An error names every step that did not answer as it should.
pub fn play(client: &Client, seeded: &Seeded, now: Timestamp) -> Result<(), String> {
    let family = seeded.family("thornbeck")?;
    let parent = family.parents.first().map_or("", String::as_str);
    let contact = family.contacts.first().map_or("", String::as_str);
    let subjects = [family.child.as_str(), parent];
    let team = seeded.register.south.as_str();
    let share = disclosure(seeded, &subjects, team, "concerns_raised");
    let copied = with(&share, "copies", json!([{ "personId": parent, "contactId": contact }]));
    let permit = with(&permission(seeded, parent, &subjects, team, now), "conditions", json!([{ "kind": "copy_to_granter" }]));
    let mut story = Story { client, step: 0, failed: Vec::new() };

    let first = refuse(&mut story, family, &share)?;
    let consent = agree(&mut story, family, &permit, &share, &copied)?;
    exactly(&mut story, seeded, family, &copied, &consent, first)?;
    end(&mut story, family, parent, &copied, &consent)?;
    audit(&mut story, family, first)?;
    prove(&mut story)?;

    if story.failed.is_empty() {
        println!("\nEvery step answered as it should.");
        Ok(())
    } else {
        Err(format!("{} answers were not as they should be:\n  {}", story.failed.len(), story.failed.join("\n  ")))
    }
}

/// Without permission nothing leaves. Answers with the index of the refusal in the log.
fn refuse(story: &mut Story<'_>, family: &Family, share: &Value) -> Result<i64, String> {
    story.begin("Nobody has given permission: the service refuses to share, and logs that it refused.");
    let refused = story.ask(
        Role::Adviser,
        "POST",
        &format!("/cases/{}/disclosures", family.case),
        share,
        409,
        &[("/code", json!("consent-required")), ("/errors/0/rule", json!("consent_missing")), ("/policy/rule", json!("R3"))],
    )?;
    Ok(refused.body.pointer("/refusalIndex").and_then(Value::as_i64).unwrap_or(-1))
}

/// A permission with a condition, and the question before the act. Answers with the permission.
fn agree(story: &mut Story<'_>, family: &Family, permit: &Value, share: &Value, copied: &Value) -> Result<String, String> {
    story.begin("The parent permits the SEND team to hear the concerns, with a copy to the parent.");
    let path = format!("/cases/{}/consents", family.case);
    let consent = story.ask(Role::Adviser, "POST", &path, permit, 201, &[("/status", json!("live"))])?.id();
    story.begin("May this be shared now? Not without the copy that was asked for.");
    let checks = format!("/cases/{}/disclosure-checks", family.case);
    story.ask(Role::Adviser, "POST", &checks, share, 200, &[("/allowed", json!(false)), ("/reasons/0/rule", json!("condition_unmet"))])?;
    story.ask(Role::Adviser, "POST", &checks, copied, 200, &[("/allowed", json!(true)), ("/consents/0/consentId", json!(consent))])?;
    Ok(consent)
}

/// What was permitted is shared, and no more.
fn exactly(story: &mut Story<'_>, seeded: &Seeded, family: &Family, copied: &Value, consent: &str, first: i64) -> Result<(), String> {
    let path = format!("/cases/{}/disclosures", family.case);
    story.begin("Exactly what was permitted is shared, on the strength of that permission.");
    let made = story.ask(
        Role::Adviser,
        "POST",
        &path,
        copied,
        201,
        &[("/status", json!("sent")), ("/consents/0/consentId", json!(consent)), ("/conditionsMet/0", json!("copy_to_granter"))],
    )?;
    if made.body.pointer("/logEntries/0/index").and_then(Value::as_i64) != Some(first + 1) {
        story.fault("the disclosure does not name its entry in the log".into());
    }
    story.begin("One kind of information more is refused.");
    let wider = with(copied, "informationCategories", json!(["health"]));
    story.ask(
        Role::Adviser,
        "POST",
        &path,
        &wider,
        409,
        &[("/code", json!("consent-scope-exceeded")), ("/errors/0/rule", json!("data_not_covered"))],
    )?;
    story.begin("Another team of the same council is refused.");
    let north = json!({"recipientId": seeded.register.send_team, "teamId": seeded.register.north});
    story.ask(
        Role::Adviser,
        "POST",
        &path,
        &with(copied, "recipient", north),
        409,
        &[("/errors/0/rule", json!("recipient_not_covered"))],
    )?;
    Ok(())
}

/// The permission is withdrawn, and nothing can rest on it from then on.
fn end(story: &mut Story<'_>, family: &Family, parent: &str, copied: &Value, consent: &str) -> Result<(), String> {
    story.begin("The parent withdraws: at once, without a reason. Who received something is to be told.");
    let body = json!({"withdrawnById":parent,"method":"verbal_phone","wordsUsed":"Please stop talking to the SEND team.","objects":false});
    let path = format!("/consents/{consent}/withdrawal");
    let withdrawn = story.ask(Role::Adviser, "POST", &path, &body, 200, &[("/status", json!("withdrawn"))])?;
    if withdrawn.text("/effects/recallTaskIds/0").is_empty() {
        story.fault("the withdrawal made no task to tell the recipient".into());
    }
    story.begin("From now on the same is refused.");
    story.ask(
        Role::Adviser,
        "POST",
        &format!("/cases/{}/disclosures", family.case),
        copied,
        409,
        &[("/code", json!("consent-required")), ("/errors/0/rule", json!("consent_withdrawn"))],
    )?;
    Ok(())
}

/// The auditor sees no case, but the log of it all.
fn audit(story: &mut Story<'_>, family: &Family, first: i64) -> Result<(), String> {
    story.begin("The auditor sees no case …");
    story.ask(Role::Auditor, "GET", &format!("/cases/{}", family.case), &Value::Null, 403, &[("/code", json!("forbidden"))])?;
    story.begin("… but the log of it all: what was refused, what was shared, and on what ground.");
    let path = format!("/disclosure-log?indexFrom={first}&order=asc&limit=1000");
    let log = story.ask(Role::Auditor, "GET", &path, &Value::Null, 200, &[])?;
    let mut kinds = Vec::new();
    for item in log.body.get("items").and_then(Value::as_array).into_iter().flatten() {
        let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let index = item.get("index").and_then(Value::as_i64).unwrap_or(-1);
        let rules = item.pointer("/body/rules").map(Value::to_string).unwrap_or_default();
        println!("     {index:>3}  {}  {:<18}  {rules}", text("/body/at"), text("/body/kind"));
        kinds.push(text("/body/kind").to_owned());
    }
    if kinds != ["disclosure_refused", "disclosure_made", "disclosure_refused", "disclosure_refused", "disclosure_refused"] {
        story.fault("the log does not hold the five decisions in their order".into());
    }
    story.begin("The log proves itself: each entry is hashed here, and the hashes make the root that the service states (RFC 6962).");
    Ok(())
}

/// Every hash of the log, recomputed from the entries as they were answered.
struct Recomputed(Vec<Hash>);

impl HashReader for Recomputed {
    type Error = MissingRows;

    fn hashes(&mut self, level: u8, from: u64, to: u64) -> Result<Vec<Hash>, MissingRows> {
        // The log of the demonstration is shorter than one tile, so there are leaves only.
        let range = usize::try_from(from).map_err(|_| MissingRows)?..usize::try_from(to).map_err(|_| MissingRows)?;
        if level == 0 { self.0.get(range).map(<[Hash]>::to_vec).ok_or(MissingRows) } else { Ok(Vec::new()) }
    }
}

/// An entry of the log with its bytes as they came.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    leaf_hash: String,
    body: Box<serde_json::value::RawValue>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    items: Vec<Entry>,
    tree_size: u64,
    root_hash: String,
}

/// Recomputes the whole log from what was answered.
fn prove(story: &mut Story<'_>) -> Result<(), String> {
    let answer = story.client.get(Role::Auditor, "/disclosure-log?order=asc&limit=1000")?;
    let log: Log = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
    let leaves: Vec<Hash> = log.items.iter().map(|entry| leaf_hash(entry.body.get().as_bytes())).collect();
    if log.items.iter().zip(&leaves).any(|(entry, leaf)| entry.leaf_hash != STANDARD.encode(leaf.0)) {
        story.fault("an entry is not what was hashed".into());
    }
    let computed = root(&mut Recomputed(leaves), log.tree_size).map_err(|error| error.to_string())?;
    println!("     {} entries, root {}", log.tree_size, log.root_hash);
    if STANDARD.encode(computed.0) != log.root_hash {
        story.fault("the entries do not make the root".into());
    }
    Ok(())
}
