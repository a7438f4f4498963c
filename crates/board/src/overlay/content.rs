//! A copy of what a fragment brings, and how it is merged into a tree.

use crate::blob::BlobErrorKind;
use crate::tree::{Node, NodeId, Tree};

/// The node `__overlay__` of a fragment with all that is in it.
pub(super) struct Content {
    /// In order; a parent comes before its children. The first is `__overlay__` itself.
    nodes: Vec<Part>,
}

struct Part {
    /// The index of its parent in `nodes`; the first node's is its own.
    parent: usize,
    name: String,
    properties: Properties,
}

/// Names and values.
pub(super) type Properties = Vec<(String, Vec<u8>)>;

/// Which node of the content it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// `__overlay__` itself, which is merged into the target.
    Top,
    /// A node inside.
    Below,
}

impl Content {
    pub(super) fn of(content: Node<'_>) -> Self {
        let mut nodes = Vec::new();
        let mut pending = vec![(content, 0)];
        while let Some((node, parent)) = pending.pop() {
            let own = nodes.len();
            let properties = node.properties().map(|(name, value)| (name.to_owned(), value.to_vec()));
            nodes.push(Part { parent, name: node.name().to_owned(), properties: properties.collect() });
            let children: Vec<Node<'_>> = node.children().collect();
            pending.extend(children.into_iter().rev().map(|child| (child, own)));
        }
        Self { nodes }
    }

    /// About how many bytes it has.
    pub(super) fn size(&self) -> usize {
        let of_property = |(name, value): &(String, Vec<u8>)| name.len() + value.len();
        let of_part =
            |part: &Part| 16 + part.name.len() + part.properties.iter().map(of_property).sum::<usize>();
        self.nodes.iter().map(of_part).sum()
    }

    /// Puts its properties over the target's, and its children in front of the target's; a child that the target has
    /// is merged in the same way. `adapt` chooses which of the properties a node of the tree gets.
    pub(super) fn merge(
        self,
        tree: &mut Tree,
        target: NodeId,
        adapt: impl Fn(Node<'_>, Level, Properties) -> Properties,
    ) -> Result<(), BlobErrorKind> {
        let mut merged: Vec<NodeId> = Vec::with_capacity(self.nodes.len());
        for part in self.nodes {
            let (id, level) = match merged.get(part.parent) {
                None => (target, Level::Top),
                Some(&parent) => match tree.node(parent).child_by_short_name(&part.name) {
                    Some(present) => (present.id(), Level::Below),
                    None => (tree.add_child(parent, &part.name)?, Level::Below),
                },
            };
            let properties = adapt(tree.node(id), level, part.properties);
            tree.set_properties(id, properties);
            merged.push(id);
        }
        Ok(())
    }
}
