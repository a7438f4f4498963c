//! The pipelines: a device tree for each, and the drivers of the kernel that bind to what it describes.

/// A driver, as a user meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Driver {
    /// Its module's name.
    pub module: &'static str,
    /// Its folder in sysfs.
    pub folder: &'static str,
    /// The device that it is bound to.
    pub device: &'static str,
}

impl Driver {
    /// Binds or unbinds it: the command for its file of that name.
    #[must_use]
    pub fn echo(&self, file: &str) -> String {
        format!("echo {} > {}/{file}", self.device, self.folder)
    }

    /// Takes the module out.
    #[must_use]
    pub fn rmmod(&self) -> String {
        format!("rmmod {}", self.module)
    }

    /// Puts the module in.
    #[must_use]
    pub fn modprobe(&self) -> String {
        format!("modprobe {}", self.module)
    }
}

/// What a host's link ends at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peripheral {
    /// A bridge on I2C, and the display behind it.
    Bridge(Driver, Driver),
    /// A panel on the DSI bus: its device goes with the host.
    Panel(Driver),
}

/// A host, and what its link ends at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipeline {
    /// Its name.
    pub name: &'static str,
    /// The text of its device tree, which includes [`COMMON`].
    pub tree: &'static str,
    /// The peripheral.
    pub peripheral: Peripheral,
    /// The peripheral's driver leaves its DSI device behind when it is unbound (D15), and can't be bound again.
    pub forgets: bool,
}

impl Pipeline {
    /// The pipeline of that name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PIPELINES.iter().find(|known| known.name == name)
    }

    /// The driver at the link's end.
    #[must_use]
    pub fn end(&self) -> Driver {
        match self.peripheral {
            Peripheral::Bridge(bridge, _) => bridge,
            Peripheral::Panel(panel) => panel,
        }
    }

    /// The commands that load everything, and those that fail where something is not bound.
    #[must_use]
    pub fn set_up(&self) -> Vec<String> {
        let mut drivers = vec![ADAPTER];
        if let Peripheral::Bridge(_, display) = self.peripheral {
            drivers.push(display);
        }
        drivers.extend([HOST, self.end()]);
        let mut commands = vec!["modprobe dsi-lab-gpio".to_owned()];
        commands.extend(drivers.iter().map(Driver::modprobe));
        commands.extend(drivers.iter().map(|driver| format!("test -e {}/{}", driver.folder, driver.device)));
        commands
    }
}

/// The file that all trees include, by the name that they include it by.
pub const COMMON: (&str, &str) = ("lab.dtsi", include_str!("../../../user-space/lab.dtsi"));

/// The host controller, on I2C.
pub const HOST: Driver =
    Driver { module: "tc358768", folder: "/sys/bus/i2c/drivers/tc358768", device: "0-000e" };

/// The adapters of the lab's own that the chips are on: the one with what is not the host.
pub const ADAPTER: Driver =
    Driver { module: "dsi-lab-i2c", folder: "/sys/bus/platform/drivers/dsi-lab-i2c", device: "i2c-1" };

/// The display controller before the host, which nothing loads unless an order does.
pub const DISPLAY_CONTROLLER: Driver = Driver {
    module: "dsi-lab-kms",
    folder: "/sys/bus/platform/drivers/dsi-lab-kms",
    device: "display-controller",
};

/// Switches everything on or off, from the display controller to the panel.
#[must_use]
pub fn switch(is_on: bool) -> String {
    let Driver { folder, device, .. } = DISPLAY_CONTROLLER;
    format!("echo {} > {folder}/{device}/enabled", u8::from(is_on))
}

const PANEL: Driver =
    Driver { module: "panel-simple", folder: "/sys/bus/platform/drivers/panel-simple", device: "display" };

const CONNECTOR: Driver = Driver {
    module: "display-connector",
    folder: "/sys/bus/platform/drivers/display-connector",
    device: "display",
};

/// All of them. The first is the thread's.
pub const PIPELINES: [Pipeline; 5] = [
    Pipeline {
        name: "sn65dsi83",
        tree: include_str!("../../../user-space/sn65dsi83.dts"),
        peripheral: Peripheral::Bridge(
            Driver { module: "ti-sn65dsi83", folder: "/sys/bus/i2c/drivers/sn65dsi83", device: "1-002c" },
            PANEL,
        ),
        forgets: false,
    },
    Pipeline {
        name: "lt8912b",
        tree: include_str!("../../../user-space/lt8912b.dts"),
        peripheral: Peripheral::Bridge(
            Driver { module: "lontium-lt8912b", folder: "/sys/bus/i2c/drivers/lt8912", device: "1-0048" },
            CONNECTOR,
        ),
        forgets: false,
    },
    Pipeline {
        name: "icn6211",
        tree: include_str!("../../../user-space/icn6211.dts"),
        peripheral: Peripheral::Bridge(
            Driver {
                module: "chipone-icn6211",
                folder: "/sys/bus/i2c/drivers/chipone-icn6211-i2c",
                device: "1-002c",
            },
            PANEL,
        ),
        forgets: true,
    },
    Pipeline {
        name: "ili9881c",
        tree: include_str!("../../../user-space/ili9881c.dts"),
        peripheral: Peripheral::Panel(Driver {
            module: "panel-ilitek-ili9881c",
            folder: "/sys/bus/mipi-dsi/drivers/ili9881c-dsi",
            device: "0-000e.0",
        }),
        forgets: false,
    },
    Pipeline {
        name: "panel-simple",
        tree: include_str!("../../../user-space/panel-simple.dts"),
        peripheral: Peripheral::Panel(Driver {
            module: "panel-simple",
            folder: "/sys/bus/mipi-dsi/drivers/panel-simple-dsi",
            device: "0-000e.0",
        }),
        forgets: false,
    },
];
