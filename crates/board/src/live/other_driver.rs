//! Drivers on other buses: bridges on I2C, panels on SPI. They find the host and register a DSI device on it; this is
//! the kind of driver that the discussion on the kernel's list is about.
//!
//! Managed ones hand device and link to the device model (`devm_mipi_dsi_device_register_full`,
//! `devm_mipi_dsi_attach`); the others keep them and release them in remove. When a managed driver is told that the
//! host leaves, it lets its entries disappear; a plain one keeps its handles, which are dead, until it is unbound or
//! its host comes back. Both set themselves up again when the host is back.

use super::hardware::PeripheralHardware;
use super::{DsiBus, DsiDevice, DsiHostRef};
use device_model::{BindContext, Bound, BusType, DeviceId, Driver, ManagedId, ProbeError, WeakModel};
use mipi_dsi::bus::{DeviceInfo, DeviceListener, Gone, Notice, Transport};
use std::cell::RefCell;
use std::rc::Rc;
use virtual_hardware::VirtualClock;

/// One driver for all peripherals on one bus that one driver of Linux serves.
pub(super) struct OtherDriver {
    pub(super) name: &'static str,
    pub(super) bus_type: BusType,
    pub(super) compatible: Vec<&'static str>,
    pub(super) bus: DsiBus,
    pub(super) clock: VirtualClock,
}

/// What one bound peripheral has; the listeners share it.
struct Bridge {
    links: Vec<Rc<BridgeLink>>,
    bus: DsiBus,
}

/// One of its links, and who holds the DSI device.
struct BridgeLink {
    hardware: Rc<PeripheralHardware>,
    held: RefCell<Held>,
    clock: VirtualClock,
    model: WeakModel,
    model_device: DeviceId,
}

enum Held {
    Nothing,
    /// This driver, until it drops it.
    Plain {
        _device: DsiDevice,
    },
    /// The device model, by these entries: device, link.
    Managed([ManagedId; 2]),
}

/// The link as a managed entry: it takes the driver's own way to the link with it.
struct ManagedLink(Rc<PeripheralHardware>);

impl Drop for ManagedLink {
    fn drop(&mut self) {
        drop(self.0.link.take());
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
        let first =
            ctx.info().data::<PeripheralHardware>().ok_or(ProbeError::failed("not a DSI peripheral"))?;
        let link = |hardware: Rc<PeripheralHardware>| {
            Rc::new(BridgeLink {
                hardware,
                held: RefCell::new(Held::Nothing),
                clock: self.clock.clone(),
                model: ctx.model().downgrade(),
                model_device: ctx.device(),
            })
        };
        let links = std::iter::once(first.clone()).chain(first.second_links.iter().cloned()).map(link);
        let bridge = Bridge { links: links.collect(), bus: self.bus.clone() };
        // If this fails half way, the drop of `bridge` lets go of what a plain driver holds; the rest is managed.
        bridge.connect(ctx)?;
        Ok(Box::new(bridge))
    }
}

impl Bridge {
    /// Connects every link that is not connected; the hosts of all links have to be there.
    fn connect(&self, ctx: &BindContext) -> Result<(), ProbeError> {
        let mut hosts = Vec::new();
        for link in self.links.iter().filter(|link| !link.is_connected()) {
            let host = self.bus.find_host_by_node(link.hardware.host_node());
            hosts.push((link, host.ok_or_else(|| ProbeError::defer("its DSI host is not there yet"))?));
        }
        for (link, _) in &hosts {
            link.hardware.probe_answer()?;
        }
        hosts.into_iter().try_for_each(|(link, host)| {
            // Nothing is left of an attempt that failed half way.
            link.connect(ctx, &host).inspect_err(|_| link.take_back(ctx))
        })
    }
}

impl BridgeLink {
    /// Registers a device on the host, attaches it, and sets the chip up.
    fn connect(self: &Rc<Self>, ctx: &BindContext, host: &DsiHostRef) -> Result<(), ProbeError> {
        let hardware = &self.hardware;
        let weak = Rc::downgrade(self);
        let listener: Rc<dyn DeviceListener> = Rc::new(move |_: &Notice<'_>| {
            if let Some(link) = weak.upgrade() {
                link.host_leaves();
            }
        });
        let name = hardware.device_name();
        let info = DeviceInfo::new(hardware.channel, &name).listener(listener);
        let device = host.register_device(info)?;
        hardware.was_registered.set(true);
        let link = hardware.attach(&device)?;
        hardware.gone.set(None);
        *hardware.link.borrow_mut() = Some(Rc::new(link));
        if hardware.is_managed() {
            let device = ctx.manage("DSI device", device)?;
            let link = ctx.manage("DSI link", ManagedLink(hardware.clone()))?;
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

    /// The notice: what was managed disappears, and the bridge asks for a call when some host has come.
    fn host_leaves(&self) {
        let hardware = &self.hardware;
        self.switch_off();
        hardware.gone.set(Some(Gone::HostRemoved));
        let Some(model) = self.model.upgrade() else { return };
        if let Some([device, link]) = self.take_managed() {
            // Last in, first out. The values are dropped here: a detach and an unregister from inside the notice.
            drop(model.disown(link));
            drop(model.disown(device));
        }
        // Stale if the bridge is being unbound: then there is nothing to ask for.
        let _ = model.wants_retry(self.model_device, true);
    }

    fn switch_off(&self) {
        let link = self.hardware.link.borrow().clone();
        self.hardware.switch_off(link.as_deref().map(|link| link as &dyn Transport), &self.clock);
    }

    /// Whether it has a link whose host has not left.
    fn is_connected(&self) -> bool {
        self.hardware.gone.get().is_none() && self.hardware.link.borrow().is_some()
    }

    fn take_managed(&self) -> Option<[ManagedId; 2]> {
        let entries = match &*self.held.borrow() {
            Held::Managed(entries) => *entries,
            Held::Nothing | Held::Plain { .. } => return None,
        };
        *self.held.borrow_mut() = Held::Nothing;
        Some(entries)
    }

    /// Undoes a connect that failed half way; outside of probe the model does not clean up.
    fn take_back(&self, ctx: &BindContext) {
        if let Some([device, link]) = self.take_managed() {
            // An entry that has gone by itself is released already.
            let _ = ctx.release(link);
            let _ = ctx.release(device);
        }
        self.let_go();
    }

    /// The handles that are not managed, dead or not: first the link, then the device.
    fn let_go(&self) {
        drop(self.hardware.link.take());
        if !matches!(&*self.held.borrow(), Held::Managed(_)) {
            let held = std::mem::replace(&mut *self.held.borrow_mut(), Held::Nothing);
            drop(held);
        }
    }
}

impl Bound for Bridge {
    fn remove(self: Box<Self>, _ctx: &BindContext) {
        for link in self.links.iter().rev().filter(|link| link.is_connected()) {
            link.switch_off();
        }
    }

    fn retry(&mut self, ctx: &BindContext) {
        let missing = || self.links.iter().filter(|link| !link.is_connected());
        if missing().next().is_none() {
            return;
        }
        for link in missing() {
            // What a plain driver still holds of the host before.
            link.let_go();
        }
        // What is still missing is tried again after the next bind.
        let connected = self.connect(ctx);
        ctx.wants_retry(connected.is_err());
    }
}

impl Drop for Bridge {
    /// What a plain driver holds, released after remove and after a failed probe. The model releases managed entries.
    fn drop(&mut self) {
        for link in self.links.iter().rev().filter(|link| !link.hardware.is_managed()) {
            link.let_go();
        }
    }
}
