"""Fits scikit-learn's SVC and RandomForestClassifier to what `trainer bench` wrote, and prints both sides' figures.

    python3 xtask/bench/scikit_learn.py FOLDER

Reads FOLDER/ours.json and the .npy files beside it, writes FOLDER/theirs.json. Only `fit` is timed, on both sides.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import SVC

CACHE_MB = 2000


def timed(model, points: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """By the clock, and of all processors together: where others use the machine too, only that can be compared."""
    started, worked = time.perf_counter(), time.process_time()
    model.fit(points, labels)
    return {"seconds": time.perf_counter() - started, "processor_seconds": time.process_time() - worked}


def main() -> None:
    folder = Path(sys.argv[1])
    ours = json.loads((folder / "ours.json").read_text())
    labels, asked = np.load(folder / "labels.npy"), np.load(folder / "labels-validation.npy")
    theirs = {"scikit_learn": sklearn.__version__}

    # LIBSVM computes in 64 bits; what is converted before is not timed.
    points = np.load(folder / "svm.npy").astype(np.float64)
    settings = ours["svm"]["settings"]
    svm = SVC(C=settings["c"], gamma=settings["gamma"], tol=settings["tolerance"], cache_size=CACHE_MB)
    figures = timed(svm, points, labels)
    right = svm.score(np.load(folder / "svm-validation.npy").astype(np.float64), asked)
    theirs["svm"] = figures | {"threads": 1, "validation": right, "size": int(svm.n_support_.sum())}

    points = np.load(folder / "forest.npy").astype(np.float32)
    questions = np.load(folder / "forest-validation.npy").astype(np.float32)
    settings = ours["forest"]["settings"]
    forest = RandomForestClassifier(
        settings["trees"], max_features=settings["tried"], min_samples_leaf=settings["leaf"], n_jobs=-1, random_state=1
    )
    figures = timed(forest, points, labels)
    leaves = sum(int(tree.get_n_leaves()) for tree in forest.estimators_)
    right = forest.score(questions, asked)
    theirs["forest"] = figures | {"threads": os.cpu_count(), "validation": right, "size": leaves}

    (folder / "theirs.json").write_text(json.dumps(theirs, indent=2) + "\n")
    print(f"{ours['pictures']} pictures, scikit-learn {sklearn.__version__}; processor: of all threads together")
    print(f"{'':<8}{'':<14}{'threads':>8}{'seconds':>9}{'processor':>11}{'validation':>12}{'size':>10}")
    for model, unit in (("svm", "vectors"), ("forest", "leaves")):
        mine, other = ours[model], theirs[model]
        rows = [("ours", ours["threads"], mine["time"]), ("ours", 1, mine["time_on_one_thread"])]
        for who, threads, spent in [*rows, ("scikit-learn", other["threads"], other)]:
            figures = mine if who == "ours" else other
            processor = spent["processor_seconds"]
            processor = "unknown" if processor is None else f"{processor:.1f}"
            print(
                f"{model:<8}{who:<14}{threads:>8}{spent['seconds']:>9.1f}{processor:>11}"
                f"{figures['validation'] * 100:>11.2f}%{figures['size']:>10} {unit}"
            )


if __name__ == "__main__":
    main()
