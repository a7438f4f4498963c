//! DSI hosts, panels, bridges, cables and faults in software, behind the same traits as real ones.
//!
//! # The layers, from the wire up
//!
//! * [`clock`]: virtual time. Nothing here looks at the machine's clock; a test decides what time it is.
//! * [`link`]: what listens at the end of a link, [`LinkDevice`], and what can be put in between: a [`Cable`] that can
//!   be pulled, a [`Tap`] that records, [`Faults`] that damage. They all have the same trait and wrap each other.
//! * [`host`]: a [`VirtualHost`], which implements `mipi_dsi`'s `HostController` and puts real bytes on its link:
//!   headers, error correction, checksums. It keeps a list of every call that the trait's documentation forbids.
//! * [`panel`]: a [`DcsPanel`] with frame memory or video input, stricter than any chip: it records what a data sheet
//!   forbids, and does not carry it out.
//! * [`bridge`]: a [`Bridge`] that is set up over I2C and shows the video that arrives over DSI.
//! * [`i2c`] and [`spi`]: the buses that bridges and some panels are controlled over, as embedded-hal traits.
//! * [`picture`] and [`pixels`]: what a screen shows, and how pixels are packed on the way.
//!
//! # Example
//!
//! ```
//! use mipi_dsi::bus::{HostController, Message, Speed};
//! use mipi_dsi::wire::{DataType, VirtualChannel};
//! use std::{sync::Arc, time::Duration};
//! use virtual_hardware::{Cable, DcsPanel, HostOptions, PanelOptions, Rule, VirtualClock, VirtualHost};
//!
//! let clock = VirtualClock::new();
//! let host = VirtualHost::new(clock.clone(), HostOptions::default());
//! let panel = Arc::new(DcsPanel::new(PanelOptions::command(320, 480)));
//! let cable = Arc::new(Cable::new(panel.clone()));
//! host.connect(cable.clone())?;
//!
//! // Sleep out, and one millisecond later display on: five are needed, so the panel stays dark and says why.
//! for opcode in [0x11, 0x29] {
//!     let opcode = [opcode];
//!     let message =
//!         Message::new(VirtualChannel::VC0, DataType::DCS_SHORT_WRITE_0, &opcode, Speed::LowPower)?;
//!     host.transfer(&message, &mut [])?;
//!     clock.sleep(Duration::from_millis(1));
//! }
//! assert!(!panel.is_display_on());
//! assert!(matches!(panel.broken_rules()[..], [Rule::TooEarly { .. }]));
//! // Nothing was attached: the bus would not have sent this.
//! assert_eq!(host.violations().len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it is not
//!
//! There are no lines, voltages or separate lanes here: a transmission is the bytes that a receiver's lane merger
//! yields. Nothing here knows of drivers, device trees or who owns what; it is the hardware.
//!
//! # Locks
//!
//! Every type is `Send + Sync`. None holds a lock of its own while it calls foreign code, so a callback may
//! call back.
//!
//! # Panics
//!
//! No bytes that come over a link or a bus make anything here panic.

pub mod bridge;
pub mod clock;
pub mod host;
pub mod i2c;
mod kept;
pub mod link;
pub mod panel;
pub mod picture;
pub mod pixels;
pub mod spi;
mod sync;
mod video_receiver;

pub use bridge::{Bridge, BridgeOptions};
pub use clock::{Instant, VirtualClock};
pub use host::{Gate, HostOptions, VirtualHost};
pub use i2c::I2cBus;
pub use kept::MAX_KEPT;
pub use link::{Cable, DeviceResponse, Faults, LinkDevice, Tap, Transmission, TurnAround};
pub use panel::{Breach, DcsPanel, PanelOptions, Rule};
pub use picture::{Picture, Rgb, test_picture};
pub use spi::ThreeWireSpi;
pub use video_receiver::VideoFault;
