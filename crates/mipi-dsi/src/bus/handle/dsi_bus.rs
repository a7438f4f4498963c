//! The bus itself: registering hosts, finding them, and looking at everything that is there.

use super::*;

/// A DSI bus. A cheap handle that can be cloned as often as its `R` can.
///
/// `R` reaches the lock: `&'static StdLock<..>` in a static, `Arc<StdLock<..>>` where there is an allocator.
#[derive(Clone)]
pub struct Bus<R> {
    lock: R,
}

impl<R> fmt::Debug for Bus<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").finish_non_exhaustive()
    }
}

/// What a host is registered with.
#[derive(Debug, Clone, Copy)]
struct Description {
    name: Name,
    node: Option<Node>,
    capabilities: Capabilities,
}

impl<R: BusHandle> Bus<R> {
    /// A bus over this lock and the slots in it. All buses over one lock are the same bus.
    pub const fn new(lock: R) -> Self {
        Self { lock }
    }

    /// Registers a host that can do everything that this crate can name (`mipi_dsi_host_register`).
    ///
    /// The host can be found at once: its devices are registered afterwards, by whoever knows them.
    ///
    /// # Errors
    ///
    /// [`RegisterHostError`] if there is no vacant slot or the name is too long.
    pub fn register_host(&self, name: &str, controller: Controller<R>) -> Result<Host<R>, RegisterHostError> {
        self.register_host_with(name, None, Capabilities::all(Lanes::Four), controller)
    }

    /// Registers a host with the device tree node that it is found by, and with what it can do.
    ///
    /// The bus does not compare names: whoever names devices keeps them apart, and a lookup gives the first.
    ///
    /// # Errors
    ///
    /// As [`register_host`](Self::register_host).
    pub fn register_host_with(
        &self,
        name: &str,
        node: Option<Node>,
        capabilities: Capabilities,
        controller: Controller<R>,
    ) -> Result<Host<R>, RegisterHostError> {
        let name = Name::new(name).map_err(RegisterHostError::Name)?;
        let description = Description { name, node, capabilities };
        let for_link = controller.clone();
        // What could not be registered is dropped after the lock: its drop is somebody else's code.
        let mut handles = Some((controller, for_link));
        let key = self.lock.lock().with(|data| {
            let slots = data.slots();
            let no_slot = RegisterHostError::NoSlot { slots };
            let index = data.vacant().ok_or(no_slot)?;
            let key = register::register_host(data, index).ok_or(no_slot)?;
            register::count_host_handle(data, key, true);
            if let (Some(slot), Some((controller, for_link))) = (data.slot_mut(index), handles.take()) {
                slot.name = description.name;
                slot.node = description.node;
                slot.capabilities = description.capabilities;
                slot.controller = Some(controller);
                slot.for_link = Some(for_link);
            }
            Ok(key)
        })?;
        Ok(Host::new(self.lock.clone(), key))
    }

    /// Finds a host by its name. `None` if there is none, or if it is leaving: then try again later, as for a host
    /// that has not come yet.
    pub fn find_host(&self, name: &str) -> Option<HostRef<R>> {
        self.find(|slot_name, _| slot_name.as_str() == name)
    }

    /// Finds a host by its device tree node (`of_find_mipi_dsi_host_by_node`, with a counted handle).
    pub fn find_host_by_node(&self, node: Node) -> Option<HostRef<R>> {
        self.find(|_, slot_node| slot_node == Some(node))
    }

    fn find(&self, is_it: impl Fn(&Name, Option<Node>) -> bool) -> Option<HostRef<R>> {
        let key = self.lock.lock().with(|data| {
            let found = (0..data.slots()).find_map(|index| {
                let slot = data.slot(index)?;
                is_it(&slot.name, slot.node).then(|| register::present(data, index)).flatten()
            })?;
            register::count_host_handle(data, found, true);
            Some(found)
        })?;
        Some(HostRef::new(self.lock.clone(), key))
    }

    /// Everything that is known of host slot `index`; `None` if there is no such slot.
    pub fn report(&self, index: usize) -> Option<HostReport> {
        self.lock.lock().with(|data| data.slot(index).map(HostReport::of))
    }

    /// Reports of all slots in which something is registered, or was and is still held.
    pub fn reports(&self) -> impl Iterator<Item = HostReport> + '_ {
        let slots = self.lock.lock().with(|data| data.slots());
        (0..slots).filter_map(|index| self.report(index)).filter(|report| !report.is_empty())
    }
}
