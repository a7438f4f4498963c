//! The machines that kernels are built for.

use std::path::Path;

/// What every kernel has switched on.
const COMMON: &str = include_str!("../../../lab.config");
const UML: &str = include_str!("../../../lab-uml.config");
const X86_64: &str = include_str!("../../../lab-x86_64.config");
const CHECKERS: &str = include_str!("../../../lab-checkers.config");

/// The compiler is the one that 6.12 was tried with.
///
/// User Mode Linux is compiled for the large code model, where clang 19 puts every variable into sections of their own,
/// which the kernel's linker script does not name: lockdep then takes static locks for dynamic ones and turns itself
/// off, and kmemleak does not look for pointers there. The threshold keeps variables where they belong. The other flag
/// is for the files of the small model (the vDSO), for which clang warns that the threshold is useless, and the warning
/// is an error.
const MAKE_UML: [&str; 3] =
    ["ARCH=um", "LLVM=-19", "KCFLAGS=-mlarge-data-threshold=4000000000 -Wno-unused-command-line-argument"];
const MAKE_X86_64: [&str; 2] = ["ARCH=x86_64", "LLVM=-19"];

/// How many processors a kernel is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Processors {
    /// One: User Mode Linux, a process.
    #[default]
    One,
    /// Two: x86_64 in qemu.
    Two,
}

/// Whether a kernel has its checkers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checkers {
    /// KASAN, lockdep, kmemleak and the others: it judges.
    #[default]
    On,
    /// None: it says what something costs.
    Off,
}

/// What a kernel is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Machine {
    /// How many processors.
    pub processors: Processors,
    /// Whether it judges or measures.
    pub checkers: Checkers,
}

/// A kernel without one of these can't judge: it would find nothing, or less, and every order would look clean.
const JUDGES: [&str; 10] = [
    "CONFIG_BUG=y",
    "CONFIG_KASAN=y",
    "CONFIG_KASAN_GENERIC=y",
    "CONFIG_PROVE_LOCKING=y",
    "CONFIG_DEBUG_ATOMIC_SLEEP=y",
    "CONFIG_DEBUG_LIST=y",
    "CONFIG_DEBUG_KMEMLEAK=y",
    "CONFIG_DEBUG_KMEMLEAK_AUTO_SCAN=y",
    "CONFIG_DETECT_HUNG_TASK=y",
    "CONFIG_PREEMPT=y",
];

/// A kernel with this can't judge either: kmemleak would be there, but off.
const JUDGES_NOT: [&str; 1] = ["CONFIG_DEBUG_KMEMLEAK_DEFAULT_OFF"];

/// A kernel with one of these measures its checkers.
const MEASURES_NOT: [&str; 3] = ["CONFIG_KASAN", "CONFIG_PROVE_LOCKING", "CONFIG_DEBUG_KMEMLEAK"];

impl Machine {
    /// Its configuration.
    pub(super) fn config(self) -> String {
        let checkers = if self.checkers == Checkers::On { CHECKERS } else { "" };
        let of_processors = match self.processors {
            Processors::One => UML,
            Processors::Two => X86_64,
        };
        // The machine's last: it may have its own times.
        [COMMON, checkers, of_processors].concat()
    }

    /// The arguments of make, in addition to the folders.
    pub(super) fn make(self) -> &'static [&'static str] {
        match self.processors {
            Processors::One => &MAKE_UML,
            Processors::Two => &MAKE_X86_64,
        }
    }

    /// What make makes.
    pub(super) fn target(self) -> &'static str {
        match self.processors {
            Processors::One => "linux",
            Processors::Two => "bzImage",
        }
    }

    /// Where make puts it, in the folder of the build.
    pub(super) fn image(self) -> &'static Path {
        Path::new(match self.processors {
            Processors::One => "linux",
            Processors::Two => "arch/x86/boot/bzImage",
        })
    }

    /// The settings that a kernel's `.config` lacks for its purpose.
    #[must_use]
    pub fn missing(self, config: &str) -> Vec<String> {
        let has = |setting: &str| config.lines().any(|line| line == setting);
        let of_processors: &[&str] = match (self.processors, self.checkers) {
            // The lab waits as long as it takes to find hung tasks with this timeout.
            (Processors::One, Checkers::On) => {
                &["CONFIG_DEFAULT_HUNG_TASK_TIMEOUT=3", "CONFIG_UML_TIME_TRAVEL_SUPPORT=y"]
            }
            (Processors::One, Checkers::Off) => &[],
            (Processors::Two, _) => &["CONFIG_SMP=y"],
        };
        let (needed, refused): (&[&str], &[&str]) = match self.checkers {
            Checkers::On => (&JUDGES, &JUDGES_NOT),
            Checkers::Off => (&[], &MEASURES_NOT),
        };
        let needed = needed.iter().chain(of_processors).chain(&["CONFIG_DRM_MIPI_DSI=y"]);
        let lacks = needed.filter(|needed| !has(needed)).map(|needed| (*needed).to_owned());
        let is_on = |option: &&&str| has(&format!("{option}=y"));
        lacks.chain(refused.iter().filter(is_on).map(|refused| format!("{refused}=n"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Machine; 4] = [
        Machine { processors: Processors::One, checkers: Checkers::On },
        Machine { processors: Processors::One, checkers: Checkers::Off },
        Machine { processors: Processors::Two, checkers: Checkers::On },
        Machine { processors: Processors::Two, checkers: Checkers::Off },
    ];

    #[test]
    fn the_labs_own_configuration_asks_for_all_that_is_needed() {
        for machine in ALL {
            // A driver of the tree selects DRM_MIPI_DSI, which has no prompt.
            assert_eq!(machine.missing(&machine.config()), ["CONFIG_DRM_MIPI_DSI=y"], "{machine:?}");
        }
    }

    #[test]
    fn a_configuration_without_kasan_is_seen_where_it_has_to_be_and_one_with_it_where_it_must_not() {
        let [judges, measures, ..] = ALL;
        let config = judges.config() + "CONFIG_DRM_MIPI_DSI=y\n";
        assert_eq!(judges.missing(&config), [""; 0]);
        let without = config.replace("CONFIG_KASAN=y", "# CONFIG_KASAN is not set");
        assert_eq!(judges.missing(&without), ["CONFIG_KASAN=y"]);
        let expected = ["CONFIG_KASAN=n", "CONFIG_PROVE_LOCKING=n", "CONFIG_DEBUG_KMEMLEAK=n"];
        assert_eq!(measures.missing(&config), expected);
    }

    #[test]
    fn a_kmemleak_that_is_there_and_off_is_seen() {
        let judges = Machine::default();
        let config = judges.config() + "CONFIG_DRM_MIPI_DSI=y\nCONFIG_DEBUG_KMEMLEAK_DEFAULT_OFF=y\n";
        assert_eq!(judges.missing(&config), ["CONFIG_DEBUG_KMEMLEAK_DEFAULT_OFF=n"]);
    }
}
