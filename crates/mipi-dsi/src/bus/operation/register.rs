//! Registering hosts and devices and counting handles: steps that need no call and no wait, so plain functions.

use super::*;

/// Registers a host in this slot. `None` if there is no such slot, or it is taken.
pub fn register_host<B: Books + ?Sized>(books: &mut B, slot: usize) -> Option<HostKey> {
    let host = books.host_mut(slot).filter(|host| host.phase == HostPhase::Vacant)?;
    let generation = host.new_generation();
    host.generation = generation;
    host.phase = HostPhase::Present;
    host.errand = false;
    host.handles.succeed();
    Some(HostKey { slot, generation })
}

/// Registers a device on this channel of a host (`mipi_dsi_device_register_full`).
///
/// # Errors
///
/// The host has left or is leaving, or the channel is taken; then nothing has changed.
pub fn register_device<B: Books + ?Sized>(
    books: &mut B,
    host_key: HostKey,
    channel: VirtualChannel,
) -> Result<Lease, RegisterDeviceError> {
    let gone = RegisterDeviceError::Gone(Gone::HostRemoved);
    let host = books.host_mut(host_key.slot).ok_or(gone)?;
    if !host.has(host_key) || host.phase != HostPhase::Present {
        return Err(gone);
    }
    if host.device(channel).registration.is_some() {
        return Err(RegisterDeviceError::ChannelTaken(channel));
    }
    let generation = host.new_generation();
    let device = host.device_mut(channel);
    device.generation = generation;
    device.registration = Some(Registration::NEW);
    device.handles.succeed();
    Ok(Lease { host: host_key, channel, generation })
}

/// The key of the host in this slot, if it is there and not leaving.
pub fn present<B: Books + ?Sized>(books: &B, slot: usize) -> Option<HostKey> {
    let host = books.host(slot).filter(|host| host.phase == HostPhase::Present)?;
    Some(HostKey { slot, generation: host.generation })
}

/// Leaves an errand for a device whose handle was dropped where it could not be carried out.
pub fn leave_errand<B: Books + ?Sized>(books: &mut B, lease: Lease, errand: Errand) {
    let Some(host) = books.host_mut(lease.host.slot) else { return };
    let Ok(registration) = host.registration_mut(lease) else { return };
    // A link whose attachment has ended has nothing left to detach.
    let is_due = match errand {
        Errand::Detach(attachment) => registration.serving.is_of(attachment),
        Errand::None | Errand::Unregister => true,
    };
    if is_due {
        registration.errand = registration.errand.max(errand);
    }
}

/// Leaves the errand to unregister a host.
pub fn leave_host_errand<B: Books + ?Sized>(books: &mut B, key: HostKey) {
    if let Some(host) = books.host_mut(key.slot).filter(|host| host.has(key)) {
        host.errand = true;
    }
}

/// The handles that name hosts of this slot.
pub fn count_host_handle<B: Books + ?Sized>(books: &mut B, key: HostKey, more: bool) {
    let Some(host) = books.host_mut(key.slot) else { return };
    count(&mut host.handles, key.generation, host.generation, more);
}

/// The handles that name devices of this channel.
pub fn count_device_handle<B: Books + ?Sized>(books: &mut B, lease: Lease, more: bool) {
    let Some(host) = books.host_mut(lease.host.slot) else { return };
    let device = host.device_mut(lease.channel);
    count(&mut device.handles, lease.generation, device.generation, more);
}

fn count(handles: &mut Handles, named: Generation, newest: Generation, more: bool) {
    if more {
        handles.add(named, newest);
    } else {
        handles.remove(named, newest);
    }
}
