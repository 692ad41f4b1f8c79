//! The register: kept by its keepers, and never at the cost of a live permission.

use super::*;
use crate::authz::Caller;
use crate::db::consents;
use crate::db::testing::{Scratch, first, now, permit};
use crate::domain::ids::ConsentId;
use crate::domain::recipient::TeamUpdate;
use crate::domain::vocabulary::{RecipientType, Role};

const COUNCIL: &str = r#"{"bodyType":"la_send_team","name":"Lakeshire Council","safeguardingFunction":false,"address":"1 Example Square",
    "verifiedOn":"2026-09-01","teams":[{"name":"North"},{"name":"South"}]}"#;
const POLICE: &str = r#"{"bodyType":"police","name":"Lakeshire Police","safeguardingFunction":true}"#;

struct House {
    scratch: Scratch,
    app: App,
    keeper: Caller,
}

impl House {
    fn new() -> Self {
        let scratch = Scratch::new();
        Self { app: App::on(&scratch), keeper: scratch.caller("Pat Fernley", &[Role::ServiceManager]), scratch }
    }

    fn enter(&self, json: &str, request: Option<Idempotency>) -> Result<Created<Recipient>> {
        self.scratch.wait(self.app.create_recipient(permit(&self.keeper), serde_json::from_str(json).unwrap(), request))
    }

    fn change(&self, body: &Recipient, change: impl FnOnce(&mut RecipientUpdate) + Send + 'static) -> Result<Recipient> {
        let merge: Merge<RecipientUpdate> = Box::new(|now| {
            let mut then = now.clone();
            change(&mut then);
            Ok(then)
        });
        self.scratch.wait(self.app.update_recipient(permit(&self.keeper), body.id, body.version, merge))
    }

    fn names(&self, filter: RecipientFilter) -> Vec<String> {
        let page = self.scratch.wait(self.app.list_recipients(permit(&self.keeper), filter, first(10))).unwrap();
        page.items.into_iter().map(|body| body.content.name.0).collect()
    }

