//! The state of the address and of the history: what the other parts' states do not hold, such as the section and the visitor's latest files.

use js_sys::Date;
use leptos::prelude::*;
use web_sys::File;

use super::stale_answers::RequestCounter;
use crate::address::Section;

/// Files that are kept for the way back; a file on the disk takes no memory.
const MAX_FILES: usize = 30;

#[derive(Clone, Copy)]
pub struct AddressState {
    /// The section that was asked for, and the photo that was shown then: another image ends it.
    section: RwSignal<Option<(Option<u32>, Section)>>,
    /// The photo whose pixels are in the address, as they came from there.
    linked: RwSignal<Option<u32>>,
    /// The photo that came from the address or the history.
    opened: StoredValue<Option<u32>>,
    /// Whether that photo is still awaited.
    is_opening: StoredValue<bool>,
    /// Whether all sections are on the page.
    is_complete: RwSignal<bool>,
    /// Tells this visit's images from those of other visits.
    visit: StoredValue<f64>,
    /// The visitor's latest files, each with the number of its photo.
    files: StoredValue<Vec<(u32, File)>, LocalStorage>,
    pub openings: RequestCounter,
    pub updates: RequestCounter,
}

impl AddressState {
    pub fn new() -> Self {
        Self {
            section: RwSignal::default(),
            linked: RwSignal::default(),
            opened: StoredValue::default(),
            is_opening: StoredValue::default(),
            is_complete: RwSignal::default(),
            visit: StoredValue::new(Date::now()),
            files: StoredValue::new_local(Vec::new()),
            openings: RequestCounter::default(),
            updates: RequestCounter::default(),
        }
    }

    /// The section, if it was asked for while this photo is shown.
    pub fn section(self, photo: Option<u32>) -> Option<Section> {
        let section = self.section.get()?;
        (section.0 == photo).then_some(section.1)
    }

    pub fn set_section(self, photo: Option<u32>, section: Option<Section>) {
        self.section.set(section.map(|section| (photo, section)));
    }

    /// Whether the address holds the pixels of this photo.
    pub fn is_linked(self, photo: u32) -> bool {
        self.linked.get() == Some(photo)
    }

    /// The photo of this number comes from the address or the history; `linked` means that the address has its pixels.
    pub fn start_opening(self, photo: u32, linked: bool) {
        self.opened.set_value(Some(photo));
        self.is_opening.set_value(true);
        if linked {
            self.linked.set(Some(photo));
        }
    }

    pub fn finish_opening(self) {
        self.is_opening.set_value(false);
    }

    /// The photo that came last from the address or the history.
    pub fn opened(self) -> Option<u32> {
        self.opened.get_value()
    }

    pub fn is_opening(self) -> bool {
        self.is_opening.get_value()
    }

    pub fn is_complete(self) -> bool {
        self.is_complete.get()
    }

    /// All sections are on the page.
    pub fn set_complete(self) {
        self.is_complete.set(true);
    }

    /// Keeps a file of the visitor's for the way back to its photo.
    pub fn remember_file(self, photo: u32, file: File) {
        self.files.update_value(|files| {
            if files.len() == MAX_FILES {
                files.remove(0);
            }
            files.push((photo, file));
        });
    }

    /// The key of a photo in the history.
    pub fn key(self, photo: u32) -> String {
        format!("{}.{photo}", self.visit.get_value())
    }

    /// The file of the photo with this key; `None` after a reload.
    pub fn file(self, key: &str) -> Option<File> {
        self.files.with_value(|files| {
            let file = files.iter().find(|(photo, _)| self.key(*photo) == key);
            file.map(|(_, file)| file.clone())
        })
    }
}
