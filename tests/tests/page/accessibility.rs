//! Accessibility, with all parts of the page open: names, contrast, the keyboard, forced colours, widths.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use shared::Garment;
use tests::damaged_files;
use tests::image_files;
use tests::page::Page;

use crate::compare::open_comparison;
use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "every_control_and_landmark_has_a_name", names),
    Check::new(Cpu, "all_text_has_enough_contrast", contrast),
    Check::new(Cpu, "nothing_is_shown_by_a_background_alone", backgrounds),
    Check::new(Cpu, "the_tab_key_reaches_every_control_in_order", tab_order),
    Check::new(
        Cpu,
        "no_text_is_lost_at_twice_its_size_or_on_a_phone",
        widths,
    ),
];

const TIMEOUT: Duration = Duration::from_secs(60);

/// The page with all of its parts open: a table of files with an evaluation, a photo and its tools, a model's details, the reasons, a
/// test image of the comparison's matrix, and the field with the link.
fn open_all(session: &Session) -> Page<'_> {
    let page = session.page();
    let photo = image_files::jpeg_photo(&session.clear_example(Garment::Bag).image, 1200, 900);
    let before = page.snapshot();
    page.drop_files(&[photo.clone(), damaged_files::text(), photo]);
    page.wait_for_answer(&before);
    // Where the browser does not allow to copy, there is a field with the link.
    session.browser.run(
        "navigator.clipboard.writeText = () => Promise.reject(new Error('off'));",
        vec![],
    );
    wait_for(
        session,
        "document.querySelector('[data-testid=\"batch-correct\"]')",
    );
    page.select("batch-correct", &Garment::Bag.index().to_string());
    for hook in ["adjust", "details", "open-reasons", "copy-link"] {
        wait_for(
            session,
            &format!("document.querySelector('[data-testid=\"{hook}\"]')"),
        );
        page.click(&format!("[data-testid=\"{hook}\"]"));
    }
    page.click(".ensemble .disclosure");
    wait_for(
        session,
        "document.querySelector('[data-testid=\"reason\"]') && \
        [...document.querySelectorAll('[data-testid=\"reason-map\"]')].every(map => map.ariaBusy === 'false')",
    );
    open_comparison(&page);
    page.click("[data-testid=\"confusion\"] [data-testid=\"confusion-cell\"][data-true=\"Shirt\"][data-predicted=\"Coat\"]");
    wait_for(
        session,
        "['listed', 'failed'].includes(document.querySelector('[data-testid=\"test-images\"]').dataset.state)",
    );
    page
}

/// Waits until the expression is true.
fn wait_for(session: &Session, expression: &str) {
    let script = format!("return Boolean({expression});");
    let found = session
        .browser
        .wait(&script, TIMEOUT, |found| found == &json!(true));
    found.unwrap_or_else(|_| panic!("waited {TIMEOUT:?} for {expression}"));
}

fn emulate(session: &Session, features: Value) {
    session
        .browser
        .cdp("Emulation.setEmulatedMedia", json!({"features": features}));
}

/// Runs the script, which returns a list of what is wrong.
fn assert_none(session: &Session, what: &str, script: &str) {
    let found = session.browser.run(script, vec![]);
    assert_eq!(found, json!([]), "{what}: {found:#}");
}

/// Roles that need a name.
const NAMED: &[&str] = &[
    "button",
    "link",
    "checkbox",
    "radio",
    "combobox",
    "slider",
    "textbox",
    "image",
    "progressbar",
    "grid",
    "table",
    "dialog",
    "region",
    "navigation",
    "application",
];

/// Roles of landmarks, of which no two may have the same name.
const LANDMARKS: &[&str] = &["region", "navigation", "banner", "contentinfo", "main"];

/// A property of a node of the accessibility tree.
fn ax_text<'a>(node: &'a Value, property: &str) -> &'a str {
    node[property]["value"].as_str().unwrap_or_default().trim()
}

