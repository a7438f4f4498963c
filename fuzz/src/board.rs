//! Device trees: an error that says what and where, or an answer; never a panic, never forever.

use board::names::Names;
use board::overlay::{self, Parameter, firmware, libfdt};
use board::report::Report;
use board::tree::{MAX_DEPTH, MAX_NODES};
use board::{Tree, link, pipeline};

use crate::vocabulary::Builder;

/// A blob, with an overlay for it behind the size that it states.
pub fn blobs(data: &[u8]) {
    let stated = data.get(4..).and_then(|rest| rest.first_chunk::<4>()).map(|word| u32::from_be_bytes(*word));
    let stated = stated.and_then(|stated| usize::try_from(stated).ok());
    let (base, behind) = data.split_at(stated.unwrap_or(data.len()).min(data.len()));
    ask(base, behind);
}

/// A blob and an overlay that a builder makes as the bytes say: mostly well-formed, of names that mean something.
pub fn trees(data: &[u8]) {
    let mut builder = Builder::new(data);
    let base = builder.blob();
    let behind = builder.overlay();
    ask(&base, &behind);
}

/// Everything that can be asked of a file and of an overlay for it.
fn ask(base: &[u8], behind: &[u8]) {
    let (Some(base), behind) = (read(base), read(behind)) else { return };
    look_at(&base);
    for overlay in behind.iter().chain([&base]) {
        match libfdt::apply(&base, overlay) {
            Ok(merged) => {
                let merged = merged.tree;
                // Nothing is ever removed.
                assert!(merged.node_count() >= base.node_count());
                for node in base.nodes().filter(|node| base.find(&node.path()).is_some()) {
                    assert!(merged.find(&node.path()).is_some(), "{node:?}");
                }
                look_at(&merged);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        let parameters: Vec<Parameter> = overlay::parameter_names(overlay)
            .zip(["1", "text", "00:11"].into_iter().cycle())
            .map(|(name, value)| Parameter { name: name.to_owned(), value: value.to_owned() })
            .collect();
        for parameters in [&[][..], &parameters] {
            match firmware::apply(&base, overlay, parameters) {
                Ok(merged) => {
                    // A parameter may give a node another name, but takes none away.
                    assert!(merged.tree.node_count() >= base.node_count());
                    look_at(&merged.tree);
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

fn read(bytes: &[u8]) -> Option<Tree> {
    match Tree::from_dtb(bytes) {
        Ok(tree) => {
            assert!(bytes.len() >= 40 && bytes[..4] == [0xd0, 0x0d, 0xfe, 0xed]);
            Some(tree)
        }
        Err(error) => {
            assert!(error.to_string().starts_with("byte 0x"), "{error}");
            None
        }
    }
}

fn look_at(tree: &Tree) {
    assert!(tree.node_count() <= MAX_NODES);
    assert_eq!(tree.nodes().count(), tree.node_count());
    for node in tree.nodes() {
        assert!(node.ancestors().count() <= MAX_DEPTH);
        let _ = (node.is_live(), pipeline::bus_of(node), board::address::translated(node));
        // Of several equal names the first is found, so not every path leads somewhere; none leads astray.
        assert!(tree.find(&node.path()).is_none_or(|found| found.path() == node.path()));
        if let Some(phandle) = node.phandle() {
            assert_eq!(tree.by_phandle(phandle).and_then(|node| node.phandle()), Some(phandle), "{node:?}");
        }
    }
    let pipelines = pipeline::find(tree);
    let names = Names::new(tree);
    for pipeline in &pipelines {
        let _ = (names.host(pipeline), names.dsi_device(pipeline), names.peripheral(pipeline));
        assert!(tree.node(pipeline.host.node).is_live());
        assert!(tree.node(pipeline.peripheral.node).is_enabled());
        assert!(pipeline.peripheral.channel.is_none_or(|channel| u32::from(channel) < pipeline::CHANNELS));
    }
    let mut grouped: Vec<usize> = link::groups(&pipelines).into_iter().flatten().collect();
    grouped.sort_unstable();
    assert!(grouped.into_iter().eq(0..pipelines.len()), "each pipeline is in one group");
    Report::new(tree, board::facts::Facts::of_linux(), &pipelines).to_json().expect("every report can be written");
    let _ = overlay::is_overlay(tree);
}
