//! The matrix: models down, properties across.

use teardown_check::{Checked, Property};

/// A cell of the matrix.
pub(crate) fn cell(checked: &Checked, property: Property) -> String {
    match checked.counterexample(property) {
        _ if checked.not_up.is_some() => "?".to_owned(),
        None => "ok".to_owned(),
        Some(found) if found.actors > 1 => format!("{}x{}", found.actions(), found.actors),
        Some(found) => found.actions().to_string(),
    }
}

/// The lines of the matrix of one shape.
pub(crate) fn lines(results: &[Checked]) -> Vec<String> {
    let head = |property: Property| match property.name().split_once('-') {
        Some((first, rest)) => (first.to_owned(), rest.to_owned()),
        None => (String::new(), property.name().to_owned()),
    };
    let width = |property: Property| {
        let (first, rest) = head(property);
        first.len().max(rest.len()).max(3) + 1
    };
    let mut first = format!("{:<15}", "");
    let mut second = format!("{:<15}", "model");
    for property in Property::ALL {
        let (above, below) = head(property);
        first.push_str(&format!(" {above:<0$}", width(property)));
        second.push_str(&format!(" {below:<0$}", width(property)));
    }
    second.push_str(&format!(" {:>9}", "states"));
    let mut lines = vec![first.trim_end().to_owned(), second];
    for checked in results {
        let mut line = format!("{:<15}", checked.model);
        for property in Property::ALL {
            line.push_str(&format!(" {:<1$}", cell(checked, property), width(property)));
        }
        line.push_str(&format!(" {:>9}", thousands(checked.states)));
        lines.push(line);
    }
    lines
}

/// A number with commas.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
