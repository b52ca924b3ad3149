//! Builds the page's app. trunk builds apps, but cannot split them.

use super::{
    assets::Assets,
    page,
    split::{self, SplitBundle},
    wasm_package::WasmPackage,
};
use crate::{site::Profile, workspace::Workspace};
use anyhow::Result;

const APP: WasmPackage = WasmPackage {
    package: "web",
    binary: "app",
    optimisation: "-Oz",
    exceptions: &[],
    link_arguments: split::LINK_ARGUMENTS,
};

/// Compiles the app and splits it.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<SplitBundle> {
    split::build(&APP, workspace, profile)
}

/// Adds the app to the site. Returns `page` with links to the files that are needed first.
pub fn add(app: &SplitBundle, assets: &Assets, page: &str) -> Result<String> {
    page::with_app(page, &app.add(assets)?)
}
