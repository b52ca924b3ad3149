//! Links to what the page shows, the history, the saved pictures, and the page inside another page.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use fashion_mnist::{GALLERY, PIXELS, TEST_IMAGES, TEST_LABELS, parse_images, parse_labels};
use flate2::read::GzDecoder;
use image::RgbaImage;
use serde_json::{Value, json};
use shared::Garment;
use tempfile::TempDir;
use tests::image_files;
use tests::page::{Page, Snapshot};
use tests::site::Site;

use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "a_link_to_a_test_image_shows_it", test_images),
    Check::new(
        Cpu,
        "a_link_chooses_model_class_and_section",
        model_class_and_section,
    ),
    Check::new(
        Cpu,
        "back_forward_and_reload_show_what_was_shown",
        back_and_forward,
    ),
    Check::new(
        Cpu,
        "an_own_image_survives_back_and_reload_but_is_not_in_the_address",
        own_image,
    ),
    Check::new(
        Cpu,
        "a_broken_link_is_a_sentence_and_the_page_works",
        broken_links,
    ),
    Check::new(
        Cpu,
        "without_the_test_set_a_link_to_it_is_a_sentence",
        without_test_set,
    ),
    Check::new(Cpu, "a_copied_link_shows_the_same_predictions", copied_link),
    Check::new(Cpu, "the_result_card_is_a_picture_of_the_result", card),
    Check::new(Cpu, "the_heat_map_is_saved_as_a_picture", heat_map),
    Check::new(
        Cpu,
        "an_embedded_page_shows_the_chosen_panels",
        embedded_panels,
    ),
    Check::new(Cpu, "another_page_can_frame_this_one", framed),
];

const LIMIT: Duration = Duration::from_secs(40);

/// The fragment of the address.
const FRAGMENT: &str = "return location.hash;";
/// All that the list of messages says.
const MESSAGES: &str =
    "return [...document.querySelectorAll('.notice, .error')].map(e => e.innerText).join(' ');";

/// Opens the page with something after its address, as from a link elsewhere.
fn open<'a>(session: &'a Session, site: &Site, after: &str) -> Page<'a> {
    session.browser.open("about:blank");
    session.browser.open(&format!("{}{after}", site.url()));
    session.browser.forget_history();
    Page {
        browser: &session.browser,
    }
}

/// Waits for all answers to an image that was shown without a click.
fn answered(page: &Page) -> Snapshot {
    page.wait("an answer", LIMIT, |now| {
        now.is_ready() && now.vote.image > 0
    })
}

/// Opens a link and waits for all answers.
fn open_link<'a>(session: &'a Session, after: &str) -> Page<'a> {
    let page = open(session, &session.site, after);
    answered(&page);
    page
}

/// Waits until the fragment is this one.
fn wait_for_fragment(session: &Session, expected: &str) {
    let found = session
        .browser
        .wait(FRAGMENT, LIMIT, |fragment| fragment == expected);
    found.unwrap_or_else(|fragment| panic!("the fragment is {fragment}, not {expected}"));
}

