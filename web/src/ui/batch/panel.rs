//! The panel of a batch: progress, the controls of the table, its rows page by page, and the evaluation.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, Date};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use plot::format::thousands;
use shared::{Garment, ModelId};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlSelectElement};

use super::csv::Style;
use super::evaluation::{Evaluated, Evaluation};
use super::evaluation_view::{self, EvaluationView};
use super::order::{Filter, Order, SortKey};
use super::row::{Context, Row};
use super::save::{Kind, has_decimal_comma, save_evaluation, save_table};
use crate::dom::{
    action, find, focus_section, scroll_into_view, set_attribute, set_text, toggle_attribute,
};
use crate::engine::sleep;
use crate::requests::batch;
use crate::state::AppState;
use crate::state::batch::BatchItem;

/// How many rows a page of the table has: few enough that they are made without a long task.
const PAGE: usize = 100;
/// The time between two updates while the batch runs, in milliseconds.
const UPDATE_INTERVAL: f64 = 200.0;
/// The time between two changes of the order while the batch runs, in milliseconds. Rows that move cannot be read.
const ORDER_INTERVAL: f64 = 2000.0;

const MARKUP: &str = "\
    <div class=\"heading\"><div><h2 id=\"roll-title\">Your images</h2>\
    <p class=\"small\" role=\"status\" data-testid=\"roll-status\" data-ref=\"status\"></p></div>\
    <div class=\"button-row\">\
    <button type=\"button\" class=\"link-button\" data-testid=\"roll-stop\" data-action=\"stop\">Stop</button>\
    <button type=\"button\" class=\"link-button\" data-testid=\"roll-resume\" data-action=\"resume\">Resume</button>\
    <button type=\"button\" class=\"link-button\" data-testid=\"roll-close\" data-action=\"close\">Close</button>\
    </div></div>\
    <progress aria-label=\"Images classified\" data-testid=\"roll-progress\" data-ref=\"progress\"></progress>\
    <p class=\"small\" data-testid=\"batch-skipped\" data-ref=\"left-out\" hidden></p>\
    <p class=\"small\" data-testid=\"batch-folders\" data-ref=\"folders\" hidden></p>\
    <div class=\"batch-controls\">\
    <label class=\"choice\"><span class=\"small\">Show</span>\
    <select data-testid=\"batch-filter\" data-action=\"filter\" data-ref=\"filter\"></select></label>\
    <details data-testid=\"batch-columns\"><summary>Columns</summary><fieldset class=\"choices\"><legend class=\"visually-hidden\">Models with a column</legend>\
    <span data-ref=\"columns\"></span></fieldset></details>\
    <button type=\"button\" class=\"link-button\" data-testid=\"batch-undo\" data-action=\"undo\" hidden>Undo the last correction</button>\
    </div>\
    <div class=\"batch-rows\" tabindex=\"0\" role=\"region\" aria-label=\"Table of the images\" data-ref=\"region\">\
    <table data-ref=\"table\"><caption class=\"visually-hidden\">The answer and the models' predictions for each file. The buttons in the first row sort it.</caption>\
    <thead><tr aria-rowindex=\"1\" data-ref=\"head\"></tr></thead>\
    <tbody data-testid=\"roll-body\" data-ref=\"body\"></tbody></table>\
    <p class=\"small\" data-ref=\"none\" hidden>No file fits this choice.</p></div>\
    <div class=\"button-row batch-pages\" data-ref=\"pages\" hidden>\
    <button type=\"button\" class=\"link-button\" data-testid=\"batch-previous\" data-action=\"previous\">Previous</button>\
    <span class=\"small\" role=\"status\" data-testid=\"batch-page\" data-ref=\"page\"></span>\
    <button type=\"button\" class=\"link-button\" data-testid=\"batch-next\" data-action=\"next\">Next</button></div>";

const EXPORT: &str = "\
    <div class=\"button-row batch-export\">\
    <button type=\"button\" class=\"link-button\" data-testid=\"roll-csv\" data-action=\"csv\">Save as CSV</button>\
    <button type=\"button\" class=\"link-button\" data-testid=\"roll-json\" data-action=\"json\">Save as JSON</button>\
    <label><input type=\"checkbox\" data-testid=\"batch-all-probabilities\" data-ref=\"all-probabilities\"> all probabilities of all models</label>\
    <label>Numbers in CSV <select data-testid=\"batch-decimals\" data-ref=\"decimals\"><option value=\"point\">0.5</option><option value=\"comma\">0,5</option></select></label>\
    </div>";

