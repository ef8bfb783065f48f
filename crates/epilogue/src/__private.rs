//! What the code that the macros generate refers to. Nothing else may refer to it, since it can change in any release.

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

pub use std::any::TypeId;
pub use std::boxed::Box;
pub use std::clone::Clone;
pub use std::convert::identity;
pub use std::marker::{PhantomData, Send, Sync};
pub use std::option::Option::{self, None, Some};
pub use std::primitive::{bool, str, u8, u16, u32, u64, usize};
pub use std::result::Result::{self, Err, Ok};
pub use std::sync::Arc;
pub use std::time::Duration;
pub use std::vec::Vec;
pub use std::{concat, file, line, module_path, panic};

pub use bytes::Bytes;
pub use epilogue_macros::listed_routes;
pub use epilogue_runtime::{Running as TaskRunning, Task, TaskContext, TaskOptions, TaskReturn};
pub use serde;

pub use crate::app::{DeclaredRoute, Route, Routes, effect};
pub use crate::dependency::{AppScoped, Dependency, Depends, ExitReturn, InDepends, Outcome};
pub use crate::graph::check::{
    check_dependency, check_effect, check_listed, check_param, check_template, shape_of,
};
pub use crate::graph::fuel::{Describe, Fuel, Full, Graph, Unfinished, unfinished};
pub use crate::graph::node::{DependencyNode, Need, RouteNode, UNFINISHED_ROUTE};
pub use crate::graph::{DependencyScope, SourceLine};
#[cfg(feature = "openapi")]
pub use crate::openapi::{
    Documented, DocumentedReply, ReplyDocs, Undocumented, UndocumentedDefault, UndocumentedReply,
};
pub use crate::openapi::{ParamDocs, RouteDocs};
pub use crate::param::{
    ApiKeyParam, Bound, ClientAddr, ExtensionParam, Extract, ExtractParam, Holds, HttpParam, InState,
    LeavesStream, NotField, Number, OAuth2CodeParam, OAuth2Param, OfStd, OpenIdParam, Param, ParamOptions,
    ParamOr, Probe, Query, Readable, ReadableOr, Reads, RequestParts, Shared, SocketParam, State,
    TakesStream, TaskData, TaskDataOfRequest, TaskDataOr, Text, Unsourced, Untakeable, WithValue, Writable,
};
#[cfg(feature = "multipart")]
pub use crate::param::{File, Files};
pub use crate::rejection::Rejection;
pub use crate::response::{
    EndsInJson, EndsInNoJson, Failure, IntoHttpError, JsonReply, NoOutput, NoReply, RaisedError, Reply,
    ReplyOr, ReplyValue, Returned, ReturnedReply, ReturnedValue, TupleReply, replied,
};
pub use crate::scope::{BoxFuture, Running, Scope, Site, Taking, Value};
#[cfg(feature = "websocket")]
pub use crate::websocket::{SocketReturn, WebSocket};
pub use crate::{__param_docs as param_docs, __route_docs as route_docs};

/// The traits that stand in for a missing implementation: see [`Probe`]. Without names, so that they hide none of the user's.
pub mod stand_ins {
    pub use super::{
        EndsInNoJson as _, LeavesStream as _, Needed as _, NoOutput as _, NoReply as _, NoReturn as _,
        NotAsync as _, NotData as _, NotField as _, NotInTask as _, NotResult as _, NotShared as _,
        OtherReturn as _, ReturnedReply as _, ReturnedValue as _, Unsourced as _, Untakeable as _,
    };
}

use crate::app::{NotBuiltForTask, in_task};
use crate::body::ReplyBody;
use crate::graph::fuel::HasNode;
use crate::graph::node::ParamNode;
use crate::graph::verdict::Verdict;
use crate::param::Json;
use crate::response::{HttpError, Replied};
use crate::scope::{caught, caught_now};
use crate::tasks::TaskFailure;

/// Stands in for `File` without the feature: the macros name it in the advice of an error.
#[cfg(not(feature = "multipart"))]
#[derive(Debug)]
pub struct File<T>(PhantomData<T>);

/// The future of a request.
pub type Handling = BoxFuture<http::Response<ReplyBody>>;

/// The types that the `Depends<…>` of a signature name, by number. The macros implement it for one type per function.
pub trait Names<const N: usize> {
    type Alias;
}

/// The same output under its dependency's name. If that is not a dependency, `This` is an error type.
pub fn named<Alias, This>(depends: Depends<Alias>) -> Depends<This> {
    depends.named()
}

/// What the macro could see of a parameter.
#[derive(Debug, Clone, Copy)]
pub struct ParamFlags {
    pub scalar: bool,
    pub parts: usize,
    pub need: Need,
    pub from_prefix: bool,
    pub takes_stream: bool,
    pub reads: Option<Reads>,
    pub docs: ParamDocs,
}

