//! Scripts: what is done, from outside and from inside callbacks, as trees that proptest makes and shrinks.
//!
//! A step chooses a handle by number among those that are alive when it runs, so that every script means something
//! and what is left of one after shrinking still does.

use mipi_dsi::bus::RemovalKind;
use mipi_dsi::wire::VirtualChannel;
use proptest::collection::vec;
use proptest::prelude::*;

/// One operation, and what happens inside the callbacks that it causes.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) operation: Operation,
    /// For the first callback that it causes, the second, and so on. There may be more callbacks than these.
    pub(crate) inside: Vec<Inside>,
}

/// What happens inside one callback (or the body of a transaction).
#[derive(Debug, Clone, Default)]
pub(crate) struct Inside {
    pub(crate) steps: Vec<Step>,
    /// If it is an attach: the host refuses.
    pub(crate) refuse: bool,
}

/// Numbers choose among the handles of a kind that are alive.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    RegisterHost {
        name: bool,
        two_lanes: bool,
    },
    FindHost {
        name: bool,
    },
    UnregisterHost(usize, RemovalKind),
    DeclareGone(usize),
    DropHost(usize),
    DropFound(usize),
    RegisterDevice {
        found: usize,
        channel: VirtualChannel,
        wants_notice: bool,
    },
    Attach(usize),
    UnregisterDevice(usize, RemovalKind),
    DropDevice(usize),
    Detach(usize),
    Transfer(usize),
    Transaction(usize),
    DropLink(usize),
    /// With the transport that the callback was lent.
    LentTransfer,
    LentTransaction,
}

impl Operation {
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::RegisterHost { .. } => "register host",
            Self::FindHost { .. } => "find host",
            Self::UnregisterHost(_, RemovalKind::Orderly) => "unregister host",
            Self::UnregisterHost(_, RemovalKind::Surprise) => "unregister host by surprise",
            Self::DeclareGone(_) => "declare gone",
            Self::DropHost(_) => "drop host",
            Self::DropFound(_) => "drop found host",
            Self::RegisterDevice { .. } => "register device",
            Self::Attach(_) => "attach",
            Self::UnregisterDevice(_, RemovalKind::Orderly) => "unregister device",
            Self::UnregisterDevice(_, RemovalKind::Surprise) => "unregister device by surprise",
            Self::DropDevice(_) => "drop device",
            Self::Detach(_) => "detach",
            Self::Transfer(_) => "transfer",
            Self::Transaction(_) => "transaction",
            Self::DropLink(_) => "drop link",
            Self::LentTransfer => "lent transfer",
            Self::LentTransaction => "lent transaction",
        }
    }
}

fn removal() -> impl Strategy<Value = RemovalKind> {
    prop_oneof![3 => Just(RemovalKind::Orderly), 1 => Just(RemovalKind::Surprise)]
}

fn channel() -> impl Strategy<Value = VirtualChannel> {
    // Mostly two of the four: collisions are what is interesting.
    prop_oneof![
        4 => Just(VirtualChannel::VC0),
        3 => Just(VirtualChannel::VC1),
        1 => Just(VirtualChannel::VC2),
        1 => Just(VirtualChannel::VC3),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    let which = || 0..4_usize;
    prop_oneof![
        4 => (any::<bool>(), prop::bool::weighted(0.3))
            .prop_map(|(name, two_lanes)| Operation::RegisterHost { name, two_lanes }),
        2 => any::<bool>().prop_map(|name| Operation::FindHost { name }),
        2 => (which(), removal()).prop_map(|(which, removal)| Operation::UnregisterHost(which, removal)),
        1 => which().prop_map(Operation::DeclareGone),
        1 => which().prop_map(Operation::DropHost),
        1 => which().prop_map(Operation::DropFound),
        7 => (which(), channel(), prop::bool::weighted(0.8)).prop_map(|(found, channel, wants_notice)| {
            Operation::RegisterDevice { found, channel, wants_notice }
        }),
        7 => which().prop_map(Operation::Attach),
        3 => (which(), removal()).prop_map(|(which, removal)| Operation::UnregisterDevice(which, removal)),
        4 => which().prop_map(Operation::DropDevice),
        3 => which().prop_map(Operation::Detach),
        7 => which().prop_map(Operation::Transfer),
        5 => which().prop_map(Operation::Transaction),
        4 => which().prop_map(Operation::DropLink),
        4 => Just(Operation::LentTransfer),
        2 => Just(Operation::LentTransaction),
    ]
}

fn inside(depth: usize) -> BoxedStrategy<Inside> {
    (vec(step(depth - 1), 1..3), prop::bool::weighted(0.1))
        .prop_map(|(steps, refuse)| Inside { steps, refuse })
        .boxed()
}

fn step(depth: usize) -> BoxedStrategy<Step> {
    let inside = match depth {
        0 => Just(vec![]).boxed(),
        depth => vec(inside(depth), 1..3).boxed(),
    };
    (operation(), inside).prop_map(|(operation, inside)| Step { operation, inside }).boxed()
}

/// Scripts whose callbacks nest three deep. They begin with a host and two attached devices, so that few steps find
/// no handle.
pub(crate) fn script() -> impl Strategy<Value = Vec<Step>> {
    vec(step(3), 1..25).prop_map(|steps| {
        let register = |channel| Operation::RegisterDevice { found: 0, channel, wants_notice: true };
        let beginning = [
            Operation::RegisterHost { name: false, two_lanes: false },
            Operation::FindHost { name: false },
            register(VirtualChannel::VC0),
            register(VirtualChannel::VC1),
            Operation::Attach(0),
            Operation::Attach(1),
        ];
        beginning.map(|operation| Step { operation, inside: vec![] }).into_iter().chain(steps).collect()
    })
}
