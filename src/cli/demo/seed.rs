//! The fictional families of the demonstration, and what happened to them.

use serde_json::{Value, json};

use super::client::{Answer, Client};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::Role;

const FAMILIES: &str = include_str!("families.json");

const ADVISER: Role = Role::Adviser;
const MANAGER: Role = Role::ServiceManager;

/// The bodies of the register that the stories need.
pub struct Register {
    /// The council's SEND team.
    pub send_team: String,
    /// Its team for the north.
    pub north: String,
    /// Its team for the south.
    pub south: String,
    /// The safeguarding hub.
    pub hub: String,
}

/// A family as it is on record.
#[derive(Clone)]
pub struct Family {
    /// The short name of its story.
    pub name: String,
    /// The case.
    pub case: String,
    /// The child or young person.
    pub child: String,
    /// The parents.
    pub parents: Vec<String>,
    /// The contacts to which copies may go, in the order of the parents.
    pub contacts: Vec<String>,
    /// The note of the first conversation.
    pub note: String,
}

/// What the demonstration starts with.
pub struct Seeded {
    /// The recipient register.
    pub register: Register,
    /// The families.
    pub families: Vec<Family>,
}

impl Seeded {
    /// The family of this story.
    pub fn family(&self, name: &str) -> Result<&Family, String> {
        self.families.iter().find(|family| family.name == name).ok_or_else(|| format!("there is no family {name}"))
    }
}

/// Sets the clock of the demonstration: it runs on from there.
pub fn set_clock(client: &Client, now: Timestamp) -> Result<(), String> {
    let answer = client.put(Role::Administrator, "/test-clock", &json!({ "now": now, "frozen": false }))?;
    if answer.status == 200 { Ok(()) } else { Err(format!("PUT /test-clock answered {}", answer.status)) }
}

/// The time so many days before.
pub fn days_before(now: Timestamp, days: i64) -> Timestamp {
    Timestamp::from_micros(now.micros() - days * 86_400_000_000).unwrap_or(now)
}

/// When the stories begin.
#[must_use]
pub fn beginning(now: Timestamp) -> Timestamp {
    days_before(now, 40)
}

/// Fills the empty service.
pub fn seed(client: &Client, now: Timestamp) -> Result<Seeded, String> {
    let ago = |days| days_before(now, days);
    let register = register(client)?;
    set_clock(client, beginning(now))?;
    let described: Vec<Value> = serde_json::from_str(FAMILIES).map_err(|error| error.to_string())?;
    let families = described.iter().map(|family| open(client, family, ago(40))).collect::<Result<Vec<_>, _>>()?;
    let seeded = Seeded { register, families };
    set_clock(client, ago(20))?;
    separated_parents(client, &seeded, ago(20))?;
    own_case(client, &seeded, ago(20))?;
    refused(client, &seeded, ago(20))?;
    withdrawn(client, &seeded, ago(20))?;
    set_clock(client, ago(3))?;
    anonymous_issue(client, &seeded)?;
    risk(client, &seeded, ago(3))?;
    referrals(client, &seeded, ago(3))?;
    set_clock(client, now)?;
    Ok(seeded)
}

fn register(client: &Client) -> Result<Register, String> {
    let enter = |body: &Value| client.made(MANAGER, "/recipients", body);
    let council = enter(
        &json!({"bodyType":"la_send_team","name":"Lakeshire Council","teams":[{"name":"SEND team North"},{"name":"SEND team South"}],"safeguardingFunction":false}),
    )?;
    let hub = enter(
        &json!({"bodyType":"mash_safeguarding_hub","name":"Lakeshire Safeguarding Hub","teams":[{"name":"Duty team"}],"safeguardingFunction":true}),
    )?;
    enter(&json!({"bodyType":"school","name":"Larkbeck Primary","teams":[],"safeguardingFunction":false}))?;
    enter(&json!({"bodyType":"health_nhs","name":"Lakeshire Community Health","teams":[],"safeguardingFunction":false}))?;
    Ok(Register {
        north: council.text("/teams/0/id").to_owned(),
        south: council.text("/teams/1/id").to_owned(),
        send_team: council.id(),
        hub: hub.id(),
    })
}

