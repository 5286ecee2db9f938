"""The methods of ``Value``, written by ``generate`` from the rows of the table: do not edit.

Each computes its result and the local derivatives that the node keeps; None is one through which
nothing flows.
"""

from .ops import elementwise as rows
from .readings.floats import FLOATS

abs = FLOATS.abs
bounded = FLOATS.bounded
cos = FLOATS.cos
divide = FLOATS.divide
exp = FLOATS.exp
expm1 = FLOATS.expm1
log = FLOATS.log
log1p = FLOATS.log1p
maximum = FLOATS.maximum
minimum = FLOATS.minimum
power = FLOATS.power
sign = FLOATS.sign
sin = FLOATS.sin
sqrt = FLOATS.sqrt
strong_log = FLOATS.strong_log
tanh = FLOATS.tanh
ADD = rows.add
SUBTRACT = rows.subtract
MULTIPLY = rows.multiply
DIVIDE = rows.divide
POWER = rows.power
MAXIMUM = rows.maximum
MINIMUM = rows.minimum
NEGATIVE = rows.negative
ABS = rows.abs
EXP = rows.exp
EXPM1 = rows.expm1
LOG = rows.log
LOG1P = rows.log1p
SQRT = rows.sqrt
SIN = rows.sin
COS = rows.cos
TANH = rows.tanh
RELU = rows.relu
SIGMOID = rows.sigmoid
SILU = rows.silu
SOFTPLUS = rows.softplus
GELU = rows.gelu
new = object.__new__


def tanh_pair(a):
    y = tanh(a)
    t2 = y * y
    t3 = 1 - t2
    return y, t3


def relu_pair(a):
    y = a if a > 0.0 or a != a else 0.0
    t2 = 1.0 if a > 0 else 0.0
    return y, t2 or None


def sigmoid_pair(a):
    t1 = a if a < 40.0 or a != a else 40.0
    t2 = exp(t1)
    t3 = 1 + t2
    y = t2 / t3
    t5 = 1 - y
    t6 = y * t5
    return y, t6


def silu_pair(a):
    t1 = a if a > -1000.0 or a != a else -1000.0
    t2 = a if a < 40.0 or a != a else 40.0
    t3 = exp(t2)
    t4 = 1 + t3
    t5 = t3 / t4
    y = t1 * t5
    t7 = bounded(y)
    t8 = 1 - t5
    t9 = t7 * t8
    t10 = t5 + t9
    return y, t10


def gelu_pair(a):
    t1 = a if a > -1000.0 or a != a else -1000.0
    t2 = 0.5 * t1
    t3 = bounded(a)
    t4 = 0.7978845608028654 * t3
    t5 = t3 * t3
    t6 = 0.044715 * t5
    t7 = 1 + t6
    t8 = t4 * t7
    t9 = tanh(t8)
    t10 = 1 + t9
    y = t2 * t10
    t12 = t9 * t9
    t13 = 1 - t12
    t14 = t4 * t13
    t15 = 0.134145 * t5
    t16 = 1 + t15
    t17 = t14 * t16
    t18 = t10 + t17
    t19 = 0.5 * t18
    return y, t19


def softplus_pair(a):
    t1 = a if a > 0 or a != a else 0
    t2 = abs(a)
    t3 = -t2
    t4 = exp(t3)
    t5 = log1p(t4)
    y = t1 + t5
    t7 = a if a < 40.0 or a != a else 40.0
    t8 = exp(t7)
    t9 = 1 + t8
    t10 = t8 / t9
    return y, t10


PAIRS = {TANH: tanh_pair, RELU: relu_pair, SIGMOID: sigmoid_pair, SILU: silu_pair, GELU: gelu_pair, SOFTPLUS: softplus_pair}


