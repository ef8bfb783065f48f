use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

/// One event of an [`Sse`](crate::Sse) reply, in the format of the
/// [HTML standard](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
///
/// ```
/// use epilogue::Event;
/// use std::time::Duration;
///
/// let event = Event::data("two\nlines").event("note").id("7").retry(Duration::from_secs(2));
/// assert_eq!(event.to_string(), "event: note\nid: 7\nretry: 2000\ndata: two\ndata: lines\n\n");
///
/// #[derive(serde::Serialize)]
/// struct Price {
///     cents: u32,
/// }
/// assert_eq!(Event::json(&Price { cents: 250 }).unwrap().to_string(), "data: {\"cents\":250}\n\n");
/// ```
#[doc(alias = "ServerSentEvent")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// Complete lines.
    fields: String,
    data: String,
}

impl Event {
    /// An event with this text. Line breaks of all kinds arrive as `\n`.
    pub fn data(text: impl AsRef<str>) -> Self {
        Self { fields: String::new(), data: lines("data", text.as_ref()) }
    }

    /// An event with a value as JSON.
    ///
    /// # Errors
    ///
    /// When the value cannot be serialised.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Result<Self, serde_json::Error> {
        serde_json::to_string(value).map(Self::data)
    }

    /// A comment, which clients pass over.
    pub fn comment(text: impl AsRef<str>) -> Self {
        Self { fields: lines("", text.as_ref()), data: String::new() }
    }

    /// Names the event: a browser hands it to `addEventListener(name, …)`, and to `onmessage` where it has no name. A name is one
    /// line; a line break in it becomes a space.
    pub fn event(self, name: impl AsRef<str>) -> Self {
        self.field("event", name.as_ref())
    }

    /// Gives it an id, which a client that reconnects sends as the header `last-event-id`. An id is one line; a line break in it
    /// becomes a space, and so does a NUL, for which a client would leave the id out.
    pub fn id(self, id: impl AsRef<str>) -> Self {
        self.field("id", id.as_ref())
    }

    /// Says how long the client waits before it reconnects.
    pub fn retry(self, after: Duration) -> Self {
        let milliseconds = after.as_millis().to_string();
        self.field("retry", &milliseconds)
    }

    fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push_str(name);
        self.fields.push_str(": ");
        self.fields.extend(value.chars().map(|c| if matches!(c, '\r' | '\n' | '\0') { ' ' } else { c }));
        self.fields.push('\n');
        self
    }

    pub(super) fn into_bytes(self) -> Bytes {
        let mut text = self.fields;
        text.push_str(&self.data);
        text.push('\n');
        text.into()
    }
}

/// As it is sent.
impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}{}", self.fields, self.data)
    }
}

/// A text under a name, line by line. `\r\n`, `\r` and `\n` all end a line in the stream, so a value may contain none of them.
fn lines(name: &str, text: &str) -> String {
    let mut lines = String::with_capacity(name.len() + text.len() + 3);
    let mut rest = Some(text);
    while let Some(text) = rest {
        let end = text.find(['\r', '\n']);
        lines.push_str(name);
        // The client removes one space.
        lines.push_str(": ");
        lines.push_str(&text[..end.unwrap_or(text.len())]);
        lines.push('\n');
        rest = end.map(|end| text[end..].strip_prefix("\r\n").unwrap_or(&text[end + 1..]));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_break_starts_a_line() {
        let rows = [
            ("", "data: \n\n"),
            ("a", "data: a\n\n"),
            (" a", "data:  a\n\n"),
            ("a\nb", "data: a\ndata: b\n\n"),
            ("a\rb", "data: a\ndata: b\n\n"),
            ("a\r\nb", "data: a\ndata: b\n\n"),
            ("a\n\rb", "data: a\ndata: \ndata: b\n\n"),
            ("a\n", "data: a\ndata: \n\n"),
            ("é\n\nb", "data: é\ndata: \ndata: b\n\n"),
        ];
        for (text, sent) in rows {
            assert_eq!(Event::data(text).to_string(), sent, "{text:?}");
            assert_eq!(Event::data(text).into_bytes(), sent, "{text:?}");
        }
    }

    #[test]
    fn names_and_ids_stay_on_their_line() {
        let event = Event::data("x").event("a\ndata: evil").id("1\r\n\0");
        assert_eq!(event.to_string(), "event: a data: evil\nid: 1   \ndata: x\n\n");
        assert_eq!(Event::comment("a\nb").to_string(), ": a\n: b\n\n");
    }

    #[test]
    fn json_takes_what_is_borrowed() {
        assert_eq!(Event::json("a").unwrap().to_string(), "data: \"a\"\n\n");
        assert_eq!(Event::json(&[1, 2][..]).unwrap().to_string(), "data: [1,2]\n\n");
    }
}
