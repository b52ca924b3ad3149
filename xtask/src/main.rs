//! Set-up and the everyday commands: `cargo xtask serve`, `build`, `test`, and `bundle` (called by trunk).

// The workspace denies it where a visitor or user would meet it; a test may fail that way.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bench;
mod bundle;
mod checks;
mod lockfile;
mod server;
mod site;
mod sizes;
mod step;
mod tools;
mod workspace;

use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use workspace::Workspace;

const USAGE: &str = "\
cargo xtask <command>

  serve [--port N] [--no-open]  build the optimised site, serve it, open it
  build [--public-url URL]      build the optimised site into dist/
  test                          run every check, as CI does
  bench-classical               time our SVM and forest beside scikit-learn's
  bench-train                   time the networks' training beside PyTorch's
  weigh FOLDER                  print what the site in FOLDER weighs, and hold it to its budgets
  bench-web                     time the page beside ONNX Runtime Web and TensorFlow.js
            [--site DIR] [--rounds N] a site that is built already; turns of each, 5 unless told
  bundle                        trunk's post-build hook: workers, weights, names

Each command first installs the tools that are missing, and says so.";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<()> {
    match parse(&arguments)? {
        Action::Help => println!("{USAGE}"),
        Action::Build { public_url } => site::publish(&Workspace::find()?, &public_url)?,
        Action::Serve { port, open } => {
            let workspace = Workspace::find()?;
            site::publish(&workspace, site::RELATIVE_URLS)?;
            server::serve(&workspace.root.join("dist"), port, open)?;
        }
        Action::Test => checks::run(&Workspace::find()?)?,
        Action::BenchClassical => bench::classical::run(&Workspace::find()?)?,
        Action::BenchTrain => bench::train::run(&Workspace::find()?)?,
        Action::Weigh { folder } => sizes::weigh(Path::new(&folder))?,
        Action::BenchWeb { site, rounds } => {
            bench::web::run(&Workspace::find()?, site.as_deref(), rounds)?
        }
        Action::Bundle => bundle::run(&Workspace::find()?)?,
    }
    Ok(())
}

/// What the command line asks for.
#[derive(Debug, PartialEq)]
enum Action {
    Help,
    Build { public_url: String },
    Serve { port: u16, open: bool },
    Test,
    BenchClassical,
    BenchTrain,
    Weigh { folder: String },
    BenchWeb { site: Option<PathBuf>, rounds: u32 },
    Bundle,
}

fn parse(arguments: &[String]) -> Result<Action> {
    let mut rest = arguments.iter().map(String::as_str);
    let mut action = match rest.next() {
        None | Some("help" | "--help" | "-h") => return Ok(Action::Help),
        Some("build") => Action::Build {
            public_url: site::RELATIVE_URLS.to_owned(),
        },
        Some("serve") => Action::Serve {
            port: server::DEFAULT_PORT,
            open: true,
        },
        Some("test") => Action::Test,
        Some("bench-classical") => Action::BenchClassical,
        Some("bench-train") => Action::BenchTrain,
        Some("weigh") => Action::Weigh {
            folder: rest
                .next()
                .context("weigh needs a folder, for example `cargo xtask weigh dist`")?
                .to_owned(),
        },
        Some("bench-web") => Action::BenchWeb {
            site: None,
            rounds: bench::web::ROUNDS,
        },
        Some("bundle") => Action::Bundle,
        Some(other) => bail!("there is no command `{other}`: run `cargo xtask help` for the list"),
    };
    while let Some(option) = rest.next() {
        match (&mut action, option) {
            (_, "--help" | "-h") => return Ok(Action::Help),
            (Action::Serve { port, .. }, "--port") => {
                let value = rest
                    .next()
                    .context("--port needs a number, for example --port 8080")?;
                *port = value.parse().with_context(|| {
                    format!("--port takes a number from 0 to 65535, not `{value}`")
                })?;
            }
            (Action::Serve { open, .. }, "--no-open") => *open = false,
            (Action::Build { public_url }, "--public-url") => {
                let value = rest
                    .next()
                    .context("--public-url needs a URL, for example /haberdash/")?;
                *public_url = value.to_owned();
            }
            (Action::BenchWeb { site, .. }, "--site") => {
                let value = rest
                    .next()
                    .context("--site needs the folder of a built site, for example --site dist")?;
                *site = Some(value.into());
            }
            (Action::BenchWeb { rounds, .. }, "--rounds") => {
                let value = rest.next().unwrap_or_default();
                *rounds = value
                    .parse()
                    .ok()
                    .filter(|count| (1..=100).contains(count))
                    .with_context(|| {
                        format!("--rounds takes a number from 1 to 100, not `{value}`")
                    })?;
            }
            (_, other) => bail!("`{other}` does not belong there: run `cargo xtask help`"),
        }
    }
    Ok(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Action> {
        parse(
            &line
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn options_belong_to_their_command() {
        assert_eq!(
            parsed("serve --no-open --port 9000").unwrap(),
            Action::Serve {
                port: 9000,
                open: false
            }
        );
        assert_eq!(
            parsed("build --public-url /h/").unwrap(),
            Action::Build {
                public_url: "/h/".into()
            }
        );
        assert_eq!(
            parsed("build").unwrap(),
            Action::Build {
                public_url: "./".into()
            }
        );
        assert_eq!(
            parsed("bench-web --site out --rounds 2").unwrap(),
            Action::BenchWeb {
                site: Some("out".into()),
                rounds: 2
            }
        );
        assert!(parsed("bench-web --site").is_err());
        assert!(parsed("bench-web --rounds 0").is_err());
        assert_eq!(parsed("").unwrap(), Action::Help);
        assert_eq!(
            parsed("weigh dist").unwrap(),
            Action::Weigh {
                folder: "dist".into()
            }
        );
        assert!(parsed("weigh").is_err());
        assert!(parsed("test --port 1").is_err());
        assert!(parsed("serve --port 70000").is_err());
        assert!(parsed("serv").is_err());
    }
}
