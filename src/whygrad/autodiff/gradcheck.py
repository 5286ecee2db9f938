"""Holds gradients against numbers that come from forward rules alone.

Where a function can be run on complex numbers, the complex step gives the derivative exact to rounding;
otherwise central differences give about ten digits. The upstream gradient is random, because a
backward pass that forgets it passes every check with ones. A kink is recognised by different slopes
on its two sides; there any value between them is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import KindError
from .op import Op
from .operators import ArrayOperations
from .readings.arrays import ARRAYS, Array
from .readings.complexes import COMPLEXES
from .tensor import Tensor
from .value import Value

STEP = 1e-20  # of the complex step: nothing is subtracted, so it may be as small as it likes
WIDTH = 1e-5  # of central differences: truncation and rounding balance in float64
TOLERANCE = {"complex step": 1e-10, "central differences": 1e-7}
SINGLE = 1e-4  # for gradients computed in float32
SMALL = 1e-4  # gradients below are compared in units of this: terms that cancel leave rounding behind


@dataclass(frozen=True)
class InputReport:
    """What the check found for one input.

    Attributes
    ----------
    name
        Of the input.
    method
        ``"complex step"`` or ``"central differences"``.
    error
        max|analytic - numeric| / max|numeric|, kinks left out; the divisor is at least 1e-4.
    worst
        Index of the entry with the largest difference, and the two gradients there.
    kinks
        Indices where the slopes of the two sides differ and the gradient lies between them.
    passed
        Whether the error is within the tolerance.
    """

    name: str
    method: str
    error: float
    worst: tuple[tuple[int, ...], float, float]
    kinks: tuple[tuple[int, ...], ...]
    passed: bool

    def __str__(self) -> str:
        line = f"{'ok   ' if self.passed else 'WRONG'} {self.name}: error {self.error:.1e} ({self.method})"
        if self.kinks:
            line += f", {len(self.kinks)} at a kink"
        if not self.passed:
            index, analytic, numeric = self.worst
            line += f"; at {list(index)} the gradient is {analytic:.8g}, numerically {numeric:.8g}"
        return line


@dataclass(frozen=True)
class GradientReport:
    """The result of :func:`gradcheck`: true when every gradient is right; prints a line for each input."""

    inputs: tuple[InputReport, ...]

    def __bool__(self) -> bool:
        return all(item.passed for item in self.inputs)

    @property
    def error(self) -> float:
        """The largest error of all inputs."""
        return max((item.error for item in self.inputs), default=0.0)

    def __str__(self) -> str:
        return "\n".join(map(str, self.inputs))


@dataclass(frozen=True)
class _Case:
    """A function of arrays that gives one number, real or complex, and the gradients claimed for it."""

    names: Sequence[str]
    arrays: Sequence[Array]
    function: Callable[[Any, Sequence[Any]], Any]
    claimed: Sequence[Array]


def gradcheck(
    subject: Any, *inputs: Any, rng: np.random.Generator | int | None = 0, tolerance: float | None = None
) -> GradientReport:
    """Check the gradients of a function, a layer, a network or a loss.

    Parameters
    ----------
    subject
        A function of values or tensors that returns one of them, or a layer, a ``Sequential`` or a
        loss, whose explicit ``backward`` is checked.
    *inputs
        Where to check: numbers for a function of values, arrays for one of tensors; the input of a
        layer or network; predictions and targets for a loss.
    rng
        Draws the upstream gradient.
    tolerance
        Allowed error; by default 1e-10 for the complex step, 1e-7 for central differences, and 1e-4
        where gradients are float32.

    Returns
    -------
    GradientReport
        True when every gradient is right.

    Examples
    --------
    >>> print(gradcheck(lambda a: a.relu(), 0.0))
    ok    input 0: error 0.0e+00 (complex step)
    >>> bool(gradcheck(lambda a, b: a * b.tanh(), 2.0, 0.5))
    True
    >>> def wrong(x):  # the second factor is cut off the graph
    ...     return (x * x.data).sum()
    >>> bool(gradcheck(wrong, np.array([1.0, 2.0])))
    False
    """
    generator = np.random.default_rng(rng)
    if hasattr(subject, "replay"):
        case = _explicit_case(subject, inputs, generator)
    else:
        case = _function_case(subject, inputs, generator)
    single = any(np.asarray(claim).dtype == np.float32 for claim in case.claimed)
    return GradientReport(
        tuple(
            _compare(case, i, tolerance if tolerance is not None else SINGLE if single else None)
            for i in range(len(case.arrays))
        )
    )


class Probe(ArrayOperations):
    """Runs a function written for values or tensors on complex arrays; records nothing."""

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data = np.asarray(data)

    @classmethod
    def record(cls, op: Op, operands: Sequence[Any]) -> Probe:
        """The forward rule, read on complex numbers."""
        if any([isinstance(x, (Tensor, Value)) for x in operands]):
            raise KindError("a node from outside cannot take part")  # central differences take over
        return cls(op.forward(COMPLEXES, *[x.data if isinstance(x, Probe) else x for x in operands]))


def _function_case(function: Any, inputs: Sequence[Any], rng: np.random.Generator) -> _Case:
    """A function of nodes; its gradients come from ``backward``."""
    if not inputs:
        raise KindError("gradcheck needs the point to check at", hint="gradcheck(f, 2.0, 3.0)")
    scalar = all(isinstance(x, (int, float, Value)) for x in inputs)
    arrays = [np.asarray(getattr(x, "data", x), dtype=float) for x in inputs]
    leaves: list[Any] = [Value(float(a)) for a in arrays] if scalar else [Tensor(a.copy()) for a in arrays]
    result = function(*leaves)
    if not isinstance(result, (Value, Tensor)):
        raise KindError(
            "gradcheck: the function must return a Value or a Tensor", received=type(result).__name__
        )
    upstream = rng.standard_normal(np.shape(result.data))
    if isinstance(result, Value):
        (result * float(upstream)).backward()
    else:
        result.backward(upstream)

    def run(xp: Any, points: Sequence[Any]) -> Any:
        kind: Any = Probe if xp is COMPLEXES else (lambda a: Value(float(a))) if scalar else Tensor
        return np.sum(upstream * function(*[kind(point) for point in points]).data)

    claimed = [
        np.zeros_like(a) if x.grad is None else np.asarray(x.grad)
        for x, a in zip(leaves, arrays, strict=True)
    ]
    return _Case([f"input {i}" for i in range(len(arrays))], arrays, run, claimed)


def _explicit_case(subject: Any, inputs: Sequence[Any], rng: np.random.Generator) -> _Case:
    """A layer, network or loss; its gradients come from its explicit ``backward``."""
    x, *targets = inputs
    x = np.asarray(x, dtype=float)
    named = dict(getattr(subject, "named_parameters", dict)())
    output = subject.forward(x, *targets) if targets else subject.forward(x, training=True)
    upstream = rng.standard_normal(np.shape(output))
    claimed = [subject.backward(upstream if np.ndim(upstream) else float(upstream))]
    claimed += [parameter.grad.copy() for parameter in named.values()]
    arrays = [x, *[parameter.data.astype(float) for parameter in named.values()]]
    names = ["predictions" if targets else "x", *named]
    return _Case(
        names,
        arrays,
        lambda xp, points: np.sum(upstream * subject.replay(xp, points[0], points[1:])),
        claimed,
    )


def _compare(case: _Case, i: int, tolerance: float | None) -> InputReport:
    numeric, method = _numeric(case, i)
    allowed = TOLERANCE[method] if tolerance is None else tolerance
    analytic = np.asarray(case.claimed[i], dtype=float)
    scale = max(np.max(np.abs(numeric), initial=0.0), SMALL)
    difference = np.asarray(np.abs(analytic - numeric))
    difference[~np.isfinite(difference)] = np.inf
    kinks = []
    for index in np.ndindex(difference.shape):
        if difference[index] > allowed * scale and _at_kink(case, i, index, float(analytic[index])):
            kinks.append(index)
            difference[index] = 0.0
    place = np.unravel_index(int(np.argmax(difference)), difference.shape) if difference.size else ()
    worst = tuple(int(k) for k in place)
    error = float(np.max(difference, initial=0.0) / scale)
    entries = (float(analytic[worst]), float(numeric[worst])) if difference.size else (0.0, 0.0)
    return InputReport(case.names[i], method, error, (worst, *entries), tuple(kinks), error <= allowed)


def _numeric(case: _Case, i: int) -> tuple[Array, str]:
    """The gradient by input i from the forward computation, and how it was found."""
    real = case.function(ARRAYS, case.arrays)
    shape = case.arrays[i].shape
    try:
        out = np.empty(shape)
        for index in np.ndindex(shape):
            value = case.function(COMPLEXES, _moved(case, i, index, 1j * STEP))
            if not np.isclose(np.real(value), real, rtol=1e-9, atol=1e-12):
                raise ValueError("the function does something else on complex numbers")
            out[index] = np.imag(value) / STEP
        return out, "complex step"
    except Exception:  # whatever it is that complex numbers cannot do, real ones may
        out = np.empty(shape)
        for index in np.ndindex(shape):
            right, left = (case.function(ARRAYS, _moved(case, i, index, h)) for h in (WIDTH, -WIDTH))
            out[index] = (right - left) / (2 * WIDTH)
        return out, "central differences"


def _moved(case: _Case, i: int, index: tuple[int, ...], by: Any) -> list[Array]:
    """The point with one entry of input i moved."""
    arrays = list(case.arrays)
    arrays[i] = arrays[i].astype(complex if isinstance(by, complex) else float)
    arrays[i][index] += by
    return arrays


def _at_kink(case: _Case, i: int, index: tuple[int, ...], analytic: float) -> bool:
    """Whether the slopes to the two sides differ, with the gradient between them."""
    here = case.function(ARRAYS, case.arrays)
    right = (case.function(ARRAYS, _moved(case, i, index, WIDTH)) - here) / WIDTH
    left = (here - case.function(ARRAYS, _moved(case, i, index, -WIDTH))) / WIDTH
    room = 1e-3 * max(1.0, abs(right), abs(left))
    between = min(left, right) - room <= analytic <= max(left, right) + room
    return bool(abs(right - left) > room and between)
