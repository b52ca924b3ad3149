//! The machine that measures.

use std::fs;

/// What it is, as far as it tells.
pub struct Machine {
    pub processor: String,
    pub cores: usize,
}

/// This one; Linux tells its processor's name.
pub fn this() -> Machine {
    let facts = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    Machine {
        processor: processor(&facts)
            .unwrap_or("a processor without a name")
            .into(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
    }
}

fn processor(facts: &str) -> Option<&str> {
    let line = facts.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_s_name_is_found() {
        let facts = "processor\t: 0\nmodel name\t: Some CPU @ 2.0 GHz\ncores\t: 2\n";
        assert_eq!(processor(facts), Some("Some CPU @ 2.0 GHz"));
        assert_eq!(processor("no such line"), None);
        assert!(this().cores > 0);
    }
}