/// Records a family, its case and its first conversation.
fn open(client: &Client, family: &Value, at: Timestamp) -> Result<Family, String> {
    let text = |key: &str| family.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let child = client.made(
        ADVISER,
        "/people",
        &json!({"kind":"child","fullName":text("child"),"pseudonymous":false,"dateOfBirth":text("born"),"everLookedAfter":false}),
    )?;
    let mut participants = vec![json!({"personId":child.id(),"role":"subject","relation":"self","servedSeparately":false})];
    let (mut parents, mut contacts) = (Vec::new(), Vec::new());
    for (i, parent) in family.get("parents").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let recorded = client.made(
            ADVISER,
            "/people",
            &json!({"kind":"parent_carer","fullName":parent.get("name"),"pseudonymous":false,"contacts":[{"kind":"email","value":parent.get("email"),"safe":true}]}),
        )?;
        participants.push(json!({
            "personId":recorded.id(),"role":if i == 0 { "service_user" } else { "other_parent" },"relation":"parent","servedSeparately":false,
            "parentalResponsibility":[{"childId":child.id(),"value":"yes","evidence":"self_declared"}],
        }));
        contacts.push(recorded.text("/contacts/0/id").to_owned());
        parents.push(recorded.id());
    }
    let case = client.made(
        ADVISER,
        "/cases",
        &json!({"interventionLevel":text("level"),"referralSource":"self_parent","reasonsForContact":[{"reason":text("reason"),"primary":true}],
            "senNeeds":[{"type":text("need"),"rank":1}],"senProvision":"k","setting":text("setting"),"settingName":text("settingName"),
            "area":text("area"),"appealTypes":[],"summary":text("summary"),"participants":participants}),
    )?;
    let note = client.made(
        ADVISER,
        &format!("/cases/{}/notes", case.id()),
        &json!({"kind":"discussion","channel":"phone","occurredAt":at,"fromPersonId":parents.first(),"aboutPersonIds":[child.id()],"namesOthers":false,
            "informationCategories":["concerns_raised"],"concern":text("concern"),"actionTaken":text("action"),"factOrOpinion":"opinion",
            "sensitivity":"ordinary","keepConfidential":false}),
    )?;
    Ok(Family { name: text("family"), case: case.id(), child: child.id(), parents, contacts, note: note.id() })
}

/// Permission for the SEND team of this area to hear the concerns raised.
#[must_use]
pub fn permission(seeded: &Seeded, granter: &str, subjects: &[&str], team: &str, at: Timestamp) -> Value {
    json!({"decision":"given","granterId":granter,"subjectIds":subjects,"purposes":["liaison","pass_information"],"directions":["outbound"],
        "recipients":[{"recipientId":seeded.register.send_team,"teamId":team}],"informationCategories":["concerns_raised"],"noteIds":[],"conditions":[],
        "method":"verbal_phone","evidence":{"noticeVersion":"leaflet-3","wordsUsed":"Yes, tell the SEND team.","language":"en"},"decidedAt":at})
}

/// The concerns raised, in words, to the SEND team of this area.
#[must_use]
pub fn disclosure(seeded: &Seeded, subjects: &[&str], team: &str, category: &str) -> Value {
    json!({"basis":"permission","purpose":"pass_information","direction":"outbound","channel":"secure_email",
        "recipient":{"recipientId":seeded.register.send_team,"teamId":team,"personName":"Sam Okoro","personRole":"SEND officer"},
        "subjectIds":subjects,"noteIds":[],"informationCategories":[category],
        "summary":"The agreed support at lunchtimes has not been in place this term.","toldSubject":"yes","copies":[]})
}

