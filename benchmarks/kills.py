"""Kills training at random moments, goes on, and compares with a run that nobody killed.

python benchmarks/kills.py --kills 1000

Three kinds in turn: ``train`` with checkpoints as often as two per cent of the time allow; ``train`` with a
checkpoint after every step, so that most kills hit while a file is written; and the command ``whygrad
train``. A process of its own is forked for each run, from one that has imported everything, and killed
with SIGKILL. After each kill the checkpoint has to be there, if a step was taken, and to be read; then the
run goes on, to be killed again or to its end, where every bit has to be that of the unbroken run.
"""

from __future__ import annotations

import argparse
import mmap
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads do not survive a fork

import numpy as np

from whygrad.cli import main as whygrad
from whygrad.errors import DataError
from whygrad.optim import Optimizer
from whygrad.training import NeuralNetwork, checkpoint

X = np.random.default_rng(0).normal(size=(300, 8))
Y = np.sin(X).sum(axis=1) + np.random.default_rng(1).normal(size=300)
FILE = "checkpoint.safetensors"
COMMAND = "moons --samples 200 --epochs 25 --patience 12 --dropout 0.1 --quiet"
STEPS = mmap.mmap(-1, 8)  # shared with the forked: how many steps were taken


def counted(step: Callable[..., None]) -> Callable[..., None]:
    """The step of an optimizer, which the parent can see."""

    def noted(self: Optimizer, *arrays: np.ndarray) -> None:
        STEPS[:8] = (int.from_bytes(STEPS[:8], "little") + 1).to_bytes(8, "little")
        step(self, *arrays)

    return noted


def train(folder: Path, resume: bool) -> bytes:
    """A run with whatever changes from step to step; all that comes of it."""
    network = NeuralNetwork([8, 32, 1], dropout=0.1, scale=True, seed=1)
    history = network.train(
        X, Y, 60, patience=30, validation=0.2, checkpoint=folder / FILE, resume=resume, verbose=False
    )
    columns = history.columns()
    del columns["seconds"]
    return network.network.vector.tobytes() + repr((columns, history.best_epoch)).encode()


def every_step(folder: Path, resume: bool) -> bytes:
    """The same with a checkpoint after every step, and fewer of those."""
    checkpoint.SHARE = float("inf")
    network = NeuralNetwork([8, 8, 1], dropout=0.1, optimizer="adam", seed=1)
    network.train(X, Y, 8, checkpoint=folder / FILE, resume=resume, verbose=False)
    checkpoint.SHARE = SHARE
    return network.network.vector.tobytes() + repr(network.history.loss).encode()


def command(folder: Path, resume: bool) -> bytes:
    """The command; the network that it saves."""
    words = ["--resume", str(folder), "--quiet"] if resume else [*COMMAND.split(), "--output", str(folder)]
    code = whygrad(["train", *words])
    if code:
        raise SystemExit(f"whygrad train {' '.join(words)} ended with {code}")
    return (folder / "model.safetensors").read_bytes()


SHARE, checkpoint.PAUSE = checkpoint.SHARE, 0.0  # these runs are shorter than the pause
KINDS: dict[str, Callable[[Path, bool], bytes]] = {
    "train": train,
    "every step": every_step,
    "command": command,
}


