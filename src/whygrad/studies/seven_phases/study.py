"""The study's folder, and what all phases use: the data, the network, and how files are written."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..._files import write_whole
from ...data.sets import load
from ...data.splitting import Split, split
from ...errors import DataError, SettingError
from ...plots.film import Film
from ...plots.style import alt_text, describe, figure_of, save
from ...training.head import choose
from ...training.neural_network import NeuralNetwork
from .plan import Plan, Recipe
from .report import Picture

Array = np.ndarray[Any, Any]
CARD = "seven_phases.json"  # says that a folder is such a study's, and with which settings
PARAMETERS = "data/parameters.npy"


@dataclass
class Study:
    """A study in its folder.

    Attributes
    ----------
    folder
        Where everything goes.
    plan
        The settings.
    say
        Told what goes on, a line at a time.
    written
        Files of the phase that is running, in the order in which they were written.
    """

    folder: Path
    plan: Plan
    say: Callable[[str], None]
    written: list[str] = field(default_factory=list)

    @cached_property
    def data(self) -> Split:
        """Moons: rows to learn from, and rows for tests."""
        return drawn("moons", self.plan, self.plan.seed)

    def network(self, recipe: Recipe | None = None, seed: int | None = None) -> NeuralNetwork:
        """The untrained network of a recipe; it knows already that its output is one of two classes."""
        recipe = self.plan.recipe if recipe is None else recipe
        return untrained(recipe, self.plan.seed if seed is None else seed, self.data)

    def starting(self) -> NeuralNetwork:
        """The network with the parameters that phase 0 saved."""
        network = self.network()
        network.load_parameters(self.path("data/phase_0_parameters.npy"))
        return network

    def path(self, name: str) -> Path:
        """Where a file is."""
        return self.folder / name

    def begin(self) -> None:
        """Make the folder, or see that it is the folder of this very study.

        Raises
        ------
        DataError
            If it cannot be made, or holds something else.
        SettingError
            If it holds a study with other settings.
        """
        settings = self.plan.settings()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            others = [item.name for item in self.folder.iterdir() if not item.name.startswith(".")]
        except OSError as error:
            raise _no_folder(self.folder, error) from None
        if not others:
            write_whole(self.path(CARD), json.dumps(settings, indent=1) + "\n")
        elif CARD not in others:
            raise DataError(
                f"{self.folder} is not empty",
                expected="a new folder, or one that holds this study",
                received=", ".join(sorted(others)[:4]),
                hint="choose another folder",
            )
        else:
            self._compare(settings)

    def _compare(self, settings: dict[str, Any]) -> None:
        card = self.path(CARD)
        try:
            found = dict(json.loads(card.read_text(encoding="utf-8")))
            names = list(dict.fromkeys([*settings, *found]))
        except (OSError, ValueError, TypeError) as error:
            raise DataError(
                f"cannot read {card}", received=str(error), hint="choose another folder"
            ) from None
        other = [name for name in names if found.get(name) != settings.get(name)]
        if other:
            raise SettingError(
                f"{self.folder} holds this study with another {other[0]}",
                expected=f"{other[0]} {found.get(other[0])}",
                received=f"{settings.get(other[0])}",
                hint="choose another folder",
            )

    def write(self, name: str, content: bytes | str) -> str:
        """Write a file, whole or not at all; its name."""
        self._room(name)
        write_whole(self.path(name), content)
        return self._wrote(name)

    def write_array(self, name: str, values: Array) -> str:
        """Write an array as NPY."""
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=False)
        return self.write(name, buffer.getvalue())

    def read_array(self, name: str, shape: tuple[int, ...]) -> Array:
        """An array that an earlier phase wrote.

        Raises
        ------
        DataError
            If it cannot be read, or is another.
        """
        try:
            with self.path(name).open("rb") as file:
                found = np.lib.format.read_array(file, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise unreadable(self.path(name), error) from None
        if found.shape != shape or not np.isfinite(found).all():
            raise DataError(
                f"{self.path(name)} is not what this study wrote",
                expected=f"finite numbers of shape {shape}",
                received=f"shape {found.shape}",
                hint="run its phase again",
            )
        return np.asarray(found, float)

    def picture(self, drawn: Any, name: str, text: str | None = None) -> Picture:
        """Save a figure, with these words for it or its own."""
        if text is not None:
            describe(drawn, text)
        self._room(name)
        save(drawn, self.path(name))
        width = figure_of(drawn).get_figwidth()
        return Picture(self._wrote(name), alt_text(drawn), round(96 * width))

    def film(self, film: Film, name: str, text: str) -> Picture:
        """Save a film, with these words for it."""
        describe(film.whole, text)
        self._room(name)
        film.save(self.path(name))
        return Picture(self._wrote(name), text, round(film.whole.dpi * film.whole.get_figwidth()))

    def _room(self, name: str) -> None:
        folder = self.path(name).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _no_folder(folder, error) from None

    def _wrote(self, name: str) -> str:
        self.written.append(name)
        return name


def drawn(name: str, plan: Plan, seed: int, noise: float | None = None) -> Split:
    """A data set drawn from a seed, and split."""
    noise = plan.noise if noise is None else noise
    return split(load(name, samples=plan.samples, noise=noise, seed=seed), plan.test_size, seed)


def untrained(recipe: Recipe, seed: int, data: Split) -> NeuralNetwork:
    """The network of a recipe before training, with the head that the targets ask for."""
    network = NeuralNetwork(
        recipe.layers, activation=recipe.activation, optimizer=recipe.optimizer, seed=seed
    )
    network.adopt(choose(data.y_train, recipe.layers[-1]), column=False)
    return network


def unreadable(path: Path, error: Exception) -> DataError:
    """A file of an earlier phase that cannot be read."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return DataError(f"cannot read {path}", received=reason, hint="run its phase again")


def _no_folder(folder: Path, error: OSError) -> DataError:
    return DataError(f"cannot make the folder {folder}", received=error.strerror or str(error))
