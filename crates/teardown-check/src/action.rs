//! What users and drivers do, each as one action that an actor carries out step by step.

/// One end of a link: a host or a peripheral, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A host controller.
    Host(usize),
    /// A peripheral.
    Peripheral(usize),
}

/// One thing that somebody sets out to do.
///
/// Unloading a module means unbinding every device that its driver serves, one after the other, and binding none of
/// them until it is loaded again. So it adds nothing to a search in which everything may be unbound and nothing has to
/// be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserAction {
    /// Unbind a driver (`echo NAME > unbind`).
    Unbind(End),
    /// Bind it, after it was plugged in if it was pulled; the probe is deferred while a host is missing.
    Bind(End),
    /// Pull a host, or the add-on board of a peripheral: its hardware is gone, and its driver is unbound by surprise.
    Pull(End),
    /// A peripheral's driver sends a command over each link.
    Command(usize),
    /// A peripheral's driver reads over its first link.
    Read(usize),
    /// Somebody else takes a handle to the peripheral's device, counted if the model counts.
    Hold(usize),
    /// They send a command with it.
    CommandHeld(usize),
    /// They attach its device with it, and detach it again.
    AttachHeld(usize),
    /// They unregister its device with it.
    UnregisterHeld(usize),
    /// They drop it.
    Drop(usize),
    /// A peripheral's driver sends a command, and inside the host's transfer callback its handles are dropped.
    CommandAndDrop(usize),
    /// A peripheral's driver sends a command, and inside the transfer callback the host's driver drops the handle of its
    /// registration.
    CommandAndDropHost(usize),
    /// A host's hardware goes, and its owner says so, as a hot-plug interrupt does. Its driver is unbound later.
    DeclareGone(usize),
}
