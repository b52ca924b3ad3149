//! The data published with the page: where its files are, the trainer's manifest, and the images of the gallery.

use leptos::prelude::*;
use shared::Grey28;

use super::manifest::ManifestEntry;
use crate::contender::Contender;
use crate::engine::Assets;

/// Data published with the page.
#[derive(Clone, Copy)]
pub struct SiteData {
    assets: StoredValue<Assets, LocalStorage>,
    manifest: RwSignal<Vec<ManifestEntry>>,
    gallery: RwSignal<Vec<Grey28>>,
}

impl SiteData {
    pub fn new(assets: Assets) -> Self {
        Self {
            assets: StoredValue::new_local(assets),
            manifest: RwSignal::default(),
            gallery: RwSignal::default(),
        }
    }

    /// The address of a file; `None` if this build does not have it.
    pub fn url(self, name: &str) -> Option<String> {
        self.assets.with_value(|assets| assets.url(name))
    }

    pub fn set_manifest(self, entries: Vec<ManifestEntry>) {
        self.manifest.set(entries);
    }

    /// What `pick` returns for the manifest's entry on a contender.
    pub fn published<T>(
        self,
        contender: Contender,
        pick: impl FnOnce(&ManifestEntry) -> Option<T>,
    ) -> Option<T> {
        self.manifest.with(|entries| {
            let entry = entries.iter().find(|e| e.contender == contender);
            entry.and_then(pick)
        })
    }

    pub fn set_gallery(self, images: Vec<Grey28>) {
        self.gallery.set(images);
    }

    pub fn gallery(self) -> ReadSignal<Vec<Grey28>> {
        self.gallery.read_only()
    }
}
