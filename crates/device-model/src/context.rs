//! What a driver's callback gets: its device and the way into the model.
//!
//! What it is for: the operations that a driver does on its own device, with the device filled in. What it is not: a
//! state of its own; everything here is also on [`Model`], by device id, for code outside of the device's callbacks.

use std::borrow::Cow;
use std::rc::Rc;

use crate::device::{DeviceDescription, DeviceInfo};
use crate::error::{AddError, EntryError, ManageError};
use crate::id::{DeviceId, ManagedId};
use crate::managed::Disowned;
use crate::model::Model;

/// The device that a callback is about. Lent for the time of the callback.
///
/// A driver that wants to reach the model later keeps a [`WeakModel`](crate::WeakModel) and the [`DeviceId`]; a
/// [`Model`] kept in a [`Bound`](crate::Bound) keeps the model alive until that device is unbound.
pub struct BindContext {
    pub(crate) model: Model,
    pub(crate) info: Rc<DeviceInfo>,
}

impl BindContext {
    /// The model that the device is in.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The device.
    pub fn device(&self) -> DeviceId {
        self.info.id()
    }

    /// The description of the device.
    pub fn info(&self) -> &Rc<DeviceInfo> {
        &self.info
    }

    /// See [`Model::manage`].
    ///
    /// # Errors
    ///
    /// [`ManageError::Releasing`] from inside the release of the device's managed entries.
    pub fn manage<T: 'static>(
        &self,
        name: impl Into<Cow<'static, str>>,
        value: T,
    ) -> Result<ManagedId, ManageError> {
        self.model.manage(self.device(), name, value)
    }

    /// See [`Model::manage_action`].
    ///
    /// # Errors
    ///
    /// [`ManageError::Releasing`] from inside the release of the device's managed entries.
    pub fn manage_action(
        &self,
        name: impl Into<Cow<'static, str>>,
        action: impl FnOnce(&BindContext) + 'static,
    ) -> Result<ManagedId, ManageError> {
        self.model.manage_action(self.device(), name, action)
    }

    /// See [`Model::add_managed`]; without a parent in `description`, the parent is the context's device.
    ///
    /// # Errors
    ///
    /// Those of [`Model::add_managed`].
    pub fn add_device(&self, mut description: DeviceDescription) -> Result<DeviceId, AddError> {
        description.parent.get_or_insert(self.device());
        self.model.add_managed(self.device(), description)
    }

    /// See [`Model::release`].
    ///
    /// # Errors
    ///
    /// [`EntryError`] if the entry has gone.
    pub fn release(&self, entry: ManagedId) -> Result<(), EntryError> {
        self.model.release(entry)
    }

    /// See [`Model::disown`].
    ///
    /// # Errors
    ///
    /// [`EntryError`] if the entry has gone.
    pub fn disown(&self, entry: ManagedId) -> Result<Disowned, EntryError> {
        self.model.disown(entry)
    }

    /// Asks for [`Bound::retry`](crate::Bound::retry) after each bind of another device, from now on until this is
    /// switched off or the device is unbound. May be called in probe, for the time after it.
    pub fn wants_retry(&self, wanted: bool) {
        // The device is on the call stack, so it exists; if its probe fails, the wish is forgotten with it.
        let _ = self.model.wants_retry(self.device(), wanted);
    }
}
