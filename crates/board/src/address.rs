//! The address that a device has on the processor's side of the buses around it, as Linux translates `reg` by `ranges`.
//!
//! For names only: nobody reads or writes there. PCI and ISA have rules of their own, which are left out.

use crate::tree::Node;

/// The first address of a node's `reg`, translated up to the root. None if a bus in between can't be crossed:
/// it has no `ranges`, no range that fits, or no size cells, as on I2C.
#[must_use]
pub fn translated(node: Node<'_>) -> Option<u64> {
    let mut bus = node.parent()?;
    let mut cells = CellCounts::of(bus)?;
    let mut address = Address::take(&mut node.cells("reg"), cells.address)?;
    while let Some(parent) = bus.parent() {
        let outer = CellCounts::of(parent)?;
        address = cross(bus, address, cells, outer)?;
        (bus, cells) = (parent, outer);
    }
    Some(address.number)
}

/// How many cells an address and a size have among a bus's children.
#[derive(Clone, Copy)]
struct CellCounts {
    /// `1 <= address <= 4`
    address: usize,
    /// `1 <= size`
    size: usize,
}

impl CellCounts {
    fn of(bus: Node<'_>) -> Option<Self> {
        let count = |name| {
            // Linux asks upwards where a bus does not say, and takes 1 where nobody does.
            std::iter::once(bus)
                .chain(bus.ancestors())
                .find_map(|node| node.u32(name))
                .map_or(Some(1), |count| usize::try_from(count).ok())
        };
        let address = count("#address-cells")?;
        let size = count("#size-cells")?;
        ((1..=4).contains(&address) && (1..=4).contains(&size)).then_some(Self { address, size })
    }
}

/// An address on some bus.
#[derive(Clone, Copy)]
struct Address {
    /// The first of three cells; zero on buses with another count.
    flags: u32,
    /// The other cells, or all of them.
    number: u64,
}

impl Address {
    fn take(cells: &mut impl Iterator<Item = u32>, count: usize) -> Option<Self> {
        let flags = if count == 3 { cells.next()? } else { 0 };
        let number = number(cells, if count == 3 { 2 } else { count })?;
        Some(Self { flags, number })
    }
}

fn number(cells: &mut impl Iterator<Item = u32>, count: usize) -> Option<u64> {
    (0..count).try_fold(0_u64, |number, _| Some(number << 32 | u64::from(cells.next()?)))
}

/// From a bus's own addresses to those of the bus around it.
fn cross(bus: Node<'_>, address: Address, inner: CellCounts, outer: CellCounts) -> Option<Address> {
    let ranges = bus.property("ranges")?;
    if ranges.is_empty() {
        return Some(address);
    }
    let mut cells = bus.cells("ranges");
    loop {
        let start = Address::take(&mut cells, inner.address)?;
        let mut target = Address::take(&mut cells, outer.address)?;
        let size = number(&mut cells, inner.size)?;
        let offset = address.number.checked_sub(start.number);
        if let Some(offset) = offset.filter(|&offset| offset < size && start.flags == address.flags) {
            target.number = target.number.wrapping_add(offset);
            return Some(target);
        }
    }
}
