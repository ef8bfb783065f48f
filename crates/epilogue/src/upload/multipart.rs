//! A multipart body, read part by part: texts into memory, large files onto the disk.

use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum_core::BoxError;
use bytes::Bytes;
use futures_core::Stream;
use http_body::Body;
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::UploadFile;
use super::spool::Spool;
use crate::decode::{Index, Raw, Raws, Values};
use crate::rejection::Place;

/// How many files, and how many texts, one form may have, as in Starlette.
pub(crate) const MAX_PARTS: usize = 1000;

/// How much may be read before the head of a part is complete.
const MAX_HEAD: usize = 64 * 1024;

/// What a multipart body may contain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormLimits {
    /// Bytes in all.
    pub(crate) whole: usize,
    /// Bytes of text, which stays in memory.
    pub(crate) text: usize,
    /// Whether files stay in memory too.
    pub(crate) files_in_memory: bool,
}

/// Why a multipart body was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MultipartError {
    #[error("it has more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("it is malformed")]
    Malformed(#[source] multer::Error),
    #[error("it ends too early")]
    Cut(#[source] multer::Error),
    #[error("a part has no name")]
    Nameless,
    #[error("it has more than {MAX_PARTS} {0}")]
    TooMany(&'static str),
    #[error("it could not be read")]
    Read(#[source] multer::Error),
    #[error("a file could not be stored")]
    Store(#[source] io::Error),
}

/// A form as it was sent, in order.
#[derive(Debug, Default)]
pub(crate) struct MultipartForm {
    parts: Vec<(String, Part)>,
    text_length: usize,
}

#[derive(Debug)]
enum Part {
    Text(String),
    File(UploadFile),
}

/// Reads a body whose content type is that of a multipart form. As in FastAPI, a body that ends too early counts as the parts that it has.
pub(crate) async fn parse<B>(
    body: B,
    content_type: &str,
    limits: FormLimits,
) -> Result<MultipartForm, MultipartError>
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: Into<BoxError>,
{
    let boundary = multer::parse_boundary(content_type).map_err(MultipartError::Malformed)?;
    let asked = Arc::new(Asked::default());
    let opening = Opening::of(&boundary);
    let pieces = Pieces { body: Some(body), pause: false, asked: Arc::clone(&asked), opening };
    let constraints = Constraints::new().size_limit(SizeLimit::new().whole_stream(limits.whole as u64));
    let multipart = Multipart::with_constraints(pieces, boundary, constraints);
    let mut form = MultipartForm::default();
    match read_parts(multipart, &asked, limits, &mut form).await {
        Ok(()) | Err(MultipartError::Cut(_)) => Ok(form),
        Err(error) => Err(error),
    }
}

async fn read_parts(
    mut multipart: Multipart<'_>,
    asked: &Asked,
    limits: FormLimits,
    form: &mut MultipartForm,
) -> Result<(), MultipartError> {
    let (mut files, mut texts) = (0, 0);
    loop {
        asked.again();
        let field = multipart.next_field().await.map_err(|error| broken(error, asked))?;
        let Some(mut field) = field else { return Ok(()) };
        let name = field.name().ok_or(MultipartError::Nameless)?.to_owned();
        let Some(filename) = field.file_name().map(|name| without_folders(name).to_owned()) else {
            texts += 1;
            if texts > MAX_PARTS {
                return Err(MultipartError::TooMany("fields"));
            }
            let bytes = read_text(&mut field, asked, limits.text - form.text_length, limits.text).await?;
            form.text_length += bytes.len();
            form.parts.push((name, Part::Text(into_text(bytes))));
            continue;
        };
        files += 1;
        if files > MAX_PARTS {
            return Err(MultipartError::TooMany("files"));
        }
        let file = read_file(&mut field, asked, filename, limits.files_in_memory).await?;
        // An empty file without a name is what a browser sends if no file was chosen.
        if !(file.filename().is_empty() && file.is_empty()) {
            form.parts.push((name, Part::File(file)));
        }
    }
}

/// The former Internet Explorer sends the whole path of a file.
fn without_folders(filename: &str) -> &str {
    let is_path = filename.starts_with(r"\\") || filename.get(1..3) == Some(r":\");
    if is_path { filename.rsplit('\\').next().unwrap_or_default() } else { filename }
}

async fn read_text(
    field: &mut Field<'_>,
    asked: &Asked,
    left: usize,
    limit: usize,
) -> Result<Vec<u8>, MultipartError> {
    let mut bytes = Vec::new();
    while let Some(piece) = next_piece(field, asked).await? {
        if bytes.len() + piece.len() > left {
            return Err(MultipartError::TooLarge { limit });
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// As in Starlette, what is not UTF-8 is read as Latin-1, which becomes up to twice as long.
fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect())
}

async fn read_file(
    field: &mut Field<'_>,
    asked: &Asked,
    filename: String,
    in_memory: bool,
) -> Result<UploadFile, MultipartError> {
    let content_type = field.headers().get(http::header::CONTENT_TYPE);
    let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let mut spool = Spool::new(in_memory);
    while let Some(piece) = next_piece(field, asked).await? {
        spool.write(&piece).await.map_err(MultipartError::Store)?;
    }
    let content = spool.finish().await.map_err(MultipartError::Store)?;
    Ok(UploadFile::of(filename, content_type, content))
}

async fn next_piece(field: &mut Field<'_>, asked: &Asked) -> Result<Option<Bytes>, MultipartError> {
    asked.again();
    field.chunk().await.map_err(|error| broken(error, asked))
}

fn broken(error: multer::Error, asked: &Asked) -> MultipartError {
    match error {
        multer::Error::StreamSizeExceeded { limit } => {
            MultipartError::TooLarge { limit: usize::try_from(limit).unwrap_or(usize::MAX) }
        }
        multer::Error::StreamReadFailed(source) if !source.is::<Refused>() => {
            MultipartError::Read(multer::Error::StreamReadFailed(source))
        }
        // multer gives the same errors for a malformed boundary; the body was cut only if its end has come.
        error @ (multer::Error::IncompleteStream
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteFieldData { .. })
            if asked.has_ended.load(Ordering::Relaxed) =>
        {
            MultipartError::Cut(error)
        }
        error => MultipartError::Malformed(error),
    }
}

/// Why a body is not handed to multer.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the head of a part has more than {MAX_HEAD} bytes")]
    HeadTooLong,
    #[error("it does not begin with its boundary")]
    Unopened,
}

/// Checks the beginning of a body: multer would search for the boundary behind anything that comes before it.
struct Opening {
    boundary: Vec<u8>,
    /// How much of the boundary has come.
    seen: usize,
}

impl Opening {
    fn of(boundary: &str) -> Self {
        Self { boundary: format!("--{boundary}").into_bytes(), seen: 0 }
    }

    /// Whether the body continues like one that begins with its boundary.
    fn goes_on(&mut self, piece: &[u8]) -> bool {
        for &byte in piece {
            if self.seen > self.boundary.len() {
                return true;
            }
            if self.seen == 0 && matches!(byte, b'\r' | b'\n') {
                continue;
            }
            let is_right = match self.boundary.get(self.seen) {
                Some(&wanted) => byte == wanted,
                // The boundary is followed by the end of the line, or of the form.
                None => matches!(byte, b'\r' | b'-'),
            };
            if !is_right {
                return false;
            }
            self.seen += 1;
        }
        true
    }
}

/// What has been handed out since multer was last asked for something.
#[derive(Debug, Default)]
struct Asked {
    length: AtomicUsize,
    /// multer has looked at everything, and only the end is left.
    looked_at_all: AtomicBool,
    has_ended: AtomicBool,
}

impl Asked {
    fn again(&self) {
        self.length.store(0, Ordering::Relaxed);
        self.looked_at_all.store(false, Ordering::Relaxed);
    }
}

/// The body as multer takes it. multer reads until there is nothing more at the moment, however much that is; so after each piece
/// this has nothing, until multer has looked at that piece and asks again. Likewise multer is told of the end only once it has
/// looked at everything, each time that it is asked for something: so an error that comes without the end was not caused by the end.
struct Pieces<B> {
    /// `None` once it has ended: not every body can be polled again after its end.
    body: Option<B>,
    pause: bool,
    asked: Arc<Asked>,
    opening: Opening,
}

impl<B> Stream for Pieces<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.pause) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        // A single piece may have any size: the limit on the whole counts it.
        if self.asked.length.load(Ordering::Relaxed) > MAX_HEAD {
            return Poll::Ready(Some(Err(Refused::HeadTooLong.into())));
        }
        loop {
            let frame = match &mut self.body {
                Some(body) => ready!(Pin::new(body).poll_frame(context)),
                None => None,
            };
            match frame {
                Some(Ok(frame)) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    if !self.opening.goes_on(&piece) {
                        return Poll::Ready(Some(Err(Refused::Unopened.into())));
                    }
                    self.asked.length.fetch_add(piece.len(), Ordering::Relaxed);
                    self.pause = true;
                    return Poll::Ready(Some(Ok(piece)));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None if !self.asked.looked_at_all.swap(true, Ordering::Relaxed) => {
                    self.body = None;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                None => {
                    self.asked.has_ended.store(true, Ordering::Relaxed);
                    return Poll::Ready(None);
                }
            }
        }
    }
}

impl MultipartForm {
    /// The parts with this name, in order.
    fn parts(&self, name: &str) -> impl DoubleEndedIterator<Item = &Part> {
        self.parts.iter().filter(move |(key, _)| key == name).map(|(_, part)| part)
    }

    /// What a name has where files are wanted: files, or texts instead of files.
    pub(crate) fn uploads(&self, name: &str) -> Vec<Result<UploadFile, String>> {
        let uploads = self.parts(name).map(|part| match part {
            Part::File(file) => Ok(file.clone()),
            Part::Text(text) => Err(text.clone()),
        });
        uploads.collect()
    }
}

impl Part {
    /// How it is read where a text is wanted.
    fn raw(&self) -> Raw<'_> {
        match self {
            Self::Text(text) => Raw::Text(text.into()),
            Self::File(file) => Raw::File(file.filename()),
        }
    }
}

/// The texts of the form: of several, the last one counts.
impl Values for MultipartForm {
    fn place(&self) -> Place {
        Place::Body
    }

    fn one(&self, name: &str) -> Option<Raw<'_>> {
        self.parts(name).next_back().map(Part::raw)
    }

    fn all(&self, name: &str) -> Raws<'_> {
        self.parts(name).map(Part::raw).collect()
    }

    fn each<'s>(&'s self, visit: &mut dyn FnMut(Cow<'s, str>, Raw<'s>)) {
        for (name, part) in &self.parts {
            if let Part::Text(text) = part {
                visit(name.into(), Raw::Text(text.into()));
            }
        }
    }

    fn length(&self) -> usize {
        self.parts.iter().map(|(name, _)| name.len()).sum()
    }

    /// None: it would lack the files. The parts are there already, so a walk over them is short.
    fn index(&self) -> Option<Index<'_>> {
        None
    }
}
