//! What a device is to everybody else: its description, its state, and which of its calls are running.
//!
//! What it is for: the plain values that go in and come out. What it is not: the record that the model keeps of a
//! device (`book`), nor the operations on it ([`Model`](crate::Model)).

use std::any::Any;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use crate::bus::BusType;
use crate::id::DeviceId;

/// What [`Model::add`](crate::Model::add) needs to know of a device.
#[derive(Clone)]
pub struct DeviceDescription {
    pub(crate) bus: BusType,
    pub(crate) name: Arc<str>,
    pub(crate) parent: Option<DeviceId>,
    pub(crate) compatible: Vec<String>,
    pub(crate) node: Option<String>,
    pub(crate) data: Option<Rc<dyn Any>>,
}

impl DeviceDescription {
    /// A device of that name (unique on its bus), with no parent, no firmware node and nothing it is compatible with.
    pub fn new(bus: BusType, name: impl Into<Arc<str>>) -> Self {
        Self { bus, name: name.into(), parent: None, compatible: Vec::new(), node: None, data: None }
    }

    /// Puts the device under `parent`: it is removed before `parent` is.
    pub fn parent(mut self, parent: DeviceId) -> Self {
        self.parent = Some(parent);
        self
    }

    /// Adds to the compatible list, most specific first.
    pub fn compatible<S: Into<String>>(mut self, compatible: impl IntoIterator<Item = S>) -> Self {
        self.compatible.extend(compatible.into_iter().map(Into::into));
        self
    }

    /// Names the firmware node that describes the device, by its full path.
    pub fn node(mut self, path: impl Into<String>) -> Self {
        self.node = Some(path.into());
        self
    }

    /// Attaches what the firmware says about the device, in whatever form its drivers read.
    pub fn data(mut self, data: Rc<dyn Any>) -> Self {
        self.data = Some(data);
        self
    }
}

impl fmt::Debug for DeviceDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceDescription")
            .field("bus", &self.bus)
            .field("name", &self.name)
            .field("parent", &self.parent)
            .field("compatible", &self.compatible)
            .field("node", &self.node)
            .field("data", &self.data.as_ref().map(|_| "..."))
            .finish()
    }
}

/// What doesn't change in the life of a device.
pub struct DeviceInfo {
    pub(crate) id: DeviceId,
    pub(crate) description: DeviceDescription,
}

impl DeviceInfo {
    /// The device's id.
    pub fn id(&self) -> DeviceId {
        self.id
    }

    /// The bus that it is on.
    pub fn bus(&self) -> &BusType {
        &self.description.bus
    }

    /// Its name as sysfs shows it.
    pub fn name(&self) -> &str {
        &self.description.name
    }

    /// The parent device.
    pub fn parent(&self) -> Option<DeviceId> {
        self.description.parent
    }

    /// What it is compatible with, most specific first.
    pub fn compatible(&self) -> &[String] {
        &self.description.compatible
    }

    /// Full path of its firmware node.
    pub fn node(&self) -> Option<&str> {
        self.description.node.as_deref()
    }

    /// The firmware data, if there is any and it is a `T`.
    pub fn data<T: 'static>(&self) -> Option<Rc<T>> {
        self.description.data.clone()?.downcast().ok()
    }

    /// Id, bus and name together, for events and errors.
    pub fn to_ref(&self) -> DeviceRef {
        DeviceRef { id: self.id, bus: self.description.bus.clone(), name: Arc::clone(&self.description.name) }
    }
}

impl fmt::Debug for DeviceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceInfo").field("id", &self.id).field("description", &self.description).finish()
    }
}

/// A device by id and by name: readable also after the device has gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceRef {
    /// The device's id.
    pub id: DeviceId,
    /// The bus that it is, or was, on.
    pub bus: BusType,
    /// Its name on that bus.
    pub name: Arc<str>,
}

impl fmt::Display for DeviceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bus, self.name)
    }
}

/// Where a device is in its life. Drivers are given by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// No driver has it. The error of its last probe is in
    /// [`Model::last_failure`](crate::Model::last_failure).
    Unbound,
    /// A driver asked to be called again; this happens after the next bind anywhere.
    Deferred {
        /// The driver that deferred.
        driver: Arc<str>,
        /// What it waits for.
        reason: Arc<str>,
    },
    /// A driver's probe is running, or what a failed probe left is being released.
    Probing {
        /// Whose probe.
        driver: Arc<str>,
    },
    /// A driver has it.
    Bound {
        /// Which one.
        driver: Arc<str>,
    },
    /// A driver's remove is running, or its managed entries are being released.
    Unbinding {
        /// Which driver is leaving.
        driver: Arc<str>,
    },
    /// It is being removed, or will be as soon as the running call to it or to a device below it returns.
    Removing {
        /// The driver that still has it or is being called right now, if any.
        driver: Option<Arc<str>>,
    },
}

impl fmt::Display for DeviceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbound => f.write_str("unbound"),
            Self::Deferred { driver, reason } => write!(f, "deferred by {driver}: {reason}"),
            Self::Probing { driver } => write!(f, "being probed by {driver}"),
            Self::Bound { driver } => write!(f, "bound to {driver}"),
            Self::Unbinding { driver } => write!(f, "being unbound from {driver}"),
            Self::Removing { driver: None } => f.write_str("being removed"),
            Self::Removing { driver: Some(driver) } => write!(f, "being removed, with {driver}"),
        }
    }
}

/// The error of a failed probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeFailure {
    /// The driver's name.
    pub driver: Arc<str>,
    /// Its error, in words.
    pub reason: Arc<str>,
}

/// A call to a device that is on the call stack. While there is one, the device can't be bound, unbound or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Running {
    /// Its driver's probe.
    Probe,
    /// Its driver's remove.
    Remove,
    /// The release of its managed entries, after remove or after a failed probe.
    Release,
    /// Its driver's retry.
    Retry,
    /// Its driver's shutdown.
    Shutdown,
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Probe => "probe",
            Self::Remove => "remove",
            Self::Release => "release of managed entries",
            Self::Retry => "retry",
            Self::Shutdown => "shutdown",
        })
    }
}
