use super::*;

fn given(text: &str) -> Given {
    Given { text: Some(text.to_owned().into()), file: None }
}

const ONE: &str = "8f3a07c1d95e42b6107ee4a9c25b7713f0d8ab64193cce8801527da6e3b90f44";
const TWO: &str = "5d10e97a4cb8236f91e0047dd3aa58c6827b1fe539f6c01a64d2be880b9753ec";
const THREE: &str = "tB7xo0nKkUzGZp0gqO5yfI2mS1hD8cVbN4wRaXeYJlk=";

#[test]
fn production_starts_on_no_weak_short_equal_or_missing_secret() {
    let folder = tempfile::tempdir().unwrap();
    let gather = |[kek, index, log]: [Given; 3], other: &str| {
        let other = if other.is_empty() { Given::default() } else { given(other) };
        Secrets::gather(&[kek, index, log, Given::default(), other], folder.path(), true).err().map(|fault| fault.to_string())
    };
    assert_eq!(gather([given(ONE), given(TWO), given(THREE)], ""), None);
    for taken in [ONE, TWO, THREE] {
        let told = gather([given(ONE), given(TWO), given(THREE)], taken).unwrap();
        assert!(told.contains("SENDIASS_OTHER_KEY_ENCRYPTION_KEY are the same"), "{told}");
    }
    for (given, told) in [
        ([given(ONE), given(TWO), Given::default()], "Production needs SENDIASS_LOG_KEY or SENDIASS_LOG_KEY_FILE."),
        (
            [given(ONE), given(ONE), given(THREE)],
            "SENDIASS_KEY_ENCRYPTION_KEY and SENDIASS_INDEX_KEY are the same: each secret must be its own.",
        ),
        ([given(ONE), given("short"), given(THREE)], "SENDIASS_INDEX_KEY is not 32 bytes in hexadecimal or base64."),
        (
            [given(&"00".repeat(32)), given(TWO), given(THREE)],
            "SENDIASS_KEY_ENCRYPTION_KEY is not random: make one with `openssl rand -hex 32`.",
        ),
    ] {
        assert_eq!(gather(given, "").as_deref(), Some(told));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "production makes no key");
}

#[test]
fn elsewhere_each_secret_is_made_once_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let gather = || Secrets::gather(&Default::default(), folder.path(), false).unwrap();
    let (first, again) = (gather(), gather());
    assert_eq!(*first.key_encryption, *again.key_encryption);
    assert_ne!(*first.key_encryption, *first.index);
    for entry in fs::read_dir(folder.path()).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_new_key_is_beside_the_old_one_until_the_old_one_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let gather = || Secrets::gather(&Default::default(), folder.path(), false).unwrap();
    let old = gather().key_encryption;
    renew_key_encryption(folder.path()).unwrap();
    let renewed = gather();
    assert_ne!(*renewed.key_encryption, *old);
    assert_eq!(renewed.other_key_encryption.as_deref(), Some(&*old));
    // Done again before the old one is forgotten, it makes no third.
    renew_key_encryption(folder.path()).unwrap();
    assert_eq!(*gather().key_encryption, *renewed.key_encryption);
    // Interrupted between the two files, the old key was in both.
    fs::copy(folder.path().join("other-key-encryption.key"), folder.path().join("key-encryption.key")).unwrap();
    assert_eq!(*gather().key_encryption, *old);
    assert!(gather().other_key_encryption.is_none());
    renew_key_encryption(folder.path()).unwrap();
    assert_ne!(*gather().key_encryption, *old);
    assert_eq!(gather().other_key_encryption.as_deref(), Some(&*old));
    forget_other_key_encryption(folder.path()).unwrap();
    forget_other_key_encryption(folder.path()).unwrap();
    assert!(gather().other_key_encryption.is_none());
}

#[test]
fn the_key_is_made_once_and_only_its_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    development_key(folder.path()).unwrap();
    let path = folder.path().join(DEVELOPMENT_KEY);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n") && text.lines().all(|line| line.len() <= 64));

    development_key(folder.path()).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");
}

#[test]
fn all_who_start_together_use_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.key");
    let keys: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| load_or_make(&path, random_hex).unwrap())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_key_open_to_others_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    development_key(folder.path()).unwrap();
    let path = folder.path().join(DEVELOPMENT_KEY);
    let text = fs::read_to_string(&path).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let fault = development_key(folder.path()).err().unwrap();
        assert!(matches!(fault, KeyFault::Permissions(_)), "{mode:o}");
        assert_eq!(fault.to_string().matches(". ").count(), 0, "one sentence: {fault}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_file_that_is_no_key_is_refused_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(DEVELOPMENT_KEY);
    fs::write(&path, "not a key").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(development_key(folder.path()), Err(KeyFault::Malformed(..))));
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a key");
}
