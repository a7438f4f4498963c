//! A checker of the calls that a bus makes to a host controller.
//!
//! [`HostController`](crate::bus::HostController) documents which calls are legal in which order. Here is that text as
//! code, in three layers:
//!
//! * [`CallRecord`]: what runs and what is attached, as a plain value that says of each call whether it is legal. A
//!   search holds it in its states.
//! * [`CallChecker`]: a record for calls from several threads, with the list of violations. A simulated host holds it.
//! * [`CheckedHost`]: a host controller around another one. Authors of hosts register it in place of their own.
//!
//! It does not check what a host does: whether its transfers send the right bytes, or whether it returns at all.
//!
//! # For authors of hosts
//!
//! ```
//! use mipi_dsi::bus::{
//!     Attachment, Commands, DeviceInfo, DeviceListener, HostAttachError, HostController, HostError, HostInfo, Lanes,
//!     LinkConfig, Message, PixelFormat, StdBus,
//! };
//! use mipi_dsi::dcs;
//! use mipi_dsi::testing::CheckedHost;
//! use mipi_dsi::wire::VirtualChannel;
//! use std::sync::Arc;
//!
//! struct MyHost;
//!
//! impl HostController for MyHost {
//!     fn attach(&self, attachment: &Attachment<'_>) -> Result<(), HostAttachError> {
//!         attachment.transport.write(dcs::SetDisplayOn).map_err(|_| HostAttachError::NotReady)
//!     }
//!     fn detach(&self, _: &Attachment<'_>) {}
//!     fn transfer(&self, _: &Message<'_>, _: &mut [u8]) -> Result<usize, HostError> {
//!         Ok(0)
//!     }
//! }
//!
//! type Listener = Arc<dyn DeviceListener + Send + Sync>;
//! let bus = StdBus::<Arc<CheckedHost<MyHost>>, Listener>::with_hosts(1);
//! let checked = Arc::new(CheckedHost::new(MyHost));
//! let host = bus.register_host(HostInfo::new("dsi"), checked.clone())?;
//! let config = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888);
//! let panel = host.attach_device(DeviceInfo::new(VirtualChannel::VC0, "panel"), config)?;
//! panel.write(dcs::SetDisplayOff)?;
//!
//! host.unregister()?;
//! checked.host_unregistered();
//! checked.assert_legal();
//!
//! // A bus that calls after that is caught.
//! checked.cancel(VirtualChannel::VC0);
//! assert_eq!(
//!     checked.violations()[0].to_string(),
//!     "cancel of channel 0 after the host was unregistered; no call is legal until it is registered again",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checked_host;
mod checker;
mod record;
mod violation;

pub use checked_host::CheckedHost;
pub use checker::CallChecker;
pub use record::{CallRecord, ChannelState};
pub use violation::{Call, Violation, ViolationKind};
