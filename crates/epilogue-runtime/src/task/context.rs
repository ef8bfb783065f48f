use std::{any::Any, fmt, sync::Arc};

/// What a `#[task]` may ask for when it runs: the app that its runner belongs to.
///
/// ```
/// use epilogue_runtime::{Runner, TaskContext, TaskLimits};
/// use std::sync::Arc;
///
/// struct Pool(&'static str);
///
/// fn name_of(context: &TaskContext) -> Option<&'static str> {
///     context.app::<Pool>().map(|pool| pool.0)
/// }
///
/// let runner = Runner::new(TaskLimits::default());
/// assert_eq!(name_of(runner.context()), None);
/// runner.set_app(Arc::new(Pool("main")));
/// assert_eq!(name_of(runner.context()), Some("main"));
/// ```
#[derive(Clone, Default)]
pub struct TaskContext {
    app: Option<Arc<dyn Any + Send + Sync>>,
}

impl TaskContext {
    /// What the tasks of a list without a runner see.
    pub(crate) const EMPTY: &'static Self = &Self { app: None };

    pub(crate) fn new(app: Arc<dyn Any + Send + Sync>) -> Self {
        Self { app: Some(app) }
    }

    /// The app, if there is one and it is a `T`.
    pub fn app<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.app.clone()?.downcast().ok()
    }
}

impl fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskContext").field("app", &self.app.is_some()).finish()
    }
}
