"""Rows for arrays: products, reductions, shapes, softmax, normalisation. Each states full pullbacks of g.

Where an input was broadcast, its rule may return the wider shape: the core sums it back (``xp.fit``).
"""

from __future__ import annotations

from ...errors import ShapeError
from ..op import operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ..op import Op


def _matrices(op: Op, xs: Sequence[Any]) -> None:
    """Refuse vectors where a product of matrices is meant."""
    if len(getattr(xs[0], "shape", ())) > 1 and len(getattr(xs[1], "shape", ())) > 1:
        return
    for name, x in list(zip(op.inputs, xs, strict=True))[:2]:
        if len(getattr(x, "shape", ())) < 2:
            shapes = [getattr(x, "shape", ()) for x in xs]
            raise ShapeError(
                f"{op.name}: {name} must be a matrix",
                expected=f"{op.shapes} or more leading dimensions",
                received=", ".join(f"{n} {shape}" for n, shape in zip(op.inputs, shapes, strict=True)),
                hint="one sample is a row: x.reshape(1, -1)",
            )


# --- products --------------------------------------------------------------------------------------
matmul = operation(
    "matmul",
    lambda xp, a, b: xp.matmul(a, b),
    d_a=lambda xp, g, y, a, b: xp.matmul(g, b.mT),
    d_b=lambda xp, g, y, a, b: xp.matmul(a.mT, g),
    symbol="@",
    shapes="(n, i) (i, o)",
    check=_matrices,
)
affine = operation(
    "affine",
    lambda xp, x, w, b: xp.matmul(x, w) + b,
    d_x=lambda xp, g, y, x, w, b: xp.matmul(g, w.mT),
    d_w=lambda xp, g, y, x, w, b: xp.matmul(x.mT, g),
    d_b=lambda xp, g, y, x, w, b: xp.sum_to(g, shape=b.shape),
    symbol="xW+b",
    shapes="(n, i) (i, o) (o)",
    check=_matrices,
)
# --- reductions ------------------------------------------------------------------------------------
sum = operation(
    "sum",
    lambda xp, a, *, axis=None, keepdims=False: xp.sum(a, axis=axis, keepdims=keepdims),
    d_a=lambda xp, g, y, a, *, axis=None, keepdims=False: xp.spread(
        g, shape=a.shape, axis=axis, keepdims=keepdims
    ),
)
mean = operation(
    "mean",
    lambda xp, a, *, axis=None, keepdims=False: xp.mean(a, axis=axis, keepdims=keepdims),
    d_a=lambda xp, g, y, a, *, axis=None, keepdims=False: xp.spread(
        g * (y.size / a.size), shape=a.shape, axis=axis, keepdims=keepdims
    ),
)


