use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// One connection that is kept open.
pub(super) struct Client(TcpStream);

impl Client {
    pub(super) fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self(stream))
    }

    /// Sends a request; the status and the body of its reply.
    pub(super) fn send(&mut self, request: &str) -> io::Result<(String, String)> {
        self.0.write_all(request.as_bytes())?;
        let mut reply = Vec::new();
        let mut piece = [0; 8 * 1024];
        loop {
            let read = self.0.read(&mut piece)?;
            if read == 0 {
                return Err(io::Error::other("the server has closed the connection"));
            }
            reply.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&reply);
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && body.len() >= length(head).ok_or_else(|| io::Error::other("no length"))?
            {
                let status = head.get(9..12).unwrap_or_default().to_owned();
                return Ok((status, body.to_owned()));
            }
        }
    }
}

fn length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    })
}
