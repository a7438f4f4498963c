//! The drop-in for `drm_mipi_dsi`: its files, and what is changed in a kernel's own so that they are built.

use super::edit::{Change, Edit};

/// Its files, by their names in [`FOLDER`], with their texts.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/drop_in.rs"));

/// Where it lies in a kernel's tree.
pub const FOLDER: &str = "drivers/gpu/drm/mipi-dsi";

/// The files that lie elsewhere, with their paths: C and the bindings include them.
pub const HEADERS: [(&str, &str); 2] = [
    ("drm_mipi_dsi_glue.h", "include/drm/drm_mipi_dsi_glue.h"),
    ("drm_mipi_dsi_leaving.h", "include/drm/drm_mipi_dsi_leaving.h"),
];

/// The configuration that switches it on.
pub const CONFIG: &str = "CONFIG_RUST=y\nCONFIG_DRM_MIPI_DSI_RUST=y\n";

/// Its files, by their paths in the tree.
#[must_use]
pub fn files() -> Vec<(String, &'static str)> {
    let path = |name: &str| match HEADERS.iter().find(|(header, _)| *header == name) {
        Some((_, path)) => (*path).to_owned(),
        None => format!("{FOLDER}/{name}"),
    };
    FILES.iter().map(|(name, text)| (path(name), *text)).collect()
}

/// What is changed in the kernel's own files.
#[must_use]
pub fn edits() -> [Edit; 3] {
    [
        Edit {
            path: "drivers/gpu/drm/Makefile",
            change: Change::Around {
                line: "obj-$(CONFIG_DRM_MIPI_DSI) += drm_mipi_dsi.o",
                before: "ifdef CONFIG_DRM_MIPI_DSI_RUST\nobj-y += mipi-dsi/\nelse\n",
                after: "endif\n",
            },
        },
        Edit {
            path: "drivers/gpu/drm/Kconfig",
            change: Change::Before {
                line: "config DRM_MIPI_DSI",
                text: "source \"drivers/gpu/drm/mipi-dsi/Kconfig\"\n\n",
            },
        },
        Edit {
            path: "rust/bindings/bindings_helper.h",
            change: Change::Before {
                line: "#include <kunit/test.h>",
                text: "#include <drm/drm_mipi_dsi_glue.h>\n",
            },
        },
    ]
}

/// A fault: a device is looked at after its registrant has given it back.
pub(super) fn fault() -> Edit {
    let looks = "    // SAFETY: none: it may be freed.\n    let _ = unsafe { core::ptr::read_volatile(&raw const (*lease).key) };\n";
    let line = "    unsafe { Lease::take_from_registrant(lease) };";
    Edit {
        path: "drivers/gpu/drm/mipi-dsi/device.rs",
        change: Change::Around { line, before: "", after: looks },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fault_fits() {
        let fault = fault();
        let files = files();
        let (_, text) =
            files.iter().find(|(path, _)| path == fault.path).expect("it is a file of the drop-in");
        assert!(fault.apply(text).is_ok());
    }

    #[test]
    fn it_has_the_machine_and_the_glue() {
        let paths: Vec<_> = files().into_iter().map(|(path, _)| path).collect();
        for path in [
            "drivers/gpu/drm/mipi-dsi/core/src/bus/machine/book.rs",
            "drivers/gpu/drm/mipi-dsi/core/src/wire/data_type.rs",
            "drivers/gpu/drm/mipi-dsi/Makefile",
            "include/drm/drm_mipi_dsi_glue.h",
        ] {
            assert!(paths.iter().any(|found| found == path), "{path}");
        }
        // What it does not compile stays out.
        assert!(
            !paths.iter().any(|path| path.ends_with("handle/host.rs") || path.ends_with(".md")),
            "{paths:?}"
        );
    }
}
