//! Heat maps as the page paints them.

use std::ops::{Range, RangeInclusive};
use std::time::{Duration, Instant};

use shared::explain::HeatMap;
use shared::explain::colormap::apply_colormap;
use shared::{AnyClassifier, Garment, ModelId, Sample};
use tests::image_files;
use tests::page::{Canvas, Page};
use tests::reference::weights;

use crate::session::{Check, ReferenceImage, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "choosing_a_class_changes_the_heat_map", classes),
    Check::new(
        Cpu,
        "heat_is_red_where_the_reference_is_hottest_and_blue_where_it_is_cool",
        |session| colours(session, "gradcam-heatmap", 60),
    ),
    Check::new(
        Cpu,
        "the_overlay_does_not_swap_red_and_blue",
        // Half of the overlay is heat, and less where it is cool.
        |session| colours(session, "gradcam-overlay", 15),
    ),
    Check::new(
        Cpu,
        "a_classical_model_s_map_is_by_occlusion_and_as_natively",
        occlusion,
    ),
];

/// The networks that the reference has maps of.
const CONVOLUTIONAL: [ModelId; 2] = [ModelId::Cnn, ModelId::Resnet];

fn occlusion(session: &Session) {
    let page = session.page();
    let golden = session.clear_example(Garment::Dress);
    for model in [ModelId::Logistic, ModelId::Knn, ModelId::Mlp] {
        let canvas = heat_map_canvas(session, &page, model, &golden, "gradcam-heatmap");
        let text = session.browser.run(
            "const method = document.querySelector('[data-testid=\"method\"]');
             return [method.dataset.method, method.innerText];",
            vec![],
        );
        assert_eq!(text[0], "occlusion", "{text}");
        assert!(
            text[1].as_str().is_some_and(|t| t.contains("covers")),
            "{text}"
        );
        let mut classifier =
            AnyClassifier::new(model, &weights(model)).expect("the committed weights fit");
        let class = session.expected(model, &golden).0;
        let map = classifier.explain(&Sample::new(golden.image.clone()), class);
        assert!(map.peak() > 0.0, "{model}: an empty map proves nothing");
        let expected = apply_colormap(&map.upsample(canvas.width));
        let apart = canvas
            .rgba
            .iter()
            .zip(&expected)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(
            apart <= Some(2),
            "{model}: colours differ by {apart:?} of 255"
        );
    }
}

fn classes(session: &Session) {
    let page = session.page();
    let golden = session.clear_example(Garment::Coat);
    page.show(&image_files::png(&golden.image));
    let mut maps = vec![settled(&page, "gradcam-heatmap")];
    for class in Garment::ALL {
        page.select("gradcam-class", class.label());
        let map = settled(&page, "gradcam-heatmap");
        if !maps.contains(&map) {
            maps.push(map);
        }
    }
    // Classes for which nothing speaks share one empty map.
    assert!(
        maps.len() >= 4,
        "ten classes have {} different maps",
        maps.len()
    );
    for model in CONVOLUTIONAL {
        page.select("gradcam-model", model.name());
        maps.push(settled(&page, "gradcam-heatmap"));
    }
    assert!(
        maps[maps.len() - 1] != maps[maps.len() - 2],
        "both models have the same map"
    );
}

/// Red exceeds blue where the reference is hot, and blue exceeds red where it is cool, by more than `margin` of 255.
fn colours(session: &Session, hook: &str, margin: i32) {
    let page = session.page();
    for model in CONVOLUTIONAL {
        let golden = telling(session, model);
        let canvas = heat_map_canvas(session, &page, model, &golden, hook);
        let (mut hot, mut cool) = (0, 0);
        for (i, heat) in reference_heat(session, model, golden.index)
            .iter()
            .enumerate()
        {
            let (u, v) = centre(i);
            let colour @ [r, _, b] = canvas.at(u, v).map(i32::from);
            if HOT.contains(heat) {
                assert!(r > b + margin, "{model}: {colour:?} where it is hot");
                hot += 1;
            }
            if COOL.contains(heat) {
                assert!(b > r + margin, "{model}: {colour:?} where it is cool");
                cool += 1;
            }
        }
        assert!(
            hot > 0 && cool > 0,
            "{model}: {hot} hot and {cool} cool places prove nothing"
        );
    }
}

/// Heat that is shown in a clear blue: less is nearly black, more is green.
const COOL: Range<f32> = 0.08..0.2;

/// Heat that is shown in a clear red: the very peak of a map lies between the places looked at.
const HOT: RangeInclusive<f32> = 0.85..=1.0;

/// The golden image whose map has the most places both hot and cool.
fn telling(session: &Session, model: ModelId) -> ReferenceImage {
    let both = |index: usize| {
        let heat = reference_heat(session, model, index);
        let count = |is_it: &dyn Fn(&f32) -> bool| heat.iter().filter(|h| is_it(h)).count();
        count(&|h| HOT.contains(h)).min(count(&|h| COOL.contains(h)))
    };
    let index = (0..session.reference.images.len())
        .max_by_key(|&index| both(index))
        .expect("the reference has images");
    session.reference_image(index)
}

/// The canvas with the hook, for the golden image and the class that the model says it shows.
pub fn heat_map_canvas(
    session: &Session,
    page: &Page,
    model: ModelId,
    golden: &ReferenceImage,
    hook: &str,
) -> Canvas {
    page.show(&image_files::png(&golden.image));
    page.select("gradcam-model", model.name());
    page.select("gradcam-class", session.expected(model, golden).0.label());
    settled(page, hook)
}

/// A canvas is taken for settled when it has not changed for so long: longer than the slowest engine explains.
const CALM: Duration = Duration::from_millis(400);

/// A canvas once it does not change any more.
fn settled(page: &Page, hook: &str) -> Canvas {
    let start = Instant::now();
    let mut canvas = page.canvas(hook);
    let mut since = Instant::now();
    while since.elapsed() < CALM {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{hook} never stops changing"
        );
        std::thread::sleep(Duration::from_millis(40));
        let now = page.canvas(hook);
        if now != canvas {
            (canvas, since) = (now, Instant::now());
        }
    }
    canvas
}

/// The reference's map for its own answer, enlarged, 0 to 1.
///
/// # Shapes
/// `[FINE, FINE]`, row-major.
fn reference_heat(session: &Session, model: ModelId, index: usize) -> Vec<f32> {
    let answers = session.reference.outputs(model);
    let map = HeatMap {
        rows: answers.map_side,
        columns: answers.map_side,
        values: answers.maps[index].clone(),
    };
    map.upsample(FINE)
}

const FINE: usize = 28;

/// The middle of a pixel of [`reference_heat`], in the unit square.
fn centre(i: usize) -> (f32, f32) {
    let place = |n: usize| (n as f32 + 0.5) / FINE as f32;
    (place(i % FINE), place(i / FINE))
}