    /// A permission of somebody for this team.
    fn permission(&self, body: &Recipient, team: TeamId, decision: &str, expires_on: &str) -> ConsentId {
        let adviser = self.scratch.adviser("Jo Ashdown");
        let new = serde_json::from_str(r#"{"kind":"parent_carer","fullName":"Rowan Thornbeck","pseudonymous":false}"#).unwrap();
        let person = self.scratch.wait(self.app.create_person(permit(&adviser), new, None)).unwrap().value.id;
        let case = self.scratch.bare_case(&adviser, false);
        self.scratch.subject(&adviser, case, person);
        let new = serde_json::from_value(serde_json::json!({
            "granterId": person, "subjectIds": [person], "decision": decision, "recipients": [{"recipientId": body.id, "teamId": team}],
            "purposes": ["liaison"], "directions": ["outbound"], "method": "email", "evidence": {"noticeVersion": "leaflet-3"},
            "decidedAt": now(), "expiresOn": expires_on
        }))
        .unwrap();
        let leave = permit::<act::ConsentRecord>(&adviser);
        self.scratch.write(move |tx| consents::insert(tx, &leave, case, &new, Vec::new(), now())).unwrap()
    }
}

#[test]
fn a_body_reads_back_as_entered() {
    let house = House::new();
    let council = house.enter(COUNCIL, None).unwrap().value;
    let teams: Vec<&str> = council.teams.iter().map(|team| team.name.as_str()).collect();
    assert_eq!(teams, ["North", "South"]);
    assert!(council.active && council.in_council);
    assert_eq!(council.version, 1);
    assert_eq!(council.allowed_actions, ["update"]);
    let auditor = house.scratch.caller("Ash Reed", &[Role::Auditor]);
    let seen = house.scratch.wait(house.app.read_recipient(permit(&auditor), council.id)).unwrap();
    assert_eq!(seen, Recipient { allowed_actions: Vec::new(), ..council });
}

#[test]
fn bodies_are_listed_by_kind_council_function_and_whether_they_are_active() {
    let house = House::new();
    let council = house.enter(COUNCIL, None).unwrap().value;
    house.enter(POLICE, None).unwrap();
    house.change(&council, |body| body.active = false).unwrap();
    let all = RecipientFilter::default;
    for (filter, names) in [
        (all(), vec!["Lakeshire Police", "Lakeshire Council"]),
        (RecipientFilter { body_type: vec![RecipientType::Police, RecipientType::Court], ..all() }, vec!["Lakeshire Police"]),
        (RecipientFilter { in_council: Some(true), ..all() }, vec!["Lakeshire Council"]),
        (RecipientFilter { in_council: Some(true), body_type: vec![RecipientType::Police], ..all() }, vec![]),
        (RecipientFilter { active: Some(true), ..all() }, vec!["Lakeshire Police"]),
        (RecipientFilter { safeguarding_function: Some(false), ..all() }, vec!["Lakeshire Council"]),
    ] {
        assert_eq!(house.names(filter.clone()), names, "{filter:?}");
    }
}

#[test]
fn a_team_keeps_its_id_when_renamed_and_goes_when_no_longer_listed() {
    let house = House::new();
    let council = house.enter(COUNCIL, None).unwrap().value;
    let changed = house
        .change(&council, |body| {
            body.teams.remove(1);
            body.teams[0].name = "North and west".into();
            body.teams.push(TeamUpdate { id: None, name: "East".into() });
        })
        .unwrap();
    let teams: Vec<_> = changed.teams.iter().map(|team| team.name.as_str()).collect();
    assert_eq!((teams, changed.teams[0].id, changed.version), (vec!["North and west", "East"], council.teams[0].id, 2));
}

#[test]
fn a_team_named_by_a_live_permission_cannot_be_removed() {
    let house = House::new();
    let council = house.enter(COUNCIL, None).unwrap().value;
    let [north, south] = [council.teams[0].id, council.teams[1].id];
    house.permission(&council, north, "given", "2026-09-14");
    house.permission(&council, south, "given", "2026-09-13");
    house.permission(&council, south, "refused", "2027-09-13");
    let refused = house.change(&council, |body| drop(body.teams.remove(0)));
    assert!(matches!(refused, Err(Error::InUse(_))));
    let changed = house.change(&council, |body| drop(body.teams.remove(1))).unwrap();
    assert_eq!(changed.teams.len(), 1, "an expired permission and a refusal do not hold a team");
}

#[test]
fn a_team_of_another_body_is_refused() {
    let house = House::new();
    let council = house.enter(COUNCIL, None).unwrap().value;
    let other = house.enter(COUNCIL, None).unwrap().value;
    let (own, foreign) = (council.teams[0].id, other.teams[0].id);
    for (id, index) in [(foreign, "#/teams/2/id"), (own, "#/teams/2/id")] {
        let refused = house.change(&council, move |body| body.teams.push(TeamUpdate { id: Some(id), name: "East".into() }));
        assert!(matches!(refused, Err(Error::Invalid(faults)) if faults[0].pointer == index));
    }
}

#[test]
fn a_stale_change_of_a_body_is_refused_with_the_version_it_has() {
    let house = House::new();
    let council = house.enter(COUNCIL, None).unwrap().value;
    house.change(&council, |body| body.active = false).unwrap();
    let late = house.change(&council, |body| body.active = true);
    assert!(matches!(late, Err(Error::Db(crate::db::Error::Stale { current: 2 }))));
}

#[test]
fn a_repeated_request_enters_a_body_once() {
    let house = House::new();
    let request = |fingerprint| Some(Idempotency { route: "POST /recipients".into(), key: "0123456789abcdef".into(), fingerprint });
    let one = house.enter(POLICE, request([1; 32])).unwrap();
    let again = house.enter(POLICE, request([1; 32])).unwrap();
    assert_eq!((one.value, one.replayed, again.replayed), (again.value, false, true));
    assert_eq!(house.names(RecipientFilter::default()).len(), 1);
    assert!(matches!(house.enter(POLICE, request([2; 32])), Err(Error::Db(crate::db::Error::KeyReused))));
}

#[test]
fn a_body_named_on_the_spot_waits_inactive_for_somebody_to_look_at_it() {
    let house = House::new();
    let leave = permit::<act::DisclosureRecord>(&house.scratch.adviser("Jo Ashdown"));
    let id = house
        .scratch
        .write(move |tx| recipients::enter_unregistered(tx, &leave, RecipientType::HealthNhs, "Out of hours team".into(), now()))
        .unwrap();
    let body = house.scratch.wait(house.app.read_recipient(permit(&house.keeper), id)).unwrap();
    assert!(!body.active && body.content.safeguarding_function && !body.in_council);
    assert_eq!((body.content.name.as_str(), body.recorded_by.display_name.as_str()), ("Out of hours team", "Jo Ashdown"));
}
