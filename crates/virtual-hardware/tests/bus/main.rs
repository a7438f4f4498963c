//! Everything that can go wrong on a link, met through the real bus.
//!
//! Each fault ends in the error that it should, the same link works again after its repair, and when everything has
//! been taken down nothing is left. What a host or a panel does by itself is in `tests/end_to_end`.

mod attach;
mod bits;
mod channels;
mod detach;
mod fault;
mod pairs;
mod pulled;
mod random;
mod reads;
mod removal;
mod responses;
mod rig;
mod supply;
