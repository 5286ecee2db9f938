"""How fast layers train, beside the bare matrix products, plain NumPy, PyTorch and scikit-learn.

    python benchmarks/layers.py                    # five processes, every case: some minutes
    python benchmarks/layers.py --runs 1 --cases "adam 32" "xor tanh"

Each process first compares losses and gradients, from the same weights on the same batches. Then all
contenders take steps in turn, round by round, on one thread, and each round gives a ratio to every other:
t is our time over PyTorch's, g our time over that of the step's matrix products alone. Shown is the median
of the processes, each the median of its rounds, with the lowest and the highest. Time is processor time,
which leaves out when others had the processor; what they do to its cache it does not.

A step gathers its batch, computes loss and gradient, updates, and gives the loss as a number. PyTorch
(2.13.0 is what our figures compare with) and scikit-learn take part where they are installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from whygrad import nn, optim
from whygrad.nn.batches import Batches

SIZES = (784, 128, 64, 10)
F32 = np.float32
SECONDS, ROUNDS = 0.06, 9  # of a contender's turn; turns of each
ROWS = 20_000
Steps = Callable[[int], float]  # takes that many steps, gives the last loss


@dataclass(frozen=True)
class Case:
    """A network, its data and its optimizer."""

    name: str
    sizes: tuple[int, ...]
    activation: str
    loss: str  # "softmax", "sigmoid" (both on logits) or "mse", after an output activation of its own
    optimizer: str  # "sgd" (with momentum 0.9), "plain" or "adam"
    batch: int

    @property
    def tiny(self) -> bool:
        return self.sizes != SIZES


CASES = [
    *[Case(f"{o} {b}", SIZES, "relu", "softmax", o, b) for o in ("sgd", "adam") for b in (32, 64, 128, 512)],
    Case("xor tanh", (2, 4, 1), "tanh", "sigmoid", "plain", 4),
    Case("xor sigmoid", (2, 4, 1), "sigmoid", "mse", "plain", 4),
    Case("moons", (2, 16, 16, 1), "relu", "sigmoid", "plain", 100),
]
TARGETS = {  # case: t, g
    "sgd 32": (0.48, 1.95),
    "sgd 64": (0.57, 1.78),
    "sgd 128": (0.67, 1.58),
    "sgd 512": (0.82, 1.42),
    "adam 32": (0.46, None),
    "adam 64": (0.50, None),
    "adam 128": (0.60, None),
    "adam 512": (0.79, None),
    "xor tanh": (0.06, None),
    "xor sigmoid": (0.06, None),
    "moons": (0.11, None),
}
RATES = {"sgd": 0.01, "plain": 0.001, "adam": 0.001}  # low: tiny networks shall not saturate meanwhile


@dataclass(frozen=True)
class Data:
    """Rows, targets, an order to take them in, and weights to start from."""

    X: np.ndarray
    y: np.ndarray
    order: np.ndarray
    weights: list[tuple[np.ndarray, np.ndarray]]


def make_data(case: Case) -> Data:
    rng = np.random.default_rng(0)
    weights = [
        ((rng.normal(size=(i, o)) * np.sqrt(2 / i)).astype(F32), np.zeros(o, F32))
        for i, o in zip(case.sizes, case.sizes[1:], strict=False)
    ]
    if case.name.startswith("xor"):
        X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], F32)
        return Data(X, np.array([[0], [1], [1], [0]], F32), np.arange(4), weights)
    if case.tiny:
        X = rng.normal(size=(case.batch, 2)).astype(F32)
        return Data(X, (X[:, :1] * X[:, 1:] > 0).astype(F32), np.arange(case.batch), weights)
    # Like digits: most pixels empty, classes that can be learned, and a fifth of the labels wrong.
    y, shapes = rng.integers(SIZES[-1], size=ROWS), rng.random((SIZES[-1], SIZES[0])) < 0.2
    X = rng.random((ROWS, SIZES[0]), dtype=F32) * shapes[y]
    y = np.where(rng.random(ROWS) < 0.2, rng.integers(SIZES[-1], size=ROWS), y)
    return Data(X, y, rng.permutation(ROWS), weights)


def batches(data: Data, batch: int) -> list[np.ndarray]:
    """The rows of each step of an epoch."""
    return [data.order[i : i + batch] for i in range(0, len(data.order) - batch + 1, batch)]


# --- contenders ------------------------------------------------------------------------------------------
def whygrad(case: Case, data: Data) -> tuple[Steps, Callable[[], np.ndarray]]:
    """Layers and an optimizer, as the training loop calls them."""
    layers: list[nn.Layer] = []
    for w, b in data.weights:
        dense = nn.Dense(*w.shape, dtype=F32)
        dense.weights, dense.bias = w, b
        layers += [dense, {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[case.activation]()]
    network = nn.Sequential(layers if case.loss == "mse" else layers[:-1])
    loss = {"softmax": nn.CrossEntropy, "sigmoid": nn.BinaryCrossEntropy, "mse": nn.MeanSquaredError}[
        case.loss
    ]()
    kind = {"sgd": optim.Momentum, "plain": optim.GradientDescent, "adam": optim.Adam}[case.optimizer]
    optimizer, regularizer = kind(RATES[case.optimizer]), nn.Regularizer()
    rows, gather, at = batches(data, case.batch), Batches(data.X, data.y, case.batch), 0

    def steps(count: int) -> float:
        nonlocal at
        x, t = data.X, data.y
        for _ in range(count):
            if not case.tiny:
                x, t = gather.take(rows[at % len(rows)])
                at += 1
            value = network.loss_and_gradient(x, t, loss, regularizer)
            optimizer.step(network.vector, network.gradient)
        return value

    return steps, lambda: network.gradient.copy()


def blog(case: Case, data: Data) -> tuple[Steps, Callable[[], np.ndarray]]:
    """NumPy as in a blog: a list of weights, a new array for each result."""
    W, B = [w.copy() for w, _ in data.weights], [b.copy() for _, b in data.weights]
    M, V = [np.zeros_like(p) for p in W + B], [np.zeros_like(p) for p in W + B]
    rows, at, taken = batches(data, case.batch), 0, 0
    rate, layers = RATES[case.optimizer], len(W)
    gradients: list[np.ndarray] = []

    def activate(z: np.ndarray) -> np.ndarray:
        if case.activation == "relu":
            return np.maximum(0, z)
        return np.tanh(z) if case.activation == "tanh" else 1 / (1 + np.exp(-z))

    def slope(z: np.ndarray, a: np.ndarray) -> np.ndarray:
        if case.activation == "relu":
            return z > 0
        return 1 - a**2 if case.activation == "tanh" else a * (1 - a)

    def step(x: np.ndarray, y: np.ndarray) -> float:
        nonlocal gradients, taken
        a, z = [x], []
        for i in range(layers):
            z.append(np.dot(a[-1], W[i]) + B[i])
            a.append(z[-1] if i == layers - 1 and case.loss != "mse" else activate(z[-1]))
        if case.loss == "softmax":
            e = np.exp(a[-1] - a[-1].max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
            one_hot = np.eye(p.shape[1], dtype=F32)[y]
            loss = -np.sum(one_hot * np.log(p)) / len(y)
            d = (p - one_hot) / len(y)
        elif case.loss == "sigmoid":
            p = 1 / (1 + np.exp(-a[-1]))
            loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
            d = (p - y) / y.size
        else:
            loss = np.mean((a[-1] - y) ** 2)
            d = 2 * (a[-1] - y) / y.size * slope(z[-1], a[-1])
        dW, dB = [None] * layers, [None] * layers
        for i in reversed(range(layers)):
            dW[i], dB[i] = np.dot(a[i].T, d), np.sum(d, axis=0)
            if i:
                d = np.dot(d, W[i].T) * slope(z[i - 1], a[i])
        gradients, taken = [g for pair in zip(dW, dB, strict=True) for g in pair], taken + 1
        for j, (p, g) in enumerate(zip(W + B, dW + dB, strict=True)):
            if case.optimizer == "plain":
                p -= rate * g
            elif case.optimizer == "sgd":
                M[j] = 0.9 * M[j] + g
                p -= rate * M[j]
            else:
                M[j], V[j] = 0.9 * M[j] + 0.1 * g, 0.999 * V[j] + 0.001 * g**2
                p -= rate * (M[j] / (1 - 0.9**taken)) / (np.sqrt(V[j] / (1 - 0.999**taken)) + 1e-8)
        return float(loss)

    def steps(count: int) -> float:
        nonlocal at
        for _ in range(count):
            chosen = rows[at % len(rows)]
            at += 1
            value = step(data.X, data.y) if case.tiny else step(data.X[chosen], data.y[chosen])
        return value

    return steps, lambda: np.concatenate([g.ravel() for g in gradients])


def products(case: Case, data: Data, floor: bool = False) -> Steps:
    """The matrix products of a step, and nothing else; ``floor`` adds the batch and one update."""
    W, n = [w for w, _ in data.weights], case.batch
    x = data.X[:n].copy()
    A = [x, *[np.full((n, w.shape[1]), 0.1, F32) for w in W]]
    D = [np.full((n, w.shape[1]), 1e-3, F32) for w in W]
    G, Wt, At = [np.empty_like(w) for w in W], [w.T for w in W], [a.T for a in A]
    rows, at, dot = batches(data, n), 0, np.dot
    size = sum(w.size + b.size for w, b in data.weights)
    vector, gradient, velocity, work = np.zeros((4, size), F32)
    momentum, rate = np.array(0.9, F32), np.array(0.01, F32)

    def steps(count: int) -> float:
        nonlocal at
        for _ in range(count):
            if floor:
                data.X.take(rows[at % len(rows)], 0, x, "clip")
                at += 1
            for i in range(len(W)):
                dot(A[i], W[i], A[i + 1])
            for i in reversed(range(len(W))):
                dot(At[i], D[i], G[i])
                if i:
                    dot(D[i], Wt[i], D[i - 1])
            if floor:
                np.multiply(velocity, momentum, velocity)
                np.add(velocity, gradient, velocity)
                np.multiply(velocity, rate, work)
                np.subtract(vector, work, vector)
        return 0.0

    return steps


def pytorch(case: Case, data: Data, **settings: bool) -> tuple[Steps, Callable[[], np.ndarray]]:
    """Modules, a loss and an optimizer of PyTorch, eager, on one thread."""
    import torch

    torch.set_num_threads(1)
    modules: list[torch.nn.Module] = []
    for w, b in data.weights:
        linear = torch.nn.Linear(*w.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w.T.copy()))
            linear.bias.copy_(torch.from_numpy(b))
        activation = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}
        modules += [linear, activation[case.activation]()]
    network = torch.nn.Sequential(*(modules if case.loss == "mse" else modules[:-1]))
    loss = {
        "softmax": torch.nn.CrossEntropyLoss,
        "sigmoid": torch.nn.BCEWithLogitsLoss,
        "mse": torch.nn.MSELoss,
    }[case.loss]()
    rate, parameters = RATES[case.optimizer], list(network.parameters())
    if case.optimizer == "adam":
        optimizer: torch.optim.Optimizer = torch.optim.Adam(parameters, rate, **settings)
    else:
        momentum = 0.9 if case.optimizer == "sgd" else 0.0
        optimizer = torch.optim.SGD(parameters, rate, momentum=momentum, **settings)
    X, y = torch.from_numpy(data.X), torch.from_numpy(data.y)
    rows, at = [torch.from_numpy(chosen) for chosen in batches(data, case.batch)], 0

    def steps(count: int) -> float:
        nonlocal at
        x, t = X, y
        for _ in range(count):
            if not case.tiny:
                chosen = rows[at % len(rows)]
                at += 1
                x, t = X[chosen], y[chosen]
            optimizer.zero_grad()
            value = loss(network(x), t)
            value.backward()
            optimizer.step()
            number = value.item()
        return number

    def gradient() -> np.ndarray:
        return np.concatenate([(p.grad.T if p.ndim == 2 else p.grad).numpy().ravel() for p in parameters])

    return steps, gradient


def scikit_learn(case: Case, data: Data) -> Steps:
    """``MLPClassifier``; a fit also checks its input and draws its weights, spread over the steps."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    epochs = 4

    def steps(count: int) -> float:
        rows = max(1, round(count / epochs)) * case.batch
        model = MLPClassifier(
            SIZES[1:-1],
            solver=case.optimizer,
            alpha=0.0,
            batch_size=case.batch,
            learning_rate_init=RATES[case.optimizer],
            momentum=0.9,
            nesterovs_momentum=False,
            max_iter=epochs,
            tol=0.0,
            n_iter_no_change=10**6,
            random_state=0,
        )
        return float(model.fit(data.X[:rows], data.y[:rows]).loss_)

    return steps


