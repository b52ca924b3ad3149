#!/usr/bin/env python3
"""The golden reference of the models' own reasons: PyTorch's autograd for the networks, scikit-learn for the others.

Run it whenever weights/*.hbd change, after reference.py, from the repository's root; it needs Python 3 with scikit-learn and
PyTorch (`pip install scikit-learn torch`):

    python3 tests/golden/reasons.py

It reads weights/*.hbd and tests/golden/images.bin, and writes tests/golden/reasons.json. Everything is computed in 64-bit
floats, and no code is shared with the Rust implementations that the tests compare with it.
"""

import argparse
import hashlib
import json
from pathlib import Path

import classical
import features
import numpy as np
import torch
import torch.nn.functional as F
from artifact import read_weights
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors

COMMAND = "python3 tests/golden/reasons.py"
CLASSES = 10
MEAN, DEVIATION = 72.94, 90.02
# The images whose maps are written out, by their index in images.bin, and the class that is explained.
MAPPED = ((3, 0), (27, 4), (62, 0), (95, 9))
# The images whose neighbours, vectors and trees are written out, each with its label and the next one.
LISTED = tuple(range(2, 100, 10))
# Of integrated gradients, whose integrand jumps about a thousand times on the way.
STEPS = 40_000
BATCH = 2_000
PATCH, STRIDE = 7, 3
VECTORS = 6
Tensors = dict[str, np.ndarray]


def rounded(values: np.ndarray, digits: int = 5) -> list:
    return [float(f"{v:.{digits}g}") for v in np.asarray(values, dtype=float).reshape(-1)]


