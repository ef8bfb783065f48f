//! Generated code relies on nothing in the user's scope: these modules compile, whatever they call their own.
#![allow(unused, nonstandard_style, missing_docs, clippy::all, clippy::pedantic)]

/// One of everything, for a module that has shadowed what it could.
macro_rules! app {
    () => {
        #[::epilogue::dependency(exit = close)]
        async fn session(token: ::epilogue::Header<::std::string::String>) -> u8 {
            1
        }

        async fn close(_session: &u8, _outcome: &::epilogue::Outcome) {}

        #[::epilogue::dependency]
        fn checked(
            session: ::epilogue::Depends<session>,
        ) -> ::core::result::Result<u8, ::epilogue::HttpError> {
            ::core::result::Result::Ok(*session)
        }

        #[::epilogue::dependency(blocking)]
        fn slow(#[param(default = 1, ge = 1)] n: ::epilogue::Query<u32>) -> u32 {
            *n
        }

        #[derive(::epilogue::Dependency)]
        struct Paging {
            limit: ::epilogue::Query<u32>,
        }

        #[::epilogue::task(retries = 1, retry_on_panic, timeout = "1s")]
        async fn note(line: ::std::string::String) {}

        #[::epilogue::get("/{id}", status = 201, dependencies(checked), tags("a"))]
        async fn read(
            id: ::epilogue::Path<u64>,
            session: ::epilogue::Depends<session>,
            maybe: ::core::option::Option<::epilogue::Depends<checked>>,
            paging: &::epilogue::Depends<Paging>,
            slow: ::epilogue::Depends<slow>,
            tasks: &::epilogue::BackgroundTasks,
        ) -> ::core::result::Result<&'static str, ::epilogue::HttpError> {
            tasks.add(note { line: ::std::string::String::new() });
            ::core::result::Result::Ok("ok")
        }

        #[::epilogue::get("/sync")]
        fn index() {}

        pub fn app() -> ::epilogue::App {
            ::epilogue::App::new().routes(::epilogue::routes![read, self::index])
        }
    };
}

mod types_are_shadowed {
    struct Result;
    struct Option;
    struct Vec;
    struct String;
    struct Box;
    struct Arc;
    struct Scope;
    struct Usable;
    trait Send {}
    trait Sync {}
    trait Sized {}
    trait Clone {}
    trait Future {}
    trait Into {}
    trait From {}
    trait FnOnce {}
    app!();
}

mod values_are_shadowed {
    const None: u8 = 0;
    fn Some() {}
    fn Ok() {}
    fn Err() {}
    fn drop() {}
    static scope: u8 = 0;
    static take: u8 = 0;
    app!();
}

mod crates_are_shadowed {
    mod std {}
    mod core {}
    mod alloc {}
    mod serde {}
    mod __private {}
    mod prelude {}
    // The paths of `app!` begin with `::`, and so must those of the macros.
    app!();
}

mod primitives_are_shadowed {
    struct str;
    struct usize;
    struct bool;
    struct u16;

    #[::epilogue::dependency]
    fn number(n: ::epilogue::Query<::core::primitive::u32>) -> ::core::primitive::u32 {
        *n
    }

    #[::epilogue::get("/", status = 201)]
    async fn index(number: ::epilogue::Depends<number>) -> &'static ::core::primitive::str {
        "ok"
    }
}

mod macros_are_shadowed {
    macro_rules! panic {
        ($($tokens:tt)*) => {
            compile_error!("not this one")
        };
    }
    macro_rules! line {
        () => {
            compile_error!("not this one")
        };
    }
    macro_rules! file {
        () => {
            compile_error!("not this one")
        };
    }
    app!();
}

mod traits_have_the_same_methods {
    pub trait Everything {
        fn into_reply(&self) {}
        fn into_output(&self) {}
        fn take(&self) {}
        fn into_future(&self) {}
        fn deserialize(&self) {}
        fn cloned(&self) {}
    }
    impl<T> Everything for T {}
    app!();
}

/// A type without a schema, a default that cannot be shown: what stands in for them is not what the user's trait gives every type.
mod traits_have_the_same_constants {
    pub trait Everything {
        const SCHEMA: u8 = 1;
        const IS_REQUIRED: u8 = 1;
        const CONTENT_TYPE: u8 = 1;
        fn default() {}
    }
    impl<T> Everything for T {}

    #[derive(::serde::Deserialize)]
    struct Level(u8);

    #[::epilogue::get("/levels")]
    async fn levels(
        #[param(default = Level(1))] level: ::epilogue::Query<Level>,
    ) -> impl ::epilogue::IntoResponse {
        ""
    }
    app!();
}

