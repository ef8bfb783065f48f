//! Serves the routes of the benchmark. `PORT` and `WORKERS` are read from the environment.

use tokio::net::TcpListener;

fn main() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(bench_work::workers())
        .enable_all()
        .build()?;
    runtime.block_on(async {
        hyper_baseline::serve(TcpListener::bind(("127.0.0.1", bench_work::port())).await?).await
    })
}
