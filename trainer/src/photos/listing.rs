//! The labelled photos in a folder: their groups, their classes and their split.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use shared::Garment;
use thiserror::Error;

/// The held-out photos, `group/file`, one per line. They are used neither for training nor to choose anything.
pub(super) const HELD_OUT: &str = include_str!("../../photos/held-out.txt");
/// The class of each photo of shoes: file and label, one per line; "any" where the classes cannot be told apart.
const SHOES: &str = include_str!("../../photos/shoes.txt");
/// Of the other photos, one in this many is for validation.
pub(super) const VALIDATION: usize = 8;

/// Why a folder of photos could not be read.
#[derive(Debug, Error)]
pub enum PhotosError {
    #[error(
        "{path} has none of the folders {expected}: name the folder that contains them; the README says where to get it"
    )]
    NoGroups { path: PathBuf, expected: String },
    #[error("{path} could not be read ({source}): check the permissions and run again")]
    Read { path: PathBuf, source: io::Error },
}

/// A group of photos: a folder of the photo data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PhotoGroup {
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

impl PhotoGroup {
    /// All groups: seven of the ten classes, then three of other clothes.
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

    /// The name of the folder.
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

    /// The classes that are correct predictions; empty for clothes of none of the ten classes.
    pub fn classes(self) -> &'static [Garment] {
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

/// What a photo is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PhotoSplit {
    Training,
    Validation,
    HeldOut,
}

/// A photo's file, its group and its split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledPhoto {
    /// `group/file`.
    pub name: String,
    pub path: PathBuf,
    pub group: PhotoGroup,
    pub split: PhotoSplit,
}

impl LabelledPhoto {
    /// The classes that the photo may show; one, if its label is exact.
    pub fn classes(&self) -> Vec<Garment> {
        let labels = SHOES.lines().filter_map(|line| line.split_once(' '));
        let mut labels = labels.filter(|(file, _)| self.path.ends_with(file));
        let label = labels.next().map(|(_, label)| label);
        match (self.group, label.and_then(Garment::from_label)) {
            (PhotoGroup::Shoes, Some(class)) => vec![class],
            _ => self.group.classes().to_vec(),
        }
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// [`PhotosError::Read`].
    pub fn read(&self) -> Result<Vec<u8>, PhotosError> {
        fs::read(&self.path).map_err(|source| PhotosError::Read {
            path: self.path.clone(),
            source,
        })
    }
}

/// Lists the photos in a folder with one sub-folder per group, in the order of the groups and file names.
///
/// # Errors
/// There is no such folder, or no photo in the groups' folders.
pub fn list_photos(folder: &Path) -> Result<Vec<LabelledPhoto>, PhotosError> {
    let mut all = Vec::new();
    for group in PhotoGroup::ALL {
        let path = folder.join(group.name());
        if !path.is_dir() {
            continue;
        }
        let mut others = 0;
        for path in sorted_entries(&path)?.into_iter().filter(|p| is_photo(p)) {
            let Some(file) = path.file_name() else {
                continue;
            };
            let name = format!("{}/{}", group.name(), file.to_string_lossy());
            let split = if HELD_OUT.lines().any(|line| line == name) {
                PhotoSplit::HeldOut
            } else {
                others += 1;
                if others % VALIDATION == 0 {
                    PhotoSplit::Validation
                } else {
                    PhotoSplit::Training
                }
            };
            all.push(LabelledPhoto {
                name,
                path,
                group,
                split,
            });
        }
    }
    if all.is_empty() {
        return Err(PhotosError::NoGroups {
            path: folder.into(),
            expected: PhotoGroup::ALL.map(PhotoGroup::name).join(", "),
        });
    }
    Ok(all)
}

/// The paths in a folder, sorted.
///
/// # Errors
/// [`PhotosError::Read`].
pub fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>, PhotosError> {
    let unreadable = |source| PhotosError::Read {
        path: folder.into(),
        source,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn is_photo(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    let extension = extension.map(str::to_lowercase);
    extension.is_some_and(|e| ["jpg", "jpeg", "png", "webp"].contains(&e.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_out_photos_are_in_no_other_split() {
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
        let all = list_photos(folder.path()).unwrap();
        let names = |split: PhotoSplit| -> Vec<&str> {
            let of_split = all.iter().filter(|p| p.split == split);
            of_split.map(|p| p.name.as_str()).collect()
        };
        assert_eq!(names(PhotoSplit::HeldOut), held_out);
        assert_eq!(
            names(PhotoSplit::Validation),
            ["skirt/own-07.jpg", "skirt/own-15.jpg"]
        );
        assert_eq!(names(PhotoSplit::Training).len(), 2 * VALIDATION - 2);
    }

    #[test]
    fn a_fifth_of_every_group_is_held_out() {
        for group in PhotoGroup::ALL {
            let prefix = format!("{}/", group.name());
            let held_out = HELD_OUT.lines().filter(|l| l.starts_with(&prefix)).count();
            assert!(held_out >= 20, "{prefix} {held_out}");
        }
    }

    #[test]
    fn photos_of_shoes_have_exact_labels() {
        let named = |name: &str, group| LabelledPhoto {
            name: name.into(),
            path: PathBuf::from(name),
            group,
            split: PhotoSplit::Training,
        };
        let mut counts = [0; 10];
        for line in SHOES.lines() {
            let (file, class) = line.split_once(' ').unwrap();
            let classes = named(&format!("shoes/{file}"), PhotoGroup::Shoes).classes();
            match Garment::from_label(class) {
                Some(class) => assert_eq!(classes, [class]),
                None => assert_eq!((class, classes.len()), ("any", 3)),
            }
            classes.iter().for_each(|c| counts[c.index()] += 1);
        }
        assert!(
            PhotoGroup::Shoes
                .classes()
                .iter()
                .all(|c| counts[c.index()] > 20)
        );
        assert_eq!(
            named("dress/a.jpg", PhotoGroup::Dress).classes(),
            [Garment::Dress]
        );
        assert!(named("hat/a.jpg", PhotoGroup::Hat).classes().is_empty());
    }
}
