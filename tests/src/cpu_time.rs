//! The processor time of the current thread, which other load on the machine changes little.

use std::fs;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The time that this thread has run on a processor; on other systems than Linux, the time since the first call.
pub fn of_this_thread() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let since_start = || START.get_or_init(Instant::now).elapsed();
    scheduled().unwrap_or_else(since_start)
}

/// The first field of /proc/thread-self/schedstat, in nanoseconds.
fn scheduled() -> Option<Duration> {
    let fields = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = fields.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}
