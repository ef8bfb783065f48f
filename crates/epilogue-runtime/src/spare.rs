//! The memory of lists that have run, kept for the thread's next ones. Without it, a list would allocate at each step of its
//! growth, and get memory that is cold in the cache.

use std::{cell::RefCell, mem};

use crate::task::Queued;

/// How many lists of each size a thread keeps: enough for the requests that it has in hand at the same time.
const LISTS: usize = 4;

/// The sizes that lists grow through, so that a list that waits for its reply to leave, perhaps for hours, holds no more than a
/// few times what it needs. A list larger than the last size is rare, and too much to keep.
const SIZES: [usize; 4] = [2, 8, 32, 128];

thread_local! {
    static SPARE: RefCell<[Vec<Vec<Queued>>; SIZES.len()]> = const { RefCell::new([const { Vec::new() }; SIZES.len()]) };
}

/// Moves a full list into the next size.
pub(crate) fn grow(list: &mut Vec<Queued>) {
    let Some(size) = SIZES.iter().position(|&size| size > list.capacity()) else { return };
    // An error means that the thread is ending.
    let spare = SPARE.try_with(|spare| spare.borrow_mut()[size].pop()).ok().flatten();
    let mut larger = spare.unwrap_or_else(|| Vec::with_capacity(SIZES[size]));
    larger.append(list);
    give(mem::replace(list, larger));
}

/// Keeps a list that has run.
pub(crate) fn give(mut list: Vec<Queued>) {
    let Some(size) = SIZES.iter().position(|&size| size == list.capacity()) else { return };
    list.clear();
    let _ = SPARE.try_with(|spare| {
        let spare = &mut spare.borrow_mut()[size];
        if spare.len() < LISTS {
            spare.push(list);
        }
    });
}
