//! Managed resources: what is released automatically when a driver leaves its device.
//!
//! What it is for: the entries and the four things that happen to them. A device's entries are a list in the order of
//! acquisition; they are released last in first out after the driver's remove, and after a probe that didn't bind.
//! One can be released early, or disowned when the other side has released what it stands for. Mirrors devres.
//!
//! What it is not: memory management. An entry is anything whose end matters: a value (released by its drop), an
//! action (released by being called), or a device (released by its removal; if that is removed first, the entry
//! disappears).
//!
//! The release itself is foreign code. It runs with no borrow held, after the entry has left the list: a
//! release that looks for its own entry finds it gone, and releases nothing twice.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use crate::context::BindContext;
use crate::device::Running;
use crate::error::{EntryError, ManageError};
use crate::event::Event;
use crate::id::{DeviceId, ManagedId};
use crate::model::Model;

/// What an entry stands for.
pub(crate) enum Resource {
    Value(Box<dyn Any>),
    Action(Box<dyn FnOnce(&BindContext)>),
    Device(DeviceId),
}

/// What a disowned entry leaves in the caller's hands: nothing of it has been released.
#[must_use = "dropping a disowned value releases it"]
pub enum Disowned {
    /// The value that was managed; its drop is the caller's now.
    Value(Box<dyn Any>),
    /// An action, dropped without being called.
    Action,
    /// A device, which stays where it is.
    Device(DeviceId),
}

impl Disowned {
    /// The value, if the entry was one and it is a `T`.
    pub fn value<T: 'static>(self) -> Option<T> {
        match self {
            Self::Value(value) => value.downcast().ok().map(|value| *value),
            Self::Action | Self::Device(_) => None,
        }
    }
}

impl fmt::Debug for Disowned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(_) => f.write_str("Value(..)"),
            Self::Action => f.write_str("Action"),
            Self::Device(device) => write!(f, "Device({device})"),
        }
    }
}

impl Model {
    /// Hands `value` to `device`: dropped when its driver leaves. Mirrors `devres_add`.
    ///
    /// `device` has to be bound or in probe; its driver's remove may still call this.
    ///
    /// # Errors
    ///
    /// [`ManageError`] if nobody would ever release it; `value` has been dropped then.
    pub fn manage<T: 'static>(
        &self,
        device: DeviceId,
        name: impl Into<Cow<'static, str>>,
        value: T,
    ) -> Result<ManagedId, ManageError> {
        self.acquire(device, name.into(), Resource::Value(Box::new(value)))
    }

    /// Has `action` called when the driver of `device` leaves. Mirrors `devm_add_action_or_reset`.
    ///
    /// # Errors
    ///
    /// [`ManageError`] if nobody would ever call it; `action` has been called then, unless the device has gone.
    pub fn manage_action(
        &self,
        device: DeviceId,
        name: impl Into<Cow<'static, str>>,
        action: impl FnOnce(&BindContext) + 'static,
    ) -> Result<ManagedId, ManageError> {
        self.acquire(device, name.into(), Resource::Action(Box::new(action)))
    }

    /// Releases one entry now; returns when it is released. Mirrors `devres_release`.
    ///
    /// # Errors
    ///
    /// [`EntryError`] if the entry has gone; from inside its own release, too.
    pub fn release(&self, entry: ManagedId) -> Result<(), EntryError> {
        self.operate(|| {
            let (context, name, resource) = self.take_entry(entry)?;
            self.release_taken(&context, entry, name, resource);
            Ok(())
        })
    }

    /// Makes an entry disappear because what it stands for has been released by somebody else. Mirrors
    /// `devres_remove`.
    ///
    /// # Errors
    ///
    /// [`EntryError`] if the entry has gone.
    pub fn disown(&self, entry: ManagedId) -> Result<Disowned, EntryError> {
        self.operate(|| {
            let (context, name, resource) = self.take_entry(entry)?;
            self.emit(|| Event::ManagedDisowned { device: context.info.to_ref(), entry, name });
            Ok(match resource {
                Resource::Value(value) => Disowned::Value(value),
                Resource::Action(_) => Disowned::Action,
                Resource::Device(device) => Disowned::Device(device),
            })
        })
    }

    /// The names of what `device` manages, in the order of acquisition.
    pub fn managed(&self, device: DeviceId) -> Vec<(ManagedId, Cow<'static, str>)> {
        self.with(|book| book.entries_of(device))
    }

    /// How many entries there are, of all devices.
    pub fn managed_count(&self) -> usize {
        self.with(|book| book.entries.len())
    }

    /// How many entries there is room for without new memory: the largest number that there ever was at once.
    pub fn managed_capacity(&self) -> usize {
        self.with(|book| book.entries.slots())
    }

    fn acquire(
        &self,
        device: DeviceId,
        name: Cow<'static, str>,
        resource: Resource,
    ) -> Result<ManagedId, ManageError> {
        self.operate(|| {
            let mut resource = Some(resource);
            let acquired = self.with(|book| book.push_entry(device, name.clone(), &mut resource));
            match acquired {
                Ok(entry) => {
                    self.emit_for(device, |device| Event::ManagedAcquired { device, entry, name });
                    Ok(entry)
                }
                Err(error) => {
                    if let (Some(resource), Some(context)) = (resource, self.context(device)) {
                        self.run_release(&context, resource);
                    }
                    Err(error)
                }
            }
        })
    }

    /// Releases all entries of `device`, last in first out. Mirrors `devres_release_all`.
    ///
    /// It ends because the device is in [`Running::Release`], in which nothing new is managed.
    pub(crate) fn release_all(&self, context: &BindContext) {
        let device = context.device();
        self.with(|book| book.set_running(device, Some(Running::Release)));
        while let Some(entry) = self.with(|book| book.last_entry(device)) {
            if let Ok((_, name, resource)) = self.take_entry(entry) {
                self.release_taken(context, entry, name, resource);
            }
        }
    }

    fn take_entry(&self, id: ManagedId) -> Result<(BindContext, Cow<'static, str>, Resource), EntryError> {
        self.with(|book| {
            let entry = book.take_entry(id).ok_or_else(|| EntryError(book.entries.stale(id)))?;
            let context = BindContext { model: self.clone(), info: entry.owner };
            Ok((context, entry.name, entry.resource))
        })
    }

    fn release_taken(
        &self,
        context: &BindContext,
        entry: ManagedId,
        name: Cow<'static, str>,
        resource: Resource,
    ) {
        self.emit(|| Event::ManagedReleaseStarted {
            device: context.info.to_ref(),
            entry,
            name: name.clone(),
        });
        self.run_release(context, resource);
        self.emit(|| Event::ManagedReleased { device: context.info.to_ref(), entry, name });
    }

    fn run_release(&self, context: &BindContext, resource: Resource) {
        match resource {
            Resource::Value(value) => drop(value),
            Resource::Action(action) => action(context),
            Resource::Device(device) => {
                // Gone already is as good as removed.
                let _ = self.remove_when_idle(device);
            }
        }
    }
}
