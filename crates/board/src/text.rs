//! Text from a device tree, for people.
//!
//! A blob may give its nodes any names, and a terminal obeys control characters. So all code that shows such text to
//! people passes it through [`visible`], a line at a time.

use std::borrow::Cow;

/// The text with its control characters escaped (`\u{1b}`); all others, quotes and backslashes too, stay as they are.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_debug());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn only_control_characters_are_escaped() {
        assert_eq!(visible("a\u{1b}[31m\n\t\u{7f}\u{9b}\0"), r"a\u{1b}[31m\n\t\u{7f}\u{9b}\0");
        assert_eq!(visible(r#"└─ "it's" \ é"#), r#"└─ "it's" \ é"#);
    }
}
