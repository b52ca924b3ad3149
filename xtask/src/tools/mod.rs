//! The programs that cargo does not bring: how to see that one is there, how to get it, and what a user would type.
//!
//! Probes look at paths and run at most a `--version`, so that a machine where nothing is missing loses no time.

pub mod apt;
pub mod cargo_program;
pub mod debian_toolchain;
pub mod rustup;
pub mod wasm_opt;

use crate::{step, workspace::Workspace};
use anyhow::{Context, Result, bail};
use cargo_program::CargoProgram;
use std::path::PathBuf;

/// Something that must be on the machine before a command can do its work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tool {
    /// rustfmt and clippy of the user's toolchain.
    Lints,
    /// The standard library for wasm32-unknown-unknown, by rustup or by Debian.
    WasmTarget,
    /// The standard library for x86_64-unknown-none, to check that `shared` needs no std.
    BareTarget,
    /// wasm-bindgen, of exactly the version in Cargo.lock.
    WasmBindgen,
    /// trunk, which builds the page.
    Trunk,
    /// wasm-opt, which makes the published wasm smaller and faster.
    WasmOpt,
    /// Chromium and chromedriver, for the browser tests.
    Chromium,
    /// Debian's package of Fashion-MNIST; elsewhere the trainer downloads the same files.
    DataSet,
}

impl Tool {
    /// What the user reads.
    pub fn label(self, workspace: &Workspace) -> Result<String> {
        Ok(match self {
            Self::Lints => "rustfmt and clippy".to_owned(),
            Self::WasmTarget => format!("the target {}", rustup::WASM),
            Self::BareTarget => format!("the target {}", rustup::BARE),
            Self::WasmBindgen => format!(
                "{} (about 5 minutes)",
                CargoProgram::wasm_bindgen(workspace)?
            ),
            Self::Trunk => format!("{} (about 10 minutes)", CargoProgram::trunk()),
            Self::WasmOpt => format!("wasm-opt (npm package binaryen {})", wasm_opt::VERSION),
            Self::Chromium => "Chromium and chromedriver".to_owned(),
            Self::DataSet => "the Fashion-MNIST data set".to_owned(),
        })
    }

    fn present(self, workspace: &Workspace) -> Result<bool> {
        Ok(match self {
            Self::Lints => rustup::lints_present(workspace)? && lints_for_wasm_present(workspace)?,
            Self::WasmTarget => wasm_toolchain(workspace)?.ready,
            Self::BareTarget => rustup::target_present(workspace, rustup::BARE)?,
            Self::WasmBindgen => CargoProgram::wasm_bindgen(workspace)?
                .folder(workspace)
                .is_some(),
            Self::Trunk => CargoProgram::trunk().folder(workspace).is_some(),
            Self::WasmOpt => wasm_opt::folder(workspace).is_some(),
            Self::Chromium => apt::chromium_present(),
            Self::DataSet => apt::data_set_present() || !apt::available(),
        })
    }

    fn install(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Lints => {
                if !rustup::lints_present(workspace)? {
                    rustup::add_lints(workspace)?;
                }
                if !lints_for_wasm_present(workspace)? {
                    apt::install(workspace, &[debian_toolchain::CLIPPY])?;
                }
                Ok(())
            }
            Self::WasmTarget => install_wasm_target(workspace),
            Self::BareTarget => rustup::add_target(workspace, rustup::BARE),
            Self::WasmBindgen => CargoProgram::wasm_bindgen(workspace)?.install(workspace),
            Self::Trunk => CargoProgram::trunk().install(workspace),
            Self::WasmOpt => wasm_opt::install(workspace),
            Self::Chromium => apt::install(workspace, &["chromium", "chromium-driver"]),
            Self::DataSet => apt::install(workspace, &["dataset-fashion-mnist"]),
        }
    }

    /// Whether the commands can go on, with less, where it cannot be had.
    fn optional(self) -> bool {
        matches!(self, Self::BareTarget | Self::DataSet)
    }
}

/// Installs those of `wanted` that are missing, a step each; silent about the others. Returns the optional ones that
/// could not be had, with the reason.
pub fn ensure(workspace: &Workspace, wanted: &[Tool]) -> Result<Vec<(Tool, String)>> {
    let mut refused = Vec::new();
    for &tool in wanted {
        if tool.present(workspace)? {
            continue;
        }
        let label = tool.label(workspace)?;
        match step::step(&format!("install {label}"), || tool.install(workspace)) {
            Ok(()) if tool.present(workspace)? => {}
            Ok(()) if tool.optional() => {
                refused.push((tool, "installed, and still not found".to_owned()))
            }
            Ok(()) => bail!(
                "{label}: installed, and still not found; please report this with the lines above"
            ),
            Err(error) if tool.optional() => refused.push((tool, format!("{error:#}"))),
            Err(error) => {
                return Err(error).with_context(|| format!("{label} could not be installed"));
            }
        }
    }
    Ok(refused)
}

/// Which toolchain compiles for the browser.
pub struct WasmToolchain {
    /// For RUSTUP_TOOLCHAIN; `None`: the user's own toolchain.
    pub name: Option<&'static str>,
    /// Whether it can compile already.
    pub ready: bool,
}

/// The user's own toolchain where it has the wasm target or can get it; Debian's where that is set up, or asked for by
/// `HABERDASH_WASM_ROUTE=debian`.
pub fn wasm_toolchain(workspace: &Workspace) -> Result<WasmToolchain> {
    let debian = |ready| WasmToolchain {
        name: Some(debian_toolchain::NAME),
        ready,
    };
    if debian_toolchain::forced() {
        return Ok(debian(debian_toolchain::ready(workspace)));
    }
    if rustup::target_present(workspace, rustup::WASM)? {
        return Ok(WasmToolchain {
            name: None,
            ready: true,
        });
    }
    if debian_toolchain::ready(workspace) {
        return Ok(debian(true));
    }
    Ok(WasmToolchain {
        name: None,
        ready: false,
    })
}

fn install_wasm_target(workspace: &Workspace) -> Result<()> {
    if debian_toolchain::forced() {
        return debian_toolchain::install(workspace);
    }
    let Err(refusal) = rustup::add_target(workspace, rustup::WASM) else {
        return Ok(());
    };
    if !apt::available() {
        return Err(refusal);
    }
    println!("  rustup refuses the target; setting up Debian's rustc for it");
    debian_toolchain::install(workspace)
}

fn lints_for_wasm_present(workspace: &Workspace) -> Result<bool> {
    Ok(wasm_toolchain(workspace)?.name.is_none() || debian_toolchain::clippy_present())
}

/// The folders of the installed tools, to put first on PATH.
pub fn folders(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let found = [
        CargoProgram::wasm_bindgen(workspace)?.folder(workspace),
        CargoProgram::trunk().folder(workspace),
        wasm_opt::folder(workspace),
    ];
    Ok(found.into_iter().flatten().collect())
}