fn names(session: &Session) {
    let _page = open_all(session);
    // The names as the browser gives them to screen readers.
    let tree = session
        .browser
        .cdp("Accessibility.getFullAXTree", json!({}));
    let nodes = tree["nodes"].as_array().expect("a tree of nodes");
    let mut seen = BTreeSet::new();
    let mut landmarks = BTreeSet::new();
    for node in nodes.iter().filter(|node| node["ignored"] == json!(false)) {
        let (role, name) = (ax_text(node, "role"), ax_text(node, "name"));
        if NAMED.contains(&role) {
            assert!(!name.is_empty(), "a {role} has no name: {node:#}");
            seen.insert(role);
        }
        if LANDMARKS.contains(&role) {
            assert!(
                landmarks.insert((role, name)),
                "two landmarks are the {role} {name:?}"
            );
        }
    }
    // The tree is that of the whole page.
    for role in ["button", "link", "combobox", "image", "grid", "region"] {
        assert!(seen.contains(role), "no {role} in {seen:?}");
    }
}

/// The visible texts whose contrast is below that of WCAG 2, level AA: 4.5, or 3 for large text.
const LOW_CONTRAST: &str = "
    const context = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const parse = color => {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
    const luminance = color => {
        const [r, g, b] = color.slice(0, 3).map(value => {
            const share = value / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    // The colours that an element's text may be on: that of the background, and those of a gradient above it.
    const backdrops = element => {
        if (!element) return [parse('Canvas')];
        const style = getComputedStyle(element);
        const own = parse(style.backgroundColor);
        const below = own[3] === 1 ? [own] : backdrops(element.parentElement).map(color => over(own, color));
        // The arrow of a list is beside its text.
        const isArrow = style.backgroundSize !== 'auto' || style.backgroundImage === 'none';
        const stops = isArrow ? [] : style.backgroundImage.match(/(rgba?|color|oklab|oklch)\\([^)]*\\)/g) ?? [];
        return below.concat(stops.flatMap(stop => below.map(color => over(parse(stop), color))));
    };
    const found = [];
    const check = (element, text) => {
        if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) return;
        if (element.closest('.visually-hidden, :disabled, [aria-disabled=\"true\"], option, script, style, noscript')) return;
        const style = getComputedStyle(element);
        const size = parseFloat(style.fontSize);
        const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
        for (const backdrop of backdrops(element)) {
            const color = parse(element instanceof SVGElement ? style.fill : style.color);
            const [dark, light] = [luminance(over(color, backdrop)), luminance(backdrop)].sort((a, b) => a - b);
            const contrast = (light + 0.05) / (dark + 0.05);
            if (contrast < least - 0.005) found.push(`${contrast.toFixed(2)}: ${text.trim().slice(0, 40)} in ${element.outerHTML.slice(0, 80)}`);
        }
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let count = 0;
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (node.data.trim() && ++count) check(node.parentElement, node.data);
    }
    document.querySelectorAll('input, select').forEach(field => check(field, field.value));
    if (count < 300) found.push(`only ${count} texts`);
    return found.slice(0, 8);";

fn contrast(session: &Session) {
    for scheme in ["light", "dark"] {
        emulate(
            session,
            json!([{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]),
        );
        let _page = open_all(session);
        let found = session.browser.run(LOW_CONTRAST, vec![]);
        emulate(session, json!([]));
        assert_eq!(found, json!([]), "{scheme}: {found:#}");
    }
}

/// Whether an element stands out from what is behind it, as `standsOut`.
const STANDS_OUT: &str = "
    const isClear = color => /^transparent$|^rgba\\(.*, 0\\)$|\\/ 0\\)$/.test(color);
    const behind = element => {
        for (let e = element.parentElement; e; e = e.parentElement) {
            const color = getComputedStyle(e).backgroundColor;
            if (!isClear(color)) return color;
        }
        return '';
    };
    const hasLine = style => ['Top', 'Right', 'Bottom', 'Left'].some(side => style[`border${side}Style`] !== 'none'
            && parseFloat(style[`border${side}Width`]) > 0 && !isClear(style[`border${side}Color`]))
        || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0);
    const standsOut = element => {
        const style = getComputedStyle(element);
        const hasBackground = !isClear(style.backgroundColor) && style.backgroundColor !== behind(element);
        return hasBackground || style.backgroundImage !== 'none' || hasLine(style);
    };";

/// Notes the elements that say something by their background: those without content, and controls.
const NOTE_BACKGROUNDS: &str = "
    const isShown = e => e.checkVisibility() && e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().height > 0;
    const all = [...document.querySelectorAll('body *')].filter(e => isShown(e) && !e.closest('.visually-hidden, svg'));
    const isEmpty = e => e.childElementCount === 0 && e.textContent.trim() === '' && !e.matches('canvas, video, img, input, select, progress');
    const isControl = e => e.matches('button, .file-button span, .segmented-control span, [data-testid=\"surface\"]');
    // An image fills its button.
    window.withBackground = all.filter(e => (isEmpty(e) || (isControl(e) && !e.querySelector('canvas'))) && standsOut(e));
    return window.withBackground.length;";

/// Those of the noted elements that do not stand out.
const WITHOUT_BACKGROUND: &str = "
    const lost = window.withBackground.filter(e => e.isConnected && e.checkVisibility() && !standsOut(e));
    return lost.map(e => e.outerHTML.slice(0, 120)).slice(0, 8);";

/// A script that returns the chosen elements of these kinds that look like the others.
fn same_as_others(kinds: &[&str]) -> String {
    format!(
        "const look = element => {{
             const s = getComputedStyle(element);
             return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.borderTopStyle, s.borderTopWidth, s.borderTopColor, s.backgroundColor,
                 s.color, s.fontWeight, s.textDecorationLine].join();
         }};
         const kinds = {{
             'gallery-item': ['[data-testid=\"gallery-item\"][aria-pressed=\"true\"]', '[data-testid=\"gallery-item\"][aria-pressed=\"false\"]'],
             'cell-picture': ['[data-testid=\"cell-picture\"][aria-pressed=\"true\"]', '[data-testid=\"cell-picture\"][aria-pressed=\"false\"]'],
             'segmented-control': ['.segmented-control input:checked + span', '.segmented-control input:not(:checked) + span'],
             'roll-row': ['[data-testid=\"roll-row\"].shown', '[data-testid=\"roll-row\"]:not(.shown)'],
         }};
         return {}.filter(kind => {{
             const [chosen, other] = kinds[kind].map(selector => document.querySelector(selector));
             return !chosen || !other || look(chosen) === look(other);
         }});",
        json!(kinds)
    )
}

