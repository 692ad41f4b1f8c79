use super::*;
use crate::db::people;
use crate::db::testing::{Scratch, now, permit};

#[test]
fn a_permission_for_one_time_is_marked_as_used_once() {
    let scratch = Scratch::new();
    let jo = scratch.adviser("Jo Ashdown");
    let case = scratch.bare_case(&jo, false);
    let (entering, recording) = (permit::<act::PersonCreate>(&jo), permit::<act::ConsentRecord>(&jo));
    let id = scratch.write(move |tx| {
        let content = serde_json::from_str(r#"{"kind":"young_person","pseudonymous":true}"#).unwrap();
        let person = people::insert(tx, &entering, content, Vec::new(), now())?;
        let content = serde_json::from_value(serde_json::json!({"decision": "given", "granterId": person, "subjectIds": [person],
            "recipients": [], "purposes": ["liaison"], "directions": ["outbound"], "informationCategories": ["attendance"], "noteIds": [],
            "conditions": [{"kind": "once_only"}], "method": "written_signed", "evidence": {"noticeVersion": "leaflet-3"},
            "decidedAt": now()}));
        insert(tx, &recording, case, &content.unwrap(), Vec::new(), now())
    });
    let id = id.unwrap();
    let mark = || {
        let sending = permit::<act::DisclosureRecord>(&jo);
        scratch.write(move |tx| mark_used(tx, &sending, id, now()))
    };
    mark().unwrap();
    assert!(matches!(mark(), Err(Error::Conflict)));
}
