//! Functions as tasks: `add_task(function, (arguments,))`.

use super::{Running, TaskReturn};

/// Marks the functions that return a future.
#[derive(Debug, Clone, Copy)]
pub enum Async {}

/// Marks the functions that do their work when they are called.
#[derive(Debug, Clone, Copy)]
pub enum Blocking {}

/// Marks what is a future already: a task that was called instead of handed over.
#[derive(Debug, Clone, Copy)]
pub enum Called {}

/// A function that can be a task with the arguments `Args`, a tuple of up to twelve.
///
/// That is: an `async fn` or closure that returns a future (`Kind` = [`Async`]), or a plain function or closure
/// ([`Blocking`]: it is called on the blocking pool). `Kind` is always inferred. The function is called when the task
/// runs, not when it is queued.
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::BackgroundTasks;
///
/// async fn send_mail(to: String, subject: &'static str) { /* … */ }
/// fn resize(width: u32) -> std::io::Result<()> { Ok(()) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let tasks = BackgroundTasks::new();
/// tasks.add_task(send_mail, ("foo@example.com".to_owned(), "Hi"));
/// tasks.add_task(resize, (640,));
/// tasks.add_task(async || println!("an async closure"), ());
/// tasks.add_task(|n: u8| println!("a closure on the blocking pool, {n}"), (7,));
/// assert!(tasks.run_all().await.failed.is_empty());
/// # }
/// ```
///
/// A function that hands one on repeats the bounds of [`BackgroundTasks::add_task`](crate::BackgroundTasks::add_task):
///
/// ```
/// # use epilogue_runtime as epilogue;
/// use epilogue::{BackgroundTasks, HandedOver, TaskArguments, TaskFn, TaskReturn};
///
/// /// Adds a task that runs even if the request fails.
/// fn audit<F, Args, Kind>(tasks: &BackgroundTasks, function: F, arguments: Args)
/// where
///     F: TaskFn<Args, Kind> + HandedOver<Kind> + Send + 'static,
///     Args: TaskArguments + Send + 'static,
///     F::Future: Send + 'static,
///     F::Output: TaskReturn,
/// {
///     tasks.add_task(function, arguments).always();
/// }
///
/// let tasks = BackgroundTasks::new();
/// audit(&tasks, |who: &str| println!("{who} was here"), ("ann",));
/// assert!(tasks.pending()[0].always);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a task",
    label = "not a function that can be a task",
    note = "a task is an `async fn`, a `fn` or a closure; hand over the function and, in a tuple, its arguments: `tasks.add_task(function, (first, second))`",
    note = "it returns `()`, or `Result<(), E>` where `E: Display`",
    note = "a `#[task]` with its arguments by name is added by `tasks.add(…)`"
)]
pub trait TaskFn<Args, Kind>: Sized {
    /// What is awaited; `()` for a blocking task. It is an associated type so that the compiler can say which value in a task's
    /// future is not `Send`.
    type Future;
    /// What the task returns.
    type Output;

    /// The call, not yet made.
    #[doc(hidden)]
    fn prepare(self, args: Args) -> Running
    where
        Self: Send + 'static,
        Args: Send + 'static,
        Self::Future: Send + 'static,
        Self::Output: TaskReturn;
}

/// Whether a [`TaskFn`] was handed over, and not called. It holds for every kind except [`Called`].
#[diagnostic::on_unimplemented(
    message = "this task was called instead of handed over: `{Self}` is a future, not a function",
    label = "called here: it would be no task, but part of the request",
    note = "hand over the function without calling it, and its arguments in a tuple: `tasks.add_task(write_log, (message,))`"
)]
pub trait HandedOver<Kind> {}

impl<F> HandedOver<Async> for F {}
impl<F> HandedOver<Blocking> for F {}

/// The arguments of a task: a tuple.
#[diagnostic::on_unimplemented(
    message = "the arguments of a task are a tuple, not `{Self}`",
    label = "not a tuple",
    note = "a tuple of one has a trailing comma: `tasks.add_task(write_log, (message,))`; one of none is `()`, and the longest has twelve elements"
)]
pub trait TaskArguments {}

macro_rules! functions {
    ($($Arg:ident)*) => {
        impl<$($Arg),*> TaskArguments for ($($Arg,)*) {}

        // One impl per tuple: with a blanket impl, errors in other arguments would be reported as errors of this impl.
        impl<Fut: Future, $($Arg),*> TaskFn<($($Arg,)*), Called> for Fut {
            type Future = Fut;
            type Output = Fut::Output;

            fn prepare(self, _: ($($Arg,)*)) -> Running
            where
                Self: Send + 'static,
                ($($Arg,)*): Send + 'static,
                Fut::Output: TaskReturn,
            {
                Running::future(self)
            }
        }

        impl<F, Fut, $($Arg),*> TaskFn<($($Arg,)*), Async> for F
        where
            F: FnOnce($($Arg),*) -> Fut,
            Fut: Future,
        {
            type Future = Fut;
            type Output = Fut::Output;

            #[allow(non_snake_case)]
            fn prepare(self, arguments: ($($Arg,)*)) -> Running
            where
                Self: Send + 'static,
                ($($Arg,)*): Send + 'static,
                Fut: Send + 'static,
                Fut::Output: TaskReturn,
            {
                Running::call(move || {
                    // Captured whole: the bound says that the tuple is `Send`, not its parts.
                    let all = arguments;
                    let ($($Arg,)*) = all;
                    self($($Arg),*)
                })
            }
        }

        impl<F, R, $($Arg),*> TaskFn<($($Arg,)*), Blocking> for F
        where
            F: FnOnce($($Arg),*) -> R,
            R: TaskReturn,
        {
            type Future = ();
            type Output = R;

            #[allow(non_snake_case)]
            fn prepare(self, arguments: ($($Arg,)*)) -> Running
            where
                Self: Send + 'static,
                ($($Arg,)*): Send + 'static,
            {
                Running::blocking(move || {
                    let all = arguments;
                    let ($($Arg,)*) = all;
                    self($($Arg),*)
                })
            }
        }
    };
}

functions!();
functions!(A1);
functions!(A1 A2);
functions!(A1 A2 A3);
functions!(A1 A2 A3 A4);
functions!(A1 A2 A3 A4 A5);
functions!(A1 A2 A3 A4 A5 A6);
functions!(A1 A2 A3 A4 A5 A6 A7);
functions!(A1 A2 A3 A4 A5 A6 A7 A8);
functions!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
functions!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
functions!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
functions!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
