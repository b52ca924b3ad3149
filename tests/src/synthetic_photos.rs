//! Photos of garments in rooms, drawn here: what is cut out of them is known to the pixel.

use shared::Garment;
use shared::image::RgbaImage;

/// A garment in a room.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    pub name: &'static str,
    pub garment: Garment,
    pub cloth: Cloth,
    pub room: Room,
}

/// What a garment is made of.
#[derive(Clone, Copy, Debug)]
pub enum Cloth {
    Plain([u8; 3]),
    Striped([u8; 3], [u8; 3]),
    /// With a print on the chest.
    Printed([u8; 3], [u8; 3]),
}

/// What is around it.
#[derive(Clone, Copy, Debug)]
pub enum Room {
    /// Boards with a grain.
    Floor([u8; 3]),
    /// A carpet in two colours.
    Carpet([u8; 3], [u8; 3]),
    /// A wall that is lit from the left.
    Wall([u8; 3]),
    /// Tiles with joints.
    Tiles([u8; 3]),
    /// Nothing: transparent.
    Nothing,
}

/// Width and height of every photo.
pub const SIZE: u32 = 360;
/// The garment's place: this much is free on every side.
const MARGIN: f32 = 45.0;

/// A dozen, each with its own difficulty.
pub const SCENES: [Scene; 12] = [
    scene(
        "blue on boards",
        Garment::TShirt,
        Cloth::Plain([40, 70, 150]),
        Room::Floor([176, 140, 96]),
    ),
    scene(
        "black on a wall",
        Garment::TShirt,
        Cloth::Plain([30, 30, 34]),
        Room::Wall([205, 200, 190]),
    ),
    scene(
        "printed on a carpet",
        Garment::TShirt,
        Cloth::Printed([150, 30, 40], [240, 230, 200]),
        Room::Carpet([70, 80, 60], [110, 115, 90]),
    ),
    scene(
        "jeans on boards",
        Garment::Trouser,
        Cloth::Plain([52, 66, 104]),
        Room::Floor([190, 150, 105]),
    ),
    scene(
        "grey on tiles",
        Garment::Trouser,
        Cloth::Plain([96, 96, 100]),
        Room::Tiles([222, 214, 200]),
    ),
    scene(
        "black on a carpet",
        Garment::Trouser,
        Cloth::Plain([28, 28, 30]),
        Room::Carpet([150, 60, 50], [180, 90, 70]),
    ),
    scene(
        "red on a wall",
        Garment::Dress,
        Cloth::Plain([170, 40, 50]),
        Room::Wall([190, 195, 200]),
    ),
    scene(
        "green on a dark floor",
        Garment::Dress,
        Cloth::Plain([110, 160, 90]),
        Room::Floor([70, 52, 40]),
    ),
    scene(
        "striped on a cloth",
        Garment::Pullover,
        Cloth::Striped([60, 60, 70], [120, 120, 130]),
        Room::Wall([150, 30, 40]),
    ),
    scene(
        "brown on tiles",
        Garment::Pullover,
        Cloth::Plain([110, 80, 60]),
        Room::Tiles([225, 220, 210]),
    ),
    scene(
        "white on white",
        Garment::TShirt,
        Cloth::Plain([244, 243, 240]),
        Room::Wall([206, 204, 200]),
    ),
    scene(
        "cut out already",
        Garment::Dress,
        Cloth::Plain([70, 60, 120]),
        Room::Nothing,
    ),
];

const fn scene(name: &'static str, garment: Garment, cloth: Cloth, room: Room) -> Scene {
    Scene {
        name,
        garment,
        cloth,
        room,
    }
}

impl Scene {
    /// Draws it.
    pub fn photo(&self) -> RgbaImage {
        RgbaImage::from_fn(SIZE, SIZE, |x, y| self.pixel(x, y))
    }

