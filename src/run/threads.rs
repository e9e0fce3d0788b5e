//! Threads to run on.

/// So many threads; all cores where `None`.
///
/// # Errors
/// What the system says where it has none to give.
pub fn threads(count: Option<usize>) -> Result<rayon::ThreadPool, String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count.unwrap_or(0)).build();
    pool.map_err(|error| error.to_string())
}
