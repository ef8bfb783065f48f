//! The request's one task list as a parameter.

use super::{Param, Untaken, described};
use crate::BackgroundTasks;
use crate::graph::fuel::Fuel;
use crate::graph::node::Source;
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
