//! Set-up and everyday commands of the repository: `cargo xtask serve`, `build`, `test` and others.

// The workspace denies `unwrap` in code; a test may fail that way.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod benchmarks;
mod builder_paths;
mod bundle;
mod checks;
mod lockfile;
mod miri;
mod reliability;
mod server;
mod site;
mod size_budgets;
mod step;
mod tools;
mod workspace;

use anyhow::{Context, Result, bail};
use lexopt::{Arg, Parser, ValueExt};
use std::{ffi::OsString, path::PathBuf, process::ExitCode};
use workspace::Workspace;

const USAGE: &str = "\
cargo xtask <command>

  serve [--port N] [--no-open]  build the optimised site, serve it, and open it in a browser;
                                the first time, before the GPU engine is built
  build [--public-url URL]      build the optimised site into dist/
  test                          run all checks, as in CI
  reliability [--site DIR]      run the checks of faults and hostile input, and write docs/reliability.md;
                                DIR is a site that is built already
  miri                          run what Miri can run of the unit tests, with a nightly toolchain
  bench-classical               compare the SVM and the forest with scikit-learn's
  bench-train                   compare the networks' training with PyTorch's
  bench-web [--site DIR] [--rounds N]
                                compare the page with ONNX Runtime Web and TensorFlow.js;
                                DIR is a site that is built already, N the turns of each (default 5)
  weigh FOLDER                  print the sizes of the site in FOLDER, check them against their budgets,
                                and check that no file contains a path of this machine
  bundle                        trunk's post-build hook: adds workers, weights and file names to the site

Each command first installs the tools that are missing.";

