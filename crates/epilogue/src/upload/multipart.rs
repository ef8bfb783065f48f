//! A multipart body, read part by part: texts into memory, large files onto the disk.

use std::io;
use std::sync::Arc;

use axum_core::BoxError;
use bytes::Bytes;
use http_body::Body;
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::UploadFile;
use super::form::{MultipartForm, Part};
use super::pieces::{Asked, Pieces, Refused};
use super::spool::Spool;

/// How many files, and how many texts, one form may have, as in Starlette.
pub(crate) const MAX_PARTS: usize = 1000;

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
    // multer refuses the spaces and tabs that may stand around a semicolon.
    let content_type = content_type.split(';').map(str::trim).collect::<Vec<_>>().join(";");
    let boundary = multer::parse_boundary(content_type).map_err(MultipartError::Malformed)?;
    let asked = Arc::new(Asked::default());
    let pieces = Pieces::new(body, &boundary, Arc::clone(&asked));
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
    let (mut files, mut texts, mut text_left) = (0, 0, limits.text);
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
            let bytes = read_text(&mut field, asked, text_left, limits.text).await?;
            text_left -= bytes.len();
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
            if asked.has_ended() =>
        {
            MultipartError::Cut(error)
        }
        error => MultipartError::Malformed(error),
    }
}
