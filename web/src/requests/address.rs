//! The address and the history: what they ask for is shown, and what is shown is written into them.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::Method;
use shared::Grey28;
use wasm_bindgen::JsValue;
use web_sys::File;

use super::start_image::start_image;
use super::test_image;
use super::upload::{self, choose_from_gallery, read_file, reject, show};
use crate::address::{
    Address, AddressImage, Embedding, HistoryImage, Key, Problem, QuizCode, Section,
};
use crate::dom::scroll_to;
use crate::engine::sleep;
use crate::state::AppState;
use crate::state::explanation::FIRST_MODEL;
use crate::state::image::{InputImage, Origin};
use crate::state::painting::PAINTED;

/// The name of an image that came as pixels in the address.
const LINKED: &str = "An image from a link";
const RELOADED: &str = "After a reload the page has only the 28 by 28 input of your image: choose its file again to see all of it.";
/// Changes within this time are written together: browsers refuse many entries at once.
const PAUSE: Duration = Duration::from_millis(250);

/// How long the code of a section may take after the page is complete.
const SECTION_LIMIT: Duration = Duration::from_secs(8);

/// What an entry of the history says.
#[derive(Clone, PartialEq)]
struct Entry {
    photo: u32,
    /// Without the `#`.
    fragment: String,
    /// The visitor's own image, which the address does not hold.
    own: Option<HistoryImage>,
}

/// Shows what the address asks for, now and whenever the visitor changes it, and writes into it what is shown.
pub fn watch(app: AppState) {
    open(app, true);
    let listener = window_event_listener_untyped("popstate", move |_| open(app, false));
    on_cleanup(move || listener.remove());
    let entry = Memo::new(move |_| entry(app));
    Effect::new(move |before: Option<Option<u32>>| {
        let entry = entry.get()?;
        let is_other = before.flatten().is_some_and(|photo| photo != entry.photo);
        if is_other && app.address.opened() != Some(entry.photo) {
            app.address.finish_opening();
            write(&entry, true);
        } else {
            write_later(app);
        }
        Some(entry.photo)
    });
}

/// The panels that the address asks for, and whether it names unknown ones; `None` where the page is not embedded.
pub fn embedding() -> Option<(Embedding, Option<Problem>)> {
    let query = window().location().search().ok()?;
    Embedding::parse(query.trim_start_matches('?'))
}

/// The address of the page with what is shown. An own image is part of it only here, where the visitor asks for it.
pub fn link(app: AppState) -> Option<String> {
    let image = app.upload.image().get_untracked()?;
    let mut address = Address {
        quiz: None,
        ..untrack(|| address(app, &image))
    };
    if address.image.is_none() {
        address.image = Some(AddressImage::Pixels(image.grey.clone()));
    }
    Some(format!("{}#{}", site_address()?, address.fragment()))
}

/// The address of the page with a quiz, and with nothing else.
pub fn quiz_link(code: QuizCode) -> Option<String> {
    let address = Address {
        quiz: Some(code),
        ..Address::default()
    };
    Some(format!("{}#{}", site_address()?, address.fragment()))
}

/// The address of the page itself.
pub fn site_address() -> Option<String> {
    let location = window().location();
    Some(format!(
        "{}{}",
        location.origin().ok()?,
        location.pathname().ok()?
    ))
}