fn main() -> ExitCode {
    match run(std::env::args_os().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<OsString>) -> Result<()> {
    match parse(arguments)? {
        Command::Help => println!("{USAGE}"),
        Command::Build { public_url } => site::publish(&Workspace::find()?, &public_url)?,
        Command::Serve { port, open } => {
            serve(&Workspace::find()?, port, open)?;
        }
        Command::Test => checks::run(&Workspace::find()?)?,
        Command::Reliability { site } => reliability::run(&Workspace::find()?, site.as_deref())?,
        Command::Miri => miri::run(&Workspace::find()?)?,
        Command::BenchClassical => benchmarks::classical::run(&Workspace::find()?)?,
        Command::BenchTrain => benchmarks::train::run(&Workspace::find()?)?,
        Command::Weigh { folder } => site::check(&Workspace::find()?, &folder)?,
        Command::BenchWeb { site, rounds } => {
            benchmarks::web::run(&Workspace::find()?, site.as_deref(), rounds)?
        }
        Command::Bundle => bundle::run(&Workspace::find()?)?,
    }
    Ok(())
}

/// Builds the site and serves it until the program is interrupted. If the GPU engine has not been built before, which takes many minutes,
/// the page is served with the CPU engine alone until it is built.
fn serve(workspace: &Workspace, port: u16, open: bool) -> Result<()> {
    let dist = workspace.root.join("dist");
    let builds_gpu = bundle::builds_gpu_engine()?;
    if !builds_gpu || bundle::has_built_gpu_engine(workspace) {
        site::publish(workspace, site::RELATIVE_URLS)?;
        server::start(&dist, port, open)?.wait();
        return Ok(());
    }
    site::publish_without_gpu(workspace, site::RELATIVE_URLS)?;
    let server = server::start(&dist, port, open)?;
    println!("The page runs on the CPU engine. The GPU engine is being built meanwhile.");
    match site::publish(workspace, site::RELATIVE_URLS) {
        Ok(()) => println!("The GPU engine is built: reload the page to use it."),
        // The page works without it.
        Err(error) => eprintln!("error: {error:#}"),
    }
    server.wait();
    Ok(())
}

/// A command with its options.
#[derive(Debug, PartialEq)]
enum Command {
    Help,
    Build { public_url: String },
    Serve { port: u16, open: bool },
    Test,
    Reliability { site: Option<PathBuf> },
    Miri,
    BenchClassical,
    BenchTrain,
    Weigh { folder: PathBuf },
    BenchWeb { site: Option<PathBuf>, rounds: u32 },
    Bundle,
}

fn parse(arguments: Vec<OsString>) -> Result<Command> {
    let mut parser = Parser::from_args(arguments);
    let mut command = match parser.next()? {
        None | Some(Arg::Short('h') | Arg::Long("help")) => return Ok(Command::Help),
        Some(Arg::Value(name)) => match name.string()?.as_str() {
            "help" => return Ok(Command::Help),
            "build" => Command::Build {
                public_url: site::RELATIVE_URLS.to_owned(),
            },
            "serve" => Command::Serve {
                port: server::DEFAULT_PORT,
                open: true,
            },
            "test" => Command::Test,
            "reliability" => Command::Reliability { site: None },
            "miri" => Command::Miri,
            "bench-classical" => Command::BenchClassical,
            "bench-train" => Command::BenchTrain,
            "weigh" => Command::Weigh {
                folder: parser
                    .value()
                    .context("weigh needs a folder, for example `cargo xtask weigh dist`")?
                    .into(),
            },
            "bench-web" => Command::BenchWeb {
                site: None,
                rounds: benchmarks::web::ROUNDS,
            },
            "bundle" => Command::Bundle,
            other => {
                bail!("there is no command `{other}`: run `cargo xtask help` for the list")
            }
        },
        Some(option) => return Err(unexpected(option)),
    };
    while let Some(option) = parser.next()? {
        match (&mut command, option) {
            (_, Arg::Short('h') | Arg::Long("help")) => return Ok(Command::Help),
            (Command::Serve { port, .. }, Arg::Long("port")) => {
                *port = parser
                    .value()
                    .and_then(|value| value.parse())
                    .context("--port takes a number from 0 to 65535, for example --port 8080")?;
            }
            (Command::Serve { open, .. }, Arg::Long("no-open")) => *open = false,
            (Command::Build { public_url }, Arg::Long("public-url")) => {
                *public_url = parser
                    .value()
                    .and_then(ValueExt::string)
                    .context("--public-url needs a URL, for example /haberdash/")?;
            }
            (Command::BenchWeb { site, .. } | Command::Reliability { site }, Arg::Long("site")) => {
                let folder = parser
                    .value()
                    .context("--site needs the folder of a built site, for example --site dist")?;
                *site = Some(folder.into());
            }
            (Command::BenchWeb { rounds, .. }, Arg::Long("rounds")) => {
                const EXPECTED: &str = "--rounds takes a number from 1 to 100";
                *rounds = parser
                    .value()
                    .and_then(|value| value.parse())
                    .context(EXPECTED)?;
                if !(1..=100).contains(rounds) {
                    bail!("{EXPECTED}, not {rounds}");
                }
            }
            (_, other) => return Err(unexpected(other)),
        }
    }
    Ok(command)
}

fn unexpected(argument: Arg) -> anyhow::Error {
    anyhow::Error::from(argument.unexpected()).context("run `cargo xtask help` for the options")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command> {
        parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn options_belong_to_their_command() {
        assert_eq!(
            parsed("serve --no-open --port 9000").unwrap(),
            Command::Serve {
                port: 9000,
                open: false
            }
        );
        assert_eq!(
            parsed("build --public-url /h/").unwrap(),
            Command::Build {
                public_url: "/h/".into()
            }
        );
        assert_eq!(
            parsed("build").unwrap(),
            Command::Build {
                public_url: "./".into()
            }
        );
        assert_eq!(
            parsed("bench-web --site out --rounds 2").unwrap(),
            Command::BenchWeb {
                site: Some("out".into()),
                rounds: 2
            }
        );
        assert!(parsed("bench-web --site").is_err());
        assert!(parsed("bench-web --rounds 0").is_err());
        assert_eq!(
            parsed("reliability --site out").unwrap(),
            Command::Reliability {
                site: Some("out".into())
            }
        );
        assert_eq!(parsed("").unwrap(), Command::Help);
        assert_eq!(
            parsed("weigh dist").unwrap(),
            Command::Weigh {
                folder: "dist".into()
            }
        );
        assert!(parsed("weigh").is_err());
        assert!(parsed("test --port 1").is_err());
        assert!(parsed("serve --port 70000").is_err());
        assert!(parsed("serv").is_err());
        assert!(parsed("--port 1").is_err());
    }

    #[test]
    fn messages_name_the_argument_and_what_is_expected() {
        for (line, parts) in [
            ("serv", &["`serv`", "cargo xtask help"][..]),
            ("test --port 1", &["'--port'", "cargo xtask help"]),
            ("serve --port 70000", &["from 0 to 65535", "70000"]),
            ("bench-web --rounds 0", &["from 1 to 100", "not 0"]),
            ("bench-web --rounds", &["from 1 to 100", "missing"]),
            ("weigh", &["cargo xtask weigh dist"]),
            ("weigh dist more", &["more"]),
        ] {
            let message = format!("{:#}", parsed(line).unwrap_err());
            for part in parts {
                assert!(message.contains(part), "{line}: {message}");
            }
        }
    }

    #[test]
    fn a_value_may_follow_an_equals_sign() {
        assert_eq!(
            parsed("serve --port=9000").unwrap(),
            Command::Serve {
                port: 9000,
                open: true
            }
        );
    }
}
