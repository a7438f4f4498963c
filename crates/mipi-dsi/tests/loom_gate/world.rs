//! One host slot in a bus of a few lines: the crate's book and operations, loom's mutex and condition variable, and the
//! gate under test.

use super::bus::gate::{Gate, GateWord, Visit};
use super::bus::shell::gate_and_book;
use loom::cell::UnsafeCell;
use loom::sync::{Arc, Condvar, Mutex};
use mipi_dsi::bus::machine::{
    Attach, Books, Callback, Caller, DeviceKey, Generation, HostBook, HostKey, LinkKey, Next, Operation,
    Profile, RegisterDevice, Running, UnregisterDevice, UnregisterHost, UseLink, WaitFor,
};
use mipi_dsi::bus::{RemovalKind, Removed, Side, Speed};
use mipi_dsi::wire::VirtualChannel;

/// A host controller. Whoever sends without having the link, or to a controller whose owner has it back, is seen by
/// loom.
#[derive(Debug)]
pub(crate) struct HostDriver {
    pub(crate) number: u32,
    profile: Profile,
    registers: UnsafeCell<()>,
}

impl HostDriver {
    fn transfer(&self) {
        if self.profile == Profile::Shared {
            self.registers.with(|_| ());
        } else {
            self.registers.with_mut(|_| ());
        }
    }

    /// Its owner frees it.
    fn free(&self) {
        self.registers.with_mut(|_| ());
    }
}

type Controller = Arc<HostDriver>;

/// The slot, its gate, and who waits.
pub(crate) struct World<W> {
    gate: Gate<Controller, W>,
    slot: Mutex<Slot>,
    changed: Condvar,
}

struct Slot {
    book: HostBook,
    controller: Option<Controller>,
}

impl Books for Slot {
    fn host(&self, slot: usize) -> Option<&HostBook> {
        (slot == 0).then_some(&self.book)
    }

    fn host_mut(&mut self, slot: usize) -> Option<&mut HostBook> {
        (slot == 0).then_some(&mut self.book)
    }

    // No scene has a wait that never ends.
    fn waits_for(&self, _: Caller) -> Option<WaitFor> {
        None
    }

    fn note_wait(&mut self, _: Caller, _: Option<WaitFor>) -> bool {
        true
    }
}

/// What a link of the shell has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) key: LinkKey,
    profile: Profile,
    permit: Generation,
}

/// What a callback was lent.
#[derive(Default)]
struct Loan {
    controller: Option<Controller>,
    of_gate: Option<Controller>,
}

impl<W: GateWord> World<W> {
    /// Nothing is registered.
    pub(crate) fn new() -> Self {
        let gate = Gate::EMPTY;
        // Makes the words of both profiles, and the cell.
        gate.close(Profile::Shared);
        gate.close(Profile::Exclusive);
        assert!(gate.edit(Profile::Exclusive, |_| (false, ())).is_some(), "nobody is inside");
        let slot = Mutex::new(Slot { book: HostBook::EMPTY, controller: None });
        Self { gate, slot, changed: Condvar::new() }
    }

    /// Registers a host.
    pub(crate) fn host(&self, number: u32, profile: Profile) -> HostKey {
        self.section(|slot| {
            slot.controller = Some(Arc::new(HostDriver { number, profile, registers: UnsafeCell::new(()) }));
            let key = slot.book.begin_host(0, profile).expect("the slot is vacant");
            slot.book.finish_host(true);
            key
        })
    }

    /// Registers a device and attaches it.
    pub(crate) fn link(&self, host: HostKey, channel: VirtualChannel) -> Link {
        let caller = Caller::MAIN;
        let registered = self.run(RegisterDevice::new(host, channel, false), caller, &mut |_| ());
        let device = registered.outcome().expect("the channel is free");
        let attached = self.run(Attach::new(device), caller, &mut |_| ());
        let attachment = attached.outcome().expect("it is attached once");
        let profile = self.section(|slot| slot.book.profile);
        let permit = if profile == Profile::Shared { device.generation } else { attachment };
        Link { key: LinkKey { device, attachment: Some(attachment) }, profile, permit }
    }

