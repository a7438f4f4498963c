//! Random numbers, of which each decision takes one.

/// When the numbers have run out, every decision is the quiet one.
pub(crate) struct Choices {
    numbers: std::vec::IntoIter<u8>,
}

impl Choices {
    pub(crate) fn new(numbers: Vec<u8>) -> Self {
        Self { numbers: numbers.into_iter() }
    }

    pub(crate) fn have_run_out(&self) -> bool {
        self.numbers.as_slice().is_empty()
    }

    /// A number below `of`, 0 for the quiet choice.
    pub(crate) fn choose(&mut self, of: usize) -> usize {
        self.numbers.next().map_or(0, |number| usize::from(number).checked_rem(of).unwrap_or(0))
    }
}
