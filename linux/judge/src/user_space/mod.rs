//! Orders as a user types them (`lab_orders::typed`), in a real user space on the real kernel, with the kernel's own
//! drivers (`lab_orders::pipeline`).
//!
//! * `initramfs`: the content of a boot's memory.
//! * [`run`]: boots, and their results.
//!
//! `linux/lab-chips` has the chips; `linux/user-space/init` types the commands. The verdict comes from the same judge
//! as for built-in orders.

mod initramfs;
pub mod run;
