//! Parameters that the whole request shares: its task list, and the reply in the making.

use super::{Param, Untaken, described};
use crate::BackgroundTasks;
use crate::graph::fuel::Fuel;
use crate::graph::node::Source;
use crate::response::Reply;
use crate::scope::{Scope, Site};

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
