//! Promises that the machine keeps for shells of every kind, step by step: no thread comes to these places by itself.

mod announcing;
mod asking_again;
mod errands;
mod gate;
mod late_refusals;
mod left_packets;
mod notices;
mod waits;

use mipi_dsi::bus::machine::{
    Attach, Books, Callback, Detach, Generation, HostBook, LinkKey, Next, Operation, Profile, Running,
    UnregisterHost, UseLink,
};
use mipi_dsi::bus::{
    report::{DeviceKey, HostKey, WaitFor},
    Caller, RemovalKind, WaitError,
};
use mipi_dsi::wire::VirtualChannel;

const ANN: Caller = Caller::from_number(1);
const BEN: Caller = Caller::from_number(2);
const CLEO: Caller = Caller::from_number(3);

const VC0: VirtualChannel = VirtualChannel::VC0;
const VC1: VirtualChannel = VirtualChannel::VC1;
const VC2: VirtualChannel = VirtualChannel::VC2;

/// Two hosts, and who waits.
struct TheBooks {
    hosts: [HostBook; 2],
    waits: Vec<(Caller, WaitFor)>,
    /// How many waits can be noted.
    room: usize,
}

impl Books for TheBooks {
    fn host(&self, slot: usize) -> Option<&HostBook> {
        self.hosts.get(slot)
    }

    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook> {
        self.hosts.get_mut(slot)
    }

    fn waits_for(&self, caller: Caller) -> Option<WaitFor> {
        self.waits.iter().find(|(who, _)| *who == caller).map(|(_, wait)| *wait)
    }

    fn note_wait(&mut self, caller: Caller, wait: Option<WaitFor>) -> bool {
        self.waits.retain(|(who, _)| *who != caller);
        let is_noted = wait.is_none() || self.waits.len() < self.room;
        self.waits.extend(wait.filter(|_| is_noted).map(|wait| (caller, wait)));
        is_noted
    }
}

impl TheBooks {
    fn new() -> Self {
        Self { hosts: [HostBook::EMPTY; 2], waits: vec![], room: 8 }
    }

    fn new_host(&mut self, slot: usize, profile: Profile) -> HostKey {
        let host = self.hosts[slot].begin_host(slot, profile).expect("the slot is vacant");
        self.hosts[slot].finish_host(true);
        host
    }

    fn device(&mut self, host: HostKey, channel: VirtualChannel) -> DeviceKey {
        self.hosts[host.slot].register_device(host, channel, None).expect("the channel is free")
    }

    fn attached(&mut self, host: HostKey, channel: VirtualChannel) -> LinkKey {
        let device = self.device(host, channel);
        let mut attach = Running::new(Attach::new(device), ANN);
        assert_eq!(next(&mut attach, self), Next::Call(Callback::Attach(device)));
        assert_eq!(returned(&mut attach, self), Next::Done);
        LinkKey { device, attachment: attach.outcome().ok() }
    }

    /// `caller` is in the transfer of a packet.
    fn sending(&mut self, link: LinkKey, caller: Caller) -> Running<UseLink> {
        let mut packet = Running::new(UseLink::packet(link), caller);
        assert_eq!(next(&mut packet, self), Next::Call(Callback::Transfer(link.device)));
        packet
    }

    /// `caller` removes the host in an orderly way, and is in the notice of this device.
    fn telling(&mut self, told: DeviceKey, caller: Caller) -> Running<UnregisterHost> {
        let mut removal = Running::new(UnregisterHost::new(told.host, RemovalKind::Orderly), caller);
        let tell = Callback::Tell(told, RemovalKind::Orderly);
        assert_eq!(next(&mut removal, self), Next::Call(tell));
        removal
    }

    /// Ann is in the detach of a device, and the host sends a packet from inside it.
    fn sending_in_detach(&mut self, device: DeviceKey) -> (Running<Detach>, Running<UseLink>) {
        let mut detach = Running::new(Detach::device(device), ANN);
        assert_eq!(next(&mut detach, self), Next::Call(Callback::Detach(device)));
        (detach, self.sending(lent(device), ANN))
    }

    fn has_registered(&self, device: DeviceKey) -> bool {
        self.hosts[device.host.slot].registration(device).is_ok()
    }
}

type AnyRunning = Running<dyn Operation + 'static>;

fn next(running: &mut AnyRunning, books: &mut TheBooks) -> Next {
    running.next(books)
}

/// What is next, now that the callback has returned.
fn returned(running: &mut AnyRunning, books: &mut TheBooks) -> Next {
    running.returned(books, true);
    running.next(books)
}

/// What is next, now that the callback has failed.
fn failed(running: &mut AnyRunning, books: &mut TheBooks) -> Next {
    running.returned(books, false);
    running.next(books)
}

fn give_up(running: &mut AnyRunning, books: &mut TheBooks) {
    running.give_up(books, WaitError::DeadlinePassed);
}

fn abandon(running: &mut AnyRunning, books: &mut TheBooks) {
    running.abandoned(books);
}

fn unwind(running: &mut AnyRunning, books: &mut TheBooks) {
    running.unwound(books);
}

/// What whoever attaches or detaches a device is lent.
fn lent(device: DeviceKey) -> LinkKey {
    LinkKey { device, attachment: None::<Generation> }
}
