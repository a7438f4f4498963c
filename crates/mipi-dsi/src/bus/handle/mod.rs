//! The handles that users hold: the bus, a host, a found host, a device, a link.
//!
//! Each is a key into the book and a way to reach the bus; none points at the other end. Dropping one does what is
//! still to be done: a [`Link`] detaches, a [`Device`] unregisters, a [`Host`] is removed. If the other side has done it
//! already, dropping does nothing but count.

mod device;
mod dsi_bus;
mod host;
mod link;

pub use device::Device;
pub use dsi_bus::Bus;
pub use host::{Host, HostRef};
pub use link::Link;

use super::book::{Books, Errand};
use super::capabilities::Capabilities;
use super::error::{AttachError, Gone, RegisterDeviceError, RegisterHostError, Side, StillRunning};
use super::host_controller::AttachRefused;
use super::key::{Generation, HostKey, Lease, LinkKey};
use super::link_config::{Lanes, LinkConfig, Speed};
use super::lock::Lock;
use super::name::Name;
use super::operation::{
    register, Attach, AttachRefusal, DeclareGone, Detach, Removed, UnregisterDevice, UnregisterHost,
};
use super::peripheral::Removal;
use super::registry::{Node, Registered};
use super::report::HostReport;
use super::send::Lent;
use super::shell::{
    drive, drive_and_run_errands, leave_errand, leave_host_errand, BusHandle, Controller, Deadline, Parcel,
    PeripheralOf,
};
use super::transport::Transport;
use super::wire::{DataType, VirtualChannel};
use super::TransferError;
use core::fmt;
