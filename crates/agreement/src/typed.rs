//! The orders that are typed at the kernel's own drivers, and what a model predicts for the bus's part in them.
//!
//! A model knows only the bus: what the kernel reports for regulators, bridges and connectors is beyond it. Then the
//! only question is whether it predicts an earlier report.

use crate::compare::Counts;
use crate::course::shape_of_pipeline;
use crate::predict;
use lab_orders::measured::{Said, TypedRow};
use lab_orders::pipeline::{self, ADAPTER, DISPLAY_CONTROLLER, Driver, HOST, Peripheral, Pipeline};
use lab_orders::variant::Device;
use teardown_check::Model;
use teardown_check::course::{Course, CourseStep, Slow};
use teardown_check::program::ProgramKind;
use teardown_steps::Verb;
use teardown_steps::shell;
use thiserror::Error;

/// A typed order, with what the kernel reported and what a model predicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedTyped {
    /// The order, and what the kernel reported.
    pub row: TypedRow,
    /// What the model predicts for the bus.
    pub says: Said,
}

/// How prediction and report compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypedStanding {
    /// They agree: verdict, command, kind and function.
    Agree,
    /// The kernel's first report does not come from the bus, and the model predicts none for an earlier command.
    BeyondTheBus,
    /// They contradict each other.
    Contradict,
}

impl ComparedTyped {
    /// How prediction and report compare.
    pub fn standing(&self) -> TypedStanding {
        let is_earlier = |other: Option<usize>| match &self.says {
            Said::Reported { step: Some(step), .. } => other.is_none_or(|other| *step < other),
            _ => false,
        };
        match &self.row.said {
            said if *said == self.says => TypedStanding::Agree,
            Said::Reported { step, function, .. } if is_beyond_the_bus(function) && !is_earlier(*step) => {
                TypedStanding::BeyondTheBus
            }
            _ => TypedStanding::Contradict,
        }
    }
}

/// Functions of regulators, and of DRM's bridges, connectors and locks. Every other function counts as
/// the bus's.
fn is_beyond_the_bus(function: &str) -> bool {
    let is_drms = function.trim_start_matches('_').starts_with("drm_") || function == "modeset_lock";
    is_drms || function == "_regulator_put"
}

/// A row that is about something that a model does not know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnknownTyped {
    /// There is no such pipeline.
    #[error("there is no pipeline '{0}'")]
    Pipeline(String),
    /// What this command does to the bus is not known.
    #[error("what '{0}' does to the bus is not known")]
    Command(String),
}

/// Asks the model about each row.
///
/// # Errors
///
/// The first row that is about something that no model knows.
pub fn with(model: &dyn Model, rows: Vec<TypedRow>) -> Result<Vec<ComparedTyped>, UnknownTyped> {
    let compare = |row: TypedRow| {
        let pipeline =
            Pipeline::named(&row.pipeline).ok_or_else(|| UnknownTyped::Pipeline(row.pipeline.clone()))?;
        let says = says(model, pipeline, &row.commands)?;
        Ok(ComparedTyped { row, says })
    };
    rows.into_iter().map(compare).collect()
}

fn says(model: &dyn Model, pipeline: &Pipeline, commands: &[String]) -> Result<Said, UnknownTyped> {
    let mut steps = Vec::new();
    // Which command each step is of: one may be several, or none.
    let mut numbers = Vec::new();
    // A course knows no modules: a panel's driver that is not loaded would bind to what its host brings.
    let mut is_out = false;
    for (index, command) in commands.iter().enumerate() {
        is_out |= pipeline.device() == Device::OnTheDsiBus && *command == pipeline.end().unload();
        for kind in does(pipeline, command).ok_or_else(|| UnknownTyped::Command(command.clone()))? {
            if is_out && kind == ProgramKind::BindHost(0) {
                return Err(UnknownTyped::Command(command.clone()));
            }
            steps.push(if is_by_hand(command) { CourseStep::ByHand(kind) } else { CourseStep::Do(kind) });
            numbers.push(index + 1);
        }
    }
    let shape = predict::shape_for(model, shape_of_pipeline(pipeline));
    let said =
        predict::said(model.outcome(&Course { shape, fails: vec![None], slow: Slow::default(), steps }));
    Ok(match said {
        Said::Reported { step: Some(step), kind, function } => {
            Said::Reported { step: numbers.get(step - 1).copied(), kind, function }
        }
        said => said,
    })
}

/// What a command does to the bus, or nothing if nobody knows. A command that has to fail does what it does up to where
/// it fails.
fn does(pipeline: &Pipeline, command: &str) -> Option<Vec<ProgramKind>> {
    let command = command.trim_start_matches("! ");
    if [true, false].map(pipeline::switch).iter().any(|switch| switch == command) {
        return Some(Vec::new());
    }
    let (verb, whom) = shell::read(command)?;
    let binds = matches!(verb, Verb::Bind | Verb::Load);
    let is = |driver: Driver| [driver.module, driver.device].contains(&whom);
    // At the removal of the adapters that all chips are on the bridge goes first, as its adapter does; a panel goes with
    // its host.
    if is(ADAPTER) && !binds {
        let bridge = (pipeline.device() == Device::OnAnotherBus).then_some(unbind_end());
        return Some(
            bridge.into_iter().chain([ProgramKind::UnbindHost { host: 0, surprise: false }]).collect(),
        );
    }
    let kind = match (is(HOST), is(pipeline.end()), binds) {
        (true, _, true) => ProgramKind::BindHost(0),
        (true, _, false) => ProgramKind::UnbindHost { host: 0, surprise: false },
        (_, true, true) => ProgramKind::BindPeripheral(0),
        (_, true, false) => unbind_end(),
        // The display controller, and what is behind a bridge, have no part in the bus.
        (false, false, _) => {
            let behind = match pipeline.peripheral {
                Peripheral::Bridge(_, display) => Some(display),
                Peripheral::Panel(_) => None,
            };
            return behind.into_iter().chain([DISPLAY_CONTROLLER]).any(is).then(Vec::new);
        }
    };
    Some(vec![kind])
}

