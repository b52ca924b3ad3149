//! The engine as an ES module for other pages, in the site's folder `engine`. Its files have the same names in each version, as other
//! sites import them by these names.

use super::{assets::Assets, wasm_package::WasmPackage};
use crate::{site::Profile, workspace::Workspace};
use anyhow::{Context, Result};
use std::{collections::BTreeMap, fs};

/// The folder in the site.
pub const FOLDER: &str = "engine/";

/// The same models as in the CPU engine's worker, built in the same way.
const PACKAGE: WasmPackage = WasmPackage {
    package: "engine-module",
    binary: "engine-module",
    optimisation: "-O3",
    exceptions: &[],
    link_arguments: &[],
};

/// Files that are copied, and their places in the folder.
const COPIES: [(&str, &str); 6] = [
    ("crates/engine-module/js/haberdash.js", "haberdash.js"),
    ("crates/engine-module/js/haberdash.d.ts", "haberdash.d.ts"),
    ("crates/engine-module/js/package.json", "package.json"),
    ("docs/engine-module.md", "README.md"),
    ("web/examples/classify.html", "examples/classify.html"),
    ("web/examples/classify.js", "examples/classify.js"),
];

/// Builds the module and adds it with its types, its description, the example page and the list of this site's weights.
pub fn add(workspace: &Workspace, profile: Profile, assets: &Assets) -> Result<()> {
    let write =
        |bytes: &[u8], place: &str| assets.write_unlisted(bytes, &format!("{FOLDER}{place}"));
    for (source, place) in COPIES {
        let bytes = fs::read(workspace.root.join(source))
            .with_context(|| format!("{source} is missing: restore it from git"))?;
        write(&bytes, place)?;
    }
    write(weights_list(assets).as_bytes(), "weights.json")?;
    let bound = PACKAGE.bind(workspace, profile, "web", "haberdash")?;
    // wasm-bindgen names its script like the module, whose interface is another script.
    write(bound.script.as_bytes(), "haberdash_bg.js")?;
    write(&bound.wasm, "haberdash_bg.wasm")
}

/// The addresses of the weights files, relative to the folder, by their names without the ending.
fn weights_list(assets: &Assets) -> String {
    let files = assets.urls().filter_map(|(name, url)| {
        let name = name.strip_suffix(".hbd")?;
        Some((name, format!("../{url}")))
    });
    serde_json::json!(files.collect::<BTreeMap<_, _>>()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_the_weights_only() {
        let staging = std::env::temp_dir().join(format!("haberdash-module-{}", std::process::id()));
        let mut assets = Assets::new(staging.clone());
        for name in ["cnn.hbd", "manifest.json"] {
            assets.write(b"", name, &format!("weights/{name}")).unwrap();
        }
        assert_eq!(
            weights_list(&assets),
            r#"{"cnn":"../weights/cnn-e3b0c44298fc1c14.hbd"}"#
        );
        fs::remove_dir_all(&staging).unwrap();
    }
}
