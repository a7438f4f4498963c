//! The KUnit suite of the bus: its files, and what is changed in a kernel's own so that they are built.

use super::edit::{Change, Edit};

/// Where it lies in a kernel's tree.
pub const FOLDER: &str = "drivers/gpu/drm/mipi-dsi-tests";

const FILES: [(&str, &str); 3] = [
    ("drivers/gpu/drm/mipi-dsi-tests/Makefile", include_str!("../../../kunit/Makefile")),
    ("drivers/gpu/drm/mipi-dsi-tests/Kconfig", include_str!("../../../kunit/Kconfig")),
    (
        "drivers/gpu/drm/mipi-dsi-tests/drm_mipi_dsi_lifetimes_test.c",
        include_str!("../../../kunit/drm_mipi_dsi_lifetimes_test.c"),
    ),
];

/// The configuration that switches it on.
pub const CONFIG: &str = "CONFIG_KUNIT=y\nCONFIG_DRM_MIPI_DSI_LIFETIMES_KUNIT_TEST=y\n";

/// Its files, by their paths in the tree.
#[must_use]
pub fn files() -> Vec<(String, &'static str)> {
    FILES.iter().map(|(path, text)| ((*path).to_owned(), *text)).collect()
}

/// What is changed in the kernel's own files.
#[must_use]
pub fn edits() -> [Edit; 2] {
    [
        Edit {
            path: "drivers/gpu/drm/Makefile",
            change: Change::Append("obj-y += mipi-dsi-tests/\n".to_owned()),
        },
        Edit {
            path: "drivers/gpu/drm/Kconfig",
            change: Change::Before {
                line: "config DRM_MIPI_DSI",
                text: "source \"drivers/gpu/drm/mipi-dsi-tests/Kconfig\"\n\n",
            },
        },
    ]
}