    /// Whether a place, in pixels, is garment.
    pub fn is_garment(&self, x: f32, y: f32) -> bool {
        let share = |v: f32| (v - MARGIN) / (SIZE as f32 - 2.0 * MARGIN);
        let (x, y) = (share(x), share(y));
        // Garments are as good as symmetric: how far from the middle, in halves of the width.
        let aside = (2.0 * x - 1.0).abs();
        if !(0.0..1.0).contains(&y) {
            return false;
        }
        match self.garment {
            Garment::Trouser => {
                let outer = 0.36 + 0.10 * y;
                let gap = if y > 0.3 {
                    0.05 + 0.12 * (y - 0.3)
                } else {
                    0.0
                };
                aside < outer && aside >= gap
            }
            Garment::Dress => {
                let strap = y < 0.16;
                let outer = match y {
                    y if y < 0.16 => 0.27,
                    y if y < 0.42 => 0.30 - 0.20 * (y - 0.16),
                    y => 0.25 + 0.42 * (y - 0.42),
                };
                aside < outer && !(strap && aside < 0.14)
            }
            garment => {
                let is_long = garment == Garment::Pullover;
                let neck = y < 0.07 && aside < 0.22 - 1.5 * y;
                let body = aside < 0.54;
                // Sleeves fall from the shoulders.
                let shoulder = 0.03 + 0.12 * (aside - 0.2).max(0.0);
                let sleeve = if is_long {
                    let across = aside - (0.56 + 0.36 * y);
                    across < 0.16 && across > -0.2 && y < 0.86
                } else {
                    aside < 0.95 && y < 0.40 - 0.30 * (0.95 - aside).max(0.0) + 0.1
                };
                y > shoulder && !neck && (body || (sleeve && aside < 1.0))
            }
        }
    }

    fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        let place = (x as f32 + 0.5, y as f32 + 0.5);
        let colour = if self.is_garment(place.0, place.1) {
            self.cloth.colour(x, y)
        } else {
            match self.room.colour(x, y) {
                Some(colour) => colour,
                None => return [0; 4],
            }
        };
        [colour[0], colour[1], colour[2], 255]
    }
}

/// A number between -1 and 1 that looks like chance.
fn grain(x: u32, y: u32) -> f32 {
    let mixed =
        (x.wrapping_mul(374_761_393) ^ y.wrapping_mul(668_265_263)).wrapping_mul(1_274_126_177);
    ((mixed >> 16) % 2001) as f32 / 1000.0 - 1.0
}

fn shaded(colour: [u8; 3], factor: f32) -> [u8; 3] {
    colour.map(|c| (f32::from(c) * factor).clamp(0.0, 255.0) as u8)
}

impl Cloth {
    fn colour(&self, x: u32, y: u32) -> [u8; 3] {
        // Folds run down.
        let fold = 1.0 + 0.07 * ((x as f32 + 0.3 * y as f32) / 14.0).sin() + 0.02 * grain(x, y);
        let colour = match *self {
            Self::Plain(colour) => colour,
            Self::Striped(one, other) => match y / 14 % 2 {
                0 => one,
                _ => other,
            },
            Self::Printed(cloth, print) => {
                let (dx, dy) = (x as f32 - 180.0, y as f32 - 150.0);
                if dx.hypot(dy) < 34.0 && (x / 6 + y / 6).is_multiple_of(2) {
                    print
                } else {
                    cloth
                }
            }
        };
        shaded(colour, fold)
    }
}

impl Room {
    fn colour(&self, x: u32, y: u32) -> Option<[u8; 3]> {
        let noise = grain(x, y);
        Some(match *self {
            Self::Nothing => return None,
            Self::Floor(colour) => {
                let board = x / 52;
                let joint = if x % 52 < 2 { 0.7 } else { 1.0 };
                let tone = 1.0 + 0.08 * grain(board, 7);
                let vein =
                    0.05 * ((y as f32 + 20.0 * grain(board, 1)) / 9.0 + x as f32 / 5.0).sin();
                shaded(colour, joint * (tone + vein + 0.03 * noise))
            }
            Self::Carpet(one, other) => {
                let wave = (x as f32 / 23.0).sin() * (y as f32 / 19.0).cos();
                shaded(if wave > 0.0 { one } else { other }, 1.0 + 0.12 * noise)
            }
            Self::Wall(colour) => {
                let light = 1.12 - 0.24 * x as f32 / SIZE as f32 - 0.06 * y as f32 / SIZE as f32;
                shaded(colour, light + 0.01 * noise)
            }
            Self::Tiles(colour) => {
                let joint = x % 90 < 3 || y % 90 < 3;
                shaded(colour, if joint { 0.75 } else { 1.0 } + 0.02 * noise)
            }
        })
    }
}