/// The panel of the batch on the page.
pub fn panel(app: AppState) -> impl IntoView {
    let node = NodeRef::<html::Section>::new();
    let panel: Rc<RefCell<Option<Rc<Panel>>>> = Rc::default();
    let for_effect = panel.clone();
    Effect::new(move |_| {
        let Some(root) = node.get() else {
            return;
        };
        // Everything that the panel shows; how it changes is not followed row by row.
        app.batch.items().track();
        app.batch.is_running();
        app.batch.is_stopped();
        app.batch.shown(app.upload.photo_number());
        app.novelty.has_failed();
        let mut panel = for_effect.borrow_mut();
        match &*panel {
            Some(panel) => Panel::update_soon(panel),
            None => {
                let new = Rc::new(Panel::new(app, root.into()));
                untrack(|| new.update(true));
                *panel = Some(new);
            }
        }
    });
    let for_clicks = panel.clone();
    let with_panel = |panel: Rc<RefCell<Option<Rc<Panel>>>>, handle: fn(&Panel, &ev::Event)| {
        move |event: ev::Event| {
            let panel = panel.borrow().clone();
            if let Some(panel) = panel {
                handle(&panel, &event);
            }
        }
    };
    let clicked = with_panel(for_clicks, Panel::click);
    view! {
        <section
            class="batch"
            aria-labelledby="roll-title"
            data-testid="roll"
            node_ref=node
            inner_html=format!("{MARKUP}{EXPORT}{}", evaluation_view::MARKUP)
            on:click=move |event| clicked(event.into())
            on:change=with_panel(panel, Panel::change)
        ></section>
    }
}

/// What the panel shows.
struct Panel {
    app: AppState,
    batch: u32,
    root: Element,
    order: Cell<Order>,
    columns: Cell<[bool; ModelId::ALL.len()]>,
    /// The places of the files that fit the filter, in their order.
    places: RefCell<Vec<usize>>,
    page: Cell<usize>,
    /// The rows of the page.
    rows: RefCell<Vec<Row>>,
    /// Places of corrected files, and the correction before; the last one can be undone.
    corrections: RefCell<Vec<(usize, Option<Garment>)>>,
    evaluation: RefCell<EvaluationView>,
    confusion_of: Cell<Evaluated>,
    /// When the panel was updated, and when its order was, in milliseconds.
    updated: Cell<f64>,
    ordered: Cell<f64>,
    is_update_due: Cell<bool>,
}

impl Panel {
    fn new(app: AppState, root: Element) -> Self {
        let panel = Self {
            app,
            batch: app.batch.number(),
            root,
            order: Cell::default(),
            columns: Cell::new(ModelId::ALL.map(|m| matches!(m, ModelId::Cnn | ModelId::Resnet))),
            places: RefCell::default(),
            page: Cell::default(),
            rows: RefCell::default(),
            corrections: RefCell::default(),
            evaluation: RefCell::default(),
            confusion_of: Cell::new(Evaluated::Answer),
            updated: Cell::default(),
            ordered: Cell::default(),
            is_update_due: Cell::default(),
        };
        panel.fill();
        panel
    }

    /// What is written once.
    fn fill(&self) {
        let html = |name: &str, markup: &str| {
            if let Some(element) = find::<Element>(&self.root, name) {
                element.set_inner_html(markup);
            }
        };
        // Titles, names and labels hold nothing that is markup.
        let filters = Filter::all()
            .map(|(filter, title)| format!("<option value=\"{}\">{title}</option>", filter.name()));
        html("filter", &filters.collect::<String>());
        let columns = ModelId::ALL.into_iter().zip(self.columns.get());
        let boxes = columns.map(|(model, is_column)| {
            let checked = if is_column { " checked" } else { "" };
            let (name, title) = (model.name(), model.title());
            format!("<label><input type=\"checkbox\" data-testid=\"batch-column\" data-action=\"column\" data-model=\"{name}\"{checked}> {title}</label>")
        });
        html("columns", &boxes.collect::<String>());
        let sortable = |key: SortKey, title: &str| {
            let name = key.name();
            format!(
                "<th scope=\"col\" aria-sort=\"none\" data-ref=\"head-{name}\"><button type=\"button\" class=\"sort\" data-testid=\"batch-sort\" data-action=\"sort\" data-key=\"{name}\">{title}<span class=\"direction\" aria-hidden=\"true\"></span></button></th>"
            )
        };
        let mut head = String::from("<td></td>");
        head += &sortable(SortKey::File, "File");
        head += &sortable(SortKey::Answer, "Answer");
        head += &sortable(SortKey::Confidence, "Confidence");
        head += &sortable(SortKey::Known, "Known");
        head += &sortable(SortKey::TrueClass, "True class");
        head += &sortable(SortKey::Result, "Result");
        for model in ModelId::ALL {
            head += &format!(
                "<th scope=\"col\" data-ref=\"head-{}\">{}</th>",
                model.name(),
                model.title()
            );
        }
        html("head", &head);
        let notes = self.app.batch.notes();
        for (name, note) in [("left-out", notes.left_out), ("folders", notes.folders)] {
            toggle_attribute(&self.root, name, "hidden", note.is_none());
            set_text(&self.root, name, &note.unwrap_or_default());
        }
        if let Some(select) = find::<HtmlSelectElement>(&self.root, "decimals") {
            select.set_value(if has_decimal_comma() {
                "comma"
            } else {
                "point"
            });
        }
    }

