//! Keeps the paths of the machine that builds out of what is published: they tell who built it, and two machines would build different
//! files from the same source.

use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// A shorter path, such as `/`, is found by chance.
const MIN_LENGTH: usize = 5;

/// rustc's flags for a published build, as the value of `CARGO_ENCODED_RUSTFLAGS`: `flags`, separated by spaces, and other names for this
/// machine's folders, which may contain spaces.
pub fn encoded_flags(workspace: &Workspace, flags: &str) -> String {
    let remapped = remapped_folders(workspace).into_iter();
    let remapped =
        remapped.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()));
    let flags = flags.split_whitespace().map(str::to_owned);
    // cargo's separator.
    flags.chain(remapped).collect::<Vec<_>>().join("\x1f")
}

/// The folders that the compiler gets files from, with their names in messages of panics. Where one is inside another, the later flag
/// holds.
fn remapped_folders(workspace: &Workspace) -> Vec<(PathBuf, &'static str)> {
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let cargo = cargo.map(|folder| (folder, "/cargo"));
    let own = [
        (workspace.root.clone(), "/haberdash"),
        (workspace.target.clone(), "/target"),
    ];
    cargo.into_iter().chain(own).collect()
}

/// Checks that no file of the site in `folder` contains a path of this machine.
///
/// # Errors
/// Names the file and the path.
pub fn check_site(workspace: &Workspace, folder: &Path) -> Result<()> {
    let folders = remapped_folders(workspace).into_iter();
    let mut paths: Vec<PathBuf> = folders.map(|(folder, _)| folder).collect();
    paths.push(workspace.cache.clone());
    // Followed by a separator, as a home folder may have a short name.
    paths.extend(env::home_dir().map(|home| home.join("")));
    paths.retain(|path| path.as_os_str().len() >= MIN_LENGTH);
    check_files(folder, &paths)
}

fn check_files(folder: &Path, paths: &[PathBuf]) -> Result<()> {
    let unreadable = || {
        format!(
            "{} cannot be read: run `cargo xtask build` again",
            folder.display()
        )
    };
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let file = entry.with_context(unreadable)?.path();
        if file.is_dir() {
            check_files(&file, paths)?;
            continue;
        }
        let bytes = fs::read(&file).with_context(unreadable)?;
        let is_in_file = |path: &&PathBuf| {
            let path = path.as_os_str().as_encoded_bytes();
            bytes.windows(path.len()).any(|window| window == path)
        };
        if let Some(path) = paths.iter().find(is_in_file) {
            bail!(
                "{} contains the path {} of this machine: remap it in xtask/src/builder_paths.rs",
                file.display(),
                path.display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_rename_the_folders_of_this_machine() {
        let workspace = Workspace {
            root: "/home/her name/haberdash".into(),
            target: "/home/her name/haberdash/target".into(),
            cache: "/var/cache".into(),
        };
        let flags = encoded_flags(&workspace, "-C target-cpu=x");
        let flags: Vec<_> = flags.split('\x1f').collect();
        assert_eq!(flags[..2], ["-C", "target-cpu=x"]);
        assert!(flags[2].ends_with("=/cargo"), "{}", flags[2]);
        // rustc uses the last flag that fits, so the folder inside comes after the one around it.
        let own = [
            "--remap-path-prefix=/home/her name/haberdash=/haberdash",
            "--remap-path-prefix=/home/her name/haberdash/target=/target",
        ];
        assert_eq!(flags[3..], own);
    }

    #[test]
    fn a_path_in_a_file_is_found() {
        let folder = env::temp_dir().join(format!("haberdash-paths-{}", std::process::id()));
        fs::create_dir_all(folder.join("inside")).unwrap();
        fs::write(
            folder.join("inside/a.wasm"),
            b"\0asm /builder/source/lib.rs",
        )
        .unwrap();
        let check = |path: &str| check_files(&folder, &[path.into()]);
        let error = check("/builder/source").unwrap_err().to_string();
        assert!(
            error.contains("a.wasm") && error.contains("/builder/source"),
            "{error}"
        );
        assert!(check("/builder/other").is_ok());
        fs::remove_dir_all(&folder).unwrap();
    }
}
