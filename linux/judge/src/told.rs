//! Compares what a boot was told to do with what its log says was done. If a step never happened, the silence of a
//! checker says nothing about it.

use crate::log::{BoundThen, Log};
use crate::verdict::Reason;
use lab_orders::bound::{self, Bound};
use lab_orders::{Act, End, Order, Step};

/// What a boot was told.
#[derive(Debug, Clone, Copy)]
pub enum Told<'order> {
    /// The steps of an order. What is bound after each is known.
    Order(&'order Order),
    /// The same with drawn lengths of sleeps: what is bound is known until a thread begins.
    Drawn(&'order Order),
    /// This many commands. `init` stops at one that fails.
    Commands(usize),
}

impl Told<'_> {
    /// Why the log does not fit what the boot was told; nothing if it does. `log` has no report: after one, whatever
    /// happens may be its consequence.
    pub(crate) fn contradicted_by(self, log: &Log) -> Option<Reason> {
        let (steps, started) = match self {
            Self::Order(order) | Self::Drawn(order) => {
                (order.steps.len(), order.steps.iter().filter(|step| step.is_started()).count())
            }
            Self::Commands(count) => (count, 0),
        };
        let (returned, ended) = (log.returned.len(), log.threads_returned.len());
        if returned != steps {
            return Some(Reason::Steps { returned, of: steps });
        }
        if ended != started {
            return Some(Reason::Threads { ended, of: started });
        }
        let in_turn = log.returned.iter().enumerate().map(|(number, step)| (Some(number), step));
        let mut all = in_turn.chain(log.threads_returned.iter().map(|step| (None, step)));
        let is_failure = |(number, (step, result)): &(Option<usize>, &(String, i32))| {
            *result < 0 && !self.may_fail(*number, step)
        };
        if let Some((_, (step, result))) = all.find(is_failure) {
            return Some(Reason::Failed(step.clone(), *result));
        }
        match self {
            Self::Order(order) => {
                let mut expected = bound::bound(order);
                // At the end, as after the last step.
                expected.extend(expected.last().cloned());
                bound_otherwise(&expected, &log.bound)
            }
            Self::Drawn(order) => {
                let in_turn = order.steps.iter().take_while(|step| !Step::is_started(step)).count();
                let expected = bound::bound(order);
                bound_otherwise(expected.get(..=in_turn).unwrap_or(&expected), &log.bound)
            }
            Self::Commands(_) => None,
        }
    }
}

impl Told<'_> {
    /// Whether a thread was started before the step that could not be taken: what is there then depends on the kernel.
    pub(crate) fn has_thread_before(self, log: &Log) -> bool {
        let (Self::Order(order) | Self::Drawn(order)) = self else { return false };
        order.steps.iter().take(log.returned.len()).any(Step::is_started)
    }

    /// Whether a step may fail: a command over a host that has been unbound, in a kernel that notices. `number` is that
    /// of the step, from 0, unless it is a thread's.
    fn may_fail(self, number: Option<usize>, step: &str) -> bool {
        let (Self::Order(order) | Self::Drawn(order)) = self else { return false };
        let before = order.steps.get(..number.unwrap_or(order.steps.len())).unwrap_or_default();
        let host_goes = before.iter().any(|step| matches!(step.act(), Some(Act::Unbind(End::Host(_)))));
        host_goes && step.ends_with("command")
    }
}

