//! From a device tree blob to the DSI pipelines of the board, as Linux finds them.
//!
//! In reading order:
//!
//! * [`blob`]: the flattened format, checked byte by byte; [`tree`]: the same as nodes that can be read and edited.
//! * [`graph`]: ports, endpoints and where they lead; [`of_graph`]: the same as Linux's drivers look it up.
//! * [`facts`]: which compatible belongs to which driver in Linux 6.12, and where that driver looks.
//! * [`pipeline`]: the hosts, their peripherals; [`link`]: what the tree states about a link.
//! * [`host_lookup`]: which host a peripheral's driver finds; [`answer`]: the result for each pipeline.
//! * [`warning`]: what is wrong with the tree.
//! * [`overlay`]: an overlay applied to a base, before the pipelines are looked for.
//! * [`names`]: what Linux calls the devices in sysfs; [`address`]: the addresses in these names.
//! * [`report`]: the pipelines as JSON.
//! * [`live`]: the pipelines as drivers on a device model, a DSI bus and virtual hardware.
//! * [`text`]: what a blob calls its nodes, fit for a terminal.
//!
//! Nothing here panics on what a blob contains, and nothing writes to the board.
//!
//! ```no_run
//! let bytes = std::fs::read("/sys/firmware/fdt")?;
//! let tree = board::Tree::from_dtb(&bytes)?;
//! for pipeline in board::pipeline::find(&tree) {
//!     println!("{:?} -> {:?}", tree.node(pipeline.host.node), tree.node(pipeline.peripheral.node));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod address;
pub mod answer;
pub mod blob;
pub mod facts;
pub mod graph;
pub mod host_lookup;
pub mod link;
pub mod live;
pub mod names;
pub mod of_graph;
pub mod overlay;
pub mod pipeline;
pub mod report;
pub mod text;
pub mod tree;
pub mod warning;

pub use blob::BlobError;
pub use pipeline::Pipeline;
pub use tree::{Node, NodeId, Tree};

/// The README's code compiles with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
