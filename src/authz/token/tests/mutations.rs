//! A good token changed in any place is no good token.

use crate::authz::token::forge::Scene;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A generator of 64 bits (Marsaglia's xorshift), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn letter(&mut self) -> u8 {
        ALPHABET[self.below(ALPHABET.len())]
    }
}

#[test]
fn a_token_with_any_one_byte_changed_is_refused() {
    let mut random = Random(0x5EED);
    for scene in Scene::all() {
        let good = format!("Bearer {}", scene.good()).into_bytes();
        scene.authorise(&good).unwrap();
        for place in 0..good.len() {
            for byte in [random.letter(), good[place] ^ 1, good[place] ^ 0x80] {
                let mut bad = good.clone();
                bad[place] = byte;
                assert!(bad == good || scene.authorise(&bad).is_err(), "byte {place}, {}", scene.label());
            }
        }
    }
}

#[test]
fn no_random_change_makes_another_good_token() {
    let mut random = Random(0x5EED_1234);
    for scene in Scene::all() {
        let good = format!("Bearer {}", scene.good()).into_bytes();
        for round in 0..2000 {
            let mut bad = good.clone();
            for _ in 0..=random.below(3) {
                let place = random.below(bad.len());
                match random.below(6) {
                    0 => bad[place] = random.letter(),
                    1 => bad.insert(place, random.letter()),
                    2 => drop(bad.remove(place)),
                    3 => bad.truncate(place.max(8)),
                    4 => bad.swap(place, good.len() / 2 % (place + 1)),
                    _ => bad[place] = u8::try_from(random.below(256)).unwrap(),
                }
            }
            assert!(bad == good || scene.authorise(&bad).is_err(), "round {round}, {}", scene.label());
        }
    }
}