/// The first difference between what has to be bound, after set-up, after each step and at the end, and what was bound.
/// While a thread runs, nothing has to be.
fn bound_otherwise(expected: &[Bound], found: &[BoundThen]) -> Option<Reason> {
    for (number, expected) in expected.iter().enumerate() {
        let Some(found) = found.get(number) else {
            return Some(Reason::NeverEnded);
        };
        if found.threads == 0 && found.bound != *expected {
            let (expected, found) = (expected.clone(), found.bound.clone());
            return Some(Reason::BoundOtherwise { step: number, expected, found });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::boot::Boot;
    use crate::told::Told;
    use crate::verdict::{Reason, Verdict, judge_told};
    use lab_orders::Order;
    use lab_orders::bound::Bound;

    const CLEAN: &str = include_str!("log/logs/clean.log");

    fn verdict(log: &str, variant: &str, steps: &str) -> Verdict {
        let order = Order::parse(variant, steps).expect("an order");
        judge_told(&Boot { log: log.to_owned(), timed_out: false }, Told::Order(&order)).verdict
    }

    /// What the log of [`CLEAN`] was told.
    fn told(log: &str) -> Verdict {
        verdict(log, "plain-panel", "unbind peripheral, bind peripheral, command")
    }

    #[test]
    fn what_happened_as_it_was_told_is_clean() {
        assert_eq!(told(CLEAN), Verdict::Clean);
    }

    #[test]
    fn a_driver_that_was_not_bound_is_an_error() {
        let unbound = |step, line: &str| {
            let expected = Bound { hosts: vec![true], peripherals: vec![true] };
            let found = Bound { hosts: vec![true], peripherals: vec![false] };
            let mut lines: Vec<_> = CLEAN.lines().collect();
            let at = lines.iter().position(|known| known.contains(line)).expect("it is there");
            let next = at + lines[at..].iter().position(|line| line.contains("bound: ")).expect("it follows");
            lines[next] = "dsi_lab: bound: hosts=1 peripherals=0 threads=0";
            assert_eq!(
                told(&lines.join("\n")),
                Verdict::Error(Reason::BoundOtherwise { step, expected, found })
            );
            lines[next] = "dsi_lab: bound: hosts=1 peripherals=0 threads=1";
            assert_eq!(told(&lines.join("\n")), Verdict::Clean);
            lines.remove(next);
            assert!(matches!(told(&lines.join("\n")), Verdict::Error(_)));
        };
        unbound(0, "set up:");
        unbound(2, "step 2 bind-peripheral: returned");
        unbound(4, "after:");
    }

    #[test]
    fn steps_and_threads_that_are_not_as_many_as_was_told_are_an_error() {
        let returned = "dsi_lab: step 3 command: returned 1\n";
        let thread = "dsi_lab: thread command: returned 1\n";
        assert_eq!(told(&CLEAN.replace(returned, "")), Verdict::Error(Reason::Steps { returned: 2, of: 3 }));
        assert_eq!(
            told(&CLEAN.replace(returned, &returned.repeat(2))),
            Verdict::Error(Reason::Steps { returned: 4, of: 3 })
        );
        assert_eq!(
            told(&CLEAN.replace(returned, &[returned, thread].concat())),
            Verdict::Error(Reason::Threads { ended: 1, of: 0 })
        );
        let started = "unbind peripheral, bind peripheral, start command";
        assert_eq!(
            verdict(CLEAN, "plain-panel", started),
            Verdict::Error(Reason::Threads { ended: 0, of: 1 })
        );
    }

    #[test]
    fn with_drawn_times_what_is_bound_is_known_until_a_thread_begins() {
        let order = Order::parse("plain-panel", "unbind peripheral, bind peripheral, start command")
            .expect("an order");
        let verdict = |log: &str| {
            judge_told(&Boot { log: log.to_owned(), timed_out: false }, Told::Drawn(&order)).verdict
        };
        let other = "dsi_lab: bound: hosts=1 peripherals=0 threads=0";
        let mut lines: Vec<_> = CLEAN.lines().collect();
        lines.insert(lines.len() - 2, "dsi_lab: thread command: returned 1");
        let last = lines.iter().rposition(|line| line.contains("bound: ")).expect("it is there");
        lines[last] = other;
        assert_eq!(verdict(&lines.join("\n")), Verdict::Clean);
        let first = lines.iter().position(|line| line.contains("bound: ")).expect("it is there");
        lines[first] = other;
        assert!(matches!(verdict(&lines.join("\n")), Verdict::Error(Reason::BoundOtherwise { step: 0, .. })));
    }

    #[test]
    fn a_command_that_failed_is_an_error() {
        let failed = CLEAN.replace("step 3 command: returned 1", "step 3 command: returned -22");
        assert_eq!(told(&failed), Verdict::Error(Reason::Failed("command".to_owned(), -22)));
        // A kernel may notice that the host has gone.
        let late = "plain-bridge";
        let unbound = "dsi_lab: bound: hosts=0 peripherals=1 threads=0";
        let log = CLEAN
            .replace("step 1 unbind-peripheral", "step 1 unbind-host")
            .replace("step 3 command: returned 1", "step 3 command: returned -19");
        let mut lines: Vec<_> = log.lines().collect();
        let bound: Vec<_> = (0..lines.len()).filter(|line| lines[*line].contains("bound: ")).collect();
        bound.iter().skip(1).for_each(|line| lines[*line] = unbound);
        assert_eq!(verdict(&lines.join("\n"), late, "unbind host, bind peripheral, command"), Verdict::Clean);
    }

    #[test]
    fn a_step_that_a_thread_was_too_early_for_is_not_taken_and_no_error() {
        let cannot = CLEAN.replace("step 3 command: returned 1", "step 3 command: cannot");
        assert_eq!(
            verdict(&cannot, "managed-bridge", "start unbind host, unbind peripheral, command"),
            Verdict::NotTaken("command".to_owned())
        );
        assert_eq!(
            verdict(&cannot, "managed-bridge", "unbind host, unbind peripheral, command"),
            Verdict::Error(Reason::Cannot("command".to_owned()))
        );
    }
}
