//! The shape of a board, as far as ownership goes: how many hosts, and who is linked to which.
//!
//! Names, compatibles and lanes make no difference; boards of one shape are searched once.

/// Hosts and peripherals.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shape {
    /// How many hosts.
    pub hosts: usize,
    /// The peripherals.
    pub peripherals: Vec<PeripheralShape>,
}

/// A peripheral whose driver registers a DSI device on a host: a bridge on I2C.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PeripheralShape {
    /// The host, by index, and the virtual channel.
    pub host: usize,
    /// The virtual channel, 0 to 3.
    pub channel: u8,
    /// Whether its driver leaves the release to the device model (devm).
    pub managed: bool,
    /// What its driver does when it is told that the host leaves, where the model tells.
    pub on_notice: OnNotice,
}

/// What a driver does when it is told that its host leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnNotice {
    /// Nothing: its handles are dead, and it drops them when it is unbound.
    Nothing,
    /// It sends a last command.
    LastCommand,
    /// It detaches and unregisters.
    LetGo,
}

impl Shape {
    /// The board of the thread: one host, one bridge on I2C.
    pub fn thread(managed: bool, on_notice: OnNotice) -> Self {
        Self { hosts: 1, peripherals: vec![PeripheralShape { host: 0, channel: 0, managed, on_notice }] }
    }
}
