//! Every fault alone, and every two of them together, met by every operation on every kind of host.

use crate::fault::{Fault, Operation, Outcome};
use crate::rig::{First, HostKind, Rig};
use mipi_dsi::bus::{HostError, TransferError};

/// What comes of an operation on an awake panel with these faults; afterwards the same link works.
fn outcome(faults: &[Fault], operation: Operation, host: HostKind, first: First) -> Outcome {
    let rig = Rig::awake(host.options());
    for (index, fault) in faults.iter().enumerate() {
        fault.happens(rig.end(), &faults[..index]);
    }
    let outcome = operation.run(rig.end());
    // Nothing is known of what is left of the faults: the next may meet it, and only the host has a say in it.
    for operation in Operation::ALL {
        assert!(!matches!(operation.run(rig.end()), Err(error) if !matches!(error, TransferError::Host(_))));
    }
    rig.end().repair();
    rig.assert_works(0);
    rig.take_down(first);
    outcome.map_err(|error| match error {
        TransferError::Host(error) => error,
        error => panic!("{faults:?} in {operation:?}: {error} is no fault of the link"),
    })
}

#[test]
fn each_fault_alone_ends_in_the_error_that_it_should() {
    for host in HostKind::ALL {
        for operation in Operation::ALL {
            assert_eq!(outcome(&[], operation, host, First::Host), Ok(()));
            for fault in Fault::ALL {
                let expected = fault.alone(operation, host);
                let got = outcome(&[fault], operation, host, First::Peripheral);
                assert_eq!(got, expected, "{fault:?} in {operation:?}, {host:?}");
            }
        }
    }
}

/// What comes of each of two faults. A fault that makes the panel speak gives a fault of responses something to hit.
fn alone(pair: [Fault; 2], operation: Operation, host: HostKind) -> Vec<Outcome> {
    let mut alone: Vec<_> = pair.iter().map(|fault| fault.alone(operation, host)).collect();
    let speaks = pair.iter().any(|fault| !fault.reports().is_empty());
    if speaks && host == HostKind::Acknowledging {
        let hits = pair.iter().filter(|fault| fault.is_of_responses() || **fault == Fault::PulledSoon);
        alone.extend(hits.map(|fault| fault.alone(Operation::ReadOne, host)));
    }
    alone
}

/// Whether this may come of two faults: what comes of one of them, or a report of both.
fn is_allowed(got: Outcome, pair: [Fault; 2], alone: &[Outcome]) -> bool {
    let is_report = |outcome: &Outcome| matches!(outcome, Err(HostError::Reported(_)));
    match got {
        Err(HostError::Reported(report)) if !alone.contains(&got) => {
            let both = pair[0].reports().bits() | pair[1].reports().bits();
            alone.iter().any(is_report) && report.bits() & !both == 0 && !report.is_recoverable()
        }
        _ => alone.contains(&got),
    }
}

#[test]
fn two_faults_together_end_in_what_one_of_them_does_or_in_a_report_of_both() {
    let mut seen: Vec<Outcome> = Vec::new();
    for host in HostKind::ALL {
        for operation in Operation::ALL {
            for (index, one) in Fault::ALL.into_iter().enumerate() {
                for other in &Fault::ALL[..index] {
                    let pair = [one, *other];
                    // Three wrong bits in one header may look like one: no error is promised of those.
                    if pair == [Fault::HeaderBits, Fault::HeaderBit] {
                        continue;
                    }
                    let first = if index % 2 == 0 { First::Host } else { First::Peripheral };
                    let got = outcome(&pair, operation, host, first);
                    let alone = alone(pair, operation, host);
                    let what = format!("{pair:?} in {operation:?}, {host:?}: {got:?}, alone {alone:?}");
                    assert!(is_allowed(got, pair, &alone), "{what}");
                    if !seen.contains(&got) {
                        seen.push(got);
                    }
                }
            }
        }
    }
    let kinds = [
        Ok(()),
        Err(HostError::Timeout),
        Err(HostError::Contention),
        Err(HostError::ResponseEcc),
        Err(HostError::ResponseChecksum),
        Err(HostError::NoPeripheral),
    ];
    assert!(kinds.iter().all(|kind| seen.contains(kind)), "each kind sometimes: {seen:?}");
    let reports = seen.iter().filter(|outcome| matches!(outcome, Err(HostError::Reported(_))));
    assert!(reports.count() >= 6, "alone and together: {seen:?}");
}
