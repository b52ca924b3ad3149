//! What can be seen: with forced colours, in light and dark, with large text; and landmarks that can be told apart.

use serde_json::{Value, json};
use shared::Garment;
use tests::image_files;

use crate::compare::open_comparison;
use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "with_forced_colours_bars_buttons_and_shades_remain",
        forced_colours,
    ),
    Check::new(
        Cpu,
        "the_text_of_every_shade_has_enough_contrast",
        contrast_of_shades,
    ),
    Check::new(Cpu, "no_landmark_has_the_name_of_another", landmarks),
    Check::new(Cpu, "text_of_twice_the_size_fits", large_text),
];

fn emulate(session: &Session, features: Value) {
    session
        .browser
        .cdp("Emulation.setEmulatedMedia", json!({"features": features}));
}

fn forced_colours(session: &Session) {
    emulate(
        session,
        json!([{"name": "forced-colors", "value": "active"}]),
    );
    let page = session.page();
    page.click("[data-testid=\"gallery-item\"][data-label=\"Coat\"]");
    open_comparison(&page);
    let seen = session.browser.run(
        "const style = selector => getComputedStyle(document.querySelector(selector));
         const canvas = getComputedStyle(document.body).backgroundColor;
         const selected = style('[data-testid=\"gallery-item\"][aria-pressed=\"true\"]');
         return {
             forced: matchMedia('(forced-colors: active)').matches,
             bar: style('[data-testid=\"model\"] .track span').backgroundColor !== canvas,
             selected: selected.outlineStyle !== 'none' && parseFloat(selected.outlineWidth) >= 2,
             button: style('.file-button span').borderTopStyle === 'solid',
             shade: style('.matrix .right-9, .matrix .right-8').backgroundColor !== canvas,
             shades: style('.matrix .wrong-1').backgroundColor !== style('.matrix .right-9, .matrix .right-8').backgroundColor,
         };",
        vec![],
    );
    emulate(session, json!([]));
    for (what, is_seen) in seen.as_object().expect("an object") {
        assert_eq!(is_seen, &json!(true), "{what}: {seen:#}");
    }
}

/// The contrast of the text and the background of each class of a cell (WCAG 2).
const CONTRASTS: &str = "
    const table = document.querySelector('.matrix tbody');
    const row = table.insertRow();
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const luminance = color => {
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(value => {
            const share = value / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrasts = [];
    for (const kind of ['right', 'wrong']) {
        for (let step = 1; step <= 9; step++) {
            const cell = row.insertCell();
            cell.className = `${kind}-${step}`;
            const {color, backgroundColor} = getComputedStyle(cell);
            const [dark, light] = [luminance(color), luminance(backgroundColor)].sort((a, b) => a - b);
            contrasts.push([cell.className, (light + 0.05) / (dark + 0.05)]);
        }
    }
    row.remove();
    return contrasts;";

fn contrast_of_shades(session: &Session) {
    for scheme in ["light", "dark"] {
        emulate(
            session,
            json!([{"name": "prefers-color-scheme", "value": scheme}]),
        );
        let page = session.page();
        open_comparison(&page);
        let contrasts = session.browser.run(CONTRASTS, vec![]);
        emulate(session, json!([]));
        let contrasts = contrasts.as_array().expect("a list").clone();
        assert_eq!(contrasts.len(), 18);
        for shade in contrasts {
            assert!(shade[1].as_f64() >= Some(4.5), "{scheme}: {shade}");
        }
    }
}

fn landmarks(session: &Session) {
    let page = session.page();
    let bag = image_files::jpeg_photo(&session.clear_example(Garment::Bag).image, 900, 1200);
    let before = page.snapshot();
    page.drop_files(&[bag.clone(), bag]);
    page.wait_for_answer(&before);
    open_comparison(&page);
    let names = session.browser.run(
        "const name = e => e.getAttribute('aria-label')
             ?? (e.getAttribute('aria-labelledby') ?? '').split(' ').map(id => document.getElementById(id)?.textContent ?? '').join(' ');
         return [...document.querySelectorAll('section[aria-label], section[aria-labelledby], nav, [role=region], [role=group], [role=application]')]
             .filter(e => e.checkVisibility()).map(e => (e.getAttribute('role') ?? e.localName) + ': ' + name(e).trim());",
        vec![],
    );
    let names: Vec<String> = serde_json::from_value(names).expect("names");
    assert!(names.len() > 6, "{names:?}");
    for (i, name) in names.iter().enumerate() {
        let label = name.split_once(": ").map(|(_, label)| label);
        assert!(label.is_some_and(|label| !label.is_empty()), "{name}");
        let others = names[..i].iter().filter_map(|n| n.split_once(": "));
        assert!(
            !others
                .map(|(_, label)| Some(label))
                .any(|other| other == label),
            "{name} is there twice: {names:#?}"
        );
    }
}

fn large_text(session: &Session) {
    let page = session.page();
    open_comparison(&page);
    let wide = session.browser.run(
        "document.documentElement.style.fontSize = '200%';
         const isHidden = e => e.closest('.visually-hidden') || !e.checkVisibility();
         const beyond = [...document.querySelectorAll('body *')].filter(e => !isHidden(e)
             && e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('svg')).map(e => e.outerHTML.slice(0, 90));
         const clipped = [...document.querySelectorAll('button, a, h1, h2, h3, p, td, th, label')].filter(e => !isHidden(e)
             && getComputedStyle(e).overflowX === 'hidden' && e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML.slice(0, 90));
         const row = document.querySelector('[data-testid=\"model\"] .line');
         const cells = [...row.children].map(e => e.getBoundingClientRect());
         const overlaps = cells.some((a, i) => cells.some((b, j) => i < j && a.left < b.right - 1 && b.left < a.right - 1
             && a.top < b.bottom - 1 && b.top < a.bottom - 1));
         return {beyond: beyond.slice(0, 5), clipped: clipped.slice(0, 5), overlaps, sideways: document.scrollingElement.scrollWidth > innerWidth};",
        vec![],
    );
    assert_eq!(
        wide,
        json!({"beyond": [], "clipped": [], "overlaps": false, "sideways": false})
    );
}
