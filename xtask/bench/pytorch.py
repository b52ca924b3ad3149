"""Times PyTorch's training steps on a network of ours, on the CPU, and prints them as a line of JSON.

    python3 xtask/bench/pytorch.py MODEL BATCH SECONDS

Forward, back and AdamW's step, on a batch of noise; as many threads as there are processors. PyTorch runs with both of
its layouts of pictures in memory, and the faster one counts.
"""

import json
import os
import sys
import time

import torch
from torch import nn

WARM_UP = 3


class Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm1(torch.relu(self.conv1(x)))
        return torch.relu(x + self.norm2(self.conv2(y)))


def network(model: str) -> nn.Module:
    """The tables of shared/src/model."""
    match model:
        case "cnn":
            return nn.Sequential(
                *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
                *(nn.Conv2d(64, 128, 3), nn.ReLU(), nn.Flatten()),
                *(nn.Linear(1152, 128), nn.ReLU(), nn.Linear(128, 10)),
            )
        case "resnet":
            return nn.Sequential(
                *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
                *(Block(32), nn.MaxPool2d(2), Block(32)),
                *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)),
            )
        case "mlp":
            return nn.Sequential(
                *(nn.Flatten(), nn.Linear(784, 512), nn.ReLU()),
                *(nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10)),
            )
    sys.exit(f"there is no network {model}: name cnn, resnet or mlp")


def speed(model: str, batch: int, seconds: float, layout: torch.memory_format) -> float:
    net = network(model).to(memory_format=layout)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=True)
    pictures = torch.randn(batch, 1, 28, 28).contiguous(memory_format=layout)
    labels = torch.arange(batch) % 10
    steps, started = -WARM_UP, 0.0
    while steps < 1 or time.perf_counter() - started < seconds:
        if steps == 0:
            started = time.perf_counter()
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(pictures), labels).backward()
        optimizer.step()
        steps += 1
    return steps * batch / (time.perf_counter() - started)


def main() -> None:
    model, batch, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    layouts = [torch.contiguous_format, torch.channels_last]
    best = max(speed(model, batch, seconds / len(layouts), layout) for layout in layouts)
    print(json.dumps({"pictures_per_second": best, "threads": torch.get_num_threads(), "torch": torch.__version__}))


if __name__ == "__main__":
    main()
