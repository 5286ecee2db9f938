"""``whygrad demo``: three small networks, and every kind of picture of them, within a minute."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

EXAMPLES = """Examples:

    whygrad demo

    whygrad demo --output lecture --seed 3"""


def demo(*, output: Path = Path("demo"), seed: int = 0) -> int:
    """Train a sine wave, two moons and XOR, and write figures, films and a report.

    Parameters
    ----------
    output
        The folder to write to; files of an earlier demo are replaced.
    seed
        Fixes data and weights.
    """
    from ..data.sets import check_seed
    from ..errors import DataError

    begin = time.perf_counter()
    check_seed(seed)
    try:
        (output / "figs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {output}", received=error.strerror) from None
    for name, draw in _pictures(seed).items():
        drawn = draw()
        _save(drawn, output / name)
        print(output / name)
    print(f"{time.perf_counter() - begin:.0f} s", file=sys.stderr)
    return 0


def _pictures(seed: int) -> dict[str, Callable[[], Any]]:
    """File name -> what draws it; networks are trained when the first of their pictures is drawn."""
    from .. import plots
    from ..plots.registry import PLOTS
    from ..plots.subjects import Subject
    from ..runs.settings import TrainSettings
    from ..training.neural_network import NeuralNetwork

    def say(text: str) -> None:
        print(text, file=sys.stderr)

    sine = Subject(
        "sine",
        TrainSettings(
            epochs=200, seed=seed, layers=(16, 16), activation="tanh", validation_size=0.15, weight_decay=0.0
        ),
        say=say,
    )
    moons = Subject(
        "moons",
        TrainSettings(
            epochs=100, samples=300, seed=seed, layers=(16, 16), validation_size=0.15, weight_decay=0.01
        ),
        say=say,
    )
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]]
    xor = NeuralNetwork([2, 4, 1], "tanh", seed=seed)
    say("training XOR: 1000 epochs")
    xor.train(X, y, epochs=1000, learning_rate=0.1, verbose=False)

    def of(name: str, subject: Subject) -> Callable[[], Any]:
        return lambda: PLOTS[name].draw(subject)

    return {
        "training_results.png": of("fit", sine),
        "classification_results.png": of("classification-results", moons),
        "network_architecture.png": lambda: plots.network_architecture(
            xor, row=([0, 1], [1]), inputs=("x₁", "x₂"), outputs=("P(1)",), title="XOR, for the row (0, 1)"
        ),
        "activation_functions.png": lambda: plots.activation_functions(),
        "loss_landscape.png": of("landscape", moons),
        "gradient_flow.png": of("gradient-flow", moons),
        "figs/backprop_algo_backward.png": lambda: plots.backward_pass(xor, X, y),
        "loss_evolution.gif": of("loss-film", moons),
        "decision_boundary.gif": of("boundary-film", moons),
        "landscape_walk.gif": of("landscape-film", moons),
        "hidden_layer.gif": of("hidden-film", moons),
        "report.html": lambda: _report(moons),
    }


def _report(subject: Any) -> str:
    """The page of a run as `train` makes it; the run itself is not kept."""
    import tempfile

    from ..plots.report_page import report
    from ..runs import run

    with tempfile.TemporaryDirectory() as folder:
        run.train(subject.data, subject.settings, Path(folder) / "run")
        return report(Path(folder) / "run")


def _save(drawn: Any, path: Path) -> None:
    from .._files import write_whole
    from ..plots.film import Film
    from ..plots.style import save

    if isinstance(drawn, str):
        write_whole(path, drawn)
    elif isinstance(drawn, Film):
        drawn.save(path)
    else:
        save(drawn, path)
