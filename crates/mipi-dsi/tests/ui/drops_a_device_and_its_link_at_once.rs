//! A device is registered and attached as long as its handles.
#![deny(unused_must_use)]

use mipi_dsi::bus::{AttachError, DeviceInfo, DeviceListener, HostController, HostRef, Lanes, LinkConfig, PixelFormat, adapter::StdMemory};
use mipi_dsi::wire::VirtualChannel;
use std::sync::Arc;

type Controller = Arc<dyn HostController + Send + Sync>;
type Listener = Arc<dyn DeviceListener + Send + Sync>;

fn probe(host: &HostRef<Arc<StdMemory<Controller, Listener>>>) -> Result<(), AttachError> {
    let config = LinkConfig::video(Lanes::Four, PixelFormat::Rgb888);
    host.attach_device(DeviceInfo::new(VirtualChannel::VC0, "panel"), config)?;
    let device = host.register_device(DeviceInfo::new(VirtualChannel::VC1, "bridge")).map_err(AttachError::Register)?;
    device.attach(config)?;
    Ok(())
}

fn main() {}
