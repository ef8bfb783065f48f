//! Promises 1, 2 and 3 under load: one list per request, each dependency once, in the declared order.

use std::collections::HashMap;

use bytes::Bytes;
use epilogue::prelude::*;
use epilogue_e2e::{Journal, Served, request};
use http_body_util::BodyExt;

async fn write(journal: Journal, line: String) {
    journal.write(line);
}

#[dependency]
fn leaf(tasks: &BackgroundTasks, journal: State<Journal>, id: Query<u32>) -> u32 {
    tasks.add_task(write, ((*journal).clone(), format!("{} leaf", *id)));
    *id
}

#[dependency]
async fn branch(tasks: BackgroundTasks, journal: State<Journal>, leaf: Depends<leaf>) -> u32 {
    tokio::task::yield_now().await;
    tasks.add_task(write, ((*journal).clone(), format!("{} branch", *leaf)));
    *leaf
}

#[get("/three")]
async fn three(
    branch: Depends<branch>,
    leaf: Depends<leaf>,
    tasks: &BackgroundTasks,
    journal: State<Journal>,
) -> String {
    tasks.add_task(write, ((*journal).clone(), format!("{} function", *branch)));
    leaf.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_keep_their_tasks_apart() {
    const CONNECTIONS: u32 = 100;
    const REQUESTS: u32 = 10;
    let (journal, mut entries) = Journal::new();
    let served = Served::new(App::new().state(journal).routes(routes![three])).await;
    let mut clients = tokio::task::JoinSet::new();
    for connection in 0..CONNECTIONS {
        let mut client = served.http1().await;
        clients.spawn(async move {
            for i in 0..REQUESTS {
                let id = connection * REQUESTS + i;
                client.ready().await.unwrap();
                let response = client.send_request(request("GET", &format!("/three?id={id}"))).await.unwrap();
                let body: Bytes = response.into_body().collect().await.unwrap().to_bytes();
                assert_eq!(body, id.to_string());
            }
        });
    }
    while let Some(finished) = clients.join_next().await {
        finished.unwrap();
    }
    served.stop().await.unwrap();
    let mut by_request: HashMap<u32, Vec<String>> = HashMap::new();
    for line in entries.now() {
        let (id, level) = line.split_once(' ').unwrap();
        by_request.entry(id.parse().unwrap()).or_default().push(level.to_owned());
    }
    assert_eq!(by_request.len(), 1000);
    for (id, levels) in by_request {
        assert_eq!(levels, ["leaf", "branch", "function"], "request {id}");
    }
}
