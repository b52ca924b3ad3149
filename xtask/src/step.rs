//! Progress lines of a command's steps, and child processes whose command line is shown when they fail.

use anyhow::{Context, Result, bail};
use std::{
    fs::File,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Prints a line, runs `work`, and prints the result with its time.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("> {name}");
    // Child processes write to the same terminal, so the line must be written before them.
    std::io::stdout().flush().ok();
    let start = Instant::now();
    let result = work();
    let outcome = if result.is_ok() { "ok" } else { "FAILED" };
    println!("  {outcome}, {}", human_time(start.elapsed()));
    result
}

/// Runs `command`, with its output in the terminal.
///
/// # Errors
/// The command fails; the message contains the command line.
pub fn run(command: &mut Command) -> Result<()> {
    let command_line = command_line(command);
    let status = command.status().with_context(|| {
        format!(
            "`{}` cannot be started: install it or add it to PATH",
            command.get_program().display()
        )
    })?;
    if !status.success() {
        bail!("the command ended with {status}; to repeat it:\n\n    {command_line}\n");
    }
    Ok(())
}

/// Runs `command` with its output in the file `log`, and prints the end of the file if it fails.
pub fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder).with_context(|| {
            format!(
                "{} cannot be made: set HABERDASH_CACHE to a folder you may write",
                folder.display()
            )
        })?;
    }
    let file = File::create(log).with_context(|| {
        format!(
            "{} cannot be written: set HABERDASH_CACHE to a folder you may write",
            log.display()
        )
    })?;
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    let outcome = run(command);
    if outcome.is_err() {
        let text = std::fs::read(log).unwrap_or_default();
        eprintln!(
            "{}\n  (complete output: {})",
            last_lines(&String::from_utf8_lossy(&text), 12),
            log.display()
        );
    }
    outcome
}

/// The command as a line for a shell: environment variables, program, arguments.
pub fn command_line(command: &Command) -> String {
    // Variables that xtask sets for each child process.
    const HIDDEN: [&str; 3] = ["CARGO_TARGET_DIR", "LD_LIBRARY_PATH", "CARGO_TERM_QUIET"];
    let inherited = std::env::var("PATH").unwrap_or_default();
    let variables = command.get_envs().filter_map(|(name, value)| {
        let (name, value) = (name.to_str()?, value?.to_str()?);
        if name == "PATH" {
            // Only the folders in front were added by xtask.
            let added = value.strip_suffix(&inherited)?;
            return (!added.is_empty()).then(|| format!("PATH={}\"$PATH\"", quoted(added)));
        }
        (!HIDDEN.contains(&name)).then(|| format!("{name}={}", quoted(value)))
    });
    let words = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| quoted(&word.to_string_lossy()));
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./=:,+@%".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// `0.4 s`, `12 s`, `3 min 20 s`.
pub fn human_time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..9.95 => format!("{seconds:.1} s"),
        ..59.5 => format!("{seconds:.0} s"),
        _ => {
            let whole = seconds.round() as u64;
            format!("{} min {:02} s", whole / 60, whole % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_contains_the_command_line() {
        let mut command = Command::new("sh");
        command
            .env("HABERDASH_SITE", "/a b")
            .env(
                "PATH",
                format!("/tools/bin:{}", std::env::var("PATH").unwrap()),
            )
            .args(["-c", "exit 3"]);
        assert_eq!(
            command_line(&command),
            r#"HABERDASH_SITE='/a b' PATH=/tools/bin:"$PATH" sh -c 'exit 3'"#
        );
        let message = run(&mut command).unwrap_err().to_string();
        assert!(
            message.contains("exit status: 3") && message.contains("sh -c 'exit 3'"),
            "{message}"
        );
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }

    #[test]
    fn formats_times() {
        assert_eq!(human_time(Duration::from_millis(432)), "0.4 s");
        assert_eq!(human_time(Duration::from_secs(12)), "12 s");
        assert_eq!(human_time(Duration::from_millis(59_700)), "1 min 00 s");
        assert_eq!(human_time(Duration::from_secs(200)), "3 min 20 s");
    }

    #[test]
    fn returns_the_last_lines() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a", 2), "a");
    }
}
