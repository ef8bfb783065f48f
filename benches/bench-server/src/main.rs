//! Serves the routes of the benchmark. `PORT` and `WORKERS` are read from the environment.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(bench_work::workers())
        .enable_all()
        .build()?;
    runtime.block_on(bench_server::app().serve(("127.0.0.1", bench_work::port())))?;
    Ok(())
}
