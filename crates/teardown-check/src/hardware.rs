//! The host controller as its callbacks find it: what is served, what runs, and whether its driver's memory is there.

use crate::breach::Breach;

/// What a host serves on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Served {
    /// Nothing.
    #[default]
    Idle,
    /// Its attach runs.
    Attaching,
    /// It is attached.
    Attached,
    /// Its detach runs.
    Detaching,
}

/// One host controller.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Controller {
    /// Its driver's memory is allocated.
    pub alive: bool,
    /// By channel.
    pub served: [Served; 4],
    /// A packet is being sent.
    pub transferring: bool,
    /// Callbacks that run.
    pub running: u8,
}

/// A call into a host controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostCall {
    /// Attach a channel.
    Attach(u8),
    /// Detach a channel.
    Detach(u8),
    /// Send a packet of a channel.
    Transfer(u8),
    /// Cancel the transfer of a channel.
    Cancel(u8),
}

impl Controller {
    /// The first instruction of a callback.
    ///
    /// # Errors
    ///
    /// What that breaks.
    pub fn enter(&mut self, call: HostCall) -> Result<(), Breach> {
        if !self.alive {
            return Err(Breach::UsedAfterFree);
        }
        self.running = self.running.saturating_add(1);
        match call {
            HostCall::Attach(channel) => self.change(channel, Served::Idle, Served::Attaching),
            HostCall::Detach(channel) => self.change(channel, Served::Attached, Served::Detaching),
            HostCall::Transfer(channel) => {
                if std::mem::replace(&mut self.transferring, true) {
                    return Err(Breach::TwoTransfers);
                }
                match self.served.get(usize::from(channel)) {
                    Some(Served::Idle) | None => Err(Breach::SentWhileDetached),
                    Some(_) => Ok(()),
                }
            }
            HostCall::Cancel(_) => Ok(()),
        }
    }

    /// Its last instruction.
    ///
    /// # Errors
    ///
    /// What that breaks.
    pub fn leave(&mut self, call: HostCall) -> Result<(), Breach> {
        if !self.alive {
            return Err(Breach::UsedAfterFree);
        }
        self.running = self.running.saturating_sub(1);
        match call {
            HostCall::Attach(channel) => self.change(channel, Served::Attaching, Served::Attached),
            HostCall::Detach(channel) => self.change(channel, Served::Detaching, Served::Idle),
            HostCall::Transfer(_) => {
                self.transferring = false;
                Ok(())
            }
            HostCall::Cancel(_) => Ok(()),
        }
    }

    fn change(&mut self, channel: u8, from: Served, to: Served) -> Result<(), Breach> {
        match self.served.get_mut(usize::from(channel)) {
            Some(served) if *served == from => {
                *served = to;
                Ok(())
            }
            _ => Err(Breach::NotExactlyOnce),
        }
    }
}
