//! The browser's processes, found in Linux's /proc.

use std::collections::HashMap;
use std::fs;
use std::process::Command;

/// The descendants of `ancestor` whose command line contains `text`; none on other systems than Linux.
pub fn descendants(ancestor: u32, text: &str) -> Vec<u32> {
    let parents: HashMap<u32, u32> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|process| Some((process, parent(process)?)))
        .collect();
    let is_descendant = |process: u32| {
        std::iter::successors(Some(process), |p| parents.get(p).copied()).any(|p| p == ancestor)
    };
    parents
        .keys()
        .copied()
        .filter(|&process| is_descendant(process))
        .filter(|process| {
            fs::read(format!("/proc/{process}/cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(text))
        })
        .collect()
}

/// Ends a process at once, as a crash would.
pub fn kill(process: u32) {
    let status = Command::new("kill")
        .args(["-9", &process.to_string()])
        .status();
    assert!(
        status.is_ok_and(|s| s.success()),
        "process {process} could not be ended"
    );
}

/// The fourth field of /proc/PID/stat. The second is a name in parentheses, which may contain spaces.
fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}
