"""What the seven phases work on: data, network, training, and the epochs that are looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

EPOCHS = 500  # counted from 0: epoch k is the network after k steps
LOSS_EPOCHS = (0, 240, 499)
BOUNDARY_EPOCHS = (0, 240, 340, 499)


@dataclass(frozen=True)
class Recipe:
    """A network, and how it is trained: every step on all rows, so that an epoch is a step.

    Attributes
    ----------
    layers
        Sizes, from inputs to outputs.
    activation, optimizer
        By name.
    learning_rate
        Of all steps.
    """

    layers: tuple[int, ...] = (2, 16, 1)
    activation: str = "tanh"
    optimizer: str = "gradient_descent"
    learning_rate: float = 1.0

    @property
    def shape(self) -> str:
        """Such as ``2-16-1``."""
        return "-".join(map(str, self.layers))


@dataclass(frozen=True)
class Plan:
    """The settings of a study in seven phases.

    Attributes
    ----------
    seed
        Fixes data, split and first weights.
    samples, noise, test_size
        Of the data, and the share of rows that training never sees.
    recipe
        The network of phases 0 to 5.
    rates
        Learning rates compared in phase 4.
    seeded_rates
        Those that phase 6 compares on several seeds.
    activations
        Compared in phase 6.
    larger
        The network that phase 6 sets against that of the recipe, on spirals.
    seeds
        How many data sets with as many first weights a comparison in phase 6 is made on.
    """

    seed: int = 0
    samples: int = 400
    noise: float = 0.2
    test_size: float = 0.25
    recipe: Recipe = Recipe()
    rates: tuple[float, ...] = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
    seeded_rates: tuple[float, ...] = (0.1, 1.0, 10.0)
    activations: tuple[str, ...] = ("relu", "sigmoid", "tanh")
    larger: Recipe = Recipe((2, 32, 32, 1), "tanh", "adam", 0.01)
    seeds: int = 10

    def settings(self) -> dict[str, Any]:
        """As JSON takes them, by flat names such as ``recipe.layers``."""
        flat: dict[str, Any] = {}
        for name, value in asdict(self).items():
            parts = {f"{name}.{key}": item for key, item in value.items()} if isinstance(value, dict) else {}
            flat |= parts or {name: value}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in flat.items()}
