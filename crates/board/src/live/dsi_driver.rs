//! Drivers on the DSI bus: panels, and bridges that are controlled over DSI. The host's side has registered their device;
//! they attach it. One with two links registers the second itself, on the other host.

use super::hardware::PeripheralHardware;
use super::host_driver::DsiChild;
use super::notice::on_leaving;
use super::{DsiBus, DsiDevice};
use device_model::{BindContext, Bound, BusType, Driver, ProbeError};
use mipi_dsi::bus::{Capabilities, Gone, Lanes, Node, Transport};
use std::rc::Rc;
use virtual_hardware::VirtualClock;

/// The driver of all devices on the DSI bus that Linux has one driver for.
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
        let mut panel =
            BoundPanel { hardware: hardware.clone(), second: Vec::new(), clock: self.clock.clone() };
        // The second host may not be there yet; nothing has been done then that would have to be undone.
        for link in &hardware.second_links {
            panel.second.push((link.clone(), self.register_second(link)?));
        }
        let device = child.device.borrow().clone().ok_or(ProbeError::failed(Gone::HostRemoved))?;
        attach(&hardware, &device)?;
        for (link, device) in &panel.second {
            attach(link, device)?;
        }
        let links = std::iter::once(&hardware).chain(&hardware.second_links);
        for link in links {
            let sender = link.link.borrow().clone();
            if let Some(sender) = sender {
                link.switch_on(&*sender, &self.clock)?;
            }
        }
        // From here on `remove` takes everything down; until here, the drop of `panel` does.
        Ok(Box::new(panel))
    }
}

impl DsiDriver {
    fn register_second(&self, link: &Rc<PeripheralHardware>) -> Result<DsiDevice, ProbeError> {
        let host = self
            .bus
            .find_host_by_node(Node(link.host.index() as u64))
            .ok_or_else(|| ProbeError::defer(format!("the host of {} is not there yet", link.name)))?;
        let weak = Rc::downgrade(link);
        let notice = on_leaving(move |_| {
            if let Some(link) = weak.upgrade() {
                link.gone.set(Some(Gone::HostRemoved));
                drop(link.link.take());
            }
        });
        let all = Capabilities::all(Lanes::Four);
        Ok(host.register_device_with(link.channel, link.device_name(), all, Some(notice))?)
    }
}

fn attach(hardware: &PeripheralHardware, device: &DsiDevice) -> Result<(), ProbeError> {
    let link = device.attach(hardware.config)?;
    hardware.gone.set(None);
    *hardware.link.borrow_mut() = Some(Rc::new(link));
    Ok(())
}

struct BoundPanel {
    hardware: Rc<PeripheralHardware>,
    second: Vec<(Rc<PeripheralHardware>, DsiDevice)>,
    clock: VirtualClock,
}

impl Bound for BoundPanel {
    fn remove(self: Box<Self>, _ctx: &BindContext) {}
}

impl Drop for BoundPanel {
    /// What remove does, and a probe that fails half way: the last commands, then detach; second links are unregistered.
    fn drop(&mut self) {
        for hardware in self.second.iter().map(|(hardware, _)| hardware).chain([&self.hardware]) {
            let link = hardware.link.take();
            let transport = link.as_deref().map(|link| link as &dyn Transport);
            hardware.switch_off(transport, &self.clock);
        }
    }
}
