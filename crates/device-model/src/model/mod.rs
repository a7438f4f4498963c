//! The handle to a model: its operations, and what one can see through it.
//!
//! What it is for: [`Model`] itself, the rules that its operations share, and the questions that change nothing. What
//! it is not: the operations; each family has a file: `population` (add, remove), `binding` (probe, unbind),
//! `loading` (drivers), `settling` (deferred probe, retries), `shutdown`; the managed entries are in
//! [`managed`](crate::managed).
//!
//! # Two rules that every operation keeps
//!
//! * **No borrow across a call.** The book is reached only through [`Model::with`], whose closure calls nothing from
//!   outside and drops nothing from outside. Drivers, observers, actions and drops run between two such closures, and
//!   what was read before them is read again after.
//! * **What the outermost operation owes is done at its end.** [`Model::operate`] counts the nesting; deferred probes,
//!   retries and postponed removals run when the count is back at one, where no device has a call running. So they
//!   never run in the middle of somebody's callback, and the caller from outside sees them done.

mod binding;
mod loading;
mod population;
mod settling;
mod shutdown;

use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};
use std::sync::Arc;

pub use binding::{BindOutcome, UnbindOutcome};
pub use population::RemoveOutcome;
pub use settling::DeferredDevice;
pub use shutdown::ShutdownReport;

use crate::book::Book;
use crate::bus::BusType;
use crate::context::BindContext;
use crate::device::{DeviceInfo, DeviceRef, DeviceState, ProbeFailure, Running};
use crate::event::Event;
use crate::id::{DeviceId, DriverId, Stale};

type Observer = Rc<dyn Fn(&Event)>;

/// All devices, drivers and managed entries of one system. Clones are handles to the same model.
///
/// When the last handle is dropped, whatever is still bound and managed is dropped, last first, without calling the
/// drivers' remove: call [`tear_down`](Self::tear_down) before.
#[derive(Clone)]
pub struct Model {
    shared: Rc<Shared>,
}

/// A handle that doesn't keep the model alive, for what the model itself holds: bound drivers, actions, observers.
#[derive(Clone)]
pub struct WeakModel {
    shared: Weak<Shared>,
}

struct Shared {
    book: RefCell<Book>,
    observer: RefCell<Option<Observer>>,
}

impl WeakModel {
    /// The model, if anybody still has it.
    pub fn upgrade(&self) -> Option<Model> {
        self.shared.upgrade().map(|shared| Model { shared })
    }
}

impl Default for Model {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("residue", &self.residue()).finish_non_exhaustive()
    }
}

impl fmt::Debug for WeakModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakModel").finish_non_exhaustive()
    }
}

impl Model {
    /// A model with no devices and no drivers.
    pub fn new() -> Self {
        Self { shared: Rc::new(Shared { book: RefCell::new(Book::new()), observer: RefCell::new(None) }) }
    }

    /// A handle that doesn't keep the model alive.
    pub fn downgrade(&self) -> WeakModel {
        WeakModel { shared: Rc::downgrade(&self.shared) }
    }

    /// Calls `observer` with everything that happens from now on, in place of the previous observer.
    pub fn set_observer(&self, observer: Rc<dyn Fn(&Event)>) {
        let before = self.shared.observer.borrow_mut().replace(observer);
        drop(before);
    }

    /// Removes the observer.
    pub fn clear_observer(&self) {
        let before = self.shared.observer.borrow_mut().take();
        drop(before);
    }

    /// All devices in the order of adding.
    pub fn devices(&self) -> Vec<DeviceId> {
        self.with(|book| book.order.values().copied().collect())
    }

    /// All drivers in the order of loading.
    pub fn drivers(&self) -> Vec<DriverId> {
        self.with(|book| book.driver_order.values().copied().collect())
    }

    /// The device of that name on that bus. Mirrors `bus_find_device_by_name`.
    pub fn find(&self, bus: &BusType, name: &str) -> Option<DeviceId> {
        self.with(|book| book.find(bus, name))
    }

    /// The device on that bus that the firmware node describes; the first added if there are several. Mirrors
    /// `bus_find_device_by_of_node`.
    pub fn find_by_node(&self, bus: &BusType, path: &str) -> Option<DeviceId> {
        self.with(|book| {
            book.order.values().copied().find(|id| {
                book.devices
                    .get(*id)
                    .is_some_and(|device| device.info.bus() == bus && device.info.node() == Some(path))
            })
        })
    }

