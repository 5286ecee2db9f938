"""What a study is: a question, and the trials that answer it; read from TOML."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .._numbers import count
from ..data.sets import MOST_SEED
from ..errors import DataError, SettingError, nearest
from ..runs.settings import TrainSettings, make_settings
from ..runs.sources import is_set, set_name
from .draws import Draws, read_draws

FORMAT = "whygrad-study-1"
PARTS = {  # of a file: name -> what it holds
    "format": "the version of this kind of file",
    "title": "what the study is called",
    "question": "what it answers",
    "about": "a paragraph on why one asks",
    "data": "a data set, or the path of a table, from where the file is",
    "hold_out": "false to test on the rows that were learned from",
    "seeds": "how many, or which",
    "measure": "what figures compare variants by",
    "record_every": "epochs from one point of the curves to the next",
    "settings": "what all trials have in common",
    "vary": "names with lists of values, each combined with each",
    "variants": "trials by name, each with settings of its own",
    "random": "settings drawn at random",
}
MEASURES = ("test_score", "test_loss", "train_score", "train_loss")
DEFAULT_SEEDS = 5


@dataclass(frozen=True)
class Variant:
    """One way to train, whatever the seed.

    Attributes
    ----------
    name
        As tables and figures have it.
    changes
        Setting -> value, for those in which variants differ; ``data`` may be among them.
    """

    name: str
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Trial:
    """One network to train.

    Attributes
    ----------
    variant
        The name of the variant.
    data, settings, hold_out
        As :func:`whygrad.runs.run.prepare` takes them.
    content
        A digest of the file, where the data are one: other rows make another trial.
    record_every
        The curves have the first epoch, each that is a multiple of this, and the last.
    """

    variant: str
    data: str
    settings: TrainSettings
    hold_out: bool = True
    content: str = ""
    record_every: int = 1

    @cached_property
    def key(self) -> str:
        """Names what is computed, whatever the variant is called."""
        settings = self.settings.model_dump(mode="json")
        given = [self.data, self.content, self.hold_out, self.record_every, settings]
        return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Study:
    """A question and what is trained to answer it.

    Attributes
    ----------
    name
        Of the file, without its ending.
    title, question, about
        For people.
    data
        What is learned from, unless variants say otherwise.
    settings
        What all trials have in common; only what was given.
    seeds
        Each variant is trained once for each.
    hold_out
        Whether rows are kept for the test.
    measure
        What figures compare variants by: one of :data:`MEASURES`.
    record_every
        Epochs from one point of the curves to the next.
    vary
        Setting -> values, each combined with each.
    named
        Variants that were given one by one.
    draws
        Variants that are drawn.
    path
        The file it was read from; None for one that comes along.
    """

    name: str
    title: str
    question: str
    data: str
    settings: Mapping[str, Any]
    seeds: tuple[int, ...]
    about: str = ""
    hold_out: bool = True
    measure: str = "test_score"
    record_every: int = 1
    vary: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    named: tuple[Variant, ...] = ()
    draws: Draws | None = None
    path: Path | None = None

    @property
    def count(self) -> int:
        """How many trials there are, without making them."""
        variants = len(self.named) or (self.draws.count if self.draws else 1)
        return variants * math.prod([len(values) for values in self.vary.values()]) * len(self.seeds)

    @property
    def varied(self) -> tuple[str, ...]:
        """The settings in which variants differ."""
        own = dict.fromkeys([name for variant in self.named for name in variant.changes])
        drawn = self.draws.names if self.draws else ()
        return tuple(dict.fromkeys([*own, *drawn, *self.vary]))

    def variants(self) -> Iterator[Variant]:
        """Each way to train, in the order of the file; the last setting of a grid changes quickest."""
        first = self.named or (tuple(self._drawn()) if self.draws else (Variant("", {}),))
        for variant in first:
            for values in itertools.product(*self.vary.values()):
                changes = dict(zip(self.vary, values, strict=True))
                name = ", ".join([text for text in (variant.name, described(changes)) if text])
                yield Variant(name or self.title, {**variant.changes, **changes})

    def _drawn(self) -> Iterator[Variant]:
        assert self.draws is not None
        for changes in self.draws.values():
            yield Variant(described(changes), changes)

    def trials(self) -> Iterator[Trial]:
        """Every network to train.

        Raises
        ------
        DataError
            If a table cannot be read.
        """
        contents: dict[str, str] = {}
        for variant in self.variants():
            for seed in self.seeds:
                values = {**self.settings, **variant.changes, "seed": seed}
                data = str(values.pop("data", self.data))
                if data not in contents:
                    contents[data] = _content(data)
                settings = make_settings(values)
                yield Trial(variant.name, data, settings, self.hold_out, contents[data], self.record_every)


def described(changes: Mapping[str, Any]) -> str:
    """Settings as people read them.

    Examples
    --------
    >>> described({"learning_rate": 0.1, "layers": (16, 16), "unscaled": True})
    'learning rate 0.1, layers 16-16, unscaled'
    """
    found = []
    for name, value in changes.items():
        words = name.replace("_", " ")
        if name == "layers":
            found.append(f"layers {_sizes(value)}" if value else "no hidden layer")
        elif isinstance(value, bool):
            found.append(words if value else f"not {words}")
        elif isinstance(value, str):
            found.append(value if name in ("activation", "optimizer", "data") else f"{words} {value}")
        else:
            found.append(f"{words} {value:g}")
    return ", ".join(found)


def _sizes(layers: tuple[int, ...]) -> str:
    """``16-8``, and ``8 × 16`` for eight layers of 16."""
    if len(layers) > 2 and len(set(layers)) == 1:
        return f"{len(layers)} × {layers[0]}"
    return "-".join(map(str, layers))


def read_study(path: Path) -> Study:
    """A study from a TOML file.

    Raises
    ------
    DataError
        If the file cannot be read.
    SettingError
        If something in it is unknown, empty, or cannot work; says where.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise DataError(f"cannot read the study {path}", received=reason) from None
    return replace(make_study(text, path.stem, path.parent, where=str(path)), path=path)