fn expect(answer: &Answer, status: u16, what: &str) -> Result<(), String> {
    if answer.status == status { Ok(()) } else { Err(format!("{what} answered {}: {}", answer.status, answer.text)) }
}

/// One parent permits, the other refuses: nothing leaves, and the manager is asked to look.
fn separated_parents(client: &Client, seeded: &Seeded, at: Timestamp) -> Result<(), String> {
    let family = seeded.family("marsh")?;
    let [mia, finn] = family.parents.as_slice() else { return Err("two parents are needed".into()) };
    let consents = format!("/cases/{}/consents", family.case);
    client.made(ADVISER, &consents, &permission(seeded, mia, &[&family.child, mia], &seeded.register.north, at))?;
    client.made(
        ADVISER,
        &consents,
        &json!({"decision":"refused","granterId":finn,"subjectIds":[family.child],"method":"verbal_phone",
            "evidence":{"noticeVersion":"leaflet-3","wordsUsed":"Not to the council.","language":"en"},"decidedAt":at}),
    )?;
    let answer = client.post(
        ADVISER,
        &format!("/cases/{}/disclosures", family.case),
        &disclosure(seeded, &[&family.child, mia], &seeded.register.north, "concerns_raised"),
    )?;
    expect(&answer, 409, "the disclosure on which the parents disagree")
}

/// A young person has a case of their own, which their parent's side does not see.
fn own_case(client: &Client, seeded: &Seeded, at: Timestamp) -> Result<(), String> {
    let family = seeded.family("lunn")?;
    let case = client.made(
        MANAGER,
        "/cases",
        &json!({"interventionLevel":"l1","referralSource":"self_young_person","reasonsForContact":[{"reason":"preparing_for_adulthood","primary":true}],
            "senNeeds":[{"type":"asd","rank":1}],"setting":"further_education","area":"east","appealTypes":[],"summary":"Wants to talk without the family.",
            "participants":[{"personId":family.child,"role":"service_user","relation":"self","servedSeparately":true}]}),
    )?;
    client.made(
        MANAGER,
        &format!("/cases/{}/notes", case.id()),
        &json!({"kind":"discussion","channel":"phone","occurredAt":at,"fromPersonId":family.child,"aboutPersonIds":[family.child],"namesOthers":false,
            "informationCategories":["views_and_wishes"],"concern":"Would rather choose the course alone.","factOrOpinion":"opinion",
            "sensitivity":"sensitive","keepConfidential":true,"wishOn":at.day()}),
    )?;
    Ok(())
}

/// A parent refuses, and is heard.
fn refused(client: &Client, seeded: &Seeded, at: Timestamp) -> Result<(), String> {
    let family = seeded.family("harrow")?;
    let parent = family.parents.first().cloned().unwrap_or_default();
    client.made(
        ADVISER,
        &format!("/cases/{}/consents", family.case),
        &json!({"decision":"refused","granterId":parent,"subjectIds":[family.child, parent],"method":"verbal_phone",
            "evidence":{"noticeVersion":"leaflet-3","wordsUsed":"Please keep this between us.","language":"en"},"decidedAt":at}),
    )?;
    let answer = client.post(
        ADVISER,
        &format!("/cases/{}/disclosures", family.case),
        &disclosure(seeded, &[&family.child, &parent], &seeded.register.south, "concerns_raised"),
    )?;
    expect(&answer, 409, "the disclosure that was refused by the parent")
}

