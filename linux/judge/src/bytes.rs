//! Holds what two cores send against each other, call by call: the messages that reached the host, and what was returned.
//!
//! `lab-driver/bytes.c` says a line for each call, with arguments drawn from a seed. Where a line differs, one of the defects
//! of the kernel's own core explains it, or nothing does.

use std::fmt;

/// What the lab's side begins its lines with.
const OURS: &str = "dsi_lab: bytes: ";

/// A defect of the kernel's own core (docs/known-bugs.md) in which the two differ on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mended {
    /// A short response counts as a brightness.
    D12,
    /// A packet can lie about its length.
    D13,
    /// A write without data sends what memory had.
    D14,
}

impl fmt::Display for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::D12 => "D12: a response that is too short for a brightness is an error",
            Self::D13 => "D13: more than 65535 bytes are refused",
            Self::D14 => "D14: a length without data is refused",
        })
    }
}

/// A call for which the two cores say something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What the kernel's own core says.
    pub stock: String,
    /// What the other says.
    pub rust: String,
    /// The defect that explains it.
    pub mended: Option<Mended>,
}

/// What came of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Calls and packets that were compared.
    pub calls: usize,
    /// Functions that were called.
    pub functions: usize,
    /// Those that differ.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// Whether every difference is a mended defect.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.differences.iter().all(|difference| difference.mended.is_some())
    }
}

/// Why two logs can't be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Incomparable {
    /// The last line never came.
    #[error("the {0} core did not come to its end")]
    NoEnd(&'static str),
    /// One has said more.
    #[error("the stock core has said {stock} lines, the Rust core {rust}")]
    Lines {
        /// Lines of the kernel's own core.
        stock: usize,
        /// Lines of the other.
        rust: usize,
    },
}

/// Compares the logs of two boots with the same seed.
///
/// # Errors
///
/// [`Incomparable`] if one has not come to its end, or they did not make the same calls.
pub fn compare(stock: &str, rust: &str) -> Result<Comparison, Incomparable> {
    let ((stock, functions), (rust, _)) = (lines(stock, "stock")?, lines(rust, "Rust")?);
    if stock.len() != rust.len() {
        return Err(Incomparable::Lines { stock: stock.len(), rust: rust.len() });
    }
    let pairs = stock.iter().zip(&rust).filter(|(stock, rust)| stock != rust);
    let differences = pairs.map(|(stock, rust)| Difference {
        stock: (*stock).to_owned(),
        rust: (*rust).to_owned(),
        mended: explanation(stock, rust),
    });
    Ok(Comparison { calls: stock.len(), functions, differences: differences.collect() })
}

/// The lines of calls and packets, and how many functions there are.
fn lines<'log>(log: &'log str, core: &'static str) -> Result<(Vec<&'log str>, usize), Incomparable> {
    let said = log.lines().filter_map(|line| Some(line.split_once(OURS)?.1.trim_end()));
    let mut lines: Vec<&str> = said.collect();
    let last = lines.pop().and_then(|line| line.strip_prefix("end: functions ")?.parse().ok());
    last.map(|functions| (lines, functions)).ok_or(Incomparable::NoEnd(core))
}

/// The defect that explains why a line differs. The lines have to begin alike: with the call and its arguments.
fn explanation(stock: &str, rust: &str) -> Option<Mended> {
    let same_call = stock.split(": ").next() == rust.split(": ").next();
    let has = |word: &str, value: &str| after(stock, word) == Some(value);
    let returned = |line: &str, value: &str| after(line, "returned") == Some(value);
    let name = stock.split(' ').next().unwrap_or_default();
    if !same_call {
        return None;
    }
    let is_brightness = name.starts_with("mipi_dsi_dcs_get_display_brightness");
    if is_brightness && has("answer", "1") && returned(stock, "0") && returned(rust, ENODATA) {
        return Some(Mended::D12);
    }
    let is_long =
        after(stock, "tx").and_then(|len| len.parse::<usize>().ok()).is_some_and(|len| len > 0xffff);
    if name == "packet" && is_long && returned(stock, "0") && returned(rust, EINVAL) {
        return Some(Mended::D13);
    }
    let is_without_data = name == "mipi_dsi_dcs_write" && has("data", "0") && !has("len", "0");
    if is_without_data && after(rust, "sent") == Some("0") && returned(rust, EINVAL) {
        return Some(Mended::D14);
    }
    None
}

const ENODATA: &str = "-61";
const EINVAL: &str = "-22";

/// The word after this one.
fn after<'line>(line: &'line str, word: &str) -> Option<&'line str> {
    let mut words = line.split([' ', ':']).filter(|word| !word.is_empty());
    words.find(|found| *found == word)?;
    words.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(lines: &[&str]) -> String {
        let all = lines.iter().map(|line| format!("[ 1.0] {OURS}{line}\n"));
        all.collect::<String>() + OURS + "end: functions 2\n"
    }

    const NOP: &str = "mipi_dsi_dcs_nop len 3 data 1 err 0: sent 1 channel 2 type 05 flags 0 tx 1 0000abcd rx 0 answer 1: returned 0 read 00000000";

    #[test]
    fn the_same_lines_agree() {
        let comparison = compare(&log(&[NOP, NOP]), &log(&[NOP, NOP])).expect("they can be compared");
        assert_eq!(comparison, Comparison { calls: 2, functions: 2, differences: vec![] });
    }

    #[test]
    fn another_byte_or_another_result_is_a_difference_that_nothing_explains() {
        for (from, to) in [("0000abcd", "0000abce"), ("type 05", "type 15"), ("returned 0", "returned -5")] {
            let comparison =
                compare(&log(&[NOP]), &log(&[&NOP.replace(from, to)])).expect("they can be compared");
            assert_eq!(comparison.differences.len(), 1);
            assert!(!comparison.agrees(), "{to}");
        }
    }

    #[test]
    fn mended_defects_are_named() {
        let brightness = |returned: &str| {
            format!(
                "mipi_dsi_dcs_get_display_brightness len 3 data 1 err 0: sent 1 channel 2 type 06 flags 0 tx 1 00 rx 2 answer 1: returned {returned} read 12340000"
            )
        };
        let packet = |rest: &str| format!("packet 39 channel 1 tx 65536: {rest} header 79000000");
        let write = |sent: &str, returned: &str| {
            format!(
                "mipi_dsi_dcs_write len 3 data 0 err 0: sent {sent} channel 2 type 39 flags 0 tx 4 00 rx 0 answer 4: returned {returned} read 0"
            )
        };
        for (stock, rust, mended) in [
            (brightness("0"), brightness("-61"), Mended::D12),
            (packet("returned 0 size 65540"), packet("returned -22 size 0"), Mended::D13),
            (write("1", "4"), write("0", "-22"), Mended::D14),
        ] {
            let comparison = compare(&log(&[&stock]), &log(&[&rust])).expect("they can be compared");
            assert_eq!(comparison.differences[0].mended, Some(mended));
            // Not the other way round.
            let comparison = compare(&log(&[&rust]), &log(&[&stock])).expect("they can be compared");
            assert!(!comparison.agrees());
        }
    }

    #[test]
    fn a_boot_that_did_not_end_is_not_compared() {
        let whole = log(&[NOP]);
        let cut = whole.lines().next().expect("a line").to_owned();
        assert_eq!(compare(&whole, &cut), Err(Incomparable::NoEnd("Rust")));
        let lines = Incomparable::Lines { stock: 1, rust: 2 };
        assert_eq!(compare(&whole, &log(&[NOP, NOP])), Err(lines));
    }
}
