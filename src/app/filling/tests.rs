use super::*;
use crate::app::Settings;
use crate::db::ledger::checkpoints::{Standing, standing};
use crate::db::ledger::{self, Disclosures};
use crate::db::testing::{Scratch, now};
use crate::domain::log::{LogFilter, LogSpan};
use crate::domain::page::PageRequest;
use crate::ledger::leaf::leaf_hash;
use crate::ledger::shape::Shape;
use crate::ledger::verify::Stack;

#[test]
fn a_filled_log_is_the_tree_of_its_entries_and_is_gone_on_with() {
    let scratch = Scratch::new();
    let mut app = App::on(&scratch);
    let from = Timestamp::from_micros(now().micros() - 86_400_000_000).unwrap();
    let fill = async |app: &App, entries| app.fill_log(entries, from, now(), |_| ()).await;
    scratch.wait(async {
        assert!(matches!(fill(&app, 1).await, Err(Error::Absent)), "only where the deployment is a demonstration");
        app.settings = Settings { test_clock: true, ..app.settings };
        fill(&app, BATCH + 300).await.unwrap();
        // Nothing is put before what is there.
        assert!(matches!(fill(&app, 1).await, Err(Error::Db(db::Error::Corrupt("log time")))));
    });
    let auditor = scratch.caller("Auditor", &[Role::Auditor]);
    let (size, root, before, rows) = scratch
        .read(move |tx| {
            let (permit, size) = (crate::db::testing::permit::<act::DisclosureLogExport>(&auditor), ledger::size::<Disclosures>(tx)?);
            let filter = LogFilter { span: LogSpan { ascending: true, ..LogSpan::default() }, ..LogFilter::default() };
            let (mut rows, mut page) = (Vec::new(), PageRequest { limit: 10_000, after: None, include_total: false });
            loop {
                let found = ledger::list(tx, &permit, &filter, size, &page)?;
                rows.extend(found.items);
                page.after = found.next;
                if page.after.is_none() {
                    break;
                }
            }
            Ok((size, ledger::root::<Disclosures>(tx, size)?, ledger::root::<Disclosures>(tx, 7)?, rows))
        })
        .unwrap();
    assert_eq!((size, rows.len()), (2_300, 2_300));
    let mut tree = Stack::default();
    for (index, row) in rows.iter().enumerate() {
        let leaf = leaf_hash(row.body.get().as_bytes());
        assert_eq!((row.index, row.leaf_hash), (i64::try_from(index).unwrap(), leaf.0));
        assert!(tree.push(0, leaf));
    }
    assert_eq!(root, tree.root());
    assert_eq!(scratch.read(move |tx| standing::<Disclosures>(tx, Some((7, before)))).unwrap(), Standing::Continues(size, root));
    // Each is filed under the case whose tag it bears.
    let filed = scratch.read(filling::filed).unwrap();
    assert_eq!(filed.len(), rows.len());
    let mut keys = std::collections::HashMap::new();
    for (case, index) in filed {
        let key = keys.entry(case).or_insert_with(|| scratch.read(move |tx| filling::keys(tx, &[case])).unwrap().remove(0));
        let body: serde_json::Value = serde_json::from_str(rows[usize::try_from(index).unwrap()].body.get()).unwrap();
        let id = EntryId(body["id"].as_str().unwrap().parse().unwrap());
        assert_eq!(body["case"], key.case_tag(id));
    }
}

#[test]
fn entries_are_spread_over_the_time_and_the_cases_and_of_the_size_of_real_ones() {
    let key = || CaseKey::new(zeroize::Zeroizing::new([7; 32]));
    let (from, to) = (Timestamp::parse("2021-01-01T00:00:00Z").unwrap(), Timestamp::parse("2026-01-01T00:00:00Z").unwrap());
    let story = Story {
        entries: 3 * BATCH - 500,
        from,
        to,
        cases: (0..20).map(|_| (CaseId::mint(), key())).collect(),
        staff: (0..STAFF).map(|_| StaffId::mint()).collect(),
        bodies: (0..BODIES).map(|_| RecipientId::mint()).collect(),
    };
    let batches: Vec<Filling> = (0..3).map(|batch| story.batch(batch * BATCH).unwrap()).collect();
    let bodies: Vec<&str> = batches.iter().flat_map(|batch| &batch.entries).map(|entry| entry.body.as_str()).collect();
    assert_eq!(bodies.len() as u64, story.entries);
    let at = |body: &str| {
        let body = crate::ledger::leaf::read(body.as_bytes()).unwrap();
        Timestamp::parse(body["at"].as_str().unwrap()).unwrap()
    };
    assert!(bodies.iter().map(|body| at(body)).is_sorted());
    assert_eq!((batches[0].since, at(bodies[0]), batches[2].since), (from, from, story.at(2 * BATCH)));
    assert!(at(bodies[bodies.len() - 1]) < to);
    let mean = bodies.iter().map(|body| body.len()).sum::<usize>() / bodies.len();
    assert!((520..620).contains(&mean), "{mean}");
    for kind in ["disclosure_made", "disclosure_refused", "subject_notified", "disclosure_recalled", "decided_not_to_share"] {
        assert!(bodies.iter().any(|body| body.contains(kind)), "{kind}");
    }
    // Each is what its kind is, and about one that was made before.
    let (shape, mut known) = (Shape::of("sendiass/disclosure/filled").unwrap(), std::collections::BTreeSet::new());
    for body in &bodies {
        let facts = shape.check(body.as_bytes()).unwrap_or_else(|wrong| panic!("{wrong}: {body}"));
        assert!(facts.related.is_none_or(|id| known.contains(&id)), "{body}");
        known.insert(facts.id);
    }
    let all: std::collections::BTreeSet<CaseId> = batches.iter().flat_map(|batch| batch.cases.iter().copied()).collect();
    assert_eq!(all.len(), 20);
    assert!(!batches[2].cases.contains(&batches[0].cases[0]));
}
