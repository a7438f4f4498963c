//! What users and drivers do, each as one action that an actor carries out step by step.

use crate::ownership::Ownership;
use crate::shape::Control;
use crate::world::{Bound, World};

/// One end of a link: a host or a peripheral, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A host controller.
    Host(usize),
    /// A peripheral.
    Peripheral(usize),
}

/// One thing that somebody sets out to do.
///
/// To unload a module is to unbind all that its driver serves, one after the other, and to bind nothing of it until it is
/// loaded again; so it adds nothing to a search in which everything may be unbound and nothing has to be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserAction {
    /// Unbind a driver (`echo NAME > unbind`).
    Unbind(End),
    /// Bind it, after it was plugged in if it was pulled; the probe is deferred while a host is missing.
    Bind(End),
    /// Pull a host, or the add-on board of a peripheral: its hardware is gone, and its driver is unbound by surprise.
    Pull(End),
    /// A peripheral's driver sends a command over each link.
    Command(usize),
    /// A peripheral's driver reads over its first link.
    Read(usize),
    /// Somebody else takes a handle to the peripheral's device, counted where the model counts.
    Hold(usize),
    /// He sends a command with it.
    CommandHeld(usize),
    /// He drops it.
    Drop(usize),
}

impl UserAction {
    /// Calls `found` with all that can be set out to do in this state: what would be a step without effect is left out. Where the model does
    /// not tell a surprise from an orderly removal, pulling is unbinding.
    pub fn each_possible<O: Ownership>(world: &World<O>, mut found: impl FnMut(Self)) {
        for (index, host) in world.hosts.iter().enumerate() {
            let end = End::Host(index);
            match host.bound {
                Bound::Yes => found(Self::Unbind(end)),
                Bound::No => found(Self::Bind(end)),
                Bound::Changing => {}
            }
            if O::CANCELS && host.bound == Bound::Yes {
                found(Self::Pull(end));
            }
        }
        for (index, (peripheral, shape)) in world.peripherals.iter().zip(&world.shape.peripherals).enumerate()
        {
            let end = End::Peripheral(index);
            match peripheral.bound {
                Bound::Yes => {
                    [Self::Unbind(end), Self::Command(index), Self::Read(index)]
                        .into_iter()
                        .for_each(&mut found);
                    // Of a child of the host only the cable can be pulled, of which the bus does not hear.
                    if O::CANCELS && shape.control == Control::Other {
                        found(Self::Pull(end));
                    }
                    if peripheral.held.is_none() {
                        found(Self::Hold(index));
                    }
                }
                Bound::No if world.can_bind(index) => found(Self::Bind(end)),
                Bound::No | Bound::Changing => {}
            }
            if peripheral.held.is_some() {
                [Self::CommandHeld(index), Self::Drop(index)].into_iter().for_each(&mut found);
            }
        }
    }
}
