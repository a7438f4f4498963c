//! The shell: drives operations with a real lock and real callbacks. Lock, ask, unlock, do, lock, tell.
//!
//! Nothing is decided here. Handles that a call needs are cloned (or, for transfers, taken) out of the slot under the
//! lock, used and dropped without it, and only then is the operation told that the call has returned: so whoever
//! waits for "nothing runs" finds no clone left.

use super::book::{Errand, HostBook};
use super::caller::WaitFor;
use super::error::{StillRunning, WhyNot};
use super::host_controller::{AttachRefused, Attachment, HostController};
use super::key::{HostKey, Lease, LinkKey};
use super::link_config::LinkConfig;
use super::lock::{Lock, Unwaited};
use super::name::Name;
use super::operation::{register, Call, Errands, Next, Operation, Running};
use super::peripheral::{Notice, Peripheral};
use super::registry::{HostSlot, Registered};
use super::send::Lent;
use core::ops::Deref;

/// How a bus is reached: a cloneable handle to its lock, such as `&'static StdLock<..>` or `Arc<StdLock<..>>`.
///
/// Implemented for all of them; nobody needs to.
pub trait BusHandle: Clone {
    /// The lock.
    type Lock: Lock<Data = Self::Data>;
    /// What it protects.
    type Data: Registered;

    /// The lock.
    fn lock(&self) -> &Self::Lock;
}

impl<R> BusHandle for R
where
    R: Clone + Deref,
    R::Target: Lock + Sized,
    <R::Target as Lock>::Data: Registered + Sized,
{
    type Lock = R::Target;
    type Data = <R::Target as Lock>::Data;

    fn lock(&self) -> &R::Target {
        self
    }
}

pub(super) type Controller<R> = <<R as BusHandle>::Data as Registered>::Controller;
pub(super) type PeripheralOf<R> = <<R as BusHandle>::Data as Registered>::Peripheral;
/// A moment until which to wait, of the lock of a bus.
pub type Deadline<R> = <<R as BusHandle>::Lock as Lock>::Deadline;

/// What an attach call needs and what the last calls brought: beside the operation, as no decision depends on it.
pub(super) struct Parcel<C> {
    /// In: the configuration to attach with.
    pub(super) config: Option<LinkConfig>,
    /// Out: why the host refused to attach.
    pub(super) refused: Option<AttachRefused>,
    /// Out: the handle of the controller whose host was unregistered.
    pub(super) controller: Option<C>,
}

impl<C> Parcel<C> {
    pub(super) fn empty() -> Self {
        Self { config: None, refused: None, controller: None }
    }
}

/// What a call was lent of its slot.
enum Loan<C, P> {
    Host { controller: Option<C>, name: Name, config: Option<LinkConfig> },
    Peripheral(Option<P>),
    Surrendered { controller: Option<C>, for_link: Option<C> },
    Nothing,
}

fn lend<C: Clone, P: Clone>(
    slot: Option<&mut HostSlot<C, P>>,
    call: Call,
    config: Option<LinkConfig>,
) -> Loan<C, P> {
    let Some(slot) = slot else { return Loan::Nothing };
    match call {
        Call::Attach(Lease { channel, .. }) | Call::Detach(Lease { channel, .. }) => {
            let controller = slot.controller.clone();
            let device = slot.device_mut(channel);
            if matches!(call, Call::Attach(_)) {
                device.config = config;
            }
            Loan::Host { controller, name: device.name, config: device.config }
        }
        Call::Cancel(..) => {
            Loan::Host { controller: slot.controller.clone(), name: Name::EMPTY, config: None }
        }
        Call::Tell(lease, _) => Loan::Peripheral(slot.device(lease.channel).1.peripheral.clone()),
        Call::Forget(lease) => Loan::Peripheral(slot.device_mut(lease.channel).peripheral.take()),
        Call::Surrender(_) => {
            Loan::Surrendered { controller: slot.controller.take(), for_link: slot.for_link.take() }
        }
        // These are driven by `packet` and `transaction`.
        Call::Transfer(_) | Call::Transaction(_) => Loan::Nothing,
    }
}

/// Does what an operation asked for, with no lock held. Says whether it succeeded.
fn perform<R: BusHandle>(
    bus: &R,
    call: Call,
    loan: Loan<Controller<R>, PeripheralOf<R>>,
    deadline: Option<Deadline<R>>,
    parcel: &mut Parcel<Controller<R>>,
) -> bool {
    // What is sent from inside waits for the link no longer than the operation around it.
    let lend = |lease| Lent { bus, key: LinkKey { lease, attachment: None }, deadline, speed: None };
    match (call, loan) {
        (Call::Attach(lease), Loan::Host { controller: Some(controller), name, config: Some(config) }) => {
            let transport = lend(lease);
            let attachment =
                Attachment { channel: lease.channel, name: name.as_str(), config, transport: &transport };
            parcel.refused = controller.attach(&attachment).err();
            parcel.refused.is_none()
        }
        (Call::Detach(lease), Loan::Host { controller: Some(controller), name, config: Some(config) }) => {
            let transport = lend(lease);
            let attachment =
                Attachment { channel: lease.channel, name: name.as_str(), config, transport: &transport };
            controller.detach(&attachment);
            true
        }
        (Call::Cancel(_, channel), Loan::Host { controller: Some(controller), .. }) => {
            controller.cancel(channel);
            true
        }
        (Call::Tell(lease, removal), Loan::Peripheral(Some(peripheral))) => {
            let transport = lend(lease);
            peripheral.leaving(&Notice { removal, transport: &transport });
            true
        }
        (Call::Surrender(_), Loan::Surrendered { controller, for_link }) => {
            drop(for_link);
            parcel.controller = controller;
            true
        }
        // Nobody to tell, or something to drop, which has been done now that the loan is ours.
        _ => true,
    }
}