/// The description of a parameter.
pub const fn param(
    name: &'static str,
    key: &'static str,
    hyphenated: &'static str,
    options: ParamOptions,
    flags: ParamFlags,
    source: crate::graph::node::Source,
    at: SourceLine,
) -> ParamNode {
    ParamNode {
        name,
        key: crate::graph::node::key_of(source, key, hyphenated, &options),
        options,
        source,
        scalar: flags.scalar,
        parts: flags.parts,
        need: if options.has_default { Need::Optional } else { flags.need },
        takes_stream: flags.takes_stream,
        from_prefix: flags.from_prefix,
        reads: flags.reads,
        at,
        docs: flags.docs,
    }
}

/// Asserts that a type which mentions type parameters is a parameter. Called in the body of a generic function.
pub const fn parameter<P: Param, F: Copy>(_: F) {}

/// The same for the value that a parameter reads, and for the dependency that it names.
pub const fn readable<T: ReadableIn<F>, F: Copy>(_: F) {}
pub const fn dependency<D: Dependency, F: Copy>(_: F) {}

/// Asserts that a field with the limits of a number is a number.
pub const fn number<T: Number>(_: &T) {}

/// The same for a text.
pub const fn text<T: Text>(_: &T) {}

/// Asserts that a field can be shared, since its struct is an output.
pub const fn shared<T: Shared>(_: PhantomData<T>) {}

/// The same for the output of a generic dependency, and for a state that it takes.
pub const fn output<T: SharedIn<F>, F: Copy>(_: F) {}

/// A value that a generic dependency reads. Its bound is one that rustc does not suggest to add, since the type of a function, which is what
/// `F` is, has no name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a request: it does not implement `Deserialize`",
    label = "no `Deserialize`",
    note = "bound the type parameter by `serde::de::DeserializeOwned`, or write `#[derive(serde::Deserialize)]` above the struct"
)]
pub trait ReadableIn<F> {}

#[diagnostic::do_not_recommend]
impl<T: Readable, F> ReadableIn<F> for T {}

/// The same for what it returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Send + Sync`, so it cannot be shared between threads",
    label = "requests on other threads see this value too",
    note = "bound the type parameter by `Send + Sync`"
)]
pub trait SharedIn<F> {}

#[diagnostic::do_not_recommend]
impl<T: Shared, F> SharedIn<F> for T {}

/// Stands for the function that an assertion is in.
pub const fn asserting() {}

/// The types of a `Result`, whatever name it is written under.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is called `Result`, but is not one",
    label = "not a `Result`",
    note = "import it under another name, or return `std::result::Result`"
)]
pub trait ResultLike {
    type Ok;
    type Err;
}

impl<T, E> ResultLike for Result<T, E> {
    type Ok = T;
    type Err = E;
}

/// Whether a type is a `Result`, whatever name it is written under: the inherent constants exist only for `Result`s, and take precedence
/// over the trait's.
#[derive(Debug)]
pub struct IsResult<T>(PhantomData<T>);

impl<T, E> IsResult<Result<T, E>> {
    pub const IS: bool = true;
    pub const KIND: PhantomData<Result<T, E>> = PhantomData;
}

/// Any other type.
pub trait NotResult {
    const IS: bool = false;
    const KIND: PhantomData<NoResult> = PhantomData;
}

impl<T> NotResult for IsResult<T> {}

/// Stands for any other type.
#[derive(Debug)]
pub struct NoResult;

/// Whether what a parameter reads of the body may be missing: the inherent constants take precedence over the trait's.
#[derive(Debug)]
pub struct NeedOf<P>(PhantomData<P>);

impl<T> NeedOf<Json<Option<T>>> {
    pub const NEED: Need = Need::Optional;
}

impl<T> NeedOf<File<Option<T>>> {
    pub const NEED: Need = Need::Optional;
}

impl<T> NeedOf<File<Vec<T>>> {
    pub const NEED: Need = Need::Optional;
}

/// Any other parameter.
pub trait Needed {
    const NEED: Need = Need::Required;
}

impl<P> Needed for NeedOf<P> {}

/// How a value is taken apart, once [`IsResult`] has told whether its type is a `Result`.
pub trait Unpack<const IS_RESULT: bool> {
    type Ok;
    type Err;
    /// The `Result` itself, or [`NoResult`] for any other type.
    type Kind;

    fn unpack(self) -> Result<Self::Ok, Self::Err>;
}

impl<T, E> Unpack<true> for Result<T, E> {
    type Ok = T;
    type Err = E;
    type Kind = Self;

    fn unpack(self) -> Self {
        self
    }
}

impl<T> Unpack<false> for T {
    type Ok = T;
    type Err = HttpError;
    type Kind = NoResult;

