//! `cargo xtask bundle`, trunk's post_build hook: adds the app, the workers and all other files that trunk does not build to the
//! staging folder. Their names contain a hash of the content, and are written into the page.

mod app;
mod assets;
mod engine_module;
mod headers;
mod how_it_works;
mod later_styles;
mod offline;
mod page;
mod split;
mod test_set;
mod wasm_package;
mod weights;
mod worker;

use crate::{
    site::{GPU_VARIABLE, Profile},
    step,
    tools::{self, Tool},
    workspace::Workspace,
};
use anyhow::{Context, Result, bail};
use assets::Assets;
use std::{env, fs, path::PathBuf};

/// The picture for shared links.
const CARD: &str = "card.png";
/// What to do where an image of web/assets is missing.
const GALLERY: &str = "run `cargo run -p trainer -- gallery` to write it";

/// Runs the hook, with the folders and options in the environment variables of trunk and the user.
pub fn run(workspace: &Workspace) -> Result<()> {
    let staging = env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from);
    let staging = staging
        .context("`bundle` is trunk's hook: run `trunk serve` or `cargo xtask build` instead")?;
    let profile = profile(env::var("HABERDASH_PROFILE").ok().as_deref())?;
    let mut wanted = vec![Tool::WasmTarget, Tool::WasmBindgen, Tool::WasmSplit];
    if profile == Profile::Dist {
        wanted.push(Tool::WasmOpt);
    }
    tools::ensure(workspace, &wanted)?;

    let mut assets = Assets::new(staging.clone());
    // Before the workers, which may take minutes to build: errors here are found at once.
    weights::add(&mut assets, &workspace.root)?;
    for image in ["gallery.png", CARD] {
        let path = workspace.root.join("web/assets").join(image);
        assets.copy(&path, image, image, GALLERY)?;
    }
    later_styles::add(&mut assets, &workspace.root)?;
    let start = fs::read_to_string(workspace.root.join("web/assets/start.json"))
        .with_context(|| format!("web/assets/start.json is missing: {GALLERY}"))?;
    test_set::add(&mut assets, &test_set::folders(&workspace.cache))?;
    let suffix = profile.name();
    step::step(&format!("build the cpu-worker ({suffix})"), || {
        worker::add_cpu(workspace, profile, &mut assets)
    })?;
    if builds_gpu_engine()? {
        step::step(&format!("build the gpu-worker ({suffix})"), || {
            worker::add_gpu(workspace, profile, &mut assets)
        })?;
    }
    let app = step::step(&format!("build the app ({})", profile.name()), || {
        app::build(workspace, profile)
    })?;

    step::step(
        &format!("build the engine module ({})", profile.name()),
        || engine_module::add(workspace, profile, &assets),
    )?;

    let index = staging.join("index.html");
    let page = fs::read_to_string(&index).with_context(|| {
        format!(
            "{} is missing: trunk should have written it",
            index.display()
        )
    })?;
    let page = app::add(&app, &assets, &page)?;
    let page = page::with_meta(&page, "haberdash-assets", &assets.map())?;
    let page = page::with_meta(&page, "haberdash-integrity", &assets.integrity_map())?;
    let page = page::with_meta(&page, "haberdash-start", start.trim())?;
    let card = assets.url(CARD).unwrap_or_default();
    let page = page::with_meta(&page, "og:image", card)?;
    fs::write(&index, &page).with_context(|| format!("{} cannot be written", index.display()))?;
    how_it_works::add(&assets, &workspace.root, &page)?;
    headers::add(&staging, &page)?;
    // Last, as it lists all other files.
    offline::add(&staging, &workspace.root.join("web/offline.js"))
}

/// Whether the user wants the GPU engine.
///
/// # Errors
/// The variable `HABERDASH_GPU` has an unknown value.
pub fn builds_gpu_engine() -> Result<bool> {
    is_gpu_enabled(env::var(GPU_VARIABLE).ok().as_deref())
}

/// Whether the GPU engine was built before for the published site, so that building it again takes short.
pub fn has_built_gpu_engine(workspace: &Workspace) -> bool {
    worker::has_built_gpu(workspace, Profile::Dist)
}

fn profile(value: Option<&str>) -> Result<Profile> {
    match value {
        None | Some("" | "quick") => Ok(Profile::Quick),
        Some("dist") => Ok(Profile::Dist),
        Some(other) => {
            bail!("HABERDASH_PROFILE is `{other}`: set it to `quick` or `dist`, or unset it")
        }
    }
}

fn is_gpu_enabled(value: Option<&str>) -> Result<bool> {
    match value {
        None | Some("" | "on") => Ok(true),
        Some("off") => Ok(false),
        Some(other) => {
            bail!("HABERDASH_GPU is `{other}`: set it to `on` or `off`, or unset it")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_unknown_values_of_options() {
        assert_eq!(profile(None).unwrap(), Profile::Quick);
        assert_eq!(profile(Some("dist")).unwrap(), Profile::Dist);
        assert!(profile(Some("release")).is_err());
        assert!(is_gpu_enabled(None).unwrap());
        assert!(!is_gpu_enabled(Some("off")).unwrap());
        assert!(is_gpu_enabled(Some("0")).is_err());
    }
}
