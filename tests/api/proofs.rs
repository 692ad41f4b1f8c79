//! What anybody can prove of the logs who keeps a root of them (C3, C10, C13).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sendiass::domain::vocabulary::Role;
use sendiass::ledger::Hash;
use sendiass::ledger::leaf::leaf_hash;
use sendiass::ledger::verify::{Range, continues, includes};
use serde_json::Value;

use crate::harness::{Reply, TestApp};
use crate::long::{lengthen, stored};

fn hash(text: &Value) -> Hash {
    Hash::from_slice(&BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap()).unwrap()
}

fn hashes(proof: &Value) -> Vec<Hash> {
    proof["hashes"].as_array().unwrap().iter().map(hash).collect()
}

fn auditor(app: &TestApp, path: &str) -> Reply {
    app.as_role(Role::Auditor).get(path)
}

#[test]
fn both_logs_prove_their_entries_their_growth_and_their_parts() {
    let app = TestApp::spawn();
    for (log, table) in [("disclosure-log", "disclosure"), ("access-log", "access")] {
        lengthen(&app, table, 600, 0);
        let bodies: Vec<String> = stored(&app, table).into_iter().map(|(_, body)| body).collect();
        let size = bodies.len() as u64;
        let root = |size: u64| hash(&Value::from(crate::long::root(bodies.iter().take(size.try_into().unwrap()).map(String::as_bytes))));
        for index in [0, 1, 255, 256, 511, 512, size - 1] {
            let leaf = leaf_hash(bodies[usize::try_from(index).unwrap()].as_bytes());
            for at in [size, index + 1] {
                let proof = auditor(&app, &format!("/{log}/proofs/inclusion?index={index}&size={at}")).ok(200).body;
                assert_eq!((hash(&proof["leafHash"]), hash(&proof["rootHash"]), &proof["treeSize"]), (leaf, root(at), &at.into()));
                assert!(includes(leaf, index, at, &hashes(&proof), root(at)), "{index} in {at} of {log}");
            }
            // The entry brings its proof along.
            let entry = auditor(&app, &format!("/{log}/entries/{index}")).ok(200).body;
            let proof = &entry["inclusion"];
            assert!(includes(leaf, index, proof["treeSize"].as_u64().unwrap(), &hashes(proof), hash(&proof["rootHash"])));
            assert_eq!(entry["leafHash"], proof["leafHash"]);
        }
        for (old, new) in [(0, size), (1, size), (255, 256), (256, 512), (300, size), (size, size)] {
            let proof = auditor(&app, &format!("/{log}/proofs/consistency?fromSize={old}&toSize={new}")).ok(200).body;
            assert_eq!((hash(&proof["fromRootHash"]), hash(&proof["toRootHash"])), (root(old), root(new)));
            assert!(continues(old, root(old), new, root(new), &hashes(&proof)), "{old} to {new} of {log}");
        }
        for (from, to) in [(0, size), (0, 0), (5, 300), (256, 512), (size, size), (size - 1, size)] {
            let proof = auditor(&app, &format!("/{log}/proofs/range?indexFrom={from}&indexTo={to}&size={size}")).ok(200).body;
            let beside = hashes(&proof);
            let mut check = Range::begin(from, to, size, &beside).unwrap();
            let part = &bodies[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()];
            assert!(part.iter().all(|body| check.push(leaf_hash(body.as_bytes()))));
            assert_eq!(check.finish(), Some(root(size)), "{from}..{to} of {log}");
        }
    }
}

#[test]
fn a_row_that_is_kept_back_from_a_period_is_missed() {
    let app = TestApp::spawn();
    lengthen(&app, "disclosure", 300, 0);
    let list = auditor(&app, "/disclosure-log?from=2026-07-01T00:01:00Z&to=2026-07-01T00:03:00Z&order=asc&limit=1000").ok(200).body;
    let (from, to) = (list["indexFrom"].as_u64().unwrap(), list["indexTo"].as_u64().unwrap());
    let (size, root) = (list["treeSize"].as_u64().unwrap(), hash(&list["rootHash"]));
    let proof = auditor(&app, &format!("/disclosure-log/proofs/range?indexFrom={from}&indexTo={to}&size={size}")).ok(200).body;
    let (beside, rows) = (hashes(&proof), list["items"].as_array().unwrap());
    let found = |hidden: Option<usize>| {
        let mut check = Range::begin(from, to, size, &beside).unwrap();
        let shown = rows.iter().enumerate().filter(|(place, _)| Some(*place) != hidden);
        let all = shown.fold(true, |all, (_, row)| check.push(leaf_hash(row["body"].to_string().as_bytes())) && all);
        all.then(|| check.finish()).flatten()
    };
    assert_eq!((rows.len(), found(None)), (120, Some(root)));
    for hidden in [0, 60, 119] {
        assert_eq!(found(Some(hidden)), None, "t30: row {hidden}");
    }
}

#[test]
fn what_lies_outside_the_tree_is_not_proved() {
    let app = TestApp::spawn();
    let size = auditor(&app, "/disclosure-log?limit=1").ok(200).body["treeSize"].as_i64().unwrap();
    let beyond = size + 1;
    for (what, parameter) in [
        (format!("inclusion?index={size}"), "index"),
        (format!("inclusion?index=0&size={beyond}"), "size"),
        ("inclusion?index=0&size=0".to_owned(), "index"),
        (format!("consistency?fromSize={beyond}"), "fromSize"),
        (format!("consistency?fromSize=0&toSize={beyond}"), "toSize"),
        (format!("consistency?fromSize={size}&toSize=0"), "fromSize"),
        (format!("range?indexFrom=0&indexTo={beyond}"), "indexTo"),
        (format!("range?indexFrom={size}&indexTo=0"), "indexFrom"),
        (format!("range?indexFrom=0&indexTo=0&size={beyond}"), "size"),
    ] {
        let refused = auditor(&app, &format!("/disclosure-log/proofs/{what}")).problem(422, "rule-violated");
        refused.rule_at(parameter, "outside_tree");
    }
    for wrong in
        ["inclusion", "inclusion?index=-1", "inclusion?index=x", "consistency?toSize=1", "range?indexFrom=0", "inclusion?index=0&size="]
    {
        assert_eq!(auditor(&app, &format!("/disclosure-log/proofs/{wrong}")).status, 400, "{wrong}");
    }
}