def methods(Value, constant):
    """A class that holds the methods, for ``Value`` to take."""

    class Methods:
        def __add__(self, other):
            a = self.data
            if other.__class__ is Value:
                b = other.data
                y = a + b
                da = 1.0
                db = 1.0
            elif isinstance(other, Value):
                return ADD(self, other)
            else:
                other = constant(other)
                b = other.data
                y = a + b
                da = 1.0
                db = None
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = ADD
            node.a = self
            node.b = other
            node.da = da
            node.db = db
            node.seen = None
            node.label = ""
            return node

        def __radd__(self, other):
            other = constant(other)
            a = other.data
            b = self.data
            y = a + b
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = ADD
            node.a = other
            node.b = self
            node.da = None
            node.db = 1.0
            node.seen = None
            node.label = ""
            return node

        def __sub__(self, other):
            a = self.data
            if other.__class__ is Value:
                b = other.data
                y = a - b
                da = 1.0
                db = -1.0
            elif isinstance(other, Value):
                return SUBTRACT(self, other)
            else:
                other = constant(other)
                b = other.data
                y = a - b
                da = 1.0
                db = None
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = SUBTRACT
            node.a = self
            node.b = other
            node.da = da
            node.db = db
            node.seen = None
            node.label = ""
            return node

        def __rsub__(self, other):
            other = constant(other)
            a = other.data
            b = self.data
            y = a - b
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = SUBTRACT
            node.a = other
            node.b = self
            node.da = None
            node.db = -1.0
            node.seen = None
            node.label = ""
            return node

        def __mul__(self, other):
            a = self.data
            if other.__class__ is Value:
                b = other.data
                y = a * b
                da = b
                db = a
            elif isinstance(other, Value):
                return MULTIPLY(self, other)
            else:
                other = constant(other)
                b = other.data
                y = a * b
                da = b
                db = None
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = MULTIPLY
            node.a = self
            node.b = other
            node.da = da
            node.db = db
            node.seen = None
            node.label = ""
            return node

        def __rmul__(self, other):
            other = constant(other)
            a = other.data
            b = self.data
            y = a * b
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = MULTIPLY
            node.a = other
            node.b = self
            node.da = None
            node.db = a
            node.seen = None
            node.label = ""
            return node

        def __truediv__(self, other):
            a = self.data
            if other.__class__ is Value:
                b = other.data
                y = divide(a, b)
                t2 = divide(1, b)
                t3 = divide(y, b)
                t4 = -t3
                da = t2
                db = t4
            elif isinstance(other, Value):
                return DIVIDE(self, other)
            else:
                other = constant(other)
                b = other.data
                y = divide(a, b)
                t2 = divide(1, b)
                da = t2
                db = None
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = DIVIDE
            node.a = self
            node.b = other
            node.da = da
            node.db = db
            node.seen = None
            node.label = ""
            return node

        def __rtruediv__(self, other):
            other = constant(other)
            a = other.data
            b = self.data
            y = divide(a, b)
            t2 = divide(y, b)
            t3 = -t2
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = DIVIDE
            node.a = other
            node.b = self
            node.da = None
            node.db = t3
            node.seen = None
            node.label = ""
            return node

        def __pow__(self, other):
            a = self.data
            if other.__class__ is Value:
                b = other.data
                y = power(a, b)
                t2 = b - 1
                t3 = power(a, t2)
                t4 = b * t3 if b and t3 else 0.0
                t5 = strong_log(a)
                t6 = y * t5 if y and t5 else 0.0
                da = t4
                db = t6
            elif isinstance(other, Value):
                return POWER(self, other)
            else:
                other = constant(other)
                b = other.data
                y = power(a, b)
                t2 = b - 1
                t3 = power(a, t2)
                t4 = b * t3 if b and t3 else 0.0
                da = t4
                db = None
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = POWER
            node.a = self
            node.b = other
            node.da = da
            node.db = db
            node.seen = None
            node.label = ""
            return node

        def __rpow__(self, other):
            other = constant(other)
            a = other.data
            b = self.data
            y = power(a, b)
            t2 = strong_log(a)
            t3 = y * t2 if y and t2 else 0.0
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = POWER
            node.a = other
            node.b = self
            node.da = None
            node.db = t3
            node.seen = None
            node.label = ""
            return node

        def maximum(self, other):
            """``y = max(a, b); ∂y/∂a = 0.5 + 0.5·sign(a − b), ∂y/∂b = 0.5 − 0.5·sign(a − b)``."""
            a = self.data
            if other.__class__ is Value:
                b = other.data
                y = a if a > b or a != a else b
                t2 = 1.0 if a > b else -1.0 if a < b else 0.0
                t3 = 0.5 * t2
                t4 = 0.5 + t3
                t5 = 0.5 - t3
                da = t4 or None
                db = t5 or None
            elif isinstance(other, Value):
                return MAXIMUM(self, other)
            else:
                other = constant(other)
                b = other.data
                y = a if a > b or a != a else b
                t2 = 1.0 if a > b else -1.0 if a < b else 0.0
                t3 = 0.5 * t2
                t4 = 0.5 + t3
                da = t4 or None
                db = None
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = MAXIMUM
            node.a = self
            node.b = other
            node.da = da
            node.db = db
            node.seen = None
            node.label = ""
            return node

        def minimum(self, other):
            """``y = min(a, b); ∂y/∂a = 0.5 − 0.5·sign(a − b), ∂y/∂b = 0.5 + 0.5·sign(a − b)``."""
            a = self.data
            if other.__class__ is Value:
                b = other.data
                y = a if a < b or a != a else b
                t2 = 1.0 if a > b else -1.0 if a < b else 0.0
                t3 = 0.5 * t2
                t4 = 0.5 - t3
                t5 = 0.5 + t3
                da = t4 or None
                db = t5 or None
            elif isinstance(other, Value):
                return MINIMUM(self, other)
            else:
                other = constant(other)
                b = other.data
                y = a if a < b or a != a else b
                t2 = 1.0 if a > b else -1.0 if a < b else 0.0
                t3 = 0.5 * t2
                t4 = 0.5 - t3
                da = t4 or None
                db = None
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = MINIMUM
            node.a = self
            node.b = other
            node.da = da
            node.db = db
            node.seen = None
            node.label = ""
            return node

        def __neg__(self):
            a = self.data
            y = -a
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = NEGATIVE
            node.a = self
            node.b = None
            node.da = -1.0
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def abs(self):
            """``y = |a|; ∂y/∂a = sign(a)``."""
            a = self.data
            y = abs(a)
            t2 = sign(a)
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = ABS
            node.a = self
            node.b = None
            node.da = t2
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def exp(self):
            """``y = exp(a); ∂y/∂a = y``."""
            a = self.data
            y = exp(a)
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = EXP
            node.a = self
            node.b = None
            node.da = y
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def expm1(self):
            """``y = expm1(a); ∂y/∂a = y + 1``."""
            a = self.data
            y = expm1(a)
            t2 = y + 1
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = EXPM1
            node.a = self
            node.b = None
            node.da = t2
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def log(self):
            """``y = log(a); ∂y/∂a = 1 / a``."""
            a = self.data
            y = log(a)
            t2 = divide(1, a)
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = LOG
            node.a = self
            node.b = None
            node.da = t2
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def log1p(self):
            """``y = log1p(a); ∂y/∂a = 1 / (1 + a)``."""
            a = self.data
            y = log1p(a)
            t2 = 1 + a
            t3 = divide(1, t2)
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = LOG1P
            node.a = self
            node.b = None
            node.da = t3
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def sqrt(self):
            """``y = sqrt(a); ∂y/∂a = 0.5 / y``."""
            a = self.data
            y = sqrt(a)
            t2 = divide(0.5, y)
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = SQRT
            node.a = self
            node.b = None
            node.da = t2
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def sin(self):
            """``y = sin(a); ∂y/∂a = cos(a)``."""
            a = self.data
            y = sin(a)
            t2 = cos(a)
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = SIN
            node.a = self
            node.b = None
            node.da = t2
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def cos(self):
            """``y = cos(a); ∂y/∂a = −sin(a)``."""
            a = self.data
            y = cos(a)
            t2 = sin(a)
            t3 = -t2
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = COS
            node.a = self
            node.b = None
            node.da = t3
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def tanh(self):
            """``y = tanh(a); ∂y/∂a = 1 − y²``."""
            a = self.data
            y = tanh(a)
            t2 = y * y
            t3 = 1 - t2
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = TANH
            node.a = self
            node.b = None
            node.da = t3
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def relu(self):
            """``y = max(a, 0); ∂y/∂a = [a > 0]``."""
            a = self.data
            y = a if a > 0.0 or a != a else 0.0
            t2 = 1.0 if a > 0 else 0.0
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = RELU
            node.a = self
            node.b = None
            node.da = t2 or None
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def sigmoid(self):
            """``y = 1 / (1 + exp(−a)); ∂y/∂a = y·(1 − y)``."""
            a = self.data
            t1 = a if a < 40.0 or a != a else 40.0
            t2 = exp(t1)
            t3 = 1 + t2
            y = t2 / t3
            t5 = 1 - y
            t6 = y * t5
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = SIGMOID
            node.a = self
            node.b = None
            node.da = t6
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def silu(self):
            """``y = a·σ(a); ∂y/∂a = σ(a) + y·(1 − σ(a))``."""
            a = self.data
            t1 = a if a > -1000.0 or a != a else -1000.0
            t2 = a if a < 40.0 or a != a else 40.0
            t3 = exp(t2)
            t4 = 1 + t3
            t5 = t3 / t4
            y = t1 * t5
            t7 = bounded(y)
            t8 = 1 - t5
            t9 = t7 * t8
            t10 = t5 + t9
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = SILU
            node.a = self
            node.b = None
            node.da = t10
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def softplus(self):
            """``y = log(1 + exp(a)); ∂y/∂a = σ(a)``."""
            a = self.data
            t1 = a if a > 0 or a != a else 0
            t2 = abs(a)
            t3 = -t2
            t4 = exp(t3)
            t5 = log1p(t4)
            y = t1 + t5
            t7 = a if a < 40.0 or a != a else 40.0
            t8 = exp(t7)
            t9 = 1 + t8
            t10 = t8 / t9
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = SOFTPLUS
            node.a = self
            node.b = None
            node.da = t10
            node.db = None
            node.seen = None
            node.label = ""
            return node

        def gelu(self):
            """``y = 0.5·a·(1 + tanh(0.797885·(a + 0.044715·a³))); ∂y/∂a = 0.5·(1 + tanh(0.797885·a·(1 + 0.044715·a²)) + 0.797885·a·(1 − tanh(0.797885·a·(1 + 0.044715·a²))²)·(1 + 0.134145·a²))``."""
            a = self.data
            t1 = a if a > -1000.0 or a != a else -1000.0
            t2 = 0.5 * t1
            t3 = bounded(a)
            t4 = 0.7978845608028654 * t3
            t5 = t3 * t3
            t6 = 0.044715 * t5
            t7 = 1 + t6
            t8 = t4 * t7
            t9 = tanh(t8)
            t10 = 1 + t9
            y = t2 * t10
            t12 = t9 * t9
            t13 = 1 - t12
            t14 = t4 * t13
            t15 = 0.134145 * t5
            t16 = 1 + t15
            t17 = t14 * t16
            t18 = t10 + t17
            t19 = 0.5 * t18
            node = new(Value)
            node.data = y
            node.grad = 0.0
            node.op = GELU
            node.a = self
            node.b = None
            node.da = t19
            node.db = None
            node.seen = None
            node.label = ""
            return node

    return Methods
