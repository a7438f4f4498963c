//! Drivers on other buses: bridges on I2C, panels on SPI. They find the host and register a DSI device on it; this is
//! the kind that the thread is about.
//!
//! Managed ones hand device and link to the device model (`devm_mipi_dsi_device_register_full`, `devm_mipi_dsi_attach`);
//! the others keep them and release them in remove. Told that the host leaves, a managed one lets its entries
//! disappear; a plain one keeps its handles, which are dead, until it is unbound or its host comes back. Both set
//! themselves up again when the host is there again.

use super::hardware::PeripheralHardware;
use super::notice::on_leaving;
use super::{DsiBus, DsiDevice};
use device_model::{BindContext, Bound, BusType, DeviceId, Driver, ManagedId, ProbeError, WeakModel};
use mipi_dsi::bus::{Capabilities, Gone, Lanes, Node, Transport};
use std::cell::RefCell;
use std::rc::Rc;
use virtual_hardware::VirtualClock;

/// The driver of all peripherals on one bus that Linux has one driver for.
pub(super) struct OtherDriver {
    pub(super) name: &'static str,
    pub(super) bus_type: BusType,
    pub(super) compatible: Vec<&'static str>,
    pub(super) bus: DsiBus,
    pub(super) clock: VirtualClock,
}

/// What one bound peripheral has; the notice and the device model's entries share it.
struct Bridge {
    hardware: Rc<PeripheralHardware>,
    bus: DsiBus,
    clock: VirtualClock,
    model: WeakModel,
    model_device: DeviceId,
    held: RefCell<Held>,
}

/// Who holds the DSI device.
enum Held {
    Nothing,
    /// This driver, which drops it.
    Plain {
        _device: DsiDevice,
    },
    /// The device model, by these entries: device, link.
    Managed([ManagedId; 2]),
}

/// The link as a managed entry: it takes the driver's own way to the link with it.
struct ManagedLink(Rc<Bridge>);

impl Drop for ManagedLink {
    fn drop(&mut self) {
        drop(self.0.hardware.link.take());
    }
}

impl Driver for OtherDriver {
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
        let hardware =
            ctx.info().data::<PeripheralHardware>().ok_or(ProbeError::failed("not a DSI peripheral"))?;
        let bridge = Rc::new(Bridge {
            hardware,
            bus: self.bus.clone(),
            clock: self.clock.clone(),
            model: ctx.model().downgrade(),
            model_device: ctx.device(),
            held: RefCell::new(Held::Nothing),
        });
        let bound = BoundBridge(bridge.clone());
        bridge.connect(ctx)?;
        Ok(Box::new(bound))
    }
}

impl Bridge {
    /// Finds the host, registers a device on it, attaches, and sets the chip up.
    fn connect(self: &Rc<Self>, ctx: &BindContext) -> Result<(), ProbeError> {
        let hardware = &self.hardware;
        let host = self
            .bus
            .find_host_by_node(Node(hardware.host.index() as u64))
            .ok_or_else(|| ProbeError::defer("its DSI host is not there yet"))?;
        let weak = Rc::downgrade(self);
        let notice = on_leaving(move |_| {
            if let Some(bridge) = weak.upgrade() {
                bridge.host_leaves();
            }
        });
        let all = Capabilities::all(Lanes::Four);
        let device =
            host.register_device_with(hardware.channel, hardware.device_name(), all, Some(notice))?;
        let link = device.attach(hardware.config)?;
        hardware.gone.set(None);
        *hardware.link.borrow_mut() = Some(Rc::new(link));
        if hardware.is_managed() {
            let device = ctx.manage("DSI device", device)?;
            let link = ctx.manage("DSI link", ManagedLink(self.clone()))?;
            *self.held.borrow_mut() = Held::Managed([device, link]);
        } else {
            *self.held.borrow_mut() = Held::Plain { _device: device };
        }
        let sender = hardware.link.borrow().clone();
        if let Some(sender) = sender {
            hardware.switch_on(&*sender, &self.clock)?;
        }
        Ok(())
    }

    /// The notice: what was managed disappears, and the bridge asks to be called when some host has come.
    fn host_leaves(&self) {
        let hardware = &self.hardware;
        let link = hardware.link.borrow().clone();
        hardware.switch_off(link.as_deref().map(|link| link as &dyn Transport), &self.clock);
        drop(link);
        hardware.gone.set(Some(Gone::HostRemoved));
        let Some(model) = self.model.upgrade() else { return };
        let managed = match &*self.held.borrow() {
            Held::Managed(entries) => Some(*entries),
            Held::Nothing | Held::Plain { .. } => None,
        };
        if let Some([device, link]) = managed {
            *self.held.borrow_mut() = Held::Nothing;
            // Last in, first out. The values are dropped here: a detach and an unregister from inside the notice.
            drop(model.disown(link));
            drop(model.disown(device));
        }
        let _ = model.wants_retry(self.model_device, true);
    }

    fn is_connected(&self) -> bool {
        self.hardware.gone.get().is_none()
    }

    /// After a connect that failed half way outside of probe, where the model does not clean up.
    fn take_back(&self, ctx: &BindContext) {
        let held = std::mem::replace(&mut *self.held.borrow_mut(), Held::Nothing);
        self.hardware.gone.set(Some(Gone::HostRemoved));
        if let Held::Managed([device, link]) = held {
            // An entry that has gone by itself is released already.
            let _ = ctx.release(link);
            let _ = ctx.release(device);
        }
        drop(self.hardware.link.take());
    }

    /// A plain driver's handles, dead or not.
    fn let_go(&self) {
        let link = self.hardware.link.take();
        let held = std::mem::replace(&mut *self.held.borrow_mut(), Held::Nothing);
        drop(link);
        drop(held);
    }
}

struct BoundBridge(Rc<Bridge>);

impl Bound for BoundBridge {
    fn remove(self: Box<Self>, _ctx: &BindContext) {
        if self.0.is_connected() {
            let link = self.0.hardware.link.borrow().clone();
            self.0.hardware.switch_off(link.as_deref().map(|link| link as &dyn Transport), &self.0.clock);
        }
    }

    fn retry(&mut self, ctx: &BindContext) {
        if self.0.is_connected() {
            return;
        }
        if !self.0.hardware.is_managed() {
            self.0.let_go();
        }
        match self.0.connect(ctx) {
            Ok(()) => ctx.wants_retry(false),
            // Nothing is left of the attempt; after the next bind there is another.
            Err(_) => self.0.take_back(ctx),
        }
    }
}

impl Drop for BoundBridge {
    /// After remove, and after a probe that failed: what a plain driver holds. Managed entries are the model's.
    fn drop(&mut self) {
        if !self.0.hardware.is_managed() {
            self.0.let_go();
        }
    }
}
