//! Checks that no modules of a crate import each other in a circle.
//!
//! The source files of every workspace member are parsed, and each path in them is resolved to the file that defines its
//! target; re-exports are followed to the definition. A file depends on another when its code, or one of its private
//! `use` declarations, names an item of the other. Declaring a module or re-exporting its items is no dependency. Tests
//! are left out: modules and items with `#[cfg(test)]`, and files called `tests.rs`.
//!
//! Method calls and trait methods are not resolved, so a circle that needs type inference to be seen is not found.
//!
//! To run it alone: `cargo test -p tests --test module_cycles`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// Reads a source file; `None` if there is no such file.
type ReadFile<'a> = dyn Fn(&Path) -> Option<String> + 'a;

/// Index into [`Modules::all`].
type ModuleId = usize;

/// A path that `use` brings into scope under a name.
struct Import {
    /// The name in scope; `None` for a glob.
    name: Option<String>,
    segments: Vec<String>,
    is_reexport: bool,
}

struct Module {
    file: PathBuf,
    parent: Option<ModuleId>,
    children: BTreeMap<String, Vec<ModuleId>>,
    /// Names of the functions, types, constants, traits and macros defined in the module.
    items: BTreeSet<String>,
    imports: Vec<Import>,
    /// Paths in the module's code, imports aside.
    paths: Vec<Vec<String>>,
}

/// The module tree of one crate root.
struct Modules {
    all: Vec<Module>,
}

/// What a path stands for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(ModuleId),
    /// The item of that name, defined in the module.
    Item(ModuleId, String),
}

/// For each file the files it depends on, and the names through which it does.
type Graph = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

impl Modules {
    /// Parses the crate root and all files below it.
    fn parse(root: &Path, read: &ReadFile) -> Self {
        let mut modules = Self { all: Vec::new() };
        let text = read(root).unwrap_or_else(|| panic!("{} cannot be read", root.display()));
        let folder = root.parent().expect("a file has a folder").to_owned();
        modules.add_file(root, &text, &folder, None, read);
        modules
    }

    fn add_file(
        &mut self,
        file: &Path,
        text: &str,
        folder: &Path,
        parent: Option<ModuleId>,
        read: &ReadFile,
    ) -> ModuleId {
        let parsed = syn::parse_file(text)
            .unwrap_or_else(|e| panic!("{} cannot be parsed: {e}", file.display()));
        self.add_items(file, &parsed.items, folder, parent, read)
    }

    fn add_items(
        &mut self,
        file: &Path,
        items: &[Item],
        folder: &Path,
        parent: Option<ModuleId>,
        read: &ReadFile,
    ) -> ModuleId {
        let id = self.all.len();
        self.all.push(Module {
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            imports: Vec::new(),
            paths: Vec::new(),
        });
        for item in items.iter().filter(|item| !is_test_only(attributes(item))) {
            match item {
                Item::Mod(module) => {
                    let name = plain_name(&module.ident);
                    if let Some(child) = self.add_child(id, module, &name, folder, read) {
                        self.all[id].children.entry(name).or_default().push(child);
                    }
                }
                Item::Use(declaration) if declaration.leading_colon.is_none() => {
                    let is_reexport = !matches!(declaration.vis, Visibility::Inherited);
                    let imports = &mut self.all[id].imports;
                    flatten(&declaration.tree, &mut Vec::new(), is_reexport, imports);
                }
                _ => {
                    self.all[id].items.extend(defined_name(item));
                    let mut collector = PathCollector::default();
                    collector.visit_item(item);
                    self.all[id].paths.extend(collector.paths);
                    self.all[id].imports.extend(collector.local_imports);
                }
            }
        }
        id
    }