fn backgrounds(session: &Session) {
    let page = open_all(session);
    let noted = format!("{STANDS_OUT}{NOTE_BACKGROUNDS}");
    let count = session.browser.run(&noted, vec![]);
    assert!(
        count.as_u64() > Some(20),
        "{count} elements have a background"
    );
    emulate(
        session,
        json!([{"name": "forced-colors", "value": "active"}]),
    );
    let script = format!("{STANDS_OUT}{WITHOUT_BACKGROUND}");
    let lost = session.browser.run(&script, vec![]);
    // A row of the table and a tool are chosen now, the others when they are clicked.
    let mut same = session
        .browser
        .run(&same_as_others(&["roll-row", "segmented-control"]), vec![]);
    for hook in ["cell-picture", "gallery-item"] {
        let selector = format!("[data-testid=\"{hook}\"]");
        let there = format!("return document.querySelector('{selector}') !== null;");
        // A site that was built without the test images has no list of them.
        if session.browser.run(&there, vec![]) == json!(true) {
            let before = page.snapshot();
            page.click(&selector);
            page.wait_for_answer(&before);
            let found = session.browser.run(&same_as_others(&[hook]), vec![]);
            let found = found.as_array().cloned().unwrap_or_default();
            same.as_array_mut().expect("a list").extend(found);
        }
    }
    emulate(session, json!([]));
    assert_eq!(lost, json!([]), "lost with forced colours: {lost:#}");
    assert_eq!(same, json!([]), "chosen and others look the same: {same:#}");
}

