use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Context;
use std::time::Duration;

use http::{Method, Version};

use super::handover::{End, Gone, Handover};
use super::passage::Follows;
use super::stream::Stream;
use super::timer::Wait;
use crate::tasks::Lane;

/// What the requests of a connection and its socket share: what follows replies that have ended, but may not have left yet.
///
/// hyper drops a reply's body before it writes it, so the end of the body is too early. The first flush that the socket
/// completes after it is the moment when the kernel has taken the last byte; see [`ConnectionIo`](super::io::ConnectionIo). On HTTP/2 it
/// is the first flush after h2 has copied the last piece into its buffer. A reply that ends without such a piece waits for the end of the first
/// turn of the connection's task that began after the end of the body.
pub(crate) struct Connection {
    pub(crate) client: SocketAddr,
    pub(crate) body_read_timeout: Option<Duration>,
    following: Handover<Follows>,
    lane: Lane,
    pub(super) wait: Arc<Wait>,
    /// Whether an HTTP/1 request may have to wait until all of its reply is there, so that its client may leave in the meantime.
    awaits_reply: AtomicBool,
    /// Whether the body of an HTTP/1 request may not have ended when its reply was made.
    leaves_unread: AtomicBool,
    /// Whether the kernel had yet to take some of what was written when the connection's task last ended a turn, on HTTP/2.
    is_behind: AtomicBool,
    /// Whether it was cut off at the end of a shutdown.
    is_cut_off: AtomicBool,
}

impl Connection {
    pub(super) fn new(client: SocketAddr, body_read_timeout: Option<Duration>, wait: Arc<Wait>) -> Self {
        Self {
            client,
            body_read_timeout,
            following: Handover::new(),
            lane: Lane::new(),
            wait,
            awaits_reply: AtomicBool::new(false),
            leaves_unread: AtomicBool::new(false),
            is_behind: AtomicBool::new(false),
            is_cut_off: AtomicBool::new(false),
        }
    }

    /// A request has come in this version of HTTP; all others on the connection will use it too.
    #[inline]
    pub(crate) fn request_came(self: &Arc<Self>, version: Version, method: &Method) -> Option<Box<Stream>> {
        if version == Version::HTTP_2 {
            self.following.speaks_http2();
            return Some(Box::new(Stream::new(Arc::clone(self), method)));
        }
        self.wait.head_came();
        self.awaits_reply.store(true, Ordering::Relaxed);
        self.leaves_unread.store(false, Ordering::Relaxed);
        None
    }

    #[inline]
    pub(super) fn awaits_reply(&self) -> bool {
        self.awaits_reply.load(Ordering::Relaxed)
    }

    /// All of a reply is there: the rest depends only on the socket, which reports its own failure.
    #[inline]
    pub(super) fn reply_is_there(&self) {
        self.awaits_reply.store(false, Ordering::Relaxed);
    }

    /// The request's client may go on sending what nobody reads.
    pub(crate) fn leaves_unread(&self) {
        self.leaves_unread.store(true, Ordering::Relaxed);
    }

    pub(super) fn may_be_sent_more(&self) -> bool {
        self.leaves_unread.load(Ordering::Relaxed) && !self.is_http2()
    }

    pub(super) fn is_http2(&self) -> bool {
        self.following.is_http2()
    }

    /// The body of a reply has ended; what follows it waits for the flush.
    pub(crate) fn reply_ended(&self, follows: Follows, end: Option<End>) {
        self.reply_is_there();
        if let Some(follows) = self.following.reply_ended(follows, end) {
            follows.submit_on(&self.lane);
        }
    }

    /// h2 has let go of the last piece of a reply. It may hold its locks.
    pub(super) fn end_is_written(&self, end: &End) {
        self.following.end_is_written(end);
    }

    /// The kernel takes no more for now.
    #[cold]
    pub(super) fn stalls(&self) {
        self.wait.reply_stalls();
    }

    /// The kernel has taken some of what was written.
    #[inline]
    pub(super) fn goes_on(&self) {
        self.wait.reply_goes_on();
    }

    /// The kernel has taken all that was written.
    pub(super) fn flushed(&self) {
        if let Some(gone) = self.following.flushed() {
            self.submit(gone);
        }
    }

    /// hyper has done what it can for now.
    #[inline]
    pub(super) fn turn_ended(&self, context: &Context<'_>) {
        if self.is_http2() {
            self.http2_turn_ended(context);
        }
    }

    fn http2_turn_ended(&self, context: &Context<'_>) {
        let is_behind = self.wait.is_stalled();
        self.is_behind.store(is_behind, Ordering::Relaxed);
        if !is_behind {
            self.submit(self.following.turn_ended(context));
        }
    }

    /// Whether it is the kernel that takes no more of the replies, on HTTP/2.
    #[cfg(feature = "http2")]
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind.load(Ordering::Relaxed)
    }

    /// What is dropped from now on was not finished.
    pub(super) fn cut_off(&self) {
        self.is_cut_off.store(true, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn is_cut_off(&self) -> bool {
        self.is_cut_off.load(Ordering::Relaxed)
    }

    /// The socket is gone.
    pub(super) fn closed(&self) {
        self.submit(self.following.closed());
    }

    #[inline]
    fn submit(&self, gone: Gone<Follows>) {
        for follows in gone {
            follows.submit_on(&self.lane);
        }
    }
}