/// Waits until the models' input is this image.
fn wait_for_input(page: &Page, expected: &[u8; PIXELS], what: &str) {
    let start = Instant::now();
    while input(page) != expected {
        assert!(start.elapsed() < LIMIT, "the page does not show {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The grey values of the models' input; empty before there is one.
fn input(page: &Page) -> Vec<u8> {
    if !is_true(
        page,
        "return document.querySelector('[data-testid=\"preview-input\"]')?.width > 1;",
    ) {
        return Vec::new();
    }
    let canvas = page.canvas("preview-input");
    canvas.rgba.chunks(4).map(|pixel| pixel[0]).collect()
}

fn is_true(page: &Page, script: &str) -> bool {
    page.browser.run(script, vec![]) == true
}

/// Waits until the script's result is true.
fn wait_for(page: &Page, what: &str, script: &str) {
    let found = page.browser.wait(script, LIMIT, |found| *found == true);
    assert!(found.is_ok(), "waited for {what}");
}

/// Clicks an element once it is there.
fn click(page: &Page, selector: &str) {
    let script = format!("return Boolean(document.querySelector('{selector}'));");
    wait_for(page, selector, &script);
    page.click(selector);
}

/// Goes back once the page has written its entry of the history, which it does a moment after the image is shown: until then the
/// browser may give up going back, and has to be asked again.
fn go_back(page: &Page) {
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(600));
        page.browser.run(
            "window.wentBack = false;
             addEventListener('popstate', () => { window.wentBack = true; }, {once: true});
             history.back();",
            vec![],
        );
        let went = page
            .browser
            .wait("return window.wentBack;", Duration::from_secs(5), |went| {
                went == true
            });
        if went.is_ok() {
            return;
        }
    }
    panic!("the browser does not go back");
}

fn reload(page: &Page) {
    page.browser
        .run("window.isEarlier = true; location.reload();", vec![]);
    let script = "return !window.isEarlier && Boolean(document.querySelector('[data-testid=\"preview-input\"]'));";
    wait_for(page, "the page after a reload", script);
    answered(page);
}

/// Waits for the heat map.
fn wait_for_heat_map(page: &Page) {
    let script =
        "return document.querySelector('canvas[data-testid=\"gradcam-overlay\"]')?.width > 1;";
    wait_for(page, "the heat map", script);
}

/// The test set's images and labels, from the site's own files.
struct TestSet {
    images: Vec<[u8; PIXELS]>,
    labels: Vec<u8>,
}

impl TestSet {
    fn of_site(site: &Site) -> Self {
        let unpacked = |name: &str| {
            let folder = fs::read_dir(site.folder().join("test-set")).expect("a test set");
            let mut files = folder.flatten().map(|file| file.path());
            let is_it = |path: &Path| path.to_string_lossy().contains(name);
            let path = files.find(|path| is_it(path)).expect("a file");
            let mut bytes = Vec::new();
            let file = fs::File::open(path).expect("a file");
            GzDecoder::new(file)
                .read_to_end(&mut bytes)
                .expect("a whole file");
            bytes
        };
        Self {
            images: parse_images(&unpacked(TEST_IMAGES.name))
                .expect("images")
                .to_vec(),
            labels: parse_labels(&unpacked(TEST_LABELS.name))
                .expect("labels")
                .to_vec(),
        }
    }
}

fn test_images(session: &Session) {
    let set = TestSet::of_site(&session.site);
    // The gallery's numbers are those of the first images of each class.
    for class in 0..Garment::ALL.len() {
        let of_class = (0..set.labels.len()).filter(|i| usize::from(set.labels[*i]) == class);
        let numbers = GALLERY.iter().map(|row| usize::from(row[class]));
        assert!(of_class.take(GALLERY.len()).eq(numbers), "class {class}");
    }
    // Three of the gallery, and two of the whole test set.
    for number in [0, 36, 83, 60, 9999] {
        let page = open_link(session, &format!("#test={number}"));
        wait_for_input(&page, &set.images[number], &format!("image {number}"));
        let class = Garment::ALL[usize::from(set.labels[number])];
        let truth = page
            .browser
            .run("return document.querySelector('.truth').innerText;", vec![]);
        let truth = truth.as_str().unwrap_or_default();
        assert!(
            truth.contains(&format!("test image is {class}.")),
            "{truth}"
        );
        wait_for_fragment(session, &format!("#test={number}"));
        assert_eq!(page.browser.run(MESSAGES, vec![]), "");
    }
}

/// Model and class of the explanation.
const CHOSEN: &str = "return ['gradcam-model', 'gradcam-class'].map(name => document.querySelector(`[data-testid=\"${name}\"]`)?.value);";

fn wait_for_choice(session: &Session, model: &str, class: &str) {
    let expected = json!([model, class]);
    let chosen = session.browser.wait(CHOSEN, LIMIT, |now| *now == expected);
    chosen.unwrap_or_else(|chosen| panic!("chosen is {chosen}, not {expected}"));
}

fn model_class_and_section(session: &Session) {
    let page = open_link(session, "#test=36&model=knn&class=shirt");
    wait_for_choice(session, "knn", "Shirt");
    wait_for_fragment(session, "#test=36&model=knn&class=shirt");
    let is_in_view = "const it = document.getElementById('compare')?.getBoundingClientRect();
        return Boolean(it) && Math.abs(it.top) < innerHeight / 2;";
    for (link, kept) in [
        (
            "#section=compare&test=36&class=Ankle%20boot",
            "class=ankle-boot",
        ),
        ("#test=36&model=svm&section=compare", "model=svm"),
    ] {
        open_link(session, link);
        let seen = page.browser.wait(is_in_view, LIMIT, |seen| seen == true);
        seen.unwrap_or_else(|_| panic!("{link} does not scroll to the comparison"));
        wait_for_fragment(session, &format!("#test=36&{kept}&section=compare"));
    }
    // A plain anchor, on its own and while an image is shown.
    open(session, &session.site, "#compare");
    let seen = page.browser.wait(is_in_view, LIMIT, |seen| seen == true);
    assert!(seen.is_ok(), "#compare does not scroll");
    let page = open_link(session, "#test=36&model=knn");
    let before = input(&page);
    page.browser.run("location.hash = 'compare';", vec![]);
    wait_for_fragment(session, "#test=36&model=knn&section=compare");
    assert_eq!(input(&page), before);
    go_back(&page);
    wait_for_fragment(session, "#test=36&model=knn");
}

fn back_and_forward(session: &Session) {
    let page = session.page();
    let numbers = [GALLERY[0][0], GALLERY[0][1], GALLERY[1][8]];
    let mut inputs = Vec::new();
    for (place, number) in [0, 1, 18].into_iter().zip(numbers) {
        let before = page.snapshot();
        click(&page, &format!("#sprite-{place}"));
        page.wait_for_answer(&before);
        wait_for_fragment(session, &format!("#test={number}"));
        inputs.push(<[u8; PIXELS]>::try_from(input(&page)).expect("784 pixels"));
    }
    // A lesser change is no entry of its own.
    let entries = || page.browser.run("return history.length;", vec![]);
    let count = entries();
    page.select("gradcam-model", "knn");
    page.select("gradcam-class", "Shirt");
    let last = format!("#test={}&model=knn&class=shirt", numbers[2]);
    wait_for_fragment(session, &last);
    assert_eq!(entries(), count);

    go_back(&page);
    wait_for_input(&page, &inputs[1], "the second image again");
    wait_for(
        &page,
        "the ResNet's own class",
        "const [model, shown] = ['gradcam-model', 'gradcam-class'].map(name => document.querySelector(`[data-testid=\"${name}\"]`).value);
         return model === 'resnet' && shown === document.querySelector('[data-testid=\"model\"][data-model=\"resnet\"]').dataset.label;",
    );
    wait_for_fragment(session, &format!("#test={}", numbers[1]));
    go_back(&page);
    wait_for_input(&page, &inputs[0], "the first image again");
    std::thread::sleep(Duration::from_millis(600));
    page.browser.run("history.go(2);", vec![]);
    wait_for_input(&page, &inputs[2], "the third image again");
    wait_for_choice(session, "knn", "Shirt");
    // What was written meanwhile has not changed the entries.
    std::thread::sleep(Duration::from_millis(600));
    wait_for_fragment(session, &last);
    assert_eq!(entries(), count);

    reload(&page);
    wait_for_input(&page, &inputs[2], "the image after a reload");
    wait_for_choice(session, "knn", "Shirt");
    wait_for_fragment(session, &last);
}

fn own_image(session: &Session) {
    let page = open_link(session, "#test=0");
    let test = <[u8; PIXELS]>::try_from(input(&page)).expect("784 pixels");
    // A photo, whose input is made from it.
    let golden = session.clear_example(Garment::Dress);
    page.show(&image_files::jpeg_photo(&golden.image, 600, 800));
    let own = <[u8; PIXELS]>::try_from(input(&page)).expect("784 pixels");
    wait_for_fragment(session, "");
    click(&page, "#sprite-5");
    wait_for_fragment(session, &format!("#test={}", GALLERY[0][5]));
    go_back(&page);
    wait_for_input(&page, &own, "the own image again");
    // The photo itself is still there, so that it can be edited.
    let photo = "return document.querySelector('[data-testid=\"inspector\"]')?.hidden;";
    let is_hidden = page.browser.wait(photo, LIMIT, |hidden| hidden == false);
    assert!(is_hidden.is_ok(), "the photo cannot be edited");
    answered(&page);
    std::thread::sleep(Duration::from_millis(600));
    reload(&page);
    wait_for_input(&page, &own, "the own image after a reload");
    let address = page.browser.run("return location.href;", vec![]);
    assert!(
        address.as_str().is_some_and(|a| !a.contains("pixels")),
        "{address}"
    );
    let messages = page.browser.run(MESSAGES, vec![]);
    let messages = messages.as_str().unwrap_or_default();
    assert!(messages.contains("choose its file again"), "{messages}");
    go_back(&page);
    wait_for_input(&page, &test, "the test image before it");
}

fn broken_links(session: &Session) {
    let pixels = "A".repeat(1046);
    for (link, sentence) in [
        ("#test=99999999".to_owned(), "from 0 to 9999"),
        ("#test=-1&model=transformer".to_owned(), "unknown model"),
        (
            "#class=%ff%00&test=%F0%9F%91%9A".to_owned(),
            "unknown class",
        ),
        (format!("#pixels={}", &pixels[1..]), "damaged"),
        (format!("#pixels={}!", &pixels[1..]), "damaged"),
        ("#test=0&test=1".to_owned(), "more than once"),
        (format!("#pixels={pixels}&test=0"), "only the test image"),
        ("#<script>".to_owned(), "section"),
        ("#<img src=x onerror=alert(1)>".to_owned(), "does not know"),
        ("#section=hat".to_owned(), "section"),
        ("#hat=1&\u{202e}\u{1f45a}=2".to_owned(), "does not know"),
        (format!("#{}", "&=%".repeat(20_000)), "too long"),
        ("#method=occlusion&model=cnn".to_owned(), "method"),
    ] {
        let start: String = link.chars().take(60).collect();
        let page = open(session, &session.site, &link);
        let said = page.browser.wait(MESSAGES, LIMIT, |said| {
            said.as_str().is_some_and(|said| said.contains(sentence))
        });
        said.unwrap_or_else(|said| panic!("{start}: the page says {said:?}, not {sentence:?}"));
        page.wait("the models", LIMIT, Snapshot::is_ready);
        let before = page.snapshot();
        click(&page, "#sprite-3");
        page.wait_for_answer(&before);
        // What the page does understand stays.
        let kept = if link.contains("model=cnn") {
            "&model=cnn"
        } else {
            ""
        };
        wait_for_fragment(session, &format!("#test={}{kept}", GALLERY[0][3]));
    }
}

fn without_test_set(session: &Session) {
    let site = Site::start_copy().expect("a site");
    let path = site.folder().join("index.html");
    let html = fs::read_to_string(&path).expect("a page");
    assert!(html.contains(TEST_LABELS.archive), "a site with a test set");
    fs::write(&path, html.replace(TEST_LABELS.archive, "removed")).expect("a writable site");
    let page = open(session, &site, "#test=60");
    let said = page.browser.wait(MESSAGES, LIMIT, |said| {
        said.as_str()
            .is_some_and(|said| said.contains("built without the test images"))
    });
    assert!(said.is_ok(), "{said:?}");
    // The gallery's images are there all the same.
    let page = open(session, &site, "#test=36");
    answered(&page);
    let expected = TestSet::of_site(&session.site).images[36];
    wait_for_input(&page, &expected, "image 36");
}

/// Opens the link that the button copies, and gives it.
fn copy(session: &Session, page: &Page) -> String {
    page.browser.run(
        "navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'));",
        vec![],
    );
    click(page, "[data-testid=\"copy-link\"]");
    let field = "const it = document.querySelector('[data-testid=\"share-link\"]');
        return it?.checkVisibility() ? it.value : '';";
    let link = page.browser.wait(field, LIMIT, |link| link != "");
    let link = link.expect("the link is shown where it cannot be copied");
    let said = |page: &Page| page.query("share-status", "return it.innerText;");
    assert!(
        said(page).as_str().is_some_and(|s| s.contains("field")),
        "{}",
        said(page)
    );
    let selected = page.browser.run(
        "const it = document.activeElement;
         return it.dataset.testid + it.value.slice(it.selectionStart, it.selectionEnd);",
        vec![],
    );
    assert_eq!(
        selected,
        format!("share-link{}", link.as_str().unwrap_or_default())
    );
    page.browser
        .run("delete navigator.clipboard.writeText;", vec![]);
    for permission in ["clipboard-write", "clipboard-read"] {
        session.browser.set_permission(permission, true);
    }
    page.click("[data-testid=\"copy-link\"]");
    let copied = page.browser.wait(
        "return document.querySelector('[data-testid=\"share-status\"]').innerText;",
        LIMIT,
        |said| said.as_str().is_some_and(|s| s.starts_with("Link copied.")),
    );
    assert!(copied.is_ok(), "{copied:?}");
    let text = page
        .browser
        .run_async("return navigator.clipboard.readText();", vec![])
        .expect("a text");
    assert_eq!(text, link);
    link.as_str().unwrap_or_default().to_owned()
}

fn copied_link(session: &Session) {
    let golden = session.clear_example(Garment::Coat);
    let page = session.page();
    for file in [
        image_files::png(&golden.image),
        image_files::jpeg_photo(&golden.image, 600, 800),
    ] {
        let shown = page.show(&file);
        let link = copy(session, &page);
        let pixels = link.split_once("pixels=").map(|(_, pixels)| pixels.len());
        assert_eq!(pixels, Some(1046), "{link}");
        let pixels = input(&page);
        session.browser.open("about:blank");
        session.browser.open(&link);
        let again = answered(&page);
        assert_eq!(input(&page), pixels);
        for (a, b) in shown.models.iter().zip(&again.models) {
            assert_eq!(
                (&a.label, a.confidence),
                (&b.label, b.confidence),
                "{}",
                a.model
            );
        }
        assert_eq!(shown.vote.label, again.vote.label);
        assert_eq!(shown.vote.confidence, again.vote.confidence);
        // The pixels stay in an address that came with them.
        wait_for_fragment(
            session,
            &format!("#{}", link.split_once('#').expect("a fragment").1),
        );
    }
    // Of a test image, the number is enough.
    let page = open_link(session, "#test=36&model=knn&class=shirt");
    wait_for_choice(session, "knn", "Shirt");
    let link = copy(session, &page);
    assert_eq!(
        link,
        format!("{}#test=36&model=knn&class=shirt", session.site.url())
    );
}

/// The picture that a click on the button saves.
fn saved(session: &Session, page: &Page, button: &str) -> RgbaImage {
    let folder = TempDir::new().expect("a folder for downloads");
    session.browser.set_download_folder(folder.path());
    click(page, &format!("[data-testid=\"{button}\"]"));
    let start = Instant::now();
    loop {
        let files = fs::read_dir(folder.path()).expect("a folder");
        let mut files = files.flatten().map(|file| file.path());
        let png = files.find(|path| path.extension().is_some_and(|e| e == "png"));
        if let Some(picture) = png.and_then(|path| image::open(path).ok()) {
            return picture.to_rgba8();
        }
        assert!(start.elapsed() < LIMIT, "{button} saves no picture");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How many colours a part of the picture has.
fn colours(picture: &RgbaImage, [left, top, width, height]: [u32; 4]) -> usize {
    let part = image::imageops::crop_imm(picture, left, top, width, height);
    let colours: BTreeSet<[u8; 4]> = part.to_image().pixels().map(|p| p.0).collect();
    colours.len()
}

fn card(session: &Session) {
    let page = open_link(session, "#test=36");
    wait_for_heat_map(&page);
    let picture = saved(session, &page, "save-card");
    assert_eq!(picture.dimensions(), (1200, 800));
    // The image is there, enlarged to 252 pixels at (60, 116).
    let pixels = input(&page);
    for (i, grey) in pixels.iter().enumerate() {
        let place = |n: usize, start: u32| start + ((n as f32 + 0.5) * 252.0 / 28.0) as u32;
        let pixel = picture.get_pixel(place(i % 28, 60), place(i / 28, 116));
        assert_eq!(pixel.0, [*grey, *grey, *grey, 255], "pixel {i}");
    }
    // The heat map below it, in colour.
    let heat = colours(&picture, [60, 428, 252, 252]);
    assert!(heat > 100, "the heat map has {heat} colours");
    // Letters and bars at the right of every line; and nothing but the background at the edge.
    for line in 0..4 {
        let part = colours(&picture, [372, 150 + line * 140, 768, 130]);
        assert!(part > 5, "line {line} of the card has {part} colours");
    }
    assert_eq!(colours(&picture, [1150, 0, 50, 800]), 1);
    let status = page.query("share-status", "return it.innerText;");
    assert!(
        status.as_str().is_some_and(|s| s.starts_with("Saved as ")),
        "{status}"
    );
}

fn heat_map(session: &Session) {
    let page = open_link(session, "#test=36&model=cnn");
    wait_for_heat_map(&page);
    let picture = saved(session, &page, "save-heatmap");
    assert_eq!(picture.dimensions(), (1200, 560));
    // Input, map and overlay; a grey image has equal channels.
    let is_grey = |left: u32| {
        let part = image::imageops::crop_imm(&picture, left, 88, 344, 344).to_image();
        part.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2])
    };
    assert_eq!([48, 428, 808].map(is_grey), [true, false, false]);
    assert!(colours(&picture, [48, 30, 600, 40]) > 5, "no title");
}

/// Which parts of the page are seen.
const SEEN: &str = "
    const parts = {header: '.header .top-line', upload: '.drop-zone', gallery: '.gallery', image: '#picture', models: '#verdicts',
        explanation: '#reasons', compare: '#compare', footer: '.footer'};
    return Object.keys(parts).filter(name => document.querySelector(parts[name])?.checkVisibility());";

fn embedded_panels(session: &Session) {
    let whole = "?embed=0#test=36";
    let all = json!([
        "header",
        "upload",
        "gallery",
        "image",
        "models",
        "explanation",
        "compare",
        "footer"
    ]);
    for (link, expected) in [
        (whole, all),
        (
            "?embed=1#test=36",
            json!(["image", "models", "explanation"]),
        ),
        (
            "?embed=1&panels=compare,image#test=36",
            json!(["image", "compare"]),
        ),
        (
            "?embed=1&panels=upload,gallery,footer",
            json!(["upload", "gallery", "footer"]),
        ),
    ] {
        let page = open(session, &session.site, link);
        let seen = page.browser.wait(SEEN, LIMIT, |seen| *seen == expected);
        seen.unwrap_or_else(|seen| panic!("{link} shows {seen}, not {expected}"));
        // Nothing is added or removed later.
        let is_complete = "return Boolean(document.querySelector('.footer'));";
        let complete = page.browser.wait(is_complete, LIMIT, |c| c == true);
        assert!(complete.is_ok(), "{link}");
        assert_eq!(page.browser.run(SEEN, vec![]), expected, "{link}");
        assert_eq!(page.browser.run(MESSAGES, vec![]), "", "{link}");
    }
    let page = open(session, &session.site, "?embed=1&panels=models,hat#test=36");
    let said = page.browser.wait(MESSAGES, LIMIT, |said| {
        said.as_str()
            .is_some_and(|said| said.contains("unknown panel"))
    });
    assert!(said.is_ok(), "{said:?}");
    // The copied link leads to the whole page.
    let page = open_link(session, "?embed=1#test=36");

    assert_eq!(
        copy(session, &page),
        format!("{}#test=36", session.site.url())
    );
}

fn framed(session: &Session) {
    let site = Site::start_copy().expect("a site");
    // The page around it has no headers of its own, which would forbid it any frame.
    session.browser.open(&site.blank());
    site.send_headers();
    session.browser.run(
        "const frame = document.createElement('iframe');
         frame.src = arguments[0];
         frame.style = 'width: 600px; height: 600px';
         document.body.append(frame);",
        vec![json!(format!("{}?embed=1#test=36", site.url()))],
    );
    let label = "
        const inside = document.querySelector('iframe').contentDocument;
        const ready = inside?.querySelectorAll('[data-testid=\"model\"][data-state=\"ready\"][data-label]').length;
        return ready === 7 ? inside.querySelector('[data-testid=\"headline\"]').dataset.label : null;";
    let found = session.browser.wait(label, LIMIT, Value::is_string);
    assert_eq!(found, Ok(json!("Sneaker")));
}