    /// Updates the panel, not more often than every [`UPDATE_INTERVAL`].
    fn update_soon(panel: &Rc<Self>) {
        if panel.is_update_due.replace(true) {
            return;
        }
        let panel = panel.clone();
        let wait =
            (panel.updated.get() + UPDATE_INTERVAL - Date::now()).clamp(0.0, UPDATE_INTERVAL);
        spawn_local(async move {
            sleep(Duration::from_millis(wait as u64)).await;
            panel.is_update_due.set(false);
            if !panel.app.batch.is_stale(panel.batch) {
                untrack(|| panel.update(false));
            }
        });
    }

    /// Updates everything. `is_asked` is whether the visitor has changed the order.
    fn update(&self, is_asked: bool) {
        let app = self.app;
        let now = Date::now();
        self.updated.set(now);
        app.batch.items().with(|items| {
            let done = items.iter().filter(|item| item.status.is_done()).count();
            self.show_progress(done, items.len());
            let is_fixed = self.order.get() == Order::default();
            let is_old = now - self.ordered.get() > ORDER_INTERVAL;
            let is_at_rest = done == items.len() || !app.batch.is_running();
            if is_asked || is_fixed || ((is_old || is_at_rest) && !self.has_focus_in_rows()) {
                self.ordered.set(now);
                self.places.replace(self.order.get().places(items));
            }
            self.show_rows(items);
            let evaluation = Evaluation::new(items);
            let mut view = self.evaluation.borrow_mut();
            view.update(&self.root, evaluation, self.confusion_of.get());
        });
        let can_undo = !self.corrections.borrow().is_empty();
        toggle_attribute(&self.root, "undo", "hidden", !can_undo);
    }

    fn show_progress(&self, done: usize, total: usize) {
        let (app, root) = (self.app, &self.root);
        let is_stopped = app.batch.is_stopped();
        let is_done = done == total;
        set_attribute(root, "data-done", &done.to_string());
        set_attribute(root, "data-total", &total.to_string());
        if let Some(bar) = find::<Element>(root, "progress") {
            set_attribute(&bar, "max", &total.max(1).to_string());
            set_attribute(&bar, "value", &done.to_string());
        }
        toggle_attribute(root, "stop", "hidden", is_stopped || is_done);
        toggle_attribute(root, "resume", "hidden", !is_stopped || is_done);
        let (done, total) = (thousands(done as u64), thousands(total as u64));
        let status = if is_done {
            format!("All {total} done. Choose one to show it below.")
        } else if is_stopped {
            format!("{done} of {total} done. Stopped.")
        } else if app.batch.is_running() {
            format!("{done} of {total} done.")
        } else {
            format!("{done} of {total} done. The models are loading.")
        };
        set_text(root, "status", &status);
    }

