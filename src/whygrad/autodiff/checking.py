"""Holds gradients against numbers that come from forward rules alone.

Where a function can be run on complex numbers, the complex step gives the derivative exact to rounding;
otherwise central differences give about ten digits. The upstream gradient is random, because a
backward pass that forgets it passes every check with ones. A kink is recognised by different slopes
on its two sides; there any value between them is right.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError, GraphError, KindError, SettingError
from .node import Node
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
            place = f" at {list(index)}" if index else ""
            line += f";{place} the gradient is {analytic:.8g}, numerically {numeric:.8g}"
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
    shown: float  # gradients are divided by this where they are shown


def gradcheck(
    subject: Any, *inputs: Any, rng: np.random.Generator | int | None = 0, tolerance: float | None = None
) -> GradientReport:
    """Check the gradients of a function, a layer, a network or a loss.

    Parameters
    ----------
    subject
        A function of values or tensors that returns one of them; or a layer, a ``Sequential`` or a loss,
        whose explicit ``backward`` is checked; or an object of your own with ``forward(x)`` and
        ``backward(upstream)`` on arrays.
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
    >>> print(gradcheck(lambda a: a * a, 2.0))
    ok    input 0: error 0.0e+00 (complex step)
    >>> bool(gradcheck(lambda a, b: a * b.tanh(), 2.0, 0.5))
    True
    >>> def wrong(x):  # the second factor is cut off the graph
    ...     return (x * x.data).sum()
    >>> bool(gradcheck(wrong, np.array([1.0, 2.0])))
    False

    A layer of your own, here one that forgets a factor:

    >>> class Square:
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x * x
    ...
    ...     def backward(self, upstream):
    ...         return upstream * self.x
    >>> print(gradcheck(Square(), 3.0))
    WRONG x: error 5.0e-01 (complex step); the gradient is 3, numerically 6
    """
    generator = np.random.default_rng(rng)
    if tolerance is not None and not tolerance > 0:
        raise SettingError("tolerance must be above 0", received=tolerance)
    if not inputs:
        raise KindError("gradcheck needs the point to check at", hint="gradcheck(f, 2.0, 3.0)")
    if hasattr(subject, "forward") and hasattr(subject, "backward"):
        case = _explicit_case(subject, inputs, generator)
    else:
        case = _function_case(subject, inputs, generator)
    _check_point(case)
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
    if not callable(function):
        raise KindError(
            "gradcheck takes a function, or a layer with forward and backward", received=repr(function)
        )
    scalar = all(isinstance(x, (int, float, Value)) for x in inputs)
    arrays = [np.asarray(x.data if isinstance(x, Node) else x, dtype=float) for x in inputs]
    leaves: list[Any] = [Value(float(a)) for a in arrays] if scalar else [Tensor(a.copy()) for a in arrays]
    result = function(*leaves)
    if not isinstance(result, (Value, Tensor)):
        raise KindError(
            "gradcheck: the function must return a Value or a Tensor", received=type(result).__name__
        )
    upstream = _upstream(result.data, rng)
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
    return _Case([f"input {i}" for i in range(len(arrays))], arrays, run, claimed, _scale(upstream))


def _explicit_case(subject: Any, inputs: Sequence[Any], rng: np.random.Generator) -> _Case:
    """A layer, network or loss; its gradients come from its explicit ``backward``."""
    x, *targets = inputs
    x = np.asarray(x, dtype=float)
    named = dict(getattr(subject, "named_parameters", dict)())
    ours = hasattr(subject, "replay")
    training = {"training": True} if ours and not targets else {}
    output = subject.forward(x, *targets, **training)
    upstream = _upstream(output, rng)
    claimed = [subject.backward(upstream if np.ndim(upstream) else float(upstream))]
    claimed += [parameter.grad.copy() for parameter in named.values()]
    arrays = [x, *[parameter.data.astype(float) for parameter in named.values()]]
    names = ["predictions" if targets else "x", *named]

    def run(xp: Any, points: Sequence[Any]) -> Any:
        if ours:
            return np.sum(upstream * subject.replay(xp, points[0], points[1:]))
        return np.sum(upstream * subject.forward(points[0], *targets))

    return _Case(names, arrays, run, claimed, _scale(upstream))


def _upstream(output: Any, rng: np.random.Generator) -> Array:
    """A random upstream gradient in the shape of the output."""
    return np.asarray(rng.standard_normal(np.shape(output)))


def _scale(upstream: Array) -> float:
    """What shown gradients are divided by: for a single output, the reader expects plain derivatives."""
    return float(upstream.item()) if upstream.size == 1 else 1.0


def _check_point(case: _Case) -> None:
    """Refuse a point where nothing can be said: no entries, an undefined value, another value each time."""
    if not any(array.size for array in case.arrays):
        raise KindError("gradcheck: there is nothing to check", received="inputs without entries")
    first, second = (case.function(ARRAYS, case.arrays) for _ in range(2))
    if not np.isfinite(first):
        raise DataError(
            f"gradcheck: the function is {first} at this point", hint="choose a point where it is defined"
        )
    if first != second:
        raise GraphError(
            "gradcheck: the function gives another value each time",
            hint="fix its randomness: make the generator, or the mask, outside the function",
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
    entries = (0.0, 0.0)
    if difference.size:
        entries = (float(analytic[worst]) / case.shown, float(numeric[worst]) / case.shown)
    return InputReport(case.names[i], method, error, (worst, *entries), tuple(kinks), error <= allowed)


def _numeric(case: _Case, i: int) -> tuple[Array, str]:
    """The gradient by input i from the forward computation, and how it was found."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)  # an imaginary part thrown away
            gradient = _complex_step(case, i)
        if _agrees(case, i, gradient):
            return gradient, "complex step"
    except Exception:  # whatever it is that complex numbers cannot do, real ones may
        pass
    return _central(case, i), "central differences"


