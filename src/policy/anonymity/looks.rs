//! Letters that look like others: `Аnа` with Cyrillic letters is read as Ana (Unicode Technical Standard 39, confusables).

use unicode_normalization::char::is_combining_mark;

/// The Latin letter that this letter of another script or shape is read as, in the same case; itself, if there is none.
pub(super) fn like(sign: char) -> char {
    if sign.is_ascii() || !sign.is_alphabetic() {
        return sign;
    }
    let written = sign.to_string();
    let mut seen = unicode_security::skeleton(&written).filter(|part| !is_combining_mark(*part));
    let (Some(seen), None) = (seen.next(), seen.next()) else { return sign };
    let latin = match small_capital(seen) {
        // To the standard a capital `I` looks like a small `l`, and so does all that looks like it.
        'l' if sign.is_uppercase() => 'i',
        latin => latin,
    };
    match (latin.is_ascii_alphabetic(), sign.is_uppercase()) {
        (false, _) => sign,
        (true, true) => latin.to_ascii_uppercase(),
        (true, false) => latin.to_ascii_lowercase(),
    }
}

/// Small letters that look like small capitals, which to the standard are letters of their own: a Cyrillic `к` is read as a `k`.
fn small_capital(sign: char) -> char {
    match sign {
        'ᴀ' => 'a',
        'ʙ' => 'b',
        'ᴄ' => 'c',
        'ᴅ' => 'd',
        'ᴇ' => 'e',
        'ɢ' => 'g',
        'ʜ' => 'h',
        'ɪ' => 'i',
        'ᴊ' => 'j',
        'ᴋ' | 'ĸ' => 'k',
        'ʟ' => 'l',
        'ᴍ' => 'm',
        'ɴ' => 'n',
        'ᴏ' => 'o',
        'ᴘ' => 'p',
        'ʀ' => 'r',
        'ᴛ' => 't',
        'ᴜ' => 'u',
        'ᴠ' => 'v',
        'ᴡ' => 'w',
        'ʏ' => 'y',
        'ᴢ' => 'z',
        other => other,
    }
}
