//! What Linux's driver core does by itself: it knows which drivers are loaded, and tries deferred probes again.
//!
//! A search needs none of this, as in it anybody may bind anything at any time. Users who type a script do. If the host
//! is missing when a loaded driver, or a device that is plugged in, is probed, the probe is deferred, and tried again
//! when something else has been bound. A bind by hand (sysfs) is not tried again.

use std::collections::{BTreeSet, VecDeque};

/// The drivers and the deferred probes of a board.
#[derive(Debug, Clone, Default)]
pub(super) struct DriverCore {
    /// Modules that are not loaded.
    unloaded: BTreeSet<usize>,
    /// Peripherals whose probe was deferred.
    deferred: BTreeSet<usize>,
    /// Peripherals whose turn it is to be probed again.
    queued: VecDeque<usize>,
}

impl DriverCore {
    /// Whether a module is loaded.
    pub(super) fn is_loaded(&self, module: Option<usize>) -> bool {
        module.is_none_or(|module| !self.unloaded.contains(&module))
    }

    /// A module is loaded.
    pub(super) fn load(&mut self, module: usize) {
        self.unloaded.remove(&module);
    }

    /// A module that serves these peripherals is unloaded: they wait for nothing any more.
    pub(super) fn unload(&mut self, module: usize, served: &[usize]) {
        self.unloaded.insert(module);
        self.deferred.retain(|index| !served.contains(index));
        self.queued.retain(|index| !served.contains(index));
    }

    /// The probe of a peripheral was deferred.
    pub(super) fn defer(&mut self, index: usize) {
        self.deferred.insert(index);
    }

    /// Something was bound: every deferred probe may be tried again.
    pub(super) fn has_bound(&mut self) {
        self.queued.extend(std::mem::take(&mut self.deferred));
    }

    /// The next peripheral that is probed again.
    pub(super) fn next(&mut self) -> Option<usize> {
        self.queued.pop_front()
    }
}
