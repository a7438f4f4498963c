//! A device tree in memory: nodes that know their path, parent, children and properties, and an index of phandles.
//!
//! Owned and editable, as overlays need it. It knows what every device tree has in common (status, compatible, reg
//! as a number, aliases, phandles) and nothing of displays. A [`Node`] is a cheap view; all look-ups take the
//! first of several equal names, as Linux does.

mod edit;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use crate::blob::{Blob, BlobError, BlobErrorKind, Event};

/// How deep nodes may be nested; Linux's own limit.
pub const MAX_DEPTH: usize = 64;
/// How many nodes a tree may have, overlays included. The largest board of Linux 6.12 has some 1,100.
pub const MAX_NODES: usize = 1 << 17;

/// How long a path may be. The longest on a board of Linux 6.12 is 123 bytes.
pub const MAX_PATH: usize = 1024;

/// How much of a `compatible` is read, so that no look-up takes long.
pub const MAX_COMPATIBLE: usize = 2048;

/// Which node of its tree; meaningless in another tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The node without a parent.
    pub const ROOT: Self = Self(0);

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where among its siblings to put a new node.
#[derive(Clone, Copy)]
enum Place {
    First,
    Last,
}

/// A whole device tree.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Never empty; a parent comes before its children; `nodes.len() <= MAX_NODES`.
    nodes: Vec<NodeData>,
    phandles: BTreeMap<u32, NodeId>,
}

#[derive(Clone, Debug)]
struct NodeData {
    name: String,
    parent: NodeId,
    /// `depth <= MAX_DEPTH`, the root's is 0.
    depth: usize,
    /// Bytes of the path; `path_len <= MAX_PATH`.
    path_len: usize,
    /// Lower than that of every later sibling.
    rank: i32,
    children: VecDeque<NodeId>,
    /// The same, sorted by name and then rank, so that a hostile tree can't make look-ups slow.
    children_by_name: Vec<NodeId>,
    /// The same, sorted by the name without the unit address and then rank.
    children_by_base_name: Vec<NodeId>,
    /// Sorted by name; equal names are in the order of the blob.
    properties: Vec<Property>,
}

#[derive(Clone, Debug)]
struct Property {
    name: String,
    value: Vec<u8>,
}

impl NodeData {
    fn new(name: &str, parent: NodeId, depth: usize, path_len: usize, rank: i32) -> Self {
        Self {
            name: name.to_owned(),
            parent,
            depth,
            path_len,
            rank,
            children: VecDeque::new(),
            children_by_name: Vec::new(),
            children_by_base_name: Vec::new(),
            properties: Vec::new(),
        }
    }

    fn base_name(&self) -> &str {
        self.name.split('@').next().unwrap_or_default()
    }
}

impl Tree {
    /// A tree that has only a root.
    #[must_use]
    pub fn empty() -> Self {
        Self { nodes: vec![NodeData::new("", NodeId::ROOT, 0, 0, 0)], phandles: BTreeMap::new() }
    }

    /// Reads a compiled device tree (or overlay).
    ///
    /// # Errors
    ///
    /// Says at which byte and in which node the blob stops making sense. Bounded in time and memory by the
    /// blob's length.
    pub fn from_dtb(bytes: &[u8]) -> Result<Self, BlobError> {
        let mut blob = Blob::new(bytes)?;
        let mut tree = Self::empty();
        // The node that is open, if any, and whether the root has been closed.
        let mut open: Option<NodeId> = None;
        let mut root_seen = false;
        loop {
            let offset = blob.position();
            let fail = |tree: &Self, open: Option<NodeId>, offset, kind| BlobError {
                offset,
                node: open.map(|id| tree.node(id).path()),
                kind,
            };
            let event = blob.next_event().map_err(|error| fail(&tree, open, error.offset, error.kind))?;
            let expected = match (event, open) {
                (Event::Begin(_), None) if !root_seen => {
                    root_seen = true;
                    open = Some(NodeId::ROOT);
                    continue;
                }
                (Event::Begin(name), Some(parent)) => {
                    if name.is_empty() {
                        let problem = "of a node that is not the root is empty";
                        let kind = BlobErrorKind::Name { problem };
                        return Err(fail(&tree, open, offset, kind));
                    }
                    match tree.push_node(parent, name, Place::Last) {
                        Ok(id) => open = Some(id),
                        Err(kind) => return Err(fail(&tree, open, offset, kind)),
                    }
                    continue;
                }
                (Event::Property(name, value), Some(id)) => {
                    if let Some(node) = tree.nodes.get_mut(id.index()) {
                        node.properties.push(Property { name: name.to_owned(), value: value.to_vec() });
                    }
                    continue;
                }
                (Event::End, Some(id)) => {
                    open = (id != NodeId::ROOT).then(|| tree.data(id).parent);
                    continue;
                }
                (Event::Finish, None) if root_seen => break,
                (_, None) if !root_seen => "the begin of the root node",
                (_, None) => "the end of the structure block, once the root node has ended",
                (_, Some(_)) => "the end of a node, as one is still open",
            };
            let found = match event {
                Event::Begin(_) => 1,
                Event::End => 2,
                Event::Property(..) => 3,
                Event::Finish => 9,
            };
            return Err(fail(&tree, open, offset, BlobErrorKind::Token { found, expected }));
        }
        tree.index();
        Ok(tree)
    }

