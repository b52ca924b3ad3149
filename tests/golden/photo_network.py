#!/usr/bin/env python3
"""The golden reference of the photo network: PyTorch's logits for ten drawn images.

Run it whenever weights/photo.hbd changes, from the repository's root; it needs Python 3 with NumPy and PyTorch:

    python3 tests/golden/photo_network.py

It writes tests/golden/photo_network.json. The network is built here from the published table of EfficientNet-Lite0, and the images
from a formula that tests/tests/photo_network.rs repeats: no code is shared with the implementation that is compared.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from artifact import read_weights

COMMAND = "python3 tests/golden/photo_network.py"
SIDE = 160
IMAGES = 10
# Blocks, kernel size, stride, expansion, input and output channels.
STAGES = [
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
]
MEAN = np.array([0.485, 0.456, 0.406])
DEVIATION = np.array([0.229, 0.224, 0.225])


def image(number: int) -> np.ndarray:
    """[SIDE, SIDE, 3]"""
    y, x, c = np.meshgrid(np.arange(SIDE), np.arange(SIDE), np.arange(3), indexing="ij")
    fine = x * (1 + number) + y * (2 + c)
    coarse = (x // 16) * 37 + (y // 16) * (53 + 11 * number)
    return (fine + coarse * (c + 1)) % 256


class Network:
    def __init__(self, tensors: dict[str, np.ndarray]):
        self.tensors = {name: torch.from_numpy(values) for name, values in tensors.items()}

    def conv(self, x: torch.Tensor, name: str, size: int, stride: int, groups: int, relu6: bool) -> torch.Tensor:
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        weight = weight.reshape(weight.shape[0], -1, size, size)
        side = x.shape[2]
        padding = max((-(-side // stride) - 1) * stride + size - side, 0)
        before, after = padding // 2, padding - padding // 2
        x = F.conv2d(F.pad(x, (before, after, before, after)), weight, bias, stride, groups=groups)
        return F.relu6(x) if relu6 else x

    def logits(self, pixels: np.ndarray) -> torch.Tensor:
        x = torch.from_numpy(((pixels / 255 - MEAN) / DEVIATION).transpose(2, 0, 1)[None])
        x = self.conv(x, "stem", 3, 2, 1, True)
        number = 0
        for blocks, size, first_stride, expansion, first_input, output in STAGES:
            for block in range(blocks):
                stride, channels = (first_stride, first_input) if block == 0 else (1, output)
                before = x
                if expansion != 1:
                    x = self.conv(x, f"block{number}.expand", 1, 1, 1, True)
                x = self.conv(x, f"block{number}.depthwise", size, stride, channels * expansion, True)
                x = self.conv(x, f"block{number}.project", 1, 1, 1, False)
                if stride == 1 and channels == output:
                    x = x + before
                number += 1
        x = self.conv(x, "head", 1, 1, 1, True)
        return self.tensors["dense.weight"] @ x.mean(dim=(0, 2, 3)) + self.tensors["dense.bias"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=Path("weights"))
    content = (parser.parse_args().weights / "photo.hbd").read_bytes()
    network = Network(read_weights(content, "photo"))
    logits = [[round(float(z), 5) for z in network.logits(image(number))] for number in range(IMAGES)]
    golden = {
        "command": COMMAND,
        "weights_sha256": hashlib.sha256(content).hexdigest(),
        "side": SIDE,
        "logits": logits,
    }
    path = Path(__file__).with_name("photo_network.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")
    print(f"{path.name}: {IMAGES} images")


if __name__ == "__main__":
    main()
