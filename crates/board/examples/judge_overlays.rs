//! Compares what this crate makes of overlays with what `dtmerge` and `fdtoverlay` make of them.
//!
//! `scripts/judge-overlays BASE.dtb DIR` runs it; the script says what it takes and prints.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use board::overlay::{self, Parameter, firmware, libfdt};
use board::{Node, Tree};

/// What a parameter is set to, apart from the keys of its own tables.
const VALUES: [&str; 9] = ["true", "off", "1", "0", "42", "0x1f", "up", "some text", "00:1b:2c"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base, folder] = arguments.as_slice() else {
        eprintln!("usage: judge-overlays BASE.dtb DIR");
        return ExitCode::from(2);
    };
    match judge(Path::new(base), Path::new(folder)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("judge-overlays: {error}");
            ExitCode::from(2)
        }
    }
}

type Failure = Box<dyn std::error::Error>;

/// Whether there was no difference.
fn judge(base_path: &Path, folder: &Path) -> Result<bool, Failure> {
    let base = read(base_path)?;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Failure>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "dtbo"));
    files.sort();
    let merged = std::env::temp_dir().join(format!("judge-overlays-{}.dtb", std::process::id()));
    let mut out = std::io::stdout().lock();
    let (mut same, mut refused, mut different) = (0, 0, 0);
    for path in &files {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let overlay = match read(path) {
            Ok(overlay) => overlay,
            Err(error) => {
                writeln!(out, "{file}\t\t\tunreadable: {error}")?;
                continue;
            }
        };
        for (judge, parameters) in runs(&overlay) {
            let Some(theirs) = ask(judge, base_path, path, &parameters, &merged)? else {
                continue;
            };
            let ours = match judge {
                Judge::Dtmerge => firmware::apply(&base, &overlay, &parameters),
                Judge::Fdtoverlay => libfdt::apply(&base, &overlay),
            };
            let verdict = match (&ours, &theirs) {
                (Ok(ours), Ok(theirs)) => match difference(&ours.tree, theirs) {
                    None => {
                        same += 1;
                        "same".to_owned()
                    }
                    Some(difference) => {
                        different += 1;
                        format!("DIFFERENT: {difference}")
                    }
                },
                (Err(ours), Err(_)) => {
                    refused += 1;
                    format!("both refuse: {ours}")
                }
                (Ok(_), Err(theirs)) => {
                    different += 1;
                    format!("DIFFERENT: only {} refuses: {theirs}", judge.name())
                }
                (Err(ours), Ok(_)) => {
                    different += 1;
                    format!("DIFFERENT: only we refuse: {ours}")
                }
            };
            let given: Vec<String> = parameters
                .iter()
                .map(|parameter| format!("{}={}", parameter.name, parameter.value))
                .collect();
            writeln!(out, "{file}\t{}\t{}\t{verdict}", given.join(","), judge.name())?;
        }
    }
    let _ = std::fs::remove_file(&merged);
    eprintln!(
        "{} overlays: {same} times the same tree, {refused} times both refuse, {different} differences",
        files.len()
    );
    Ok(different == 0)
}

#[derive(Clone, Copy)]
enum Judge {
    Dtmerge,
    Fdtoverlay,
}

impl Judge {
    fn name(self) -> &'static str {
        match self {
            Self::Dtmerge => "dtmerge",
            Self::Fdtoverlay => "fdtoverlay",
        }
    }
}

/// Without parameters, and with each parameter alone and each value for it.
fn runs(overlay: &Tree) -> Vec<(Judge, Vec<Parameter>)> {
    let mut runs = vec![(Judge::Fdtoverlay, vec![]), (Judge::Dtmerge, vec![])];
    for name in overlay::parameter_names(overlay) {
        let raw = overlay.root().child("__overrides__").and_then(|node| node.property(name));
        let raw = String::from_utf8_lossy(raw.unwrap_or_default());
        let keys = raw.split(['{', ',', '}', '\0']).filter_map(|part| Some(part.split_once('=')?.0));
        let values: BTreeSet<&str> = keys.filter(|key| !key.is_empty()).chain(VALUES).collect();
        runs.extend(values.into_iter().map(|value| {
            (Judge::Dtmerge, vec![Parameter { name: name.to_owned(), value: value.to_owned() }])
        }));
    }
    runs
}

/// What a judge says: a tree, or why not. None where the judge is not installed.
fn ask(
    judge: Judge,
    base: &Path,
    overlay: &Path,
    parameters: &[Parameter],
    merged: &Path,
) -> Result<Option<Result<Tree, String>>, Failure> {
    let _ = std::fs::remove_file(merged);
    let mut command = match judge {
        Judge::Dtmerge => Command::new("dtmerge"),
        Judge::Fdtoverlay => Command::new("fdtoverlay"),
    };
    match judge {
        Judge::Dtmerge => {
            let given = parameters.iter().map(|parameter| format!("{}={}", parameter.name, parameter.value));
            command.arg(base).arg(merged).arg(overlay).args(given)
        }
        Judge::Fdtoverlay => command.arg("-i").arg(base).arg("-o").arg(merged).arg(overlay),
    };
    let output = match command.stdin(Stdio::null()).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        output => output?,
    };
    if output.status.success() && merged.exists() {
        return Ok(Some(Ok(read(merged)?)));
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).replace(['\n', '\t'], " ");
    Ok(Some(Err(said.trim().to_owned())))
}

fn read(path: &Path) -> Result<Tree, Failure> {
    let bytes = std::fs::read(path)?;
    Tree::from_dtb(&bytes).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The first node where two trees are not the same: nodes and their order, properties and their values.
fn difference(ours: &Tree, theirs: &Tree) -> Option<String> {
    let both = ours.nodes().zip(theirs.nodes());
    for (ours, theirs) in both {
        if ours.path() != theirs.path() {
            return Some(format!("{ours:?} in place of {theirs:?}"));
        }
        if let Some(property) = different_property(ours, theirs) {
            let [ours, theirs] =
                [ours, theirs].map(|node| (node.path(), node.property(&property).map(<[u8]>::to_vec)));
            return Some(format!("{}: {property} is {:x?} in place of {:x?}", ours.0, ours.1, theirs.1));
        }
    }
    let counts = (ours.node_count(), theirs.node_count());
    (counts.0 != counts.1).then(|| format!("{} nodes in place of {}", counts.0, counts.1))
}

fn different_property(ours: Node<'_>, theirs: Node<'_>) -> Option<String> {
    let names: BTreeSet<&str> = ours.properties().chain(theirs.properties()).map(|(name, _)| name).collect();
    names.into_iter().find(|name| ours.property(name) != theirs.property(name)).map(str::to_owned)
}
