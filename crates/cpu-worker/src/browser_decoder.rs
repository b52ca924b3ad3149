//! The browser's own image decoder, for formats that are not decoded here: AVIF, HEIC, ICO and others, where the browser can.

use js_sys::{Array, Uint8Array};
use photo::{MAX_FILE_BYTES, PhotoError, browser_media_type, check_size};
use shared::image::RgbaImage;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, ImageBitmap, OffscreenCanvas, OffscreenCanvasRenderingContext2d,
    WorkerGlobalScope,
};

/// Decodes a file of a format that is not decoded here; `None` for other files, and where the browser cannot decode it either.
///
/// # Errors
/// The image is too large.
pub async fn decode(file: &[u8]) -> Option<Result<RgbaImage, PhotoError>> {
    let media_type = browser_media_type(file).filter(|_| file.len() <= MAX_FILE_BYTES)?;
    // Whatever the browser's reason is, the sentence that names the format fits.
    let bitmap = decode_bitmap(file, media_type).await.ok()?;
    let (width, height) = (bitmap.width(), bitmap.height());
    if let Err(error) = check_size(width, height) {
        bitmap.close();
        return Some(Err(error));
    }
    let rgba = read_pixels(&bitmap).ok();
    bitmap.close();
    RgbaImage::new(width, height, rgba?).map(Ok)
}

async fn decode_bitmap(file: &[u8], media_type: &str) -> Result<ImageBitmap, JsValue> {
    let scope: WorkerGlobalScope = js_sys::global().dyn_into()?;
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&Uint8Array::from(file));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options)?;
    let bitmap = JsFuture::from(scope.create_image_bitmap_with_blob(&blob)?).await?;
    bitmap.dyn_into()
}

/// The pixels as RGBA with straight alpha.
fn read_pixels(bitmap: &ImageBitmap) -> Result<Vec<u8>, JsValue> {
    let (width, height) = (bitmap.width(), bitmap.height());
    let canvas = OffscreenCanvas::new(width, height)?;
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    let context: OffscreenCanvasRenderingContext2d = context.dyn_into()?;
    context.draw_image_with_image_bitmap(bitmap, 0.0, 0.0)?;
    let pixels = context.get_image_data(0.0, 0.0, width.into(), height.into())?;
    Ok(pixels.data().0)
}