/// Shows what the address asks for.
fn open(app: AppState, is_start: bool) {
    let (address, mut problems) = Address::parse(&fragment());
    if is_start {
        problems.extend(embedding().and_then(|(_, problem)| problem));
    }
    let model = address.model.unwrap_or(FIRST_MODEL);
    if address
        .method
        .is_some_and(|m| m != Method::for_model(model))
    {
        problems.push(Problem::Value(Key::Method));
    }
    say(app, &problems);
    let mut target = address.section.clone();
    // An address without a quiz leaves the one that is being played.
    if let Some(code) = address.quiz
        && app.quiz.code().get_untracked() != Some(code)
    {
        app.quiz.set_code(code);
        target = target.or_else(|| Section::new(Key::Quiz.name()));
    }
    let opening = app.address.openings.next();
    spawn_local(async move {
        let image = show_image(app, &address).await;
        if app.address.openings.is_stale(opening) {
            return;
        }
        app.address.finish_opening();
        let Ok(notice) = image else {
            return write_later(app);
        };
        if !address.is_only_section() {
            if address.model.is_some() || !is_start {
                app.explanation.set_model(model);
            }
            app.explanation.set_class(address.class);
        }
        let photo = untrack(|| app.upload.photo_number());
        app.address.set_section(photo, address.section.clone());
        write_later(app);
        if let Some(section) = &target
            && !scroll_to_section(app, section).await
        {
            problems.push(Problem::NoSuchSection);
            app.address.set_section(photo, None);
            write_later(app);
        }
        let sentences = problems.iter().map(ToString::to_string).chain(notice);
        let sentences: Vec<_> = sentences.collect();
        if !sentences.is_empty() {
            app.messages.set_notice(Some(sentences.join(" ")));
        }
    });
}

/// The visitor has chosen another image meanwhile.
struct Superseded;

/// Shows the image that the address or else the history names, unless it is shown already. Without either, the image on the page
/// stays; a new page opens with the start image. Returns what the visitor should know about the image.
async fn show_image(app: AppState, address: &Address) -> Result<Option<String>, Superseded> {
    let shown = app.upload.image().get_untracked();
    match (&address.image, own_image()) {
        (Some(AddressImage::Test(number)), _) => {
            if shown
                .as_ref()
                .is_none_or(|image| image.test_number != Some(*number))
            {
                show_test_image(app, *number).await?;
            }
        }
        (Some(AddressImage::Pixels(grey)), _) => {
            let is_linked = |photo| untrack(|| app.address.is_linked(photo));
            if !shown
                .as_ref()
                .is_some_and(|image| image.grey == *grey && is_linked(image.photo))
            {
                show_pixels(app, grey, LINKED, true);
            }
        }
        (None, Some(own))
            if shown
                .as_ref()
                .is_some_and(|i| app.address.key(i.photo) == own.key) => {}
        // A painting has the key of its original.
        (None, Some(own)) if own.name == PAINTED => show_pixels(app, &own.grey, PAINTED, false),
        (None, Some(own)) => match app.address.file(&own.key) {
            Some(file) => show_file(app, file).await?,
            None => {
                show_pixels(app, &own.grey, &own.name, false);
                return Ok(Some(RELOADED.into()));
            }
        },
        (None, None) if shown.is_none() && !untrack(|| app.upload.is_preparing()) => {
            show_start_image(app);
        }
        (None, None) => {}
    }
    Ok(None)
}

/// Shows the image that a page without another one opens with.
fn show_start_image(app: AppState) {
    if let Some(start) = start_image() {
        let photo = upload::show_test_image(app, start.grey, start.garment, start.number);
        app.address.start_opening(photo, false);
    }
}

async fn show_test_image(app: AppState, number: u16) -> Result<(), Superseded> {
    let request = app.upload.next_number();
    app.address.start_opening(request, false);
    if !test_image::is_on_page(number) {
        app.messages.set_notice(Some(format!(
            "Test image {number} is being loaded, with the whole test set: about 4 MB."
        )));
    }
    let loaded = test_image::load(app, number).await;
    if app.upload.is_stale(request) {
        return Err(Superseded);
    }
    match loaded {
        Ok((grey, garment)) => {
            let photo = choose_from_gallery(app, grey, garment, number);
            app.address.start_opening(photo, false);
        }
        Err(sentence) => {
            app.messages.set_notice(None);
            reject(app, sentence);
        }
    }
    Ok(())
}

/// Shows one of the visitor's files again.
async fn show_file(app: AppState, file: File) -> Result<(), Superseded> {
    let photo = app.upload.start();
    app.address.start_opening(photo, false);
    app.address.remember_file(photo, file.clone());
    read_file(app, photo, &file).await;
    if app.upload.is_stale(photo) {
        return Err(Superseded);
    }
    Ok(())
}