    /// The driver of that name on that bus. Mirrors `driver_find`.
    pub fn find_driver(&self, bus: &BusType, name: &str) -> Option<DriverId> {
        self.with(|book| {
            book.driver_order.values().copied().find(|id| {
                book.drivers.get(*id).is_some_and(|driver| driver.bus == *bus && &*driver.name == name)
            })
        })
    }

    /// The description of a device.
    ///
    /// # Errors
    ///
    /// [`Stale`] if it has gone; so for the other questions about one device.
    pub fn info(&self, device: DeviceId) -> Result<Rc<DeviceInfo>, Stale<DeviceId>> {
        self.with(|book| Ok(Rc::clone(&book.device(device)?.info)))
    }

    /// Where a device is in its life.
    pub fn state(&self, device: DeviceId) -> Result<DeviceState, Stale<DeviceId>> {
        self.with(|book| Ok(book.state(book.device(device)?)))
    }

    /// Which call to a device is on the call stack.
    pub fn running(&self, device: DeviceId) -> Result<Option<Running>, Stale<DeviceId>> {
        self.with(|book| Ok(book.device(device)?.running))
    }

    /// The devices directly under a device, in the order of adding.
    pub fn children(&self, device: DeviceId) -> Result<Vec<DeviceId>, Stale<DeviceId>> {
        self.with(|book| Ok(book.device(device)?.children.clone()))
    }

    /// The driver that has a device, also while its remove is running.
    pub fn driver_of(&self, device: DeviceId) -> Result<Option<DriverId>, Stale<DeviceId>> {
        self.with(|book| {
            let device = book.device(device)?;
            Ok(device.binding.as_ref().map(|binding| binding.driver))
        })
    }

    /// The driver whose probe of a device failed last, and its error; forgotten when a driver is bound.
    pub fn last_failure(&self, device: DeviceId) -> Result<Option<ProbeFailure>, Stale<DeviceId>> {
        self.with(|book| Ok(book.device(device)?.failure.clone()))
    }

    /// The devices that a driver has, in the order of binding.
    pub fn bound_to(&self, driver: DriverId) -> Vec<DeviceId> {
        self.with(|book| {
            let has = |id: &DeviceId| book.devices.get(*id).is_some_and(|device| device.has(driver));
            book.bound.values().copied().filter(has).collect()
        })
    }

    /// The device that a driver has bound last.
    pub(crate) fn last_bound_to(&self, driver: DriverId) -> Option<DeviceId> {
        self.with(|book| {
            let has = |id: &DeviceId| book.devices.get(*id).is_some_and(|device| device.has(driver));
            book.bound.values().rev().copied().find(has)
        })
    }

    /// A driver's name.
    ///
    /// # Errors
    ///
    /// [`Stale`] if it has gone.
    pub fn driver_name(&self, driver: DriverId) -> Result<Arc<str>, Stale<DriverId>> {
        self.with(|book| match book.drivers.get(driver) {
            Some(driver) => Ok(Arc::clone(&driver.name)),
            None => Err(book.drivers.stale(driver)),
        })
    }

    /// Reads or changes the book. `f` calls nothing and drops nothing that came from outside.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut Book) -> R) -> R {
        f(&mut self.shared.book.borrow_mut())
    }

    /// Runs an operation that may call out; the outermost one settles the model at its end.
    pub(crate) fn operate<R>(&self, operation: impl FnOnce() -> R) -> R {
        let outermost = self.with(|book| {
            book.depth += 1;
            book.depth == 1
        });
        let result = operation();
        if outermost {
            self.settle();
        }
        self.with(|book| book.depth -= 1);
        result
    }

    /// Calls the observer, if there is one; `event` is called only then.
    pub(crate) fn emit(&self, event: impl FnOnce() -> Event) {
        let observer = self.shared.observer.borrow().clone();
        if let Some(observer) = observer {
            observer(&event());
        }
    }

    /// Calls the observer with something about a device that exists.
    pub(crate) fn emit_for(&self, device: DeviceId, event: impl FnOnce(DeviceRef) -> Event) {
        if self.shared.observer.borrow().is_none() {
            return;
        }
        if let Ok(info) = self.info(device) {
            self.emit(|| event(info.to_ref()));
        }
    }

    pub(crate) fn context(&self, device: DeviceId) -> Option<BindContext> {
        let info = self.info(device).ok()?;
        Some(BindContext { model: self.clone(), info })
    }
}