/// Names that come out of a macro of the user's own.
mod names_of_a_macro {
    use epilogue::prelude::*;

    macro_rules! resource {
        ($list:ident, $path:literal, $item:ty, $of:ident, $note:ident, $tell:ident) => {
            #[dependency(exit = close)]
            async fn $of(q: Query<$item>) -> $item {
                q.into_inner()
            }

            async fn close(_item: &$item, _outcome: &Outcome) {}

            #[get($path)]
            async fn $list(item: Depends<$of>, tasks: &BackgroundTasks, again: &Depends<$of>) -> String {
                format!("{}", *item)
            }

            #[task]
            async fn $note(item: $item) {}

            #[task]
            async fn $tell(item: $item) -> Result<(), String> {
                Ok(())
            }
        };
    }

    resource!(list, "/items", u64, item, note, tell);

    fn app() -> App {
        App::new().routes(routes![list])
    }
}

/// Types and literals that come out of a macro of the user's own, each in a group of its own.
mod groups_of_a_macro {
    use epilogue::prelude::*;

    macro_rules! route {
        ($path:literal, $status:literal, $least:literal, $tasks:ty, $user:ty, $limit:ty, $reply:ty) => {
            #[get($path, status = $status, tags($path))]
            async fn read(tasks: $tasks, user: $user, #[param(ge = $least)] limit: $limit) -> $reply {
                format!("{} {} {}", tasks.len(), *user, *limit)
            }
        };
    }

    macro_rules! socket {
        ($socket:ty) => {
            #[websocket("/echo")]
            async fn echo(mut socket: $socket) {
                let _ = socket.recv().await;
            }
        };
    }

    macro_rules! task {
        ($pool:ty, $line:ty) => {
            #[task]
            async fn note(pool: $pool, line: $line) {
                println!("{} {line}", *pool);
            }
        };
    }

    macro_rules! unnamed {
        ($reply:ty, $error:ty, $returned:ty, $ended:ty) => {
            #[get("/unnamed")]
            async fn unnamed() -> $reply {
                "ok"
            }

            #[get("/unnamed/sync")]
            fn unnamed_sync() -> $reply {
                "ok"
            }

            #[get("/unnamed/result")]
            async fn unnamed_result() -> Result<$reply, $error> {
                if true { Ok("ok") } else { Err(HttpError::new(StatusCode::NOT_FOUND, "no")) }
            }

            #[task]
            async fn unnamed_task() -> $returned {}

            #[websocket("/unnamed")]
            async fn unnamed_socket(socket: WebSocket) -> $ended {
                drop(socket);
                Ok(())
            }
        };
    }

    macro_rules! prepared {
        ($name:ident, $prepare:block, $check:expr, $number:expr) => {
            #[get("/prepared")]
            async fn $name(pool: Depends<pool>) -> String {
                $prepare
                if *pool > 0 $prepare
                $check
                let number = $number + 1;
                (*pool + number).to_string()
            }
        };
    }

    #[dependency(scope = "app")]
    fn pool() -> u32 {
        1
    }

    prepared!(
        a_block,
        { println!("prepared") },
        if true {
            println!("checked")
        },
        if true { 1 } else { 2 }
    );
    unnamed!(impl IntoResponse, HttpError, impl epilogue::TaskReturn, Result<(), HttpError>);
    route!("/items", 202, 1, &BackgroundTasks, Depends<pool>, Query<u32>, String);
    socket!(WebSocket);
    task!(Depends<pool>, String);

    /// Not the stand-in for a function that the macro could not read, though rustc could.
    pub fn prepared() -> App {
        App::new().routes(routes![a_block])
    }

    fn app(tasks: &BackgroundTasks) -> App {
        tasks.add(note { line: String::new() });
        tasks.add(unnamed_task {});
        App::new().routes(routes![read, echo, unnamed, unnamed_sync, unnamed_result, unnamed_socket])
    }
}

/// Bodies with what comes out of a macro in a group of its own: a statement, a block, a pattern, an attribute. rustc can read them all.
mod bodies_of_a_macro {
    use epilogue::prelude::*;
    use epilogue::testing::TestClient;