    fn add_child(
        &mut self,
        parent: ModuleId,
        module: &syn::ItemMod,
        name: &str,
        folder: &Path,
        read: &ReadFile,
    ) -> Option<ModuleId> {
        if let Some((_, items)) = &module.content {
            let file = self.all[parent].file.clone();
            return Some(self.add_items(&file, items, &folder.join(name), Some(parent), read));
        }
        let written = path_attribute(&module.attrs).map(|path| {
            let own_folder = self.all[parent].file.parent().expect("a file has a folder");
            own_folder.join(path)
        });
        let candidates = written.map_or_else(
            || {
                let flat = folder.join(format!("{name}.rs"));
                vec![flat, folder.join(name).join("mod.rs")]
            },
            |path| vec![path],
        );
        let (file, text) = candidates
            .into_iter()
            .find_map(|file| read(&file).map(|text| (file, text)))
            .unwrap_or_else(|| {
                let parent = self.all[parent].file.display();
                panic!("{parent} declares the module {name}, which has no file")
            });
        if file.file_name().is_some_and(|name| name == "tests.rs") {
            return None;
        }
        let below = if file.file_name().is_some_and(|name| name == "mod.rs") {
            file.parent().expect("a file has a folder").to_owned()
        } else {
            file.with_extension("")
        };
        Some(self.add_file(&file, &text, &below, Some(parent), read))
    }

    /// All that `segments` can stand for in the module: a name may be both a module and a function.
    fn resolve(
        &self,
        module: ModuleId,
        segments: &[String],
        active: &mut BTreeSet<(ModuleId, Vec<String>)>,
    ) -> BTreeSet<Target> {
        let key = (module, segments.to_vec());
        // Globs may name each other's modules.
        if !active.insert(key.clone()) {
            return BTreeSet::new();
        }
        let found = self.resolve_new(module, segments, active);
        active.remove(&key);
        found
    }

    fn resolve_new(
        &self,
        module: ModuleId,
        segments: &[String],
        active: &mut BTreeSet<(ModuleId, Vec<String>)>,
    ) -> BTreeSet<Target> {
        let Some((first, mut rest)) = segments.split_first() else {
            return BTreeSet::from([Target::Module(module)]);
        };
        let mut targets = match first.as_str() {
            "crate" => BTreeSet::from([Target::Module(0)]),
            "self" => BTreeSet::from([Target::Module(module)]),
            "super" => self.parent(module),
            name => self.lookup(module, name, active),
        };
        while let Some((name, tail)) = rest.split_first() {
            let mut next = BTreeSet::new();
            for target in targets {
                match target {
                    // `super::super`.
                    Target::Module(id) if name == "super" => next.extend(self.parent(id)),
                    Target::Module(id) => next.extend(self.lookup(id, name, active)),
                    // A variant or an associated function: the item's file is what counts.
                    item @ Target::Item(..) => {
                        next.insert(item);
                    }
                }
            }
            targets = next;
            rest = tail;
        }
        targets
    }

    fn parent(&self, module: ModuleId) -> BTreeSet<Target> {
        let parent = self.all[module].parent;
        parent.map(Target::Module).into_iter().collect()
    }

    /// What a name means in a module's scope: its items and children, else its imports, else its globs.
    fn lookup(
        &self,
        id: ModuleId,
        name: &str,
        active: &mut BTreeSet<(ModuleId, Vec<String>)>,
    ) -> BTreeSet<Target> {
        let module = &self.all[id];
        let mut found: BTreeSet<Target> = module
            .children
            .get(name)
            .into_iter()
            .flatten()
            .map(|child| Target::Module(*child))
            .collect();
        if module.items.contains(name) {
            found.insert(Target::Item(id, name.to_owned()));
        }
        for import in &module.imports {
            // `use image::X` in a module that names something else `image` cannot resolve to itself.
            if import.name.as_deref() == Some(name) && import.segments != [name] {
                found.extend(self.resolve(id, &import.segments, active));
            }
        }
        if !found.is_empty() {
            return found;
        }
        for glob in module.imports.iter().filter(|import| import.name.is_none()) {
            for target in self.resolve(id, &glob.segments, active) {
                if let Target::Module(other) = target {
                    found.extend(self.resolve(other, &[name.to_owned()], active));
                }
            }
        }
        found
    }

    /// Adds the dependencies between this crate's files.
    fn add_to(&self, graph: &mut Graph) {
        for (id, module) in self.all.iter().enumerate() {
            let imports = module.imports.iter().filter(|import| !import.is_reexport);
            let used = module
                .paths
                .iter()
                .chain(imports.map(|import| &import.segments));
            for path in used {
                for target in self.resolve(id, path, &mut BTreeSet::new()) {
                    let Target::Item(definer, name) = target else {
                        continue;
                    };
                    let file = &self.all[definer].file;
                    if *file != module.file {
                        let edges = graph.entry(module.file.clone()).or_default();
                        edges.entry(file.clone()).or_default().insert(name);
                    }
                }
            }
        }
    }
}

