//! Line 8 of the bus's contract: managed or not, the same guarantees; and an entry whose resource the other side has
//! released disappears, so that a bridge that stays bound while its host comes and goes holds constant memory.

use device_model::{
    BindContext, Bound, BusType, DeviceDescription, DeviceId, Driver, ManagedId, Model, ProbeError, WeakModel,
};
use mipi_dsi::bus::{
    Attachment, Bus, Commands, Device, DeviceInfo, DeviceListener, Host, HostAttachError, HostController,
    HostError, HostInfo, Lanes, Link, LinkConfig, Message, Notice, PixelFormat, adapter::StdMemory,
};
use mipi_dsi::dcs;
use mipi_dsi::wire::VirtualChannel;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

type Memory = Arc<StdMemory<Rc<Controller>, Rc<dyn DeviceListener>>>;

#[derive(Default)]
struct Controller {
    attaches: Cell<usize>,
    detaches: Cell<usize>,
    transfers: Cell<usize>,
}

impl HostController for Controller {
    fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
        self.attaches.set(self.attaches.get() + 1);
        Ok(())
    }

    fn detach(&self, _: &Attachment<'_>) {
        self.detaches.set(self.detaches.get() + 1);
        assert_eq!(self.attaches, self.detaches);
    }

    fn transfer(&self, _: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
        self.transfers.set(self.transfers.get() + 1);
        Ok(0)
    }
}

struct HostDriver {
    bus: Bus<Memory>,
    controller: Rc<Controller>,
}

struct BoundHost(Host<Memory>);

impl Driver for HostDriver {
    fn name(&self) -> &str {
        "host"
    }

    fn bus(&self) -> BusType {
        BusType::PLATFORM
    }

    fn compatible(&self) -> &[&str] {
        &["host"]
    }

    fn probe(&self, _: &BindContext) -> Result<Box<dyn Bound>, ProbeError> {
        Ok(Box::new(BoundHost(self.bus.register_host(HostInfo::new("dsi"), self.controller.clone())?)))
    }
}

impl Bound for BoundHost {
    fn remove(self: Box<Self>, _: &BindContext) {
        self.0.unregister().expect("no callback of the host runs").expect("the only remover");
    }
}

/// A bridge that hands its device and link to the device model, or keeps them.
struct BridgeDriver {
    bus: Bus<Memory>,
    managed: bool,
    told: Rc<Cell<usize>>,
}

enum Held {
    Nothing,
    Managed([ManagedId; 2]),
    Plain { _link: Link<Memory>, _device: Device<Memory> },
}

struct BoundBridge {
    bus: Bus<Memory>,
    managed: bool,
    held: Rc<RefCell<Held>>,
    told: Rc<Cell<usize>>,
}

struct Leaving {
    held: Rc<RefCell<Held>>,
    told: Rc<Cell<usize>>,
    model: WeakModel,
    device: DeviceId,
}

impl DeviceListener for Leaving {
    fn host_leaving(&self, notice: &Notice<'_>) {
        self.told.set(self.told.get() + 1);
        notice.transport.write(dcs::SetDisplayOff).expect("an orderly removal takes last commands");
        let model = self.model.upgrade().expect("the model is there");
        match self.held.replace(Held::Nothing) {
            Held::Managed([device, link]) => {
                drop(model.disown(link).expect("the entry is there"));
                drop(model.disown(device).expect("the entry is there"));
            }
            held @ (Held::Nothing | Held::Plain { .. }) => drop(held),
        }
        model.wants_retry(self.device, true).expect("the bridge is bound");
    }
}

impl Driver for BridgeDriver {
    fn name(&self) -> &str {
        "bridge"
    }

    fn bus(&self) -> BusType {
        BusType::I2C
    }

    fn compatible(&self) -> &[&str] {
        &["bridge"]
    }

    fn probe(&self, ctx: &BindContext) -> Result<Box<dyn Bound>, ProbeError> {
        let held = Rc::new(RefCell::new(Held::Nothing));
        let bridge =
            BoundBridge { bus: self.bus.clone(), managed: self.managed, held, told: self.told.clone() };
        bridge.connect(ctx)?;
        Ok(Box::new(bridge))
    }
}

impl BoundBridge {
    fn connect(&self, ctx: &BindContext) -> Result<(), ProbeError> {
        let host = self.bus.find_host("dsi").ok_or(ProbeError::defer("no host"))?;
        let listener: Rc<dyn DeviceListener> = Rc::new(Leaving {
            held: self.held.clone(),
            told: self.told.clone(),
            model: ctx.model().downgrade(),
            device: ctx.device(),
        });
        let info = DeviceInfo::new(VirtualChannel::VC0, "bridge").listener(listener);
        let device = host.register_device(info)?;
        let link = device.attach(LinkConfig::video(Lanes::Four, PixelFormat::Rgb888))?;
        *self.held.borrow_mut() = if self.managed {
            Held::Managed([ctx.manage("device", device)?, ctx.manage("link", link)?])
        } else {
            Held::Plain { _link: link, _device: device }
        };
        Ok(())
    }
}