    /// Shows the rows of the page; those that stay keep their elements.
    fn show_rows(&self, items: &[BatchItem]) {
        let places = self.places.borrow();
        let last_page = places.len().saturating_sub(1) / PAGE;
        self.page.set(self.page.get().min(last_page));
        let first = self.page.get() * PAGE;
        let shown: Vec<usize> = places.iter().skip(first).take(PAGE).copied().collect();
        let mut rows = self.rows.borrow_mut();
        if !rows.iter().map(|row| row.place).eq(shown.iter().copied()) {
            let mut old: Vec<Row> = rows.drain(..).collect();
            for place in &shown {
                let kept = old.iter().position(|row| row.place == *place);
                let row = match kept {
                    Some(kept) => Some(old.swap_remove(kept)),
                    None => items.get(*place).and_then(|item| Row::new(*place, item)),
                };
                rows.extend(row);
            }
            self.replace_rows(&rows);
        }
        let context = Context {
            is_shown: false,
            is_stopped: self.app.batch.is_stopped(),
            is_uncheckable: self.app.novelty.has_failed(),
            columns: self.columns.get(),
        };
        let shown_file = self.app.batch.shown(self.app.upload.photo_number());
        for (number, row) in rows.iter_mut().enumerate() {
            if let Some(item) = items.get(row.place) {
                let is_shown = shown_file == Some(row.place);
                row.update(
                    item,
                    Context {
                        is_shown,
                        ..context
                    },
                );
            }
            // The first row is the head.
            set_attribute(
                &row.element,
                "aria-rowindex",
                &(first + number + 2).to_string(),
            );
        }
        self.show_head(items.len(), first, shown.len());
    }

    fn replace_rows(&self, rows: &[Row]) {
        let Some(body) = find::<Element>(&self.root, "body") else {
            return;
        };
        let focused = document().active_element();
        let elements: Array = rows.iter().map(|row| &row.element).collect();
        body.replace_children_with_node(&elements);
        // An element that is moved loses the focus.
        if let Some(focused) = focused.and_then(|f| f.dyn_into::<HtmlElement>().ok())
            && body.contains(Some(&focused))
        {
            // What cannot be focused any more leaves the focus where it is.
            let _ = focused.focus();
        }
    }

    /// The head of the table, and which rows of how many are shown.
    fn show_head(&self, total: usize, first: usize, count: usize) {
        let root = &self.root;
        let order = self.order.get();
        for key in SortKey::ALL {
            if let Some(head) = find::<Element>(root, &format!("head-{}", key.name())) {
                set_attribute(&head, "aria-sort", order.direction(key));
            }
        }
        for (model, is_column) in ModelId::ALL.into_iter().zip(self.columns.get()) {
            toggle_attribute(
                root,
                &format!("head-{}", model.name()),
                "hidden",
                !is_column,
            );
        }
        let fitting = self.places.borrow().len();
        if let Some(table) = find::<Element>(root, "table") {
            set_attribute(&table, "aria-rowcount", &(fitting + 1).to_string());
        }
        toggle_attribute(root, "none", "hidden", fitting > 0);
        toggle_attribute(root, "pages", "hidden", fitting <= PAGE && fitting == total);
        toggle_attribute(root, "previous", "disabled", first == 0);
        toggle_attribute(root, "next", "disabled", first + count >= fitting);
        let fitting = thousands(fitting as u64);
        let total = thousands(total as u64);
        let of = if fitting == total {
            fitting
        } else {
            format!("{fitting} (of {total} files)")
        };
        let (from, to) = (
            thousands(first as u64 + 1),
            thousands((first + count) as u64),
        );
        let text = match count {
            0 => format!("0 of {total} files"),
            _ => format!("{from} to {to} of {of}"),
        };
        set_text(root, "page", &text);
    }

    /// Whether the keyboard's focus is in a row, which must not move away.
    fn has_focus_in_rows(&self) -> bool {
        let body = find::<Element>(&self.root, "body");
        let focused = document().active_element();
        body.is_some_and(|body| focused.is_some_and(|f| body.contains(Some(&f))))
    }

    fn click(&self, event: &ev::Event) {
        let Some((element, action)) = action(event) else {
            return;
        };
        let app = self.app;
        match action.as_str() {
            "stop" => {
                batch::stop(app);
                self.pass_focus("resume");
            }
            "resume" => {
                batch::resume(app);
                self.pass_focus("stop");
            }
            "close" => {
                // The button goes with the panel.
                focus_section("answers");
                batch::close(app);
            }
            "csv" => save_table(app, Kind::Csv, self.style()),
            "json" => save_table(app, Kind::Json, self.style()),
            "evaluation-csv" => save_evaluation(app, Kind::Csv, self.style()),
            "evaluation-json" => save_evaluation(app, Kind::Json, self.style()),
            "show" => {
                if let Some(place) = place_of(&element) {
                    batch::show_file(app, place);
                    // The image is below the table, which can fill the window.
                    scroll_into_view("picture");
                }
            }
            "sort" => {
                let key = element.get_attribute("data-key");
                if let Some(key) = key.as_deref().and_then(SortKey::from_name) {
                    self.reorder(self.order.get().toggled(key));
                }
            }
            "previous" => self.turn_to(self.page.get().saturating_sub(1)),
            "next" => self.turn_to(self.page.get() + 1),
            "undo" => self.undo(),
            "undo-row" => {
                if let Some(place) = place_of(&element) {
                    self.correct(place, None);
                    // The button is gone.
                    self.focus_row(place);
                }
            }
            _ => {}
        }
    }