    /// The node without a parent.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        self.node(NodeId::ROOT)
    }

    /// The node that an id of this tree stands for.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node { tree: self, id }
    }

    /// All nodes in the order of the blob: a node, its children, its next sibling.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        // Overlays put new nodes between others, so the order is made, not stored.
        let mut pending = vec![NodeId::ROOT];
        std::iter::from_fn(move || {
            let id = pending.pop()?;
            pending.extend(self.data(id).children.iter().rev());
            Some(self.node(id))
        })
    }

    /// How many nodes there are.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The node at a path such as `/soc/dsi@1`; a path without a leading slash begins with an alias.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Node<'_>> {
        self.find_with(path, Node::child)
    }

    /// The same, but a name may leave out the unit address: see [`Node::child_by_short_name`].
    #[must_use]
    pub fn find_by_short_names(&self, path: &str) -> Option<Node<'_>> {
        self.find_with(path, Node::child_by_short_name)
    }

    fn find_with<'t>(
        &'t self,
        path: &str,
        child: impl Fn(Node<'t>, &str) -> Option<Node<'t>>,
    ) -> Option<Node<'t>> {
        let (start, rest) = match path.strip_prefix('/') {
            Some(rest) => (self.root(), rest),
            None => {
                let (alias, rest) = path.split_once('/').unwrap_or((path, ""));
                let target = self.root().child("aliases")?.string(alias)?;
                // An alias has to be a path from the root, so this does not go round in circles.
                let names = target.strip_prefix('/')?;
                (descend(self.root(), names, &child)?, rest)
            }
        };
        descend(start, rest, &child)
    }

    /// The node that a phandle stands for.
    #[must_use]
    pub fn by_phandle(&self, phandle: u32) -> Option<Node<'_>> {
        self.phandles.get(&phandle).map(|&id| self.node(id))
    }

    /// The highest phandle that a node has.
    #[must_use]
    pub fn max_phandle(&self) -> u32 {
        self.phandles.last_key_value().map_or(0, |(&phandle, _)| phandle)
    }

    /// Rebuilds the indexes: properties and children by name, nodes by phandle.
    fn index(&mut self) {
        for node in &mut self.nodes {
            node.properties.sort_by(|a, b| a.name.cmp(&b.name));
        }
        for index in 0..self.nodes.len() {
            // Both sorts are stable: equal names stay in order.
            let mut sorted = Vec::from(self.nodes[index].children.clone());
            sorted.sort_by(|&a, &b| self.data(a).name.cmp(&self.data(b).name));
            self.nodes[index].children_by_name.clone_from(&sorted);
            sorted.sort_by_key(|&id| (self.data(id).base_name(), self.data(id).rank));
            self.nodes[index].children_by_base_name = sorted;
        }
        self.index_phandles();
    }

    /// Rebuilds the index of phandles; if several nodes have one phandle, it belongs to the first.
    pub(crate) fn index_phandles(&mut self) {
        let mut phandles = BTreeMap::new();
        for node in self.nodes() {
            if let Some(phandle) = node.phandle() {
                phandles.entry(phandle).or_insert(node.id);
            }
        }
        self.phandles = phandles;
    }

    /// An id of another tree gives the root.
    fn data(&self, id: NodeId) -> &NodeData {
        self.nodes.get(id.index()).unwrap_or(&self.nodes[0])
    }
}

/// One node, as seen in its tree.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    id: NodeId,
}