/// Paths in code: types, expressions, patterns, bounds, and what looks like a path in a macro's arguments.
#[derive(Default)]
struct PathCollector {
    paths: Vec<Vec<String>>,
    /// `use` declarations within functions.
    local_imports: Vec<Import>,
}

impl Visit<'_> for PathCollector {
    fn visit_path(&mut self, path: &syn::Path) {
        if path.leading_colon.is_none() {
            let names = path
                .segments
                .iter()
                .map(|segment| plain_name(&segment.ident));
            self.paths.push(names.collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &syn::Macro) {
        self.visit_path(&call.path);
        self.collect_tokens(call.tokens.clone());
    }

    fn visit_item_use(&mut self, declaration: &syn::ItemUse) {
        if declaration.leading_colon.is_none() {
            let mut imports = Vec::new();
            flatten(&declaration.tree, &mut Vec::new(), false, &mut imports);
            self.local_imports.extend(imports);
        }
    }

    // Derives and helper attributes name macros and fields.
    fn visit_attribute(&mut self, _: &Attribute) {}

    // `pub(in path)` imports nothing.
    fn visit_visibility(&mut self, _: &Visibility) {}

    fn visit_impl_item(&mut self, item: &syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Fn(function) => &function.attrs[..],
            syn::ImplItem::Const(constant) => &constant.attrs,
            _ => &[],
        };
        if !is_test_only(attributes) {
            visit::visit_impl_item(self, item);
        }
    }
}

impl PathCollector {
    fn collect_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        // After a dot comes a field or a method.
        let mut is_member = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if !is_member => {
                    if colons != 2 {
                        self.flush(&mut path);
                    }
                    path.push(plain_name(&ident));
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                other => {
                    self.flush(&mut path);
                    colons = 0;
                    is_member = matches!(&other, TokenTree::Punct(mark) if mark.as_char() == '.');
                    if let TokenTree::Group(group) = other {
                        self.collect_tokens(group.stream());
                    }
                    continue;
                }
            }
            is_member = false;
        }
        self.flush(&mut path);
    }

    fn flush(&mut self, path: &mut Vec<String>) {
        if !path.is_empty() {
            self.paths.push(std::mem::take(path));
        }
    }
}

/// The declarations of a `use` tree, one by one.
fn flatten(tree: &UseTree, prefix: &mut Vec<String>, is_reexport: bool, found: &mut Vec<Import>) {
    let mut add = |name: Option<String>, segments: Vec<String>| {
        found.push(Import {
            name,
            segments,
            is_reexport,
        });
    };
    let joined = |name: String| {
        let mut segments = prefix.clone();
        // `use a::{self}` imports `a`.
        if name != "self" || prefix.is_empty() {
            segments.push(name);
        }
        segments
    };
    match tree {
        UseTree::Path(path) => {
            prefix.push(plain_name(&path.ident));
            flatten(&path.tree, prefix, is_reexport, found);
            prefix.pop();
        }
        UseTree::Name(name) => {
            let segments = joined(plain_name(&name.ident));
            add(segments.last().cloned(), segments);
        }
        UseTree::Rename(rename) => {
            let segments = joined(plain_name(&rename.ident));
            add(Some(plain_name(&rename.rename)), segments);
        }
        UseTree::Glob(_) => add(None, prefix.clone()),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, is_reexport, found);
            }
        }
    }
}

