//! The end: the shutdown of the whole model, which leaves everything bound, and the tear-down, which leaves nothing.
//!
//! What it is for: both, in reverse order. What it is not: a way around a driver that is in a call; such devices are
//! skipped and reported.

use std::rc::Rc;

use crate::book::Serial;
use crate::context::BindContext;
use crate::device::{DeviceRef, Running};
use crate::driver::Bound;
use crate::event::Event;
use crate::id::DeviceId;
use crate::model::Model;
use crate::residue::Residue;

/// The devices that were told of a shutdown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShutdownReport {
    /// In the order of the calls.
    pub called: Vec<DeviceRef>,
    /// Bound devices that had a call running, further down the stack.
    pub skipped: Vec<DeviceRef>,
}

impl Model {
    /// Calls every bound driver's shutdown, last bound first; from now on nothing is bound any more. Mirrors
    /// `device_shutdown`.
    ///
    /// The devices stay bound, and can still be unbound and removed. A second call tells nobody twice: it does
    /// nothing.
    pub fn shutdown(&self) -> ShutdownReport {
        self.operate(|| {
            let mut report = ShutdownReport::default();
            if self.with(|book| std::mem::replace(&mut book.shut_down, true)) {
                return report;
            }
            let mut before = Serial::MAX;
            while let Some((serial, device)) = self.with(|book| {
                let (serial, device) = book.bound.range(..before).next_back()?;
                Some((*serial, *device))
            }) {
                before = serial;
                self.shut_down_one(device, &mut report);
            }
            report
        })
    }

    /// Removes all devices, last added first, and unloads all drivers, last loaded first. Returns what is left:
    /// what a running call kept, and what a driver has added meanwhile.
    pub fn tear_down(&self) -> Residue {
        self.operate(|| {
            for device in self.devices().into_iter().rev() {
                // Gone with its parent, or busy: then it is in the residue.
                let _ = self.remove(device);
            }
            for driver in self.drivers().into_iter().rev() {
                // The same.
                let _ = self.unload(driver);
            }
        });
        self.residue()
    }

    fn shut_down_one(&self, device: DeviceId, report: &mut ShutdownReport) {
        let taken = self.with(|book| {
            let record = book.devices.get_mut(device)?;
            let info = Rc::clone(&record.info);
            if record.running.is_some() {
                return Some((info, None));
            }
            let binding = record.binding.as_mut()?;
            let bound = binding.bound.take()?;
            record.running = Some(Running::Shutdown);
            let driver = binding.driver;
            Some((info, Some((bound, book.driver_name(driver)))))
        });
        match taken {
            None => {}
            Some((info, None)) => report.skipped.push(info.to_ref()),
            Some((info, Some((mut bound, driver)))) => {
                report.called.push(info.to_ref());
                let context = BindContext { model: self.clone(), info };
                self.emit(|| Event::ShutdownStarted { device: context.info.to_ref(), driver });
                bound.shutdown(&context);
                self.give_back(device, bound);
            }
        }
    }

    /// Puts a driver's hold back after a call to it.
    pub(super) fn give_back(&self, device: DeviceId, bound: Box<dyn Bound>) {
        let mut bound = Some(bound);
        self.with(|book| {
            if let Some(record) = book.devices.get_mut(device) {
                record.running = None;
                if let Some(binding) = record.binding.as_mut() {
                    binding.bound = bound.take();
                }
            }
        });
        // A device with a call running can't be unbound, so the binding was there.
        debug_assert!(bound.is_none());
    }
}