    macro_rules! items {
        ($one:ident, $three:ident, $first:stmt, $prepare:block, $pattern:pat, $some:expr, $attribute:meta) => {
            #[dependency]
            fn number() -> u32 {
                #![$attribute]
                $first;
                $prepare
                let two = $one + 1;
                two
            }

            #[task]
            async fn noted(line: String) -> Result<(), String> {
                $first;
                let $pattern = $some else { return Ok(()) };
                Err(format!("{line} {} {}", $one, $three))
            }

            #[get("/")]
            async fn read(number: Depends<number>, tasks: &BackgroundTasks) -> String {
                $first;
                let $pattern = $some else { return String::new() };
                tasks.add(noted { line: String::from("noted") });
                format!("{} {} {}", $one, *number, $three)
            }

            #[websocket("/socket")]
            async fn socket(socket: WebSocket) {
                $first;
                drop((socket, $one));
            }

            #[epilogue::main]
            pub async fn main() -> Result<u32, String> {
                $first;
                $prepare
                let client = TestClient::new(App::new().routes(routes![read, socket]));
                let reply = client.get("/").send().await;
                assert_eq!(reply.text(), "1 2 3");
                assert_eq!(reply.failed_tasks()[0].message, "noted 1 3");
                Ok($one)
            }
        };
    }

    /// The whole body is a block.
    macro_rules! whole {
        ($user:ident, $number:block, $noted:block, $read:block, $socket:block, $main:block) => {
            #[dependency]
            fn number() -> u32 $number

            #[task]
            async fn noted(line: String) -> Result<(), String> $noted

            #[get("/")]
            async fn read($user: Depends<number>, tasks: &BackgroundTasks) -> String $read

            #[websocket("/socket")]
            async fn socket(socket: WebSocket) $socket

            #[epilogue::main]
            pub async fn main() -> Result<String, String> $main
        };
    }

    /// The same out of two macros.
    macro_rules! twice {
        ($user:ident, $number:block, $noted:block, $read:block, $socket:block, $main:block) => {
            whole!($user, $number, $noted, $read, $socket, $main);
        };
    }

    pub(super) mod of_a_block {
        use epilogue::prelude::*;
        use epilogue::testing::TestClient;

        twice!(user, { 2 }, { Err(String::from("noted")) }, { format!("user {}", *user) }, {}, {
            let client = TestClient::new(App::new().routes(routes![read, socket]));
            Ok(client.get("/").send().await.text())
        });
    }

    items!(
        one,
        three,
        let one: u32 = u32::from(true),
        { println!("prepared") },
        Some(three),
        Some(3).filter(|_| true),
        allow(clippy::let_and_return)
    );
}

/// Items out of another crate's macro, which reaches epilogue by `$crate`.
mod items_of_a_macro_of_another_crate {
    #[epilogue::dependency]
    fn user() -> u64 {
        1
    }

    epilogue_ui_renamed::health!(health, user);

    fn app() -> epilogue::App {
        epilogue::App::new().routes(epilogue::routes![health])
    }
}

/// Functions out of a procedural macro, which stand in one place.
mod items_of_a_procedural_macro {
    epilogue_ui_generated::resource!();

    fn app() -> epilogue::App {
        epilogue::App::new().routes(epilogue::routes![list, create])
    }
}

/// Items inside of a function, which no path from the crate's root leads to.
mod items_of_a_function {
    use epilogue::prelude::*;

    fn app() -> App {
        #[dependency]
        fn user(q: Query<String>) -> String {
            q.into_inner()
        }

        #[get("/")]
        async fn index(user: Depends<user>) -> String {
            user.to_string()
        }

        App::new().routes(routes![index])
    }
}

/// Attributes within the braces, which apply to the whole function.
mod inner_attributes {
    use epilogue::prelude::*;

    #[dependency]
    fn user() -> u64 {
        #![allow(clippy::let_and_return)]
        let user = 1;
        user
    }

    #[get("/")]
    async fn index(user: Depends<user>) -> String {
        #![allow(clippy::let_and_return)]
        let text = user.to_string();
        text
    }

    #[epilogue::main]
    async fn main() {
        #![allow(clippy::let_unit_value)]
        let () = ();
    }
}

/// A parameter may be bound by reference, like that of any function.
mod bound_by_reference {
    use epilogue::prelude::*;

    #[dependency]
    fn user(ref name: Query<String>) -> String {
        name.to_string()
    }

    #[get("/")]
    async fn index(ref user: Depends<user>) -> String {
        user.to_string()
    }
}

/// A trait object that is called with a reference lends it for that call.
mod functions_as_outputs {
    use epilogue::prelude::*;

    #[dependency]
    fn greeting() -> Box<dyn Fn(&str) -> String + Send + Sync> {
        Box::new(|name| format!("hello {name}"))
    }

