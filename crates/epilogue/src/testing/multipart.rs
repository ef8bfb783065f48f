use bytes::Bytes;

/// A multipart form of a [`TestRequest`](super::TestRequest): what a browser sends for a form with files.
///
/// ```
/// use epilogue::prelude::*;
/// use epilogue::testing::{Multipart, TestClient};
///
/// #[post("/photos")]
/// async fn add(title: Form<String>, photo: File<UploadFile>) -> String {
///     format!("{}: {} with {} bytes", *title, photo.filename(), photo.len())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let client = TestClient::new(App::new().routes(routes![add]));
/// let form = Multipart::new().text("title", "a cat").file("photo", "cat.png", "image/png", "meow");
/// let reply = client.post("/photos").multipart(form).send().await;
/// assert_eq!(reply.text(), "a cat: cat.png with 4 bytes");
/// # });
/// ```
#[derive(Debug, Clone, Default)]
pub struct Multipart {
    parts: Vec<u8>,
}

/// Begins a part. The boundary in the content type is the same without the dashes.
const DELIMITER: &str = "--epilogue-7MA4YWxkTrZu0gW";

impl Multipart {
    pub(super) const CONTENT_TYPE: &'static str = "multipart/form-data; boundary=epilogue-7MA4YWxkTrZu0gW";

    /// A form without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    pub fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("form-data; name=\"{}\"", quoted(name)), None, value.as_bytes())
    }

    /// Adds a file.
    pub fn file(self, name: &str, filename: &str, content_type: &str, content: impl AsRef<[u8]>) -> Self {
        let disposition = format!("form-data; name=\"{}\"; filename=\"{}\"", quoted(name), quoted(filename));
        self.part(&disposition, Some(content_type), content.as_ref())
    }

    fn part(mut self, disposition: &str, content_type: Option<&str>, content: &[u8]) -> Self {
        let head = format!("{DELIMITER}\r\ncontent-disposition: {disposition}\r\n");
        self.parts.extend_from_slice(head.as_bytes());
        if let Some(content_type) = content_type {
            self.parts.extend_from_slice(format!("content-type: {content_type}\r\n").as_bytes());
        }
        self.parts.extend_from_slice(b"\r\n");
        self.parts.extend_from_slice(content);
        self.parts.extend_from_slice(b"\r\n");
        self
    }

    pub(super) fn into_body(mut self) -> Bytes {
        self.parts.extend_from_slice(format!("{DELIMITER}--\r\n").as_bytes());
        self.parts.into()
    }
}

/// A name as a browser writes it.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
