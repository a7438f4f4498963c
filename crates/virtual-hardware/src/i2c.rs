//! An I2C bus in software, for chips that are set up over it.
//!
//! [`I2cBus`] implements embedded-hal's `I2c` trait; each clone is a handle to the same bus, so that several drivers can
//! share one. Targets have 7-bit addresses. There is no clock stretching, no arbitration and no second controller.

use crate::sync::lock;
use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation, SevenBitAddress};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use thiserror::Error;

/// A chip on an I2C bus.
///
/// # Legal call sequences
///
/// `( (write | read)+ stop )*`: what comes between two stops is one transaction; each call begins with a start or
/// repeated start condition.
pub trait I2cTarget: Send + Sync {
    /// The controller writes these bytes. Returns how many of them the chip acknowledges.
    fn write(&self, bytes: &[u8]) -> usize;

    /// The controller reads this many bytes.
    fn read(&self, bytes: &mut [u8]);

    /// A stop condition.
    fn stop(&self) {}
}

/// What can go wrong on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum I2cError {
    /// Nobody acknowledges this address.
    #[error("nobody acknowledges address {0:#04x}")]
    NoTarget(u8),
    /// The chip did not acknowledge a byte of data.
    #[error("{address:#04x} did not acknowledge after {accepted} bytes")]
    NotAcknowledged {
        /// The chip's address.
        address: u8,
        /// Bytes that it acknowledged before.
        accepted: usize,
    },
    /// An address with more than seven bits.
    #[error("{0:#04x} is not a 7-bit address")]
    Address(u8),
    /// A target began a transaction on the bus that it was called from.
    #[error("a transaction from inside a transaction")]
    Reentered,
    /// A fault that a test injected: the bus is stuck.
    #[error("the bus is stuck")]
    Stuck,
}

impl embedded_hal::i2c::Error for I2cError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoTarget(_) => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address),
            Self::NotAcknowledged { .. } => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data),
            Self::Stuck => ErrorKind::Bus,
            Self::Address(_) | Self::Reentered => ErrorKind::Other,
        }
    }
}

/// The address is taken, or is not a 7-bit address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("address {0:#04x} is taken, or is not a 7-bit address")]
pub struct AddressTaken(pub u8);

/// A handle to an I2C bus.
#[derive(Clone, Default)]
pub struct I2cBus(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    free: Condvar,
}

#[derive(Default)]
struct State {
    targets: BTreeMap<u8, Arc<dyn I2cTarget>>,
    /// Whose transaction is running.
    owner: Option<ThreadId>,
    /// The errors of the next transactions.
    faults: VecDeque<I2cError>,
    transactions: u64,
}

impl I2cBus {
    /// A bus with nothing on it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a chip on the bus.
    ///
    /// # Errors
    ///
    /// [`AddressTaken`], if another chip has this address or it is above 0x7f.
    pub fn add_target(&self, address: u8, target: Arc<dyn I2cTarget>) -> Result<(), AddressTaken> {
        let targets = &mut lock(&self.0.state).targets;
        if address > 0x7f || targets.contains_key(&address) {
            return Err(AddressTaken(address));
        }
        targets.insert(address, target);
        Ok(())
    }

    /// Takes a chip off the bus; `None` if there is none with this address.
    pub fn remove_target(&self, address: u8) -> Option<Arc<dyn I2cTarget>> {
        lock(&self.0.state).targets.remove(&address)
    }

    /// Lets the next transaction that has no error queued yet fail with this, before any byte is sent.
    pub fn fail_next(&self, error: I2cError) {
        lock(&self.0.state).faults.push_back(error);
    }

    /// Transactions so far, failed ones included.
    pub fn transactions(&self) -> u64 {
        lock(&self.0.state).transactions
    }

    /// Waits until the bus is free and takes it.
    fn begin(&self, address: u8) -> Result<Turn<'_>, I2cError> {
        let me = thread::current().id();
        let mut state = lock(&self.0.state);
        if state.owner == Some(me) {
            return Err(I2cError::Reentered);
        }
        while state.owner.is_some() {
            state = self.0.free.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.transactions += 1;
        if let Some(error) = state.faults.pop_front() {
            return Err(error);
        }
        if address > 0x7f {
            return Err(I2cError::Address(address));
        }
        let target = state.targets.get(&address).cloned().ok_or(I2cError::NoTarget(address))?;
        state.owner = Some(me);
        Ok(Turn { bus: &self.0, target })
    }
}

/// A running transaction; ends it when dropped.
struct Turn<'a> {
    bus: &'a Inner,
    target: Arc<dyn I2cTarget>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.target.stop();
        lock(&self.bus.state).owner = None;
        self.bus.free.notify_one();
    }
}

impl ErrorType for I2cBus {
    type Error = I2cError;
}

impl I2c<SevenBitAddress> for I2cBus {
    /// Adjacent operations of one kind are one operation on the wire, as the trait's documentation asks.
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), I2cError> {
        let turn = self.begin(address)?;
        for run in operations.chunk_by_mut(|a, b| is_read(a) == is_read(b)) {
            if run.first().is_some_and(is_read) {
                read_run(&*turn.target, run);
            } else {
                write_run(&*turn.target, address, run)?;
            }
        }
        Ok(())
    }
}

const fn is_read(operation: &Operation<'_>) -> bool {
    matches!(operation, Operation::Read(_))
}