def contenders(case: Case, data: Data) -> dict[str, Steps]:
    """Name -> steps, of those that are installed."""
    found = {
        "whygrad": whygrad(case, data)[0],
        "NumPy": blog(case, data)[0],
        "products": products(case, data),
    }
    if not case.tiny:
        found["floor"] = products(case, data, floor=True)
    if importlib.util.find_spec("torch"):
        found["PyTorch"] = pytorch(case, data)[0]
        if not case.tiny:
            found["PyTorch fused"] = pytorch(case, data, fused=True)[0]
    if importlib.util.find_spec("sklearn") and not case.tiny:
        found["scikit-learn"] = scikit_learn(case, data)
    return found


# --- measuring -------------------------------------------------------------------------------------------
def compare(case: Case, data: Data) -> None:
    """Losses and gradients of the first steps have to be the same, to float32 rounding."""
    ours, our_gradient = whygrad(case, data)
    others = {"NumPy": blog(case, data)}
    if importlib.util.find_spec("torch"):
        others["PyTorch"] = pytorch(case, data)
    for number in range(1, 6):
        value, gradient = ours(1), our_gradient()
        for name, (steps, gradient_of) in others.items():
            theirs, expected = steps(1), gradient_of()
            error = np.abs(gradient - expected).max() / np.abs(expected).max()
            if not (abs(value - theirs) <= 1e-5 * abs(theirs) and error <= 1e-4):
                raise SystemExit(
                    f"{case.name}, step {number}: our loss is {value}, that of {name} {theirs}; "
                    f"gradients differ by {error}"
                )


