//! One entry of a parameter: a phandle and a string that says which property to change and how.
//!
//! * `<0>, "+1-2=3!4"`: switches fragments.
//! * `<&node>, "property"`: a string. `"property:4"`: an integer at an offset; the separator tells its size: `.` one
//!   byte, `;` two, `:` four, `#` eight. `"property?"`: a flag; `"property!"`: the inverse. `"property[": bytes.
//! * After any of these, `=` and a literal in place of the given value; or `{` and a table (`lookup`).

use super::{ParameterErrorKind, lookup};

/// What to change, and the value to change it to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry<'d> {
    /// Switches fragments, as the text says.
    Fragments { switches: &'d str, value: Vec<u8> },
    /// Changes a property of the node that the phandle stands for.
    Property { phandle: u32, property: &'d str, form: Form, value: Vec<u8> },
}

/// What a property holds, as far as a parameter is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One string.
    Text,
    /// The whole value.
    Bytes,
    /// A property without a value, which is there or not.
    Flag { inverse: bool },
    /// A big-endian number.
    Integer { offset: usize, size: Size },
}

/// How many bytes a number has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    One = 1,
    Two = 2,
    Four = 4,
    Eight = 8,
}

/// What ends the property's name.
const SEPARATORS: &[u8] = b".;:#?![{=";

/// Takes one entry off the front of a parameter's data; none at its end. `given` is the value that the parameter was
/// set to.
pub(super) fn take<'d>(data: &mut &'d [u8], given: &[u8]) -> Result<Option<Entry<'d>>, ParameterErrorKind> {
    if data.is_empty() {
        return Ok(None);
    }
    let phandle = take_cell(data)?;
    let text = take_text(data)?;
    if text.is_empty() {
        return Err(ParameterErrorKind::Damaged { problem: "names no property" });
    }
    if phandle == 0 {
        let switches = std::str::from_utf8(text);
        let switches = switches.map_err(|_| ParameterErrorKind::Damaged {
            problem: "switches fragments with something that is not text",
        })?;
        return Ok(Some(Entry::Fragments { switches, value: given.to_vec() }));
    }
    let (name, behind) = text.split_at(until(text, SEPARATORS));
    let (form, literal) = behind.split_at(until(behind, b"={"));
    let form = parse_form(form)?;
    let value = match literal.split_first() {
        None => given.to_vec(),
        // A string's literal may be the next string: the path of a label has to stand alone.
        Some((b'=', [])) if form == Form::Text => match data.is_empty() {
            true => Vec::new(),
            false => take_text(data)?.to_vec(),
        },
        Some((b'=', [])) if form != Form::Bytes => take_cell(data)?.to_string().into_bytes(),
        Some((b'=', literal)) => literal.to_vec(),
        // The table goes on behind the end of the string wherever a value in it is a cell.
        Some((_, table)) => lookup::take(table, data, given)?,
    };
    let property = std::str::from_utf8(name).ok().filter(|name| !name.is_empty());
    let property = property.ok_or(ParameterErrorKind::Damaged { problem: "names no property" })?;
    let value = if property == "status" && form == Form::Text { status(value) } else { value };
    Ok(Some(Entry::Property { phandle, property, form, value }))
}

/// What comes between the property's name and the literal.
fn parse_form(text: &[u8]) -> Result<Form, ParameterErrorKind> {
    let size = match text.first() {
        None => return Ok(Form::Text),
        Some(b'?') => return Ok(Form::Flag { inverse: false }),
        Some(b'!') => return Ok(Form::Flag { inverse: true }),
        Some(b'[') => return Ok(Form::Bytes),
        Some(b'.') => Size::One,
        Some(b';') => Size::Two,
        Some(b':') => Size::Four,
        Some(_) => Size::Eight,
    };
    let digits = text.get(1..).unwrap_or_default();
    let digits = digits.get(..digits.iter().take_while(|byte| byte.is_ascii_digit()).count());
    let digits = std::str::from_utf8(digits.unwrap_or_default()).unwrap_or_default();
    let offset = if digits.is_empty() { Ok(0) } else { digits.parse() };
    let offset = offset.map_err(|_| ParameterErrorKind::TooMuch)?;
    Ok(Form::Integer { offset, size })
}

/// A status may be given as a switch, `on` or `off`.
fn status(value: Vec<u8>) -> Vec<u8> {
    match value.as_slice() {
        b"y" | b"yes" | b"on" | b"true" | b"enable" | b"1" => b"okay".to_vec(),
        b"n" | b"no" | b"off" | b"false" | b"0" => b"disabled".to_vec(),
        _ => value,
    }
}

pub(super) fn take_cell(data: &mut &[u8]) -> Result<u32, ParameterErrorKind> {
    let damaged = ParameterErrorKind::Damaged { problem: "ends within a number" };
    let (cell, rest) = data.split_first_chunk::<4>().ok_or(damaged)?;
    *data = rest;
    Ok(u32::from_be_bytes(*cell))
}

/// Takes a string and its zero byte.
pub(super) fn take_text<'d>(data: &mut &'d [u8]) -> Result<&'d [u8], ParameterErrorKind> {
    let damaged = ParameterErrorKind::Damaged { problem: "ends within a string" };
    let end = data.iter().position(|&byte| byte == 0).ok_or(damaged)?;
    let (text, rest) = data.split_at(end);
    *data = rest.get(1..).unwrap_or_default();
    Ok(text)
}

/// How many bytes there are before one of `ends`.
pub(super) fn until(text: &[u8], ends: &[u8]) -> usize {
    text.iter().position(|byte| ends.contains(byte)).unwrap_or(text.len())
}
