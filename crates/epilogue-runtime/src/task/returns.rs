use std::fmt;

use super::TaskFailure;

/// What a task may return: `()` or `Result<(), E>` where `E` displays.
///
/// ```
/// use epilogue_runtime::BackgroundTasks;
///
/// async fn notify(address: String) -> Result<(), String> {
///     if address.contains('@') { Ok(()) } else { Err(format!("no address: {address}")) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let tasks = BackgroundTasks::new();
/// tasks.add_task(notify, ("nobody".to_owned(),));
/// let report = tasks.run_all().await;
/// assert_eq!(report.failed[0].message, "no address: nobody");
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "a task returns `()` or `Result<(), E>`, not `{Self}`",
    label = "this task returns `{Self}`, which no one would see",
    note = "a task's result goes nowhere but to the log: return `()`, or `Result<(), E>` where `E: Display`",
    note = "to drop the value, hand over a closure: `tasks.add_task(async move || {{ let _ = task().await; }}, ())`"
)]
pub trait TaskReturn: 'static {
    /// The result, with the error as text.
    fn into_result(self) -> Result<(), TaskFailure>;
}

impl TaskReturn for () {
    fn into_result(self) -> Result<(), TaskFailure> {
        Ok(())
    }
}

/// For a function that always panics, as in a test or a `todo!()`. The never type has no stable name except as a function's output.
#[diagnostic::do_not_recommend]
impl TaskReturn for <fn() -> ! as Returns>::Output {
    fn into_result(self) -> Result<(), TaskFailure> {
        self
    }
}

#[doc(hidden)]
pub trait Returns {
    type Output;
}

impl<T> Returns for fn() -> T {
    type Output = T;
}

impl<E: TaskError> TaskReturn for Result<(), E> {
    fn into_result(self) -> Result<(), TaskFailure> {
        self.map_err(|error| TaskFailure::from_display(&error))
    }
}

/// What a task may fail with: whatever `Display`s. Every such type implements it.
#[diagnostic::on_unimplemented(
    message = "the error of a task must implement `Display`, and `{Self}` does not",
    label = "its error `{Self}` cannot be logged",
    note = "a task's error goes to the log: implement `std::fmt::Display` for `{Self}`, or derive `thiserror::Error`"
)]
pub trait TaskError: fmt::Display + 'static {}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display + 'static> TaskError for E {}