/// If a callback unwinds, gives up in the book what the operation had claimed, and runs the errands that it left.
struct Unwinding<'a, R: BusHandle, O: Operation> {
    bus: &'a R,
    slot: usize,
    running: &'a mut Running<O>,
}

impl<R: BusHandle, O: Operation> Drop for Unwinding<'_, R, O> {
    fn drop(&mut self) {
        let has_errands = self.bus.lock().with(|data| {
            self.running.returned(data, false);
            self.running.give_up(data);
            has_errands(data, self.slot)
        });
        if has_errands {
            run_errands(self.bus, self.slot);
        }
    }
}

/// Drives an operation on host slot `slot` to its answer; also says whether there are errands on the slot then.
pub(super) fn drive<R: BusHandle, O: Operation>(
    bus: &R,
    slot: usize,
    operation: O,
    deadline: Option<Deadline<R>>,
    parcel: &mut Parcel<Controller<R>>,
) -> (O::Answer, bool) {
    let lock = bus.lock();
    let mut running = Running::new(operation, lock.caller());
    let config = parcel.config;
    let mut step = lock.with(|data| step(&mut running, data, slot, config));
    loop {
        step = match step {
            Step::Done(answer, has_errands) => return (answer, has_errands),
            Step::Call(call, loan) => {
                let unwinding = Unwinding { bus, slot, running: &mut running };
                let succeeded = perform(bus, call, loan, deadline, parcel);
                core::mem::forget(unwinding);
                lock.with(|data| {
                    running.returned(data, succeeded);
                    self::step(&mut running, data, slot, config)
                })
            }
            Step::Wait(waiting_for) => {
                // One that now waits for something else has changed the book: it leaves the wait, which wakes the
                // others, and comes back.
                let waited = lock.wait(deadline, |data| match self::step(&mut running, data, slot, config) {
                    Step::Wait(now) if now == waiting_for => None,
                    next => Some(next),
                });
                match waited {
                    Ok(next) => next,
                    Err(unwaited) => {
                        let has_errands = lock.with(|data| {
                            running.give_up(data);
                            has_errands(data, slot)
                        });
                        let answer = O::answer_to(StillRunning { waiting_for, why: unwaited.into() });
                        return (answer, has_errands);
                    }
                }
            }
        };
    }
}

/// Drives an operation, then the errands that callbacks may have left on its slot.
pub(super) fn drive_and_run_errands<R: BusHandle, O: Operation>(
    bus: &R,
    slot: usize,
    operation: O,
    deadline: Option<Deadline<R>>,
    parcel: &mut Parcel<Controller<R>>,
) -> O::Answer {
    let (answer, has_errands) = drive(bus, slot, operation, deadline, parcel);
    if has_errands {
        run_errands(bus, slot);
    }
    answer
}

/// Carries out what can be carried out now of a slot's errands.
pub(super) fn run_errands<R: BusHandle>(bus: &R, slot: usize) {
    let mut parcel = Parcel::empty();
    drive(bus, slot, Errands::new(slot), None, &mut parcel);
    // A controller whose host was unregistered as an errand has no owner left to be given back to.
    drop(parcel);
}

/// After a drop whose operation was not finished: leaves the errand, and tries it at once, as what was in the way may
/// have ended between the refusal and this. If it has not, whoever ends it tries again.
pub(super) fn leave_errand<R: BusHandle>(bus: &R, lease: Lease, errand: Errand) {
    bus.lock().with(|data| register::leave_errand(data, lease, errand));
    run_errands(bus, lease.host.slot);
}

/// The same for the drop of a host.
pub(super) fn leave_host_errand<R: BusHandle>(bus: &R, key: HostKey) {
    bus.lock().with(|data| register::leave_host_errand(data, key));
    run_errands(bus, key.slot);
}

enum Step<A, C, P> {
    Call(Call, Loan<C, P>),
    Wait(WaitFor),
    /// The answer, and whether there are errands on the slot.
    Done(A, bool),
}

fn has_errands<D: Registered>(data: &D, slot: usize) -> bool {
    data.host(slot).is_some_and(HostBook::has_errands)
}

fn step<O: Operation, D: Registered>(
    running: &mut Running<O>,
    data: &mut D,
    slot: usize,
    config: Option<LinkConfig>,
) -> Step<O::Answer, D::Controller, D::Peripheral> {
    match running.next(data) {
        Next::Call(call) => Step::Call(call, lend(data.slot_mut(slot), call, config)),
        Next::Wait(waiting_for) => Step::Wait(waiting_for),
        Next::Done(answer) => Step::Done(answer, has_errands(data, slot)),
    }
}

impl From<Unwaited> for WhyNot {
    fn from(unwaited: Unwaited) -> Self {
        match unwaited {
            Unwaited::DeadlinePassed => Self::DeadlinePassed,
            Unwaited::CannotWait => Self::CannotWait,
        }
    }
}
