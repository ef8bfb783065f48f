use std::{any::type_name, borrow::Cow, fmt, time::Duration};

use tracing::Span;

use super::{Attempts, Kind, Repeated, Task, TaskFn, TaskFuture, TaskInfo, TaskOptions, TaskReturn};
use crate::SourceLine;

/// A task in a list. There may be many, and they get moved, so what few of them have is kept in `extras`.
pub(crate) struct Queued {
    /// Taken when the task starts, or when it has ended.
    pub(crate) work: Option<Work>,
    /// The name, unless the task was given another.
    own_name: &'static str,
    pub(crate) source: SourceLine,
    /// Attempts begun: reported if the task is cut off.
    pub(crate) attempts: u32,
    pub(crate) always: bool,
    /// The turn that it was added in, where functions of one request add tasks at the same time.
    pub(crate) turn: u32,
    /// Whether its end has been counted.
    pub(crate) ended: bool,
    extras: Option<Box<Extras>>,
}

/// What most tasks do not have.
struct Extras {
    name: Option<Cow<'static, str>>,
    timeout: Option<Duration>,
    span: Span,
    /// Of the attempt after which it was tried again.
    last_error: Option<String>,
}

pub(crate) enum Work {
    Call(Kind),
    Task(Box<Repeated<dyn Attempts>>),
}

impl Queued {
    fn new(work: Work, name: &'static str, source: SourceLine) -> Self {
        Self {
            work: Some(work),
            own_name: name,
            source,
            attempts: 0,
            always: false,
            turn: 0,
            ended: false,
            extras: None,
        }
    }

    #[track_caller]
    #[inline]
    pub(crate) fn of_function<F, Args, K>(function: F, arguments: Args) -> Self
    where
        F: TaskFn<Args, K> + Send + 'static,
        Args: Send + 'static,
        F::Future: Send + 'static,
        F::Output: TaskReturn,
    {
        let work = Work::Call(function.prepare(arguments).0);
        Self::new(work, type_name::<F>(), SourceLine::caller())
    }

    pub(crate) fn of_task<T: Task>(task: T) -> Self {
        let options = T::OPTIONS;
        let work = Work::Task(Box::new(Repeated { options, attempts: Some(task) }));
        let mut queued = Self::new(work, T::NAME, T::LOCATION);
        queued.always = options.always;
        if let Some(timeout) = options.timeout {
            queued.set_timeout(timeout);
        }
        queued
    }

    /// The options that only a `#[task]` has.
    pub(crate) fn options(&mut self) -> Option<&mut TaskOptions> {
        match &mut self.work {
            Some(Work::Task(task)) => Some(&mut task.options),
            _ => None,
        }
    }

    /// Whether it is a future without options that nobody traces, so that only its result needs noting.
    pub(crate) fn is_plain(&self) -> bool {
        matches!((&self.work, &self.extras), (Some(Work::Call(Kind::Async(_))), None))
    }

    /// The future of a plain task.
    pub(crate) fn take_plain(&mut self) -> Option<TaskFuture> {
        if !self.is_plain() {
            return None;
        }
        match self.work.take() {
            Some(Work::Call(Kind::Async(future))) => Some(future),
            _ => None,
        }
    }

    pub(crate) fn name(&self) -> Cow<'static, str> {
        let given = self.extras.as_ref().and_then(|extras| extras.name.clone());
        given.unwrap_or(Cow::Borrowed(self.own_name))
    }

    pub(crate) fn set_name(&mut self, name: Cow<'static, str>) {
        self.extras().name = Some(name);
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.extras.as_ref().and_then(|extras| extras.timeout)
    }

    pub(crate) fn set_timeout(&mut self, timeout: Duration) {
        self.extras().timeout = Some(timeout);
    }

    /// Disabled until the task enters a list, and for good if nobody traces.
    pub(crate) fn span(&self) -> &Span {
        static DISABLED: Span = Span::none();
        self.extras.as_ref().map_or(&DISABLED, |extras| &extras.span)
    }

    pub(crate) fn set_span(&mut self, span: Span) {
        self.extras().span = span;
    }

    pub(crate) fn close_span(&mut self) {
        if let Some(extras) = &mut self.extras {
            extras.span = Span::none();
        }
    }

    pub(crate) fn last_error(&self) -> Option<&str> {
        self.extras.as_ref().and_then(|extras| extras.last_error.as_deref())
    }

    pub(crate) fn set_last_error(&mut self, error: String) {
        self.extras().last_error = Some(error);
    }

    fn extras(&mut self) -> &mut Extras {
        self.extras.get_or_insert_with(|| {
            Box::new(Extras { name: None, timeout: None, span: Span::none(), last_error: None })
        })
    }

    pub(crate) fn info(&self) -> TaskInfo {
        let retries = match &self.work {
            Some(Work::Task(task)) => task.options.retries,
            _ => 0,
        };
        TaskInfo {
            name: self.name(),
            source: self.source,
            timeout: self.timeout(),
            always: self.always,
            retries,
        }
    }
}

impl fmt::Debug for Queued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info().fmt(f)
    }
}
