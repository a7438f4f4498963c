//! Configures and builds a kernel, unless it is built already.

use super::dropped::{self, Dropped};
use super::machine::Machine;
use super::repair::Repair;
use super::source::{Source, SourceError};
use super::{Additions, Core, cache, drop_in, tree};
use crate::storage;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use thiserror::Error;

/// The compiler that `LLVM=-19` names.
const COMPILER: &str = "clang-19";

/// Where it and everything else that a build needs can be found: nothing of the caller's.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Where Rust for Linux finds its library's source and libclang: those of the packages.
const RUST: [(&str, &str); 2] =
    [("RUST_LIB_SRC", "/usr/src/rustc-1.85.0/library"), ("LIBCLANG_PATH", "/usr/lib/llvm-19/lib")];

/// With the folder in which `linux/lab` has installed bindgen, which is no package.
fn path_with_tools() -> String {
    let tools = cache::root().map(|root| root.join("tools/bin"));
    tools.map_or_else(|| PATH.to_owned(), |tools| format!("{PATH}:{}", tools.display()))
}

/// A kernel that can be booted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// What it is built for.
    pub machine: Machine,
    /// The program, or the image for qemu.
    pub program: PathBuf,
    /// The folder with its modules, as they are installed: it has lib/modules.
    pub modules: PathBuf,
    /// A folder with the objects that its bus is made of.
    pub bus: PathBuf,
    /// A folder for what boots leave behind.
    pub scratch: PathBuf,
    /// The lines of the user's own configuration that Kconfig did not take.
    pub dropped: Vec<Dropped>,
}

