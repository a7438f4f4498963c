//! The bus as far as the gate sees it: the crate's own types, and loom's atomics and cell.

pub(crate) mod shell;
pub(crate) mod sync;

#[path = "../../../src/bus/gate/mod.rs"]
pub(crate) mod gate;

pub(crate) use mipi_dsi::bus::machine;
pub(crate) use mipi_dsi::wire;

pub(crate) mod link_config {
    pub(crate) use mipi_dsi::bus::Speed;
}
