//! Frames of the camera's video: as a file at full size, and as pixels for the live camera.

use js_sys::{Array, Object, Promise, Reflect};
use leptos::prelude::document;
use shared::image::RgbaImage;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CanvasRenderingContext2d, File, HtmlCanvasElement, HtmlMediaElement, HtmlVideoElement,
};

/// The file name of a photo from the camera.
const NAME: &str = "Camera";
/// The longer side of the frames of the live camera, in pixels: as much as the preprocessing uses of a photo.
const SIDE: u32 = 480;

/// The video's current frame as a file. Some browsers blur what is read from a canvas a little; there is no other way that
/// works in all browsers.
///
/// # Errors
/// The browser's, which may lack memory.
pub async fn snapshot(video: &HtmlVideoElement) -> Result<File, JsValue> {
    let (width, height) = (video.video_width(), video.video_height());
    let (canvas, _) = draw(video, width, height)?;
    let blob = Promise::new(&mut |resolve, reject| {
        if let Err(error) = canvas.to_blob_with_type(&resolve, "image/jpeg") {
            // The promise returns the error.
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    });
    let blob = JsFuture::from(blob).await?;
    File::new_with_blob_sequence(&Array::of1(&blob), NAME)
}

/// The video's current frame, its longer side at most 480 pixels; `None` if there is none yet.
pub fn pixels(video: &HtmlVideoElement) -> Option<RgbaImage> {
    let (full_width, full_height) = (video.video_width(), video.video_height());
    let longest = full_width.max(full_height);
    if longest == 0 || video.ready_state() < HtmlMediaElement::HAVE_CURRENT_DATA {
        return None;
    }
    let scale = (f64::from(SIDE) / f64::from(longest)).min(1.0);
    let scaled = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    let (width, height) = (scaled(full_width), scaled(full_height));
    let (_, context) = draw(video, width, height).ok()?;
    let data = context.get_image_data(0.0, 0.0, width.into(), height.into());
    RgbaImage::new(width, height, data.ok()?.data().0)
}

/// Draws the current frame on a canvas of this size.
fn draw(
    video: &HtmlVideoElement,
    width: u32,
    height: u32,
) -> Result<(HtmlCanvasElement, CanvasRenderingContext2d), JsValue> {
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
    canvas.set_width(width);
    canvas.set_height(height);
    // Otherwise the browser may draw on the graphics card, and reads the pixels back slowly.
    let options = Object::new();
    Reflect::set(&options, &"willReadFrequently".into(), &true.into())?;
    let context = canvas.get_context_with_context_options("2d", &options)?;
    let context: CanvasRenderingContext2d = context.ok_or(JsValue::NULL)?.dyn_into()?;
    context.draw_image_with_html_video_element_and_dw_and_dh(
        video,
        0.0,
        0.0,
        width.into(),
        height.into(),
    )?;
    Ok((canvas, context))
}
