use proptest::prelude::*;
use signed_note::{Note, StandardVerifier, VerifierList};

use super::*;

const ORIGIN: &str = "sendiass/disclosure/019b8d62-7a80-726b-b2a7-4de452e6b438";

fn signer(seed: u8) -> Signer {
    Signer::new(&[seed; 32], ORIGIN)
}

fn root() -> Hash {
    Hash([7; 32])
}

/// The same note with another line of signature at its end.
fn with_line(note: &str, line: &str) -> Vec<u8> {
    format!("{note}{line}\n").into_bytes()
}

#[test]
fn a_note_is_read_by_its_key_and_by_anothers_code() {
    let signer = signer(1);
    let note = signer.sign(40, root());
    let read = open(note.as_bytes(), &[signer.public().clone()]).unwrap();
    assert_eq!(read, Checkpoint { origin: ORIGIN.to_owned(), size: 40, root: root() });
    assert_eq!(claimed_origin(note.as_bytes()).as_deref(), Some(ORIGIN));
    // As the authors of the format read it.
    let verifier = StandardVerifier::new(&signer.public().text()).unwrap();
    let theirs = Note::from_bytes(note.as_bytes()).unwrap();
    let (held, others) = theirs.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!((held.len(), others.len(), theirs.text()), (1, 0, read.text().as_bytes()));
    assert_eq!(PublicKey::read(&signer.public().text()).as_ref(), Some(signer.public()));
    assert!(!format!("{signer:?}").contains(&hex(&[1; 32])));
}

#[test]
fn t24_a_note_of_another_log_or_by_nobody_known_is_not_taken() {
    let (ours, note) = (signer(1), signer(1).sign(40, root()));
    assert_eq!(open(note.as_bytes(), &[]), Err(NoteFault::Unsigned));
    assert_eq!(open(note.as_bytes(), &[signer(2).public().clone()]), Err(NoteFault::Unsigned));
    let access = Signer::new(&[1; 32], "sendiass/access/019b8d62-7a80-726b-b2a7-4de452e6b438");
    let theirs = access.sign(40, root());
    assert_eq!(open(theirs.as_bytes(), &[ours.public().clone()]), Err(NoteFault::Unsigned));
    // The key of one log under a note that names the other.
    let text = Checkpoint { origin: access.public().name().to_owned(), size: 40, root: root() }.text();
    let signature = ours.key.sign(text.as_bytes()).to_bytes();
    let signed: Vec<u8> = ours.public.id.into_iter().chain(signature).collect();
    let mixed = format!("{text}\n{DASH}{ORIGIN} {}\n", STANDARD.encode(signed));
    assert_eq!(open(mixed.as_bytes(), &[ours.public().clone()]), Err(NoteFault::OtherLog));
}

#[test]
fn t23_a_signature_by_an_unknown_key_is_passed_over_and_a_forged_one_is_not() {
    let (ours, other) = (signer(1), signer(2));
    let note = ours.sign(40, root());
    let line = other.sign(40, root()).lines().last().unwrap().to_owned();
    let both = with_line(&note, &line);
    assert!(open(&both, &[ours.public().clone()]).is_ok());
    assert!(open(&both, &[ours.public().clone(), other.public().clone()]).is_ok());
    // The other's signature of another size: nobody's business until the other is known.
    let stale = with_line(&note, other.sign(39, root()).lines().last().unwrap());
    assert!(open(&stale, &[ours.public().clone()]).is_ok());
    assert_eq!(open(&stale, &[ours.public().clone(), other.public().clone()]), Err(NoteFault::Forged));
    // One key signs once.
    assert_eq!(open(&with_line(&note, note.lines().last().unwrap()), &[ours.public().clone()]), Err(NoteFault::Malformed));
}

#[test]
fn t22_a_key_id_alone_makes_no_signature() {
    let (ours, other) = (signer(1), signer(2));
    // A line that carries our name and id, and the signature of another key.
    let text = Checkpoint { origin: ORIGIN.to_owned(), size: 40, root: root() }.text();
    let signed: Vec<u8> = ours.public.id.into_iter().chain(other.key.sign(text.as_bytes()).to_bytes()).collect();
    let note = format!("{text}\n{DASH}{ORIGIN} {}\n", STANDARD.encode(signed));
    assert_eq!(open(note.as_bytes(), &[ours.public().clone()]), Err(NoteFault::Forged));
    // Two known keys of one id: it is tried with both.
    let twin = PublicKey { id: ours.public.id, ..other.public().clone() };
    assert!(open(note.as_bytes(), &[ours.public().clone(), twin]).is_ok());
    // A key whose id does not belong to it is none.
    let text = other.public().text().replace(&other.public().id(), &ours.public().id());
    assert_eq!(PublicKey::read(&text), None);
}

