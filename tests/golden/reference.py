#!/usr/bin/env python3
"""The golden reference: an independent NumPy implementation of the CNN and the ResNet, and of Grad-CAM.

Run it whenever weights/*.hbd change, from the repository's root; it needs Python 3 and NumPy, and nothing else does:

    python3 tests/golden/reference.py

It reads weights/*.hbd and the data set's test images, takes the first ten images of each class, and writes

    tests/golden/images.bin      100 x 784 bytes, the ten images of class 0 first
    tests/golden/reference.json  labels, SHA-256 of the weights, and per model the logits and the Grad-CAM maps

Everything is computed in 64-bit floats from the description of the networks and of the file format alone:
no code is shared with the Rust implementations that the tests compare with it.
"""

import argparse
import gzip
import hashlib
import json
import struct
import zlib
from pathlib import Path

import numpy as np

CLASSES = 10
IMAGES_A_CLASS = 10
# Mean and standard deviation of the training set's pixels, of 255.
MEAN, DEVIATION = 72.94, 90.02
BATCH_NORM_EPSILON = 1e-5
# SHA-256 of the decompressed files, as published with the data set.
DATA = {
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def read_data(folder: Path, name: str) -> bytes:
    content = gzip.decompress((folder / name).read_bytes())
    if hashlib.sha256(content).hexdigest() != DATA[name]:
        raise SystemExit(f"{folder / name} is not the data set's file: fetch it again")
    return content


def golden_images(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The first ten test images of each class, [100, 28, 28], and their labels, [100]."""
    images = np.frombuffer(read_data(folder, "t10k-images-idx3-ubyte.gz"), np.uint8, offset=16).reshape(-1, 28, 28)
    labels = np.frombuffer(read_data(folder, "t10k-labels-idx1-ubyte.gz"), np.uint8, offset=8)
    chosen = np.concatenate([np.flatnonzero(labels == c)[:IMAGES_A_CLASS] for c in range(CLASSES)])
    return images[chosen], labels[chosen]


def read_weights(content: bytes, model: str) -> dict[str, np.ndarray]:
    """A weights file's tensors, widened to 64 bits."""
    if zlib.crc32(content[:-4]) != struct.unpack("<I", content[-4:])[0]:
        raise SystemExit(f"the weights of {model} are damaged: train them again")
    magic, version, count, name = struct.unpack_from("<4sHH16s", content)
    if (magic, version, name.rstrip(b"\0").decode()) != (b"HBRD", 1, model):
        raise SystemExit(f"these are not the weights of {model}: {magic} {version} {name}")
    at = 24
    tensors = {}
    for _ in range(count):
        length = content[at]
        name = content[at + 1 : at + 1 + length].decode()
        at += 1 + length
        kind, rank = content[at], content[at + 1]
        shape = struct.unpack_from(f"<{rank}I", content, at + 2)
        at += 2 + 4 * rank
        dtype = np.dtype(["<f4", "<f2"][kind])
        size = int(np.prod(shape))
        tensors[name] = np.frombuffer(content, dtype, size, at).reshape(shape).astype(np.float64)
        at += size * dtype.itemsize
    assert at == len(content) - 4, "bytes are left over"
    return tensors


def conv(x: np.ndarray, w: np.ndarray, b: np.ndarray, same: bool = False) -> np.ndarray:
    """3x3 cross-correlation: [n, c, h, w] by [o, c, 3, 3] -> [n, o, h', w']."""
    if same:
        x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))  # [n, c, h', w', 3, 3]
    return np.einsum("ncijuv,ocuv->noij", windows, w, optimize=True) + b[:, None, None]


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def pool(x: np.ndarray) -> np.ndarray:
    """Largest of each 2x2; an odd last row and column are dropped."""
    n, c, h, w = x.shape
    return x[:, :, : h // 2 * 2, : w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))


def norm(x: np.ndarray, t: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Batch norm by the running statistics."""
    gamma, beta, mean, variance = (t[f"{name}.{s}"][:, None, None] for s in ("gamma", "beta", "mean", "variance"))
    return (x - mean) / np.sqrt(variance + BATCH_NORM_EPSILON) * gamma + beta


def block(x: np.ndarray, t: dict[str, np.ndarray], name: str) -> np.ndarray:
    y = norm(relu(conv(x, t[f"{name}.conv1.weight"], t[f"{name}.conv1.bias"], same=True)), t, f"{name}.norm1")
    y = norm(conv(y, t[f"{name}.conv2.weight"], t[f"{name}.conv2.bias"], same=True), t, f"{name}.norm2")
    return relu(y + x)


class Cnn:
    @staticmethod
    def activations(x: np.ndarray, t: dict[str, np.ndarray]) -> np.ndarray:
        """The last convolution's output after its ReLU, [n, 128, 3, 3]."""
        x = pool(relu(conv(x, t["0.weight"], t["0.bias"])))  # [n, 32, 13, 13]
        x = pool(relu(conv(x, t["2.weight"], t["2.bias"])))  # [n, 64, 5, 5]
        return relu(conv(x, t["4.weight"], t["4.bias"]))

    @staticmethod
    def head(a: np.ndarray, t: dict[str, np.ndarray]) -> np.ndarray:
        hidden = relu(a.reshape(len(a), -1) @ t["6.weight"] + t["6.bias"])  # [n, 128]
        return hidden @ t["7.weight"] + t["7.bias"]

    @staticmethod
    def gradient(a: np.ndarray, t: dict[str, np.ndarray], label: int) -> np.ndarray:
        """d(logit of label)/dA by the chain rule: back through Dense 10, the ReLU, and Dense 128."""
        before = a.reshape(len(a), -1) @ t["6.weight"] + t["6.bias"]
        return ((before > 0) * t["7.weight"][:, label] @ t["6.weight"].T).reshape(a.shape)


class Resnet:
    @staticmethod
    def activations(x: np.ndarray, t: dict[str, np.ndarray]) -> np.ndarray:
        """The last block's output, [n, 32, 6, 6]."""
        x = pool(relu(conv(x, t["0.weight"], t["0.bias"])))  # [n, 32, 13, 13]
        return block(pool(block(x, t, "2")), t, "4")

    @staticmethod
    def head(a: np.ndarray, t: dict[str, np.ndarray]) -> np.ndarray:
        return a.mean(axis=(2, 3)) @ t["6.weight"] + t["6.bias"]

    @staticmethod
    def gradient(a: np.ndarray, t: dict[str, np.ndarray], label: int) -> np.ndarray:
        """Each of the 36 cells moves its channel's mean by 1/36."""
        return np.broadcast_to(t["6.weight"][:, label][:, None, None] / 36, a.shape)


def grad_cam(model, a: np.ndarray, t: dict[str, np.ndarray], labels: np.ndarray) -> np.ndarray:
    """ReLU(sum_k mean_ij(d logit/d A_k) A_k) for each image's label, not normalised, [n, h, w] (arXiv 1610.02391)."""
    maps = []
    for i, label in enumerate(labels):
        weight = model.gradient(a[i : i + 1], t, label)[0].mean(axis=(1, 2))  # [k]
        maps.append(relu(np.tensordot(weight, a[i], axes=1)))
    return np.stack(maps)


def check_gradient(model, a: np.ndarray, t: dict[str, np.ndarray]) -> float:
    """The largest difference between the gradient above and central finite differences, in a few places."""
    chance = np.random.default_rng(0)
    step, worst = 1e-6, 0.0
    for i in chance.integers(len(a), size=8):
        label = int(chance.integers(CLASSES))
        gradient = model.gradient(a[i : i + 1], t, label)[0]
        for _ in range(25):
            place = tuple(int(chance.integers(size)) for size in a.shape[1:])
            up, down = a[i : i + 1].copy(), a[i : i + 1].copy()
            up[(0, *place)] += step
            down[(0, *place)] -= step
            slope = (model.head(up, t)[0, label] - model.head(down, t)[0, label]) / (2 * step)
            worst = max(worst, abs(slope - gradient[place]))
    return worst


def rounded(values: np.ndarray) -> list:
    """Six significant digits are two more than the closest comparison asks for."""
    return [float(f"{v:.6g}") for v in values.reshape(-1)]


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=root / "weights")
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--out", type=Path, default=root / "tests" / "golden")
    options = parser.parse_args()

    images, labels = golden_images(options.data)
    x = (images.astype(np.float64) - MEAN) / DEVIATION
    models = {}
    for name, model in (("cnn", Cnn), ("resnet", Resnet)):
        content = (options.weights / f"{name}.hbd").read_bytes()
        t = read_weights(content, name)
        a = model.activations(x[:, None], t)
        worst = check_gradient(model, a, t)
        if worst > 1e-6:
            raise SystemExit(f"{name}: the gradient differs from finite differences by {worst}: correct it")
        logits = model.head(a, t)  # [100, 10]
        answers = logits.argmax(axis=1)
        maps = grad_cam(model, a, t, answers)
        right = int((answers == labels).sum())
        print(f"{name}: {right} of {len(labels)} right, gradient within {worst:.1e} of finite differences")
        models[name] = {
            "weights_sha256": hashlib.sha256(content).hexdigest(),
            "map_side": maps.shape[1],
            "logits": [rounded(row) for row in logits],
            "maps": [rounded(row) for row in maps],
        }

    pixels = images.tobytes()
    (options.out / "images.bin").write_bytes(pixels)
    reference = {
        "command": "python3 tests/golden/reference.py",
        "images_sha256": hashlib.sha256(pixels).hexdigest(),
        "labels": labels.tolist(),
        "models": models,
    }
    # One row a line, so that a difference can be read.
    text = json.dumps(reference, separators=(",", ":")).replace("],[", "],\n[").replace(',"', ',\n"')
    (options.out / "reference.json").write_text(text + "\n")
    print(f"wrote {options.out / 'images.bin'} and {options.out / 'reference.json'}")


if __name__ == "__main__":
    main()
