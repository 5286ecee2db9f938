"""A trace as plain data and back, without loss: floats are written with all their digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DataError
from .record import Line, Quantity, Record, Trace

FORMAT = "whygrad-trace-1"
WORDS = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}  # JSON has no numbers for these


def to_json(trace: Trace) -> dict[str, Any]:
    """Plain data that ``json.dumps(…, allow_nan=False)`` takes.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.trace import observe
    >>> w = Value(0.1, label="w")
    >>> trace = observe(w * 3.0)
    >>> back = from_json(to_json(trace))
    >>> back["w"] == trace["w"], back.root
    (np.True_, 'L')
    """
    return {
        "format": FORMAT,
        "kind": trace.kind,
        "root": trace.root,
        "about": dict(trace.about),
        "quantities": {name: _quantity(quantity) for name, quantity in trace.quantities.items()},
        "records": [_record(record) for record in trace.records],
        "gradients": {name: quantity.name for name, quantity in trace.gradients.items()},
    }


def from_json(data: Any) -> Trace:
    """The trace that ``to_json`` wrote.

    Raises
    ------
    DataError
        If the data are something else, or a part is missing.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        received = data.get("format", "no format") if isinstance(data, dict) else type(data).__name__
        raise DataError("this is no trace", expected=FORMAT, received=received)
    try:
        known = {name: _read_quantity(name, entry) for name, entry in data["quantities"].items()}
        return Trace(
            data["kind"],
            tuple([_read_record(entry, known) for entry in data["records"]]),
            {name: known[gradient] for name, gradient in data["gradients"].items()},
            data["root"],
            data["about"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            "this trace is damaged", received=f"{type(error).__name__}: {error}", hint="save it again"
        ) from None


def _quantity(quantity: Quantity) -> dict[str, Any]:
    array = quantity.data
    return {
        "role": quantity.role,
        "per_sample": quantity.per_sample,
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "data": plain(array),
    }


def plain(array: Any) -> Any:
    """Nested lists of numbers; what JSON has no number for becomes a word."""
    array = np.asarray(array)
    values = array.tolist()
    return _words(values) if array.dtype.kind == "f" and not np.isfinite(array).all() else values


def _words(value: Any) -> Any:
    if isinstance(value, list):
        return [_words(item) for item in value]
    return value if np.isfinite(value) else str(value)


def _numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return WORDS[value] if isinstance(value, str) else value


def _read_quantity(name: str, entry: dict[str, Any]) -> Quantity:
    dtype = np.dtype(entry["dtype"])
    if dtype.kind not in "fiub":
        raise ValueError(f"{name} holds {dtype}")
    array = np.array(_numbers(entry["data"]), dtype).reshape(entry["shape"])
    array.flags.writeable = False
    return Quantity(name, array, entry["role"], entry["per_sample"])


def _record(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": record.kind,
        "op": record.op,
        "layer": record.layer,
        "inputs": [quantity.name for quantity in record.inputs],
        "output": record.name,
        "formula": record.formula,
    }
    if record.keywords:
        found["keywords"] = [[name, _keyword(value)] for name, value in record.keywords]
    if record.position is not None:
        found["position"] = record.position
    for part in ("upstream", "local"):
        quantity = getattr(record, part)
        if quantity is not None:
            found[part] = quantity.name
    if record.aside:
        found["aside"] = True
    if record.lines:
        found["lines"] = [[line.formula, line.result.name] for line in record.lines]
    return found


def _read_record(entry: dict[str, Any], known: dict[str, Quantity]) -> Record:
    def at(part: str) -> Quantity | None:
        return known[entry[part]] if part in entry else None

    return Record(
        entry["kind"],
        entry["op"],
        tuple([known[name] for name in entry["inputs"]]),
        known[entry["output"]],
        entry["formula"],
        entry["layer"],
        tuple([(name, _read_keyword(value)) for name, value in entry.get("keywords", [])]),
        position=entry.get("position"),
        upstream=at("upstream"),
        local=at("local"),
        aside=entry.get("aside", False),
        lines=tuple([Line(formula, known[name]) for formula, name in entry.get("lines", [])]),
    )


def _keyword(value: Any) -> Any:
    """A keyword of a row: numbers as they are; indices, which may be anything NumPy takes, by kind."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return _words(value) if isinstance(value, float) else value
    if isinstance(value, slice):
        return {"slice": [_keyword(value.start), _keyword(value.stop), _keyword(value.step)]}
    if isinstance(value, (tuple, list)):
        return {"tuple" if isinstance(value, tuple) else "list": [_keyword(item) for item in value]}
    if value is Ellipsis:
        return {"ellipsis": True}
    array = np.asarray(value)
    return {"array": plain(array), "dtype": array.dtype.name}


def _read_keyword(value: Any) -> Any:
    if isinstance(value, str):
        return WORDS.get(value, value)
    if not isinstance(value, dict):
        return value
    if "slice" in value:
        return slice(*[_read_keyword(item) for item in value["slice"]])
    if "tuple" in value:
        return tuple([_read_keyword(item) for item in value["tuple"]])
    if "list" in value:
        return [_read_keyword(item) for item in value["list"]]
    if "array" in value:
        return np.array(_numbers(value["array"]), np.dtype(value["dtype"]))
    return Ellipsis
