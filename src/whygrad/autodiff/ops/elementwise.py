"""Elementwise rows: each states its local derivatives, and runs on numbers, arrays and symbols alike.

In a rule ``xp.divide`` and ``xp.power`` stand for ``/`` and ``**``, which raise on Python numbers where
arrays give inf or NaN. Piecewise rules use masks, ``xp.sign`` and ``xp.compare``, never ``if`` or ``==``;
rows whose derivative is a mask are gates. ``xp.strong_product(a, function, b)`` is ``a * function(b)``, and 0
where ``a`` is 0, whatever the function says there. Bounds that matter to overflow alone are
``xp.at_most`` and ``xp.at_least``.
"""

from __future__ import annotations

from ..op import elementwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# --- arithmetic --------------------------------------------------------------------------------
add = elementwise("add", lambda xp, a, b: a + b, d_a=1, d_b=1, symbol="+")
subtract = elementwise("subtract", lambda xp, a, b: a - b, d_a=1, d_b=-1, symbol="-")
negative = elementwise("negative", lambda xp, a: -a, d_a=-1, symbol="neg")
multiply = elementwise(
    "multiply", lambda xp, a, b: a * b, d_a=lambda xp, y, a, b: b, d_b=lambda xp, y, a, b: a, symbol="*"
)
divide = elementwise(
    "divide",
    lambda xp, a, b: xp.divide(a, b),
    d_a=lambda xp, y, a, b: xp.divide(1, b),
    d_b=lambda xp, y, a, b: -xp.divide(y, b),
    symbol="/",
)
power = elementwise(
    "power",
    lambda xp, a, b: xp.power(a, b),
    d_a=lambda xp, y, a, b: xp.strong_product(b, xp.power, a, b - 1),
    d_b=lambda xp, y, a, b: xp.strong_multiply(y, xp.strong_log(a)),
    symbol="**",
)
strong_multiply = elementwise(  # a product in which 0 gives 0, whatever the other factor is
    "strong_multiply",
    lambda xp, a, b: xp.strong_multiply(a, b),
    d_a=lambda xp, y, a, b: b,
    d_b=lambda xp, y, a, b: a,
    symbol="*",
)
bounded = elementwise(  # a, kept within ±1000: for a factor that beyond it meets only 0
    "bounded", lambda xp, a: xp.bounded(a), d_a=lambda xp, y, a: xp.step(1000 - xp.abs(a)), gate=True
)
# --- functions ---------------------------------------------------------------------------------
exp = elementwise("exp", lambda xp, a: xp.exp(a), d_a=lambda xp, y, a: y)
expm1 = elementwise("expm1", lambda xp, a: xp.expm1(a), d_a=lambda xp, y, a: y + 1)
log = elementwise("log", lambda xp, a: xp.log(a), d_a=lambda xp, y, a: xp.divide(1, a))
strong_log = elementwise(  # 0 at 0
    "strong_log", lambda xp, a: xp.strong_log(a), d_a=lambda xp, y, a: xp.divide(1, a), symbol="log"
)
log1p = elementwise("log1p", lambda xp, a: xp.log1p(a), d_a=lambda xp, y, a: xp.divide(1, 1 + a))
sqrt = elementwise("sqrt", lambda xp, a: xp.sqrt(a), d_a=lambda xp, y, a: xp.divide(0.5, y))
sin = elementwise("sin", lambda xp, a: xp.sin(a), d_a=lambda xp, y, a: xp.cos(a))
cos = elementwise("cos", lambda xp, a: xp.cos(a), d_a=lambda xp, y, a: -xp.sin(a))
tanh = elementwise("tanh", lambda xp, a: xp.tanh(a), d_a=lambda xp, y, a: 1 - y * y)
# --- piecewise: corners as the table's conventions say --------------------------------------------
sign = elementwise("sign", lambda xp, a: xp.sign(a), d_a=0)
step = elementwise("step", lambda xp, a: xp.step(a), d_a=0)  # 1 where a > 0, else 0, in a's dtype
compare = elementwise(  # the sign of a - b, also where both are infinite
    "compare", lambda xp, a, b: xp.compare(a, b), d_a=0, d_b=0
)
abs = elementwise("abs", lambda xp, a: xp.abs(a), d_a=lambda xp, y, a: xp.sign(a))
maximum = elementwise(
    "maximum",
    lambda xp, a, b: xp.maximum(a, b),
    d_a=lambda xp, y, a, b: 0.5 + 0.5 * xp.compare(a, b),
    d_b=lambda xp, y, a, b: 0.5 - 0.5 * xp.compare(a, b),
    gate=True,
)
minimum = elementwise(
    "minimum",
    lambda xp, a, b: xp.minimum(a, b),
    d_a=lambda xp, y, a, b: 0.5 - 0.5 * xp.compare(a, b),
    d_b=lambda xp, y, a, b: 0.5 + 0.5 * xp.compare(a, b),
    gate=True,
)
# --- activations ---------------------------------------------------------------------------------
relu = elementwise("relu", lambda xp, a: xp.maximum(a, 0.0), d_a=lambda xp, y, a: a > 0, gate=True)
leaky_relu = elementwise(
    "leaky_relu",
    lambda xp, a, *, slope=0.01: xp.maximum(a, 0) + slope * xp.minimum(a, 0),
    d_a=lambda xp, y, a, *, slope=0.01: slope + (1 - slope) * xp.step(a),
)
elu = elementwise(
    "elu",
    lambda xp, a, *, alpha=1.0: xp.maximum(a, 0) + alpha * xp.expm1(xp.minimum(a, 0)),
    d_a=lambda xp, y, a, *, alpha=1.0: xp.where(a > 0, 1, y + alpha),
)


