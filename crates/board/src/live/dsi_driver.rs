//! Drivers on the DSI bus: panels, and bridges that are controlled over DSI. The host's side has registered their
//! device, and they attach it. A driver with two links registers the second itself, on the other host.

use super::hardware::PeripheralHardware;
use super::host_driver::DsiChild;
use super::{DsiBus, DsiDevice};
use device_model::{BindContext, Bound, BusType, Driver, ProbeError};
use mipi_dsi::bus::{DeviceInfo, DeviceListener, Gone, Notice};
use std::rc::Rc;
use virtual_hardware::VirtualClock;

/// One driver for all devices on the DSI bus that one driver of Linux serves.
pub(super) struct DsiDriver {
    pub(super) name: &'static str,
    pub(super) compatible: Vec<&'static str>,
    pub(super) bus: DsiBus,
    pub(super) clock: VirtualClock,
}

impl Driver for DsiDriver {
    fn name(&self) -> &str {
        self.name
    }

    fn bus(&self) -> BusType {
        BusType::MIPI_DSI
    }

    fn compatible(&self) -> &[&str] {
        &self.compatible
    }

    fn probe(&self, ctx: &BindContext) -> Result<Box<dyn Bound>, ProbeError> {
        let child = ctx.info().data::<DsiChild>().ok_or(ProbeError::failed("not a DSI device"))?;
        let hardware = child.hardware.clone();
        hardware.probe_answer()?;
        let second = hardware.second_links.iter();
        let mut panel = BoundPanel {
            hardware: hardware.clone(),
            second: second.map(|link| SecondLink { hardware: link.clone(), device: None }).collect(),
            bus: self.bus.clone(),
            clock: self.clock.clone(),
        };
        // The second host may not be there yet; nothing has been done then that would have to be undone.
        for link in &mut panel.second {
            link.register(&self.bus, ctx, &self.clock)?;
        }
        let device = child.device.borrow().clone().ok_or(ProbeError::failed(Gone::HostRemoved))?;
        attach(&hardware, &device)?;
        for link in &panel.second {
            link.attach()?;
        }
        switch_on(&hardware, &self.clock)?;
        for link in &panel.second {
            switch_on(&link.hardware, &self.clock)?;
        }
        // From here on `remove` takes everything down; until here, the drop of `panel` does.
        Ok(Box::new(panel))
    }
}

/// The link to another host than the one whose child the panel is.
struct SecondLink {
    hardware: Rc<PeripheralHardware>,
    /// The registration on the other host; dead once that host has left.
    device: Option<DsiDevice>,
}

impl SecondLink {
    fn register(&mut self, bus: &DsiBus, ctx: &BindContext, clock: &VirtualClock) -> Result<(), ProbeError> {
        let hardware = &self.hardware;
        let host = bus
            .find_host_by_node(hardware.host_node())
            .ok_or_else(|| ProbeError::defer(format!("the host of {} is not there yet", hardware.name)))?;
        let (weak, model, panel) = (Rc::downgrade(hardware), ctx.model().downgrade(), ctx.device());
        let clock = clock.clone();
        let listener: Rc<dyn DeviceListener> = Rc::new(move |_: &Notice<'_>| {
            if let (Some(link), Some(model)) = (weak.upgrade(), model.upgrade()) {
                link.gone.set(Some(Gone::HostRemoved));
                link.take_down(&clock);
                // Stale if the panel is being unbound: then there is nothing to ask for.
                let _ = model.wants_retry(panel, true);
            }
        });
        let name = hardware.device_name();
        let info = DeviceInfo::new(hardware.channel, &name).listener(listener);
        let device = host.register_device(info)?;
        hardware.was_registered.set(true);
        self.device = Some(device);
        Ok(())
    }

    fn attach(&self) -> Result<(), ProbeError> {
        let device = self.device.as_ref().ok_or(ProbeError::failed(Gone::Unregistered))?;
        attach(&self.hardware, device)
    }

    /// Sets the link up again on a host that has come back.
    fn reconnect(&mut self, bus: &DsiBus, ctx: &BindContext, clock: &VirtualClock) -> Result<(), ProbeError> {
        self.device = None;
        self.register(bus, ctx, clock)?;
        self.attach()?;
        switch_on(&self.hardware, clock)
    }
}

fn attach(hardware: &Rc<PeripheralHardware>, device: &DsiDevice) -> Result<(), ProbeError> {
    let link = hardware.attach(device)?;
    hardware.gone.set(None);
    *hardware.link.borrow_mut() = Some(Rc::new(link));
    Ok(())
}

fn switch_on(hardware: &PeripheralHardware, clock: &VirtualClock) -> Result<(), ProbeError> {
    let sender = hardware.link.borrow().clone();
    match sender {
        Some(sender) => Ok(hardware.switch_on(&*sender, clock)?),
        None => Err(ProbeError::failed(Gone::HostRemoved)),
    }
}

struct BoundPanel {
    hardware: Rc<PeripheralHardware>,
    second: Vec<SecondLink>,
    bus: DsiBus,
    clock: VirtualClock,
}

impl Bound for BoundPanel {
    fn remove(self: Box<Self>, _ctx: &BindContext) {
        // The drop does it all.
    }

    fn retry(&mut self, ctx: &BindContext) {
        let mut missing = false;
        for link in self.second.iter_mut().filter(|link| link.hardware.gone.get().is_some()) {
            if link.reconnect(&self.bus, ctx, &self.clock).is_err() {
                // Nothing is left of the attempt, half switched on as it may be; after the next bind there is another.
                link.hardware.take_down(&self.clock);
                link.device = None;
                link.hardware.gone.set(Some(Gone::HostRemoved));
                missing = true;
            }
        }
        ctx.wants_retry(missing);
    }
}

impl Drop for BoundPanel {
    /// What remove does, and a probe that fails half way: send the last commands, then detach; unregister second links.
    fn drop(&mut self) {
        for hardware in self.second.iter().map(|link| &link.hardware).chain([&self.hardware]) {
            hardware.take_down(&self.clock);
        }
    }
}
