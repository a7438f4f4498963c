//! The queue for the link of a host: first come, first served.
//!
//! A ticket is a place in a ring of 32, so the 33rd caller who would wait is refused. A caller who no longer waits
//! leaves a mark at their place, and the queue skips it; the last in the queue gives the place back.

/// How many callers can wait for one link at a time.
pub const MAX_QUEUED: u8 = 32;

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u8);

/// Who waits for a link, in the order in which they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkQueue {
    /// The place to serve next, 0 to 31.
    first: u8,
    /// How many places from there on are given out, 0 to 32: to callers who wait, and marks of those who left.
    length: u8,
    /// One bit for each place whose caller no longer waits. Never that of the first or the last place.
    left: u32,
}

impl LinkQueue {
    /// Nobody waits.
    pub const EMPTY: Self = Self { first: 0, length: 0, left: 0 };

    /// Whether nobody waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// How many callers wait, 0 to 32.
    #[must_use]
    pub const fn len(&self) -> u8 {
        self.length.saturating_sub(self.left.count_ones() as u8)
    }

    /// Gives out the place at the end; `None` if the ring is full.
    pub(super) fn join(&mut self) -> Option<Ticket> {
        if self.length >= MAX_QUEUED {
            return None;
        }
        let ticket = Ticket(self.first.wrapping_add(self.length) % MAX_QUEUED);
        self.length += 1;
        Some(ticket)
    }

    /// Whether this place is served next; without a ticket, whether nobody waits.
    #[must_use]
    pub(super) fn is_turn_of(&self, ticket: Option<Ticket>) -> bool {
        match ticket {
            None => self.is_empty(),
            Some(ticket) => !self.is_empty() && ticket.0 == self.first,
        }
    }

    /// The caller with this place no longer waits. Returns whether they were the first.
    pub(super) fn leave(&mut self, ticket: Ticket) -> bool {
        self.left |= 1 << ticket.0;
        let was_first = ticket.0 == self.first;
        while self.length > 0 && self.left & 1 << self.first != 0 {
            self.left &= !(1 << self.first);
            self.first = self.first.wrapping_add(1) % MAX_QUEUED;
            self.length -= 1;
        }
        // Who asks again and again for a short time takes one place, however long others wait.
        while let Some(last) =
            self.length.checked_sub(1).map(|last| self.first.wrapping_add(last) % MAX_QUEUED)
        {
            if self.left & 1 << last == 0 {
                break;
            }
            self.left &= !(1 << last);
            self.length -= 1;
        }
        if self.length == 0 {
            *self = Self::EMPTY;
        }
        was_first
    }

    /// Turns the ring so that the first place is 0, and returns by how many places. For searches: they then turn all
    /// tickets by as many.
    pub fn turn(&mut self) -> u8 {
        let by = self.first;
        self.left = self.left.rotate_right(u32::from(by));
        self.first = 0;
        by
    }
}

impl Ticket {
    /// The same place in a ring that was turned by this many places.
    #[must_use]
    pub const fn turned(self, by: u8) -> Self {
        Self(self.0.wrapping_sub(by) % MAX_QUEUED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_came_first_is_served_first_and_who_left_is_skipped() {
        let mut queue = LinkQueue::EMPTY;
        for round in 0..100 {
            let tickets: std::vec::Vec<_> = (0..5).filter_map(|_| queue.join()).collect();
            assert_eq!(tickets.len(), 5, "round {round}");
            assert!(!queue.leave(tickets[1]) && !queue.leave(tickets[2]));
            assert!(queue.is_turn_of(Some(tickets[0])) && !queue.is_turn_of(None));
            assert!(queue.leave(tickets[0]));
            assert!(queue.is_turn_of(Some(tickets[3])) && !queue.is_turn_of(Some(tickets[4])));
            assert!(!queue.leave(tickets[4]));
            assert!(queue.leave(tickets[3]));
            assert_eq!(queue, LinkQueue::EMPTY);
            // Begins at another place of the ring in every round.
            let first = queue.join().expect("an empty queue has room");
            let second = queue.join().expect("there is room for two");
            queue.leave(first);
            assert!(queue.is_turn_of(Some(second)));
            queue.leave(second);
        }
    }

    #[test]
    fn who_asks_again_and_again_takes_one_place() {
        let mut queue = LinkQueue::EMPTY;
        let waiting = queue.join().expect("an empty queue has room");
        let (given_up, last) = (queue.join().expect("there is room"), queue.join().expect("there is room"));
        queue.leave(given_up);
        assert_eq!(queue.len(), 2, "who has left does not wait");
        for round in 0..100 {
            let ticket = queue.join();
            assert!(ticket.is_some_and(|ticket| !queue.leave(ticket)), "round {round}");
        }
        queue.leave(last);
        assert_eq!((queue.len(), queue.is_turn_of(Some(waiting))), (1, true));
        assert!(queue.leave(waiting));
        assert_eq!(queue, LinkQueue::EMPTY);
    }

    #[test]
    fn the_thirty_third_is_refused_and_a_turned_ring_is_the_same_queue() {
        let mut queue = LinkQueue::EMPTY;
        let tickets: std::vec::Vec<_> = (0..MAX_QUEUED).filter_map(|_| queue.join()).collect();
        assert_eq!((tickets.len(), queue.join()), (32, None));
        for ticket in &tickets[..7] {
            queue.leave(*ticket);
        }
        queue.leave(tickets[9]);
        let mut turned = queue;
        let by = turned.turn();
        assert_eq!(by, 7);
        for ticket in &tickets[7..] {
            assert_eq!(queue.is_turn_of(Some(*ticket)), turned.is_turn_of(Some(ticket.turned(by))));
        }
        for ticket in [tickets[7], tickets[8]] {
            queue.leave(ticket);
            turned.leave(ticket.turned(by));
        }
        assert!(queue.is_turn_of(Some(tickets[10])) && turned.is_turn_of(Some(tickets[10].turned(by))));
    }
}
