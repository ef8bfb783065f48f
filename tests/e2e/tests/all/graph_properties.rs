//! Promises 2, 3, 6, 7 and 10 over random graphs and faults: whatever the graph is, and whatever dependencies, path functions and
//! tasks do, the journal is the one that a model of a few lines predicts.

use epilogue::StartError;
use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Entries, Journal, hide_panics};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What a function does when it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Succeeds,
    Fails,
    Panics,
}

/// What one dependency or path function does, and the tasks that it queues before that.
#[derive(Debug, Clone)]
struct Part {
    act: Act,
    tasks: Vec<(Act, bool)>,
    exit: Act,
}

/// What happens in a request, by the number of the dependency. The last part is the path function's.
#[derive(Debug, Clone)]
struct Script(Vec<Part>);

const FUNCTION: usize = 9;

/// The messages of panics.
const ON_PURPOSE: &[&str] = &["a function", "a task", "an exit"];

fn act(act: Act, what: &str) -> Result<(), HttpError> {
    match act {
        Act::Succeeds => Ok(()),
        Act::Fails => Err(HttpError::new(StatusCode::IM_A_TEAPOT, what)),
        Act::Panics => panic!("{what}"),
    }
}

async fn task(journal: State<Journal>, name: String, does: Act) -> Result<(), String> {
    journal.write(format!("task {name}"));
    act(does, "a task").map_err(|error| error.to_string())
}

/// What every function of the family does.
fn play(
    number: usize,
    script: &Script,
    tasks: &BackgroundTasks,
    journal: &State<Journal>,
) -> Result<(), HttpError> {
    let part = &script.0[number];
    journal.write(format!("enter {number}"));
    for (place, (does, always)) in part.tasks.iter().enumerate() {
        let added = tasks.add_task(task, (journal.clone(), format!("{number}.{place}"), *does));
        if *always {
            added.always();
        }
    }
    act(part.act, "a function")
}

struct Entered(usize, State<Journal>, Act);

async fn leave(entered: &Entered, _outcome: &Outcome) -> Result<(), HttpError> {
    entered.1.write(format!("exit {}", entered.0));
    // Gives others a chance to run in between.
    tokio::task::yield_now().await;
    act(entered.2, "an exit")
}

/// What the model knows of a dependency.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// What it needs, in order.
    needs: &'static [usize],
    /// Whether it is exited before the reply.
    early: bool,
    exits: bool,
}

macro_rules! variant {
    ($name:ident = $number:literal ($scope:tt, exit): $needs:tt) => {
        variant!($name = $number [scope = $scope, exit = leave] $needs);
    };
    ($name:ident = $number:literal ($scope:tt): $needs:tt) => {
        variant!($name = $number [scope = $scope] $needs);
    };
    ($name:ident = $number:literal [$($options:tt)*] [$($needs:ident = $of:literal),*]) => {
        #[dependency($($options)*)]
        async fn $name(
            $($needs: Depends<$needs>,)*
            tasks: &BackgroundTasks,
            script: State<Script>,
            journal: State<Journal>,
        ) -> Result<Entered, HttpError> {
            $(assert_eq!($needs.0, $of);)*
            play($number, &script, tasks, &journal)?;
            let exit = script.0[$number].exit;
            Ok(Entered($number, journal, exit))
        }
    };
}

/// A dependency of the family, and the numbers of those that it needs.
macro_rules! family {
    ($($name:ident = $number:literal ($scope:tt): [$($needs:ident = $of:literal),*];)*) => {
        $(variant!($name = $number ($scope, exit): [$($needs = $of),*]);)*

        const FAMILY: &[Shape] = &[$(Shape { needs: &[$($of),*], early: is_function($scope), exits: true }),*];
    };
}

const fn is_function(scope: &str) -> bool {
    scope.len() == "function".len()
}

