//! The link is had for the length of the transaction, and not longer.
use mipi_dsi::bus::Transport;

fn keep(link: &dyn Transport) {
    let mut kept: Option<&dyn Transport> = None;
    let _ = link.transaction(&mut |lent| kept = Some(lent));
    let _ = kept;
}

fn main() {}