    /// Sends a packet. Gives the number of the host that got it.
    pub(crate) fn send(&self, link: Link, caller: Caller) -> Option<u32> {
        let channel = link.key.device.channel;
        let mut got = None;
        let mut work = |controller: &Controller| {
            controller.transfer();
            got = Some(controller.number);
        };
        if let Some(inside) = self.gate.enter(link.profile, caller, channel) {
            let was_sent =
                gate_and_book::let_through(&inside, channel, link.permit, |controller, _| work(controller));
            if Visit::leave(inside) {
                self.run(UseLink::passed_gate(link.key, link.profile), caller, &mut |_| ());
            }
            if was_sent {
                return got;
            }
        }
        self.run(UseLink::packet(link.key), caller, &mut work);
        got
    }

    /// Unregisters a host.
    pub(crate) fn remove(&self, host: HostKey, removal: RemovalKind, caller: Caller) -> Removed {
        let run = self.run(UnregisterHost::new(host, removal), caller, &mut |_| ());
        run.outcome().expect("it waits as long as it takes")
    }

    /// Unregisters a device.
    pub(crate) fn unregister(&self, device: DeviceKey, caller: Caller) -> Removed {
        let operation = UnregisterDevice::new(device, Side::Peripheral, RemovalKind::Orderly);
        self.run(operation, caller, &mut |_| ()).outcome().expect("it waits as long as it takes")
    }

    /// Asserts that nothing is left: not of the host, nor of those who sent.
    pub(crate) fn assert_quiet(&self) {
        self.section(|slot| {
            assert!(slot.book.is_quiet(), "{:?}", slot.book);
            assert!(slot.controller.is_none());
        });
        let left = self.gate.edit(Profile::Exclusive, |pass| (false, pass.controller.is_some()));
        assert_eq!(left, Some(false), "nobody is inside, and no handle is left in the gate");
    }

    fn section<R>(&self, work: impl FnOnce(&mut Slot) -> R) -> R {
        self.section_on(&mut self.slot.lock().expect("nobody panics with it"), work)
    }

    fn section_on<R>(&self, slot: &mut Slot, work: impl FnOnce(&mut Slot) -> R) -> R {
        gate_and_book::close(&self.gate, &mut slot.book);
        let result = work(slot);
        gate_and_book::open(&self.gate, &mut slot.book, &slot.controller, |_, _| Speed::HighSpeed);
        assert_eq!(slot.book.gate_is_open, slot.book.gate_may_open(), "the gate is open whenever it may be");
        if !slot.book.take_ended().is_empty() {
            self.changed.notify_all();
        }
        result
    }

    /// Drives an operation to its end.
    fn run<O: Operation>(
        &self,
        operation: O,
        caller: Caller,
        work: &mut dyn FnMut(&Controller),
    ) -> Running<O> {
        let mut running = Running::new(operation, caller);
        {
            let running = &mut running as &mut Running<dyn Operation>;
            let mut returned = None;
            while let Some((callback, loan)) = self.next(running, returned) {
                match callback {
                    Callback::Transfer(_) => {
                        if let Some(controller) = &loan.controller {
                            work(controller);
                        }
                    }
                    Callback::Surrender(_) => {
                        let controller = loan.controller.as_ref().expect("the book says that it is there");
                        controller.free();
                        drop(loan.of_gate);
                    }
                    _ => {}
                }
                drop(loan.controller);
                returned = Some(());
            }
        }
        running
    }

    /// The next callback, after whatever has to be waited for.
    fn next(
        &self,
        running: &mut Running<dyn Operation + '_>,
        returned: Option<()>,
    ) -> Option<(Callback, Loan)> {
        let mut slot = self.slot.lock().expect("nobody panics with it");
        let mut returned = returned;
        loop {
            let next = self.section_on(&mut slot, |slot| {
                if returned.take().is_some() {
                    running.returned(slot, true);
                }
                match running.next(slot) {
                    Next::Call(callback) => Some(Some((callback, self.lend(slot, callback)))),
                    Next::Wait(_) => None,
                    Next::Done => Some(None),
                }
            });
            match next {
                Some(next) => return next,
                None => slot = self.changed.wait(slot).expect("nobody panics with it"),
            }
        }
    }

    fn lend(&self, slot: &mut Slot, callback: Callback) -> Loan {
        match callback {
            Callback::Surrender(_) => Loan {
                controller: slot.controller.take(),
                of_gate: gate_and_book::surrender(&self.gate, &slot.book),
            },
            _ => Loan { controller: slot.controller.clone(), of_gate: None },
        }
    }
}
