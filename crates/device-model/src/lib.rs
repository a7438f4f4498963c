//! Devices, buses, drivers, probe and unbind, managed resources, deferred probe: the part of Linux's driver core that
//! decides which device goes when.
//!
//! In reading order:
//!
//! * [`device`](DeviceDescription), [`bus`](BusType): what a device is; its name, its place, its state.
//! * [`driver`](Driver): what a driver provides, and the order of the calls to it.
//! * [`context`](BindContext): what a driver's callback gets.
//! * [`model`](Model): add and remove devices, load and unload drivers, bind and unbind.
//! * [`managed`](Model::manage): what is released automatically.
//! * [`event`](Event), [`residue`](Residue): what happens, and what is left.
//!
//! # What it is not
//!
//! It knows neither DSI nor any other bus: a [`BusType`] is a name. It has no device tree; whoever has one adds the
//! devices. It has no power management and no device links.
//!
//! It is **single-threaded by design**: a [`Model`] is a cheap handle that is neither `Send` nor `Sync`, and every run
//! of the same calls gives the same result. Which driver can be unbound when, and what goes with it, is a question
//! about orders, and orders can be compared only if nothing else varies. The tests of the DSI bus, which has locks,
//! cover its races. In place of concurrency there is nesting: any callback may call any operation, and those that would
//! have to wait for the caller are refused with [`Busy`], where Linux would deadlock.
//!
//! # An example
//!
//! ```
//! use std::rc::Rc;
//! use device_model::{
//!     BindContext, Bound, BusType, DeviceDescription, DeviceState, Driver, Model, ProbeError,
//! };
//!
//! /// A panel that needs a backlight, which has a driver of its own.
//! struct PanelDriver;
//!
//! struct Panel;
//!
//! impl Driver for PanelDriver {
//!     fn name(&self) -> &str {
//!         "panel"
//!     }
//!
//!     fn bus(&self) -> BusType {
//!         BusType::SPI
//!     }
//!
//!     fn compatible(&self) -> &[&str] {
//!         &["acme,panel"]
//!     }
//!
//!     fn probe(&self, ctx: &BindContext) -> Result<Box<dyn Bound>, ProbeError> {
//!         ctx.manage_action("supply", |_| println!("supply off"))?;
//!         if ctx.model().find(&BusType::PLATFORM, "backlight").is_none() {
//!             return Err(ProbeError::defer("no backlight")); // and the supply goes off
//!         }
//!         Ok(Box::new(Panel))
//!     }
//! }
//!
//! impl Bound for Panel {
//!     fn remove(self: Box<Self>, _ctx: &BindContext) {
//!         println!("display off"); // before the supply
//!     }
//! }
//!
//! # struct Backlight;
//! # struct BacklightDriver;
//! # impl Driver for BacklightDriver {
//! #     fn name(&self) -> &str { "backlight" }
//! #     fn bus(&self) -> BusType { BusType::PLATFORM }
//! #     fn compatible(&self) -> &[&str] { &["acme,backlight"] }
//! #     fn probe(&self, _: &BindContext) -> Result<Box<dyn Bound>, ProbeError> { Ok(Box::new(Backlight)) }
//! # }
//! # impl Bound for Backlight { fn remove(self: Box<Self>, _: &BindContext) {} }
//! let model = Model::new();
//! model.load(Rc::new(PanelDriver))?;
//! model.load(Rc::new(BacklightDriver))?;
//! let panel = model.add(DeviceDescription::new(BusType::SPI, "spi0.0").compatible(["acme,panel"]))?;
//! assert!(matches!(model.state(panel)?, DeviceState::Deferred { .. }));
//! assert_eq!(model.managed_count(), 0);
//!
//! // The bind of the backlight has the panel probed again.
//! model.add(DeviceDescription::new(BusType::PLATFORM, "backlight").compatible(["acme,backlight"]))?;
//! assert!(matches!(model.state(panel)?, DeviceState::Bound { .. }));
//! assert_eq!(model.managed_count(), 1);
//!
//! model.remove(panel)?;
//! assert!(model.state(panel).is_err());
//! assert!(model.tear_down().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Panics
//!
//! Nothing here panics on what comes from outside, whatever callbacks do. A callback that panics leaves its device
//! busy for ever. A driver that adds a device that it binds itself recurs until the stack ends, as in Linux.

mod book;
mod bus;
mod context;
mod device;
mod driver;
mod error;
mod event;
mod id;
mod managed;
mod model;
mod residue;
mod slab;

pub use bus::BusType;
pub use context::BindContext;
pub use device::{DeviceDescription, DeviceInfo, DeviceRef, DeviceState, ProbeFailure, Running};
pub use driver::{Bound, Driver, ProbeError};
pub use error::{
    AddError, BindError, Busy, EntryError, LoadError, ManageError, RemoveError, UnbindError, UnloadError,
};
pub use event::Event;
pub use id::{DeviceId, DriverId, ManagedId, Stale};
pub use managed::Disowned;
pub use model::{
    BindOutcome, DeferredDevice, Model, RemoveOutcome, ShutdownReport, UnbindOutcome, WeakModel,
};
pub use residue::Residue;
