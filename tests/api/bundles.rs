//! Bundles of the logs: what an auditor takes away and checks without the service (C3, C10, C13).

use sendiass::domain::vocabulary::Role;
use sendiass::ledger::bundle::{Head, HeadReader};
use sendiass::ledger::leaf::leaf_hash;
use sendiass::ledger::note;
use sendiass::ledger::verify::Range;
use serde_json::json;

use crate::checkpoints::{key, record};
use crate::harness::{TestApp, at};
use crate::long::stored;

/// A bundle taken apart: its head, and its entries.
fn apart(text: &str) -> (Head, Vec<&str>) {
    let (mut reader, mut lines) = (HeadReader::default(), text.strip_suffix('\n').unwrap().split('\n'));
    let head = lines.by_ref().find_map(|line| reader.line(line.as_bytes()).unwrap()).unwrap();
    (head, lines.collect())
}

#[test]
fn a_bundle_is_a_whole_part_of_the_log_as_it_was_signed_with_the_neighbours_of_its_period() {
    let app = TestApp::spawn();
    let family = record(&app);
    // What was recorded before stands on 1 June at one instant; this on the second and the third.
    for day in ["2026-06-02T09:00:00Z", "2026-06-03T09:00:00Z"] {
        app.clock.set(at(day), true);
        let note = family.n1(&app);
        family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
    }
    for (log, table) in [("disclosure-log", "disclosure"), ("access-log", "access")] {
        let first = stored(&app, table).iter().position(|(_, body)| body.contains("\"at\":\"2026-06-02")).unwrap();
        let after = stored(&app, table).iter().position(|(_, body)| body.contains("\"at\":\"2026-06-03")).unwrap();
        let day = "from=2026-06-02T00:00:00Z&to=2026-06-03T00:00:00Z";
        for (query, from, to) in [
            ("", 0, None),
            (day, first - 1, Some(after + 1)),
            ("from=2026-06-02T00:00:00Z", first - 1, None),
            ("to=2026-06-02T00:00:00Z", 0, Some(first + 1)),
            ("indexFrom=1&indexTo=3", 1, Some(3)),
            ("from=2027-06-02T00:00:00Z&to=2028-06-03T00:00:00Z", usize::MAX, None),
        ] {
            let before = stored(&app, table);
            let reply = app.as_role(Role::Auditor).get(&format!("/{log}/export?format=bundle&{query}")).ok(200);
            assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
            let (head, lines) = apart(&reply.text);
            let checkpoint = note::open(&head.note, &[key(&app, table)]).unwrap();
            assert_eq!((checkpoint.size, head.size), (before.len() as u64, checkpoint.size), "{log} {query}");
            let (from, to) = (from.min(before.len() - 1), to.unwrap_or(before.len()));
            assert_eq!((head.from, head.to), (from as u64, to as u64), "{log} {query}");
            assert_eq!(reply.header("content-disposition"), format!("attachment; filename=\"{log}-{from}-{to}.bundle\""));
            assert_eq!(lines, before[from..to].iter().map(|(_, body)| body.as_str()).collect::<Vec<_>>(), "{log} {query}");
            let mut range = Range::begin(head.from, head.to, head.size, &head.proof).unwrap();
            assert!(lines.iter().all(|line| range.push(leaf_hash(line.as_bytes()))));
            assert_eq!(range.finish(), Some(checkpoint.root), "{log} {query}");
        }
        for (filter, name) in [("kind=log_genesis", "kind"), (&*format!("actor={}&indexTo=2", uuid::Uuid::nil()), "actor")] {
            let refused = app.as_role(Role::Auditor).get(&format!("/{log}/export?format=bundle&{filter}"));
            let refused = refused.problem(400, "validation-failed");
            let faults = refused.body["errors"].as_array().unwrap();
            assert_eq!((faults.len(), &faults[0]["parameter"], &faults[0]["rule"]), (1, &json!(name), &json!("not_with_bundle")));
        }
    }
}
