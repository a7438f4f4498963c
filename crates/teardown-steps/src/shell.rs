//! Steps as commands of a shell: what sysfs and modprobe take.

use crate::step::Verb;

/// A driver, as a user of sysfs sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SysfsDriver<'a> {
    /// Its module.
    pub module: &'a str,
    /// Its folder in sysfs.
    pub folder: &'a str,
    /// The name of the device that it is bound to.
    pub device: &'a str,
}

impl SysfsDriver<'_> {
    /// Binds the driver to the device by hand.
    pub fn bind(&self) -> String {
        format!("echo {} > {}/bind", quote(self.device), self.folder)
    }

    /// Unbinds it.
    pub fn unbind(&self) -> String {
        format!("echo {} > {}/unbind", quote(self.device), self.folder)
    }

    /// Loads its module.
    pub fn load(&self) -> String {
        format!("modprobe {}", quote(self.module))
    }

    /// Unloads its module.
    pub fn unload(&self) -> String {
        format!("rmmod {}", quote(self.module))
    }

    /// The command that does this to the driver or its device; nothing if there is no such command.
    pub fn command(&self, verb: Verb) -> Option<String> {
        match verb {
            Verb::Bind => Some(self.bind()),
            Verb::Unbind => Some(self.unbind()),
            Verb::Load => Some(self.load()),
            Verb::Unload => Some(self.unload()),
            _ => None,
        }
    }
}

/// What a command does, and to whom: the reverse of [`SysfsDriver::command`], as far as a command names it.
///
/// `Bind` and `Unbind` come with the device, `Load` and `Unload` with the module. Nothing for any other command.
pub fn read(command: &str) -> Option<(Verb, &str)> {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words[..] {
        ["modprobe", module] => Some((Verb::Load, module)),
        ["rmmod", module] => Some((Verb::Unload, module)),
        ["echo", device, ">", file] if file.ends_with("/unbind") => Some((Verb::Unbind, device)),
        ["echo", device, ">", file] if file.ends_with("/bind") => Some((Verb::Bind, device)),
        _ => None,
    }
}

/// A word as a shell takes it: in quotes if it has anything in it that a shell might take for something else.
pub fn quote(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:,@=".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) { text.to_owned() } else { in_quotes(text) }
}

/// The same, always in quotes.
pub fn in_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRIDGE: SysfsDriver<'_> =
        SysfsDriver { module: "ti-sn65dsi83", folder: "/sys/bus/i2c/drivers/sn65dsi83", device: "1-002c" };

    #[test]
    fn what_is_written_can_be_read() {
        for (verb, _) in Verb::ALL {
            let Some(command) = BRIDGE.command(verb) else { continue };
            let whom = if verb == Verb::Load || verb == Verb::Unload { BRIDGE.module } else { BRIDGE.device };
            assert_eq!(read(&command), Some((verb, whom)), "{command}");
        }
        assert_eq!(
            BRIDGE.command(Verb::Unbind).as_deref(),
            Some("echo 1-002c > /sys/bus/i2c/drivers/sn65dsi83/unbind")
        );
        assert_eq!(BRIDGE.command(Verb::Pull), None);
        for other in ["", "reboot", "rmmod", "rmmod a b", "echo 1 > /sys/enabled", "echo a b > /bind"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn what_a_shell_would_take_for_something_else_is_in_quotes() {
        assert_eq!(quote("fd922800.dsi.0"), "fd922800.dsi.0");
        assert_eq!(quote("a; reboot"), "'a; reboot'");
        assert_eq!(quote("it's"), "'it'\\''s'");
        assert_eq!(quote(""), "''");
    }
}
