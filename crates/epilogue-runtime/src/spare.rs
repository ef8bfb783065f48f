//! The memory of lists that have run, for the next ones of the thread: a list grows in steps, and each is a new piece of memory that
//! nobody has used lately.

use std::cell::RefCell;

use crate::task::Queued;

/// How many lists a thread keeps: those of requests that are in hand at the same time.
const LISTS: usize = 4;

/// A list of more tasks than this is rare, and too much to keep.
const TASKS: usize = 256;

thread_local! {
    static SPARE: RefCell<Vec<Vec<Queued>>> = const { RefCell::new(Vec::new()) };
}

/// An empty list.
pub(crate) fn take() -> Vec<Queued> {
    // An error is the end of the thread.
    SPARE.try_with(|spare| spare.borrow_mut().pop()).ok().flatten().unwrap_or_default()
}

/// Keeps a list that has run.
pub(crate) fn give(mut list: Vec<Queued>) {
    if list.capacity() == 0 || list.capacity() > TASKS {
        return;
    }
    list.clear();
    let _ = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        if spare.len() < LISTS {
            spare.push(list);
        }
    });
}
