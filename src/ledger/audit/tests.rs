//! What an auditor finds of every way we could think of to change, remove, hide or add something (the numbers are those of the plan: T1 …).
//! Over 350 lines because every attack is tried on the same small logs.

use std::path::Path;
use std::process::Command;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::*;
use crate::domain::disclosure::RefusalRule;
use crate::domain::ids::{DisposalId, EntryId, RecipientId, RequestId, StaffId};
use crate::domain::vocabulary::{
    AccessLogKind, AccessTarget, Art9Condition, Basis, Channel, Direction, DisclosureLogKind, DisposalGround, ErasureNotice,
    InformationCategory, LawfulBasis, Purpose, RetentionClass, Role, RotatedKey,
};
use crate::ledger::bundle::NoBundle;
use crate::ledger::leaf::leaf_hash;
use crate::ledger::merkle::tests::Store;
use crate::ledger::witness::Witness;
use crate::ledger::{AccessEntry, CaseKey, DisclosureEntry, Disposed, Genesis, Hash, Item, Rotated, Signer, merkle, proof};

const DEPLOYMENT: u128 = 0x019b_8d62_7a80_726b_b2a7_4de4_52e6_b438;
const ORIGIN: &str = "sendiass/disclosure/019b8d62-7a80-726b-b2a7-4de452e6b438";

/// UUIDv7 in ascending order.
fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x01a0_af79_18b8_7000_8000_0000_0000_0000 + n)
}

/// A second later for each.
fn at(n: i64) -> Timestamp {
    Timestamp::from_micros(Timestamp::parse("2026-09-17T13:05:44.120Z").unwrap().micros() + n * 1_000_000).unwrap()
}

fn signer() -> Signer {
    Signer::new(&[7; 32], ORIGIN)
}

fn genesis(origin: &str) -> Genesis {
    Genesis {
        origin: origin.to_owned(),
        deployment: Uuid::from_u128(DEPLOYMENT),
        key: Signer::new(&[7; 32], origin).public().id(),
        follows: None,
    }
}

/// The entry of a disclosure log at this place: made, refused, told of, and again.
fn disclosure(n: u32) -> Vec<u8> {
    written(
        n,
        match n % 3 {
            _ if n == 0 => DisclosureLogKind::LogGenesis,
            1 => DisclosureLogKind::DisclosureMade,
            2 => DisclosureLogKind::DisclosureRefused,
            _ => DisclosureLogKind::SubjectNotified,
        },
    )
}

fn written(n: u32, kind: DisclosureLogKind) -> Vec<u8> {
    let (staff, key) = (StaffId(id(1 << 40)), CaseKey::new(Zeroizing::new([9; 32])));
    let mut entry = DisclosureEntry::new(EntryId(id(n.into())), kind, staff, RequestId(id((1 << 41) + u128::from(n))));
    match kind {
        DisclosureLogKind::LogGenesis => entry.genesis = Some(genesis(ORIGIN)),
        DisclosureLogKind::SubjectNotified => entry.related = Some(EntryId(id(u128::from(n) - 2))),
        DisclosureLogKind::CaseDisposed => {
            entry.decided_by = Some(staff);
            entry.disposed = Some(Disposed {
                disposal: DisposalId(id(1 << 43)),
                policy: RetentionClass::Rc06ParentOnly,
                ground: DisposalGround::PeriodOver,
                proposed_by: staff,
                notices: ErasureNotice::NotRequired,
                entries: 1,
                key: key.fingerprint(),
            });
        }
        _ => {
            entry.decided_by = Some(staff);
            entry.direction = Some(Direction::Outbound);
            entry.basis = Some(Basis::Permission);
            entry.lawful_basis = Some(LawfulBasis::PublicTask);
            entry.condition = Some(Art9Condition::SubstantialPublicInterest);
            entry.purpose = Some(Purpose::PassInformation);
            entry.channel = Some(Channel::SecureEmail);
            entry.identified = Some(true);
            entry.recipient = Some(RecipientId(id(1 << 42)));
            entry.items = vec![Item::new(InformationCategory::ConcernsRaised, "Words.")];
            if kind == DisclosureLogKind::DisclosureRefused {
                entry.rules = vec![RefusalRule::ConsentMissing];
            }
        }
    }
    let key = Some(&key).filter(|_| kind != DisclosureLogKind::LogGenesis);
    entry.write(at(n.into()), key).unwrap().body.into_bytes()
}

fn log(count: u32) -> Vec<Vec<u8>> {
    (0..count).map(disclosure).collect()
}

fn root(bodies: &[Vec<u8>]) -> Hash {
    merkle::root(&mut Store::of(bodies), bodies.len() as u64).unwrap()
}

fn checkpoint(bodies: &[Vec<u8>]) -> Vec<u8> {
    signer().sign(bodies.len() as u64, root(bodies)).into_bytes()
}

/// The bundle of a part of a log, under this checkpoint.
fn under(note: Vec<u8>, bodies: &[Vec<u8>], from: usize, to: usize) -> Vec<u8> {
    let size = bodies.len() as u64;
    let proof = proof::range(&mut Store::of(bodies), from as u64, to as u64, size).unwrap();
    let mut text = Head { note, from: from as u64, to: to as u64, size, proof }.write();
    for body in &bodies[from..to] {
        text.extend_from_slice(body);
        text.push(b'\n');
    }
    text
}

