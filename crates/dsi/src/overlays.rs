//! `--overlay` and the options beside it: what they take, and the board's tree with the overlays applied.

use crate::Failure;
use crate::input::read_tree;
use board::Tree;
use board::overlay::{self, Applied, OverlayError, Parameter, Rules, firmware, libfdt};
use board::text::visible;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

/// The overlays of a board.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OverlayArguments {
    /// A compiled overlay (.dtbo) to apply to the board, with its parameters after commas; may be given several times, in
    /// the order in which to apply them
    #[arg(
        long = "overlay",
        value_name = "FILE[,NAME=VALUE]",
        value_parser = OsStringValueParser::new().try_map(GivenOverlay::parse)
    )]
    pub(crate) overlays: Vec<GivenOverlay>,
    /// Whose rules to apply overlays by; without it, the firmware's for a Raspberry Pi, libfdt's for any other board
    #[arg(long, value_name = "RULES")]
    pub(crate) overlay_as: Option<OverlayAs>,
    /// A parameter of the board itself, as in a Raspberry Pi's config.txt; may be given several times
    #[arg(long = "dtparam", value_name = "NAME[=VALUE]")]
    pub(crate) board_parameters: Vec<Parameter>,
}

/// A file and its parameters.
#[derive(Debug, Clone)]
pub(crate) struct GivenOverlay {
    path: PathBuf,
    parameters: Vec<Parameter>,
    /// The whole argument, as the user gave it.
    text: OsString,
}

impl GivenOverlay {
    /// The file's name ends at `.dtbo,`, and may have commas before that; without `.dtbo,` it ends at the first comma.
    fn parse(text: OsString) -> Result<Self, &'static str> {
        const EXTENSION: &str = ".dtbo";
        let (path, parameters) = match text.to_str() {
            None => (PathBuf::from(&text), ""),
            Some(text) if text.ends_with(EXTENSION) => (PathBuf::from(text), ""),
            Some(text) => {
                let end = text.find(".dtbo,").map(|at| at + EXTENSION.len()).or_else(|| text.find(','));
                let (path, parameters) = text.split_at(end.unwrap_or(text.len()));
                (PathBuf::from(path), parameters.strip_prefix(',').unwrap_or_default())
            }
        };
        let parameters = match parameters {
            "" => Vec::new(),
            list => list.split(',').map(str::parse).collect::<Result<_, _>>()?,
        };
        Ok(Self { path, parameters, text })
    }
}

/// Whose rules to apply overlays by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OverlayAs {
    Firmware,
    Libfdt,
}

impl OverlayArguments {
    /// The arguments as words of a command line.
    pub(crate) fn words(&self) -> Vec<String> {
        let overlays = self.overlays.iter();
        let overlays =
            overlays.map(|given| ["--overlay".to_owned(), given.text.to_string_lossy().into_owned()]);
        let rules = self.overlay_as.and_then(|rules| rules.to_possible_value());
        let rules = rules.map(|rules| ["--overlay-as".to_owned(), rules.get_name().to_owned()]);
        let parameters = self.board_parameters.iter();
        let parameters = parameters
            .map(|parameter| ["--dtparam".to_owned(), format!("{}={}", parameter.name, parameter.value)]);
        overlays.chain(rules).chain(parameters).flatten().collect()
    }

    fn rules(&self, base: &Tree) -> Rules {
        match self.overlay_as {
            Some(OverlayAs::Firmware) => Rules::Firmware,
            Some(OverlayAs::Libfdt) => Rules::Libfdt,
            None => Rules::of(base),
        }
    }

    /// Refuses what libfdt does not know, instead of leaving it out silently.
    fn refuse_parameters(&self, board: &str) -> Result<(), Failure> {
        let of_overlays = self.overlays.iter().flat_map(|given| &given.parameters);
        match of_overlays.chain(&self.board_parameters).next() {
            None => Ok(()),
            Some(parameter) => Err(Failure::Input(format!(
                "{board}: parameter {}: parameters are for the Raspberry Pi firmware, and libfdt has none; give \
                 --overlay-as firmware to apply overlays as the firmware does",
                parameter.name
            ))),
        }
    }
}

/// The tree of a board with its overlays and parameters. `name` is the board's name in messages.
pub(crate) fn apply(name: &str, base: Tree, arguments: &OverlayArguments) -> Result<Tree, Failure> {
    let rules = arguments.rules(&base);
    let mut tree = base;
    match rules {
        Rules::Libfdt => arguments.refuse_parameters(name)?,
        Rules::Firmware if arguments.board_parameters.is_empty() => {}
        Rules::Firmware => {
            tree = firmware::set_parameters(&tree, &arguments.board_parameters)
                .map_err(|error| Failure::Input(format!("{name}: {error}")))?;
        }
    }
    let overlays: Vec<Overlay> = arguments.overlays.iter().map(Overlay::read).collect::<Result<_, _>>()?;
    for (index, overlay) in overlays.iter().enumerate() {
        let applied = overlay.apply(&tree, rules).map_err(|error| {
            let (before, behind) = (&overlays[..index], &overlays[index + 1..]);
            let hint = hint(&tree, rules, overlay, &error, before, behind);
            Failure::Input(format!("{} on {name}: {error}{hint}", overlay.name))
        })?;
        if applied.fragments == 0 && applied.base_parameters == 0 {
            overlay.tell_that_it_changes_nothing(rules);
        }
        tree = applied.tree;
    }
    Ok(tree)
}

