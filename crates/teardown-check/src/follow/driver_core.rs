//! What Linux's driver core does by itself: it knows which drivers are loaded, and probes again what was deferred.
//!
//! A search needs none of it, as anybody may bind anything at any time in it. Who types a script does. The probe of a driver that
//! is loaded, or of a device that is plugged in, while its host is missing is deferred, and tried again when something else has been
//! bound. A bind by hand (sysfs) is not.

use std::collections::{BTreeSet, VecDeque};

/// The drivers and the deferred probes of a board.
#[derive(Debug, Clone, Default)]
pub(super) struct DriverCore {
    /// Modules that are not loaded.
    unloaded: BTreeSet<usize>,
    /// Peripherals whose probe was deferred.
    deferred: BTreeSet<usize>,
    /// Those whose turn it is to be probed again.
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

    /// Something was bound: all that is deferred may be probed again.
    pub(super) fn has_bound(&mut self) {
        self.queued.extend(std::mem::take(&mut self.deferred));
    }

    /// The next peripheral that is probed again.
    pub(super) fn next(&mut self) -> Option<usize> {
        self.queued.pop_front()
    }
}
