use super::*;
use crate::ledger::leaf::leaf_hash;

fn head() -> Head {
    let note = b"name\n9\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\xe2\x80\x94 name AAAAAAA=\n".to_vec();
    Head { note, from: 2, to: 5, size: 9, proof: vec![leaf_hash(b"a"), leaf_hash(b"b")] }
}

fn read(text: &[u8]) -> Result<Option<Head>, NoBundle> {
    let mut reader = HeadReader::default();
    for line in text.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n') {
        if let Some(head) = reader.line(line)? {
            return Ok(Some(head));
        }
    }
    Ok(None)
}

#[test]
fn the_head_of_a_bundle_reads_as_it_was_written() {
    let written = head().write();
    assert_eq!(read(&written), Ok(Some(head())));
    let text = String::from_utf8(written.clone()).unwrap();
    assert!(
        text.starts_with("sendiass-bundle/v1\nname\n9\n") && text.ends_with("=\nentries\n") && text.contains("\nrange 2 5 9\n"),
        "{text}"
    );
    let whole = Head { from: 0, to: 0, size: 0, proof: Vec::new(), ..head() };
    assert_eq!(read(&whole.write()), Ok(Some(whole)));
}

#[test]
fn a_head_has_one_form() {
    let text = String::from_utf8(head().write()).unwrap();
    let changed = |from: &str, to: &str| read(text.replacen(from, to, 1).as_bytes());
    assert_eq!(changed("v1", "v2"), Err(NoBundle::Format));
    assert_eq!(changed("v1\n", "v1\r\n"), Err(NoBundle::Format));
    for range in ["2 5", "02 5 9", "+2 5 9", "2 5 9 ", "2 5 9 1", "2  5 9", "5 2 9", "2 10 9", "2 5 99999999999999999999", "-2 5 9"] {
        assert_eq!(changed("2 5 9", range), Err(NoBundle::Range), "{range}");
    }
    assert_eq!(read(b"sendiass-bundle/v1\nrange 0 0 0\n"), Err(NoBundle::Note));
    let hash = head().proof[0].base64();
    for other in ["", "entries ", &hash[1..], &hash.replace('=', ""), &format!("{hash} ")] {
        assert_eq!(changed(&hash, other), Err(NoBundle::Proof), "{other}");
    }
    let many = Head { proof: vec![leaf_hash(b"a"); MAX_PROOF + 1], ..head() };
    assert_eq!(read(&many.write()), Err(NoBundle::Proof));
    assert_eq!(read(format!("sendiass-bundle/v1\n{}", "x\n".repeat(MAX_NOTE)).as_bytes()), Err(NoBundle::Note));
}

#[test]
fn a_head_is_as_long_as_it_may_be_and_no_longer() {
    let noted = |bytes: usize| Head { note: [vec![b'x'; bytes - 1], b"\n".to_vec()].concat(), ..head() };
    assert_eq!(read(&noted(MAX_NOTE).write()), Ok(Some(noted(MAX_NOTE))));
    // Past the limit by more than one byte at once.
    assert_eq!(read(&noted(MAX_NOTE + 9).write()), Err(NoBundle::Note));
    let most = Head { proof: vec![leaf_hash(b"a"); MAX_PROOF], ..head() };
    assert_eq!(read(&most.write()), Ok(Some(most)));
}

#[test]
fn whoever_reads_it_is_told_what_is_wrong() {
    let said = [NoBundle::Format, NoBundle::Note, NoBundle::Range, NoBundle::Proof].map(|fault| fault.to_string());
    assert_eq!(said.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    assert!(said[0].contains("not a bundle") && said[1..].iter().all(|said| said.contains("checkpoint") || said.contains("range")));
}
