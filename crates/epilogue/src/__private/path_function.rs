//! How a path function answers a request.
//!
//! All of this is here and not in the generated code, so that rustc says only once why a user's future is not `Send`.

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use crate::body::ReplyBody;
use crate::response::{Failure, Replied};
use crate::scope::{BoxFuture, Scope, Taking, caught, caught_now};
#[cfg(feature = "websocket")]
use crate::websocket::WebSocket;

/// The future of a request.
pub type Handling = BoxFuture<http::Response<ReplyBody>>;

/// What all kinds of path functions have in common. It is a macro, since the future of a function would make the request's future larger.
macro_rules! answered {
    ($scope:ident, $take:ident, |$taken:ident| $call:expr) => {{
        // In a variable, so that the box is made for the future's own type and not for the type that is returned.
        let future = in_box(Box::new_uninit(), async move {
            let result = async {
                let $taken = {
                    let app = $scope.app();
                    if $scope.must_prepare()
                        && let Some(preparing) = $scope.prepare(&app)?
                    {
                        preparing.await?;
                    }
                    $scope.take_own(&app, $take)?
                };
                $call
            }
            .await;
            if $scope.must_leave() {
                return leave(&mut $scope, result).await;
            }
            $scope.finish(result)
        });
        future
    }};
}

/// Boxes a future without moving it: its memory is allocated first, so it can be made in place.
#[inline]
fn in_box<F>(place: Box<MaybeUninit<F>>, future: F) -> Pin<Box<F>> {
    Box::into_pin(Box::write(place, future))
}

/// Answers a request with a path function: runs its dependencies, takes its parameters, calls it, and makes the reply out of what it returns.
pub fn path_function<T, F>(
    mut scope: Scope,
    take: impl FnOnce(&mut Taking<'_>) -> Option<T> + Send + 'static,
    call: impl FnOnce(T) -> F + Send + 'static,
    reply: impl FnOnce(F::Output) -> Result<Replied, Failure> + Send + 'static,
) -> Handling
where
    F: Future + 'static,
    F: Send, // what is not `Send` must be dropped before the .await: hold it in an inner block, or use tokio::sync::Mutex
{
    answered!(scope, take, |taken| {
        let output = caught(call(taken)).await?;
        // Matched on the spot: a `Result` around the reply, which is large, would be copied once more for every request.
        match catch_unwind(AssertUnwindSafe(|| reply(output))) {
            Ok(replied) => replied,
            Err(payload) => Err(Failure::panicked(payload)),
        }
    })
}

/// The same for a sync path function.
pub fn sync_path_function<T>(
    mut scope: Scope,
    take: impl FnOnce(&mut Taking<'_>) -> Option<T> + Send + 'static,
    call: impl FnOnce(T) -> Result<Replied, Failure> + Send + 'static,
) -> Handling {
    answered!(scope, take, |taken| caught_now(|| call(taken)).flatten())
}

/// The same for a sync path function under `blocking`.
pub fn blocking_path_function<T: Send + 'static>(
    mut scope: Scope,
    take: impl FnOnce(&mut Taking<'_>) -> Option<T> + Send + 'static,
    call: impl FnOnce(T) -> Result<Replied, Failure> + Send + 'static,
) -> Handling {
    answered!(scope, take, |taken| scope.call_on_pool(move || call(taken)).await?)
}

/// The same for a function that gets the socket that the request becomes.
#[cfg(feature = "websocket")]
pub fn socket_function<T: Send + 'static, F>(
    mut scope: Scope,
    take: impl FnOnce(&mut Taking<'_>) -> Option<T> + Send + 'static,
    call: impl FnOnce(T, WebSocket) -> F + Send + 'static,
    end: impl FnOnce(F::Output) -> Result<(), Failure> + Send + 'static,
) -> Handling
where
    F: Future + 'static,
    F: Send, // what is not `Send` must be dropped before the .await: hold it in an inner block, or use tokio::sync::Mutex
{
    Box::pin(async move {
        let taken = async {
            let (upgrade, app) = (scope.upgrade()?, scope.app());
            if scope.must_prepare()
                && let Some(preparing) = scope.prepare(&app)?
            {
                preparing.await?;
            }
            Ok((upgrade, scope.take_own(&app, take)?))
        }
        .await;
        match taken {
            Ok((upgrade, taken)) => {
                scope.open(upgrade, move |socket| async move { end(caught(call(taken, socket)).await?) })
            }
            Err(failure) => leave(&mut scope, Err(failure)).await,
        }
    })
}

/// Boxed, so that it does not enlarge the future of a request without such exits, and for the reason that `prepare` is.
fn leave<'s>(
    scope: &'s mut Scope,
    result: Result<Replied, Failure>,
) -> Pin<Box<dyn Future<Output = http::Response<ReplyBody>> + Send + 's>> {
    Box::pin(async move {
        let result = scope.leave_functions(result).await;
        scope.finish(result)
    })
}