def make_study(text: str, name: str, folder: Path = Path(), where: str | None = None) -> Study:
    r"""A study from TOML.

    Parameters
    ----------
    text
        The content of a file.
    name
        What the study's folder is called.
    folder
        Where paths of tables start.
    where
        What to call the file in messages.

    Raises
    ------
    SettingError
        If something in it is unknown, empty, or cannot work; says where.

    Examples
    --------
    >>> study = make_study('data = "moons"\nseeds = 3\n[vary]\nlearning_rate = [0.01, 0.1]', "rates")
    >>> study.count, [variant.name for variant in study.variants()]
    (6, ['learning rate 0.01', 'learning rate 0.1'])
    """
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingError(f"{where or name} is not TOML", received=str(error)) from None
    try:
        return _study(found, name, folder)
    except SettingError as error:
        raise SettingError(
            f"{where or name}: {error.problem}",
            expected=error.expected,
            received=error.received,
            hint=error.hint,
        ) from None


def _study(found: dict[str, Any], name: str, folder: Path) -> Study:
    for key in found:
        if key not in PARTS:
            hint = f"put {key} under [settings]" if key in TrainSettings.model_fields else nearest(key, PARTS)
            raise SettingError(f"unknown entry {key!r}", hint=hint)
    version = found.get("format", FORMAT)
    if version != FORMAT:
        raise SettingError(
            "the study is of another version of whygrad", expected=f"format {FORMAT}", received=f"{version}"
        )
    for key in ("title", "question", "about", "data", "measure"):
        if not isinstance(found.get(key, ""), str):
            raise SettingError(f"{key} is a text", received=repr(found[key]))
    for key in ("settings", "vary", "random"):
        if not isinstance(found.get(key, {}), dict):
            raise SettingError(f"{key} is a table", expected=f"[{key}]", received=repr(found[key]))
    if not isinstance(found.get("hold_out", True), bool):
        raise SettingError("hold_out is true or false", received=repr(found["hold_out"]))
    measure = found.get("measure", MEASURES[0])
    if measure not in MEASURES:
        raise SettingError(f"cannot measure {measure!r}", hint=nearest(measure, MEASURES))
    settings = _known(found.get("settings", {}), "settings", data=False)
    vary = {key: _values(key, value, folder) for key, value in found.get("vary", {}).items()}
    named = _named(found.get("variants", []), folder)
    draws = read_draws(found["random"], MOST_SEED) if "random" in found else None
    if named and draws:
        raise SettingError("a study has variants or random draws, not both", received="variants and random")
    own = bool(named) and all(["data" in variant.changes for variant in named])
    if "data" not in found and "data" not in vary and not own:
        raise SettingError("there is nothing to learn from", hint='data = "moons"')
    title = found.get("title", name.replace("-", " "))
    data = _place(found["data"], folder) if "data" in found else ""
    study = Study(
        name,
        title,
        found.get("question", ""),
        data,
        settings,
        seed_numbers(found.get("seeds", DEFAULT_SEEDS)),
        found.get("about", ""),
        found.get("hold_out", True),
        measure,
        count("record_every", found.get("record_every", 1), least=1),
        vary,
        named,
        draws,
    )
    _check(study)
    return study


