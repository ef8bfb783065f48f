//! Parameters that others share: the request's task list, and the reply in the making.

use super::{Param, Untaken, described};
use crate::BackgroundTasks;
use crate::graph::fuel::Fuel;
use crate::graph::node::Source;
use crate::response::Reply;
use crate::scope::{Scope, Site};

/// What nobody else holds. No `Depends` or `State` is: they share their value, so none can be moved out of them.
#[diagnostic::on_unimplemented(
    message = "the value of `{Self}` is shared, and cannot be moved out of it",
    label = "shared with others",
    note = "write `&*value` to borrow it, or `(*value).clone()` for a copy"
)]
#[doc(hidden)]
pub trait Unshared {}

described!(
    /// The request's task list.
    TheTasks = Source::Tasks
);

#[diagnostic::do_not_recommend]
impl Param for BackgroundTasks {
    type Source<F: Fuel> = TheTasks;

    fn take(scope: &mut Scope, _site: &Site) -> Result<Self, Untaken> {
        Ok(scope.tasks_in_turn())
    }
}

described!(
    /// The reply in the making.
    TheReply = Source::Reply
);

#[diagnostic::do_not_recommend]
impl Param for Reply {
    type Source<F: Fuel> = TheReply;

    fn take(scope: &mut Scope, _site: &Site) -> Result<Self, Untaken> {
        Ok(scope.reply().clone())
    }
}