    fn unpack(self) -> Result<T, HttpError> {
        Ok(self)
    }
}

/// The output of a dependency whose type's name does not say `Result`, so that it is taken for a plain value.
#[diagnostic::on_unimplemented(
    message = "the name of this type does not say that it is `{Self}`",
    label = "its error would not end the request",
    note = "write `Result<…>` itself; where the function is not generic, an alias with a name that ends in `Result` is taken for one too"
)]
pub trait PlainOutput {}

#[diagnostic::do_not_recommend]
impl PlainOutput for NoResult {}

/// Asserts that a type of another name is not a `Result`.
pub const fn no_result<K: PlainOutput>(_: PhantomData<K>) {}

/// A dependency's output, if the type can be one: see [`Probe`].
#[derive(Debug)]
pub struct Output<T>(PhantomData<T>);

impl<T: Send + Sync + 'static> Output<T> {
    pub fn returned(call: impl FnOnce() -> Result<T, Failure>) -> Running {
        Running::returned(call)
    }

    pub fn waiting<F>(
        future: F,
        output: impl FnOnce(F::Output) -> Result<T, Failure> + Send + 'static,
    ) -> Running
    where
        F: Future + 'static,
        F: Send, // what is not `Send` must be dropped before the .await: hold it in an inner block, or use tokio::sync::Mutex
    {
        Running::waiting(async move { output(future.await) })
    }

    pub fn blocking(call: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Running {
        Running::blocking(call)
    }
}

/// Fails the build of the crate that uses it. No type has that size, but rustc finds out only once `T` is known, so this crate builds.
const fn unshared<T>() {
    assert!(
        size_of::<T>() == usize::MAX,
        "the output of a generic dependency is shared: bound its type parameter by `Send + Sync + 'static`"
    );
}

/// An output that cannot be shared, which an assertion has reported. Only a type parameter can get past that assertion: when its bound is
/// the assertion's own trait.
pub trait NotShared<T> {
    fn returned(_: impl FnOnce() -> Result<T, Failure>) -> Running {
        const { unshared::<T>() };
        unfinished()
    }

    fn waiting<F: Future>(_: F, _: impl FnOnce(F::Output) -> Result<T, Failure>) -> Running {
        const { unshared::<T>() };
        unfinished()
    }

    fn blocking(_: impl FnOnce() -> Result<T, Failure>) -> Running {
        const { unshared::<T>() };
        unfinished()
    }
}

impl<T> NotShared<T> for Output<T> {}

/// The output that an exit is called with.
pub fn output_of<T: 'static>(value: &Value) -> &T {
    value.downcast_ref().unwrap_or_else(|| {
        panic!("an exit was given the output of another dependency, which is a bug in epilogue")
    })
}