/// Whether a command binds or unbinds by hand.
fn is_by_hand(command: &str) -> bool {
    matches!(shell::read(command.trim_start_matches("! ")), Some((Verb::Bind | Verb::Unbind, _)))
}

fn unbind_end() -> ProgramKind {
    ProgramKind::UnbindPeripheral { index: 0, surprise: false }
}

impl From<&ComparedTyped> for Counts {
    fn from(compared: &ComparedTyped) -> Self {
        let standing = compared.standing();
        Self {
            orders: 1,
            reported: usize::from(compared.row.said != Said::Clean),
            predicted: usize::from(compared.says != Said::Clean),
            agree: usize::from(standing == TypedStanding::Agree),
            beyond: usize::from(standing == TypedStanding::BeyondTheBus),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use teardown_check::check::model;

    fn standing(commands: &[&str], said: Said) -> TypedStanding {
        let commands = commands.iter().map(|command| (*command).to_owned()).collect();
        let row = TypedRow { pipeline: "sn65dsi83".to_owned(), commands, said };
        let linux = model("linux-6.12").expect("a known model");
        with(linux, vec![row]).expect("commands that it knows")[0].standing()
    }

    fn reported(step: usize, function: &str) -> Said {
        let kind = "KASAN use-after-free".to_owned();
        Said::Reported { step: Some(step), kind, function: function.to_owned() }
    }

    #[test]
    fn what_is_of_the_bus_is_compared() {
        let bridge_first = ["rmmod ti-sn65dsi83", "rmmod tc358768"];
        assert_eq!(standing(&bridge_first, Said::Clean), TypedStanding::Agree);
        for function in ["mipi_dsi_detach", "device_del", "kobject_set_name_vargs"] {
            assert_eq!(
                standing(&bridge_first, reported(1, function)),
                TypedStanding::Contradict,
                "{function}"
            );
        }
        let host_first = ["rmmod tc358768", "rmmod ti-sn65dsi83"];
        assert_eq!(standing(&host_first, reported(2, "mipi_dsi_detach")), TypedStanding::Agree);
        assert_eq!(standing(&host_first, reported(1, "mipi_dsi_detach")), TypedStanding::Contradict);
        assert_eq!(standing(&host_first, Said::Clean), TypedStanding::Contradict);
    }

    #[test]
    fn what_is_beyond_it_hides_nothing_that_came_before() {
        let commands = ["rmmod tc358768", "rmmod ti-sn65dsi83", "rmmod panel-simple"];
        let regulator = |step| reported(step, "_regulator_put");
        assert_eq!(standing(&commands, regulator(1)), TypedStanding::BeyondTheBus);
        assert_eq!(standing(&commands, regulator(2)), TypedStanding::BeyondTheBus);
        assert_eq!(standing(&commands, regulator(3)), TypedStanding::Contradict);
    }

    /// The kernel lists the probes that it began and that were deferred, and no others.
    #[test]
    fn a_bind_by_hand_is_not_tried_again_and_a_driver_that_was_loaded_is() {
        let late = |bind: &str| {
            let unbind =
                ["rmmod ti-sn65dsi83", "rmmod tc358768", bind, "modprobe tc358768", "rmmod tc358768"];
            standing(&[&unbind[..], &["rmmod ti-sn65dsi83"]].concat(), Said::Clean)
        };
        // What was bound again when its host had come is late in the end.
        assert_eq!(late("modprobe ti-sn65dsi83"), TypedStanding::Contradict);
        assert_eq!(late("! echo 1-002c > /sys/bus/i2c/drivers/sn65dsi83/bind"), TypedStanding::Agree);
    }

    #[test]
    fn what_is_not_known_is_named() {
        let ask = |pipeline: &str, commands: &[&str]| {
            let commands = commands.iter().map(|command| (*command).to_owned()).collect();
            let row = TypedRow { pipeline: pipeline.to_owned(), commands, said: Said::Clean };
            with(model("linux-6.12").expect("a known model"), vec![row])
        };
        assert_eq!(ask("tv", &[]), Err(UnknownTyped::Pipeline("tv".to_owned())));
        assert_eq!(ask("sn65dsi83", &["reboot"]), Err(UnknownTyped::Command("reboot".to_owned())));
        // The panel's module is out: nothing would bind to what the host brings.
        let modules = ["rmmod panel-ilitek-ili9881c", "rmmod tc358768", "modprobe tc358768"];
        assert_eq!(ask("ili9881c", &modules), Err(UnknownTyped::Command(modules[2].to_owned())));
    }
}
