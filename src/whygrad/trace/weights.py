"""A weight named as people name it: layer, input, output."""

from __future__ import annotations

from ..errors import SettingError, ShapeError
from .record import Trace

EXPECTED = "layer,input,output such as 1,0,2; or layer,b,output for a bias"


def find_weight(trace: Trace, text: str) -> tuple[str, tuple[int, ...]]:
    """The quantity and the place that ``1,0,2`` or ``1,b,2`` stands for: layer from 1, the others from 0.

    Raises
    ------
    SettingError
        If the text has another form.
    ShapeError
        If there is no such weight; says the range.

    Examples
    --------
    >>> from whygrad.runs.step import open_session
    >>> find_weight(open_session().observe(), "1,0,1")
    ('W1', (0, 1))
    """
    parts = [part.strip() for part in text.split(",")]
    bias = len(parts) == 3 and parts[1].lower() in ("b", "bias")
    numbers = [part for k, part in enumerate(parts) if not (bias and k == 1)]
    if len(parts) != 3 or not all(_whole(part) for part in numbers):
        raise SettingError(f"{text!r} is no weight", expected=EXPECTED, received=text)
    layer, output = int(parts[0]), int(parts[-1])
    layers = trace.layers
    if not 1 <= layer <= layers:
        raise ShapeError(
            f"there is no layer {layer}", expected=f"1 to {layers}", received=layer, hint=EXPECTED
        )
    name = f"{'b' if bias else 'W'}{layer}"
    if name not in trace:
        raise ShapeError(f"layer {layer} has no {'bias' if bias else 'weights'}", received=text)
    shape = trace[f"W{layer}"].shape
    index = (output,) if bias else (int(parts[1]), output)
    words = ("output",) if bias else ("input", "output")
    sizes = shape[1:] if bias else shape
    for word, place, size in zip(words, index, sizes, strict=True):
        if not 0 <= place < size:
            raise ShapeError(
                f"layer {layer} has no {word} {place}",
                expected=f"{word} 0 to {size - 1}",
                received=place,
                hint=f"layer {layer} leads from {shape[0]} inputs to {shape[1]} outputs, counted from 0",
            )
    return name, index


def _whole(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 20
