//! Orders as a user types them, in a real user space on the real kernel, with the kernel's own drivers.
//!
//! * [`pipeline`]: which drivers stand on which device tree.
//! * [`typed`]: the orders, as commands.
//! * `initramfs`: what a boot's memory has in it.
//! * [`run`]: boots, and what came of them.
//!
//! What the chips are is `linux/lab-chips`' subject; how the commands are typed, that of `linux/user-space/init`. The
//! verdict is the same judge's as for the orders that are built in.

mod initramfs;
pub mod pipeline;
pub mod run;
pub mod typed;