class Kills:
    """What is counted, and how it is done.

    Parameters
    ----------
    folder
        To work in.
    seed
        Of the moments.
    sample
        Which share of the killed runs goes on to its end.
    """

    def __init__(self, folder: Path, seed: int, sample: float) -> None:
        self.folder, self.draw, self.sample = folder, random.Random(seed), sample
        self.counts: Counter[str] = Counter()
        self.expected: dict[str, bytes] = {}
        self.seconds: dict[str, float] = {}
        for name, run in KINDS.items():  # twice: the first time loads what is loaded late
            for number in range(2):
                start = time.perf_counter()
                self.expected[name] = quietly(run, folder / f"{name} unbroken {number}", False)
                self.seconds[name] = time.perf_counter() - start

    def kill(self, name: str, folder: Path) -> bool:
        """Start a run or go on with it, and kill it; whether it can go on further."""
        self.counts["kills"] += 1
        resume = (folder / FILE).exists()
        if not resume:
            shutil.rmtree(folder, ignore_errors=True)
        STEPS[:8] = bytes(8)
        delay = self.draw.uniform(0, 1.05 * self.seconds[name])
        child = os.fork()
        if child == 0:
            try:
                quietly(KINDS[name], folder, resume)
                os._exit(0)
            except BaseException as error:
                os.write(2, f"{name}: {error!r}\n".encode())
            finally:
                os._exit(1)
        if self.draw.random() < 0.8:  # the moment is one within the steps
            patience = time.perf_counter() + 10
            while not int.from_bytes(STEPS[:8], "little") and time.perf_counter() < patience:
                time.sleep(0.001)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status):
            self.check(os.WEXITSTATUS(status) == 0, f"{name}: a run failed")
            self.counts["came too late"] += 1
            return False
        hidden = list(folder.glob(".*")) if folder.exists() else []
        self.counts["killed while a file was written"] += bool(hidden)
        self.counts["files left over"] += len(hidden)
        if name == "command" and (folder / "metrics.json").exists() and not (folder / FILE).exists():
            self.counts["came too late"] += 1
            return False
        if int.from_bytes(STEPS[:8], "little"):
            self.check((folder / FILE).exists(), f"{name}: steps were taken, and there is no checkpoint")
        if not (folder / FILE).exists():
            self.counts["before the first checkpoint"] += 1
            return False
        try:
            checkpoint.Checkpoint(folder / FILE, resume=True)
        except DataError as error:
            self.check(False, f"{name}: the checkpoint cannot be read: {error}")
            return False
        return True

    def finish(self, name: str, folder: Path) -> None:
        """Go on to the end, and compare."""
        found = quietly(KINDS[name], folder, True)
        self.counts["gone on to the end"] += 1
        self.check(found == self.expected[name], f"{name}: other bits than the unbroken run has")
        left = [item.name for item in folder.glob(f".{FILE}.*")]
        self.check(not left, f"{name}: {left} are still there")

    def run(self, kills: int) -> None:
        """Kill that often, all kinds in turn, each run up to three times."""
        places = {name: self.folder / name for name in KINDS}
        while self.counts["kills"] < kills:
            name = list(KINDS)[self.counts["kills"] % len(KINDS)]
            folder = places[name]
            if not self.kill(name, folder):
                shutil.rmtree(folder, ignore_errors=True)
                continue
            if self.draw.random() < self.sample:
                copy = self.folder / "copy"
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(folder, copy)
                self.finish(name, copy)
            if self.draw.random() < 0.4:
                shutil.rmtree(folder)

    def check(self, good: bool, problem: str) -> None:
        """Count, and keep what is wrong."""
        if not good:
            self.counts["FAILED"] += 1
            print(f"after kill {self.counts['kills']}: {problem}")


def quietly(run: Callable[[Path, bool], bytes], folder: Path, resume: bool) -> bytes:
    """Without what the command prints."""
    if run is not command:
        folder.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        return run(folder, resume)
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def main() -> int:
    """Kill, count, print; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the moments; they depend on the machine too")
    parser.add_argument("--sample", type=float, default=1.0, help="share to go on to the end (default: all)")
    given = parser.parse_args()
    Optimizer.step = counted(Optimizer.step)  # type: ignore[method-assign]
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        kills = Kills(Path(folder), given.seed, given.sample)
        kills.run(given.kills)
    for name, count in kills.counts.items():
        print(f"{count:6,}  {name}")
    print(f"{time.perf_counter() - start:.0f} s; unbroken: " + ", ".join(
        f"{name} {seconds:.2f} s" for name, seconds in kills.seconds.items()
    ))  # fmt: skip
    return int(kills.counts["FAILED"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
