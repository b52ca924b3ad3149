"""The four classical models in NumPy, and scikit-learn with the same parameters.

Each function answers a picture's description [n, 3916] with scores [n, 10] in 64-bit floats, twice: by the definition,
and by scikit-learn's own class whose fitted attributes are set to what the weights file holds. The two must agree.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree._tree import NODE_DTYPE, Tree

CLASSES = 10
# A class that no leaf and no neighbour has is still possible.
FLOOR = 1e-3
PAIRS = [(i, j) for i in range(CLASSES) for j in range(i + 1, CLASSES)]

Tensors = dict[str, np.ndarray]


def agreed(what: str, ours: np.ndarray, theirs: np.ndarray, limit: float = 1e-9) -> np.ndarray:
    """What scikit-learn says, where the definition says the same."""
    apart = np.abs(ours - theirs).max()
    print(f"{what}: definition and scikit-learn within {apart:.1e}")
    if not apart <= limit:
        raise SystemExit(f"{what}: the definition differs from scikit-learn by {apart}: correct it")
    return theirs


def one_hot(labels: np.ndarray) -> np.ndarray:
    return np.eye(CLASSES)[labels.astype(int)]


def place(described: np.ndarray, t: Tensors) -> np.ndarray:
    return described @ t["projection"].T + t["offset"]


def logistic(described: np.ndarray, t: Tensors) -> dict[str, np.ndarray]:
    fitted = LogisticRegression()
    fitted.classes_, fitted.coef_, fitted.intercept_ = np.arange(CLASSES), t["weight"], t["bias"]
    ours = described @ t["weight"].T + t["bias"]
    scores = agreed("logistic, scores", ours, fitted.decision_function(described))
    agreed("logistic, probabilities", softmax(scores), fitted.predict_proba(described))
    return {"scores": scores}


def knn(described: np.ndarray, t: Tensors) -> dict[str, np.ndarray]:
    places, points, labels = place(described, t), t["points"], t["labels"].astype(int)
    many, width = int(t["neighbours"][0]), t["width"][0]

    def weights(distances: np.ndarray) -> np.ndarray:
        """Squared distance beyond the nearest's, in widths, as a negative power of e."""
        return np.exp(-(distances**2 - distances[:, :1] ** 2) / width)

    squares = np.stack([((points - p) ** 2).sum(axis=1) for p in places])
    nearest = np.argsort(squares, axis=1, kind="stable")[:, :many]
    distances = np.sqrt(np.take_along_axis(squares, nearest, axis=1))
    heard = np.einsum("nk,nkc->nc", weights(distances), one_hot(labels[nearest]))

    fitted = KNeighborsClassifier(many, weights=weights, algorithm="brute").fit(points, labels)
    theirs = fitted.predict_proba(places) * weights(fitted.kneighbors(places)[0]).sum(axis=1, keepdims=True)
    # By its squares' difference, scikit-learn's distances of near points are less exact than ours.
    agreed("knn, weight of each class", heard, theirs, 1e-6)
    return {"scores": np.log((heard + FLOOR) / (heard + FLOOR).sum(axis=1, keepdims=True))}


def svm(described: np.ndarray, t: Tensors) -> dict[str, np.ndarray]:
    places, vectors, counts = place(described, t), t["vectors"], t["counts"].astype(int)
    gamma, slope = t["gamma"][0], t["slope"][0]
    classes = np.repeat(np.arange(CLASSES), counts)
    kernel = np.exp(-gamma * np.stack([((vectors - p) ** 2).sum(axis=1) for p in places]))
    decisions = np.empty((len(places), len(PAIRS)))
    for pair, (first, second) in enumerate(PAIRS):
        # A vector has nine coefficients, for the other nine classes in their order.
        of_first = kernel[:, classes == first] @ t["coefficients"][second - 1, classes == first]
        of_second = kernel[:, classes == second] @ t["coefficients"][first, classes == second]
        decisions[:, pair] = of_first + of_second + t["intercepts"][pair]

    fitted = SVC(kernel="rbf", decision_function_shape="ovo", break_ties=False)
    fitted._sparse, fitted._gamma = False, gamma
    fitted.n_features_in_, fitted.shape_fit_ = vectors.shape[1], vectors.shape
    fitted.classes_, fitted.class_weight_ = np.arange(CLASSES), np.ones(CLASSES)
    fitted.support_vectors_, fitted.support_ = vectors, np.arange(len(vectors), dtype=np.int32)
    fitted._n_support = counts.astype(np.int32)
    fitted.dual_coef_ = fitted._dual_coef_ = np.ascontiguousarray(t["coefficients"])
    fitted.intercept_ = fitted._intercept_ = t["intercepts"]
    fitted._probA = fitted._probB = np.empty(0)
    fitted.fit_status_ = 0
    theirs = agreed("svm, decision values (LIBSVM)", decisions, fitted.decision_function(places))

    scores = np.zeros((len(places), CLASSES))
    for pair, (first, second) in enumerate(PAIRS):
        scores[:, first] -= np.logaddexp(0, -slope * theirs[:, pair])
        scores[:, second] -= np.logaddexp(0, slope * theirs[:, pair])
    return {"scores": scores, "decisions": theirs}


