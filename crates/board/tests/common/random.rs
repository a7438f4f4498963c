//! Random boards and overlays that fit together, for the most part: labels, references in both directions, fragments
//! for nodes of the base and of the overlay itself, parameters.

use proptest::prelude::*;

use super::{Item, cells, node, text};

/// A board, an overlay for it, and parameters to set.
pub(crate) struct Pair {
    pub(crate) base: Vec<Item>,
    pub(crate) overlay: Vec<Item>,
    pub(crate) parameters: Vec<(String, String)>,
}

/// As source, so that a failure can be read.
impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "base:")?;
        write_source(f, &self.base, 1)?;
        writeln!(f, "overlay:")?;
        write_source(f, &self.overlay, 1)?;
        write!(f, "parameters: {:?}", self.parameters)
    }
}

fn write_source(f: &mut std::fmt::Formatter<'_>, items: &[Item], depth: usize) -> std::fmt::Result {
    let indent = "\t".repeat(depth);
    for item in items {
        match item {
            Item::Property(name, value) => {
                writeln!(f, "{indent}{name} = {:?};", String::from_utf8_lossy(value))?;
            }
            Item::Node(name, below) => {
                writeln!(f, "{indent}{name} {{")?;
                write_source(f, below, depth + 1)?;
                writeln!(f, "{indent}}};")?;
            }
        }
    }
    Ok(())
}

pub(crate) fn pair() -> impl Strategy<Value = Pair> {
    proptest::collection::vec(any::<u8>(), 0..400).prop_map(|choices| make(&mut Choices(choices.into_iter())))
}

/// Decisions, all 0 once they are used up.
struct Choices(std::vec::IntoIter<u8>);

impl Choices {
    fn below(&mut self, count: usize) -> usize {
        usize::from(self.0.next().unwrap_or(0)) % count
    }

    fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }
}

const NAMES: &[&str] = &["a", "a@0", "a@1", "b", "b@0", "c@2", "aliases", "port@0", "port"];
const PROPERTIES: &[&str] = &["x", "y", "bootargs", "status", "reg", "name1", "dtoverlay,preserve-phandle"];
const LABELS: usize = 6;
const ENTRIES: &[&str] = &[
    "x:0",
    "x.1",
    "x;2",
    "y#0",
    "reg:0",
    "reg:4",
    "x?",
    "y!",
    "x",
    "status",
    "bootargs",
    "x[",
    "name",
    "x:0=7",
    "y=text",
    "x{1=2,on=0x10,text='a,b',=9}",
    "x:0{1=5,up=6}",
    "y?=0",
    "target-path",
    "target-path=/a",
    "reg:0{=3,1}",
    "x=",
];
const SWITCHES: &[&str] = &["+0", "-0", "=1", "!1", "+0-1", "=2!0", "+7", "*1", "!0=1+2"];
const VALUES: &[&str] = &["1", "0", "on", "off", "up", "text", "-3", "0x20", "00:ff", "a", "a@0", ""];

/// A tree that is being made: its phandles, and where its labels are.
#[derive(Default)]
struct Tree {
    phandles: u32,
    /// Path and phandle of each node that has one.
    known: Vec<(String, u32)>,
    /// Where a cell refers to a node of the same tree, and to a label of the other: path, property.
    own: Vec<(String, String)>,
    foreign: Vec<(String, String)>,
}

impl Tree {
    /// Properties and children of the node at `path`.
    fn items(&mut self, choices: &mut Choices, path: &str, depth: usize, is_overlay: bool) -> Vec<Item> {
        let mut items = Vec::new();
        let mut taken: Vec<&str> = Vec::new();
        for _ in 0..choices.below(4) {
            let name = choices.one_of(PROPERTIES);
            if taken.contains(&name) {
                continue;
            }
            taken.push(name);
            match choices.below(5) {
                0 if !self.known.is_empty() => {
                    let (_, phandle) = self.known[choices.below(self.known.len())];
                    self.own.push((path.to_owned(), name.to_owned()));
                    items.push(cells(name, &[phandle]));
                }
                1 if is_overlay => {
                    self.foreign.push((path.to_owned(), name.to_owned()));
                    items.push(cells(name, &[u32::MAX]));
                }
                2 => items.push(text(name, choices.one_of(&["one", "", "two three", "/a/b"]))),
                3 => items.push(cells(name, &[])),
                _ => items.push(cells(name, &[7, 8])),
            }
        }
        if !choices.one_in(3) {
            self.phandles += 1;
            items.push(cells("phandle", &[self.phandles]));
            self.known.push((path.to_owned(), self.phandles));
        }
        if depth < 3 {
            let mut names: Vec<&str> = Vec::new();
            for _ in 0..choices.below(4) {
                let name = choices.one_of(NAMES);
                if !names.contains(&name) {
                    names.push(name);
                    let below = self.items(choices, &format!("{path}/{name}"), depth + 1, is_overlay);
                    items.push(node(name, below));
                }
            }
        }
        items
    }
}

