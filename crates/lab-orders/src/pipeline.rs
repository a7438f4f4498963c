//! The pipelines of the lab's user space: a device tree for each, and the kernel's drivers that bind to the devices
//! that it describes.

use crate::variant::{Device, Release};
use teardown_steps::shell::SysfsDriver;
use teardown_steps::{Act, Actor, Does, End, NoMeaning, Nth, Script, Step, Target, Until};

/// A driver, as a user of sysfs sees it.
pub type Driver = SysfsDriver<'static>;

/// What is at the end of a host's link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peripheral {
    /// A bridge on I2C, and the display behind it.
    Bridge(Driver, Driver),
    /// A panel on the DSI bus: its device goes with the host.
    Panel(Driver),
}

/// A host, and what is at the end of its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipeline {
    /// Its name.
    pub name: &'static str,
    /// The text of its device tree, which includes [`COMMON`].
    pub tree: &'static str,
    /// The peripheral.
    pub peripheral: Peripheral,
    /// How the peripheral's driver releases what it has on the bus.
    pub release: Release,
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

    /// Where the device of the peripheral's driver comes from.
    #[must_use]
    pub fn device(&self) -> Device {
        match self.peripheral {
            Peripheral::Bridge(..) => Device::OnAnotherBus,
            Peripheral::Panel(_) => Device::OnTheDsiBus,
        }
    }

    /// Whether the peripheral's driver leaves its DSI device behind when it is unbound (D15), and can't be bound again.
    #[must_use]
    pub fn forgets(&self) -> bool {
        matches!(self.release, Release::Forgotten | Release::Never)
    }

    /// The steps of a script as commands.
    ///
    /// # Errors
    ///
    /// The first step that is not a command of a shell.
    pub fn commands(&self, script: &Script) -> Result<Vec<String>, NoMeaning> {
        let command = |step: &Step| {
            let Step::By { actor: Actor::FIRST, does: Does::Act(Act::Do(verb, target)), until: Until::End } =
                step
            else {
                return None;
            };
            let driver = match target {
                Target::End(End::Host(Nth::First)) => HOST,
                Target::End(End::Peripheral(Nth::First)) => self.end(),
                Target::Named(name) => *[HOST, self.end()].iter().find(|driver| driver.device == name)?,
                Target::End(_) => return None,
            };
            driver.command(*verb)
        };
        let why = "is not a command of a shell; these are: 'load', 'unload', 'bind' or 'unbind' with 'host' or 'peripheral'";
        let refused = |step: &Step| NoMeaning { step: step.clone(), why };
        script.0.iter().map(|step| command(step).ok_or_else(|| refused(step))).collect()
    }

    /// The commands that load everything, and commands that fail if something is not bound.
    #[must_use]
    pub fn set_up(&self) -> Vec<String> {
        let mut drivers = vec![ADAPTER];
        if let Peripheral::Bridge(_, display) = self.peripheral {
            drivers.push(display);
        }
        drivers.extend([HOST, self.end()]);
        let mut commands = vec!["modprobe dsi-lab-gpio".to_owned()];
        commands.extend(drivers.iter().map(Driver::load));
        commands.extend(drivers.iter().map(|driver| format!("test -e {}/{}", driver.folder, driver.device)));
        commands
    }
}

/// The file that all trees include, by the name by which they include it.
pub const COMMON: (&str, &str) = ("lab.dtsi", include_str!("../../../linux/user-space/lab.dtsi"));

/// The host controller, on I2C.
pub const HOST: Driver =
    Driver { module: "tc358768", folder: "/sys/bus/i2c/drivers/tc358768", device: "0-000e" };

/// The lab's own adapters that the chips are on: the one for everything but the host.
pub const ADAPTER: Driver =
    Driver { module: "dsi-lab-i2c", folder: "/sys/bus/platform/drivers/dsi-lab-i2c", device: "i2c-1" };

/// The display controller before the host, which only some orders load.
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

/// All pipelines. The first is the thread's.
pub const PIPELINES: [Pipeline; 5] = [
    Pipeline {
        name: "sn65dsi83",
        tree: include_str!("../../../linux/user-space/sn65dsi83.dts"),
        peripheral: Peripheral::Bridge(
            Driver { module: "ti-sn65dsi83", folder: "/sys/bus/i2c/drivers/sn65dsi83", device: "1-002c" },
            PANEL,
        ),
        release: Release::Managed,
    },
    Pipeline {
        name: "lt8912b",
        tree: include_str!("../../../linux/user-space/lt8912b.dts"),
        peripheral: Peripheral::Bridge(
            Driver { module: "lontium-lt8912b", folder: "/sys/bus/i2c/drivers/lt8912", device: "1-0048" },
            CONNECTOR,
        ),
        release: Release::Managed,
    },
    Pipeline {
        name: "icn6211",
        tree: include_str!("../../../linux/user-space/icn6211.dts"),
        peripheral: Peripheral::Bridge(
            Driver {
                module: "chipone-icn6211",
                folder: "/sys/bus/i2c/drivers/chipone-icn6211-i2c",
                device: "1-002c",
            },
            PANEL,
        ),
        release: Release::Never,
    },
    Pipeline {
        name: "ili9881c",
        tree: include_str!("../../../linux/user-space/ili9881c.dts"),
        peripheral: Peripheral::Panel(Driver {
            module: "panel-ilitek-ili9881c",
            folder: "/sys/bus/mipi-dsi/drivers/ili9881c-dsi",
            device: "0-000e.0",
        }),
        release: Release::ByHand,
    },
    Pipeline {
        name: "panel-simple",
        tree: include_str!("../../../linux/user-space/panel-simple.dts"),
        peripheral: Peripheral::Panel(Driver {
            module: "panel-simple",
            folder: "/sys/bus/mipi-dsi/drivers/panel-simple-dsi",
            device: "0-000e.0",
        }),
        release: Release::ByHand,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_commands() {
        let commands = |text: &str| PIPELINES[0].commands(&text.parse().expect("a script"));
        assert_eq!(
            commands("unload host, unbind peripheral, bind 1-002c, load peripheral"),
            Ok(vec![
                HOST.unload(),
                PIPELINES[0].end().unbind(),
                PIPELINES[0].end().bind(),
                "modprobe ti-sn65dsi83".to_owned()
            ])
        );
        for text in [
            "command",
            "pull host",
            "unbind second host",
            "b: unbind host",
            "start unbind host",
            "unbind nobody",
        ] {
            assert!(
                commands(text).is_err_and(|error| error.to_string().contains("is not a command of a shell")),
                "{text}"
            );
        }
    }
}
