//! The start of a stroke with mouse, pen or finger on a surface.

use leptos::ev::PointerEvent;
use leptos::html;
use leptos::prelude::*;

/// Whether a stroke begins; other fingers and buttons do not draw. From then on the surface gets the pointer's events.
pub fn begins(surface: NodeRef<html::Div>, event: &PointerEvent) -> bool {
    if !event.is_primary() || event.button() != 0 {
        return false;
    }
    if let Some(surface) = surface.get_untracked() {
        // Without the capture, a stroke ends at the edge.
        let _ = surface.set_pointer_capture(event.pointer_id());
    }
    true
}
