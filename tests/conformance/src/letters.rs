//! A reply that is streamed letter by letter, under the control of the suite.

use std::convert::Infallible;

use axum_core::body::Body;
use epilogue::prelude::*;
use futures_util::stream::unfold;

use crate::run::run;

/// A reply with a content type.
pub(crate) type Streamed = ([(HeaderName, &'static str); 1], Body);

/// The word, one letter per chunk. After the first letter it waits for the gate `go`.
pub(crate) fn letters(run: Depends<run>, word: &str) -> Streamed {
    let letters = word.chars().collect::<Vec<_>>();
    let stream = unfold((run, letters.into_iter(), 0), |(run, mut letters, sent)| async move {
        if sent == 1 {
            run.gate("go").await;
        }
        let letter = letters.next()?;
        run.say(format!("chunk:{letter}"));
        Some((Ok::<_, Infallible>(letter.to_string()), (run, letters, sent + 1)))
    });
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], Body::from_stream(stream))
}
