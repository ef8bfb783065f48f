use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{TaskFailure, TaskReturn};

pin_project! {
    /// A call that is made when it is first polled. An `async` block would do the same but be larger: it keeps the call's
    /// arguments beside the future that has taken them.
    #[project = Project]
    #[project_replace = Replaced]
    pub(super) enum Call<F, Fut> {
        Unmade { function: F },
        Made { #[pin] future: Fut },
        /// While the call is being made, and for good if it panics.
        Taken,
    }
}

impl<F, Fut> Future for Call<F, Fut>
where
    F: FnOnce() -> Fut,
    Fut: Future<Output: TaskReturn>,
{
    type Output = Result<(), TaskFailure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Project::Unmade { .. } = self.as_mut().project()
            && let Replaced::Unmade { function } = self.as_mut().project_replace(Self::Taken)
        {
            self.set(Self::Made { future: function() });
        }
        match self.project() {
            Project::Made { future } => future.poll(cx).map(TaskReturn::into_result),
            Project::Unmade { .. } | Project::Taken => {
                panic!("a task was polled after it had ended, which is a bug in epilogue")
            }
        }
    }
}