/// Shows an image of 28x28 pixels as it is.
fn show_pixels(app: AppState, grey: &Grey28, name: &str, linked: bool) {
    let photo = app.upload.start();
    app.address.start_opening(photo, linked);
    let image = InputImage::as_it_is(photo, grey.clone(), Origin::Visitor(name.to_owned()));
    show(app, image, &[]);
}

/// Shows what is wrong with the address as a notice.
fn say(app: AppState, problems: &[Problem]) {
    if !problems.is_empty() {
        let sentences: Vec<_> = problems.iter().map(ToString::to_string).collect();
        app.messages.set_notice(Some(sentences.join(" ")));
    }
}

/// Scrolls to a section once all of them are on the page, or a while later, as some load their code then. Returns whether there is
/// such a section.
async fn scroll_to_section(app: AppState, section: &Section) -> bool {
    let opening = app.address.openings.latest();
    let mut waited = Duration::ZERO;
    while !untrack(|| app.address.is_complete()) || waited < SECTION_LIMIT {
        if untrack(|| app.address.is_complete()) {
            if scroll_to(section.element_id()) {
                return true;
            }
            waited += PAUSE;
        }
        sleep(PAUSE).await;
        if app.address.openings.is_stale(opening) {
            return true;
        }
    }
    false
}

/// The entry for what is shown; `None` without an image.
fn entry(app: AppState) -> Option<Entry> {
    let image = app.upload.image().get()?;
    let address = address(app, &image);
    let own = match (&image.origin, &address.image) {
        (Origin::Visitor(name), None) => Some(HistoryImage {
            key: app.address.key(image.photo),
            name: name.clone(),
            grey: image.grey.clone(),
        }),
        _ => None,
    };
    Some(Entry {
        photo: image.photo,
        fragment: address.fragment(),
        own,
    })
}

/// The address for what is shown, without the pixels of an own image unless they came from the address.
fn address(app: AppState, image: &InputImage) -> Address {
    let model = app.explanation.model().get();
    let linked = app.address.is_linked(image.photo);
    let pixels = || linked.then(|| AddressImage::Pixels(image.grey.clone()));
    Address {
        image: image.test_number.map(AddressImage::Test).or_else(pixels),
        model: (model != FIRST_MODEL).then_some(model),
        class: app.explanation.class().get(),
        method: None,
        section: app.address.section(Some(image.photo)),
        quiz: app.quiz.code().get(),
    }
}

/// Writes what is shown into the current entry, after a pause without further changes.
fn write_later(app: AppState) {
    let update = app.address.updates.next();
    spawn_local(async move {
        sleep(PAUSE).await;
        if app.address.updates.is_stale(update) || app.address.is_opening() {
            return;
        }
        if let Some(entry) = untrack(|| entry(app)) {
            write(&entry, false);
        }
    });
}

/// Writes an entry, as a new one or in place of the current one, unless the current one says the same.
fn write(entry: &Entry, is_new: bool) {
    if fragment() == entry.fragment && own_image() == entry.own {
        return;
    }
    let location = window().location();
    let (Ok(path), Ok(query), Ok(history)) =
        (location.pathname(), location.search(), window().history())
    else {
        return;
    };
    let hash = if entry.fragment.is_empty() { "" } else { "#" };
    let url = format!("{path}{query}{hash}{}", entry.fragment);
    let state = entry
        .own
        .as_ref()
        .map_or(JsValue::NULL, |own| own.text().into());
    // A browser that refuses, because of too many changes, keeps the address that it has.
    let _ = if is_new {
        history.push_state_with_url(&state, "", Some(&url))
    } else {
        history.replace_state_with_url(&state, "", Some(&url))
    };
}

/// The address's fragment without its `#`.
fn fragment() -> String {
    let hash = window().location().hash().unwrap_or_default();
    hash.strip_prefix('#').unwrap_or_default().to_owned()
}

/// The own image of the current entry.
fn own_image() -> Option<HistoryImage> {
    let state = window().history().ok()?.state().ok()?.as_string()?;
    HistoryImage::parse(&state)
}