impl Bound for BoundBridge {
    /// What is not managed is released here; the listener, which the bus has, shares it.
    fn remove(self: Box<Self>, _: &BindContext) {
        if !self.managed {
            drop(self.held.replace(Held::Nothing));
        }
    }

    fn retry(&mut self, ctx: &BindContext) {
        if matches!(*self.held.borrow(), Held::Nothing) {
            ctx.wants_retry(self.connect(ctx).is_err());
        }
    }
}

fn host_comes_and_goes(managed: bool, times: usize) {
    let bus = Bus::<Memory>::with_hosts(1);
    let controller = Rc::new(Controller::default());
    let told = Rc::new(Cell::new(0));
    let model = Model::new();
    model
        .load(Rc::new(BridgeDriver { bus: bus.clone(), managed, told: told.clone() }))
        .expect("the model does it");
    model
        .load(Rc::new(HostDriver { bus: bus.clone(), controller: controller.clone() }))
        .expect("the model does it");
    let bridge = model
        .add(DeviceDescription::new(BusType::I2C, "bridge").compatible(["bridge"]))
        .expect("the model does it");
    let host = model
        .add(DeviceDescription::new(BusType::PLATFORM, "dsi").compatible(["host"]))
        .expect("the model does it");

    let entries = if managed { 2 } else { 0 };
    let before = (model.managed_count(), model.managed_capacity(), Rc::strong_count(&controller));
    assert_eq!(before.0, entries);
    for _ in 0..times {
        model.unbind(host).expect("the model does it");
        assert_eq!(model.managed_count(), 0, "the entries whose resource has gone have disappeared");
        model.bind(host).expect("the model does it");
        assert_eq!((model.managed_count(), model.managed_capacity(), Rc::strong_count(&controller)), before);
    }
    assert_eq!(told.get(), times);
    assert_eq!((controller.attaches.get(), controller.detaches.get()), (times + 1, times));
    assert_eq!(controller.transfers.get(), times, "one last command each time");
    let report = bus.report(0).expect("the slot");
    assert_eq!((report.handles.old, report.devices[0].handles.old), (0, 0), "no handle was left over");

    // The bridge goes first, last: its entries release what is still there.
    model.unbind(bridge).expect("the model does it");
    assert_eq!(controller.detaches.get(), times + 1);
    assert!(model.tear_down().is_empty());
    assert_eq!(bus.reports().count(), 0);
    assert_eq!(told.get(), times, "who left by themselves is not told");
}

#[test]
fn a_managed_bridge_sees_its_host_come_and_go_a_million_times_in_constant_memory() {
    host_comes_and_goes(true, 1_000_000);
}

#[test]
fn an_unmanaged_bridge_sees_its_host_come_and_go_a_million_times_in_constant_memory() {
    host_comes_and_goes(false, 1_000_000);
}

#[test]
fn a_probe_that_fails_after_register_releases_what_was_managed() {
    struct Refusing;
    impl HostController for Refusing {
        fn attach(&self, _: &Attachment<'_>) -> Result<(), HostAttachError> {
            Err(HostAttachError::NoCapacity)
        }
        fn detach(&self, _: &Attachment<'_>) {
            panic!("nothing was attached");
        }
        fn transfer(&self, _: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
            panic!("nothing was attached");
        }
    }
    type Memory = Arc<StdMemory<Rc<Refusing>, Rc<dyn DeviceListener>>>;
    struct Failing(Bus<Memory>);
    impl Driver for Failing {
        fn name(&self) -> &str {
            "failing"
        }
        fn bus(&self) -> BusType {
            BusType::I2C
        }
        fn compatible(&self) -> &[&str] {
            &["failing"]
        }
        fn probe(&self, ctx: &BindContext) -> Result<Box<dyn Bound>, ProbeError> {
            let host = self.0.find_host("dsi").ok_or(ProbeError::defer("no host"))?;
            let device = Rc::new(host.register_device(DeviceInfo::new(VirtualChannel::VC0, "failing"))?);
            ctx.manage("device", device.clone())?;
            let _link = device.attach(LinkConfig::command(Lanes::One, PixelFormat::Rgb565))?;
            Err(ProbeError::failed("not reached"))
        }
    }
    let bus = Bus::<Memory>::with_hosts(1);
    let host = bus.register_host(HostInfo::new("dsi"), Rc::new(Refusing)).unwrap();
    let model = Model::new();
    model.load(Rc::new(Failing(bus.clone()))).unwrap();
    let device = model.add(DeviceDescription::new(BusType::I2C, "it").compatible(["failing"])).unwrap();
    let failure = model.last_failure(device).unwrap().expect("the probe failed");
    assert!(failure.reason.contains("another peripheral"), "{failure:?}");
    assert_eq!(model.managed_count(), 0);
    let next = host.register_device(DeviceInfo::new(VirtualChannel::VC0, "the next"));
    assert!(next.is_ok(), "the channel is free");
}
