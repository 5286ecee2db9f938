"""Operators and methods for what holds an array: each only names its row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import TYPE_CHECKING, Any

from ..errors import KindError, ShapeError
from .numpy_calls import array_function, array_ufunc
from .op import Op
from .ops import arrays as _arrays
from .ops import elementwise as _elementwise
from .shapes import explain, shape_of
from .table import TABLE

BINARY = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power"}
COMPARISONS = ("__gt__", "__ge__", "__lt__", "__le__")
UNARY = "exp expm1 log log1p sqrt sin cos tanh abs relu sigmoid silu softplus gelu".split()
PAIRED = ("maximum", "minimum")


class ArrayOperations:
    """The methods of an array, each handed to ``record`` as a row of the table."""

    __slots__ = ()
    __array_ufunc__ = array_ufunc
    __array_function__ = array_function

    if TYPE_CHECKING:
        data: Any

        @classmethod
        def record(cls, op: Op, operands: Any) -> Any:
            """Compute a row; each kind does it in its own way."""

        def __getattr__(self, name: str) -> Any: ...  # the elementwise methods, installed below
        def __neg__(self) -> Any: ...
        def __add__(self, other: Any) -> Any: ...
        def __radd__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __rpow__(self, other: Any) -> Any: ...

    def record_one(self, op: Op) -> Any:
        """``record`` for a row of this operand alone."""
        return self.record(op, (self,))

    def record_two(self, op: Op, other: Any) -> Any:
        """``record`` for a row of this operand and another."""
        return self.record(op, (self, other))

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes along the axes."""
        return getattr(self.data, "shape", ())

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of entries."""
        return prod(self.shape)

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise KindError(
                f"iteration over a {type(self).__name__} without axes",
                received=f"{self!r}",
                hint="x.item() gives the number; x.reshape(-1) has one entry",
            )
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.data)

    def __pos__(self) -> Any:
        return self

    def __format__(self, style: str) -> str:
        return format(self.data.item(), style) if style else str(self)

    def __float__(self) -> float:
        raise KindError(
            "float() would cut the graph",
            hint="use x.item() for the number; for functions x.exp(), not math.exp(x)",
        )

    def __matmul__(self, other: Any) -> Any:
        if hasattr(other, "record") and self.data.ndim > 1 and other.data.ndim > 1:
            return self.record_two(_arrays.matmul, other)
        return _matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _matmul(other, self)

    def __getitem__(self, key: Any) -> Any:
        return self.record_one(_arrays.index.bind(key=_kept(key)))

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Sum over all entries, or along an axis."""
        return self.record_one(_arrays.sum.bind(axis=axis, keepdims=keepdims))

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Mean over all entries, or along an axis."""
        return self.record_one(_arrays.mean.bind(axis=axis, keepdims=keepdims))

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Largest entry, or the largest along an axis; at a tie the gradient is shared equally."""
        return self.record_one(_arrays.max.bind(axis=axis, keepdims=keepdims))

    def reshape(self, *shape: Any) -> Any:
        """The same entries in another shape."""
        sizes = shape[0] if len(shape) == 1 else shape
        return self.record_one(_arrays.reshape.bind(shape=sizes))

    def transpose(self, *axes: Any) -> Any:
        """Axes in another order; reversed when none are named."""
        order = tuple(axes[0]) if len(axes) == 1 and isinstance(axes[0], (tuple, list)) else axes
        return self.record_one(_arrays.transpose.bind(axes=order or None))

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        """Axes reversed."""
        return self.transpose()

    @property
    def mT(self) -> Any:  # noqa: N802 - NumPy's name
        """The last two axes swapped."""
        return self.record_one(_arrays.matrix_transpose)

    def leaky_relu(self, slope: float = 0.01) -> Any:
        """a above 0, slope · a below."""
        return self.record_one(_elementwise.leaky_relu.bind(slope=slope))

    def elu(self, alpha: float = 1.0) -> Any:
        """a above 0, alpha · (exp(a) - 1) below."""
        return self.record_one(_elementwise.elu.bind(alpha=alpha))

    def softmax(self, axis: int = -1) -> Any:
        """exp(z), divided by its sum along the axis."""
        return self.record_one(_arrays.softmax.bind(axis=axis))

    def log_softmax(self, axis: int = -1) -> Any:
        """Logarithm of softmax, without leaving the range of floats."""
        return self.record_one(_arrays.log_softmax.bind(axis=axis))


def _matmul(a: Any, b: Any) -> Any:
    """The product of matrices; a vector on the left is a row, on the right a column, as in NumPy."""
    shapes = shape_of(a), shape_of(b)
    if len(shapes[0]) > 1 and len(shapes[1]) > 1:
        return TABLE["matmul"](a, b)
    if () in shapes:
        raise ShapeError(
            f"matmul: {'ab'[shapes.index(())]} must be a matrix or a vector",
            received=f"a {shapes[0]}, b {shapes[1]}",
            hint="* multiplies by a single number",
        )
    row, column = [len(shape) == 1 for shape in shapes]
    left = TABLE["reshape"](a, shape=(1, -1)) if row else a
    right = TABLE["reshape"](b, shape=(-1, 1)) if column else b
    try:
        product = TABLE["matmul"](left, right)
    except ShapeError as error:  # told with the shapes that were given
        letters = f"{'(i)' if row else '(n, i)'} {'(i)' if column else '(i, o)'}"
        raise explain(TABLE["matmul"], (a, b), letters) or error from None
    if not (row or column):
        return product
    gone = [axis for axis, squeeze in ((-2, row), (-1, column)) if squeeze]
    return product.reshape(tuple([n for i, n in enumerate(product.shape) if i - product.ndim not in gone]))


def _kept(key: Any) -> Any:
    """An index with arrays of its own: changing one later must not send the gradient elsewhere."""
    if isinstance(key, tuple):
        return tuple([_kept(part) for part in key])
    return key.copy() if hasattr(key, "copy") else key


def _named(function: Callable[..., Any], name: str, doc: str) -> Callable[..., Any]:
    function.__name__, function.__doc__ = name, doc
    return function


def _method(row: Op, name: str) -> Callable[..., Any]:
    if len(row.inputs) == 1:
        return _named(lambda self: self.record_one(row), name, f"The row {row.name}.")
    return _named(lambda self, other: self.record_two(row, other), name, f"The row {row.name}.")


def _reflected(row: Op, name: str) -> Callable[..., Any]:
    return _named(lambda self, other: self.record(row, (other, self)), name, f"The row {row.name}.")


def _comparison(name: str) -> Callable[..., Any]:
    """Comparisons look at the data and give plain True and False: they have no derivative."""

    def compare(self: Any, other: Any) -> Any:
        return getattr(self.data, name)(other.data if hasattr(other, "record") else other)

    return _named(compare, name, "Compare the data.")


def _install() -> None:
    """Give ``ArrayOperations`` its operators and elementwise methods."""
    cls = ArrayOperations
    for dunder, name in BINARY.items():
        setattr(cls, f"__{dunder}__", _method(TABLE[name], f"__{dunder}__"))
        setattr(cls, f"__r{dunder}__", _reflected(TABLE[name], f"__r{dunder}__"))
    for name in [*UNARY, *PAIRED]:
        setattr(cls, name, _method(TABLE[name], name))
    for dunder, name in {"__neg__": "negative", "__abs__": "abs"}.items():
        setattr(cls, dunder, _method(TABLE[name], dunder))
    for name in COMPARISONS:
        setattr(cls, name, _comparison(name))


_install()
