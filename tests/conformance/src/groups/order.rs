//! `order`: dependencies run outermost first, then depth first in the order of the parameters.

use epilogue::prelude::*;

use super::cache::{diamond_b, diamond_c};
use crate::run::{run, say};

pub(crate) fn router() -> Router {
    let inner = Router::new("/inner").depends::<stamp<InnerRouter>>().routes(routes![leaf]);
    // The dependencies that FastAPI's `include_router` takes go on a router around the included one.
    let included = Router::new("").depends::<stamp<Include>>().router(inner);
    Router::new("/order")
        .depends::<stamp<Outer1>>()
        .depends::<stamp<Outer2>>()
        .router(included)
        .routes(routes![tree])
}

/// What a stamp records, and what its task records.
trait Mark: Send + Sync + 'static {
    const NAME: &'static str;
    const TASK: &'static str;
}

macro_rules! marks {
    ($($mark:ident = $name:literal),* $(,)?) => {$(
        struct $mark;

        impl Mark for $mark {
            const NAME: &'static str = $name;
            const TASK: &'static str = concat!("task:", $name);
        }
    )*};
}

marks! {
    Outer1 = "outer-1",
    Outer2 = "outer-2",
    Include = "include",
    InnerRouter = "inner-router",
    Route1 = "route-1",
    Route2 = "route-2",
    Param = "param",
    Param1 = "param-1",
    Param2 = "param-2",
}

#[dependency]
async fn stamp<M: Mark>(run: Depends<run>, tasks: &BackgroundTasks) -> String {
    run.say(M::NAME);
    tasks.add_task(say, (run, M::TASK));
    M::NAME.into()
}

#[get("/leaf", dependencies(stamp<Route1>, stamp<Route2>))]
async fn leaf(
    run: Depends<run>,
    tasks: &BackgroundTasks,
    first: Depends<stamp<Param1>>,
    second: Depends<stamp<Param2>>,
) -> Json<[String; 2]> {
    run.say("handler");
    tasks.add_task(say, (run, "task:handler"));
    Json([first.to_string(), second.to_string()])
}

#[get("/tree")]
async fn tree(
    run: Depends<run>,
    c: Depends<diamond_c>,
    param: Depends<stamp<Param>>,
    b: Depends<diamond_b>,
) -> Json<[String; 3]> {
    run.say("handler");
    Json([c.to_string(), param.to_string(), b.to_string()])
}
