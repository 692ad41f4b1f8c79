//! The file of an extract that could not be made (C15): that is told, and it is made when it is asked for again.

use diesel::prelude::*;
use sendiass::db;
use sendiass::db::sealed::{Cell, Owner};
use sendiass::domain::ids::CaseId;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::Family;
use crate::harness::cluster::by_engine;
use crate::harness::{TestApp, connect};
use crate::keys::opened;

#[derive(diesel::QueryableByName)]
struct Kept {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    sealed: Vec<u8>,
}

#[test]
fn a_file_that_could_not_be_made_is_told_and_made_when_it_is_asked_for_again() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit_proceedings(&app, json!({}));
    let legal = family.extracted(&app, &family.n1(&app));
    Family::built(&app, &legal);
    let read = app.manager().get(&format!("/legal-requests/{legal}")).ok(200);
    let extract: uuid::Uuid = read.body["extracts"][0]["disclosureId"].as_str().unwrap().parse().unwrap();
    let cell = Cell::of("legal_bundle", extract, Owner::Case(CaseId(family.case.parse().unwrap())));
    // As the database is left by a process that could not make it.
    let (folder, scratch) = app.stopped();
    let mut conn = connect(folder.path(), scratch.as_ref());
    let kept: Kept = diesel::sql_query("SELECT sealed FROM legal_bundle").get_result(&mut conn).unwrap();
    let db = opened(folder.path(), scratch.as_ref());
    let failing = db.write::<_, db::Error>(move |tx| {
        let mut made: Value = tx.open(cell, &kept.sealed)?;
        assert_eq!((made["files"].as_array().map(Vec::len), &made["failed"]), (Some(1), &json!(false)), "it was made");
        (made["files"], made["failed"]) = (json!([]), json!(true));
        tx.seal(cell, &made)
    });
    let sealed = actix_web::rt::System::new().block_on(failing).unwrap().0;
    drop(db);
    let put = by_engine("UPDATE legal_bundle SET sealed = ?", "UPDATE legal_bundle SET sealed = $1");
    assert_eq!(diesel::sql_query(put).bind::<diesel::sql_types::Binary, _>(sealed).execute(&mut conn).unwrap(), 1);
    drop(conn);
    let app = TestApp::spawn_on(folder, scratch, |_| {});
    let (manager, path) = (app.manager(), format!("/legal-requests/{legal}/bundle"));
    assert_eq!(manager.get(&path).ok(200).str("status"), "failed");
    manager.get(&format!("{path}/file")).problem(409, "invalid-state");
    assert_eq!(manager.send(&Method::POST, &path, None).ok(202).str("status"), "building");
    Family::built(&app, &legal);
    assert!(manager.get(&format!("{path}/file")).ok(200).bytes.starts_with(b"%PDF"));
}