def measure(case: Case) -> dict[str, dict[str, float]]:
    """Microseconds a step of each contender, and our time over theirs: medians over the rounds."""
    data = make_data(case)
    compare(case, data)
    found, counts = contenders(case, data), {}
    for name, steps in found.items():
        steps(8)
        start = time.process_time()
        steps(8)
        counts[name] = max(8, round(SECONDS / ((time.process_time() - start) / 8)))
        if name == "scikit-learn":
            counts[name] = min(4 * counts[name], ROWS // case.batch * 4)
    times: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(ROUNDS):
        for name, steps in found.items():
            start = time.process_time()
            steps(counts[name])
            times[name].append(1e6 * (time.process_time() - start) / counts[name])
    ours = times["whygrad"]
    return {
        "time": {name: statistics.median(values) for name, values in times.items()},
        "ratio": {
            name: statistics.median([a / b for a, b in zip(ours, values, strict=True)])
            for name, values in times.items()
        },
    }


def peak() -> float:
    """The most memory that this process had resident since the last ``forget_peak``, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def forget_peak() -> None:
    """Have ``peak`` start from what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")


def memory(name: str) -> dict[str, float]:
    """MB that 50 steps of Adam at batch 512 add to a process that has its data and network."""
    case = next(case for case in CASES if case.name == "adam 512")
    data = make_data(case)
    products(case, data)(2)  # the work space of the matrix products is there before
    kinds = {"whygrad": whygrad, "NumPy": blog, "PyTorch": pytorch}
    steps = scikit_learn(case, data) if name == "scikit-learn" else kinds[name](case, data)[0]
    added = {}
    if Path("/proc/self/clear_refs").exists():  # on Linux
        forget_peak()
        before = peak()
        steps(50)
        added["resident"] = peak() - before
    if name in ("whygrad", "NumPy"):
        fresh = kinds[name](case, data)[0]
        tracemalloc.start()
        fresh(50)
        added["allocated"] = tracemalloc.get_traced_memory()[1] / 2**20
    return added


def in_process(arguments: list[str]) -> dict:
    """Run this file in a process of its own; what it prints last."""
    one_core = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command, environment = [sys.executable, __file__, *arguments], {**os.environ, **one_core}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise SystemExit(done.stderr.strip())
    return json.loads(done.stdout.splitlines()[-1])


def show(values: list[float]) -> str:
    return f"{statistics.median(values):.3g} ({min(values):.3g}-{max(values):.3g})"


def report(case: Case, runs: list[dict]) -> None:
    """One case, all contenders."""
    print(f"\n{case.name}: {'-'.join(map(str, case.sizes))}, {case.batch} rows a step")
    t, g = TARGETS[case.name]
    wanted = {"PyTorch": t, "products": g}
    for name in runs[0]["time"]:
        line = f"  {name:14}{show([run['time'][name] for run in runs]):>26} µs"
        if name != "whygrad":
            label = {"PyTorch": "t", "products": "g"}.get(name, "ratio")
            ratios = [run["ratio"][name] for run in runs]
            line += f"   {label} = {show(ratios)}"
            if wanted.get(name):
                reached = statistics.median(ratios) <= wanted[name]
                line += f"   at most {wanted[name]}: {'yes' if reached else 'NO'}"
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="processes for each case")
    parser.add_argument("--cases", nargs="*", default=[case.name for case in CASES])
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--worker", choices=["case", "memory"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    by_name = {case.name: case for case in CASES}
    if options.worker == "memory":
        print(json.dumps(memory(options.cases[0])))
        return
    if options.worker == "case":
        print(json.dumps(measure(by_name[options.cases[0]])))
        return
    peers = {"PyTorch": "torch", "scikit-learn": "sklearn"}
    for name, module in peers.items():
        if not importlib.util.find_spec(module):
            print(f"{name} is not installed: its lines are missing")
    print(
        f"Python {sys.version.split()[0]}, NumPy {np.__version__}, float32, one thread; "
        f"processes: {options.runs}"
    )
    for name in options.cases:
        report(
            by_name[name], [in_process(["--worker", "case", "--cases", name]) for _ in range(options.runs)]
        )
    if not options.no_memory:
        print("\nmemory added by 50 steps of Adam at batch 512, MB")
        for name in ["whygrad", "NumPy", *[name for name, m in peers.items() if importlib.util.find_spec(m)]]:
            added = in_process(["--worker", "memory", "--cases", name])
            print(f"  {name:14}" + ", ".join([f"{kind} {value:.1f}" for kind, value in added.items()]))


if __name__ == "__main__":
    main()