family! {
    root = 0 ("request"): [];
    left = 1 ("request"): [root = 0];
    right = 2 ("request"): [root = 0];
    diamond = 3 ("request"): [left = 1, right = 2];
    crossed = 4 ("request"): [right = 2, left = 1];
    deep = 5 ("request"): [diamond = 3, crossed = 4];
    alone = 6 ("request"): [];
    early = 7 ("function"): [diamond = 3];
    earlier = 8 ("function"): [early = 7, root = 0];
}

/// A route and what it needs.
macro_rules! routes_of {
    ($($name:ident $path:tt [$($needs:ident = $of:literal),*];)*) => {
        $(
            #[get($path)]
            async fn $name(
                $($needs: Depends<$needs>,)*
                tasks: &BackgroundTasks,
                script: State<Script>,
                journal: State<Journal>,
            ) -> Result<&'static str, HttpError> {
                $(assert_eq!($needs.0, $of);)*
                play(FUNCTION, &script, tasks, &journal)?;
                Ok("replied")
            }
        )*

        const ROUTES: &[(&str, &[usize])] = &[$(($path, &[$($of),*])),*];

        fn app() -> App {
            App::new().routes(routes![$($name),*])
        }
    };
}

routes_of! {
    none "/none" [];
    chain "/chain" [left = 1];
    diamonds "/diamonds" [diamond = 3, crossed = 4];
    turned "/turned" [crossed = 4, diamond = 3, root = 0];
    deepest "/deepest" [alone = 6, deep = 5];
    mixed "/mixed" [early = 7, alone = 6];
    all "/all" [earlier = 8, deep = 5, alone = 6, early = 7];
}

/// The model: the journal that a request must leave, and the status of its reply.
struct Model<'a> {
    graph: &'a [Shape],
    script: &'a Script,
    journal: Vec<String>,
    entered: Vec<usize>,
    seen: Vec<usize>,
    tasks: Vec<(String, bool)>,
}

impl Model<'_> {
    fn play(&mut self, number: usize) -> Act {
        let part = &self.script.0[number];
        self.journal.push(format!("enter {number}"));
        let tasks = part.tasks.iter().enumerate();
        self.tasks.extend(tasks.map(|(place, (_, always))| (format!("task {number}.{place}"), *always)));
        part.act
    }

    fn enter(&mut self, number: usize) -> Act {
        if self.seen.contains(&number) {
            return Act::Succeeds;
        }
        self.seen.push(number);
        for &needed in self.graph[number].needs {
            let act = self.enter(needed);
            if act != Act::Succeeds {
                return act;
            }
        }
        let act = self.play(number);
        if act == Act::Succeeds {
            self.entered.push(number);
        }
        act
    }

    fn request(graph: &[Shape], script: &Script, needs: &[usize]) -> (Vec<String>, u16) {
        let mut model = Model {
            graph,
            script,
            journal: Vec::new(),
            entered: Vec::new(),
            seen: Vec::new(),
            tasks: Vec::new(),
        };
        let mut end = Act::Succeeds;
        for &number in needs {
            if end == Act::Succeeds {
                end = model.enter(number);
            }
        }
        if end == Act::Succeeds {
            end = model.play(FUNCTION);
        }
        let exited = model.entered.iter().rev().copied().filter(|number| graph[*number].exits);
        let (early, late): (Vec<usize>, Vec<usize>) = exited.partition(|number| graph[*number].early);
        for number in early {
            model.journal.push(format!("exit {number}"));
            // Its error becomes the reply.
            if script.0[number].exit != Act::Succeeds {
                end = script.0[number].exit;
            }
        }
        let kept = model.tasks.iter().filter(|(_, always)| *always || end == Act::Succeeds);
        model.journal.extend(kept.map(|(name, _)| name.clone()));
        model.journal.extend(late.iter().map(|number| format!("exit {number}")));
        let status = match end {
            Act::Succeeds => 200,
            Act::Fails => 418,
            Act::Panics => 500,
        };
        (model.journal, status)
    }
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![12 => Just(Act::Succeeds), 1 => Just(Act::Fails), 1 => Just(Act::Panics)]
}

