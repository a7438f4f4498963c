//! Every possible order of some steps.

/// Every possible order of one to `depth` of `steps`, the short ones first; orders of equal length come in the order of
/// `steps`. Asks once whether an order is possible, and only if the order without its last step is.
///
/// # Errors
///
/// The first error of `can_be_made`.
pub fn up_to<S: Clone, E>(
    steps: &[S],
    depth: usize,
    mut can_be_made: impl FnMut(&[S]) -> Result<bool, E>,
) -> Result<Vec<Vec<S>>, E> {
    let mut found: Vec<Vec<S>> = Vec::new();
    let mut begins = vec![Vec::new()];
    for _ in 0..depth {
        let mut longer = Vec::new();
        for begin in &begins {
            for step in steps {
                let mut order: Vec<S> = begin.clone();
                order.push(step.clone());
                if can_be_made(&order)? {
                    longer.push(order);
                }
            }
        }
        found.extend_from_slice(&longer);
        begins = longer;
    }
    Ok(found)
}

/// The steps of taking pipelines apart and using them: each of `ends` is unbound, each is bound, and `commands` are sent.
pub fn teardown<E: Clone, S>(
    ends: &[E],
    unbind: impl Fn(E) -> S,
    bind: impl Fn(E) -> S,
    commands: impl IntoIterator<Item = S>,
) -> Vec<S> {
    let unbinds = ends.iter().cloned().map(unbind);
    unbinds.chain(ends.iter().cloned().map(bind)).chain(commands).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[test]
    fn short_orders_come_first_and_none_begins_with_one_that_cannot_be_made() {
        let orders = up_to(&["a", "b"], 3, |order| Ok::<_, Infallible>(!order.ends_with(&["b", "b"])));
        let Ok(orders) = orders;
        let texts: Vec<String> = orders.iter().map(|order| order.concat()).collect();
        assert_eq!(texts, ["a", "b", "aa", "ab", "ba", "aaa", "aab", "aba", "baa", "bab"]);
    }

    #[test]
    fn an_error_ends_it() {
        let mut asked = 0;
        let result = up_to(&[1, 2], 3, |_| {
            asked += 1;
            if asked == 3 { Err("no board") } else { Ok(true) }
        });
        assert_eq!((result, asked), (Err("no board"), 3));
    }

    #[test]
    fn teardown_has_each_end_twice() {
        let steps =
            teardown(&["host", "panel"], |end| format!("-{end}"), |end| format!("+{end}"), ["!".to_owned()]);
        assert_eq!(steps, ["-host", "-panel", "+host", "+panel", "!"]);
    }
}