def trees(t: Tensors) -> list[np.ndarray]:
    """The trees as scikit-learn's nodes, each leaf with its row of `leaves` as `feature`'s negative."""
    bits = np.unpackbits(t["shape"].astype(np.uint8), bitorder="little")
    splits = iter(zip(t["feature"].astype(int), t["threshold"]))
    leaves = iter(t["leaf"].astype(int))
    many, at, all_trees = len(t["feature"]) + len(t["leaf"]), 0, []
    while at < many:
        nodes, waiting = [], [None]  # in preorder; whose right child the next node is, if it is one
        while waiting:
            parent = waiting.pop()
            here = len(nodes)
            if parent is not None:
                nodes[parent][1] = here
            if bits[at]:
                feature, threshold = next(splits)
                nodes.append([here + 1, -1, feature, threshold])
                waiting += [here, None]
            else:
                nodes.append([-1, -1, -1 - next(leaves), 0])
            at += 1
        all_trees.append(np.array(nodes))
    return all_trees


def forest(described: np.ndarray, t: Tensors) -> dict[str, np.ndarray]:
    values = place(described, t)
    seen = np.clip(np.floor(values), 0, 255)
    sums, theirs = np.zeros((2, len(values), CLASSES))
    # How far the nearest of all comparisons is from turning out otherwise.
    margins = np.full(len(values), np.inf)
    for nodes in trees(t):
        at = np.zeros(len(values), int)
        while (inner := nodes[at, 0] >= 0).any():
            feature, threshold = np.where(inner, nodes[at, 2], 0).astype(int), nodes[at, 3]
            rows = np.arange(len(values))
            # A byte is at most the threshold where the number is below the next whole one.
            edge = np.abs(values[rows, feature] - (threshold + 1))
            margins = np.where(inner, np.minimum(margins, edge), margins)
            next_at = np.where(seen[rows, feature] <= threshold, nodes[at, 0], nodes[at, 1])
            at = np.where(inner, next_at, at).astype(int)
        sums += t["leaves"][(-1 - nodes[at, 2]).astype(int)]
        theirs += t["leaves"][(-1 - nodes[scikit_learn_leaf(nodes, seen), 2]).astype(int)]
    many = len(trees(t))
    agreed("forest, sum over trees", sums, theirs)
    return {"scores": np.log(sums / many + FLOOR), "margins": margins}


def scikit_learn_leaf(nodes: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The node that scikit-learn's tree sends each picture to."""
    return scikit_learn_tree(nodes, seen.shape[1]).apply(seen.astype(np.float32))


def scikit_learn_tree(nodes: np.ndarray, width: int) -> Tree:
    """A tree of [`trees`] as scikit-learn's own class, for this number of features."""
    state = np.zeros(len(nodes), NODE_DTYPE)
    is_leaf = nodes[:, 0] < 0
    state["left_child"], state["right_child"] = nodes[:, 0], nodes[:, 1]
    state["feature"] = np.where(is_leaf, -2, nodes[:, 2])
    state["threshold"] = np.where(is_leaf, -2, nodes[:, 3])
    state["n_node_samples"] = state["weighted_n_node_samples"] = 1
    tree = Tree(width, np.array([CLASSES], np.intp), 1)
    values = np.zeros((len(nodes), 1, CLASSES))
    tree.__setstate__({"max_depth": len(nodes), "node_count": len(nodes), "nodes": state, "values": values})
    return tree


def softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


MODELS = {"svm": svm, "forest": forest, "knn": knn, "logistic": logistic}
