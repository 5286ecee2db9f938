"""A trace as plain data and back, without loss: floats are written with all their digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from .record import Line, Quantity, Record, Trace

if TYPE_CHECKING:
    from .explanation import Explanation, Factor
    from .expression import Expression
    from .reasons import Reason

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
            _read_records(data["records"], known),
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
    if record.forward is not None:
        found["through"] = record.forward.name
    if record.aside:
        found["aside"] = True
    if record.lines:
        found["lines"] = [[line.formula, line.result.name] for line in record.lines]
    return found


def _read_records(entries: list[dict[str, Any]], known: dict[str, Quantity]) -> tuple[Record, ...]:
    found: list[Record] = []
    results: dict[str, Record] = {}
    for entry in entries:
        record = _read_record(entry, known, results)
        found.append(record)
        if record.kind in ("forward", "loss"):
            results[record.name] = record
    return tuple(found)


def _read_record(entry: dict[str, Any], known: dict[str, Quantity], results: dict[str, Record]) -> Record:
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
        forward=results[entry["through"]] if "through" in entry else None,
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


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """What an explanation holds, without the trace it came from."""
    e = explanation
    check = e.check
    found: dict[str, Any] = {
        "weight": e.weight.of.name,
        "quantity": e.weight.quantity.name,
        "index": list(e.weight.index),
        "value": _words(e.value),
        "loss": _words(float(e.trace[e.trace.root])),
        "gradient": _words(e.gradient),
        "sample": e.sample,
        "care": _reason(e.care),
        "slope": None if e.slope is None else _expression(e.slope),
        "move": _expression(e.move),
        "product": _words(e.product),
        "shares": [{"sample": share.sample, "value": _words(share.value)} for share in e.shares],
        "penalties": [{"name": name, "value": _words(value)} for name, value in e.penalties],
        "factors": [_factor(factor) for factor in e.factors],
        "chain": [_factor(factor) for factor in e.chain],
        "culprit": None if e.culprit is None else _factor(e.culprit),
        "check": {name: _words(value) if isinstance(value, float) else bool(value)
                  for name, value in vars(check).items()},
        "notes": list(e.notes),
    }  # fmt: skip
    if e.update is not None:
        place = e.weight.index
        found["update"] = {
            "optimizer": e.update.op,
            "settings": dict(e.update.keywords),
            "lines": [
                {
                    "formula": line.formula,
                    "value": _words(
                        float(line.result.data[place] if line.result.data.ndim else line.result.data)
                    ),
                }
                for line in e.update.lines
            ],
        }
    return found


def _factor(factor: Factor) -> dict[str, Any]:
    return {
        "kind": factor.kind,
        "name": factor.name,
        "formula": factor.formula,
        "value": _words(factor.value),
    }


def _expression(expression: Expression) -> dict[str, Any]:
    return {
        "formula": expression.names(),
        "numbers": {entry.name: _words(entry.value) for entry in expression.entries},
        "value": _words(expression.value),
    }


def _reason(reason: Reason, written: set[str] | None = None) -> dict[str, Any]:
    """A gradient with its terms; one that was written already, on another way, is only named again."""
    written = set() if written is None else written
    found: dict[str, Any] = {
        "of": reason.of.name,
        "gradient": _words(reason.value),
        "opened": reason.opened,
    }
    if reason.terms and reason.of.name in written:
        return {**found, "terms": "as above"}
    written.add(reason.of.name)
    terms = []
    for term in reason.terms:
        above, local = _reason(term.through, written), _expression(term.local)
        terms.append({"through": above, "local": local, "product": _words(term.product)})
    return {**found, "terms": terms}
