//! Hosts, cables, panels and bridges together, driven as the bus drives them: through `HostController`.

mod bridge;
mod command_mode;
mod faults;
mod host_contract;
mod random;
mod rig;
mod strictness;
mod video_mode;
