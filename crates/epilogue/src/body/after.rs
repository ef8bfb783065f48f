use std::sync::Arc;

use crate::server::{End, Follows, Link, Passage};
use crate::tasks::Batch;

/// What must happen once a reply has left.
#[derive(Default)]
pub(crate) struct After {
    /// `None` for most requests.
    follows: Option<Follows>,
    link: Option<Link>,
    /// That of the reply, on HTTP/2, if its last piece was marked.
    pub(super) end: Option<End>,
}

impl After {
    pub(crate) fn batch(batch: Batch, link: Option<Link>) -> Self {
        Self { follows: Some(Follows::Batch(batch)), link, end: None }
    }

    pub(crate) fn passage(passage: Arc<Passage>) -> Self {
        Self { follows: Some(Follows::Passage(passage)), link: None, end: None }
    }

    /// A drain waits for a reply that is still being made, even if nothing follows it.
    #[cold]
    pub(crate) fn hold(&mut self, link: &mut Option<Link>) {
        if let Some(Link::Other(_)) = link {
            self.link = self.link.take().or_else(|| link.take());
        }
    }

    /// The request has failed after all.
    pub(super) fn discard(&self) {
        if let Some(Follows::Batch(batch)) = &self.follows {
            batch.discard();
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.follows.is_none()
    }
}

/// A server drops a reply's body when it has taken the last byte, or when nobody is left to take it; both release the batch.
impl Drop for After {
    fn drop(&mut self) {
        match (self.follows.take(), &self.link) {
            (None, _) => {}
            (Some(Follows::Batch(batch)), Some(link)) => link.reply_ended(batch, self.end.take()),
            (Some(Follows::Batch(batch)), None) => batch.submit(),
            (Some(Follows::Passage(passage)), _) => passage.ended(self.end.take()),
        }
    }
}
