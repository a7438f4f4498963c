//! Orders as a user types them (`lab_orders::typed`), in a real user space on the real kernel, with the kernel's own
//! drivers (`lab_orders::pipeline`).
//!
//! * `initramfs`: what a boot's memory has in it.
//! * [`run`]: boots, and what came of them.
//!
//! What the chips are is `linux/lab-chips`' subject; how the commands are typed, that of `linux/user-space/init`. The
//! verdict is the same judge's as for the orders that are built in.

mod initramfs;
pub mod run;
