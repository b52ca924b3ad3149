//! The page.

fn main() {
    web::ui::open();
}
