//! Drivers of host controllers: they register a host, and the devices of its children on the DSI bus.
//!
//! They do what `mipi_dsi_host_register` does for all of Linux's host drivers. The host is registered, and can be found,
//! before its children are probed.

use super::hardware::{HostHardware, PeripheralHardware};
use super::{DsiBus, DsiDevice, DsiHost};
use device_model::{BindContext, Bound, BusType, DeviceDescription, DeviceId, Driver, ProbeError, WeakModel};
use mipi_dsi::bus::{DeviceInfo, DeviceListener, HostInfo, Notice, RemovalKind};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// One driver for all controllers of a board that one driver of Linux serves.
pub(super) struct HostDriver {
    pub(super) name: &'static str,
    pub(super) bus_type: BusType,
    pub(super) compatible: Vec<&'static str>,
    pub(super) bus: DsiBus,
}

/// A device on the DSI bus, as the host's side has it. It is the firmware data of the device in the model.
pub(super) struct DsiChild {
    pub(super) hardware: Rc<PeripheralHardware>,
    /// The registration. Taken out when the host leaves.
    pub(super) device: RefCell<Option<Rc<DsiDevice>>>,
    /// Its device in the model, once it was added.
    model_device: Cell<Option<DeviceId>>,
    model: WeakModel,
}

impl DsiChild {
    /// The host leaves, and so does the device, after its driver has been unbound and has sent its last commands.
    fn leave(&self) {
        if let (Some(model), Some(device)) = (self.model.upgrade(), self.model_device.take()) {
            // From inside a call to the device it goes when that call has ended; stale if somebody was faster.
            let _ = model.remove_when_idle(device);
        }
        drop(self.device.take());
    }
}

impl Driver for HostDriver {
    fn name(&self) -> &str {
        self.name
    }

    fn bus(&self) -> BusType {
        self.bus_type.clone()
    }

    fn compatible(&self) -> &[&str] {
        &self.compatible
    }

    fn probe(&self, ctx: &BindContext) -> Result<Box<dyn Bound>, ProbeError> {
        let hardware = ctx.info().data::<HostHardware>().ok_or(ProbeError::failed("not a DSI host"))?;
        if hardware.is_out.get() {
            return Err(ProbeError::failed("the controller does not respond: it has been pulled out"));
        }
        hardware.probe_answer()?;
        let controller = hardware.controller.clone();
        controller.registered_anew();
        let name = hardware.bus_name();
        let info = HostInfo::new(&name).node(hardware.bus_node()).capabilities(controller.capabilities());
        let host = self.bus.register_host(info, controller)?;
        hardware.was_registered.set(true);
        for child in &hardware.children {
            register_child(ctx, &host, child)?;
        }
        Ok(Box::new(BoundHost { host, hardware }))
    }
}

/// Registers the device of one child on the bus and in the model, where its driver may bind at once.
fn register_child(
    ctx: &BindContext,
    host: &DsiHost,
    hardware: &Rc<PeripheralHardware>,
) -> Result<(), ProbeError> {
    let child = Rc::new(DsiChild {
        hardware: hardware.clone(),
        device: RefCell::new(None),
        model_device: Cell::new(None),
        model: ctx.model().downgrade(),
    });
    let weak = Rc::downgrade(&child);
    let listener: Rc<dyn DeviceListener> = Rc::new(move |_: &Notice<'_>| {
        if let Some(child) = weak.upgrade() {
            child.leave();
        }
    });
    let name = hardware.device_name();
    let info = DeviceInfo::new(hardware.channel, &name).listener(listener);
    let device = host.register_device(info)?;
    hardware.was_registered.set(true);
    *child.device.borrow_mut() = Some(Rc::new(device));
    let description = DeviceDescription::new(BusType::MIPI_DSI, hardware.name.as_str())
        .compatible([hardware.compatible.as_str()])
        .node(hardware.path.as_str())
        .data(child.clone());
    child.model_device.set(Some(ctx.add_device(description)?));
    Ok(())
}

struct BoundHost {
    host: DsiHost,
    hardware: Rc<HostHardware>,
}

impl Bound for BoundHost {
    fn remove(self: Box<Self>, _ctx: &BindContext) {
        let removal = if self.hardware.is_out.get() { RemovalKind::Surprise } else { RemovalKind::Orderly };
        // It is not given back to a second remover, nor inside a callback of the host, where this is refused: then the
        // drop of the host leaves the errand.
        if let Ok(Some(controller)) = self.host.unregister_with(removal, None) {
            controller.retired();
        }
    }
}
