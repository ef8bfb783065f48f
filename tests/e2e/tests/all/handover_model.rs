//! All interleavings (by loom) of a reply that ends, a flush that completes and a socket that is closed. Each batch goes exactly
//! once, and never with a flush or a turn that began before the end of its reply was queued.

#![allow(missing_docs)]

use std::sync::Arc as StdArc;
use std::task::{Context, Wake, Waker};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

/// The library's own file, with loom's types in place of the standard library's.
#[path = "../../../../crates/epilogue/src/server/handover.rs"]
#[allow(unreachable_pub, dead_code)]
mod handover;

mod sync {
    pub(super) use loom::sync::atomic::{AtomicBool, Ordering};

    /// Like parking_lot's: without poison.
    pub(super) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(super) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(super) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }
}

use handover::{End, Handover};

/// The task of the connection, as wakers see it.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: StdArc<Self>) {
        self.0.swap(true, Ordering::SeqCst);
    }
}

/// A turn of the connection's task on HTTP/2, where no end is marked: it writes what had been queued when it began, and all of it is flushed.
fn turn(handover: &Handover<usize>, queued: &[AtomicBool], waker: &Waker) -> handover::Gone<usize> {
    let written: Vec<bool> = queued.iter().map(|end| end.load(Ordering::SeqCst)).collect();
    assert!(handover.flushed().is_none(), "there may be more to write");
    let gone = handover.turn_ended(&Context::from_waker(waker));
    for reply in &gone {
        assert!(written[*reply], "reply {reply} was not written when its tasks began");
    }
    gone
}

#[test]
fn an_http2_batch_goes_once_after_its_reply_and_is_not_forgotten() {
    // All interleavings with at most this many preemptions. Without the bound it takes half a minute and finds no more.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let handover = Arc::new(Handover::new());
        handover.speaks_http2();
        let queued = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let woken = StdArc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(woken.clone());
        let streams: Vec<_> = (0..2)
            .map(|reply| {
                let (handover, queued) = (handover.clone(), queued.clone());
                thread::spawn(move || {
                    queued[reply].store(true, Ordering::SeqCst);
                    assert_eq!(handover.reply_ended(reply, None), None);
                })
            })
            .collect();
        // The connection's task has one turn by itself. After that it sleeps unless it is woken.
        let mut gone = turn(&handover, &queued[..], &waker);
        for stream in streams {
            stream.join().unwrap();
        }
        while woken.0.swap(false, Ordering::SeqCst) {
            gone.extend(turn(&handover, &queued[..], &waker));
        }
        gone.sort_unstable();
        assert_eq!(gone[..], [0, 1]);
        assert!(handover.closed().is_empty());
    });
}

#[test]
fn an_http2_batch_goes_once_when_its_connection_is_closed() {
    loom::model(|| {
        let handover = Arc::new(Handover::new());
        handover.speaks_http2();
        let queued = Arc::new([AtomicBool::new(false)]);
        let woken = StdArc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(woken);
        let stream = {
            let (handover, queued) = (handover.clone(), queued.clone());
            thread::spawn(move || {
                queued[0].store(true, Ordering::SeqCst);
                handover.reply_ended(0, None)
            })
        };
        let mut gone = turn(&handover, &queued[..], &waker);
        gone.extend(turn(&handover, &queued[..], &waker));
        gone.extend(handover.closed());
        gone.extend(stream.join().unwrap());
        assert_eq!(gone[..], [0]);
    });
}

/// A turn of the connection's task on HTTP/2 that writes the marked ends that are queued.
fn marking_turn(
    handover: &Handover<usize>,
    (queued, written): (&AtomicBool, &mut bool),
    end: &End,
    waker: &Waker,
    is_behind: bool,
) -> handover::Gone<usize> {
    if !*written && queued.load(Ordering::SeqCst) {
        *written = true;
        handover.end_is_written(end);
    }
    let mut gone = handover.flushed().unwrap_or_default();
    if !is_behind {
        gone.extend(handover.turn_ended(&Context::from_waker(waker)));
    }
    assert!(*written || !gone.contains(&0), "it was not written when its tasks began");
    gone
}