/// Without the `r#` of raw identifiers.
fn plain_name(ident: &proc_macro2::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

fn defined_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(plain_name(ident))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether `#[cfg(test)]` or `#[cfg(all(test, ...))]` is among the attributes.
fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return false;
        };
        let condition = list.tokens.to_string();
        list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all (test"))
    })
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes
        .iter()
        .find_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                syn::Expr::Lit(literal) => match &literal.lit {
                    syn::Lit::Str(text) => Some(text.value()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
}

/// The strongly connected components of more than one file.
fn circles(graph: &Graph) -> Vec<BTreeSet<&Path>> {
    let reachable = |start: &Path| {
        let mut found: BTreeSet<&Path> = BTreeSet::new();
        let mut open: Vec<&Path> = graph
            .get(start)
            .into_iter()
            .flat_map(BTreeMap::keys)
            .map(PathBuf::as_path)
            .collect();
        while let Some(file) = open.pop() {
            if found.insert(file) {
                let next = graph.get(file).into_iter().flat_map(BTreeMap::keys);
                open.extend(next.map(PathBuf::as_path));
            }
        }
        found
    };
    let reach: BTreeMap<&Path, BTreeSet<&Path>> = graph
        .keys()
        .map(|file| (file.as_path(), reachable(file)))
        .collect();
    let components: BTreeSet<BTreeSet<&Path>> = reach
        .iter()
        .filter(|(file, reached)| reached.contains(*file))
        .map(|(file, reached)| {
            let returns = |other: &&&Path| reach.get(**other).is_some_and(|r| r.contains(file));
            reached.iter().filter(returns).copied().collect()
        })
        .collect();
    components.into_iter().collect()
}

/// A line for each dependency within a circle; empty if there is none.
fn describe(graph: &Graph, root: &Path) -> String {
    let shown = |file: &Path| {
        file.strip_prefix(root)
            .unwrap_or(file)
            .display()
            .to_string()
    };
    let mut text = String::new();
    for circle in circles(graph) {
        writeln!(text, "{} files in a circle:", circle.len()).expect("a string takes any text");
        for from in &circle {
            for (to, names) in &graph[*from] {
                if circle.contains(to.as_path()) {
                    let names = names.iter().map(String::as_str).collect::<Vec<_>>();
                    let (from, to, names) = (shown(from), shown(to), names.join(", "));
                    writeln!(text, "  {from} -> {to} ({names})").expect("a string takes any text");
                }
            }
        }
    }
    text
}

/// The crate roots of a workspace member: its library and its binaries.
fn crate_roots(member: &Path) -> Vec<PathBuf> {
    let src = member.join("src");
    let binaries = std::fs::read_dir(src.join("bin"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .map(|path| {
            if path.is_dir() {
                path.join("main.rs")
            } else {
                path
            }
        });
    [src.join("lib.rs"), src.join("main.rs")]
        .into_iter()
        .chain(binaries)
        .filter(|file| file.is_file())
        .collect()
}

/// The folders that the top Cargo.toml lists as `members`.
fn members(manifest: &str) -> Vec<String> {
    let list = manifest
        .split_once("members = [")
        .and_then(|(_, rest)| rest.split_once(']'))
        .expect("the top Cargo.toml has a list of members")
        .0;
    list.split(',')
        .map(|member| member.trim().trim_matches('"').to_owned())
        .filter(|member| !member.is_empty())
        .collect()
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .canonicalize()
        .expect("the checkout exists");
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("a readable Cargo.toml");
    let mut graph = Graph::new();
    for member in members(&manifest) {
        let roots = crate_roots(&root.join(&member));
        assert!(
            !roots.is_empty(),
            "{member} has no src/lib.rs or src/main.rs"
        );
        for crate_root in roots {
            let read = |file: &Path| std::fs::read_to_string(file).ok();
            Modules::parse(&crate_root, &read).add_to(&mut graph);
        }
    }
    // A resolver that finds nothing would find no circles either.
    assert!(
        graph.len() > 100,
        "only {} files were resolved",
        graph.len()
    );
    let found = describe(&graph, &root);
    assert!(
        found.is_empty(),
        "modules import each other in a circle; move what they share into a module that imports neither:\n{found}"
    );
}

/// The dependencies and circles of a crate with these files.
fn analyze(files: &[(&str, &str)]) -> (Vec<String>, String) {
    let read = |file: &Path| {
        let found = files.iter().find(|(name, _)| Path::new(name) == file);
        found.map(|(_, text)| (*text).to_owned())
    };
    let mut graph = Graph::new();
    Modules::parse(Path::new("lib.rs"), &read).add_to(&mut graph);
    let edges = graph.iter().flat_map(|(from, edges)| {
        edges
            .keys()
            .map(move |to| format!("{} -> {}", from.display(), to.display()))
    });
    (edges.collect(), describe(&graph, Path::new("")))
}

#[test]
fn two_modules_that_use_each_other_are_a_circle() {
    let (edges, circles) = analyze(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        (
            "b.rs",
            "pub struct B; impl B { fn a(&self) -> super::a::A { todo!() } }",
        ),
    ]);
    assert_eq!(edges, ["a.rs -> b.rs", "b.rs -> a.rs"]);
    assert_eq!(
        circles,
        "2 files in a circle:\n  a.rs -> b.rs (B)\n  b.rs -> a.rs (A)\n"
    );
}

#[test]
fn a_longer_circle_is_found_and_what_hangs_on_it_is_not_part_of_it() {
    let (_, circles) = analyze(&[
        ("lib.rs", "mod a; mod b; mod c; mod d; mod e;"),
        ("a.rs", "pub fn a() { crate::b::b() }"),
        ("b.rs", "pub fn b() { println!(\"{}\", crate::c::c()) }"),
        ("c.rs", "use super::{a, d}; pub fn c() { a::a(); d::d() }"),
        ("d.rs", "pub fn d() {}"),
        ("e.rs", "pub fn e() { crate::a::a() }"),
    ]);
    let expected =
        "3 files in a circle:\n  a.rs -> b.rs (b)\n  b.rs -> c.rs (c)\n  c.rs -> a.rs (a)\n";
    assert_eq!(circles, expected);
}

#[test]
fn a_parent_that_declares_and_reexports_does_not_depend_on_its_child() {
    let (edges, circles) = analyze(&[
        ("lib.rs", "mod outer;"),
        (
            "outer/mod.rs",
            "mod child; pub use child::Child; pub struct Shared;",
        ),
        (
            "outer/child.rs",
            "use super::Shared; pub struct Child(Shared);",
        ),
    ]);
    assert_eq!(edges, ["outer/child.rs -> outer/mod.rs"]);
    assert_eq!(circles, "");
}

#[test]
fn a_parent_that_uses_its_child_in_its_own_code_depends_on_it() {
    let (_, circles) = analyze(&[
        ("lib.rs", "mod outer;"),
        (
            "outer.rs",
            "mod child; pub use child::Child; pub struct Shared; pub fn make() -> Child { todo!() }",
        ),
        ("outer/child.rs", "pub struct Child(super::Shared);"),
    ]);
    assert_eq!(
        circles,
        "2 files in a circle:\n  outer/child.rs -> outer.rs (Shared)\n  outer.rs -> outer/child.rs (Child)\n"
    );
}

#[test]
fn reexports_and_globs_lead_to_the_definition() {
    let (edges, circles) = analyze(&[
        ("lib.rs", "mod deep; mod user; pub use deep::*;"),
        (
            "deep/mod.rs",
            "mod leaf; pub use self::leaf::Leaf as Renamed;",
        ),
        ("deep/leaf.rs", "pub struct Leaf;"),
        ("user.rs", "use crate::Renamed; pub fn user(_: Renamed) {}"),
    ]);
    assert_eq!(edges, ["user.rs -> deep/leaf.rs"]);
    assert_eq!(circles, "");
}

#[test]
fn an_inherent_impl_depends_on_the_file_of_its_type_only() {
    let (edges, _) = analyze(&[
        ("lib.rs", "mod page;"),
        (
            "page/mod.rs",
            "mod upload; pub struct Page; impl Page { fn run(&self) { self.upload() } }",
        ),
        (
            "page/upload.rs",
            "use super::Page; impl Page { pub(super) fn upload(&self) {} }",
        ),
    ]);
    assert_eq!(edges, ["page/upload.rs -> page/mod.rs"]);
}

#[test]
fn tests_other_crates_and_fields_are_left_out() {
    let (edges, _) = analyze(&[
        ("lib.rs", "mod a; mod b; #[cfg(test)] mod tests;"),
        (
            "a.rs",
            "use std::fmt; use ::b::x; use b::y; #[cfg(test)] mod tests { use crate::b::B; }",
        ),
        (
            "b.rs",
            "pub struct B; pub fn f(v: V) { format!(\"{}\", v.b) }",
        ),
    ]);
    assert_eq!(edges, Vec::<String>::new());
}

#[test]
fn a_module_and_a_function_of_the_same_name_are_told_apart() {
    let (edges, _) = analyze(&[
        ("lib.rs", "mod spread; mod user;"),
        (
            "spread.rs",
            "pub fn spread() {} pub mod inner { pub const LIMIT: u8 = 1; }",
        ),
        (
            "user.rs",
            "use crate::spread::{self, spread}; pub fn user() { spread(); spread::inner::LIMIT; }",
        ),
    ]);
    assert_eq!(edges, ["user.rs -> spread.rs"]);
}
