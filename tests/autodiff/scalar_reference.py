"""A scalar engine in the manner of micrograd, closures and all: slow, obvious, and written independently."""

import math


class Reference:
    def __init__(self, data, children=()):
        self.data, self.grad, self.children = data, 0.0, tuple(children)
        self.hand_back = lambda: None

    @classmethod
    def of(cls, number):
        return number if isinstance(number, cls) else cls(number)

    def __add__(self, other):
        other = self.of(other)
        out = Reference(self.data + other.data, (self, other))

        def hand_back():
            self.grad += out.grad
            other.grad += out.grad

        out.hand_back = hand_back
        return out

    def __mul__(self, other):
        other = self.of(other)
        out = Reference(self.data * other.data, (self, other))

        def hand_back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.hand_back = hand_back
        return out

    def __pow__(self, exponent):
        return self.through(self.data**exponent, exponent * self.data ** (exponent - 1))

    def through(self, result, slope):
        out = Reference(result, (self,))

        def hand_back():
            self.grad += slope * out.grad

        out.hand_back = hand_back
        return out

    def relu(self):
        return self.through(max(self.data, 0.0), 1.0 if self.data > 0 else 0.0)

    def exp(self):
        return self.through(math.exp(self.data), math.exp(self.data))

    def log(self):
        return self.through(math.log(self.data), 1 / self.data)

    def tanh(self):
        return self.through(math.tanh(self.data), 1 - math.tanh(self.data) ** 2)

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -self.of(other)

    def __rsub__(self, other):
        return self.of(other) - self

    def __truediv__(self, other):
        return self * self.of(other) ** -1

    def __rtruediv__(self, other):
        return self.of(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        """Children before parents, without recursion; only leaves keep what they had."""
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, finished = stack.pop()
            if finished:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((child, False) for child in node.children)
        self.grad = 1.0
        for node in reversed(order):
            node.hand_back()
