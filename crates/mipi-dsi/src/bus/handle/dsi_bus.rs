//! The bus itself: registers hosts, finds them, and shows everything that is there.

use super::super::error::{BusError, RegisterHostError};
use super::super::info::HostInfo;
use super::super::lock::{Ended, Lock};
use super::super::machine::{Books, HostKey, WaitFor};
use super::super::memory::Memory;
use super::super::name::{HostName, KeepName};
use super::super::report::HostReport;
use super::super::shell::{settle, Controller, MemoryRef, NameOf};
use super::super::slots::{LookUp, LookUpResult, Node, Slots};
use super::{try_errands, CountedHost, Host, HostRef};
use core::fmt;

/// A DSI bus. A cheap handle that can be cloned as often as its `R` can.
///
/// `R` reaches the memory: `&'static FirmwareMemory<..>` in firmware, `Arc<..>` where there is an allocator (see
/// [`StdBus`](super::super::StdBus)).
#[derive(Clone)]
pub struct Bus<R> {
    memory: R,
}

impl<R> fmt::Debug for Bus<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").finish_non_exhaustive()
    }
}

impl<R: MemoryRef> Bus<R> {
    /// Makes a handle to the bus in this memory. All buses over one memory are the same bus.
    #[must_use]
    pub const fn new(memory: R) -> Self {
        Self { memory }
    }

    /// Registers a host (`mipi_dsi_host_register`).
    ///
    /// Others can find the host at once; whoever knows its devices registers them afterwards. Bind the result to a
    /// variable: dropping it removes the host.
    ///
    /// # Errors
    ///
    /// [`RegisterHostError`] if there is no vacant slot, if the name is too long, or if another host has it.
    pub fn register_host<'n>(
        &self,
        info: HostInfo<'n>,
        controller: Controller<R>,
    ) -> Result<Host<R>, RegisterHostError>
    where
        NameOf<R>: KeepName<'n>,
    {
        let name = NameOf::<R>::keep(info.name).map_err(RegisterHostError::Name)?;
        let lock = self.memory.memory().lock();
        // If the host is not registered, this is dropped after the lock has been released: its drop is foreign code.
        let mut controller = Some(controller);
        let begun = lock.with(|slots| {
            if let LookUpResult::At(_) = slots.look_up(LookUp::Name(info.name), 0) {
                return (Err(RegisterHostError::NameTaken), Ended::NOTHING);
            }
            let Some(index) = slots.take_vacant() else {
                return (Err(RegisterHostError::NoSlot { slots: slots.count() }), Ended::NOTHING);
            };
            let no_slot = RegisterHostError::NoSlot { slots: slots.count() };
            let Some(slot) = slots.slot_mut(index) else { return (Err(no_slot), Ended::NOTHING) };
            let Some(key) = slot.book.begin_host(index, info.profile) else {
                return (Err(no_slot), Ended::NOTHING);
            };
            slot.name = Some(name);
            slot.node = info.node;
            slot.capabilities = info.capabilities;
            slot.controller = controller.take();
            slots.index(index);
            (Ok(key), Ended::NOTHING)
        })?;
        let mut is_taken = self.is_name_of_another(info.name, begun);
        let taken_back = lock.with(|slots| {
            let controller = slots.slot_mut(begun.slot).and_then(|slot| {
                is_taken |= slot.name.is_none();
                slot.book.finish_host(!is_taken);
                if is_taken {
                    slot.controller.take()
                } else {
                    None
                }
            });
            (controller, settle(self.memory.memory(), slots, begun.slot).1)
        });
        drop(taken_back);
        if is_taken {
            return Err(RegisterHostError::NameTaken);
        }
        Ok(Host::new(CountedHost::new(self.memory.clone(), begun)))
    }

    /// Whether another host has this name. Of two that are being registered, the one in the lower slot gets it, and takes
    /// it from the other one, which may have looked here before.
    fn is_name_of_another(&self, name: &str, own: HostKey) -> bool {
        let (lock, mut from) = (self.memory.memory().lock(), 0);
        loop {
            let (looked_up, is_other) = lock.with(|slots| {
                let looked_up = slots.look_up(LookUp::Name(name), from);
                let is_other = match looked_up {
                    LookUpResult::At(index) if index > own.slot => {
                        slots.slot_mut(index).is_some_and(|slot| {
                            let is_present = slot.book.present(index).is_some();
                            slot.name = slot.name.filter(|_| is_present);
                            is_present
                        })
                    }
                    LookUpResult::At(index) => index < own.slot,
                    LookUpResult::NotBefore(_) | LookUpResult::Nowhere => false,
                };
                ((looked_up, is_other), Ended::NOTHING)
            });
            if is_other {
                return true;
            }
            from = match looked_up {
                LookUpResult::At(index) => index.saturating_add(1),
                LookUpResult::NotBefore(next) => next,
                LookUpResult::Nowhere => return false,
            };
        }
    }

    /// Finds a host by its name. `None` if there is none or it is leaving: try again later in both cases.
    #[must_use]
    pub fn find_host(&self, name: &str) -> Option<HostRef<R>> {
        self.find(LookUp::Name(name))
    }

    /// Finds a host by its device tree node (`of_find_mipi_dsi_host_by_node`, which counts nothing). `None` as in
    /// [`find_host`](Self::find_host).
    #[must_use]
    pub fn find_host_by_node(&self, node: Node) -> Option<HostRef<R>> {
        self.find(LookUp::Node(node))
    }

    fn find(&self, by: LookUp<'_>) -> Option<HostRef<R>> {
        let (lock, mut from) = (self.memory.memory().lock(), 0);
        loop {
            let (looked_up, key) = lock.with(|slots| {
                let looked_up = slots.look_up(by, from);
                let key = match looked_up {
                    LookUpResult::At(index) => slots.host(index).and_then(|book| book.present(index)),
                    LookUpResult::NotBefore(_) | LookUpResult::Nowhere => None,
                };
                ((looked_up, key), Ended::NOTHING)
            });
            if let Some(key) = key {
                return Some(HostRef::new(CountedHost::new(self.memory.clone(), key)));
            }
            from = match looked_up {
                LookUpResult::At(index) => index.saturating_add(1),
                LookUpResult::NotBefore(next) => next,
                LookUpResult::Nowhere => return None,
            };
        }
    }

    /// Everything that is known of host slot `index`; `None` if there is no such slot.
    #[must_use]
    pub fn report(&self, index: usize) -> Option<HostReport<NameOf<R>>> {
        let memory = self.memory.memory();
        memory.lock().with(|slots| {
            let report = slots.slot(index).map(|slot| {
                // Through an open gate a packet passes without the book.
                let gate = memory.gate(index).filter(|_| slot.book.gate_is_open);
                let sender = gate.and_then(|gate| gate.holder(slot.book.profile));
                HostReport::of(slot, sender, |caller| Slots::waits_for(slots, caller))
            });
            (report, Ended::NOTHING)
        })
    }

    /// Reports of all slots in which something is registered, or was and is still held.
    pub fn reports(&self) -> impl Iterator<Item = HostReport<NameOf<R>>> + '_ {
        let slots = self.memory.memory().lock().with(|slots| (slots.count(), Ended::NOTHING));
        (0..slots).filter_map(|index| self.report(index)).filter(|report| !report.is_empty())
    }

    /// Carries out the errands that dropped handles have left, as far as that is possible now. Does nothing if this
    /// context may not call back ([`Lock::may_call_back`]).
    ///
    /// Every call on a host whose context may call back does this for that host, late commands and dropped handles
    /// included. Call this if there is nothing else to call.
    pub fn run_errands(&self) {
        let slots = self.memory.memory().lock().with(|slots| (slots.count(), Ended::NOTHING));
        for index in 0..slots {
            let has_errands = self
                .memory
                .memory()
                .lock()
                .with(|slots| (slots.host(index).is_some_and(|book| book.has_errands()), Ended::NOTHING));
            if has_errands {
                try_errands(&self.memory, index);
            }
        }
    }

    /// Displays an error with the names of the host and the device that it is about; the error itself has only their
    /// numbers.
    pub fn show<'a>(&'a self, error: &'a dyn BusError) -> impl fmt::Display + 'a {
        WithNames { bus: self, error }
    }
}

