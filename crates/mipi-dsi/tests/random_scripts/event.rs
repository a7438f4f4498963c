//! What is seen of a run: answers, callbacks and the bus's own reports, in order. Two runs are compared by these.

use mipi_dsi::bus::{
    adapter::Name,
    report::{DeviceState, Errand, HostReport, Presence, WaitFor},
    Gone, RemovalKind, Removed,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    Answer {
        kind: &'static str,
        answer: Answer,
    },
    /// A callback (or the body of a transaction) begins.
    Begins(Callback),
    Ends(Callback),
    /// What the bus reports after an answer and at the beginning of a callback.
    Reports(Box<[SlotSeen; 2]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callback {
    /// With the controller's number and the channel.
    Attach {
        controller: usize,
        channel: usize,
    },
    Detach {
        controller: usize,
        channel: usize,
    },
    Transfer {
        controller: usize,
        channel: usize,
    },
    /// With the peripheral's number.
    Notice {
        peripheral: usize,
        removal: RemovalKind,
    },
    Transaction,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    NoSuchHandle,
    Made,
    NotFound,
    NoSlot,
    NameTaken,
    ChannelTaken,
    Gone(Gone),
    AlreadyAttached,
    Unsupported,
    Refused,
    Removed(Removed),
    /// The controller's number, for the one who gets it back.
    GivenBack(Option<usize>),
    Sent,
    Declared(bool),
    Dropped,
    WouldDeadlock(Awaited),
}

impl Answer {
    /// Without numbers, to count how often each kind of answer was seen.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::GivenBack(Some(_)) => "given back".into(),
            Self::GivenBack(None) => "removed already".into(),
            Self::WouldDeadlock(awaited) => format!("would deadlock on {:?}", awaited.what),
            other => format!("{other:?}"),
        }
    }
}

/// What a refused wait would have been for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Awaited {
    pub(crate) what: What,
    pub(crate) slot: usize,
    pub(crate) channel: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Link,
    Cancel,
    Serving,
    Notice,
    Registration,
    HostRemoval,
}

impl From<WaitFor> for Awaited {
    fn from(wait: WaitFor) -> Self {
        let (what, slot, channel) = match wait {
            WaitFor::Link(host) => (What::Link, host.slot, None),
            WaitFor::Cancel(host) => (What::Cancel, host.slot, None),
            WaitFor::HostRemoval(host) => (What::HostRemoval, host.slot, None),
            WaitFor::Serving(device) => (What::Serving, device.host.slot, Some(device.channel)),
            WaitFor::Notice(device) => (What::Notice, device.host.slot, Some(device.channel)),
            WaitFor::Registration(device) => (What::Registration, device.host.slot, Some(device.channel)),
            WaitFor::Senders(_) => panic!("no host of a script is of the shared profile"),
        };
        Self { what, slot, channel: channel.map(|channel| channel.index()) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotSeen {
    pub(crate) presence: Presence,
    pub(crate) name: String,
    /// Of the present or last registration, and of earlier ones.
    pub(crate) handles: (u32, u32),
    pub(crate) link: Option<usize>,
    pub(crate) devices: [DeviceSeen; 4],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceSeen {
    pub(crate) name: String,
    pub(crate) state: DeviceState,
    pub(crate) handles: (u32, u32),
    pub(crate) errand: &'static str,
    pub(crate) configured: bool,
    pub(crate) running: bool,
}

impl From<HostReport<Name>> for SlotSeen {
    fn from(report: HostReport<Name>) -> Self {
        Self {
            presence: report.presence,
            name: shown(report.name),
            handles: (report.handles.current, report.handles.old),
            link: report.link.map(|(_, channel)| channel.index()),
            devices: report.devices.map(|device| DeviceSeen {
                name: shown(device.name),
                state: device.state,
                handles: (device.handles.current, device.handles.old),
                errand: match device.errand {
                    Errand::None => "nothing",
                    Errand::Detach => "detach",
                    Errand::Unregister => "unregister",
                },
                configured: device.config.is_some(),
                running: device.caller.is_some(),
            }),
        }
    }
}

fn shown(name: Option<Name>) -> String {
    name.as_ref().map_or(String::new(), |name| name.as_str().into())
}
