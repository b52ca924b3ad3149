"""The networks and Grad-CAM in NumPy, in 64-bit floats, from the description of their layers."""

import numpy as np

# Mean and standard deviation of the training set's pixels, of 255.
MEAN, DEVIATION = 72.94, 90.02
BATCH_NORM_EPSILON = 1e-5
CLASSES = 10


def standardised(images: np.ndarray) -> np.ndarray:
    """[n, 28, 28] bytes to the networks' input, [n, 1, 28, 28]."""
    return ((images.astype(np.float64) - MEAN) / DEVIATION)[:, None]


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
        return relu(Cnn.hidden(a, t)) @ t["7.weight"] + t["7.bias"]

    @staticmethod
    def hidden(a: np.ndarray, t: dict[str, np.ndarray]) -> np.ndarray:
        """The first dense layer's sums, before its ReLU, [n, 128]."""
        return a.reshape(len(a), -1) @ t["6.weight"] + t["6.bias"]

    @staticmethod
    def gradient(a: np.ndarray, t: dict[str, np.ndarray], label: int) -> np.ndarray:
        """d(logit of label)/dA by the chain rule: back through Dense 10, the ReLU, and Dense 128."""
        before = Cnn.hidden(a, t)
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


class Mlp:
    """No convolution, so nothing for Grad-CAM to weigh."""

    @staticmethod
    def activations(x: np.ndarray, t: dict[str, np.ndarray]) -> np.ndarray:
        """Behind both hidden layers, [n, 256]."""
        hidden = relu(x.reshape(len(x), -1) @ t["1.weight"] + t["1.bias"])  # [n, 512]
        return relu(hidden @ t["2.weight"] + t["2.bias"])

    @staticmethod
    def head(a: np.ndarray, t: dict[str, np.ndarray]) -> np.ndarray:
        return a @ t["3.weight"] + t["3.bias"]


def grad_cam(model, a: np.ndarray, t: dict[str, np.ndarray], labels: np.ndarray) -> np.ndarray:
    """ReLU(sum_k d logit/d A_k * A_k) for each image's label, not normalised, [n, h, w] (HiResCAM, arXiv 2011.08891)."""
    maps = []
    for i, label in enumerate(labels):
        gradient = model.gradient(a[i : i + 1], t, label)[0]  # [k, h, w]
        maps.append(relu((gradient * a[i]).sum(axis=0)))
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
