//! Temporary files. All that blocks is done on the blocking pool.

use std::io;
use std::path::Path;

use bytes::Bytes;
use tempfile::{NamedTempFile, TempPath};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::runtime::Handle;

/// How much of a file is kept in memory, as in Starlette.
const IN_MEMORY: usize = 1024 * 1024;

/// A file that is being received.
pub(super) enum Spool {
    Memory { bytes: Vec<u8>, limit: usize },
    Disk { file: File, spooled: Spooled },
}

/// The content of a file.
pub(super) enum Content {
    Memory(Bytes),
    Disk(Spooled),
}

impl Spool {
    /// With `in_memory`, all of it stays in memory.
    pub(super) fn new(in_memory: bool) -> Self {
        Self::Memory { bytes: Vec::new(), limit: if in_memory { usize::MAX } else { IN_MEMORY } }
    }

    pub(super) async fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        match self {
            Self::Memory { bytes, limit } if bytes.len() + piece.len() <= *limit => {
                bytes.extend_from_slice(piece);
            }
            Self::Memory { bytes, .. } => {
                let bytes = std::mem::take(bytes);
                let (mut file, mut spooled) = Spooled::new().await?;
                file.write_all(&bytes).await?;
                file.write_all(piece).await?;
                spooled.len = (bytes.len() + piece.len()) as u64;
                *self = Self::Disk { file, spooled };
            }
            Self::Disk { file, spooled } => {
                file.write_all(piece).await?;
                spooled.len += piece.len() as u64;
            }
        }
        Ok(())
    }

    pub(super) async fn finish(self) -> io::Result<Content> {
        match self {
            Self::Memory { bytes, .. } => Ok(Content::Memory(bytes.into())),
            Self::Disk { mut file, spooled } => {
                file.flush().await?;
                Ok(Content::Disk(spooled))
            }
        }
    }
}

/// A temporary file, removed when it is dropped.
pub(super) struct Spooled {
    /// `None` once it is being removed.
    path: Option<TempPath>,
    len: u64,
}

impl Spooled {
    async fn new() -> io::Result<(File, Self)> {
        let made = tokio::task::spawn_blocking(NamedTempFile::new).await.map_err(io::Error::other)?;
        let (file, path) = made?.into_parts();
        Ok((File::from_std(file), Self { path: Some(path), len: 0 }))
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) async fn open(&self) -> io::Result<File> {
        File::open(self.path()?).await
    }

    pub(super) async fn copy_to(&self, path: &Path) -> io::Result<()> {
        // `tokio::fs::copy` would copy the permissions too, and those of a temporary file keep everyone else out.
        let mut from = self.open().await?;
        let mut to = File::create(path).await?;
        tokio::io::copy(&mut from, &mut to).await?;
        to.flush().await
    }

    fn path(&self) -> io::Result<&TempPath> {
        self.path.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        let path = self.path.take();
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || drop(path))),
            Err(_no_runtime) => drop(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_large_file_is_on_disk_until_it_is_dropped() {
        let mut spool = Spool::new(false);
        for _ in 0..3 {
            spool.write(&vec![7; IN_MEMORY / 2]).await.unwrap();
        }
        let Content::Disk(file) = spool.finish().await.unwrap() else { panic!("it is in memory") };
        let path = file.path().unwrap().to_path_buf();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), file.len());
        drop(file);
        while path.exists() {
            tokio::task::yield_now().await;
        }

        let mut spool = Spool::new(false);
        spool.write(&vec![7; IN_MEMORY]).await.unwrap();
        assert!(matches!(spool.finish().await.unwrap(), Content::Memory(bytes) if bytes.len() == IN_MEMORY));
    }
}
