//! Changes to a tree, as overlays make them. Each keeps the indexes of names and phandles up to date.

use std::collections::BTreeMap;

use super::{MAX_DEPTH, MAX_NODES, MAX_PATH, NodeData, NodeId, Place, Property, Tree};
use crate::blob::{BlobErrorKind, MAX_NAME};

impl Tree {
    /// Sets a property of a node, new or not.
    pub(crate) fn set_property(&mut self, id: NodeId, name: &str, value: Vec<u8>) {
        self.set_properties(id, vec![(name.to_owned(), value)]);
    }

    /// Sets properties of a node, new or not, in one go; of equal names the last counts.
    pub(crate) fn set_properties(&mut self, id: NodeId, new: Vec<(String, Vec<u8>)>) {
        let new: BTreeMap<String, Vec<u8>> = new.into_iter().collect();
        self.change_properties(id, |properties| {
            let old = properties.len();
            for (name, value) in new {
                let sorted = properties.get(..old).unwrap_or_default();
                let at = sorted.partition_point(|property| property.name < name);
                match properties.get_mut(at).filter(|found| at < old && found.name == name) {
                    Some(found) => found.value = value,
                    None => properties.push(Property { name, value }),
                }
            }
            properties.sort_by(|a, b| a.name.cmp(&b.name));
        });
    }

    /// Removes a property, if it is there.
    pub(crate) fn remove_property(&mut self, id: NodeId, name: &str) {
        self.change_properties(id, |properties| properties.retain(|property| property.name != name));
    }

    fn change_properties(&mut self, id: NodeId, change: impl FnOnce(&mut Vec<Property>)) {
        let before = self.node(id).phandle();
        let Some(node) = self.nodes.get_mut(id.index()) else {
            return;
        };
        change(&mut node.properties);
        let after = self.node(id).phandle();
        if before == after {
            return;
        }
        if let Some(before) = before.filter(|before| self.phandles.get(before) == Some(&id)) {
            self.phandles.remove(&before);
        }
        if let Some(after) = after
            && self.phandles.get(&after).is_none_or(|&other| self.place(id) < self.place(other))
        {
            self.phandles.insert(after, id);
        }
    }

    /// The ranks of a node and those around it, the root's first: in the order of the tree.
    fn place(&self, id: NodeId) -> Vec<i32> {
        let mut ranks: Vec<i32> = std::iter::successors(Some(self.node(id)), |node| node.parent())
            .map(|node| self.data(node.id()).rank)
            .collect();
        ranks.reverse();
        ranks
    }

    /// Changes four bytes of a property; none if they are not there.
    pub(crate) fn patch(
        &mut self,
        id: NodeId,
        name: &str,
        offset: usize,
        change: impl FnOnce(u32) -> u32,
    ) -> Option<()> {
        let node = self.nodes.get_mut(id.index())?;
        let at = node.properties.partition_point(|property| property.name.as_str() < name);
        let property = node.properties.get_mut(at).filter(|found| found.name == name)?;
        let word = property.value.get_mut(offset..)?.first_chunk_mut::<4>()?;
        *word = change(u32::from_be_bytes(*word)).to_be_bytes();
        Some(())
    }

    /// Adds a child in front of the others, where libfdt and Linux put it.
    pub(crate) fn add_child(&mut self, parent: NodeId, name: &str) -> Result<NodeId, BlobErrorKind> {
        let id = self.push_node(parent, name, Place::First)?;
        self.enter_by_name(parent, id);
        Ok(id)
    }

    /// Gives a node another name. References to it by its path stay as they are.
    pub(crate) fn rename(&mut self, id: NodeId, name: &str) -> Result<(), BlobErrorKind> {
        if name.len() > MAX_NAME {
            return Err(BlobErrorKind::TooLarge { what: "bytes in a name", limit: MAX_NAME });
        }
        let longer = name.len().saturating_sub(self.data(id).name.len());
        let shorter = self.data(id).name.len().saturating_sub(name.len());
        let below = self.below(id);
        if below.iter().any(|&below| self.data(below).path_len + longer > MAX_PATH) {
            return Err(BlobErrorKind::TooLarge { what: "bytes in a path", limit: MAX_PATH });
        }
        for id in below {
            if let Some(node) = self.nodes.get_mut(id.index()) {
                node.path_len = (node.path_len + longer).saturating_sub(shorter);
            }
        }
        let parent = self.data(id).parent;
        if let Some(parent) = self.nodes.get_mut(parent.index()) {
            parent.children_by_name.retain(|&child| child != id);
            parent.children_by_base_name.retain(|&child| child != id);
        }
        if let Some(node) = self.nodes.get_mut(id.index()) {
            name.clone_into(&mut node.name);
        }
        self.enter_by_name(parent, id);
        Ok(())
    }

    /// A node and all that is in it.
    pub(crate) fn below(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(&id) = found.get(next) {
            found.extend(&self.data(id).children);
            next += 1;
        }
        found
    }

    /// Adds a child to `children` only.
    pub(super) fn push_node(
        &mut self,
        parent: NodeId,
        name: &str,
        place: Place,
    ) -> Result<NodeId, BlobErrorKind> {
        let depth = self.data(parent).depth + 1;
        if depth > MAX_DEPTH {
            return Err(BlobErrorKind::TooDeep { limit: MAX_DEPTH });
        }
        let path_len = self.data(parent).path_len + 1 + name.len();
        if path_len > MAX_PATH {
            return Err(BlobErrorKind::TooLarge { what: "bytes in a path", limit: MAX_PATH });
        }
        let too_many = BlobErrorKind::TooLarge { what: "nodes", limit: MAX_NODES };
        if self.nodes.len() >= MAX_NODES {
            return Err(too_many);
        }
        let id = NodeId(u32::try_from(self.nodes.len()).map_err(|_| too_many)?);
        let siblings = &self.data(parent).children;
        let rank = match place {
            Place::First => siblings.front().map_or(0, |&first| self.data(first).rank - 1),
            Place::Last => siblings.back().map_or(0, |&last| self.data(last).rank + 1),
        };
        self.nodes.push(NodeData::new(name, parent, depth, path_len, rank));
        if let Some(node) = self.nodes.get_mut(parent.index()) {
            match place {
                Place::First => node.children.push_front(id),
                Place::Last => node.children.push_back(id),
            }
        }
        Ok(id)
    }

    /// Enters a child into its parent's sorted lists.
    fn enter_by_name(&mut self, parent: NodeId, id: NodeId) {
        let (new, siblings) = (self.data(id), self.data(parent));
        let by_name = siblings.children_by_name.partition_point(|&sibling| {
            let sibling = self.data(sibling);
            (&sibling.name, sibling.rank) < (&new.name, new.rank)
        });
        let by_base_name = siblings.children_by_base_name.partition_point(|&sibling| {
            let sibling = self.data(sibling);
            (sibling.base_name(), sibling.rank) < (new.base_name(), new.rank)
        });
        if let Some(node) = self.nodes.get_mut(parent.index()) {
            node.children_by_name.insert(by_name, id);
            node.children_by_base_name.insert(by_base_name, id);
        }
    }
}