struct WithNames<'a, R: MemoryRef> {
    bus: &'a Bus<R>,
    error: &'a dyn BusError,
}

impl<R: MemoryRef> WithNames<'_, R> {
    /// The names of the host and the device that are waited for, unless they have successors by now.
    fn names(&self, wait: WaitFor) -> (Option<NameOf<R>>, Option<NameOf<R>>) {
        self.bus.memory.memory().lock().with(|slots| {
            let host = wait.host();
            let slot = slots.slot(host.slot).filter(|slot| slot.book.generation == host.generation);
            let device = match wait {
                WaitFor::Serving(device)
                | WaitFor::Notice(device)
                | WaitFor::Registration(device)
                | WaitFor::Senders(device) => Some(device),
                WaitFor::Link(_) | WaitFor::Cancel(_) | WaitFor::HostRemoval(_) => None,
            };
            let name = slot.zip(device).and_then(|(slot, device)| {
                let is_same = slot.book.devices[device.channel].generation == device.generation;
                slot.devices[device.channel].name.filter(|_| is_same)
            });
            ((slot.and_then(|slot| slot.name), name), Ended::NOTHING)
        })
    }
}

impl<R: MemoryRef> fmt::Display for WithNames<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(still_running) = self.error.still_running() else { return self.error.fmt(f) };
        let (host, device) = self.names(still_running.waiting_for);
        let Some(host) = host else { return self.error.fmt(f) };
        let (host, device) = (host.as_str(), device.as_ref().map_or("", HostName::as_str));
        still_running.show(f, &host, device)
    }
}
