//! The kernel that the arguments ask for: its source, what is changed in it, and how its build is shown.

use crate::cli::{self, KernelArguments, SourceArguments};
use crate::{Failure, progress};
use linux_lab::kernel::{self, Core, Kernel, Machine, REPAIRS, Repair, Source, Stage};
use std::io::Write;

/// Where its source is.
pub(crate) fn source(arguments: &SourceArguments) -> Result<Source, Failure> {
    Ok(match &arguments.source {
        Some(folder) => Source::tree(folder)?,
        None => Source::package()?,
    })
}

fn repair(arguments: &KernelArguments) -> Result<Option<&'static Repair>, Failure> {
    let named = |name: &String| {
        let names: Vec<_> = REPAIRS.iter().map(|repair| repair.name).collect();
        Repair::named(name)
            .ok_or_else(|| format!("there is no repair '{name}'; there are: {}", names.join(", ")).into())
    };
    arguments.repair.as_ref().map(named).transpose()
}

fn core(arguments: &KernelArguments) -> Core {
    match arguments.core {
        cli::Core::Stock => Core::Stock,
        cli::Core::Rust => Core::Rust,
    }
}

/// What a table says it was measured on.
pub(crate) fn description(arguments: &KernelArguments) -> Result<String, Failure> {
    let repair = repair(arguments)?.map(|repair| format!(" with the repair {}", repair.name));
    let with_core = if core(arguments) == Core::Rust { " with the Rust core" } else { "" };
    Ok(source(&arguments.source)?.description() + with_core + &repair.unwrap_or_default())
}

/// Builds it, unless it is built already.
pub(crate) fn build(arguments: &KernelArguments) -> Result<Kernel, Failure> {
    build_for(Machine::default(), arguments)
}

/// The same for this machine.
pub(crate) fn build_for(machine: Machine, arguments: &KernelArguments) -> Result<Kernel, Failure> {
    build_with(&arguments.source, machine, core(arguments), repair(arguments)?)
}

/// Builds a kernel with this bus, or finds it built.
pub(crate) fn build_with(
    arguments: &SourceArguments,
    machine: Machine,
    core: Core,
    repair: Option<&Repair>,
) -> Result<Kernel, Failure> {
    let source = source(arguments)?;
    let more = match &arguments.config {
        Some(file) => {
            std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?
        }
        None => String::new(),
    };
    let spinner = progress::bar(None, "{spinner} {elapsed} {wide_msg}")?;
    let mut is_building = false;
    let kernel = kernel::build(&source, machine, core, repair, &more, &mut |stage| {
        // Whoever waits for minutes wants to know what for, without a terminal as well.
        let said = match stage {
            Stage::Waits(folder) => {
                format!("waiting for another run of the lab, which is in {}", folder.display())
            }
            Stage::Does(line) if is_building => return spinner.set_message(line.trim().to_owned()),
            Stage::Does(line) => {
                is_building = true;
                format!("building the kernel; {line}")
            }
        };
        if spinner.is_hidden() {
            let _ = writeln!(std::io::stderr(), "linux/lab: {said}");
        }
        spinner.set_message(said);
    });
    spinner.finish_and_clear();
    let kernel = kernel?;
    if let (Some(file), false) = (&arguments.config, kernel.dropped.is_empty()) {
        let lines: String = kernel.dropped.iter().map(|line| format!("  {line}\n")).collect();
        let (file, why) = (file.display(), "an option may need others, or not exist in this kernel");
        let said = format!("linux/lab: Kconfig did not take these lines of {file} ({why}):\n{lines}");
        std::io::stderr().lock().write_all(said.as_bytes())?;
    }
    Ok(kernel)
}
