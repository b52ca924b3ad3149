//! Tools that are not part of cargo: detection and installation.
//!
//! Detection checks paths and runs `--version` at most, so that it takes no time if nothing is missing.

pub mod apt;
pub mod cargo_program;
pub mod debian_toolchain;
pub mod rustup;
pub mod wasm_opt;

use crate::{step, workspace::Workspace};
use anyhow::{Context, Result, bail};
use cargo_program::CargoProgram;
use std::path::PathBuf;

/// A tool or a data set that a command needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tool {
    /// rustfmt and clippy of the user's toolchain.
    Lints,
    /// The standard library for wasm32-unknown-unknown, by rustup or by Debian.
    WasmTarget,
    /// The standard library for x86_64-unknown-none, to check that `shared` needs no std.
    BareTarget,
    /// wasm-bindgen in the version of Cargo.lock.
    WasmBindgen,
    /// wasm-split, which divides the app into parts.
    WasmSplit,
    /// trunk, which builds the page.
    Trunk,
    /// wasm-opt, which optimises the published wasm.
    WasmOpt,
    /// Chromium and chromedriver, for the browser tests.
    Chromium,
    /// Debian's package of Fashion-MNIST; on other systems the trainer downloads the same files.
    DataSet,
}

impl Tool {
    /// The name in messages.
    pub fn label(self, workspace: &Workspace) -> Result<String> {
        Ok(match self {
            Self::Lints => "rustfmt and clippy".to_owned(),
            Self::WasmTarget => format!("the target {}", rustup::WASM),
            Self::BareTarget => format!("the target {}", rustup::BARE),
            Self::WasmBindgen => format!(
                "{} (about 5 minutes)",
                CargoProgram::wasm_bindgen(workspace)?
            ),
            Self::WasmSplit => format!("{} (about 1 minute)", CargoProgram::wasm_split()),
            Self::Trunk => format!("{} (about 10 minutes)", CargoProgram::trunk()),
            Self::WasmOpt => format!("wasm-opt (npm package binaryen {})", wasm_opt::VERSION),
            Self::Chromium => "Chromium and chromedriver".to_owned(),
            Self::DataSet => "the Fashion-MNIST data set".to_owned(),
        })
    }

    fn is_present(self, workspace: &Workspace) -> Result<bool> {
        Ok(match self {
            Self::Lints => rustup::lints_present(workspace)? && lints_for_wasm_present(workspace)?,
            Self::WasmTarget => wasm_toolchain(workspace)?.ready,
            Self::BareTarget => rustup::target_present(workspace, rustup::BARE)?,
            Self::WasmBindgen => CargoProgram::wasm_bindgen(workspace)?
                .folder(workspace)
                .is_some(),
            Self::WasmSplit => CargoProgram::wasm_split().folder(workspace).is_some(),
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
            Self::WasmSplit => CargoProgram::wasm_split().install(workspace),
            Self::Trunk => CargoProgram::trunk().install(workspace),
            Self::WasmOpt => wasm_opt::install(workspace),
            Self::Chromium => apt::install(workspace, &["chromium", "chromium-driver"]),
            Self::DataSet => apt::install(workspace, &["dataset-fashion-mnist"]),
        }
    }

    /// Whether the commands can run without it.
    fn is_optional(self) -> bool {
        matches!(self, Self::BareTarget | Self::DataSet)
    }
}

/// Installs missing tools. Returns the optional ones that could not be installed, with the reason.
pub fn ensure(workspace: &Workspace, wanted: &[Tool]) -> Result<Vec<(Tool, String)>> {
    let mut missing = Vec::new();
    for &tool in wanted {
        if tool.is_present(workspace)? {
            continue;
        }
        let label = tool.label(workspace)?;
        match step::step(&format!("install {label}"), || tool.install(workspace)) {
            Ok(()) if tool.is_present(workspace)? => {}
            Ok(()) if tool.is_optional() => {
                missing.push((tool, "not found after its installation".to_owned()))
            }
            Ok(()) => bail!(
                "{label} was not found after its installation; please report this with the lines above"
            ),
            Err(error) if tool.is_optional() => missing.push((tool, format!("{error:#}"))),
            Err(error) => {
                return Err(error).with_context(|| format!("{label} could not be installed"));
            }
        }
    }
    Ok(missing)
}

/// The toolchain that compiles for the browser.
pub struct WasmToolchain {
    /// The value for RUSTUP_TOOLCHAIN; `None` for the user's toolchain.
    pub name: Option<&'static str>,
    /// Whether it has the wasm target already.
    pub ready: bool,
}

/// The user's toolchain if it has the wasm target or can install it; Debian's if that is set up, or chosen by
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
    println!("  rustup cannot install the target; setting up Debian's rustc instead");
    debian_toolchain::install(workspace)
}

fn lints_for_wasm_present(workspace: &Workspace) -> Result<bool> {
    Ok(wasm_toolchain(workspace)?.name.is_none() || debian_toolchain::clippy_present())
}

/// The folders of the installed tools, for the front of PATH.
pub fn folders(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let found = [
        CargoProgram::wasm_bindgen(workspace)?.folder(workspace),
        CargoProgram::trunk().folder(workspace),
        wasm_opt::folder(workspace),
    ];
    Ok(found.into_iter().flatten().collect())
}