fn read_run(target: &dyn I2cTarget, run: &mut [Operation<'_>]) {
    let length = |operation: &Operation<'_>| match operation {
        Operation::Read(room) => room.len(),
        Operation::Write(_) => 0,
    };
    let mut bytes = vec![0; run.iter().map(length).sum()];
    target.read(&mut bytes);
    let mut rest = bytes.as_slice();
    for operation in run {
        let Operation::Read(room) = operation else { continue };
        let Some((part, after)) = rest.split_at_checked(room.len()) else { return };
        room.copy_from_slice(part);
        rest = after;
    }
}

fn write_run(target: &dyn I2cTarget, address: u8, run: &[Operation<'_>]) -> Result<(), I2cError> {
    let part = |operation: &Operation<'_>| match operation {
        Operation::Write(bytes) => bytes.to_vec(),
        Operation::Read(_) => Vec::new(),
    };
    let bytes: Vec<u8> = run.iter().flat_map(part).collect();
    let accepted = target.write(&bytes);
    if accepted < bytes.len() { Err(I2cError::NotAcknowledged { address, accepted }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_hal::i2c::Error as _;

    /// Keeps the calls as text; acknowledges three bytes of a write; reads as 1, 2, 3, ...
    #[derive(Default)]
    struct Chip {
        calls: Mutex<Vec<String>>,
        bus: Mutex<Option<I2cBus>>,
        inside: Mutex<Option<Result<(), I2cError>>>,
    }

    impl I2cTarget for Chip {
        fn write(&self, bytes: &[u8]) -> usize {
            lock(&self.calls).push(format!("write {bytes:02x?}"));
            // Time for another handle to come between, if it could.
            thread::sleep(core::time::Duration::from_millis(1));
            let bus = lock(&self.bus).clone();
            if let Some(mut bus) = bus {
                *lock(&self.inside) = Some(bus.write(0x2c, &[9]));
            }
            bytes.len().min(3)
        }

        fn read(&self, bytes: &mut [u8]) {
            lock(&self.calls).push(format!("read {}", bytes.len()));
            bytes.iter_mut().zip(1..).for_each(|(byte, value)| *byte = value);
        }

        fn stop(&self) {
            lock(&self.calls).push("stop".into());
        }
    }

    fn bus() -> (I2cBus, Arc<Chip>) {
        let (bus, chip) = (I2cBus::new(), Arc::new(Chip::default()));
        bus.add_target(0x2c, chip.clone()).expect("free");
        (bus, chip)
    }

    #[test]
    fn adjacent_operations_of_one_kind_are_one() {
        let (mut bus, chip) = bus();
        let (mut one, mut two) = ([0; 1], [0; 2]);
        let mut operations = [
            Operation::Write(&[1]),
            Operation::Write(&[2, 3]),
            Operation::Read(&mut one),
            Operation::Read(&mut two),
        ];
        bus.transaction(0x2c, &mut operations).expect("acknowledged");
        assert_eq!(*lock(&chip.calls), ["write [01, 02, 03]", "read 3", "stop"]);
        assert_eq!((one, two), ([1], [2, 3]));
    }

    #[test]
    fn errors_say_who_did_not_acknowledge() {
        let (mut bus, chip) = bus();
        let address = bus.write(0x2d, &[0]).expect_err("nobody there");
        assert_eq!(address, I2cError::NoTarget(0x2d));
        assert_eq!(address.kind(), ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address));
        let data = bus.write(0x2c, &[0; 5]).expect_err("three at the most");
        assert_eq!(data, I2cError::NotAcknowledged { address: 0x2c, accepted: 3 });
        assert_eq!(data.kind(), ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data));
        assert_eq!(bus.write(0x80, &[0]), Err(I2cError::Address(0x80)));
        bus.fail_next(I2cError::Stuck);
        assert_eq!(bus.write(0x2c, &[0]), Err(I2cError::Stuck));
        assert_eq!(bus.write(0x2c, &[0]), Ok(()));
        assert_eq!(bus.transactions(), 5);
        assert_eq!(bus.add_target(0x2c, chip.clone()), Err(AddressTaken(0x2c)));
        assert_eq!(bus.add_target(0x80, chip), Err(AddressTaken(0x80)));
        assert!(bus.remove_target(0x2c).is_some());
        assert_eq!(bus.write(0x2c, &[0]), Err(I2cError::NoTarget(0x2c)));
    }

    #[test]
    fn a_target_that_calls_its_own_bus_is_refused() {
        let (mut bus, chip) = bus();
        *lock(&chip.bus) = Some(bus.clone());
        assert_eq!(bus.write(0x2c, &[1]), Ok(()));
        assert_eq!(*lock(&chip.inside), Some(Err(I2cError::Reentered)));
        assert_eq!(lock(&chip.calls).len(), 2);
    }

    #[test]
    fn transactions_of_two_handles_do_not_mix() {
        let (bus, chip) = bus();
        thread::scope(|scope| {
            for _ in 0..4 {
                let mut bus = bus.clone();
                scope.spawn(move || {
                    for _ in 0..5 {
                        bus.write_read(0x2c, &[7], &mut [0; 2]).expect("acknowledged");
                    }
                });
            }
        });
        for turn in lock(&chip.calls).chunks(3) {
            assert_eq!(turn, ["write [07]", "read 2", "stop"]);
        }
    }
}
