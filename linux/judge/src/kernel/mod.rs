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
mod repair;
mod source;
mod tree;

pub use build::{BuildError, Kernel, Stage, build};
pub use dropped::Dropped;
use edit::{Change, Edit};
pub use repair::{REPAIRS, Repair, RepairError};
pub use source::{Source, SourceError};

/// The kernel's configuration: what is switched on, in addition to what that needs. Everything else is off.
pub const CONFIG: &str = include_str!("../../../lab.config");

/// The lab's own driver, file by file, built into the kernel.
const DRIVER: [(&str, &str); 20] = [
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
        if core == Core::Rust {
            files.extend(drop_in::files());
            edits.extend(drop_in::edits());
        }
        Self { files, edits }
    }
}

/// A kernel without one of these can't judge: it would find nothing, or less, and every order would look clean. The lab
/// waits as long as it takes to find hung tasks with this timeout.
pub const NEEDED: [&str; 13] = [
    "CONFIG_BUG=y",
    "CONFIG_KASAN=y",
    "CONFIG_KASAN_GENERIC=y",
    "CONFIG_PROVE_LOCKING=y",
    "CONFIG_DEBUG_ATOMIC_SLEEP=y",
    "CONFIG_DEBUG_LIST=y",
    "CONFIG_DEBUG_KMEMLEAK=y",
    "CONFIG_DEBUG_KMEMLEAK_AUTO_SCAN=y",
    "CONFIG_DETECT_HUNG_TASK=y",
    "CONFIG_DEFAULT_HUNG_TASK_TIMEOUT=3",
    "CONFIG_PREEMPT=y",
    "CONFIG_DRM_MIPI_DSI=y",
    "CONFIG_UML_TIME_TRAVEL_SUPPORT=y",
];

/// A kernel with one of these can't judge either: kmemleak would be there, but off.
pub const REFUSED: [&str; 1] = ["CONFIG_DEBUG_KMEMLEAK_DEFAULT_OFF=y"];

/// Which of [`NEEDED`] a kernel's `.config` lacks, and which of [`REFUSED`] it has, as a list of what is missing.
#[must_use]
pub fn missing(config: &str) -> Vec<String> {
    let has = |setting: &str| config.lines().any(|line| line == setting);
    let needed = NEEDED.into_iter().filter(|needed| !has(needed)).map(str::to_owned);
    let refused =
        REFUSED.into_iter().filter(|refused| has(refused)).map(|refused| refused.replace("=y", "=n"));
    needed.chain(refused).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labs_own_configuration_asks_for_all_that_is_needed() {
        // A driver of the tree selects DRM_MIPI_DSI, which has no prompt.
        assert_eq!(missing(CONFIG), ["CONFIG_DRM_MIPI_DSI=y"]);
    }

    #[test]
    fn nothing_is_used_that_newer_kernels_have_not() {
        // drm_driver.date went in 6.14.
        for (name, text) in OURS.iter().flat_map(|(_, files)| files.iter()) {
            assert!(!text.lines().any(|line| line.trim().starts_with(".date =")), "{name}");
        }
    }

    #[test]
    fn a_configuration_without_kasan_is_seen() {
        let config = NEEDED.join("\n").replace("CONFIG_KASAN=y", "# CONFIG_KASAN is not set");
        assert_eq!(missing(&config), ["CONFIG_KASAN=y"]);
    }

    #[test]
    fn a_kmemleak_that_is_there_and_off_is_seen() {
        let config = format!("{}\nCONFIG_DEBUG_KMEMLEAK_DEFAULT_OFF=y\n", NEEDED.join("\n"));
        assert_eq!(missing(&config), ["CONFIG_DEBUG_KMEMLEAK_DEFAULT_OFF=n"]);
    }
}
