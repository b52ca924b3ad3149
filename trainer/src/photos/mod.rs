//! Labelled photos of clothes: read, split, measured.

pub mod measure;
pub mod outline;
pub mod score;
pub mod set;

use std::fs;
use std::path::{Path, PathBuf};

use shared::Garment;
use thiserror::Error;

/// Photos that are never trained on and choose nothing: the result is measured on them. `group/file`, a line each.
const HELD_OUT: &str = include_str!("../../photos/held-out.txt");
/// Which of the three classes each photo of shoes shows: file, class, a line each.
const SHOES: &str = include_str!("../../photos/shoes.txt");
/// Of the others one in so many chooses recipes and calibrates.
const VALIDATION: usize = 8;

/// Why photos could not be had.
#[derive(Debug, Error)]
pub enum PhotosError {
    #[error(
        "{path} has no folder of photos ({expected}): give the folder that holds them, as the README says where to get it"
    )]
    NoGroups { path: PathBuf, expected: String },
    #[error("{path} could not be read ({source}): check the folder's rights and run again")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
}

/// A folder of the photo data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    TShirt,
    Pants,
    Longsleeve,
    Dress,
    Outwear,
    Shirt,
    Shoes,
    Hat,
    Shorts,
    Skirt,
}

impl Group {
    /// The seven that show one of the ten classes, then the three that show none.
    pub const ALL: [Self; 10] = [
        Self::TShirt,
        Self::Pants,
        Self::Longsleeve,
        Self::Dress,
        Self::Outwear,
        Self::Shirt,
        Self::Shoes,
        Self::Hat,
        Self::Shorts,
        Self::Skirt,
    ];

    /// The folder's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::TShirt => "t-shirt",
            Self::Pants => "pants",
            Self::Longsleeve => "longsleeve",
            Self::Dress => "dress",
            Self::Outwear => "outwear",
            Self::Shirt => "shirt",
            Self::Shoes => "shoes",
            Self::Hat => "hat",
            Self::Shorts => "shorts",
            Self::Skirt => "skirt",
        }
    }

    /// The answers that are right; none where the garment is none of the ten.
    pub fn answers(self) -> &'static [Garment] {
        match self {
            Self::TShirt => &[Garment::TShirt],
            Self::Pants => &[Garment::Trouser],
            Self::Longsleeve => &[Garment::Pullover],
            Self::Dress => &[Garment::Dress],
            Self::Outwear => &[Garment::Coat],
            Self::Shirt => &[Garment::Shirt],
            Self::Shoes => &[Garment::Sandal, Garment::Sneaker, Garment::AnkleBoot],
            Self::Hat | Self::Shorts | Self::Skirt => &[],
        }
    }
}

/// What a photo is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    Training,
    Validation,
    HeldOut,
}

/// A photo's file and what it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// `group/file`.
    pub name: String,
    pub path: PathBuf,
    pub group: Group,
    pub part: Part,
}

impl Labelled {
    /// The classes to learn, one of them where it is known which.
    pub fn classes(&self) -> Vec<Garment> {
        let file = self.name.rsplit('/').next().unwrap_or_default();
        let known = SHOES.lines().find_map(|line| line.strip_prefix(file));
        let known = known.and_then(|class| Garment::from_label(class.trim()));
        match (self.group, known) {
            (Group::Shoes, Some(class)) => vec![class],
            _ => self.group.answers().to_vec(),
        }
    }
}

/// Lists a folder of photos, a folder a group, in the order of their names.
///
/// # Errors
/// There is no such folder, or none of the groups in it.
pub fn list(folder: &Path) -> Result<Vec<Labelled>, PhotosError> {
    let mut all = Vec::new();
    for group in Group::ALL {
        let path = folder.join(group.name());
        if !path.is_dir() {
            continue;
        }
        let unreadable = |source| PhotosError::Read {
            path: path.clone(),
            source,
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(&path).map_err(unreadable)? {
            files.push(entry.map_err(unreadable)?.path());
        }
        files.sort();
        let mut others = 0;
        for path in files.into_iter().filter(|f| is_picture(f)) {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let name = format!("{}/{file}", group.name());
            let part = if HELD_OUT.lines().any(|line| line == name) {
                Part::HeldOut
            } else {
                others += 1;
                match others % VALIDATION {
                    0 => Part::Validation,
                    _ => Part::Training,
                }
            };
            all.push(Labelled {
                name,
                path: path.clone(),
                group,
                part,
            });
        }
    }
    match all.is_empty() {
        false => Ok(all),
        true => Err(PhotosError::NoGroups {
            path: folder.into(),
            expected: Group::ALL.map(Group::name).join(", "),
        }),
    }
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    ["jpg", "jpeg", "png", "webp"].contains(&extension.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_out_is_neither_learned_from_nor_chosen_on() {
        let folder = tempfile::tempdir().unwrap();
        let held_out: Vec<&str> = HELD_OUT
            .lines()
            .filter(|l| l.starts_with("skirt/"))
            .collect();
        assert!(held_out.len() > 10);
        fs::create_dir(folder.path().join("skirt")).unwrap();
        let own = (0..2 * VALIDATION).map(|i| format!("skirt/own-{i:02}.jpg"));
        for name in own.chain(held_out.iter().map(ToString::to_string)) {
            fs::write(folder.path().join(name), []).unwrap();
        }
        let all = list(folder.path()).unwrap();
        let names = |part: Part| -> Vec<&str> {
            let of_part = all.iter().filter(|p| p.part == part);
            of_part.map(|p| p.name.as_str()).collect()
        };
        assert_eq!(names(Part::HeldOut), held_out);
        assert_eq!(
            names(Part::Validation),
            ["skirt/own-07.jpg", "skirt/own-15.jpg"]
        );
        assert_eq!(names(Part::Training).len(), 2 * VALIDATION - 2);
    }

    #[test]
    fn a_fifth_of_every_group_is_held_out() {
        for group in Group::ALL {
            let prefix = format!("{}/", group.name());
            let held_out = HELD_OUT.lines().filter(|l| l.starts_with(&prefix)).count();
            assert!(held_out >= 20, "{prefix} {held_out}");
        }
    }

    #[test]
    fn of_shoes_it_is_known_which() {
        let named = |name: &str, group| Labelled {
            name: name.into(),
            path: PathBuf::new(),
            group,
            part: Part::Training,
        };
        let mut counts = [0; 10];
        for line in SHOES.lines() {
            let (file, class) = line.split_once(' ').unwrap();
            let classes = named(&format!("shoes/{file}"), Group::Shoes).classes();
            match Garment::from_label(class) {
                Some(class) => assert_eq!(classes, [class]),
                None => assert_eq!((class, classes.len()), ("any", 3)),
            }
            classes.iter().for_each(|c| counts[c.index()] += 1);
        }
        assert!(
            Group::Shoes
                .answers()
                .iter()
                .all(|c| counts[c.index()] > 20)
        );
        assert_eq!(
            named("dress/a.jpg", Group::Dress).classes(),
            [Garment::Dress]
        );
        assert!(named("hat/a.jpg", Group::Hat).classes().is_empty());
    }
}
