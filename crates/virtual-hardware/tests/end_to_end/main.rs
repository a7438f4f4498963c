//! Hosts, cables, panels and bridges together, driven as the bus drives them: through `HostController`.

mod bridge;
mod command_mode;
mod compression;
mod faults;
mod host_contract;
mod lists;
mod random;
mod rig;
mod strictness;
mod video_mode;