    #[get("/{name}")]
    async fn greet(name: Path<String>, greeting: Depends<greeting>) -> String {
        (**greeting)(&name)
    }
}

/// A lifetime may have a name: it is nobody's but the call's.
mod lifetimes_with_names {
    use epilogue::prelude::*;

    #[dependency]
    fn bounded<'a, T: Default + Send + Sync + 'static + 'a>(tasks: &'a BackgroundTasks) -> T
    where
        T: Clone + 'a,
    {
        T::default()
    }

    #[dependency]
    fn count<'a, T: Default + Send + Sync + 'static>(tasks: &'a BackgroundTasks, reply: &'a Reply) -> T
    where
        'a: 'a,
    {
        T::default()
    }

    trait Pair<'a, 'b> {}
    impl Pair<'_, '_> for &Vec<u8> {}

    #[dependency]
    fn items<'a, T>(items: &'a State<T>) -> usize
    where
        T: Send + Sync + 'static,
        &'a T: IntoIterator + for<'b> Pair<'a, 'b> + for<'b> Pair<'b, 'b>,
        for<'b> &'b T: Pair<'a, 'b>,
    {
        (&**items).into_iter().count()
    }

    #[get("/items")]
    async fn index_of_items(items: Depends<items<Vec<u8>>>) -> String {
        items.to_string()
    }

    #[get("/")]
    async fn index<'a>(tasks: &'a BackgroundTasks, count: Depends<count<u8>>) -> String {
        count.to_string()
    }
}

/// Names that a crate and a module of the prelude have too: `self::` says which is meant.
mod names_of_modules {
    use epilogue::prelude::*;

    #[dependency]
    fn header(name: Header<Option<String>>) -> Option<String> {
        name.into_inner()
    }

    #[get("/", dependencies(self::header))]
    async fn tower(header: Depends<self::header>) -> String {
        let _ = ::tower::service_fn(|_: ()| async { Ok::<_, ()>(()) });
        format!("{:?}", *header)
    }

    fn app() -> App {
        App::new().routes(routes![self::tower])
    }
}

/// Raw names, and names that the macros use too.
mod odd_names {
    use epilogue::prelude::*;

    #[dependency]
    fn r#type(r#in: Query<Option<String>>) -> String {
        r#in.into_inner().unwrap_or_default()
    }

    #[dependency]
    fn taking(scope: Query<String>, take: Query<String>, params: Depends<r#type>) -> String {
        format!("{}{}{}", *scope, *take, *params)
    }

    #[task]
    async fn r#move(r#type: String, context: u8, serializer: u8) {}

    #[get("/{id}")]
    async fn r#match(
        id: Path<u64>,
        scope: Query<String>,
        returned: Depends<taking>,
        future: Depends<r#type>,
    ) -> String {
        format!("{}{}", *scope, *returned)
    }

    fn app() -> App {
        App::new().routes(routes![r#match])
    }
}

/// Names that rustc has for attributes, and for macros that are not stable.
mod names_of_macros {
    use epilogue::prelude::*;

    #[dependency]
    fn bench() -> u8 {
        1
    }

    #[dependency]
    fn deref(bench: Depends<bench>) -> u8 {
        *bench
    }

    #[dependency]
    fn diagnostic(deref: Depends<Fresh<deref>>) -> u8 {
        *deref
    }

    #[get("/", dependencies(bench))]
    async fn index(diagnostic: Depends<diagnostic>, deref: Option<Depends<deref>>) -> String {
        format!("{} {}", *diagnostic, deref.is_some())
    }
}

/// Names of functions that the standard library's prelude has.
mod names_of_functions {
    use epilogue::prelude::*;

    #[dependency]
    fn size_of() -> usize {
        1
    }

    #[delete("/", dependencies(size_of))]
    async fn drop(size_of: Depends<size_of>) -> String {
        size_of.to_string()
    }

    fn app() -> App {
        App::new().routes(routes![drop])
    }
}

#[test]
fn they_have_routes() {
    for app in [types_are_shadowed::app(), values_are_shadowed::app(), crates_are_shadowed::app()] {
        assert!(format!("{app:?}").contains("read"));
    }
    assert!(format!("{:?}", groups_of_a_macro::prepared()).contains("a_block"));
    let _ = epilogue_ui_renamed::app();
    let _ = epilogue_ui_strict::app();
}

#[test]
fn bodies_of_a_macro_run() {
    assert_eq!(bodies_of_a_macro::main(), Ok(1));
    assert_eq!(bodies_of_a_macro::of_a_block::main(), Ok(String::from("user 2")));
}
