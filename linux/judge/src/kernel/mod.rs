//! From a kernel's source to a kernel that the lab can boot, in a cache outside of the checkout.
//!
//! `source` finds the source, `tree` puts the lab's drivers into a copy of it that is made of links, `build` configures
//! and builds, `cache` knows the folders, `dropped` sees what Kconfig did not take. `edit` changes files of the source:
//! `repair` puts repairs of the bus into it, `drop_in` another bus, `kunit` tests of the bus; `install` does the last two
//! for a tree of the user's own. Nothing of the kernel's source is in this project, nor
//! does it get there.

mod build;
mod cache;
pub mod drop_in;
mod dropped;
pub mod edit;
pub mod install;
pub mod kunit;
mod machine;
mod repair;
mod source;
mod tree;

pub use build::{BuildError, Kernel, Stage, build};
pub use dropped::Dropped;
use edit::{Change, Edit};
pub use machine::{Checkers, Machine, Processors};
pub use repair::{REPAIRS, Repair, RepairError};
pub use source::{Source, SourceError};

/// The lab's own driver, file by file, built into the kernel.
const DRIVER: [(&str, &str); 21] = [
    ("Makefile", include_str!("../../../lab-driver/Makefile")),
    ("lab.h", include_str!("../../../lab-driver/lab.h")),
    ("main.c", include_str!("../../../lab-driver/main.c")),
    ("host.c", include_str!("../../../lab-driver/host.c")),
    ("platform.c", include_str!("../../../lab-driver/platform.c")),
    ("bridge.c", include_str!("../../../lab-driver/bridge.c")),
    ("panel.c", include_str!("../../../lab-driver/panel.c")),
    ("touchscreen.c", include_str!("../../../lab-driver/touchscreen.c")),
    ("own_device.c", include_str!("../../../lab-driver/own_device.c")),
    ("plant.c", include_str!("../../../lab-driver/plant.c")),
    ("checkers.c", include_str!("../../../lab-driver/checkers.c")),
    ("hangs.c", include_str!("../../../lab-driver/hangs.c")),
    ("leaks.c", include_str!("../../../lab-driver/leaks.c")),
    ("modules.c", include_str!("../../../lab-driver/modules.c")),
    ("chance.c", include_str!("../../../lab-driver/chance.c")),
    ("rounds.c", include_str!("../../../lab-driver/rounds.c")),
    ("cost.c", include_str!("../../../lab-driver/cost.c")),
    ("bytes.c", include_str!("../../../lab-driver/bytes.c")),
    ("released.c", include_str!("../../../lab-driver/released.c")),
    ("i2c.h", include_str!("../../../lab-driver/i2c.h")),
    ("i2c.c", include_str!("../../../lab-driver/i2c.c")),
];

/// The lab's own modules, which its user space loads: they stand in for hardware there.
const CHIPS: [(&str, &str); 4] = [
    ("Makefile", include_str!("../../../lab-chips/Makefile")),
    ("dsi-lab-i2c.c", include_str!("../../../lab-chips/dsi-lab-i2c.c")),
    ("dsi-lab-gpio.c", include_str!("../../../lab-chips/dsi-lab-gpio.c")),
    ("dsi-lab-kms.c", include_str!("../../../lab-chips/dsi-lab-kms.c")),
];

/// All that is ours, by its folders' names in the tree.
const OURS: [Folder; 2] = [("dsi-lab", &DRIVER), ("dsi-lab-chips", &CHIPS)];

/// A folder of the lab's own: its name, and its files with their texts.
type Folder = (&'static str, &'static [(&'static str, &'static str)]);

/// Where the lab's folders are, in the tree.
const PARENT: &str = "drivers/gpu/drm";

/// The bus keeps its functions apart, so that a report names the one that the source does.
const BUS_LINE: &str = "CFLAGS_drm_mipi_dsi.o += -fno-inline\n";

/// The file of the kernel's own bus.
const BUS: &str = "drivers/gpu/drm/drm_mipi_dsi.c";

/// Which bus a kernel has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Core {
    /// The kernel's own, with a repair where there is one.
    #[default]
    Stock,
    /// The drop-in in its place.
    Rust,
    /// The drop-in with a use after free of its own, to see whether a kernel reports what is wrong in Rust.
    RustWithFault,
}

/// What is put into a source before it is built.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Additions {
    /// Files of ours, by their paths.
    files: Vec<(String, &'static str)>,
    /// Changes of the kernel's own.
    edits: Vec<Edit>,
}

impl Additions {
    fn new(core: Core, repair: Option<&Repair>) -> Self {
        let in_folder = |(folder, files): &Folder| {
            let path = |name: &str| format!("{PARENT}/{folder}/{name}");
            files.iter().map(|(name, text)| (path(name), *text)).collect::<Vec<_>>()
        };
        let lines: String = OURS.iter().map(|(name, _)| format!("obj-y += {name}/\n")).collect();
        let mut edits =
            vec![Edit { path: "drivers/gpu/drm/Makefile", change: Change::Append(lines + BUS_LINE) }];
        edits.extend(repair.map(|repair| Edit { path: BUS, change: Change::Repair(*repair) }));
        edits.extend(kunit::edits());
        let mut files: Vec<_> = OURS.iter().flat_map(in_folder).collect();
        files.extend(kunit::files());
        if core != Core::Stock {
            files.extend(drop_in::files());
            edits.extend(drop_in::edits());
        }
        if core == Core::RustWithFault {
            edits.push(drop_in::fault());
        }
        Self { files, edits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_used_that_newer_kernels_have_not() {
        // drm_driver.date went in 6.14.
        for (name, text) in OURS.iter().flat_map(|(_, files)| files.iter()) {
            assert!(!text.lines().any(|line| line.trim().starts_with(".date =")), "{name}");
        }
    }
}
