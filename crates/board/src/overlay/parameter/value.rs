//! What a given value means: a number, a switch, bytes, text with escapes.

/// The most bytes that a property of bytes can be set to.
const MAX_BYTES: usize = 32;

/// A number as C reads it: decimal, `0x` hexadecimal, `0` octal; a minus takes it from the top. Nothing is zero.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return Some(0);
    }
    let text = std::str::from_utf8(text).ok()?.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None if digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    // Too large a number is the largest, with a minus too.
    match u64::from_str_radix(digits, radix) {
        Ok(number) if negative => Some(number.wrapping_neg()),
        Ok(number) => Some(number),
        Err(_) => Some(u64::MAX),
    }
}

/// A number, or a word for one.
pub(super) fn number_or_word(text: &[u8]) -> Option<u64> {
    number(text).or(match text {
        b"n" | b"no" | b"off" | b"false" => Some(0),
        b"y" | b"yes" | b"on" | b"true" | b"down" => Some(1),
        b"up" => Some(2),
        _ => None,
    })
}

/// Bytes in hexadecimal, with colons or blanks between them or not.
pub(super) fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        if matches!(first, b':' | b' ' | b'\t') {
            rest = behind;
            continue;
        }
        let (digits, behind) = rest.split_first_chunk::<2>()?;
        bytes.push(hex_byte(*digits)?);
        rest = behind;
    }
    (bytes.len() <= MAX_BYTES).then_some(bytes)
}

/// Text with C's escapes.
pub(super) fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        if first != b'\\' {
            plain.push(first);
            continue;
        }
        let (&escape, behind) = rest.split_first()?;
        rest = behind;
        plain.push(match escape {
            b'0'..=b'7' => {
                let more = rest.iter().take(2).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
                let (digits, behind) = rest.split_at(more);
                rest = behind;
                let value = |sum, digit: &u8| sum * 8 + u32::from(digit - b'0');
                u8::try_from(digits.iter().fold(u32::from(escape - b'0'), value)).ok()?
            }
            b'a' => 7,
            b'b' => 8,
            b't' => 9,
            b'n' => 10,
            b'v' => 11,
            b'f' => 12,
            b'r' => 13,
            b'x' => {
                let (digits, behind) = rest.split_first_chunk::<2>()?;
                rest = behind;
                hex_byte(*digits)?
            }
            b'\\' | b'\'' | b'"' => escape,
            _ => return None,
        });
    }
    Some(plain)
}

fn hex_byte(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? << 4 | low?).ok()
}

#[cfg(test)]
mod tests {
    use super::{bytes, number, number_or_word, unescaped};

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, expected) in [
            ("", Some(0)),
            ("180", Some(180)),
            (" +7", Some(7)),
            ("-1", Some(u64::MAX)),
            ("0x1F", Some(31)),
            ("017", Some(15)),
            ("0", Some(0)),
            ("99999999999999999999", Some(u64::MAX)),
            ("-99999999999999999999", Some(u64::MAX)),
            ("0x", None),
            ("08", None),
            ("1 ", None),
            ("-", None),
            (" ", None),
            ("on", None),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text:?}");
        }
        for (word, expected) in [("up", 2), ("down", 1), ("yes", 1), ("off", 0), ("0x10", 16)] {
            assert_eq!(number_or_word(word.as_bytes()), Some(expected), "{word}");
        }
        assert_eq!(number_or_word(b"ON"), None);
    }

    #[test]
    fn bytes_may_be_apart_and_are_at_most_32() {
        assert_eq!(bytes(b"b8:27 Eb01\t2f"), Some(vec![0xb8, 0x27, 0xeb, 0x01, 0x2f]));
        assert_eq!(bytes(b""), Some(vec![]));
        for text in ["b", "b:8", "xy", "b8-27"] {
            assert_eq!(bytes(text.as_bytes()), None, "{text}");
        }
        assert_eq!(bytes(&b"ff".repeat(32)), Some(vec![0xff; 32]));
        assert_eq!(bytes(&b"ff".repeat(33)), None);
    }

    #[test]
    fn escapes_are_those_of_c() {
        assert_eq!(unescaped(br#"a\n\t\x41\101\0z\\\'\""#).as_deref(), Some(&b"a\n\tAA\0z\\'\""[..]));
        assert_eq!(unescaped(br"\1234").as_deref(), Some(&b"S4"[..]));
        for text in [r"\", r"\q", r"\x4", r"\xzz", r"\777"] {
            assert_eq!(unescaped(text.as_bytes()), None, "{text}");
        }
    }
}