impl<'t> Node<'t> {
    /// The node's id.
    #[must_use]
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The tree that it is in.
    #[must_use]
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    /// The whole name, with the unit address: `dsi@1`. The root's is empty.
    #[must_use]
    pub fn name(self) -> &'t str {
        &self.data().name
    }

    /// The name without the unit address: `dsi`.
    #[must_use]
    pub fn base_name(self) -> &'t str {
        self.data().base_name()
    }

    /// The path from the root: `/soc/dsi@1`.
    #[must_use]
    pub fn path(self) -> String {
        let mut names: Vec<&str> =
            std::iter::successors(Some(self), |node| node.parent()).map(Self::name).collect();
        names.reverse();
        if names.len() == 1 { "/".to_owned() } else { names.join("/") }
    }

    /// The node around this one.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        (self.id != NodeId::ROOT).then(|| self.tree.node(self.data().parent))
    }

    /// The nodes around this one, the nearest first, the root last.
    pub fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    /// The nodes directly inside, in order.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let children: &'t VecDeque<NodeId> = &self.data().children;
        children.iter().map(move |&id| self.tree.node(id))
    }

    /// The child of that whole name.
    #[must_use]
    pub fn child(self, name: &str) -> Option<Self> {
        let sorted = &self.data().children_by_name;
        let at = sorted.partition_point(|&id| self.tree.data(id).name.as_str() < name);
        let found = self.tree.node(*sorted.get(at)?);
        (found.name() == name).then_some(found)
    }

    /// The child of that whole name; for a name without a unit address, the first whose name is the same apart from
    /// its unit address. libfdt looks for children in this way (`fdt_subnode_offset`), Linux does not.
    #[must_use]
    pub fn child_by_short_name(self, name: &str) -> Option<Self> {
        if name.contains('@') {
            return self.child(name);
        }
        let sorted = &self.data().children_by_base_name;
        let at = sorted.partition_point(|&id| self.tree.data(id).base_name() < name);
        let found = self.tree.node(*sorted.get(at)?);
        (found.base_name() == name).then_some(found)
    }

    /// All properties, by name.
    pub fn properties(self) -> impl Iterator<Item = (&'t str, &'t [u8])> {
        let properties: &'t [Property] = &self.data().properties;
        properties.iter().map(|property| (property.name.as_str(), property.value.as_slice()))
    }

    /// The value of a property.
    #[must_use]
    pub fn property(self, name: &str) -> Option<&'t [u8]> {
        let properties: &'t [Property] = &self.data().properties;
        let at = properties.partition_point(|property| property.name.as_str() < name);
        let property = properties.get(at)?;
        (property.name == name).then_some(property.value.as_slice())
    }

    /// The first cell of a property.
    #[must_use]
    pub fn u32(self, name: &str) -> Option<u32> {
        self.cells(name).next()
    }

    /// The cells of a property; none if it is missing. Leaves out an incomplete cell at the end.
    pub fn cells(self, name: &str) -> impl Iterator<Item = u32> + Clone + use<'t> {
        let (words, _) = self.property(name).unwrap_or_default().as_chunks::<4>();
        words.iter().map(|&word| u32::from_be_bytes(word))
    }

    /// The strings of a property; leaves out those that are not text.
    pub fn strings(self, name: &str) -> impl Iterator<Item = &'t str> + use<'t> {
        strings(self.property(name).unwrap_or_default())
    }

    /// The first string of a property.
    #[must_use]
    pub fn string(self, name: &str) -> Option<&'t str> {
        self.strings(name).next()
    }

    /// What it is compatible with, the most specific first.
    pub fn compatible(self) -> impl Iterator<Item = &'t str> + use<'t> {
        let value = self.property("compatible").unwrap_or_default();
        strings(value.get(..MAX_COMPATIBLE).unwrap_or(value))
    }

    /// Its phandle, under the current name or the old one.
    #[must_use]
    pub fn phandle(self) -> Option<u32> {
        let phandle = self.u32("phandle").or_else(|| self.u32("linux,phandle"))?;
        (phandle != 0 && phandle != u32::MAX).then_some(phandle)
    }

    /// The node that the first cell of a property refers to.
    #[must_use]
    pub fn reference(self, name: &str) -> Option<Self> {
        self.tree.by_phandle(self.u32(name)?)
    }

    /// Whether its own status says that it is there: absent, `okay` or `ok`.
    #[must_use]
    pub fn is_enabled(self) -> bool {
        self.property("status").is_none_or(|_| matches!(self.string("status"), Some("okay" | "ok")))
    }

    /// Whether it and everything around it are enabled.
    #[must_use]
    pub fn is_live(self) -> bool {
        self.is_enabled() && self.ancestors().all(Self::is_enabled)
    }

    fn data(self) -> &'t NodeData {
        self.tree.data(self.id)
    }
}

/// The node below `from` at names that slashes separate.
fn descend<'t>(
    start: Node<'t>,
    names: &str,
    child: &impl Fn(Node<'t>, &str) -> Option<Node<'t>>,
) -> Option<Node<'t>> {
    names.split('/').filter(|name| !name.is_empty()).try_fold(start, child)
}

/// The strings of a value, separated or ended by zero bytes.
fn strings(value: &[u8]) -> impl Iterator<Item = &str> {
    value
        .split(|&byte| byte == 0)
        .filter_map(|text| std::str::from_utf8(text).ok())
        .filter(|text| !text.is_empty())
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.id == other.id
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}