fn scripts() -> impl Strategy<Value = Script> {
    let part = (acts(), prop::collection::vec((acts(), prop::bool::weighted(0.2)), 0..3), acts())
        .prop_map(|(act, tasks, exit)| Part { act, tasks, exit });
    prop::collection::vec(part, FUNCTION + 1).prop_map(Script)
}

/// Sends a request, and returns its status and its journal once its tasks and exits are done.
async fn run(app: App, script: &Script, path: &str) -> Result<(u16, Vec<String>), StartError> {
    let (journal, mut entries): (Journal, Entries) = Journal::new();
    let app = app.state(journal).state(script.clone());
    app.start().await?;
    let status = TestClient::new(app).get(path).send().await.status().as_u16();
    Ok((status, entries.now()))
}

/// The same cases in every run, except where `PROPTEST_RNG_SEED` asks for others.
fn config(cases: u32) -> ProptestConfig {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    match config.rng_seed {
        RngSeed::Random => ProptestConfig { rng_seed: RngSeed::Fixed(0x5eed), ..config },
        RngSeed::Fixed(_) => config,
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_request_does_what_the_model_predicts(script in scripts()) {
        hide_panics(ON_PURPOSE);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (path, needs) in ROUTES {
            let (expected, status) = Model::request(FAMILY, &script, needs);
            let (replied, journal) = runtime.block_on(run(app(), &script, path)).unwrap();
            prop_assert_eq!(&journal, &expected, "{}", path);
            prop_assert_eq!(replied, status, "{}", path);
        }
    }
}

/// Slots of a random graph. An override puts one of its variants into each slot, so that there are as many graphs as ways to choose.
macro_rules! slots {
    ($($slot:ident = $number:literal {
        $($name:ident ($scope:tt $(, $exit:ident)?): [$($needs:ident = $of:literal),*];)*
    })*) => {
        $(
            #[dependency]
            fn $slot() -> Entered {
                unreachable!("no variant stands for slot {}", $number)
            }
            $(variant!($name = $number ($scope $(, $exit)?): [$($needs = $of),*]);)*
        )*

        /// The variants of each slot, and what puts them there.
        const SLOTS: &[&[(Shape, fn(App) -> App)]] = &[$(&[$((
            Shape {
                needs: &[$($of),*],
                early: is_function($scope),
                exits: !<[&str]>::is_empty(&[$(stringify!($exit))?]),
            },
            |app| app.override_dependency_with::<$slot, $name>(),
        )),*]),*];
    };
}

slots! {
    s0 = 0 {
        a0 ("function", exit): [];
        b0 ("request", exit): [];
        c0 ("function"): [];
        d0 ("request"): [];
        e0 ("function"): [];
        f0 ("request", exit): [];
    }
    s1 = 1 {
        a1 ("request", exit): [];
        b1 ("request", exit): [s0 = 0];
        c1 ("function", exit): [s0 = 0];
        d1 ("function", exit): [];
        e1 ("function", exit): [s0 = 0];
        f1 ("request"): [s0 = 0];
    }
    s2 = 2 {
        a2 ("request", exit): [s1 = 1];
        b2 ("function", exit): [s0 = 0, s1 = 1];
        c2 ("function", exit): [s0 = 0];
        d2 ("request"): [s1 = 1];
        e2 ("request"): [];
        f2 ("function"): [s0 = 0];
    }
    s3 = 3 {
        a3 ("function"): [s2 = 2, s1 = 1, s0 = 0];
        b3 ("request", exit): [s0 = 0, s2 = 2, s1 = 1];
        c3 ("request", exit): [];
        d3 ("request", exit): [s0 = 0, s1 = 1, s2 = 2];
        e3 ("request", exit): [s2 = 2, s0 = 0];
        f3 ("request", exit): [s2 = 2, s0 = 0, s1 = 1];
    }
    s4 = 4 {
        a4 ("request", exit): [];
        b4 ("request", exit): [s1 = 1];
        c4 ("request", exit): [s3 = 3];
        d4 ("request", exit): [s3 = 3, s0 = 0];
        e4 ("request", exit): [s2 = 2, s1 = 1, s0 = 0];
        f4 ("function", exit): [s2 = 2, s0 = 0];
    }
    s5 = 5 {
        a5 ("request", exit): [];
        b5 ("request"): [s2 = 2, s4 = 4];
        c5 ("function", exit): [s0 = 0, s4 = 4];
        d5 ("function", exit): [];
        e5 ("request", exit): [s0 = 0];
        f5 ("request", exit): [s0 = 0, s4 = 4];
    }
    s6 = 6 {
        a6 ("request", exit): [s4 = 4];
        b6 ("function"): [];
        c6 ("request"): [s3 = 3];
        d6 ("request"): [s4 = 4];
        e6 ("request", exit): [s3 = 3, s5 = 5];
        f6 ("request", exit): [s0 = 0, s4 = 4];
    }
    s7 = 7 {
        a7 ("request"): [s2 = 2];
        b7 ("request", exit): [s3 = 3];
        c7 ("request", exit): [s1 = 1];
        d7 ("request", exit): [s0 = 0];
        e7 ("function", exit): [s1 = 1, s2 = 2];
        f7 ("request", exit): [s2 = 2, s6 = 6, s4 = 4];
    }
}

#[get("/random")]
async fn random(
    s7: Depends<s7>,
    s4: Depends<s4>,
    s6: Depends<s6>,
    s5: Depends<s5>,
    tasks: &BackgroundTasks,
    script: State<Script>,
    journal: State<Journal>,
) -> Result<&'static str, HttpError> {
    assert_eq!([s7.0, s4.0, s6.0, s5.0], RANDOM);
    play(FUNCTION, &script, tasks, &journal)?;
    Ok("replied")
}