/// What all kinds of path functions have in common. It is a macro, since the future of a function would make the request's future larger.
macro_rules! answered {
    ($scope:ident, $take:ident, |$taken:ident| $call:expr) => {{
        // In a variable, so that the box is made for the future's own type and not for the type that is returned.
        let future = in_box(Box::new_uninit(), async move {
            let result = async {
                let $taken = {
                    let app = $scope.app();
                    if $scope.must_prepare() {
                        $scope.prepare(&app).await?;
                    }
                    $scope.take_own(&app, $take)?
                };
                $call
            }
            .await;
            if $scope.must_leave() {
                // Boxed, so that it does not enlarge the future of a request without such exits.
                return Box::pin(leave(&mut $scope, result)).await;
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
///
/// All of this is here and not in the generated code, so that rustc says only once why a user's future is not `Send`.
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
            if scope.must_prepare() {
                scope.prepare(&app).await?;
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

async fn leave(scope: &mut Scope, result: Result<Replied, Failure>) -> http::Response<ReplyBody> {
    let result = scope.leave_functions(result).await;
    scope.finish(result)
}

/// The exit of a dependency.
pub fn exit_function<F>(future: F) -> BoxFuture<Result<(), Failure>>
where
    F: Future<Output = Result<(), Failure>> + 'static,
    F: Send, // what is not `Send` must be dropped before the .await: hold it in an inner block, or use tokio::sync::Mutex
{
    Box::pin(future)
}

/// Runs a `#[task]`, and passes on what it returns.
pub fn task_function<F, R: TaskReturn>(
    future: F,
    returned: impl FnOnce(F::Output) -> R + Send + 'static,
) -> TaskRunning
where
    F: Future + 'static,
    F: Send, // what is not `Send` must be dropped before the .await: hold it in an inner block, or use tokio::sync::Mutex
{
    TaskRunning::async_(async move { returned(future.await) })
}

/// What an exit returns when it is called.
#[diagnostic::on_unimplemented(
    message = "an exit is an async function, and this one returns `{Self}`",
    label = "not an async function",
    note = "write `async fn`, with a reference to the dependency's output and one to the `Outcome`"
)]
pub trait ExitFuture {}

#[diagnostic::do_not_recommend]
impl<F: Future> ExitFuture for F {}

/// Asserts that an exit is async.
pub fn exits_async<F: ExitFuture>(_: &F) {}

/// The call of an exit, if the exit is async: see [`Probe`].
#[derive(Debug)]
pub struct Exiting<F>(pub F);

impl<F: Future> Exiting<F> {
    pub fn into_future(self) -> F {
        self.0
    }
}

/// An exit that is not async, which an assertion has reported.
#[allow(
    clippy::wrong_self_convention,
    reason = "it is found after the method of this name that takes the value"
)]
pub trait NotAsync {
    fn into_future(&self) -> std::future::Ready<()> {
        unfinished()
    }
}

impl<F> NotAsync for Exiting<F> {}

/// An argument of a task, or all of them, if they are data: see [`Probe`].
#[derive(Debug)]
pub struct Argument<T>(PhantomData<T>);

impl<T: Clone> Argument<T> {
    pub fn cloned(argument: &T) -> T {
        argument.clone()
    }
}

impl<T: serde::Serialize> Argument<T> {
    pub fn serialize<S: serde::Serializer>(argument: &T, serializer: S) -> Result<S::Ok, S::Error> {
        argument.serialize(serializer)
    }
}

impl<T: serde::de::DeserializeOwned> Argument<T> {
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

/// Arguments that are not data, which an assertion has reported.
pub trait NotData<T> {
    fn cloned(_: &T) -> T {
        unfinished()
    }

    fn serialize<S: serde::Serializer>(_: &T, _: S) -> Result<S::Ok, S::Error> {
        unfinished()
    }

    fn deserialize<'de, D: serde::Deserializer<'de>>(_: D) -> Result<T, D::Error> {
        unfinished()
    }
}

impl<T> NotData<T> for Argument<T> {}

/// A parameter of a task that gets the output of an app-scoped dependency, if it names one: see [`Probe`].
#[derive(Debug)]
pub struct InTask<P>(PhantomData<P>);

impl<D: Dependency> InTask<Depends<D>> {
    pub const VERDICT: Verdict = crate::graph::check::check_task(&<D::Graph<Full> as HasNode>::NODE);

    pub fn take(context: &TaskContext) -> Result<Depends<D>, NotBuiltForTask> {
        in_task(context)
    }
}

/// A parameter that names no dependency, which is reported at the function itself.
pub trait NotInTask<P> {
    const VERDICT: Verdict = Verdict::RIGHT;

    fn take(_: &TaskContext) -> Result<P, NotBuiltForTask> {
        unfinished()
    }
}

impl<P> NotInTask<P> for InTask<P> {}

/// A task that could not begin.
#[expect(clippy::needless_pass_by_value, reason = "the generated code has no other use for it")]
pub fn task_failed(missing: NotBuiltForTask) -> TaskRunning {
    TaskRunning::cannot_begin(TaskFailure::from_error(&missing))
}

/// What a task returned, if a task may return that: see [`Probe`].
#[derive(Debug)]
pub struct TaskReturned<T>(pub T);

/// Look-up on the macro's concrete type finds out whether the error has causes. `add_task` is generic and cannot do that.
impl<E: std::error::Error + 'static> TaskReturned<Result<(), E>> {
    pub fn into_return(self) -> Result<(), TaskFailure> {
        self.0.map_err(|error| TaskFailure::from_error(&error))
    }
}

/// Whatever else a task may return.
pub trait OtherReturn<T> {
    fn into_return(self) -> T;
}

impl<T: TaskReturn> OtherReturn<T> for TaskReturned<T> {
    fn into_return(self) -> T {
        self.0
    }
}

/// Asserts that a task may return this, for a type that has no name.
pub const fn returned_by_task<R: TaskReturn>(_: &R) {}

/// What a task may not return, which an assertion has reported.
#[allow(
    clippy::wrong_self_convention,
    reason = "it is found after the method of this name that takes the value"
)]
pub trait NoReturn {
    fn into_return(&self) {}
}

impl<T> NoReturn for TaskReturned<T> {}

/// How long functions on the blocking pool may go on once `main` has ended.
const LAST_CALLS: Duration = Duration::from_secs(1);

/// Runs an async `main`.
///
/// # Panics
///
/// When the operating system gives the runtime no threads.
pub fn block_on<T>(main: impl Future<Output = T>) -> T {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let output = runtime.block_on(main);
            // Just dropping the runtime would wait for ever for a blocking function that does not end. Everything that the app had accepted is
            // done by now, or named as lost.
            runtime.shutdown_timeout(LAST_CALLS);
            output
        }
        Err(error) => panic!("the runtime could not be built: {error}"),
    }
}