#[test]
fn an_http2_batch_whose_end_is_marked_goes_once_after_it() {
    for is_behind in [false, true] {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(move || {
            let handover = Arc::new(Handover::new());
            handover.speaks_http2();
            let queued = Arc::new(AtomicBool::new(false));
            let woken = StdArc::new(Woken(AtomicBool::new(false)));
            let waker = Waker::from(woken.clone());
            let end = End::new();
            let stream = {
                let (handover, queued, end, waker) =
                    (handover.clone(), queued.clone(), end.clone(), waker.clone());
                thread::spawn(move || {
                    queued.store(true, Ordering::SeqCst);
                    waker.wake();
                    assert_eq!(handover.reply_ended(0, Some(end)), None);
                })
            };
            // It drops its last piece itself.
            let reset = {
                let handover = handover.clone();
                thread::spawn(move || {
                    let end = End::new();
                    handover.end_is_written(&end);
                    assert_eq!(handover.reply_ended(1, Some(end)), None);
                })
            };
            let mut written = false;
            // For the turn that follows.
            woken.0.swap(false, Ordering::SeqCst);
            let mut gone = marking_turn(&handover, (&queued, &mut written), &end, &waker, is_behind);
            stream.join().unwrap();
            reset.join().unwrap();
            // The kernel wakes a connection that is behind.
            while woken.0.swap(false, Ordering::SeqCst) || (is_behind && gone.len() < 2) {
                gone.extend(marking_turn(&handover, (&queued, &mut written), &end, &waker, is_behind));
            }
            gone.sort_unstable();
            assert_eq!(gone[..], [0, 1]);
            assert!(handover.closed().is_empty());
        });
    }
}

/// h2 flushes no more once it closes the connection.
#[test]
fn a_connection_that_flushes_no_more_lets_go_and_comes_to_rest() {
    loom::model(|| {
        let handover = Arc::new(Handover::new());
        handover.speaks_http2();
        let woken = StdArc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(woken.clone());
        let mut gone = handover.turn_ended(&Context::from_waker(&waker));
        let stream = {
            let handover = handover.clone();
            thread::spawn(move || {
                let end = End::new();
                handover.end_is_written(&end);
                assert_eq!(handover.reply_ended(0, Some(end)), None);
            })
        };
        gone.extend(handover.turn_ended(&Context::from_waker(&waker)));
        stream.join().unwrap();
        let mut turns = 0;
        while woken.0.swap(false, Ordering::SeqCst) {
            gone.extend(handover.turn_ended(&Context::from_waker(&waker)));
            turns += 1;
            assert!(turns < 5, "it spins");
        }
        assert_eq!(gone[..], [0]);
    });
}

#[test]
fn an_http2_batch_whose_end_is_marked_goes_once_when_its_connection_is_closed() {
    loom::model(|| {
        let handover = Arc::new(Handover::new());
        handover.speaks_http2();
        let queued = Arc::new(AtomicBool::new(false));
        let waker = Waker::from(StdArc::new(Woken(AtomicBool::new(false))));
        let end = End::new();
        let stream = {
            let (handover, queued, end) = (handover.clone(), queued.clone(), end.clone());
            thread::spawn(move || {
                queued.store(true, Ordering::SeqCst);
                handover.reply_ended(0, Some(end))
            })
        };
        let mut written = false;
        let mut gone = marking_turn(&handover, (&queued, &mut written), &end, &waker, false);
        gone.extend(handover.closed());
        gone.extend(stream.join().unwrap());
        handover.end_is_written(&end);
        assert_eq!(gone[..], [0]);
    });
}

/// On HTTP/1 hyper drops a body in the task that flushes, but a middleware may have passed it to another task.
#[test]
fn an_http1_batch_goes_once_wherever_its_body_is_dropped() {
    loom::model(|| {
        let handover = Arc::new(Handover::new());
        let elsewhere = {
            let handover = handover.clone();
            thread::spawn(move || handover.reply_ended(1, None))
        };
        let mut gone = handover.flushed().unwrap_or_default();
        assert_eq!(handover.reply_ended(0, None), None);
        gone.extend(handover.flushed().unwrap_or_default());
        assert!(gone.contains(&0), "it goes with the next flush");
        gone.extend(handover.closed());
        gone.extend(elsewhere.join().unwrap());
        gone.sort_unstable();
        assert_eq!(gone[..], [0, 1]);
    });
}
