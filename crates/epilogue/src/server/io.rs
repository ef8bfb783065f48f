use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};

use super::connection::Connection;

/// A socket that tells its [`Connection`] when the kernel has taken all that was written, and when it is gone.
pub(super) struct ConnectionIo {
    inner: TokioIo<TcpStream>,
    connection: Arc<Connection>,
    /// Until when it [lingers](Self::poll_lingered), once it does.
    lingers: Option<Pin<Box<Sleep>>>,
    /// A WebSocket keeps its place even after it has left HTTP.
    _place: OwnedSemaphorePermit,
}

/// How long a client that goes on sending has to take its last reply.
const LINGER: Duration = Duration::from_millis(500);

/// Up to this length the head of a reply and its body are sent as one piece: a `send` takes the kernel less time than a `writev`.
const COPIED: usize = 1024;

thread_local! {
    static JOINED: RefCell<[u8; COPIED]> = const { RefCell::new([0; COPIED]) };
}

/// All slices in one, if they fit.
fn joined_in<'j>(joined: &'j mut [u8; COPIED], slices: &[io::IoSlice<'_>]) -> Option<&'j [u8]> {
    let mut end = 0;
    for slice in slices {
        joined.get_mut(end..end + slice.len())?.copy_from_slice(slice);
        end += slice.len();
    }
    Some(&joined[..end])
}

impl ConnectionIo {
    pub(super) fn new(stream: TcpStream, connection: Arc<Connection>, place: OwnedSemaphorePermit) -> Self {
        Self { inner: TokioIo::new(stream), connection, lingers: None, _place: place }
    }

    #[inline]
    fn note<T>(&self, written: &Poll<T>) {
        match written {
            Poll::Pending => self.connection.stalls(),
            Poll::Ready(_) => self.connection.goes_on(),
        }
    }

    /// Ends the connection of a client that has left before its reply.
    ///
    /// hyper would notice by reading on. That takes a new buffer, because the head is still in the one it has: an allocation of 8
    /// KiB per request, even if the reply is there before hyper would have had to wait for it.
    fn poll_client_left(&self, context: &mut Context<'_>) -> Poll<io::Error> {
        let mut byte = [0];
        match std::task::ready!(self.inner.inner().poll_peek(context, &mut ReadBuf::new(&mut byte))) {
            Ok(0) => {
                Poll::Ready(io::Error::new(io::ErrorKind::UnexpectedEof, "the client left before its reply"))
            }
            // The next request, or more of the body. If the client leaves after it, that is noticed once hyper has read it.
            Ok(_) => Poll::Pending,
            Err(error) => Poll::Ready(error),
        }
    }
}

impl ConnectionIo {
    /// Discards what the client still sends, until it goes or its time is up. To close a socket with something unread, or that is sent
    /// something later, resets it, so that the client may lose its last reply, or never look for it.
    #[cold]
    fn poll_lingered(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let until = self.lingers.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        let mut bytes = [0; 8 * 1024];
        loop {
            if until.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = Pin::new(self.inner.inner_mut()).poll_read(context, &mut buffer);
            if std::task::ready!(read).is_err() || buffer.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }
}

impl Drop for ConnectionIo {
    fn drop(&mut self) {
        self.connection.closed();
    }
}

impl Read for ConnectionIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl Write for ConnectionIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.note(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = JOINED.with_borrow_mut(|joined| match joined_in(joined, slices) {
            Some(whole) => Pin::new(&mut self.inner).poll_write(context, whole),
            None => Pin::new(&mut self.inner).poll_write_vectored(context, slices),
        });
        self.note(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(Pin::new(&mut self.inner).poll_flush(context))?;
        self.connection.flushed();
        if self.connection.awaits_reply()
            && let Poll::Ready(error) = self.poll_client_left(context)
        {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingers.is_none() {
            std::task::ready!(Pin::new(&mut self.inner).poll_shutdown(context))?;
            let lingers = match self.inner.inner().poll_peek(context, &mut ReadBuf::new(&mut [0])) {
                Poll::Ready(peeked) => matches!(peeked, Ok(1..)),
                Poll::Pending => self.connection.may_be_sent_more(),
            };
            if !lingers {
                return Poll::Ready(Ok(()));
            }
        }
        self.poll_lingered(context).map(Ok)
    }
}
