//! The shape of a board, as far as ownership goes: how many hosts, who is linked to which, and what kind of driver each
//! peripheral has.
//!
//! Names, compatibles and lanes make no difference; boards of one shape are searched once.

use crate::action::End;

/// Hosts and the peripherals on them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shape {
    /// The hosts.
    pub hosts: Vec<HostShape>,
    /// The peripherals.
    pub peripherals: Vec<PeripheralShape>,
    /// What callers may do beyond the ordinary.
    pub callers: Callers,
}

/// What callers of the bus may do beyond the ordinary. By default they do none of this; each item adds states and steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Callers {
    /// Somebody who keeps a handle, whatever happens, attaches and unregisters with it.
    pub old_handles: bool,
    /// A driver drops its handles inside the transfer callback of its own command.
    pub drop_in_callbacks: bool,
    /// A host's driver drops the handle of its registration inside its transfer callback.
    pub drop_host_in_callbacks: bool,
    /// The owner of a host's controller says that its hardware has gone before the host's driver is unbound.
    pub declare_gone: bool,
    /// How long they wait for the bus.
    pub waiting: Waiting,
}

/// How long callers wait for the bus. A removal that gives up is tried again; nothing else is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Waiting {
    /// Until they have what they wait for.
    #[default]
    Forever,
    /// Until a deadline, which may pass at any moment. A drop has no deadline.
    UntilDeadline,
    /// Not at all, as with a lock that cannot wait. A removal that gives up is tried again by a caller who can wait.
    Never,
}

/// A host controller and its driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostShape {
    /// Its driver's module: one number for the ends that one driver serves.
    pub module: usize,
    /// A child of the controller's device that is not a DSI device, such as a PHY that its driver creates.
    pub other_child: Option<OtherChild>,
    /// Its attach callback sends a command to the peripheral over the bus.
    pub sends_in_attach: bool,
    /// Its detach callback sends a command to the peripheral over the bus, as mtk_dsi's does.
    pub sends_in_detach: bool,
    /// The result of its attach callback.
    pub attach: AttachAnswer,
    /// Who may send over it, and when.
    pub profile: Profile,
}

/// The result of a host's attach callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum AttachAnswer {
    /// It succeeds.
    #[default]
    Agrees,
    /// It fails.
    Refuses,
    /// Sometimes it succeeds, sometimes it fails.
    Either,
}

/// Who may send over a host, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Profile {
    /// Devices that are attached, one packet at a time, and nothing comes between the packets of a read.
    #[default]
    Exclusive,
    /// The same, and attach and detach hold the link while they run.
    Serialised,
    /// Any device that is registered; the host itself puts the packets in order.
    Shared,
}

/// A child of the controller's device that is not a DSI device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OtherChild {
    /// Taken for a DSI device, it looks not attached.
    LooksDetached,
    /// Taken for a DSI device, it looks attached.
    LooksAttached,
}

/// A peripheral and its driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeripheralShape {
    /// Its driver's module.
    pub module: usize,
    /// How it is controlled, and so who registers its DSI device.
    pub control: Control,
    /// Its links, at least one; if it is a child of a host, the first is the link to that host.
    pub links: Vec<LinkShape>,
    /// How its driver releases what it has on the bus.
    pub release: Release,
    /// What its driver does when it is told that a host is leaving on which it has registered a device.
    pub on_notice: OnNotice,
}

/// One link of a peripheral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkShape {
    /// The host, by index.
    pub host: usize,
    /// The virtual channel, 0 to 3.
    pub channel: u8,
}

/// How a peripheral is controlled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Control {
    /// On the DSI bus: a child of the host, whose side registers its device.
    Dsi,
    /// On I2C, SPI or the platform bus: its driver registers a DSI device on the host that the graph names.
    Other,
    /// Its driver creates a DSI device of its own, which nobody registers, and attaches it to a host (i915). If
    /// handles release what they name, there is no such thing, and the driver registers a device.
    OwnDevice,
}

/// How a peripheral's driver releases what it has on the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Release {
    /// It leaves it to the driver core (devm).
    Managed,
    /// In its remove function.
    Plain,
    /// It detaches, and forgets to unregister (ti-dlpc3433).
    Forgotten,
    /// It undoes nothing: its device stays registered and attached (chipone-icn6211 on I2C).
    Abandoned,
}

/// What a driver does when it is told that a host is leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OnNotice {
    /// Nothing: its handles are dead, and it drops them when it is unbound.
    Nothing,
    /// It sends a last command.
    LastCommand,
    /// It detaches and unregisters.
    LetGo,
    /// It drops its handles.
    DropHandles,
}

impl HostShape {
    /// An ordinary controller whose driver is in this module.
    pub fn new(module: usize) -> Self {
        Self {
            module,
            other_child: None,
            sends_in_attach: false,
            sends_in_detach: false,
            attach: AttachAnswer::Agrees,
            profile: Profile::Exclusive,
        }
    }
}

impl Shape {
    /// The board of the thread: one host, and one bridge on I2C whose driver leaves the release to the driver core
    /// (devm).
    pub fn thread() -> Self {
        Self::of_one(Control::Other, Release::Managed)
    }