/// What a build does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage<'a> {
    /// It waits for another run of the lab, which builds in this folder.
    Waits(&'a Path),
    /// It does this, or make says this.
    Does(&'a str),
}

/// Why there is no kernel.
#[derive(Debug, Error)]
pub enum BuildError {
    /// There is no source.
    #[error(transparent)]
    Source(SourceError),
    /// A file or a command of the system's.
    #[error("{}", storage::in_words(.0.display(), .1))]
    Io(PathBuf, io::Error),
    /// make failed; its output is in the file, of which these are the last lines.
    #[error("make failed ({}):{}", .0.display(), hint_or_end(.1))]
    Make(PathBuf, String),
    /// The kernel's configuration lacks something: every order would look clean, or checkers would be measured.
    #[error("the kernel's configuration is not fit for its purpose, it lacks {}", .0.join(", "))]
    Lacks(Vec<String>),
}

/// What to do about the end of a log, or the end itself on lines of its own.
fn hint_or_end(end: &str) -> String {
    storage::hint_of(end).map_or_else(|| format!("\n{end}"), |hint| format!(" {hint}"))
}

/// Builds the kernel from `source` for this machine, with this bus, and with a repair of the kernel's own if there is one,
/// unless it is built already. `more` is the user's own configuration, which comes after the lab's; `progress` is called with what is being
/// done, and then with each line of make's output.
///
/// # Errors
///
/// See [`BuildError`].
pub fn build(
    source: &Source,
    machine: Machine,
    core: Core,
    repair: Option<&Repair>,
    more: &str,
    progress: &mut dyn FnMut(Stage<'_>),
) -> Result<Kernel, BuildError> {
    let of_core = if core != Core::Stock { drop_in::CONFIG } else { "" };
    let config = format!("{}{of_core}{more}", machine.config());
    let additions = Additions::new(core, repair);
    let identity = source.identity();
    let make = machine.make().iter().map(|argument| argument.as_bytes());
    // One folder for a source and a configuration: with another driver of ours, only that is compiled again.
    let folder_key = cache::key([identity.as_bytes(), settings(&config).as_bytes()].into_iter().chain(make));
    let kernel_key = kernel_key(&additions, &compiler()?);
    let root = cache::root().ok_or(BuildError::Source(SourceError::NoCache))?;
    let folder = root.join(format!("linux-{folder_key}"));
    let io = |error| BuildError::Io(folder.clone(), error);
    let kernel = folder.join(format!("kernel-{kernel_key}"));
    let scratch = folder.join("boots");
    fs::create_dir_all(&scratch).map_err(io)?;
    let _lock = cache::Lock::take(&folder, &mut || progress(Stage::Waits(&folder))).map_err(io)?;
    let (program, modules, bus) = (kernel.join("linux"), kernel.join("modules"), kernel.join("bus"));
    let mut found = Kernel { machine, program, modules, bus, scratch, dropped: Vec::new() };
    if !found.program.exists() || source.may_change() {
        progress(Stage::Does(&format!("Linux from {identity}")));
        progress(Stage::Does("unpacking the source"));
        let source =
            source.folder(&mut |folder| progress(Stage::Waits(folder))).map_err(BuildError::Source)?;
        progress(Stage::Does("linking the source"));
        tree::make(&source, &folder.join("tree"), &additions).map_err(io)?;
        compile(&folder, machine, &config, progress)?;
        fs::create_dir_all(&kernel).map_err(io)?;
        install_modules(&folder, machine, &found.modules, progress)?;
        fs::copy(folder.join("build/.config"), kernel.join("config")).map_err(io)?;
        fs::create_dir_all(&found.bus).map_err(io)?;
        for object in objects(core) {
            let name = Path::new(object).file_name().unwrap_or_default();
            fs::copy(folder.join("build").join(object), found.bus.join(name)).map_err(io)?;
        }
        // Last, and at once: where the program is, all is.
        fs::copy(folder.join("build").join(machine.image()), kernel.join("linux.part")).map_err(io)?;
        fs::rename(kernel.join("linux.part"), &found.program).map_err(io)?;
    }
    let config = fs::read_to_string(kernel.join("config")).map_err(io)?;
    found.dropped = dropped::lines(more, &config);
    match machine.missing(&config) {
        missing if missing.is_empty() => Ok(found),
        missing => Err(BuildError::Lacks(missing)),
    }
}

/// The objects that a bus is made of, in the folder of the build.
fn objects(core: Core) -> &'static [&'static str] {
    match core {
        Core::Stock => &["drivers/gpu/drm/drm_mipi_dsi.o"],
        Core::Rust | Core::RustWithFault => &[
            "drivers/gpu/drm/mipi-dsi/drm_mipi_dsi.o",
            "drivers/gpu/drm/mipi-dsi/drm_mipi_dsi_glue.o",
            "drivers/gpu/drm/mipi-dsi/drm_mipi_dsi_leaving.o",
        ],
    }
}

/// The compiler that make finds, in its own words.
fn compiler() -> Result<String, BuildError> {
    let io = |error| BuildError::Io(PathBuf::from(COMPILER), error);
    let output = Command::new(COMPILER).env("PATH", PATH).arg("--version").output().map_err(io)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What makes another kernel besides its source and configuration: what is added, and the compiler.
fn kernel_key(additions: &Additions, compiler: &str) -> String {
    let files = additions.files.iter().flat_map(|(path, text)| [path.as_bytes(), text.as_bytes()]);
    let edits: Vec<String> = additions.edits.iter().map(|edit| format!("{edit:?}")).collect();
    cache::key(files.chain(edits.iter().map(String::as_bytes)).chain([compiler.as_bytes()]))
}

/// The configuration without its comments: another comment does not make another kernel.
fn settings(config: &str) -> String {
    let is_setting = |line: &&str| !line.starts_with('#') || line.starts_with("# CONFIG_");
    config.lines().filter(is_setting).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn compile(
    folder: &Path,
    machine: Machine,
    config: &str,
    progress: &mut dyn FnMut(Stage<'_>),
) -> Result<(), BuildError> {
    let io = |error| BuildError::Io(folder.to_owned(), error);
    let build = folder.join("build");
    fs::create_dir_all(&build).map_err(io)?;
    let wanted = folder.join("lab.config");
    fs::write(&wanted, config).map_err(io)?;
    if !build.join(".config").exists() {
        progress(Stage::Does("configuring"));
        let mut all = String::from("KCONFIG_ALLCONFIG=");
        all.push_str(&wanted.to_string_lossy());
        run_make(folder, machine, &["allnoconfig", &all], progress)?;
        let config = fs::read_to_string(build.join(".config")).map_err(io)?;
        let missing = machine.missing(&config);
        if !missing.is_empty() {
            // Not to be found configured next time.
            fs::remove_file(build.join(".config")).map_err(io)?;
            return Err(BuildError::Lacks(missing));
        }
    } else {
        // A tree of the user's own may have options that it did not have last time.
        run_make(folder, machine, &["olddefconfig"], progress)?;
    }
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    run_make(folder, machine, &[machine.target(), "modules", &format!("-j{jobs}")], progress)
}

fn install_modules(
    folder: &Path,
    machine: Machine,
    modules: &Path,
    progress: &mut dyn FnMut(Stage<'_>),
) -> Result<(), BuildError> {
    match fs::remove_dir_all(modules) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(BuildError::Io(modules.to_owned(), error));
        }
        _ => (),
    }
    let mut path = String::from("INSTALL_MOD_PATH=");
    path.push_str(&modules.to_string_lossy());
    run_make(folder, machine, &["modules_install", &path], progress)
}

fn run_make(
    folder: &Path,
    machine: Machine,
    arguments: &[&str],
    progress: &mut dyn FnMut(Stage<'_>),
) -> Result<(), BuildError> {
    let log_path = folder.join("build.log");
    let io = |error| BuildError::Io(log_path.clone(), error);
    let (reader, writer) = io::pipe().map_err(io)?;
    let mut output = String::from("O=");
    output.push_str(&folder.join("build").to_string_lossy());
    let mut command = Command::new("nice");
    command
        .arg("make")
        .arg("-C")
        .arg(folder.join("tree"))
        .arg(output)
        .args(machine.make())
        .args(arguments)
        // Nothing of the caller's: another compiler in its path, or flags of its own make.
        .env_clear()
        .env("PATH", path_with_tools())
        .envs(RUST)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(writer.try_clone().map_err(io)?)
        .stderr(writer);
    let mut child = command.spawn().map_err(io)?;
    drop(command);
    let mut log = File::create(&log_path).map_err(io)?;
    let mut last: Vec<String> = Vec::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line.map_err(io)?).into_owned();
        writeln!(log, "{line}").map_err(io)?;
        progress(Stage::Does(&line));
        if line.contains("error") || line.starts_with("make") || storage::hint_of(&line).is_some() {
            last.push(line);
        }
    }
    if child.wait().map_err(io)?.success() {
        return Ok(());
    }
    let from = last.len().saturating_sub(12);
    Err(BuildError::Make(log_path, last[from..].join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_that_finds_the_disk_full_says_so_and_no_more_of_makes_output() {
        let end = "ld.lld: error: failed to write: No space left on device\nmake: *** [Makefile:224] Error 2";
        let said = BuildError::Make(PathBuf::from("build.log"), end.to_owned()).to_string();
        assert!(
            said.starts_with("make failed (build.log): the disk is full; ") && !said.contains("ld.lld"),
            "{said}"
        );
        let said = BuildError::Make(PathBuf::from("build.log"), "main.c:1: error: no".to_owned()).to_string();
        assert_eq!(said, "make failed (build.log):\nmain.c:1: error: no");
    }

    #[test]
    fn another_addition_or_another_compiler_makes_another_kernel() {
        let key = |core, repair, compiler| kernel_key(&Additions::new(core, repair), compiler);
        let keys = [
            key(Core::Stock, None, "clang 19.1.7"),
            key(Core::Stock, Repair::named("idempotent"), "clang 19.1.7"),
            key(Core::Stock, Repair::named("fail-late"), "clang 19.1.7"),
            key(Core::Stock, None, "clang 19.1.8"),
            key(Core::Rust, None, "clang 19.1.7"),
        ];
        for (index, one) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(one), "{keys:?}");
        }
    }
}