fn make(choices: &mut Choices) -> Pair {
    let mut base = Tree::default();
    let mut items = base.items(choices, "", 0, false);
    items.retain(|item| !matches!(item, Item::Property(..)));
    let nodes: Vec<(String, u32)> = base.known.iter().filter(|(path, _)| !path.is_empty()).cloned().collect();
    let labels: Vec<Item> =
        nodes.iter().take(LABELS).enumerate().map(|(at, (path, _))| text(&format!("l{at}"), path)).collect();
    let count = labels.len();
    if !choices.one_in(8) {
        items.push(node("__symbols__", labels));
    }
    let (overlay, parameters) = overlay(choices, count);
    Pair { base: items, overlay, parameters }
}

fn overlay(choices: &mut Choices, labels: usize) -> (Vec<Item>, Vec<(String, String)>) {
    let mut made = Tree::default();
    let mut fragments = Vec::new();
    for number in 0..=choices.below(4) {
        let name = format!("fragment{}{number}", choices.one_of(&["@", "@", "-"]));
        let state = choices.one_of(&["__overlay__", "__overlay__", "__overlay__", "__dormant__"]);
        let content = made.items(choices, &format!("/{name}/{state}"), 1, true);
        fragments.push((name, state, content));
    }
    let mut items = Vec::new();
    for (name, state, content) in fragments {
        let target = match choices.below(6) {
            0 => text("target-path", choices.one_of(&["/", "/a", "/a@0", "/b", "/aliases", "/a/b"])),
            1 | 2 if !made.known.is_empty() => {
                made.own.push((format!("/{name}"), "target".to_owned()));
                cells("target", &[made.known[choices.below(made.known.len())].1])
            }
            _ if labels > 0 => {
                made.foreign.push((format!("/{name}"), "target".to_owned()));
                cells("target", &[u32::MAX])
            }
            _ => text("target-path", "/"),
        };
        items.push(node(&name, [target, node(state, content)]));
    }
    let mut parameters = Vec::new();
    let mut overrides = Vec::new();
    for number in 0..choices.below(4) {
        let name = format!("p{number}");
        let mut value = Vec::new();
        for _ in 0..=choices.below(3) {
            let (phandle, entry) = match made.known.len() {
                0 => (0, choices.one_of(SWITCHES)),
                _ if choices.one_in(4) => (0, choices.one_of(SWITCHES)),
                count => (made.known[choices.below(count)].1, choices.one_of(ENTRIES)),
            };
            if phandle != 0 {
                made.own.push(("/__overrides__".to_owned(), format!("{name}:{}", value.len())));
            }
            value.extend(phandle.to_be_bytes());
            value.extend(entry.as_bytes());
            value.push(0);
        }
        overrides.push(Item::Property(name.clone(), value));
        parameters.push((name, choices.one_of(VALUES).to_owned()));
    }
    if !overrides.is_empty() {
        items.push(node("__overrides__", overrides));
    }
    if !choices.one_in(3) {
        let known = made.known.iter().enumerate().filter(|(_, (path, _))| !path.contains("__dormant__"));
        let symbols: Vec<Item> = known.map(|(at, (path, _))| text(&format!("m{at}"), path)).collect();
        items.push(node("__symbols__", symbols));
        if choices.one_in(2) {
            items.push(node("__exports__", [cells("m0", &[]), cells("m2", &[])]));
        }
    }
    if !made.foreign.is_empty() {
        let fixups: Vec<Item> = made
            .foreign
            .iter()
            .map(|(path, property)| (choices.below(labels.max(1)), format!("{path}:{property}:0")))
            .fold(vec![String::new(); LABELS], |mut lists, (label, place)| {
                let list: &mut String = &mut lists[label];
                if !list.is_empty() {
                    list.push('\0');
                }
                list.push_str(&place);
                lists
            })
            .into_iter()
            .enumerate()
            .filter(|(_, list)| !list.is_empty())
            .map(|(label, list)| text(&format!("l{label}"), &list))
            .collect();
        items.push(node("__fixups__", fixups));
    }
    if !made.own.is_empty() {
        let mut fixups = Vec::new();
        for (path, property) in &made.own {
            let (property, offset) = match property.split_once(':') {
                Some((property, offset)) => (property, offset.parse().expect("our own number")),
                None => (property.as_str(), 0),
            };
            let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
            add_fixup(&mut fixups, &names, property, offset);
        }
        items.push(node("__local_fixups__", fixups));
    }
    (items, parameters)
}

/// Notes a reference below the nodes of these names.
fn add_fixup(items: &mut Vec<Item>, path: &[&str], property: &str, offset: u32) {
    let Some((first, rest)) = path.split_first() else {
        let offset = offset.to_be_bytes();
        for item in items.iter_mut() {
            if let Item::Property(name, value) = item
                && name == property
            {
                value.extend(offset);
                return;
            }
        }
        items.push(Item::Property(property.to_owned(), offset.to_vec()));
        return;
    };
    for item in items.iter_mut() {
        if let Item::Node(name, below) = item
            && name == first
        {
            return add_fixup(below, rest, property, offset);
        }
    }
    let mut below = Vec::new();
    add_fixup(&mut below, rest, property, offset);
    items.push(node(first, below));
}