    /// One host with one peripheral.
    pub fn of_one(control: Control, release: Release) -> Self {
        let links = vec![LinkShape { host: 0, channel: 0 }];
        Self {
            hosts: vec![HostShape::new(0)],
            peripherals: vec![PeripheralShape {
                module: 1,
                control,
                links,
                release,
                on_notice: OnNotice::LetGo,
            }],
            callers: Callers::default(),
        }
    }

    /// One host with two equal peripherals, on channels 0 and 1.
    pub fn two_on_one_host(control: Control, release: Release) -> Self {
        let mut shape = Self::of_one(control, release);
        let mut second = shape.peripherals.clone();
        for link in second.iter_mut().flat_map(|peripheral| &mut peripheral.links) {
            link.channel = 1;
        }
        shape.peripherals.extend(second);
        shape
    }

    /// Two hosts of one driver, and one peripheral with a link to each.
    pub fn dual_link(control: Control, release: Release) -> Self {
        let mut shape = Self::of_one(control, release);
        shape.hosts.push(HostShape::new(0));
        if let Some(peripheral) = shape.peripherals.first_mut() {
            peripheral.links.push(LinkShape { host: 1, channel: 0 });
        }
        shape
    }

    /// The same shape with drivers that do this when they are told.
    #[must_use]
    pub fn on_notice(mut self, on_notice: OnNotice) -> Self {
        for peripheral in &mut self.peripherals {
            peripheral.on_notice = on_notice;
        }
        self
    }

    /// The same shape with hosts of this kind.
    #[must_use]
    pub fn with_hosts(mut self, change: impl Fn(&mut HostShape)) -> Self {
        self.hosts.iter_mut().for_each(change);
        self
    }

    /// The same shape with callers who do this.
    #[must_use]
    pub fn with_callers(mut self, callers: Callers) -> Self {
        self.callers = callers;
        self
    }

    /// Whether a driver drops handles inside callbacks. Then it does not know when its registration ends, and neither
    /// does an onlooker: a drop in a callback returns before what it drops is released.
    pub fn drops_in_callbacks(&self) -> bool {
        let drops = |shape: &PeripheralShape| shape.on_notice == OnNotice::DropHandles;
        self.callers.drop_in_callbacks || self.peripherals.iter().any(drops)
    }

    /// The hosts, then the peripherals.
    pub fn ends(&self) -> impl Iterator<Item = End> + '_ {
        let peripherals = (0..self.peripherals.len()).map(End::Peripheral);
        (0..self.hosts.len()).map(End::Host).chain(peripherals)
    }

    /// The module of the driver that serves an end.
    pub fn module(&self, end: End) -> Option<usize> {
        match end {
            End::Host(index) => self.hosts.get(index).map(|host| host.module),
            End::Peripheral(index) => self.peripherals.get(index).map(|peripheral| peripheral.module),
        }
    }

    /// The channels of a host's children on the DSI bus, each with its peripheral.
    pub fn children(&self, host: usize) -> impl Iterator<Item = (u8, usize)> + '_ {
        self.peripherals.iter().enumerate().filter_map(move |(index, peripheral)| {
            let link = peripheral.links.first().filter(|link| link.host == host)?;
            (peripheral.control == Control::Dsi).then_some((link.channel, index))
        })
    }

    /// The peripherals that claim this channel of a host, each with which of its links.
    pub fn on_channel(&self, host: usize, channel: u8) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.peripherals.iter().enumerate().filter_map(move |(index, peripheral)| {
            let link = peripheral.links.iter().position(|link| *link == LinkShape { host, channel })?;
            Some((index, link))
        })
    }
}

impl Release {
    /// Whether a driver that releases in this way ever gives this back.
    pub fn gives_back(self, what: Acquisition) -> bool {
        match self {
            Self::Managed | Self::Plain => true,
            Self::Forgotten => !matches!(what, Acquisition::Registration(_)),
            Self::Abandoned => false,
        }
    }
}

impl PeripheralShape {
    /// What its probe acquires, in this order. On the DSI bus the device is already there, and second links come first,
    /// as their host may be missing.
    pub fn acquisitions(&self) -> impl Iterator<Item = Acquisition> + '_ {
        let links = 0..self.links.len();
        let count = links.len() * 2;
        let control = self.control;
        let skipped = usize::from(control == Control::Dsi);
        (0..count.saturating_sub(skipped)).map(move |step| match control {
            Control::OwnDevice if step % 2 == 0 => Acquisition::OwnDevice(step / 2),
            Control::OwnDevice => Acquisition::Attachment(step / 2),
            Control::Other if step % 2 == 0 => Acquisition::Registration(step / 2),
            Control::Other => Acquisition::Attachment(step / 2),
            Control::Dsi if step + 1 < links.len() => Acquisition::Registration(step + 1),
            Control::Dsi => Acquisition::Attachment(step + 1 - links.len()),
        })
    }
}

impl Acquisition {
    /// Of which link, by index.
    pub fn link(self) -> usize {
        match self {
            Self::Registration(link) | Self::Attachment(link) | Self::OwnDevice(link) => link,
        }
    }
}

/// Something that a probe acquires from the bus: for which link, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Acquisition {
    /// A DSI device, registered.
    Registration(usize),
    /// Its attachment.
    Attachment(usize),
    /// A DSI device that the driver creates for itself.
    OwnDevice(usize),
}
