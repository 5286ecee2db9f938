"""How often XOR is learned with default settings: [2, 4, 1], 1,000 epochs, learning rate 0.1.

python benchmarks/xor.py            # 1,000 random seeds
"""

from __future__ import annotations

import argparse
import time

from whygrad import NeuralNetwork

X = [[0, 0], [0, 1], [1, 0], [1, 1]]
Y = [[0], [1], [1], [0]]


def learned(seed: int) -> bool:
    network = NeuralNetwork([2, 4, 1], seed=seed)
    network.train(X, Y, epochs=1000, learning_rate=0.1, verbose=False)
    return network.evaluate(X, Y) == 100.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=1000)
    seeds = parser.parse_args().seeds
    start = time.perf_counter()
    failed = [seed for seed in range(seeds) if not learned(seed)]
    print(f"XOR learned with {seeds - len(failed)} of {seeds} seeds in {time.perf_counter() - start:.0f} s")
    if failed:
        print(f"not with {failed}")


if __name__ == "__main__":
    main()
