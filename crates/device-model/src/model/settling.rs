//! What the outermost operation does before it returns: postponed removals, deferred probes, retries.
//!
//! What it is for: the work that Linux leaves to its deferred-probe work queue, done at one place and in one order.
//! What it is not: concurrent. Nothing here runs while a call to any device is on the stack.
//!
//! # Rounds
//!
//! A bind anywhere starts a round: all deferred devices are probed again, in the order in which they deferred, and
//! then `retry` is called on the bound devices that want it, in the order in which they were bound. A bind during the
//! round starts another one. Two things keep this from going round for ever:
//!
//! * Only a bind that still stands when the round would start counts. Linux counts all binds; there, a probe that adds a
//!   child which is bound, and then defers and takes the child back, is repeated without end.
//! * Drivers may still undo and redo each other's binds. After a number of rounds that no sensible system needs
//!   ([`Event::SettlingGivenUp`]) the model gives up, until the next bind from outside.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use crate::book::{Agenda, Book};
use crate::context::BindContext;
use crate::device::{DeviceRef, Running};
use crate::event::Event;
use crate::id::{DeviceId, Stale};
use crate::model::Model;

/// A device that waits for something, as in debugfs's `devices_deferred`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeferredDevice {
    /// The device.
    pub device: DeviceRef,
    /// The driver that deferred.
    pub driver: Arc<str>,
    /// What it waits for.
    pub reason: Arc<str>,
}

impl Model {
    /// The devices that wait for something, in the order in which they deferred.
    pub fn deferred(&self) -> Vec<DeferredDevice> {
        self.with(|book| {
            book.deferred
                .values()
                .filter_map(|id| {
                    let device = book.devices.get(*id)?;
                    let deferral = device.deferral.as_ref()?;
                    Some(DeferredDevice {
                        device: device.info.to_ref(),
                        driver: book.driver_name(deferral.driver),
                        reason: Arc::clone(&deferral.reason),
                    })
                })
                .collect()
        })
    }

    /// Switches [`Bound::retry`](crate::Bound::retry) on or off for a device that is bound or in probe; on any other
    /// it has no effect.
    ///
    /// # Errors
    ///
    /// [`Stale`] if the device has gone.
    pub fn wants_retry(&self, device: DeviceId, wanted: bool) -> Result<(), Stale<DeviceId>> {
        self.with(|book| {
            book.device(device)?;
            if let Some(device) = book.devices.get_mut(device)
                && (device.binding.is_some() || device.prober.is_some())
            {
                device.wants_retry = wanted;
            }
            Ok(())
        })
    }

    /// Does what is owed until nothing is left.
    pub(crate) fn settle(&self) {
        let mut rounds = 0;
        loop {
            match self.with(Book::next_duty) {
                Some(Duty::Remove(device)) => self.remove_tree(device),
                Some(Duty::Attach(device)) => {
                    // What came of it is in the device's state.
                    let _ = self.attach(device);
                }
                Some(Duty::Retry(device)) => self.retry(device),
                None => {
                    let limit = self.with(|book| 32 + 2 * book.devices.len());
                    if !self.with(Book::start_round) {
                        return;
                    }
                    if rounds >= limit {
                        self.with(|book| book.agenda = Agenda::default());
                        self.emit(|| Event::SettlingGivenUp { rounds });
                        return;
                    }
                    rounds += 1;
                }
            }
        }
    }

    fn retry(&self, device: DeviceId) {
        let taken = self.with(|book| {
            let record = book.devices.get_mut(device)?;
            if !record.wants_retry || record.running.is_some() {
                return None;
            }
            let binding = record.binding.as_mut()?;
            let bound = binding.bound.take()?;
            record.running = Some(Running::Retry);
            let (driver, info) = (binding.driver, Rc::clone(&record.info));
            Some((bound, book.driver_name(driver), info))
        });
        let Some((mut bound, driver, info)) = taken else {
            return;
        };
        let context = BindContext { model: self.clone(), info };
        self.emit(|| Event::RetryStarted { device: context.info.to_ref(), driver });
        bound.retry(&context);
        self.give_back(device, bound);
    }
}

enum Duty {
    Remove(DeviceId),
    Attach(DeviceId),
    Retry(DeviceId),
}

impl Book {
    fn next_duty(&mut self) -> Option<Duty> {
        if let Some(device) = self.agenda.removals.pop_front() {
            return Some(Duty::Remove(device));
        }
        if let Some(device) = self.agenda.missed.pop_front() {
            return Some(Duty::Attach(device));
        }
        while let Some(device) = self.agenda.deferred.pop_front() {
            // It may have been bound and unbound again since the round began.
            if self.devices.get(device).is_some_and(|device| device.deferral.is_some()) {
                return Some(Duty::Attach(device));
            }
        }
        self.agenda.retry.pop_front().map(Duty::Retry)
    }

    /// Puts every waiting device on the agenda, if something was bound since the last round and still is.
    fn start_round(&mut self) -> bool {
        let mut fresh = std::mem::take(&mut self.agenda.fresh);
        fresh.retain(|serial| self.bound.contains_key(serial));
        if fresh.is_empty() {
            return false;
        }
        if !self.shut_down {
            self.agenda.deferred = self.deferred.values().copied().collect();
        }
        let wanting = self.bound.iter().filter(|(serial, id)| {
            let other = fresh.iter().any(|bound| bound != *serial);
            other && self.devices.get(**id).is_some_and(|device| device.wants_retry)
        });
        self.agenda.retry = wanting.map(|(_, id)| *id).collect::<VecDeque<_>>();
        true
    }
}