/// Numbers the controls that the Tab key should reach, in the order of the document.
const NUMBER_CONTROLS: &str = "
    const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')];
    const isReached = e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({visibilityProperty: true}) && e.type !== 'hidden'
        && !(e.type === 'radio' && !e.checked && [...document.getElementsByName(e.name)].some(other => other.checked));
    const controls = all.filter(isReached);
    controls.forEach((e, i) => e.dataset.testsOrder = i);
    // The Tab key goes on from here.
    const start = document.createElement('div');
    start.tabIndex = -1;
    document.body.prepend(start);
    start.focus();
    return controls.length;";

/// The focused control's number, and whether the focus can be seen.
const FOCUSED: &str = "
    const focus = document.activeElement;
    if (focus === document.body) return null;
    // An invisible input is shown by the text beside it.
    const shown = focus.matches('input.visually-hidden') ? focus.nextElementSibling : focus;
    const style = getComputedStyle(shown);
    const isSeen = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none';
    return {order: focus.dataset.testsOrder ? Number(focus.dataset.testsOrder) : null, isSeen, html: focus.outerHTML.slice(0, 120)};";

/// WebDriver's code for the Tab key.
const TAB: char = '\u{e004}';

fn tab_order(session: &Session) {
    let _page = open_all(session);
    let count = session.browser.run(NUMBER_CONTROLS, vec![]);
    let count = count.as_u64().expect("a number of controls");
    let mut reached = Vec::new();
    // Chromium also stops at scrollable boxes.
    for _ in 0..count + 20 {
        session.browser.press(TAB);
        let focused = session.browser.run(FOCUSED, vec![]);
        if focused.is_null() {
            break;
        }
        assert_eq!(
            focused["isSeen"],
            json!(true),
            "no focus is seen: {focused}"
        );
        if let Some(order) = focused["order"].as_u64() {
            if reached.contains(&order) {
                break;
            }
            reached.push(order);
        }
    }
    let all: Vec<u64> = (0..count).collect();
    let missing = session.browser.run(
        "const reached = new Set(arguments[0]);
         return [...document.querySelectorAll('[data-tests-order]')].filter(e => !reached.has(Number(e.dataset.testsOrder)))
             .map(e => e.outerHTML.slice(0, 120));",
        vec![json!(reached)],
    );
    assert_eq!(missing, json!([]), "the Tab key does not reach {missing:#}");
    assert_eq!(reached, all, "the order is not that of the document");
}

/// What reaches beyond the window, or is cut off.
const TOO_WIDE: &str = "
    const isHidden = e => e.closest('.visually-hidden, svg') || !e.checkVisibility();
    const scrolls = e => {
        for (let box = e.parentElement; box && box !== document.body; box = box.parentElement) {
            if (getComputedStyle(box).overflowX !== 'visible') return true;
        }
        return false;
    };
    const all = [...document.querySelectorAll('body *')].filter(e => !isHidden(e));
    const beyond = all.filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e));
    const cut = all.filter(e => e.matches('button, a, h1, h2, h3, p, td, th, label, span, strong, figcaption, summary') && e.innerText?.trim()
        && ['hidden', 'clip'].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1);
    const wide = document.scrollingElement.scrollWidth > innerWidth ? [`the page is ${document.scrollingElement.scrollWidth} wide`] : [];
    return wide.concat([...beyond, ...cut].map(e => e.outerHTML.slice(0, 120))).slice(0, 8);";

fn widths(session: &Session) {
    let _page = open_all(session);
    session
        .browser
        .run("document.documentElement.style.fontSize = '200%';", vec![]);
    assert_none(session, "text of twice the size", TOO_WIDE);
    session
        .browser
        .run("document.documentElement.style.fontSize = '';", vec![]);
    session.browser.cdp(
        "Emulation.setDeviceMetricsOverride",
        json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true}),
    );
    let found = session.browser.run(TOO_WIDE, vec![]);
    session
        .browser
        .cdp("Emulation.clearDeviceMetricsOverride", json!({}));
    assert_eq!(found, json!([]), "390 pixels: {found:#}");
}