/// An overlay that has been read.
struct Overlay<'a> {
    name: String,
    tree: Tree,
    parameters: &'a [Parameter],
}

impl<'a> Overlay<'a> {
    fn read(given: &'a GivenOverlay) -> Result<Self, Failure> {
        let name = given.path.display().to_string();
        let tree = read_tree(&given.path)?;
        if !overlay::has_fragments(&tree) {
            return Err(Failure::Input(format!(
                "{name}: this is not an overlay (it has no fragment with __overlay__); give a .dtbo file"
            )));
        }
        Ok(Self { name, tree, parameters: &given.parameters })
    }

    fn apply(&self, base: &Tree, rules: Rules) -> Result<Applied, OverlayError> {
        match rules {
            Rules::Firmware => firmware::apply(base, &self.tree, self.parameters),
            Rules::Libfdt => libfdt::apply(base, &self.tree),
        }
    }

    fn has_label(&self, label: &str) -> bool {
        self.tree.root().child("__symbols__").is_some_and(|labels| labels.property(label).is_some())
    }

    /// Not an error: the firmware, too, takes such an overlay and goes on.
    fn tell_that_it_changes_nothing(&self, rules: Rules) {
        let name = &self.name;
        let parameters: Vec<&str> = overlay::parameter_names(&self.tree).collect();
        let is_dormant = overlay::is_dormant(&self.tree);
        let said = match parameters.first() {
            _ if !is_dormant => format!(
                "{name} changes nothing: none of its fragments is named fragment@N, or its parameters have put all to \
                 sleep, or they change each other and not the board"
            ),
            None => format!(
                "{name} changes nothing: all of its fragments are dormant, and it has no parameter to wake one"
            ),
            Some(first) => format!(
                "{name} changes nothing: all of its fragments are dormant, and wait for a parameter ({}), such as in \
                 --overlay {name},{first}{}",
                parameters.join(", "),
                if rules == Rules::Libfdt { " --overlay-as firmware" } else { "" }
            ),
        };
        let _ = writeln!(std::io::stderr(), "dsi: {}", visible(&said));
    }
}

/// What to do about an overlay that does not fit, as far as the other given overlays tell.
fn hint(
    tree: &Tree,
    rules: Rules,
    overlay: &Overlay<'_>,
    error: &OverlayError,
    before: &[Overlay<'_>],
    behind: &[Overlay<'_>],
) -> String {
    let helps = |other: &&Overlay<'_>| {
        other.apply(tree, rules).is_ok_and(|applied| overlay.apply(&applied.tree, rules).is_ok())
    };
    match error {
        OverlayError::MissingLabel { no_symbols: true, .. }
        | OverlayError::MissingTarget { target: overlay::Target::None, .. } => return String::new(),
        OverlayError::MissingTarget { target: overlay::Target::Own(_), .. } => {
            return "; give --overlay-as firmware to apply it by the firmware's rules".to_owned();
        }
        OverlayError::MissingLabel { .. } | OverlayError::MissingTarget { .. } => {}
        _ => return String::new(),
    }
    if let Some(other) = behind.iter().find(helps) {
        return format!("; {} brings it: give that overlay first", other.name);
    }
    if let (OverlayError::MissingLabel { label, .. }, Rules::Firmware) = (error, rules)
        && let Some(other) = before.iter().chain(behind).find(|other| other.has_label(label))
    {
        return format!(
            "; {} has it, but for itself: under the firmware's rules other overlays see only labels that \
             __exports__ names",
            other.name
        );
    }
    "; is the overlay for another board, or is an overlay missing before it?".to_owned()
}

#[cfg(test)]
mod tests {
    use super::GivenOverlay;

    #[test]
    fn a_file_name_ends_where_its_extension_does() {
        let parsed = |text: &str| {
            let given = GivenOverlay::parse(text.into()).expect("it makes sense");
            let parameters = given.parameters.into_iter().map(|one| format!("{}={}", one.name, one.value));
            (given.path.display().to_string(), parameters.collect::<Vec<_>>().join(" "))
        };
        for (text, path, parameters) in [
            ("a.dtbo", "a.dtbo", ""),
            ("vendor,a.dtbo", "vendor,a.dtbo", ""),
            ("a.dtbo,dsi0,rotation=180", "a.dtbo", "dsi0=true rotation=180"),
            ("vendor,a.dtbo,x=", "vendor,a.dtbo", "x="),
            ("overlay,x=a=b", "overlay", "x=a=b"),
            ("a.dtbo,", "a.dtbo", ""),
        ] {
            assert_eq!(parsed(text), (path.to_owned(), parameters.to_owned()), "{text}");
        }
        for text in ["a.dtbo,=1", "a.dtbo,x,,y"] {
            assert!(GivenOverlay::parse(text.into()).is_err(), "{text}");
        }
    }
}
