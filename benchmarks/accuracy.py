"""How good is the default network? Test scores beside scikit-learn's, on the same splits.

    python benchmarks/accuracy.py                      # seeds 0 to 4, prints a table
    python benchmarks/accuracy.py --seeds 200-219      # other seeds
    python benchmarks/accuracy.py --write README.md    # puts the table between its markers

For each seed a fifth of the rows is kept for the test, classes in their shares. Scaling is learned from
the rest. scikit-learn's network has the same hidden layers and otherwise its own default settings; the
linear model is logistic or ridge regression, each with its defaults.
"""

from __future__ import annotations

import argparse
import statistics
import warnings
from dataclasses import dataclass
from pathlib import Path

from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

from whygrad.data import SETS
from whygrad.runs.run import train
from whygrad.runs.settings import TrainSettings

BEGIN, END = "<!-- accuracy: begin -->", "<!-- accuracy: end -->"


@dataclass(frozen=True)
class Row:
    name: str
    metric: str
    layers: str
    ours: list[float]
    peer: list[float]
    linear: list[float]
    seconds: float

    @property
    def standard_error(self) -> float:
        """Of the mean difference, seed by seed."""
        differences = [a - b for a, b in zip(self.ours, self.peer, strict=True)]
        return statistics.stdev(differences) / len(differences) ** 0.5

    @property
    def holds(self) -> bool:
        """Not below scikit-learn's network by more than a standard error."""
        gap = statistics.mean(self.peer) - statistics.mean(self.ours)
        return gap <= self.standard_error + 1e-12

    def markdown(self) -> str:
        def show(scores: list[float]) -> str:
            mean = statistics.mean(scores)
            return f"{mean:.3f}" if self.metric == "R²" else f"{mean:.1%}"

        return (
            f"| {self.name} | {self.metric} | {self.layers} | **{show(self.ours)}** | {show(self.peer)} "
            f"| {show(self.linear)} | {self.seconds:.1f} |"
        )


def measure(name: str, seeds: list[int]) -> Row:
    ours, peer, linear, seconds = [], [], [], []
    for seed in seeds:
        result = train(name, TrainSettings(seed=seed))
        parts, hidden = result.parts, result.network.sizes[1:-1]
        classes = result.problem.task == "classification"
        metric = "accuracy" if classes else "r2"
        ours.append(result.figures["test"][metric])
        seconds.append(result.figures["seconds"])
        scaler = StandardScaler().fit(parts.X_train)
        inside, outside = scaler.transform(parts.X_train), scaler.transform(parts.X_test)
        target = parts.y_train
        if not classes:  # numbers to predict are scaled for both networks
            target = (target - target.mean()) / target.std()
        tests = parts.y_test if classes else (parts.y_test - parts.y_train.mean()) / parts.y_train.std()
        kinds = (MLPClassifier, LogisticRegression) if classes else (MLPRegressor, Ridge)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # its default is 200 epochs, as ours
            network = kinds[0](hidden_layer_sizes=hidden, random_state=seed).fit(inside, target)
            peer.append(network.score(outside, tests))
            linear.append(kinds[1]().fit(inside, target).score(outside, tests))
    layers = ", ".join(map(str, hidden))
    return Row(name, "accuracy" if classes else "R²", layers, ours, peer, linear, statistics.median(seconds))


def table(rows: list[Row], seeds: list[int]) -> str:
    lines = [
        "| data | measure | hidden layers | whygrad | scikit-learn MLP | linear model | seconds |",
        "|---|---|---|---|---|---|---|",
        *[row.markdown() for row in rows],
        "",
        (
            f"Test rows never seen in training, means over seeds {seeds[0]} to {seeds[-1]}; seconds of "
            "training by whygrad, median. Made by `python benchmarks/accuracy.py --write README.md`."
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="0-4")
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    first, _, last = arguments.seeds.partition("-")
    seeds = list(range(int(first), int(last or first) + 1))
    rows = []
    for name in arguments.sets:
        rows.append(measure(name, seeds))
        print(rows[-1].markdown(), "" if rows[-1].holds else " <- below scikit-learn", flush=True)
    if arguments.write is not None:
        text = arguments.write.read_text(encoding="utf-8")
        start, stop = text.index(BEGIN) + len(BEGIN), text.index(END)
        arguments.write.write_text(f"{text[:start]}\n{table(rows, seeds)}\n{text[stop:]}", encoding="utf-8")


if __name__ == "__main__":
    main()