    fn change(&self, event: &ev::Event) {
        let Some((element, action)) = action(event) else {
            return;
        };
        let value = || {
            let select = element.dyn_ref::<HtmlSelectElement>();
            select.map(HtmlSelectElement::value).unwrap_or_default()
        };
        match action.as_str() {
            "filter" => {
                let filter = Filter::from_name(&value()).unwrap_or_default();
                let order = self.order.get();
                self.reorder(Order { filter, ..order });
            }
            "column" => {
                let model = element.get_attribute("data-model");
                let model = model.as_deref().and_then(ModelId::from_name);
                let checkbox = element.dyn_ref::<HtmlInputElement>();
                if let Some((model, checkbox)) = model.zip(checkbox) {
                    let mut columns = self.columns.get();
                    columns[model as usize] = checkbox.checked();
                    self.columns.set(columns);
                    untrack(|| self.update(false));
                }
            }
            "confusion-of" => {
                self.confusion_of
                    .set(Evaluated::from_name(&value()).unwrap_or(Evaluated::Answer));
                untrack(|| self.update(false));
            }
            "correct" => {
                let class = value().parse().ok().and_then(Garment::from_index);
                if let Some(place) = place_of(&element) {
                    self.correct(place, class);
                }
            }
            _ => {}
        }
    }

    fn reorder(&self, order: Order) {
        self.order.set(order);
        self.page.set(0);
        untrack(|| self.update(true));
        self.scroll_to_top();
    }

    fn turn_to(&self, page: usize) {
        self.page.set(page);
        untrack(|| self.update(false));
        self.scroll_to_top();
    }

    fn scroll_to_top(&self) {
        if let Some(region) = find::<Element>(&self.root, "region") {
            region.set_scroll_top(0);
        }
    }

    /// Sets the true class of a file; `None` and the folder's class remove the visitor's correction.
    fn correct(&self, place: usize, class: Option<Garment>) {
        let folder = |items: &Vec<BatchItem>| items.get(place).and_then(|item| item.folder_class);
        let folder = self.app.batch.items().with_untracked(folder);
        let class = class.filter(|class| Some(*class) != folder);
        let before = self.app.batch.correct(place, class);
        if before != class {
            self.corrections.borrow_mut().push((place, before));
        }
        untrack(|| self.update(false));
    }

    fn undo(&self) {
        let last = self.corrections.borrow_mut().pop();
        if let Some((place, before)) = last {
            self.app.batch.correct(place, before);
            untrack(|| self.update(false));
            if self.corrections.borrow().is_empty() {
                // The button is gone.
                self.focus_row(place);
            }
        }
    }

    /// Puts the keyboard's focus on the list of classes of a file, or on the table where it is not shown.
    fn focus_row(&self, place: usize) {
        let row = self.rows.borrow();
        let row = row.iter().find(|row| row.place == place);
        let select = row.and_then(|row| find::<HtmlElement>(&row.element, "correct"));
        let target = select.or_else(|| find::<HtmlElement>(&self.root, "region"));
        if let Some(target) = target {
            // What cannot be focused leaves the focus where it is.
            let _ = target.focus();
        }
    }

    /// Puts the keyboard's focus on the button that takes the place of the pressed one.
    fn pass_focus(&self, name: &str) {
        untrack(|| self.update(false));
        if let Some(button) = find::<HtmlElement>(&self.root, name) {
            // What cannot be focused leaves the focus where it is.
            let _ = button.focus();
        }
    }

    /// How files are saved.
    fn style(&self) -> Style {
        let all = find::<HtmlInputElement>(&self.root, "all-probabilities");
        let decimals = find::<HtmlSelectElement>(&self.root, "decimals");
        Style {
            has_decimal_comma: decimals.is_some_and(|select| select.value() == "comma"),
            has_all_probabilities: all.is_some_and(|checkbox| checkbox.checked()),
        }
    }
}

/// The place of the file in whose row an element is.
fn place_of(element: &Element) -> Option<usize> {
    let row = element.closest("[data-place]").ok().flatten()?;
    row.get_attribute("data-place")?.parse().ok()
}