def pool(x: torch.Tensor) -> torch.Tensor:
    """Largest of each 2x2. Where several are equal but for rounding, the gradient goes to the first one."""
    n, c, h, w = x.shape
    squares = x[:, :, : h // 2 * 2, : w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2).permute(0, 1, 2, 4, 3, 5).flatten(4)
    largest = squares.detach().amax(dim=4, keepdim=True)
    is_largest = squares.detach() >= largest - 1e-6 * (1 + largest.abs())
    return squares.gather(4, is_largest.to(torch.uint8).argmax(dim=4, keepdim=True))[..., 0]


class Network:
    """A network of torch functions; `layers` are the outputs of the layers with convolutions in the last run."""

    def __init__(self, name: str, t: Tensors):
        self.name = name
        self.t = {key: torch.tensor(value) for key, value in t.items()}
        self.layers: list[torch.Tensor] = []

    def conv(self, x: torch.Tensor, name: str, padding: int = 0) -> torch.Tensor:
        return F.conv2d(x, self.t[f"{name}.weight"], self.t[f"{name}.bias"], padding=padding)

    def norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        gamma, beta, mean, variance = (self.t[f"{name}.{p}"] for p in ("gamma", "beta", "mean", "variance"))
        return F.batch_norm(x, mean, variance, gamma, beta, training=False, eps=1e-5)

    def block(self, x: torch.Tensor, name: str) -> torch.Tensor:
        y = self.norm(F.relu(self.conv(x, f"{name}.conv1", 1)), f"{name}.norm1")
        return self.keep(F.relu(self.norm(self.conv(y, f"{name}.conv2", 1), f"{name}.norm2") + x))

    def keep(self, x: torch.Tensor) -> torch.Tensor:
        x.retain_grad()
        self.layers.append(x)
        return x

    def dense(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return x @ self.t[f"{name}.weight"] + self.t[f"{name}.bias"]

    def logits(self, pixels: torch.Tensor) -> torch.Tensor:
        """[n, 784] pixels, 0 to 255, to [n, 10]."""
        self.layers = []
        x = (pixels - MEAN) / DEVIATION
        if self.name == "mlp":
            return self.dense(F.relu(self.dense(F.relu(self.dense(x, "1")), "2")), "3")
        x = pool(self.keep(F.relu(self.conv(x.reshape(-1, 1, 28, 28), "0"))))
        if self.name == "cnn":
            x = pool(self.keep(F.relu(self.conv(x, "2"))))
            x = self.keep(F.relu(self.conv(x, "4")))
            return self.dense(F.relu(self.dense(x.reshape(len(x), -1), "6")), "7")
        x = self.block(pool(self.block(x, "2")), "4")
        return self.dense(x.mean(dim=(2, 3)), "6")

    def probability(self, pixels: np.ndarray, label: int) -> np.ndarray:
        logits = self.logits(torch.tensor(pixels.reshape(-1, 784).astype(float), requires_grad=True)).detach().numpy()
        return classical.softmax(logits / self.t["temperature"].item())[:, label]

    def reasons(self, image: np.ndarray, label: int) -> dict:
        pixels = torch.tensor(image.reshape(1, 784).astype(float), requires_grad=True)
        logits = self.logits(pixels)
        logits[0, label].backward()
        answers = {}
        for i, a in enumerate(self.layers):
            answers[f"hirescam {i}"] = (a * a.grad).sum(dim=1)[0].detach().numpy()
            answers[f"grad-cam {i}"] = (a * a.grad.mean(dim=(2, 3), keepdim=True)).sum(dim=1)[0].detach().numpy()
        answers["gradient-x-input 0"] = (pixels.grad * pixels).detach().numpy()
        if self.name == "mlp":
            total = torch.zeros(784, dtype=torch.float64)
            for shares in ((torch.arange(STEPS, dtype=torch.float64) + 0.5) / STEPS).split(BATCH):
                line = (shares[:, None] * pixels.detach()).requires_grad_()
                self.logits(line)[:, label].sum().backward()
                total += line.grad.sum(dim=0)
            answers["integrated-gradients 0"] = (total / STEPS * pixels[0]).detach().numpy()
        return answers


def describe_facing(pictures: np.ndarray, is_mirrored: bool) -> np.ndarray:
    """The features of pictures that all face the way that the original does."""
    pictures = (pictures[:, :, ::-1] if is_mirrored else pictures).astype(float)
    return np.concatenate([features.histograms(pictures), pictures.reshape(len(pictures), -1) / 255 * 0.35], axis=1)


def is_mirrored(image: np.ndarray) -> bool:
    return not np.array_equal(features.facing(image[None])[0], image)


def linear_evidence(image: np.ndarray, t: Tensors, label: int) -> np.ndarray:
    """The terms of a class's score beyond the mean score, on the pixels that they come from."""
    facing = features.facing(image[None]).astype(float)
    terms = (t["weight"][label] - t["weight"].mean(axis=0)) * features.describe(image[None])[0]
    cast = features.votes(*features.gradients(facing))[0]  # [28, 28, 12]
    laid, at = np.zeros((28, 28)), 0
    for cell in features.CELLS:
        share, side = features.sharing(cell), 28 // cell
        cells = np.einsum("ri,cj,ijo->rco", share, share, cast)
        own = terms[at : at + cells.size].reshape(side, side, 12)
        at += cells.size
        per_vote = np.divide(own, cells, out=np.zeros_like(own), where=cells > 0)
        laid += np.einsum("ri,cj,ijo,rco->ij", share, share, cast, per_vote, optimize=True)
    laid += terms[at:].reshape(28, 28)
    return laid[:, ::-1] if is_mirrored(image) else laid


def occlusion(image: np.ndarray, probability) -> np.ndarray:
    """At each pixel the mean loss of probability over all squares that contain it."""
    starts = range(0, 28 - PATCH + 1, STRIDE)
    covered = np.array([[[(y <= i < y + PATCH) and (x <= j < x + PATCH) for j in range(28)] for i in range(28)]
                        for y in starts for x in starts])
    whole = probability(image[None])[0]
    losses = whole - probability(np.where(covered, 0, image))
    return (losses[:, None, None] * covered).sum(axis=0) / covered.sum(axis=0)


def neighbours(described: np.ndarray, t: Tensors) -> dict:
    place = classical.place(described, t)
    many = int(t["neighbours"][0])
    distances, points = NearestNeighbors(n_neighbors=many, algorithm="brute").fit(t["points"]).kneighbors(place)
    weights = np.exp(-(distances**2 - distances[:, :1] ** 2) / t["width"][0])
    return {
        "points": points.tolist(),
        "labels": t["labels"].astype(int)[points].tolist(),
        "distances": [rounded(row, 7) for row in distances],
        "shares": [rounded(row, 7) for row in weights / weights.sum(axis=1, keepdims=True)],
    }


def class_decision(place: np.ndarray, t: Tensors, decisions: np.ndarray, label: int) -> dict:
    counts = t["counts"].astype(int)
    classes = np.repeat(np.arange(CLASSES), counts)
    kernel = rbf_kernel(place[None], t["vectors"], gamma=t["gamma"][0])[0]
    contributions, total = np.zeros(len(classes)), 0.0
    for pair, (first, second) in enumerate(classical.PAIRS):
        if label not in (first, second):
            continue
        sign = 1 if label == first else -1
        total += sign * decisions[pair]
        contributions += sign * np.where(classes == first, t["coefficients"][second - 1], 0) * kernel
        contributions += sign * np.where(classes == second, t["coefficients"][first], 0) * kernel
    order = np.argsort(-contributions, kind="stable")
    chosen = {"supporting": order[:VECTORS], "opposing": order[::-1][:VECTORS]}
    return {"sum": float(f"{total:.7g}")} | {
        side: {"vectors": at.tolist(), "labels": classes[at].tolist(), "contributions": rounded(contributions[at], 7)}
        for side, at in chosen.items()
    }


def reachable(nodes: np.ndarray, leaves: np.ndarray, at: int) -> np.ndarray:
    waiting, found = [at], []
    while waiting:
        left, right, feature, _ = nodes[waiting.pop()]
        if left < 0:
            found.append(leaves[-1 - int(feature)])
        else:
            waiting += [int(left), int(right)]
    return np.mean(found, axis=0)


def forest(described: np.ndarray, t: Tensors, labels: list[int]) -> list[dict]:
    """The votes of the trees, and the path through the first tree that gives the label the highest probability."""
    seen = np.clip(np.floor(classical.place(described, t)), 0, 255).astype(np.float32)
    all_nodes = classical.trees(t)
    trees = [classical.scikit_learn_tree(nodes, seen.shape[1]) for nodes in all_nodes]
    reached = np.stack([
        t["leaves"][(-1 - nodes[tree.apply(seen), 2]).astype(int)] for nodes, tree in zip(all_nodes, trees)
    ])  # [trees, n, 10]
    answers = []
    for i, label in enumerate(labels):
        chosen = int(reached[:, i, label].argmax())
        nodes = all_nodes[chosen]
        path = trees[chosen].decision_path(seen[i : i + 1]).indices
        path = sorted(path.tolist())  # preorder: a child has a larger number
        comparisons = [
            {
                "feature": int(nodes[at, 2]),
                "value": int(seen[i, int(nodes[at, 2])]),
                "threshold": int(nodes[at, 3]),
                "reachable": rounded(reachable(nodes, t["leaves"], following)),
            }
            for at, following in zip(path, path[1:])
        ]
        answers.append({
            "label": label,
            "votes": np.bincount(reached[:, i].argmax(axis=1), minlength=CLASSES).tolist(),
            "distribution": rounded(reached[:, i].mean(axis=0)),
            "tree": chosen,
            "leaf": rounded(reached[chosen, i]),
            "path": comparisons,
        })
    return answers


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=root / "weights")
    options = parser.parse_args()
    golden = root / "tests" / "golden"
    images = np.frombuffer((golden / "images.bin").read_bytes(), np.uint8).reshape(-1, 28, 28)
    hashes, tensors = {}, {}
    for name in ("cnn", "resnet", "mlp", "svm", "forest", "knn", "logistic"):
        content = (options.weights / f"{name}.hbd").read_bytes()
        hashes[name] = hashlib.sha256(content).hexdigest()
        tensors[name] = read_weights(content, name)

    maps = []
    for index, label in MAPPED:
        image = images[index]
        mirrored = is_mirrored(image)
        for name in ("cnn", "resnet", "mlp", "logistic"):
            t = tensors[name]
            if name == "logistic":
                answers = {"linear-evidence 0": linear_evidence(image, t, label)}

                def probability(pictures: np.ndarray) -> np.ndarray:
                    scores = describe_facing(pictures, mirrored) @ t["weight"].T + t["bias"]
                    return classical.softmax(scores / t["temperature"][0])[:, label]
            else:
                network = Network(name, t)
                answers = network.reasons(image, label)

                def probability(pictures: np.ndarray) -> np.ndarray:
                    return network.probability(pictures, label)
            answers["occlusion 0"] = occlusion(image, probability)
            for key, values in answers.items():
                method, layer = key.split(" ")
                side = int(np.sqrt(values.size))
                maps.append({"model": name, "image": index, "class": label, "method": method, "layer": int(layer),
                             "side": side, "values": rounded(values, 4)})

    listed = list(LISTED)
    described = features.describe(images[listed])
    labels = [i // 10 for i in listed]
    t = tensors["svm"]
    decisions = classical.svm(described, t)["decisions"]
    places = classical.place(described, t)
    reasons = {
        "command": COMMAND,
        "weights_sha256": hashes,
        "images": listed,
        "maps": maps,
        "neighbours": neighbours(described, tensors["knn"]),
        "decisions": [
            {"image": i, "class": c, **class_decision(places[n], t, decisions[n], c)}
            for n, i in enumerate(listed)
            for c in (labels[n], (labels[n] + 1) % CLASSES)
        ],
        "trees": forest(described, tensors["forest"], labels),
    }
    text = json.dumps(reasons, separators=(",", ":")).replace("},{", "},\n{").replace("0.0,", "0,")
    (golden / "reasons.json").write_text(text + "\n")
    print(f"wrote {golden / 'reasons.json'}: {len(text)} bytes")


if __name__ == "__main__":
    main()