def _max_pull(xp: Any, g: Any, y: Any, a: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The gradient goes to the largest entries, in equal shares where they tie."""
    y, g = (xp.spread(v, shape=a.shape, axis=axis, keepdims=keepdims) for v in (y, g))
    largest = 1 - xp.compare(y, a)
    return xp.strong_multiply(largest, g) / xp.sum(largest, axis=axis, keepdims=True)


max = operation(
    "max",
    lambda xp, a, *, axis=None, keepdims=False: xp.max(a, axis=axis, keepdims=keepdims),
    d_a=_max_pull,
)
spread = operation(  # repeats what a sum took together: each is the other's derivative
    "spread",
    lambda xp, g, *, shape, axis=None, keepdims=False: xp.spread(
        g, shape=shape, axis=axis, keepdims=keepdims
    ),
    d_g=lambda xp, u, y, g, *, shape, axis=None, keepdims=False: xp.sum(u, axis=axis, keepdims=keepdims),
)
sum_to = operation(  # undoes broadcasting: the pair of broadcast_to; dtype as xp.fit needs it
    "sum_to",
    lambda xp, a, *, shape, dtype=None: xp.sum_to(a, shape=shape, dtype=dtype),
    d_a=lambda xp, g, y, a, *, shape, dtype=None: xp.broadcast_to(g, shape=a.shape),
)
broadcast_to = operation(
    "broadcast_to",
    lambda xp, a, *, shape: xp.broadcast_to(a, shape=shape),
    d_a=lambda xp, g, y, a, *, shape: xp.sum_to(g, shape=a.shape),
)
# --- shapes ----------------------------------------------------------------------------------------
reshape = operation(
    "reshape",
    lambda xp, a, *, shape: xp.reshape(a, shape=shape),
    d_a=lambda xp, g, y, a, *, shape: xp.reshape(g, shape=a.shape),
)
matrix_transpose = operation(
    "matrix_transpose",
    lambda xp, a: xp.matrix_transpose(a),
    d_a=lambda xp, g, y, a: xp.matrix_transpose(g),
    symbol="T",
)


def _inverse(axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The permutation that undoes ``axes``."""
    if axes is None:
        return None
    places = [axis % len(axes) for axis in axes]
    return tuple([places.index(i) for i in range(len(places))])


transpose = operation(
    "transpose",
    lambda xp, a, *, axes=None: xp.transpose(a, axes=axes),
    d_a=lambda xp, g, y, a, *, axes=None: xp.transpose(g, axes=_inverse(axes)),
)
index = operation(
    "index",
    lambda xp, a, *, key: a[key],
    d_a=lambda xp, g, y, a, *, key: xp.scatter(g, key=key, shape=a.shape),
    symbol="[]",
)
scatter = operation(  # adds into zeros at the key: the pair of index
    "scatter",
    lambda xp, g, *, key, shape: xp.scatter(g, key=key, shape=shape),
    d_g=lambda xp, u, y, g, *, key, shape: xp.index(u, key=key),
)


def _slice_of(i: int, parts: Sequence[Any], axis: int) -> tuple[Any, ...]:
    """Where part ``i`` lies in the concatenation, as an index."""
    axis %= len(parts[0].shape)
    ends = [0]
    for part in parts:
        ends.append(ends[-1] + part.shape[axis])
    return (slice(None),) * axis + (slice(ends[i], ends[i + 1]),)


def _joinable(op: Op, xs: Sequence[Any]) -> None:
    """The axis exists, and sizes differ along it only."""
    axis, shapes = op.keywords.get("axis", 0), [getattr(x, "shape", ()) for x in xs]
    if problem := _unjoinable(axis, shapes):
        raise ShapeError(
            f"concatenate: {problem}",
            expected=f"equal sizes along every axis but axis {axis}, along which they are joined",
            received=", ".join([f"input {i} {shape}" for i, shape in enumerate(shapes)]),
        )


def _unjoinable(axis: int, shapes: Sequence[tuple[int, ...]]) -> str:
    """What keeps the shapes from being joined along the axis; nothing when they can be."""
    for i, shape in enumerate(shapes):
        if not -len(shape) <= axis < len(shape):
            return f"input {i} has no axis {axis}"
        if len(shape) != len(shapes[0]):
            return f"input 0 has {len(shapes[0])} axes but input {i} has {len(shape)}"
        for k, (n, m) in enumerate(zip(shapes[0], shape, strict=True)):
            if n != m and k != axis % len(shape):
                return f"axis {k} is {n} in input 0 but {m} in input {i}"
    return ""


concatenate = operation(
    "concatenate",
    lambda xp, *parts, axis=0: xp.concatenate(*parts, axis=axis),
    d_each=lambda xp, i, g, y, *parts, axis=0: xp.index(g, key=_slice_of(i, parts, axis)),
    check=_joinable,
)
where = operation(
    "where",
    lambda xp, condition, a, b: xp.where(condition, a, b),
    d_condition=None,
    d_a=lambda xp, g, y, condition, a, b: xp.where(condition, g, 0),
    d_b=lambda xp, g, y, condition, a, b: xp.where(condition, 0, g),
)


# --- softmax ---------------------------------------------------------------------------------------
# The largest entry is taken out before exp, so nothing overflows and small differences are kept.
def _softmax(xp: Any, z: Any, *, axis: int = -1) -> Any:
    e = xp.exp(z - xp.max(z, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def _log_softmax(xp: Any, z: Any, *, axis: int = -1) -> Any:
    shifted = z - xp.max(z, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


def _logsumexp(xp: Any, z: Any, *, axis: int = -1, keepdims: bool = False) -> Any:
    e = xp.exp(z - xp.max(z, axis=axis, keepdims=True))
    return xp.max(z, axis=axis, keepdims=keepdims) + xp.log(xp.sum(e, axis=axis, keepdims=keepdims))


logsumexp = operation(
    "logsumexp",
    _logsumexp,
    d_z=lambda xp, g, y, z, *, axis=-1, keepdims=False: (
        xp.spread(g, shape=z.shape, axis=axis, keepdims=keepdims) * xp.softmax(z, axis=axis)
    ),
    textbook=lambda xp, z, *, axis=-1, keepdims=False: xp.log(
        xp.sum(xp.exp(z), axis=axis, keepdims=keepdims)
    ),
)
softmax = operation(
    "softmax",
    _softmax,
    d_z=lambda xp, g, y, z, *, axis=-1: y * (g - xp.sum(g * y, axis=axis, keepdims=True)),
    textbook=lambda xp, z, *, axis=-1: xp.exp(z) / xp.sum(xp.exp(z), axis=axis, keepdims=True),
)
log_softmax = operation(
    "log_softmax",
    _log_softmax,
    d_z=lambda xp, g, y, z, *, axis=-1: g - xp.exp(y) * xp.sum(g, axis=axis, keepdims=True),
    textbook=lambda xp, z, *, axis=-1: xp.log(xp.softmax(z, axis=axis)),
)


# --- normalisation ---------------------------------------------------------------------------------
def _deviation(xp: Any, x: Any, axis: int, eps: float) -> tuple[Any, Any]:
    """x minus its mean, and the standard deviation with eps under the root."""
    centred = x - xp.mean(x, axis=axis, keepdims=True)
    return centred, xp.sqrt(xp.mean(centred * centred, axis=axis, keepdims=True) + eps)


def _normalize(xp: Any, x: Any, scale: Any, shift: Any, *, axis: int, eps: float = 1e-5) -> Any:
    centred, deviation = _deviation(xp, x, axis, eps)
    return centred / deviation * scale + shift


def _normalize_x(
    xp: Any, g: Any, y: Any, x: Any, scale: Any, shift: Any, *, axis: int, eps: float = 1e-5
) -> Any:
    centred, deviation = _deviation(xp, x, axis, eps)
    standard, h = centred / deviation, g * scale
    along = xp.mean(h * standard, axis=axis, keepdims=True)
    return (h - xp.mean(h, axis=axis, keepdims=True) - standard * along) / deviation


def _normalize_scale(
    xp: Any, g: Any, y: Any, x: Any, scale: Any, shift: Any, *, axis: int, eps: float = 1e-5
) -> Any:
    centred, deviation = _deviation(xp, x, axis, eps)
    return g * (centred / deviation)


normalize = operation(  # batch normalisation along axis 0, layer normalisation along axis -1
    "normalize",
    _normalize,
    d_x=_normalize_x,
    d_scale=_normalize_scale,
    d_shift=lambda xp, g, y, x, scale, shift, *, axis, eps=1e-5: g,
    shapes="(n, i) (i) (i)",
)
standardize = operation(  # the same with a mean and a variance that are given
    "standardize",
    lambda xp, x, mean, variance, scale, shift, *, eps=1e-5: (
        (x - mean) / xp.sqrt(variance + eps) * scale + shift
    ),
    d_x=lambda xp, g, y, x, mean, variance, scale, shift, *, eps=1e-5: g * scale / xp.sqrt(variance + eps),
    d_mean=None,
    d_variance=None,
    d_scale=lambda xp, g, y, x, mean, variance, scale, shift, *, eps=1e-5: (
        g * (x - mean) / xp.sqrt(variance + eps)
    ),
    d_shift=lambda xp, g, y, x, mean, variance, scale, shift, *, eps=1e-5: g,
    shapes="(n, i) (i) (i) (i) (i)",
)
