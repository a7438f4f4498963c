//! Parallel work on many items.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `work` for each of `items`, on all cores; the results are in the items' order.
///
/// # Errors
///
/// The first error of a worker. The others finish what they have begun, and do no more.
pub(crate) fn on_all_cores<T: Sync, R: Send>(
    items: &[T],
    work: &(dyn Fn(&T) -> io::Result<R> + Sync),
) -> io::Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(items.iter().map(|_| None).collect::<Vec<_>>());
    let take_turns = || {
        while let Some((index, item)) = Some(next.fetch_add(1, Ordering::Relaxed))
            .and_then(|index| items.get(index).map(|item| (index, item)))
        {
            let result = work(item).inspect_err(|_| {
                // Nobody takes another one: the rest would be done for nothing.
                next.store(items.len(), Ordering::Relaxed);
            })?;
            if let Some(place) = lock(&results).get_mut(index) {
                *place = Some(result);
            }
        }
        Ok(())
    };
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(take_turns)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a thread that boots kernels has panicked")))
        })
    })?;
    Ok(lock(&results).drain(..).flatten().collect())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..100).collect();
        let doubled = on_all_cores(&items, &|item| Ok(item * 2)).expect("nothing fails");
        assert!(doubled.iter().zip(&items).all(|(doubled, item)| *doubled == item * 2));
        assert_eq!(doubled.len(), items.len());
    }

    #[test]
    fn an_error_ends_the_work() {
        let items: Vec<usize> = (0..10_000).collect();
        let done = AtomicUsize::new(0);
        let result = on_all_cores(&items, &|item| {
            std::thread::sleep(std::time::Duration::from_millis(1));
            done.fetch_add(1, Ordering::Relaxed);
            if *item == 0 { Err(io::Error::other("no memory")) } else { Ok(()) }
        });
        assert_eq!(result.expect_err("the first one fails").to_string(), "no memory");
        assert!(done.into_inner() < 1000);
    }
}
