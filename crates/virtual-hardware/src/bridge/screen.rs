//! What is behind a bridge: a screen that shows what it gets and knows nothing of DSI.

use crate::picture::Picture;
use crate::sync::lock;
use std::sync::Mutex;

/// A screen of a fixed size.
#[derive(Debug)]
pub struct Screen {
    width: u16,
    height: u16,
    /// `None` while it gets no signal.
    shown: Mutex<Option<Picture>>,
}

impl Screen {
    /// A dark screen with this many pixels in a row, and this many rows.
    pub const fn new(width: u16, height: u16) -> Self {
        Self { width, height, shown: Mutex::new(None) }
    }

    /// Pixels in a row.
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Rows.
    pub const fn height(&self) -> u16 {
        self.height
    }

    /// What a viewer sees; black without a signal.
    pub fn picture(&self) -> Picture {
        lock(&self.shown).clone().unwrap_or_else(|| Picture::black(self.width, self.height))
    }

    /// Whether it gets a signal.
    pub fn is_lit(&self) -> bool {
        lock(&self.shown).is_some()
    }

    /// Gives it a signal, or takes it away. A picture of another size counts as no signal.
    pub fn show(&self, picture: Option<Picture>) {
        let size = (usize::from(self.width), usize::from(self.height));
        *lock(&self.shown) = picture.filter(|picture| (picture.width(), picture.height()) == size);
    }
}