def _complex_step(case: _Case, i: int) -> Array:
    """The gradient by input i, entry by entry, from imaginary parts."""
    real = case.function(ARRAYS, case.arrays)
    out = np.empty(case.arrays[i].shape)
    for index in np.ndindex(out.shape):
        value = case.function(COMPLEXES, _moved(case, i, index, 1j * STEP))
        if not np.isclose(np.real(value), real, rtol=1e-9, atol=1e-12):
            raise ValueError("the function does something else on complex numbers")
        out[index] = np.imag(value) / STEP
    return out


def _agrees(case: _Case, i: int, gradient: Array) -> bool:
    """Whether real numbers see the same slope in a random direction.

    The imaginary part is lost where a function takes ``abs``, ``float`` or a norm of the data.
    """
    direction = np.random.default_rng(0).standard_normal(gradient.shape)
    ends = []
    for sign in (1, -1):
        point = list(case.arrays)
        point[i] = point[i] + sign * WIDTH * direction
        ends.append(case.function(ARRAYS, point))
    slope = (ends[0] - ends[1]) / (2 * WIDTH)
    size = np.sum(np.abs(gradient * direction)) + abs(slope) + SMALL
    return bool(abs(slope - np.sum(gradient * direction)) <= 1e-5 * size)


def _central(case: _Case, i: int) -> Array:
    """The gradient by input i from values on both sides."""
    out = np.empty(case.arrays[i].shape)
    for index in np.ndindex(out.shape):
        right, left = (case.function(ARRAYS, _moved(case, i, index, h)) for h in (WIDTH, -WIDTH))
        out[index] = (right - left) / (2 * WIDTH)
    return out


def _moved(case: _Case, i: int, index: tuple[int, ...], by: Any) -> list[Array]:
    """The point with one entry of input i moved."""
    arrays = list(case.arrays)
    arrays[i] = arrays[i].astype(complex if isinstance(by, complex) else float)
    arrays[i][index] += by
    return arrays


def _at_kink(case: _Case, i: int, index: tuple[int, ...], analytic: float) -> bool:
    """Whether the slopes to the two sides differ, with the gradient between them."""
    here = case.function(ARRAYS, case.arrays)

    def slopes(width: float) -> tuple[Any, Any]:
        right, left = (case.function(ARRAYS, _moved(case, i, index, by)) for by in (width, -width))
        return (right - here) / width, (here - left) / width

    right, left = slopes(WIDTH)
    closer_right, closer_left = slopes(WIDTH / 10)
    jump, closer = right - left, closer_right - closer_left
    room = 1e-3 * max(1.0, abs(right), abs(left))
    between = min(left, right) - room <= analytic <= max(left, right) + room
    curved = abs(10 * closer - jump) < 0.5 * abs(jump)  # that fades in proportion, a kink does not
    return bool(abs(jump) > room and between and not curved)
