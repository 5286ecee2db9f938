"""The methods of ``Value``, written by ``generate`` from the rows of the table: do not edit.

Each computes its result and the local derivatives that the node keeps.
"""

from .ops import elementwise as rows
from .readings.floats import FLOATS

abs = FLOATS.abs
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
strong_multiply = FLOATS.strong_multiply
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


def methods(Value, constant):
    """A class that holds the methods, for ``Value`` to take."""

    class Methods:
        def __add__(self, other):
            if other.__class__ is Value:
                a = self.data
                b = other.data
                y = a + b
                return Value(y, ADD, (self, other), (1.0, 1.0))
            if isinstance(other, Value):
                return ADD(self, other)
            other = constant(other)
            a = self.data
            b = other.data
            y = a + b
            return Value(y, ADD, (self, other), (1.0, 0.0))

        def __radd__(self, other):
            other = constant(other)
            a = other.data
            b = self.data
            y = a + b
            return Value(y, ADD, (other, self), (0.0, 1.0))

        def __sub__(self, other):
            if other.__class__ is Value:
                a = self.data
                b = other.data
                y = a - b
                return Value(y, SUBTRACT, (self, other), (1.0, -1.0))
            if isinstance(other, Value):
                return SUBTRACT(self, other)
            other = constant(other)
            a = self.data
            b = other.data
            y = a - b
            return Value(y, SUBTRACT, (self, other), (1.0, 0.0))

        def __rsub__(self, other):
            other = constant(other)
            a = other.data
            b = self.data
            y = a - b
            return Value(y, SUBTRACT, (other, self), (0.0, -1.0))

        def __mul__(self, other):
            if other.__class__ is Value:
                a = self.data
                b = other.data
                y = a * b
                return Value(y, MULTIPLY, (self, other), (b, a))
            if isinstance(other, Value):
                return MULTIPLY(self, other)
            other = constant(other)
            a = self.data
            b = other.data
            y = a * b
            return Value(y, MULTIPLY, (self, other), (b, 0.0))

        def __rmul__(self, other):
            other = constant(other)
            a = other.data
            b = self.data
            y = a * b
            return Value(y, MULTIPLY, (other, self), (0.0, a))

        def __truediv__(self, other):
            if other.__class__ is Value:
                a = self.data
                b = other.data
                y = divide(a, b)
                t2 = divide(1, b)
                t3 = divide(y, b)
                t4 = -t3
                return Value(y, DIVIDE, (self, other), (t2, t4))
            if isinstance(other, Value):
                return DIVIDE(self, other)
            other = constant(other)
            a = self.data
            b = other.data
            y = divide(a, b)
            t2 = divide(1, b)
            return Value(y, DIVIDE, (self, other), (t2, 0.0))

        def __rtruediv__(self, other):
            other = constant(other)
            a = other.data
            b = self.data
            y = divide(a, b)
            t2 = divide(y, b)
            t3 = -t2
            return Value(y, DIVIDE, (other, self), (0.0, t3))

        def __pow__(self, other):
            if other.__class__ is Value:
                a = self.data
                b = other.data
                y = power(a, b)
                t2 = b - 1
                t3 = power(a, t2)
                t4 = strong_multiply(b, t3)
                t5 = log(a)
                t6 = strong_multiply(y, t5)
                return Value(y, POWER, (self, other), (t4, t6))
            if isinstance(other, Value):
                return POWER(self, other)
            other = constant(other)
            a = self.data
            b = other.data
            y = power(a, b)
            t2 = b - 1
            t3 = power(a, t2)
            t4 = strong_multiply(b, t3)
            return Value(y, POWER, (self, other), (t4, 0.0))

        def __rpow__(self, other):
            other = constant(other)
            a = other.data
            b = self.data
            y = power(a, b)
            t2 = log(a)
            t3 = strong_multiply(y, t2)
            return Value(y, POWER, (other, self), (0.0, t3))

        def maximum(self, other):
            """``y = max(a, b); ∂y/∂a = 0.5 + 0.5·sign(a − b), ∂y/∂b = 0.5 − 0.5·sign(a − b)``."""
            if other.__class__ is Value:
                a = self.data
                b = other.data
                y = maximum(a, b)
                t2 = a - b
                t3 = sign(t2)
                t4 = 0.5 * t3
                t5 = 0.5 + t4
                t6 = 0.5 - t4
                return Value(y, MAXIMUM, (self, other), (t5, t6))
            if isinstance(other, Value):
                return MAXIMUM(self, other)
            other = constant(other)
            a = self.data
            b = other.data
            y = maximum(a, b)
            t2 = a - b
            t3 = sign(t2)
            t4 = 0.5 * t3
            t5 = 0.5 + t4
            return Value(y, MAXIMUM, (self, other), (t5, 0.0))

        def minimum(self, other):
            """``y = min(a, b); ∂y/∂a = 0.5 − 0.5·sign(a − b), ∂y/∂b = 0.5 + 0.5·sign(a − b)``."""
            if other.__class__ is Value:
                a = self.data
                b = other.data
                y = minimum(a, b)
                t2 = a - b
                t3 = sign(t2)
                t4 = 0.5 * t3
                t5 = 0.5 - t4
                t6 = 0.5 + t4
                return Value(y, MINIMUM, (self, other), (t5, t6))
            if isinstance(other, Value):
                return MINIMUM(self, other)
            other = constant(other)
            a = self.data
            b = other.data
            y = minimum(a, b)
            t2 = a - b
            t3 = sign(t2)
            t4 = 0.5 * t3
            t5 = 0.5 - t4
            return Value(y, MINIMUM, (self, other), (t5, 0.0))

        def __neg__(self):
            a = self.data
            y = -a
            return Value(y, NEGATIVE, (self,), (-1.0,))

        def abs(self):
            """``y = |a|; ∂y/∂a = sign(a)``."""
            a = self.data
            y = abs(a)
            t2 = sign(a)
            return Value(y, ABS, (self,), (t2,))

        def exp(self):
            """``y = exp(a); ∂y/∂a = y``."""
            a = self.data
            y = exp(a)
            return Value(y, EXP, (self,), (y,))

        def expm1(self):
            """``y = expm1(a); ∂y/∂a = y + 1``."""
            a = self.data
            y = expm1(a)
            t2 = y + 1
            return Value(y, EXPM1, (self,), (t2,))

        def log(self):
            """``y = log(a); ∂y/∂a = 1 / a``."""
            a = self.data
            y = log(a)
            t2 = divide(1, a)
            return Value(y, LOG, (self,), (t2,))

        def log1p(self):
            """``y = log1p(a); ∂y/∂a = 1 / (1 + a)``."""
            a = self.data
            y = log1p(a)
            t2 = 1 + a
            t3 = divide(1, t2)
            return Value(y, LOG1P, (self,), (t3,))

        def sqrt(self):
            """``y = sqrt(a); ∂y/∂a = 0.5 / y``."""
            a = self.data
            y = sqrt(a)
            t2 = divide(0.5, y)
            return Value(y, SQRT, (self,), (t2,))

        def sin(self):
            """``y = sin(a); ∂y/∂a = cos(a)``."""
            a = self.data
            y = sin(a)
            t2 = cos(a)
            return Value(y, SIN, (self,), (t2,))

        def cos(self):
            """``y = cos(a); ∂y/∂a = −sin(a)``."""
            a = self.data
            y = cos(a)
            t2 = sin(a)
            t3 = -t2
            return Value(y, COS, (self,), (t3,))

        def tanh(self):
            """``y = tanh(a); ∂y/∂a = 1 − y²``."""
            a = self.data
            y = tanh(a)
            t2 = y * y
            t3 = 1 - t2
            return Value(y, TANH, (self,), (t3,))

        def relu(self):
            """``y = max(a, 0); ∂y/∂a = [a > 0]``."""
            a = self.data
            y = maximum(a, 0.0)
            t2 = 1.0 if a > 0 else 0.0
            return Value(y, RELU, (self,), (t2,))

        def sigmoid(self):
            """``y = 1 / (1 + exp(−a)); ∂y/∂a = y·(1 − y)``."""
            a = self.data
            t1 = minimum(a, 0)
            t2 = exp(t1)
            t3 = abs(a)
            t4 = -t3
            t5 = exp(t4)
            t6 = 1 + t5
            y = t2 / t6
            t8 = 1 - y
            t9 = y * t8
            return Value(y, SIGMOID, (self,), (t9,))

        def silu(self):
            """``y = a·σ(a); ∂y/∂a = σ(a) + y·(1 − σ(a))``."""
            a = self.data
            t1 = minimum(a, 0)
            t2 = exp(t1)
            t3 = abs(a)
            t4 = -t3
            t5 = exp(t4)
            t6 = 1 + t5
            t7 = t2 / t6
            y = a * t7
            t9 = 1 - t7
            t10 = y * t9
            t11 = t7 + t10
            return Value(y, SILU, (self,), (t11,))

        def softplus(self):
            """``y = log(1 + exp(a)); ∂y/∂a = σ(a)``."""
            a = self.data
            t1 = maximum(a, 0)
            t2 = abs(a)
            t3 = -t2
            t4 = exp(t3)
            t5 = log1p(t4)
            y = t1 + t5
            t7 = minimum(a, 0)
            t8 = exp(t7)
            t9 = 1 + t4
            t10 = t8 / t9
            return Value(y, SOFTPLUS, (self,), (t10,))

        def gelu(self):
            """``y = 0.5·a·(1 + tanh(0.797885·(a + 0.044715·a³))); ∂y/∂a = 0.5·(1 + tanh(0.797885·(a + 0.044715·a³))) + 0.5·a·(1 − tanh(0.797885·(a + 0.044715·a³))²)·0.797885·(1 + 0.134145·a²)``."""
            a = self.data
            t1 = 0.5 * a
            t2 = 0.044715 * a
            t3 = t2 * a
            t4 = t3 * a
            t5 = a + t4
            t6 = 0.7978845608028654 * t5
            t7 = tanh(t6)
            t8 = 1 + t7
            y = t1 * t8
            t10 = 0.5 * t8
            t11 = t7 * t7
            t12 = 1 - t11
            t13 = t1 * t12
            t14 = t13 * 0.7978845608028654
            t15 = 0.134145 * a
            t16 = t15 * a
            t17 = 1 + t16
            t18 = t14 * t17
            t19 = t10 + t18
            return Value(y, GELU, (self,), (t19,))

    return Methods