def _sigmoid(xp: Any, a: Any) -> Any:
    e = xp.exp(xp.at_most(a, 40.0))  # above 37 the result is 1; exp overflows above 88 in float32
    return e / (1 + e)


sigmoid = elementwise(  # both tails are kept: exp(a) far below 0, where 1 / (1 + exp(-a)) would overflow
    "sigmoid",
    _sigmoid,
    d_a=lambda xp, y, a: y * (1 - y),
    textbook=lambda xp, a: 1 / (1 + xp.exp(-a)),
)
silu = elementwise(
    "silu",
    lambda xp, a: xp.at_least(a, -1000.0) * xp.sigmoid(a),  # not -inf · 0
    d_a=lambda xp, y, a: xp.sigmoid(a) + xp.bounded(y) * (1 - xp.sigmoid(a)),
    textbook=lambda xp, a: a * xp.sigmoid(a),
)
softplus = elementwise(
    "softplus",
    lambda xp, a: xp.maximum(a, 0) + xp.log1p(xp.exp(-xp.abs(a))),
    d_a=lambda xp, y, a: xp.sigmoid(a),
    textbook=lambda xp, a: xp.log(1 + xp.exp(a)),
)
ROOT = 0.7978845608028654  # sqrt(2 / pi)


def _gelu_tanh(xp: Any, a: Any) -> Any:
    a = xp.bounded(a)
    return xp.tanh(ROOT * a * (1 + 0.044715 * (a * a)))


def _gelu_slope(xp: Any, y: Any, a: Any) -> Any:
    t, a = _gelu_tanh(xp, a), xp.bounded(a)
    return 0.5 * (1 + t + ROOT * a * (1 - t * t) * (1 + 3 * 0.044715 * (a * a)))


gelu = elementwise(  # the tanh form (Hendrycks and Gimpel, 2016); NumPy has no erf
    "gelu",
    lambda xp, a: 0.5 * xp.at_least(a, -1000.0) * (1 + _gelu_tanh(xp, a)),
    d_a=_gelu_slope,
    textbook=lambda xp, a: 0.5 * a * (1 + xp.tanh(ROOT * (a + 0.044715 * a * a * a))),
)
dropout = elementwise(  # the mask holds 0 or 1 / (1 - rate)
    "dropout", lambda xp, a, mask: a * mask, d_a=lambda xp, y, a, mask: mask, d_mask=None, gate=True
)


# --- one scalar neuron -----------------------------------------------------------------------------
def _weighted_sum(xp: Any, bias: Any, *weights_and_inputs: Any) -> Any:
    n = len(weights_and_inputs) // 2
    total = bias
    for w, x in zip(weights_and_inputs[:n], weights_and_inputs[n:], strict=True):
        total = total + w * x
    return total


def _weighted_sum_local(xp: Any, i: int, y: Any, bias: Any, *weights_and_inputs: Any) -> Any:
    n = len(weights_and_inputs) // 2
    return 1 if i == 0 else weights_and_inputs[i - 1 + n] if i <= n else weights_and_inputs[i - 1 - n]


weighted_sum = elementwise("weighted_sum", _weighted_sum, d_each=_weighted_sum_local, symbol="w·x+b")
