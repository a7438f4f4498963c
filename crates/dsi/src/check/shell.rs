//! The commands that take a counterexample's steps on the real board.
//!
//! What sysfs can do is a command; what only a driver or a program can do is a comment. A race needs two shells,
//! and somebody who stops one of them where the other has to go on.

use super::shapes::Part;
use teardown_check::action::End;
use teardown_steps::shell::{SysfsDriver, quote};
use teardown_steps::{Act, Actor, Does, Script, Step, Until, Verb};

/// What one actor does in their shell, until another's turn.
pub(crate) struct Turn {
    /// Which actor.
    pub(crate) actor: Actor,
    /// What they type, and comments.
    pub(crate) lines: Vec<String>,
}

/// The lines.
pub(crate) fn commands(script: &Script, part: &Part) -> Vec<String> {
    let several = script.actors() > 1;
    let mut lines = Vec::new();
    for turn in turns(script, part) {
        if several {
            lines.push(format!("# shell {}", turn.actor));
        }
        lines.extend(turn.lines);
    }
    lines
}

/// The commands in turns, in the order of time.
pub(crate) fn turns(script: &Script, part: &Part) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for (actor, does, until) in script.0.iter().filter_map(|step: &Step| step.for_model().ok()) {
        let mut lines = match turns.pop_if(|turn| turn.actor == actor) {
            Some(turn) => turn.lines,
            None => Vec::new(),
        };
        lines.push(match does {
            Does::Act(act) => typed(act, part),
            Does::GoesOn => "# let it go on".to_owned(),
            Does::Fails => "# its probe fails here: return an error".to_owned(),
            Does::GivesUp => "# it gives up: its deadline has passed".to_owned(),
        });
        match until {
            Until::End => {}
            Until::Waits => lines.push("# it waits".to_owned()),
            Until::Place(place, times) => {
                let times = match times.get() {
                    1 => String::new(),
                    2 => " for the second time".to_owned(),
                    3 => " for the third time".to_owned(),
                    times => format!(" for the {times}th time"),
                };
                lines.push(format!(
                    "# stop it {}{times} (a breakpoint, or a sleep put there)",
                    where_is(place)
                ));
            }
        }
        turns.push(Turn { actor, lines });
    }
    turns
}

fn typed(act: &Act, part: &Part) -> String {
    let found = match act {
        Act::Do(verb, target) => part.names.find(target).map(|end| command(*verb, end, part)),
        Act::SecondCommand => None,
    };
    found.unwrap_or_else(|| format!("# {act}: there is no such device"))
}

/// Where in the kernel's and the drivers' code a place of a script is.
fn where_is(place: &str) -> String {
    let before = |what: &str, function: &str| format!("in {what}, before {function}");
    match place {
        "probe.host" => before("the host driver's probe", "mipi_dsi_host_register"),
        "remove.host" => before("the host driver's remove", "mipi_dsi_host_unregister"),
        "remove.host.unregistered" => {
            "in the host driver's remove, after mipi_dsi_host_unregister".to_owned()
        }
        "probe.register" => before("the peripheral driver's probe", "of_find_mipi_dsi_host_by_node"),
        "probe.attach" => before("the peripheral driver's probe", "mipi_dsi_attach"),
        "remove" => before("the unbinding of the peripheral", "devres_release_all"),
        "release.detach" => before("the peripheral driver's release", "mipi_dsi_detach"),
        "release.unregister" => before("the peripheral driver's release", "mipi_dsi_device_unregister"),
        "notice" => "in the peripheral driver's notice".to_owned(),
        "command" | "command-held" => before("whoever sends", "mipi_dsi_dcs_write_buffer"),
        "read" => before("whoever reads", "mipi_dsi_set_maximum_return_packet_size"),
        _ => match (place.strip_suffix(".end"), place.strip_prefix("host.")) {
            (Some(of), _) => format!("at the end of {}", of.strip_prefix("host.").unwrap_or(of)),
            (None, Some(callback)) => format!("in the host's {callback}"),
            (None, None) => format!("in {place}"),
        },
    }
}

fn command(verb: Verb, end: End, part: &Part) -> String {
    // It comes from a device tree, and goes into a shell.
    let name = quote(part.names.of(end));
    let folder = part.driver(end).map(|driver| driver.folder()).unwrap_or_default();
    let module = part.driver(end).map_or("its driver", |driver| driver.name);
    let driver = SysfsDriver { module, folder: &folder, device: part.names.of(end) };
    match verb {
        Verb::Bind | Verb::Unbind | Verb::Load | Verb::Unload => driver.command(verb).unwrap_or_default(),
        Verb::Pull => format!("# pull {name}: echo {name} > {folder}/unbind"),
        Verb::Plug => format!("# plug {name} in: echo {name} > {folder}/bind"),
        Verb::Command => format!("# have the driver of {name} send a command: set a brightness or a mode"),
        Verb::Read => format!("# have the driver of {name} read from the panel"),
        Verb::Hold => {
            format!("# take a reference to the DSI device of {name} and keep it (get_device)")
        }
        Verb::CommandHeld => "# send a command with the device that was kept".to_owned(),
        Verb::AttachHeld => "# attach the device that was kept".to_owned(),
        Verb::UnregisterHeld => "# unregister the device that was kept".to_owned(),
        Verb::CommandAndDrop => {
            format!("# have the driver of {name} drop its device in the middle of a command")
        }
        Verb::CommandAndDropHost => {
            format!("# have the host of {name} drop its registration in the middle of a command")
        }
        Verb::DeclareGone => format!("# say that the hardware of {name} has gone, as its interrupt does"),
        Verb::Drop => "# drop that reference (put_device)".to_owned(),
    }
}