/// A permission is given, used, and withdrawn: a task to tell the recipient follows.
fn withdrawn(client: &Client, seeded: &Seeded, at: Timestamp) -> Result<(), String> {
    let family = seeded.family("winterley")?;
    let parent = family.parents.first().cloned().unwrap_or_default();
    let subjects = [family.child.as_str(), parent.as_str()];
    let consent = client.made(
        ADVISER,
        &format!("/cases/{}/consents", family.case),
        &permission(seeded, &parent, &subjects, &seeded.register.south, at),
    )?;
    client.made(
        ADVISER,
        &format!("/cases/{}/disclosures", family.case),
        &disclosure(seeded, &subjects, &seeded.register.south, "concerns_raised"),
    )?;
    client.made(
        ADVISER,
        &format!("/consents/{}/withdrawal", consent.id()),
        &json!({"withdrawnById":parent,"method":"email","objects":false}),
    )?;
    Ok(())
}

/// An issue is raised so that nobody can be recognised; with a name in it, it is refused.
fn anonymous_issue(client: &Client, seeded: &Seeded) -> Result<(), String> {
    let family = seeded.family("brockbank")?;
    let path = format!("/cases/{}/disclosures", family.case);
    let issue = |summary: &str| {
        json!({"basis":"anonymised","purpose":"pass_information","direction":"outbound","channel":"secure_email",
            "recipient":{"recipientId":seeded.register.send_team,"teamId":seeded.register.south},"informationCategories":["concerns_raised"],
            "cohort":{"senNeed":"slcn","setting":"mainstream"},"summary":summary})
    };
    let named = client.post(ADVISER, &path, &issue("Ellis and other children wait weeks for a call back from the SEND team."))?;
    expect(&named, 422, "the issue that names a child")?;
    client.made(ADVISER, &path, &issue("Families tell us that calls to the SEND team are not returned for three weeks."))?;
    Ok(())
}

/// A risk is passed on without permission, because it must be.
fn risk(client: &Client, seeded: &Seeded, at: Timestamp) -> Result<(), String> {
    let family = seeded.family("ashgill")?;
    let parent = family.parents.first().cloned().unwrap_or_default();
    client.made(
        ADVISER,
        &format!("/cases/{}/disclosures", family.case),
        &json!({"basis":"safeguarding","direction":"outbound","channel":"phone","recipient":{"recipientId":seeded.register.hub,"personRole":"Duty social worker"},
            "subjectIds":[family.child],"noteIds":[family.note],"informationCategories":["family_circumstances"],
            "summary":"Told the hub what was said about the weekend.","toldSubject":"no","toldReason":"Telling the adult could raise the risk.",
            "withholdFromPersonIds":[parent],
            "safeguarding":{"riskTypes":["physical"],"atRiskPersonIds":[family.child],"knownAt":at,"necessity":"Only the hub can check tonight.",
                "proportionality":"One note and no more.","consentSought":"not_sought","noConsentReason":"would_prejudice_protection"}}),
    )?;
    Ok(())
}

/// Referrals: one that waits, one that states a risk, and one that belongs to a case.
fn referrals(client: &Client, seeded: &Seeded, at: Timestamp) -> Result<(), String> {
    let refer = |body: &Value| client.made(ADVISER, "/referrals", body);
    refer(
        &json!({"source":"school","referrerName":"Ines Hollin","childName":"Rory Penhale","parentName":"Ailsa Penhale","contact":"ailsa@example.org",
        "summary":"The family would like help with the annual review.","familyAgreed":true,"familyAgreedHow":"Asked after the meeting.",
        "familyAgreedOn":at.day(),"riskStated":false}),
    )?;
    refer(&json!({"source":"voluntary_sector","referrerName":"A youth worker","childName":"Somebody called Moss","riskStated":true,
        "summary":"Said that going home is not safe this weekend."}))?;
    let again = refer(
        &json!({"source":"self_parent","parentName":"Ada Kirkholm","summary":"Rang again about the graduated approach.","riskStated":false}),
    )?;
    let family = seeded.family("kirkholm")?;
    let accepted =
        client.post_at(ADVISER, &format!("/referrals/{}/decision", again.id()), 1, &json!({"decision":"accept","caseId":family.case}))?;
    expect(&accepted, 200, "accepting the referral")
}
