"""The classical models' features in NumPy, from their definition: tents as matrices instead of loops over votes.

What a pixel, an orientation or a cell is shared between is a tent function of the distance; here each sharing is one
matrix product, where the Rust code adds up one vote after the other. SciPy's filters are a second opinion.
"""

import numpy as np
from scipy import ndimage

ORIENTATIONS = 12
CELLS = (2, 4, 7)
FLOOR = 0.02
PIXEL_WEIGHT = 0.35
BINOMIAL = np.array([1, 4, 6, 4, 1]) / 16


def tent(distance: np.ndarray) -> np.ndarray:
    return np.maximum(0, 1 - np.abs(distance))


def gradients(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Central differences of the roots of [n, 28, 28] pixels: across and down, each [n, 28, 28]; dark outside."""
    bright = np.pad(np.sqrt(pictures / 255), ((0, 0), (1, 1), (1, 1)))
    return bright[:, 1:-1, 2:] - bright[:, 1:-1, :-2], bright[:, 2:, 1:-1] - bright[:, :-2, 1:-1]


def votes(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Each pixel's strength, shared between the two orientations nearest to its own, [n, 28, 28, 12]."""
    place = np.arctan2(down, across) / (2 * np.pi) * ORIENTATIONS
    apart = place[..., None] - np.arange(ORIENTATIONS)
    apart -= ORIENTATIONS * np.round(apart / ORIENTATIONS)  # the short way round the circle
    return np.hypot(across, down)[..., None] * tent(apart)


def sharing(cell: int) -> np.ndarray:
    """How much of each of 28 pixels goes to each cell along an axis, [28 // cell, 28]."""
    centres = (np.arange(28) + 0.5) / cell - 0.5
    return tent(centres - np.arange(28 // cell)[:, None]) / cell


def neighbourhood(side: int) -> np.ndarray:
    """The binomial weights of five along an axis as a band matrix, [side, side]."""
    return sum(w * np.eye(side, k=k - 2) for k, w in enumerate(BINOMIAL))


def histograms(pictures: np.ndarray) -> np.ndarray:
    """All scales' normalised cells, [n, 3132]."""
    cast = votes(*gradients(pictures))
    scales = []
    for cell in CELLS:
        share = sharing(cell)
        cells = np.einsum("ri,cj,nijo->nrco", share, share, cast, optimize=True)
        band = neighbourhood(28 // cell)
        energy = np.einsum("ri,cj,nij->nrc", band, band, (cells**2).sum(axis=3), optimize=True)
        normal = np.sqrt(cells / np.sqrt(energy + FLOOR**2)[..., None])
        scales.append(normal.reshape(len(pictures), -1))
    return np.concatenate(scales, axis=1)


def facing(pictures: np.ndarray) -> np.ndarray:
    """The pictures that face the other way than most training images, mirrored; [n, 28, 28]."""
    half = np.arange(-27, 28, 2)
    u, v = half[None, :], half[:, None]
    moments = (pictures.astype(np.int64) * (u * (3 * (u**2 + v**2) - 50 * v))).sum(axis=(1, 2))
    return np.where((moments < 0)[:, None, None], pictures[:, :, ::-1], pictures)


def describe(pictures: np.ndarray) -> np.ndarray:
    """[n, 28, 28] bytes to [n, 3916]."""
    pictures = facing(pictures).astype(np.float64)
    return np.concatenate([histograms(pictures), pictures.reshape(len(pictures), -1) / 255 * PIXEL_WEIGHT], axis=1)


def check(pictures: np.ndarray) -> float:
    """The largest difference between the parts above and SciPy's filters."""
    pictures = pictures.astype(np.float64)
    roots = np.sqrt(pictures / 255)
    across, down = gradients(pictures)
    worst = 0.0
    for axis, ours in ((2, across), (1, down)):
        theirs = ndimage.correlate1d(roots, [-1, 0, 1], axis=axis, mode="constant")
        worst = max(worst, np.abs(ours - theirs).max())
    strength = np.hypot(across, down)
    # Whatever the orientation, all of a pixel's strength is voted with.
    worst = max(worst, np.abs(votes(across, down).sum(axis=3) - strength).max())
    for cell in CELLS:
        # A tent two cells wide, slid over the picture, read at each cell's centre.
        slid = tent((np.arange(2 * cell) + 0.5) / cell - 1 if cell % 2 == 0 else np.arange(1 - cell, cell) / cell)
        theirs = strength
        for axis in (1, 2):
            theirs = ndimage.correlate1d(theirs, slid / cell, axis=axis, mode="constant")
        at = slice(cell // 2, None, cell)
        ours = np.einsum("ri,cj,nij->nrc", sharing(cell), sharing(cell), strength)
        worst = max(worst, np.abs(ours - theirs[:, at, at]).max())
        for axis in (1, 2):
            theirs = ndimage.correlate1d(ours, BINOMIAL, axis=axis, mode="constant")
            band = neighbourhood(28 // cell)
            banded = np.einsum("ri,nij->nrj" if axis == 1 else "cj,nij->nic", band, ours)
            worst = max(worst, np.abs(banded - theirs).max())
    return worst
