//! Binary images: morphology and connected components.

use alloc::vec;
use alloc::vec::Vec;

/// A binary image.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    pub width: usize,
    /// `[height, width]`, row-major.
    pub pixels: Vec<bool>,
}

impl Region {
    /// The pixels, of `count`, whose index satisfies `contains`.
    pub fn from_fn(width: usize, count: usize, contains: impl Fn(usize) -> bool) -> Self {
        Self {
            width,
            pixels: (0..count).map(contains).collect(),
        }
    }

    /// The number of pixels in the region.
    pub fn area(&self) -> usize {
        self.pixels.iter().filter(|&&inside| inside).count()
    }

    /// Pixels that have a neighbour, in the 3x3 around them, which is in the region (or, for `false`, outside it).
    fn has_neighbour(&self, inside: bool) -> impl Fn(usize) -> bool + '_ {
        let height = self.pixels.len() / self.width;
        move |i| {
            let (x, y) = (i % self.width, i / self.width);
            let rows = y.saturating_sub(1)..=(y + 1).min(height - 1);
            let columns = x.saturating_sub(1)..=(x + 1).min(self.width - 1);
            rows.flat_map(|y| columns.clone().map(move |x| (x, y)))
                .any(|(x, y)| self.pixels[y * self.width + x] == inside)
        }
    }

    /// Dilation with a 3x3 square.
    pub fn dilated(&self) -> Self {
        Self::from_fn(self.width, self.pixels.len(), self.has_neighbour(true))
    }

    /// Erosion with a 3x3 square; the image's border erodes nothing.
    pub fn eroded(&self) -> Self {
        let has_outside = self.has_neighbour(false);
        Self::from_fn(self.width, self.pixels.len(), |i| !has_outside(i))
    }

    /// Opening: removes what is less than three pixels wide, such as the hooks of hangers.
    pub fn opened(&self) -> Self {
        self.eroded().dilated()
    }

    /// Closing with a 5x5 square.
    pub fn closed(&self) -> Self {
        self.dilated().dilated().eroded().eroded()
    }
}

/// A 4-connected component.
pub struct Component {
    /// Indices of its pixels.
    pub pixels: Vec<usize>,
    pub touches_border: bool,
}

/// The components of the region, or of what is outside it.
pub fn components(region: &Region, inside: bool) -> Vec<Component> {
    let (width, count) = (region.width, region.pixels.len());
    let mut visited = vec![false; count];
    let mut components = Vec::new();
    for start in 0..count {
        if visited[start] || region.pixels[start] != inside {
            continue;
        }
        visited[start] = true;
        let mut component = Component {
            pixels: vec![start],
            touches_border: false,
        };
        let mut next = 0;
        while let Some(&i) = component.pixels.get(next) {
            next += 1;
            let (x, y) = (i % width, i / width);
            let neighbours = [
                (x > 0).then(|| i - 1),
                (x + 1 < width).then(|| i + 1),
                (y > 0).then(|| i - width),
                (i + width < count).then(|| i + width),
            ];
            for neighbour in neighbours {
                match neighbour {
                    None => component.touches_border = true,
                    Some(n) if !visited[n] && region.pixels[n] == inside => {
                        visited[n] = true;
                        component.pixels.push(n);
                    }
                    Some(_) => {}
                }
            }
        }
        components.push(component);
    }
    components
}