const RANDOM: [usize; 4] = [7, 4, 6, 5];

/// Whether something that is exited after the reply was made, directly or not, from something that is exited before it: no such app starts.
fn is_refused(graph: &[Shape]) -> bool {
    let mut ends_early = Vec::new();
    let mut late = Vec::new();
    for shape in graph {
        let over_early = shape.needs.iter().any(|&needed| ends_early[needed]);
        ends_early.push(over_early || shape.early && shape.exits);
        late.push(shape.exits && !shape.early && over_early);
    }
    let mut reached: Vec<usize> = RANDOM.to_vec();
    let mut next = 0;
    while let Some(&number) = reached.get(next) {
        reached.extend(graph[number].needs);
        next += 1;
    }
    reached.iter().any(|&number| late[number])
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn so_does_a_request_of_a_random_graph(
        chosen in prop::collection::vec(any::<prop::sample::Index>(), SLOTS.len()),
        script in scripts(),
    ) {
        hide_panics(ON_PURPOSE);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let chosen = SLOTS.iter().zip(&chosen).map(|(variants, index)| index.get(variants));
        let (mut graph, mut app) = (Vec::new(), App::new().routes(routes![random]));
        for (shape, put) in chosen {
            graph.push(*shape);
            app = put(app);
        }
        match runtime.block_on(run(app, &script, "/random")) {
            Ok((replied, journal)) => {
                prop_assert!(!is_refused(&graph), "it started: {:?}", graph);
                let (expected, status) = Model::request(&graph, &script, &RANDOM);
                prop_assert_eq!(&journal, &expected, "{:?}", graph);
                prop_assert_eq!(replied, status, "{:?}", graph);
            }
            Err(error) => prop_assert!(is_refused(&graph), "{error}: {:?}", graph),
        }
    }
}
