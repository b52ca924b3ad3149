#!/usr/bin/env python3
"""The golden reference: independent answers of all seven models to a hundred pictures, and Grad-CAM.

Run it whenever weights/*.hbd change, from the repository's root; it needs Python 3 with scikit-learn (which brings NumPy
and SciPy), and nothing else does:

    python3 tests/golden/reference.py

It reads weights/*.hbd and the data set's test images, takes the first ten images of each class, and writes

    tests/golden/images.bin      100 x 784 bytes, the ten images of class 0 first
    tests/golden/reference.json  labels, features, SHA-256 of the weights, and per model the scores, the probabilities,
                                 the SVM's decision values and the convolutional networks' Grad-CAM maps

Everything is computed in 64-bit floats from the description of models, features and file format alone: no code is
shared with the Rust implementations that the tests compare with it. The classical models are answered by scikit-learn
and LIBSVM, with the parameters of the weights files.
"""

import argparse
import gzip
import hashlib
import json
from pathlib import Path

import classical
import features
import networks
import numpy as np
from artifact import read_weights

CLASSES = 10
IMAGES_A_CLASS = 10
# Pictures whose features are written out; of the others there are the sums.
DESCRIBED = (0, 55, 99)
# SHA-256 of the decompressed files, as published with the data set.
DATA = {
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
COMMAND = "python3 tests/golden/reference.py"


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


def rounded(values: np.ndarray, digits: int = 6) -> list:
    """Six significant digits are two more than the closest comparison asks for."""
    return [float(f"{v:.{digits}g}") for v in values.reshape(-1)]


def deep(name: str, images: np.ndarray, t: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A network's scores, and where it has convolutions its maps."""
    model = {"cnn": networks.Cnn, "resnet": networks.Resnet, "mlp": networks.Mlp}[name]
    a = model.activations(networks.standardised(images), t)
    scores = model.head(a, t)  # [100, 10]
    if name == "mlp":
        return {"scores": scores}
    worst = networks.check_gradient(model, a, t)
    print(f"{name}: gradient within {worst:.1e} of finite differences")
    if worst > 1e-6:
        raise SystemExit(f"{name}: the gradient differs from finite differences by {worst}: correct it")
    answers = {"scores": scores, "maps": networks.grad_cam(model, a, t, scores.argmax(axis=1))}
    if name == "cnn":
        # A map jumps where a sum before the ReLU passes zero.
        answers["kinks"] = np.abs(model.hidden(a, t)).min(axis=1)
    return answers


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=root / "weights")
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--out", type=Path, default=root / "tests" / "golden")
    options = parser.parse_args()

    images, labels = golden_images(options.data)
    described = features.describe(images)
    worst = features.check(images)
    print(f"features: within {worst:.1e} of SciPy's filters")
    if worst > 1e-12:
        raise SystemExit(f"the features differ from SciPy's filters by {worst}: correct them")
    models = {}
    for name in ("cnn", "resnet", "mlp", "svm", "forest", "knn", "logistic"):
        content = (options.weights / f"{name}.hbd").read_bytes()
        t = read_weights(content, name)
        answers = classical.MODELS[name](described, t) if name in classical.MODELS else deep(name, images, t)
        right = int((answers["scores"].argmax(axis=1) == labels).sum())
        print(f"{name}: {right} of {len(labels)} right")
        answers["probabilities"] = classical.softmax(answers["scores"] / t["temperature"][0])
        models[name] = {"weights_sha256": hashlib.sha256(content).hexdigest()}
        if "maps" in answers:
            models[name]["map_side"] = answers["maps"].shape[1]
        for key, values in answers.items():
            models[name][key] = rounded(values) if values.ndim == 1 else [rounded(row) for row in values]

    pixels = images.tobytes()
    (options.out / "images.bin").write_bytes(pixels)
    reference = {
        "command": COMMAND,
        "images_sha256": hashlib.sha256(pixels).hexdigest(),
        "labels": labels.tolist(),
        "features": {str(i): rounded(described[i]) for i in DESCRIBED},
        # Of each picture: the sum of the features, and of their squares by their place, 1 to 3916.
        "sums": [rounded(np.array([row.sum(), (row**2 * np.arange(1, len(row) + 1)).sum()]), 8) for row in described],
        "models": models,
    }
    # One row a line, so that a difference can be read.
    text = json.dumps(reference, separators=(",", ":")).replace("],[", "],\n[").replace(',"', ',\n"')
    (options.out / "reference.json").write_text(text.replace("0.0,", "0,") + "\n")
    print(f"wrote {options.out / 'images.bin'} and {options.out / 'reference.json'}")


if __name__ == "__main__":
    main()
