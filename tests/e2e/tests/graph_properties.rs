//! Promises 2, 3, 6, 7 and 10 over random faults: for each of a family of graphs, whatever its dependencies, its path function and
//! its tasks do, the journal is the one that a model of a few lines predicts.

use epilogue::prelude::*;
use epilogue::testing::TestClient;
use epilogue_e2e::{Entries, Journal};
use proptest::prelude::*;

/// What a function does when it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Succeeds,
    Fails,
    Panics,
}

/// What one dependency or path function does, and the tasks that it queues before.
#[derive(Debug, Clone)]
struct Part {
    act: Act,
    tasks: Vec<(Act, bool)>,
    exit: Act,
}

/// What happens in a request: by the number of the dependency, the last one is the path function's.
#[derive(Debug, Clone)]
struct Script(Vec<Part>);

const FUNCTION: usize = 9;

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
    // Gives others a chance to come in between.
    tokio::task::yield_now().await;
    act(entered.2, "an exit")
}

/// A dependency of the family, and the numbers of those that it needs.
macro_rules! family {
    ($($name:ident = $number:literal ($scope:tt): [$($needs:ident = $of:literal),*];)*) => {
        $(
            #[dependency(exit = leave, scope = $scope)]
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
        )*

        /// What each needs, in order.
        const NEEDS: &[&[usize]] = &[$(&[$($of),*]),*];
        /// Whether it is left before the reply.
        const LEFT_EARLY: &[bool] = &[$(is_function($scope)),*];
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
        for &needed in NEEDS[number] {
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

    fn request(script: &Script, needs: &[usize]) -> (Vec<String>, u16) {
        let mut model =
            Model { script, journal: Vec::new(), entered: Vec::new(), seen: Vec::new(), tasks: Vec::new() };
        let mut end = Act::Succeeds;
        for &number in needs {
            if end == Act::Succeeds {
                end = model.enter(number);
            }
        }
        if end == Act::Succeeds {
            end = model.play(FUNCTION);
        }
        let (early, late): (Vec<usize>, Vec<usize>) =
            model.entered.iter().rev().copied().partition(|number| LEFT_EARLY[*number]);
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

/// Sends a request, and tells its status and its journal once its tasks and exits are done.
async fn run(script: &Script, path: &str) -> (u16, Vec<String>) {
    let (journal, mut entries): (Journal, Entries) = Journal::new();
    let client = TestClient::new(app().state(journal).state(script.clone()));
    let status = client.get(path).send().await.status().as_u16();
    (status, entries.now())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_request_does_what_the_model_predicts(script in scripts()) {
        // Panics on purpose: nobody wants to read them. A failed case is an error of this function's, not a panic.
        std::panic::set_hook(Box::new(|_| {}));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (path, needs) in ROUTES {
            let (expected, status) = Model::request(&script, needs);
            let (replied, journal) = runtime.block_on(run(&script, path));
            prop_assert_eq!(&journal, &expected, "{}", path);
            prop_assert_eq!(replied, status, "{}", path);
        }
    }
}
