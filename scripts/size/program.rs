//! A firmware that does everything that the bus can do, or the same to its panels without a bus: what `run` builds, weighs
//! and traces. Its shape is chosen by `--cfg`:
//!
//! * `bus`: through the bus; without it by calls of the host controller's own methods.
//! * `surprise`: hardware that goes by surprise, and ends that say what they can do, as well.
//! * `second`: a second type of controller too, on a bus with a second type of lock.
//! * `shared`: a host of the shared profile in place of the exclusive one.
//! * `many`: 64 slots in place of one, 63 of which have other hosts.
//! * `trace`: operations and callbacks stay functions of their own, so that a trace shows them; and an interrupt comes
//!   in the middle of transfers.
//!
//! `gate` and `default` change nothing here: they are shapes that are built with more features of the bus.
//!
//! It exits with 0, or with the number of the line that went wrong, modulo 256.

#![no_std]
#![no_main]

mod glue;
mod machine;

#[cfg(bus)]
mod with_bus;

#[no_mangle]
extern "C" fn _start() -> ! {
    #[cfg(bus)]
    {
        with_bus::run::<glue::First>();
        #[cfg(second)]
        with_bus::run::<glue::Second>();
    }
    #[cfg(not(bus))]
    {
        glue::without_bus(&glue::FIFO);
        #[cfg(second)]
        glue::without_bus::<glue::AnyController>(&glue::BYTEWISE);
    }
    machine::exit(0)
}
