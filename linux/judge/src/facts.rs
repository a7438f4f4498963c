//! The results of a run as lines of the committed tables (`lab_orders::measured`).

use crate::output;
use crate::verdict::{Judgement, Reason, Verdict};
use lab_orders::Order;
use lab_orders::measured::{NOTHING, Said};
use lab_orders::table::Fact;
use lab_orders::typed::Typed;

/// What a kernel reported for an order.
///
/// # Errors
///
/// Why nothing can be said of it.
pub fn said(judgement: &Judgement) -> Result<Said, &Reason> {
    match &judgement.verdict {
        Verdict::Clean => Ok(Said::Clean),
        Verdict::NotTaken(_) => Ok(Said::NotTaken),
        Verdict::Error(reason) => Err(reason),
        Verdict::Reported(report) => Ok(Said::Reported {
            step: output::step_number(report),
            kind: report.kind.to_string(),
            function: report.function.as_deref().unwrap_or(NOTHING).to_owned(),
        }),
    }
}

fn columns(judgement: &Judgement) -> String {
    match said(judgement) {
        Ok(said) => said.to_string(),
        Err(_) => format!("error\t{NOTHING}\t{NOTHING}\t{NOTHING}"),
    }
}

/// What a kernel reported for built-in orders.
#[must_use]
pub fn of_orders(judged: &[(Order, Judgement)]) -> Vec<Fact> {
    judged.iter().map(|(order, judgement)| (order.row_name(), columns(judgement))).collect()
}

/// What a kernel reported for typed orders.
#[must_use]
pub fn of_typed(judged: &[(Typed, Judgement)]) -> Vec<Fact> {
    judged.iter().map(|(typed, judgement)| (typed.row_name(), columns(judgement))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::Boot;
    use crate::verdict::judge;
    use lab_orders::measured::BASIC;

    const FREED: &str = include_str!("log/logs/use_after_free.log");
    const CLEAN: &str = include_str!("log/logs/clean.log");

    fn judgement(log: &str) -> Judgement {
        judge(&Boot { log: log.to_owned(), timed_out: false })
    }

    #[test]
    fn the_threads_own_order_is_in_the_committed_table() {
        let order = Order::parse("managed-bridge", "unbind host, unbind peripheral").expect("an order");
        let run = of_orders(&[(order.clone(), judgement(FREED))]);
        assert_eq!(BASIC.differences(&run), [""; 0]);
        let other = of_orders(&[(order, judgement(CLEAN))]);
        assert_eq!(BASIC.differences(&other).len(), 1);
    }
}