fn bundle(bodies: &[Vec<u8>], from: usize, to: usize) -> Vec<u8> {
    under(checkpoint(bodies), bodies, from, to)
}

fn trust() -> Trust {
    Trust::read(&format!("# of the operator\nlog {}\n", signer().public().text())).unwrap()
}

fn trusting() -> Asked {
    Asked { trust: Some(trust()), ..Asked::default() }
}

fn since(kept: Vec<u8>) -> Asked {
    Asked { since: Some(kept), ..trusting() }
}

fn audited(text: &[u8], asked: Asked) -> Report {
    let mut audit = Audit::new(asked);
    let mut lines = text.split_inclusive(|byte| *byte == b'\n');
    let rest = lines.find(|line| !line.strip_suffix(b"\n").is_some_and(|line| audit.line(line)));
    audit.finish(rest.is_some_and(|line| !line.ends_with(b"\n")))
}

/// The exit code, and what is said of the entries.
fn found(text: &[u8]) -> (u8, &'static str) {
    let report = audited(text, trusting());
    (report.exit_code(), report.integrity.finding)
}

fn replaced(text: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn a_bundle_as_the_service_makes_it_is_sound_in_every_range() {
    let bodies = log(20);
    for from in 0..=20 {
        for to in from..=20 {
            let report = audited(&bundle(&bodies, from, to), trusting());
            assert_eq!((report.exit_code(), report.entries), (0, (to - from) as u64), "{from}..{to}: {report:?}");
            assert_eq!(report.completeness.finding, if (from, to) == (0, 20) { "whole" } else { "part" });
        }
    }
    let report = audited(&bundle(&bodies, 3, 9), trusting());
    assert_eq!((report.index_from, report.index_to, report.size), (Some(3), Some(9), Some(20)));
    assert_eq!((report.first_at.unwrap(), report.last_at.unwrap()), (at(3).to_string(), at(8).to_string()));
    assert_eq!((report.origin.unwrap(), report.root_hash.unwrap()), (ORIGIN.to_owned(), root(&bodies).base64()));
}

#[test]
fn the_access_log_is_audited_by_its_own_fields() {
    let origin = ORIGIN.replace("disclosure", "access");
    let signer = Signer::new(&[7; 32], &origin);
    let entry = |n: u32| {
        let kind = if n == 0 { AccessLogKind::LogGenesis } else { AccessLogKind::Read };
        let mut entry = AccessEntry::new(kind, StaffId(id(1 << 40)), RequestId(id(1 << 41)));
        entry.id = EntryId(id(n.into()));
        if n == 0 {
            entry.genesis = Some(genesis(&origin));
        } else {
            (entry.role, entry.operation, entry.target) = (Some(Role::Adviser), Some("getCase".to_owned()), Some(AccessTarget::Case));
        }
        let keys: Vec<CaseKey> = (0..n % 3).map(|_| CaseKey::new(Zeroizing::new([9; 32]))).collect();
        entry.write(at(n.into()), if n == 0 { &[] } else { &keys }).unwrap().body.into_bytes()
    };
    let bodies: Vec<Vec<u8>> = (0..9).map(entry).collect();
    let asked = Asked { trust: Some(Trust::read(&format!("log {}", signer.public().text())).unwrap()), ..Asked::default() };
    let of = |bodies: &[Vec<u8>]| under(signer.sign(bodies.len() as u64, root(bodies)).into_bytes(), bodies, 0, bodies.len());
    assert_eq!(audited(&of(&bodies), asked.clone()).exit_code(), 0);
    // One of the other log has no place in it, whoever signs.
    let mixed = [bodies, vec![disclosure(9)]].concat();
    assert_eq!(audited(&of(&mixed), asked).integrity.finding, "entry");
}

#[test]
fn a_log_that_was_recovered_goes_on_under_its_new_name() {
    let new = Signer::new(&[7; 32], &ORIGIN.replace("b438", "b439"));
    let mut bodies = log(8);
    let staff = StaffId(id(1 << 40));
    let mut entry = DisclosureEntry::new(EntryId(id(8)), DisclosureLogKind::LogRecovered, staff, RequestId(id(1 << 41)));
    let follows = Some(Checkpoint { origin: ORIGIN.to_owned(), size: 9, root: root(&bodies) });
    entry.genesis = Some(Genesis { follows, ..genesis(new.public().name()) });
    bodies.push(entry.write(at(8), None).unwrap().body.into_bytes());
    bodies.push(disclosure(9));
    let text = under(new.sign(10, root(&bodies)).into_bytes(), &bodies, 0, 10);
    let asked =
        |kept| Asked { trust: Some(Trust::read(&format!("log {}", new.public().text())).unwrap()), since: kept, ..Asked::default() };
    assert_eq!(audited(&text, asked(None)).exit_code(), 0);
    // Under the old name it is signed no more, and what was kept of it does not carry over by itself.
    assert_eq!(found(&bundle(&bodies, 0, 10)), (1, "name"));
    let both = format!("log {}\nlog {}", new.public().text(), signer().public().text());
    let report = audited(&text, Asked { trust: Some(Trust::read(&both).unwrap()), ..asked(Some(checkpoint(&bodies[..8]))) });
    assert_eq!((report.exit_code(), report.append_only.finding), (3, "other_log"));
}

#[test]
fn t20_t21_a_key_of_which_the_log_says_nothing_is_found() {
    let keys = [7, 8, 9].map(|seed| Signer::new(&[seed; 32], ORIGIN));
    let texts = keys.each_ref().map(|key| key.public().text());
    let [one, two, three] = texts.clone();
    let found_by = |bodies: &[Vec<u8>], signers: &[usize], trusted: &[usize], from, to| {
        let beside: Vec<Signer> = signers[1..].iter().map(|signer| keys[*signer].clone()).collect();
        let note = keys[signers[0]].sign_beside(&beside, bodies.len() as u64, root(bodies)).into_bytes();
        let trust = trusted.iter().map(|key| format!("log {}", texts[*key])).collect::<Vec<_>>().join("\n");
        let report = audited(&under(note, bodies, from, to), Asked { trust: Some(Trust::read(&trust).unwrap()), ..Asked::default() });
        (report.exit_code(), report.integrity.finding)
    };
    let found = |bodies: &[Vec<u8>], signer: usize, from, to| found_by(bodies, &[signer], &[0, 1, 2], from, to);
    let exchange = |n: u32, key, from: &str, to: &str| {
        let (id, staff, request) = (EntryId(id(n.into())), StaffId(id(1 << 40)), RequestId(id(1 << 41)));
        let mut entry = DisclosureEntry::new(id, DisclosureLogKind::KeyRotated, staff, request);
        entry.rotated = Some(Rotated { key, from: Some(from.to_owned()), to: Some(to.to_owned()) });
        entry.write(at(n.into()), None).unwrap().body.into_bytes()
    };
    let (unlogged, replaced, sound) = ((1, "unlogged_key"), (2, "replaced_key"), (0, "intact"));
    let mut bodies = log(6);
    assert_eq!((found(&bodies, 0, 0, 6), found(&bodies, 1, 0, 6)), (sound, unlogged));
    assert_eq!((found(&bodies, 1, 1, 6), found(&bodies, 1, 0, 5)), (sound, sound), "a part does not tell the first key, or not the last");
    // Of other keys it is told, too, and by words that are none of a log.
    bodies.extend([exchange(6, RotatedKey::Data, "x", "y"), exchange(7, RotatedKey::Log, &one, &two), disclosure(8)]);
    for from in [0, 3] {
        // The one that was replaced is that of a copy which was not restarted yet, or of a thief.
        assert_eq!([0, 1, 2].map(|signer| found(&bodies, signer, from, 9)), [replaced, sound, unlogged], "{from}");
        assert_eq!(found_by(&bodies, &[0], &[0], from, 9), replaced);
        // While both sign, it is sound by either: whoever has the one before believes it of the one after.
        for trusted in [&[0][..], &[1], &[0, 1]] {
            assert_eq!(found_by(&bodies, &[1, 0], trusted, from, 9), sound, "{from} {trusted:?}");
        }
        // A key of which the log says nothing is believed for none that signed beside it.
        assert_eq!(found_by(&bodies, &[2, 1], &[2], from, 9), unlogged);
        assert_eq!(found_by(&bodies, &[2, 0], &[0], from, 9), replaced);
    }
    for (from, to) in [(&one, &three), (&three, &one)] {
        let forged = [bodies.clone(), vec![exchange(9, RotatedKey::Log, from, to)]].concat();
        assert_eq!(found(&forged, 1, 0, 10), (1, "key"));
        assert_eq!(found(&[bodies.clone(), vec![exchange(9, RotatedKey::Log, from, "x")]].concat(), 1, 0, 10), (1, "key"));
    }
}

#[test]
fn t1_t2_t3_a_changed_entry_is_found_whether_or_not_the_tree_was_made_to_fit() {
    let bodies = log(20);
    let mut forged = bodies.clone();
    forged[7] = replaced(&forged[7], "-7000-8000-020000000007", "-7000-8000-020000000008");
    // The body alone, with the tree as it was; then a tree that fits, under the checkpoint that was signed.
    let text = replaced(&bundle(&bodies, 0, 20), "-7000-8000-020000000007", "-7000-8000-020000000008");
    assert_eq!(found(&text), (1, "root"));
    let signed = checkpoint(&bodies);
    for (from, to) in [(0, 20), (7, 8), (0, 7), (8, 20)] {
        assert_eq!(found(&under(signed.clone(), &forged, from, to)), (1, "root"), "{from}..{to}");
        assert_eq!(found(&under(signed.clone(), &bodies, from, to)).0, 0);
    }
}

#[test]
fn t4_t14_t15_t16_what_the_real_key_signed_anew_is_found_by_whoever_kept_a_checkpoint() {
    let bodies = log(30);
    let mut forged = bodies.clone();
    forged[7] = replaced(&forged[7], "-7000-8000-020000000007", "-7000-8000-020000000008");
    let text = bundle(&forged, 0, 30);
    assert_eq!(found(&text), (0, "intact"), "with its own checkpoint alone");
    for kept in [8, 20, 29, 30] {
        let report = audited(&text, since(checkpoint(&bodies[..kept])));
        assert_eq!((report.exit_code(), report.append_only.finding), (1, "fork"), "{kept}");
    }
    // What was kept before the change cannot know of it.
    let report = audited(&text, since(checkpoint(&bodies[..7])));
    assert_eq!((report.exit_code(), report.append_only.finding), (0, "continues"));
    // A part of the log shows it too, if the size that was kept lies in it.
    let report = audited(&bundle(&forged, 15, 30), since(checkpoint(&bodies[..20])));
    assert_eq!((report.exit_code(), report.append_only.finding), (1, "fork"));
    let report = audited(&bundle(&bodies, 15, 30), since(checkpoint(&bodies[..20])));
    assert_eq!((report.exit_code(), report.append_only.finding), (0, "continues"));
    let report = audited(&bundle(&bodies, 21, 30), since(checkpoint(&bodies[..20])));
    assert_eq!((report.exit_code(), report.append_only.finding), (2, "not_covered"));
    let report = audited(&bundle(&bodies, 21, 30), since(checkpoint(&bodies)));
    assert_eq!((report.exit_code(), report.append_only.finding), (0, "same"));
    // What nobody who is trusted signed is no other history, of whatever size and root.
    let stranger = Signer::new(&[8; 32], ORIGIN);
    for of in [&bodies[..20], &forged[..]] {
        let text = under(stranger.sign(of.len() as u64, root(of)).into_bytes(), of, 0, of.len());
        let report = audited(&text, since(checkpoint(&bodies)));
        assert_eq!((report.exit_code(), report.append_only.finding), (3, "not_signed"));
        assert_eq!(audited(&text, Asked { trust: None, ..since(checkpoint(&bodies)) }).exit_code(), 3);
    }
    // Two roots of one size are two histories, even if the entries are not those of either.
    let report = audited(&replaced(&text, "\"v\":1}", "\"v\":2}"), since(checkpoint(&bodies)));
    assert_eq!((report.exit_code(), report.append_only.finding, report.integrity.finding), (1, "fork", "entry"));
    // Of entries that are not those that were signed nothing else is said.
    let asked = Asked { index_to: Some(20), fresh: Some((1, at(29))), ..since(checkpoint(&bodies[..20])) };
    let report = audited(&under(checkpoint(&bodies), &forged, 0, 30), asked);
    assert_eq!([report.append_only, report.completeness, report.freshness].map(|verdict| verdict.finding), ["not_judged"; 3]);
}

#[test]
fn t7_t8_t9_t10_what_is_taken_out_swapped_or_doubled_is_found() {
    let bodies = log(20);
    let signed = checkpoint(&bodies);
    // The bodies of a part of the log, as a server that lies would send them.
    let sent = |range: (usize, usize), bodies: &[Vec<u8>]| {
        let whole = under(signed.clone(), &log(20), range.0, range.1);
        let head = whole.windows(9).position(|nine| nine == b"\nentries\n").unwrap() + 9;
        [&whole[..head], &bodies.iter().flat_map(|body| [body.as_slice(), b"\n"]).collect::<Vec<_>>().concat()].concat()
    };
    assert_eq!(found(&sent((0, 20), &bodies)), (0, "intact"));
    for (from, to) in [(0, 20), (3, 12)] {
        for at in from..to {
            // T7: a row is gone; T8: and the numbers were made to fit.
            let mut fewer = bodies[from..to].to_vec();
            fewer.remove(at - from);
            let code = if at == 0 { (1, "genesis") } else { (2, "cut_short") };
            assert_eq!(found(&sent((from, to), &fewer)), code, "{at}");
            let fits = replaced(&sent((from, to), &fewer), &format!("range {from} {to} 20"), &format!("range {from} {} 20", to - 1));
            assert_eq!(found(&fits).0, 1, "{at}");
            let mut renumbered = bodies.clone();
            renumbered.remove(at);
            assert_eq!(found(&under(signed.clone(), &renumbered, 0, 19)), (1, "head"), "the size is signed");
            // T9
            let mut swapped = bodies[from..to].to_vec();
            swapped.swap(at - from, (at - from + 1) % (to - from));
            assert_eq!(found(&sent((from, to), &swapped)).0, 1, "{at}");
        }
        // T10
        let doubled = [&bodies[from..to], &bodies[to - 1..to]].concat();
        assert_eq!(found(&sent((from, to), &doubled)), (1, "surplus"));
    }
    // Signed by the real key, still no entry may stand twice, go back in time, or be about nothing.
    let again = [bodies.clone(), bodies[19..].to_vec()].concat();
    assert_eq!(found(&bundle(&again, 0, 21)), (1, "twice"));
    let mut back = bodies.clone();
    back.swap(10, 11);
    let report = audited(&bundle(&back, 0, 20), trusting());
    assert_eq!((report.exit_code(), report.integrity.finding, report.integrity.index), (1, "time", Some(11)));
    let mut dangling = bodies.clone();
    dangling[6] = replaced(&dangling[6], &id(4).to_string(), &id(400).to_string());
    assert_eq!(found(&bundle(&dangling, 0, 20)), (1, "relation"));
    assert_eq!(found(&bundle(&dangling, 5, 20)), (0, "intact"), "what lies before the part is not known");
    let other = ORIGIN.replace("b438", "b439");
    let mut renamed = bodies.clone();
    renamed[0] = replaced(&renamed[0], ORIGIN, &other);
    assert_eq!(found(&bundle(&renamed, 0, 20)), (1, "name"));
    let opened_twice = [bodies.clone(), vec![replaced(&bodies[0], &at(0).to_string(), &at(20).to_string())]].concat();
    assert_eq!(found(&bundle(&opened_twice, 0, 21)), (1, "genesis"));
}

#[test]
fn t11_a_file_that_was_cut_anywhere_is_never_sound() {
    let text = bundle(&log(12), 2, 9);
    let boundaries: Vec<usize> = (0..text.len()).filter(|at| *at == 0 || text[at - 1] == b'\n').collect();
    for end in boundaries.into_iter().chain((0..text.len()).step_by(17)) {
        let (code, finding) = found(&text[..end]);
        assert!(code == 2 && finding == "cut_short", "{end}: {code} {finding}");
    }
    for more in ["\n", "x", "{}\n", "entries\n"] {
        assert_eq!(found(&[&text, more.as_bytes()].concat()), (1, "surplus"), "{more:?}");
    }
}

#[test]
fn t12_an_older_state_that_is_shown_again_fails_what_was_kept_and_its_age() {
    let bodies = log(30);
    let old = bundle(&bodies[..20], 0, 20);
    assert_eq!(found(&old), (0, "intact"), "it was genuine once");
    let report = audited(&old, since(checkpoint(&bodies)));
    assert_eq!((report.exit_code(), report.append_only.finding), (1, "rolled_back"));
    let fresh = |text: &[u8], seconds: i64, now: Timestamp| {
        let report = audited(text, Asked { fresh: Some((seconds * 1_000_000, now)), ..trusting() });
        (report.exit_code(), report.freshness.finding)
    };
    assert_eq!(fresh(&old, 60, at(79)), (0, "fresh"));
    assert_eq!(fresh(&old, 60, at(80)), (2, "stale"));
    assert_eq!((fresh(&old, 60, at(19)), fresh(&old, 60, at(-41))), ((0, "fresh"), (0, "fresh")));
    assert_eq!(fresh(&old, 60, at(-42)), (2, "future"));
    assert_eq!(fresh(&bundle(&bodies, 0, 29), 60, at(30)), (2, "no_end"));
}

#[test]
fn t19_t23_t24_whoever_signed_is_judged_by_the_trust_file_alone() {
    let bodies = log(9);
    let text = bundle(&bodies, 0, 9);
    let signature = |text: &[u8], asked: Asked| {
        let report = audited(text, asked);
        (report.exit_code(), report.signature.finding)
    };
    assert_eq!(signature(&text, trusting()), (0, "signed"));
    assert_eq!(signature(&text, Asked::default()), (3, "no_trust"));
    // T19: all is as it should be, but the key is the bundle's own.
    let theirs = Signer::new(&[8; 32], ORIGIN).sign(9, root(&bodies));
    assert_eq!(signature(&under(theirs.clone().into_bytes(), &bodies, 0, 9), trusting()), (3, "unsigned"));
    // T23: a further signature by whoever is passed over, one by the known key that does not hold is not.
    let both = [checkpoint(&bodies), theirs.lines().last().unwrap().as_bytes().to_vec(), b"\n".to_vec()].concat();
    assert_eq!(signature(&under(both, &bodies, 0, 9), trusting()), (0, "signed"));
    let forged = replaced(&checkpoint(&bodies), "\n9\n", "\n8\n");
    assert_eq!(signature(&under(forged, &bodies[..8], 0, 8), trusting()), (1, "forged"));
    // T24: the checkpoint of the other log of the same service, by the same key.
    let access = Signer::new(&[7; 32], &ORIGIN.replace("disclosure", "access"));
    assert_eq!(signature(&under(access.sign(9, root(&bodies)).into_bytes(), &bodies, 0, 9), trusting()).1, "unsigned");
    let report = audited(&text, since(access.sign(5, root(&bodies[..5])).into_bytes()));
    assert_eq!((report.exit_code(), report.append_only.finding), (3, "unsigned"));
    let both = Trust::read(&format!("log {}\nlog {}", signer().public().text(), access.public().text())).unwrap();
    let kept = Some(access.sign(5, root(&bodies[..5])).into_bytes());
    let report = audited(&text, Asked { trust: Some(both), since: kept, ..Asked::default() });
    assert_eq!((report.exit_code(), report.append_only.finding), (3, "other_log"));
    // A key signs from one size of the log up to another one.
    for (sizes, expected) in [("0 8", (3, "unsigned")), ("0 9", (0, "signed")), ("9", (0, "signed")), ("10", (3, "unsigned"))] {
        let trust = Trust::read(&format!("log {} {sizes}", signer().public().text())).unwrap();
        assert_eq!(signature(&text, Asked { trust: Some(trust), ..Asked::default() }), expected, "{sizes}");
    }
    // Witnesses who are named and said nothing are not passed over.
    let witness = Witness::new(&[5; 32], "w").unwrap();
    let trust = Trust::read(&format!("log {}\nwitness {}\nquorum 1", signer().public().text(), witness.public().text())).unwrap();
    assert_eq!(audited(&text, Asked { trust: Some(trust), ..Asked::default() }).exit_code(), 2);
    for (wrong, line) in [("log", 1), ("log x", 1), ("\nkey x", 2), ("quorum x", 1), ("witness", 1), ("witness w+1+x", 1)] {
        assert_eq!(Trust::read(wrong).unwrap_err(), line, "{wrong}");
    }
    let key = signer().public().text();
    for sizes in ["x", "1 x", "1 2 3", "5 4"] {
        assert_eq!(Trust::read(&format!("#\nlog {key} {sizes}")).unwrap_err(), 2, "{sizes}");
    }
}

#[test]
fn t26_t27_what_is_not_in_the_one_form_is_no_entry_whoever_signed_it() {
    let bodies = log(6);
    let genuine = String::from_utf8(bodies[4].clone()).unwrap();
    let with = |from: &str, to: &str| {
        assert!(genuine.contains(from), "{from}");
        genuine.replacen(from, to, 1).into_bytes()
    };
    let nodes = [leaf_hash(&bodies[0]).0, leaf_hash(&bodies[1]).0].concat();
    for other in [
        with("{\"actor\":", "{ \"actor\":"),
        with("\"v\":1}", "\"v\":1} "),
        with("\"v\":1}", "\"v\":1}\r"),
        with("\"v\":1}", "\"v\":1,\"v\":1}"),
        with("\"v\":1}", "\"v\":1.0}"),
        with("\"v\":1}", "\"v\":01}"),
        with("\"bytes\":6", "\"bytes\":-0"),
        // Not in the order of the keys.
        genuine.replace(",\"v\":1}", "}").replacen('{', "{\"v\":1,", 1).into_bytes(),
        with("permission", "permissio\\u006e"),
        with("permission", "permissio\u{6e}\u{301}"),
        with("{\"actor\":", "\u{feff}{\"actor\":"),
        with("\"v\":1}", "\"v\":1,\"w\":1}"),
        with("\"v\":1}", "\"v\":2}"),
        with("\"v\":1}", "\"v\":null}"),
        Vec::new(),
        b"{}".to_vec(),
        // T27: the hashes of two leaves, as if they were one.
        nodes.clone(),
        [&[1][..], &nodes].concat(),
        vec![b' '; 70_000],
    ] {
        let mut forged = bodies.clone();
        forged[4] = other;
        let (code, finding) = found(&bundle(&forged, 0, 6));
        assert!(code == 1 && finding == "entry", "{finding}: {}", String::from_utf8_lossy(&forged[4]));
    }
}

#[test]
fn t30_a_row_of_a_period_that_is_hidden_is_missed() {
    let bodies = log(30);
    let asked = |from: i64, to: i64| Asked { from: Some(at(from)), to: Some(at(to)), ..trusting() };
    let complete = |text: &[u8], asked: Asked| {
        let report = audited(text, asked);
        (report.exit_code(), report.completeness.finding)
    };
    // Entries 10 to 19 are of the period; 9 and 20 are their neighbours.
    assert_eq!(complete(&bundle(&bodies, 9, 21), asked(10, 20)), (0, "complete"));
    assert_eq!(complete(&bundle(&bodies, 10, 21), asked(10, 20)), (2, "begins_late"));
    assert_eq!(complete(&bundle(&bodies, 9, 20), asked(10, 20)), (2, "ends_early"));
    assert_eq!(complete(&bundle(&bodies, 0, 21), asked(-10, 20)), (0, "complete"));
    assert_eq!(complete(&bundle(&bodies, 9, 30), asked(10, 200)), (0, "complete"));
    assert_eq!(complete(&bundle(&bodies, 0, 30), asked(10, 20)), (0, "whole"));
    let indexes = |from, to| Asked { index_from: Some(from), index_to: Some(to), ..trusting() };
    assert_eq!(complete(&bundle(&bodies, 9, 21), indexes(9, 21)), (0, "complete"));
    assert_eq!(complete(&bundle(&bodies, 9, 21), indexes(8, 21)), (2, "begins_late"));
    assert_eq!(complete(&bundle(&bodies, 9, 21), indexes(9, 22)), (2, "ends_early"));
    // To the end of the log, and from its beginning, where only one end was named.
    assert_eq!(complete(&bundle(&bodies, 9, 30), Asked { from: Some(at(10)), ..trusting() }), (0, "complete"));
    assert_eq!(complete(&bundle(&bodies, 9, 29), Asked { from: Some(at(10)), ..trusting() }), (2, "ends_early"));
    assert_eq!(complete(&bundle(&bodies, 1, 21), Asked { to: Some(at(20)), ..trusting() }), (2, "begins_late"));
    // One from the midst of it, left out in whatever way, is missed.
    for at in 10..20 {
        let text = bundle(&bodies, 9, 21);
        let without = replaced(&text, &format!("{}\n", String::from_utf8(bodies[at].clone()).unwrap()), "");
        assert_ne!(audited(&without, asked(10, 20)).exit_code(), 0);
        assert_eq!(audited(&replaced(&without, "range 9 21 30", "range 9 20 30"), asked(10, 20)).exit_code(), 1);
    }
}

/// Adds the leaves that are left, as their lines would, and judges.
fn ended(mut audit: Audit, leaves: &[Hash]) -> u8 {
    if let Stage::Entries(entries) = &mut audit.stage {
        let reached = usize::try_from(entries.range.reached() - entries.head.from).unwrap();
        // What a line is refused for besides can only add to what is wrong.
        leaves.iter().skip(reached).for_each(|leaf| {
            let _ = entries.range.push(*leaf);
        });
    }
    audit.finish(false).exit_code()
}

#[test]
fn every_bit_of_a_bundle_counts() {
    // Mostly short entries, so that all bits are soon tried.
    let kind = |n: u32| if n % 20 == 7 { DisclosureLogKind::DisclosureRefused } else { DisclosureLogKind::SubjectNotified };
    let bodies: Vec<Vec<u8>> = (0..77).map(|n| if n < 3 { disclosure(n) } else { written(n, kind(n)) }).collect();
    let text = bundle(&bodies, 10, 50);
    assert_eq!(found(&text), (0, "intact"));
    let leaves: Vec<Hash> = bodies[10..50].iter().map(|body| leaf_hash(body)).collect();
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let (mut before, mut tried, mut taken) = (Audit::new(trusting()), 0, 0);
    for (n, line) in lines.iter().enumerate() {
        for bit in 0..line.len() * 8 {
            let mut flipped = line.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // Without its line feed it runs into the next one.
            let last = if flipped.ends_with(b"\n") { n } else { n + 1 };
            flipped.extend_from_slice(lines.get(n + 1).filter(|_| last > n).unwrap_or(&&b""[..]));
            let mut audit = before.clone();
            let mut parts = flipped.split_inclusive(|byte| *byte == b'\n');
            let whole = parts.all(|part| part.strip_suffix(b"\n").is_some_and(|part| audit.line(part)));
            tried += 1;
            let code = if whole && matches!(audit.stage, Stage::Head(_)) {
                // The rest of the head, up to the entries.
                let mut rest = lines.iter().skip(last + 1).filter_map(|line| line.strip_suffix(b"\n"));
                rest.find(|line| !audit.line(line) || audit.next().is_some());
                ended(audit, &leaves)
            } else if whole {
                taken += 1;
                ended(audit, &leaves)
            } else {
                audit.finish(!flipped.ends_with(b"\n")).exit_code()
            };
            assert_ne!(code, 0, "bit {bit} of line {n}");
        }
        assert!(before.line(line.strip_suffix(b"\n").unwrap()));
    }
    assert_eq!((tried, before.finish(false).exit_code()), (text.len() * 8, 0));
    assert!(taken > 1000, "{taken}: of many bits only the root tells");
    // The short cut above says what the whole says.
    for bit in (0..text.len() * 8).step_by(1009) {
        let mut flipped = text.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(found(&flipped).0, 0, "bit {bit}");
    }
}

/// A bundle, good or bad: its name, itself, a checkpoint that was kept, the trust file, and the exit code that both verifiers must come to.
type Vector = (String, Vec<u8>, Option<Vec<u8>>, String, u8);

fn vectors() -> Vec<Vector> {
    let bodies = log(30);
    let signed = checkpoint(&bodies);
    let key = signer().public().text();
    let ours = format!("# of the operator\nlog {key}\n");
    let mut all: Vec<Vector> = Vec::new();
    let other = Signer::new(&[8; 32], ORIGIN);
    let witness = Witness::new(&[9; 32], "w").unwrap().public().text();
    for (trust, kept, code) in [
        (format!("log {key} 30 30"), None, 0),
        (format!("log {key} 31"), None, 3),
        (format!("log {key} 0 29\n"), None, 3),
        (format!("log {key} 0 29\nlog {} 30\n", other.public().text()), None, 3),
        (format!("log {key} 13\n"), Some(12), 3),
        (format!("log {key} 12 40\n\n"), Some(12), 0),
        // The other one does not know witnesses, and says so; of these none has spoken.
        (format!("log {key}\nwitness {witness}\n"), None, 2),
        (format!("log {key}\nquorum 1\n"), None, 2),
    ] {
        all.push((trust.clone(), bundle(&bodies, 5, 30), kept.map(|size| checkpoint(&bodies[..size])), trust, code));
    }
    let mut add = |name: &str, text: Vec<u8>, kept: Option<Vec<u8>>, code| all.push((name.to_owned(), text, kept, ours.clone(), code));
    for (from, to) in [(0, 30), (0, 0), (7, 21), (30, 30), (16, 24), (29, 30)] {
        add(&format!("{from}..{to}"), bundle(&bodies, from, to), None, 0);
    }
    let text = bundle(&bodies, 5, 20);
    let mut forged = bodies.clone();
    forged[7] = replaced(&forged[7], "-7000-8000-020000000007", "-7000-8000-020000000008");
    add("forged", under(signed.clone(), &forged, 5, 20), None, 1);
    add("forged beside it", under(signed.clone(), &forged, 8, 20), None, 1);
    add("signed anew", bundle(&forged, 0, 30), None, 0);
    add("signed anew, but kept", bundle(&forged, 0, 30), Some(checkpoint(&bodies[..12])), 1);
    add("kept", bundle(&bodies, 5, 30), Some(checkpoint(&bodies[..12])), 0);
    add("kept at its end", bundle(&bodies, 5, 20), Some(checkpoint(&bodies[..20])), 0);
    add("kept before it", bundle(&bodies, 13, 30), Some(checkpoint(&bodies[..12])), 2);
    add("shorter than what was kept", bundle(&bodies[..12], 0, 12), Some(signed.clone()), 1);
    add("cut", text[..text.len() - 1].to_vec(), None, 2);
    add("cut in its head", text[..40].to_vec(), None, 2);
    add("longer", [&text[..], b"x"].concat(), None, 1);
    add("a line longer", [&text[..], &bodies[20], b"\n"].concat(), None, 1);
    add("another file", b"index,leafHash\r\n".to_vec(), None, 2);
    add("a shorter range", replaced(&text, "range 5 20 30", "range 5 19 30"), None, 1);
    add("a range written otherwise", replaced(&text, "range 5 20 30", "range 05 20 30"), None, 1);
    add("another key", under(Signer::new(&[8; 32], ORIGIN).sign(30, root(&bodies)).into_bytes(), &bodies, 5, 20), None, 3);
    add("a forged signature", replaced(&text, "\n30\n", "\n31\n"), None, 1);
    for (from, to) in [
        ("{\"actor\":", "{ \"actor\":"),
        ("\"v\":1}", "\"v\":1,\"v\":1}"),
        ("\"v\":1}", "\"v\":1.0}"),
        ("\"v\":1}", "\"v\":1,\"w\":1}"),
        ("permission", "permissio\\u006e"),
    ] {
        let mut other = bodies.clone();
        other[7] = replaced(&other[7], from, to);
        add(&format!("{from} as {to}"), bundle(&other, 5, 20), None, 1);
    }
    let mut back = bodies.clone();
    back.swap(10, 11);
    add("back in time", bundle(&back, 5, 20), None, 1);
    let again = [bodies.clone(), bodies[29..].to_vec()].concat();
    let disposed = [bodies.clone(), vec![written(30, DisclosureLogKind::CaseDisposed)]].concat();
    add("a case disposed of", bundle(&disposed, 0, 31), None, 0);
    add("twice", bundle(&again, 0, 31), None, 1);
    all
}

#[test]
fn another_verifier_that_shares_nothing_with_this_one_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: String, text: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let vectors = vectors();
    // All under one trust file at once.
    for (n, some) in vectors.chunk_by(|one, next| one.3 == next.3).enumerate() {
        let mut command = Command::new("python3");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify_bundle.py"));
        command.arg(file(format!("{n}.trust"), some[0].3.as_bytes()));
        for (m, (name, text, kept, trust, code)) in some.iter().enumerate() {
            let asked = Asked { trust: Some(Trust::read(trust).unwrap()), since: kept.clone(), ..Asked::default() };
            assert_eq!(audited(text, asked).exit_code(), *code, "{name}");
            command.arg(file(format!("{n}.{m}"), text));
            if let Some(kept) = kept {
                command.arg("--since").arg(file(format!("{n}.{m}.kept"), kept));
            }
        }
        let Ok(output) = command.output() else {
            use std::io::Write as _;
            let required = std::env::var_os("SENDIASS_TEST_PYTHON").is_some_and(|wish| wish == "required");
            assert!(!required, "the second verifier was not tested: it needs python3");
            let _unheard = writeln!(std::io::stderr(), "\n*** THE SECOND VERIFIER WAS NOT TESTED: it needs python3. ***\n");
            return;
        };
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.lines().count(), some.len(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        for ((name, .., code), said) in some.iter().zip(said.lines()) {
            assert!(said.starts_with(&format!("{code} ")), "{name}: {code}, but the other says {said}");
        }
        let worst = [1, 3, 2, 0].into_iter().find(|worst| some.iter().any(|(.., code)| code == worst));
        assert_eq!(output.status.code(), worst.map(i32::from));
    }
}

#[test]
fn how_far_it_is_is_told() {
    let text = bundle(&log(30), 5, 20);
    let mut audit = Audit::new(trusting());
    let (mut told, mut next) = (Vec::new(), Vec::new());
    for line in text.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n') {
        told.push(audit.progress());
        next.push(audit.next());
        assert!(audit.line(line));
    }
    let head = told.len() - 15;
    assert!(told[..head].iter().all(|told| *told == (0, 0)) && next[..head].iter().all(Option::is_none));
    assert_eq!(told[head..], (0..15).map(|read| (read, 15)).collect::<Vec<_>>());
    assert_eq!(next[head..], (5..20).map(Some).collect::<Vec<_>>());
}

#[test]
fn another_file_is_no_bundle_and_a_spoilt_one_was_changed() {
    let of = |fault| {
        let verdict = Verdict::of_head(fault);
        (verdict.standing, verdict.finding)
    };
    assert_eq!(of(NoBundle::Format), (Standing::Unknown, "no_bundle"));
    assert_eq!(of(NoBundle::Note), (Standing::Failed, "head"));
}
