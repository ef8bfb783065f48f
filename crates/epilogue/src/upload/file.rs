use std::fmt;
use std::io::{self, Cursor};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

use super::spool::Content;

/// A file that a client sent in a multipart form, as [`File<UploadFile>`](crate::File) holds it. FastAPI's `UploadFile`.
///
/// Files of up to one mebibyte are kept in memory, larger ones in a temporary file, which is removed with the last clone. A
/// clone is cheap and may be moved into a task.
///
/// ```
/// use epilogue::prelude::*;
///
/// async fn index(upload: UploadFile) -> std::io::Result<()> {
///     let content = upload.bytes().await?;
///     println!("{} has {} lines", upload.filename(), content.split(|byte| *byte == b'\n').count());
///     Ok(())
/// }
///
/// #[post("/documents", status = 202)]
/// async fn add(document: File<UploadFile>, tasks: &BackgroundTasks) -> String {
///     tasks.add_task(index, (UploadFile::clone(&document),));
///     format!("{} bytes", document.len())
/// }
/// ```
#[derive(Clone)]
pub struct UploadFile(Arc<Inner>);

struct Inner {
    filename: String,
    content_type: Option<String>,
    content: Content,
}

impl UploadFile {
    /// A file to call a path function with, from a test.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[post("/length")]
    /// async fn length(file: File<UploadFile>) -> String {
    ///     file.len().to_string()
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let file = UploadFile::new("hello.txt", Some("text/plain"), "hello");
    /// assert_eq!(length(File(file)).await, "5");
    /// # });
    /// ```
    pub fn new(filename: impl Into<String>, content_type: Option<&str>, content: impl Into<Bytes>) -> Self {
        Self::of(filename.into(), content_type.map(Into::into), Content::Memory(content.into()))
    }

    pub(super) fn of(filename: String, content_type: Option<String>, content: Content) -> Self {
        Self(Arc::new(Inner { filename, content_type, content }))
    }

    /// The name that the client gave it. It may be anything, `../` included: do not write to it as a path.
    pub fn filename(&self) -> &str {
        &self.0.filename
    }

    /// The content type that the client says it has.
    pub fn content_type(&self) -> Option<&str> {
        self.0.content_type.as_deref()
    }

    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        match &self.0.content {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Disk(file) => file.len(),
        }
    }

    /// Whether it has no content.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The content, if it is not on the disk.
    pub(crate) fn in_memory(&self) -> Option<Bytes> {
        match &self.0.content {
            Content::Memory(bytes) => Some(bytes.clone()),
            Content::Disk(_) => None,
        }
    }

    /// The whole content in memory.
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be read.
    pub async fn bytes(&self) -> io::Result<Bytes> {
        match &self.0.content {
            Content::Memory(bytes) => Ok(bytes.clone()),
            Content::Disk(file) => {
                let mut content = Vec::with_capacity(usize::try_from(file.len()).unwrap_or_default());
                file.open().await?.read_to_end(&mut content).await?;
                Ok(content.into())
            }
        }
    }

    /// Reads the content from its start, piece by piece. Readers do not disturb each other.
    ///
    /// ```
    /// use epilogue::prelude::*;
    /// use tokio::io::{AsyncBufReadExt, BufReader};
    ///
    /// #[post("/lines")]
    /// async fn lines(file: File<UploadFile>) -> Result<String, HttpError> {
    ///     let mut lines = BufReader::new(file.reader().await?).lines();
    ///     let mut count = 0;
    ///     while lines.next_line().await?.is_some() {
    ///         count += 1;
    ///     }
    ///     Ok(count.to_string())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be opened.
    pub async fn reader(&self) -> io::Result<UploadReader> {
        Ok(UploadReader(match &self.0.content {
            Content::Memory(bytes) => Reader::Memory(Cursor::new(bytes.clone())),
            // The clone keeps the temporary file while it is being read.
            Content::Disk(file) => Reader::Disk { file: file.open().await?, _of: self.clone() },
        }))
    }

    /// Writes the content to a file, which is made or overwritten.
    ///
    /// ```
    /// use epilogue::prelude::*;
    ///
    /// #[post("/avatars/{user}")]
    /// async fn set_avatar(user: Path<u64>, avatar: File<UploadFile>) -> Result<(), HttpError> {
    ///     // The name is ours: the client's may be a path.
    ///     avatar.save_to(format!("avatars/{}.png", *user)).await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// When that file cannot be written, or the temporary file not be read.
    pub async fn save_to(&self, path: impl AsRef<Path>) -> io::Result<()> {
        match &self.0.content {
            Content::Memory(bytes) => tokio::fs::write(path, bytes.clone()).await,
            Content::Disk(file) => file.copy_to(path.as_ref()).await,
        }
    }
}

impl fmt::Debug for UploadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadFile")
            .field("filename", &self.0.filename)
            .field("content_type", &self.0.content_type)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// The content of an [`UploadFile`] from its start, as [`reader`](UploadFile::reader) gives it: a `tokio::io::AsyncRead`.
///
/// ```
/// use epilogue::prelude::*;
/// use tokio::io::AsyncReadExt;
///
/// #[post("/pictures")]
/// async fn add(picture: File<UploadFile>) -> Result<&'static str, HttpError> {
///     let mut signature = [0; 8];
///     picture.reader().await?.read_exact(&mut signature).await?;
///     Ok(if signature == *b"\x89PNG\r\n\x1a\n" { "a PNG" } else { "something else" })
/// }
/// ```
#[derive(Debug)]
pub struct UploadReader(Reader);

#[derive(Debug)]
enum Reader {
    Memory(Cursor<Bytes>),
    Disk { file: tokio::fs::File, _of: UploadFile },
}

impl AsyncRead for UploadReader {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Reader::Memory(bytes) => Pin::new(bytes).poll_read(context, buffer),
            Reader::Disk { file, .. } => Pin::new(file).poll_read(context, buffer),
        }
    }
}