def _known(given: dict[str, Any], where: str, data: bool) -> dict[str, Any]:
    """Settings whose names are known, and are not those that a study has a place for."""
    allowed = [*TrainSettings.model_fields, *(["data"] if data else [])]
    for key in given:
        if key == "seed":
            raise SettingError(f"{where}: a study has seeds", hint="seeds = [0, 1, 2], outside any table")
        if key == "folds":
            raise SettingError(f"{where}: a study compares seeds, not folds", hint="leave folds out")
        if key not in allowed:
            raise SettingError(f"{where}: unknown setting {key!r}", hint=nearest(key, allowed))
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _values(name: str, given: Any, folder: Path) -> tuple[Any, ...]:
    """The values of one setting that is varied."""
    if not isinstance(given, list):
        raise SettingError(
            f"vary: {name} is a list of values", received=repr(given), hint=f"{name} = [{given!r}]"
        )
    if not given:
        raise SettingError(f"vary: {name} has no values, so there is nothing to train")
    values = [_known({name: value}, "vary", data=True)[name] for value in given]
    if name == "data":
        values = [_place(value, folder) for value in values]
    _once(values, f"vary: {name}")
    return tuple(values)


def _once(values: list[Any], where: str) -> None:
    for place, value in enumerate(values):
        if value in values[:place]:
            raise SettingError(f"{where} has {value!r} twice")


def _named(given: Any, folder: Path) -> tuple[Variant, ...]:
    if not isinstance(given, list) or not all([isinstance(item, dict) for item in given]):
        raise SettingError("variants are tables", expected="[[variants]]", received=repr(given))
    found = []
    for place, item in enumerate(given, start=1):
        values = dict(item)
        name = values.pop("name", None)
        if not isinstance(name, str) or not name.strip():
            raise SettingError(f"variant {place} needs a name", received=repr(name))
        changes = _known(values, f"variant {name!r}", data=True)
        if "data" in changes:
            changes["data"] = _place(changes["data"], folder)
        found.append(Variant(name, changes))
    _once([variant.name for variant in found], "the names of variants: one")
    return tuple(found)


def seed_numbers(given: Any) -> tuple[int, ...]:
    """Random seeds from how many, or from a list of them.

    Raises
    ------
    SettingError
        If it is neither.
    """
    if isinstance(given, int) and not isinstance(given, bool):
        if not 1 <= given <= 1_000_000:
            raise SettingError("seeds must be from 1 to 1,000,000", received=given)
        return tuple(range(given))
    whole = isinstance(given, list) and all([type(seed) is int and 0 <= seed <= MOST_SEED for seed in given])
    if not whole or not given:
        raise SettingError(
            "seeds is how many, or a list of them", expected="whole numbers from 0", received=repr(given)
        )
    _once(given, "seeds")
    return tuple(given)


def _place(data: Any, folder: Path) -> str:
    """A set as it is called, or a path from wherever one stands."""
    if not isinstance(data, str) or not data.strip():
        raise SettingError("data is a name or a path", received=repr(data))
    if is_set(data):
        return set_name(data)
    path = (folder / data).resolve()
    if not path.exists() and not Path(data).suffix and len(Path(data).parts) == 1:
        from ..data.sets import SETS

        raise SettingError(f"{data!r} is neither a data set nor a file", hint=nearest(data, SETS))
    return str(path)


def _check(study: Study) -> None:
    """Every value that is given, alone beside the settings in common: what cannot be is said at once."""
    make_settings(dict(study.settings))
    for name, values in study.vary.items():
        for value in values:
            if name != "data":
                _make("vary", {**study.settings, name: value})
    for variant in study.named:
        given = {key: value for key, value in variant.changes.items() if key != "data"}
        _make(f"variant {variant.name!r}", {**study.settings, **given})
    if study.draws is not None:
        for changes in study.draws.edges():
            _make("random", {**study.settings, **changes})
    both = set(study.vary) & {name for variant in study.named for name in variant.changes}
    both |= set(study.vary) & set(study.draws.names if study.draws else ())
    if both:
        raise SettingError(f"{min(both)} is varied in two places", hint="leave it out of [vary]")


def _make(where: str, values: Mapping[str, Any]) -> None:
    try:
        make_settings(dict(values))
    except SettingError as error:
        raise SettingError(
            f"{where}: {error.problem}",
            expected=error.expected,
            received=error.received,
            hint=error.hint,
        ) from None


def _content(data: str) -> str:
    """A digest of the file, so that a study does not go on with other rows; nothing for a set."""
    path = Path(data)
    if is_set(data) or path.is_dir():
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise DataError(f"cannot read {data}", received=error.strerror) from None
