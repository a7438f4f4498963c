//! Tables that turn a given value into another: `{a=1,b='x,y',c,=default}`.
//!
//! A key without `=` stands for itself, an empty key for every value that no earlier key matches. A value is text, text
//! in quotes, or a cell: then the string ends after `=`, four bytes follow, and the table goes on in the next string.

use super::ParameterErrorKind;
use super::entry::{take_cell, take_text, until};

/// What was found so far.
#[derive(PartialEq, Eq)]
enum Found {
    Nothing,
    Default,
    Key,
}

/// The value that a table has for `given`. `table` is what comes after `{` in its string, `data` what follows
/// that string; takes off what belongs to the table.
pub(super) fn take<'d>(
    mut table: &'d [u8],
    data: &mut &'d [u8],
    given: &[u8],
) -> Result<Vec<u8>, ParameterErrorKind> {
    let damaged = |problem| ParameterErrorKind::Damaged { problem };
    let mut value = given.to_vec();
    let mut found = Found::Nothing;
    let mut known = Vec::new();
    while table.first().is_some_and(|&byte| byte != b'}') {
        let (key, rest) = table.split_at(until(table, b"=,}"));
        known.push(String::from_utf8_lossy(key).into_owned());
        // A default is compared with the keys behind it in place of what was given, as the firmware does.
        let matches =
            if key.is_empty() { found == Found::Nothing } else { found != Found::Key && key == value };
        if matches {
            found = if key.is_empty() { Found::Default } else { Found::Key };
        }
        let Some((b'=', rest)) = rest.split_first() else {
            table = rest.strip_prefix(b",").unwrap_or(rest);
            continue;
        };
        let (immediate, behind) = match rest {
            // The string has ended: a cell.
            [] => {
                let cell = take_cell(data)?.cast_signed().to_string().into_bytes();
                // The parameter may end here, without a bracket.
                let next = if data.is_empty() { &b"}"[..] } else { take_text(data)? };
                (cell, next)
            }
            [b'\'', quoted @ ..] => {
                let end = quoted.iter().position(|&byte| byte == b'\'');
                let (text, behind) = quoted.split_at(end.ok_or(damaged("has a quote without an end"))?);
                let behind = behind.get(1..).unwrap_or_default();
                (text.to_vec(), behind.strip_prefix(b",").unwrap_or(behind))
            }
            _ => {
                let (text, behind) = rest.split_at(until(rest, b",}"));
                (text.to_vec(), behind.strip_prefix(b",").unwrap_or(behind))
            }
        };
        if matches {
            value = immediate;
        }
        table = behind;
    }
    match (found, table) {
        (Found::Nothing, _) => {
            Err(ParameterErrorKind::NoChoice { known, value: String::from_utf8_lossy(given).into_owned() })
        }
        (_, b"}") => Ok(value),
        (_, _) => Err(damaged("has a table without an end")),
    }
}