#[test]
fn one_checkpoint_has_one_form() {
    let ours = signer(1);
    let key = [ours.public().clone()];
    let sign = |text: &str| {
        let signed: Vec<u8> = ours.public.id.into_iter().chain(ours.key.sign(text.as_bytes()).to_bytes()).collect();
        format!("{text}\n{DASH}{ORIGIN} {}\n", STANDARD.encode(signed))
    };
    let hash = root().base64();
    assert!(open(sign(&format!("{ORIGIN}\n40\n{hash}\n")).as_bytes(), &key).is_ok());
    for text in [
        format!("{ORIGIN}\n040\n{hash}\n"),
        format!("{ORIGIN}\n+40\n{hash}\n"),
        format!("{ORIGIN}\n-1\n{hash}\n"),
        format!("{ORIGIN}\n 40\n{hash}\n"),
        format!("{ORIGIN}\n18446744073709551616\n{hash}\n"),
        format!("{ORIGIN}\n40\n{hash}\nmore\n"),
        format!("{ORIGIN}\n40\n"),
        format!("{ORIGIN}\n40\n{}\n", hash.trim_end_matches('=')),
        format!("{ORIGIN}\n40\n{}\n", &hash[4..]),
        format!("{ORIGIN}\n40\n{hash} \n"),
        format!("\n40\n{hash}\n"),
        format!("{ORIGIN}\r\n40\n{hash}\n"),
    ] {
        assert!(open(sign(&text).as_bytes(), &key).is_err(), "{text:?}");
    }
    let good = ours.sign(40, root());
    for (from, to) in [
        ("\n\n", "\n"),
        ("\n\n", "\n\n\n"),
        ("\n\n", "\r\n\r\n"),
        (DASH, "- "),
        (DASH, "\u{2014}"),
        ("\n\u{2014}", "\n\n\u{2014}"),
        (ORIGIN, "other"),
    ] {
        assert!(open(good.replace(from, to).as_bytes(), &key).is_err(), "{from:?} for {to:?}");
    }
    assert!(open(good.trim_end().as_bytes(), &key).is_err());
    assert!(open(format!("\u{feff}{good}").as_bytes(), &key).is_err());
    assert!(open(format!("{good}\n").as_bytes(), &key).is_err());
    let long = "x".repeat(MAX_NOTE);
    assert!(open(with_line(&good, &format!("{DASH}{long} AAAAAAAA")).as_slice(), &key).is_err());
    assert_eq!(PublicKey::read(&ours.public().text().to_uppercase()), None);
    for name in ["", "two words"] {
        assert_eq!(PublicKey::read(&Signer::new(&[1; 32], name).public().text()), None, "{name:?}");
    }
}

#[test]
fn no_bit_of_a_note_can_be_flipped() {
    let ours = signer(1);
    let note = ours.sign(40, root()).into_bytes();
    for bit in 0..note.len() * 8 {
        let mut flipped = note.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&flipped, &[ours.public().clone()]).is_err(), "bit {bit}");
    }
}

proptest! {
    #[test]
    fn nothing_that_was_made_up_is_taken_or_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open(&bytes, &[signer(1).public().clone()]).is_err());
        drop(PublicKey::read(&String::from_utf8_lossy(&bytes)));
    }

    #[test]
    fn every_size_and_root_is_read_back(size in any::<u64>(), root in any::<[u8; 32]>()) {
        let ours = signer(3);
        let read = open(ours.sign(size, Hash(root)).as_bytes(), &[ours.public().clone()]).unwrap();
        prop_assert_eq!((read.size, read.root), (size, Hash(root)));
    }
}

#[test]
fn a_note_is_as_long_as_it_may_be_and_no_longer_and_its_names_are_names() {
    let lines = |signatures: usize| "\u{2014} name AAAAAAA=\n".repeat(signatures);
    let noted = |bytes: usize, signatures: usize| {
        let lines = lines(signatures);
        format!("{}\n\n{lines}", "x".repeat(bytes - 2 - lines.len()))
    };
    assert!(parts(noted(MAX_NOTE, 1).as_bytes()).is_some() && parts(noted(MAX_NOTE + 1, 1).as_bytes()).is_none());
    assert_eq!(MAX_NOTE, 16_384);
    assert!(parts(noted(2000, MAX_SIGNATURES).as_bytes()).is_some() && parts(noted(2000, MAX_SIGNATURES + 1).as_bytes()).is_none());
    assert!(is_name("sendiass/disclosure/x"));
    for other in ["", "a b", "a+b", "a\u{1}b", "a\nb", "a\u{a0}b"] {
        assert!(!is_name(other), "{other:?}");
    }
}
