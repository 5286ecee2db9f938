"""From gradient to step, line by line, for each optimizer: the formulas as they are published.

Optimizers keep scaled sums, which save passes over memory; here the textbook's quantities are computed
from these, and the last line is what the optimizer really left in the parameters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..optim import Adagrad, Adam, AdamW, GradientDescent, Momentum, Nesterov, Optimizer, RMSprop
from .builder import Builder
from .record import Line, Quantity

Array = np.ndarray[Any, Any]
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
NORM = "norm of all gradients together"


class Update:
    """What the optimizer is about to do: its settings and its state before the step.

    Parameters
    ----------
    optimizer
        Before its step.
    parameters, gradient
        The flat vectors of the network; the gradient after clipping.
    clip, norm
        The bound, and the norm before clipping; None where nothing is clipped.
    """

    def __init__(
        self, optimizer: Optimizer, parameters: Array, gradient: Array, clip: float | None, norm: float | None
    ) -> None:
        self.optimizer, self.clip, self.norm = optimizer, clip, norm
        self.rate = float(optimizer.current_learning_rate)
        self.t = optimizer.steps_taken + 1
        self.gradient, self.parameters = gradient, parameters.copy()
        self.length: Line | None = None
        state = optimizer.state()
        self.state = {name: state.get(name, np.zeros_like(parameters)) for name in optimizer.state_names}

    def record(
        self,
        builder: Builder,
        before: Quantity,
        gradient: Quantity,
        part: slice,
        after: Array,
        layer: int,
    ) -> None:
        """Add the update record of the parameter that lies at ``part`` of the flat vector."""
        lines = _Lines(builder, before, part, self)
        g, theta = gradient.name, before.name
        if self.clip is not None and self.norm is not None and self.norm > self.clip:
            if self.length is None:
                self.length = Line(f"‖g‖ = {NORM}", builder.quantity("‖g‖", np.asarray(self.norm), "state"))
            lines.found.append(self.length)
            formula = f"{gradient.name}·{exact(self.clip)} / ‖g‖"
            g = lines.add(f"clipped {gradient.name}", formula, self.gradient[part])
        if isinstance(self.optimizer, AdamW):
            theta = lines.decay(self.optimizer)
        step = lines.step(g)
        final = builder.quantity(f"{before.name} after", after, "parameter")
        lines.found.append(Line(f"{final.name} = {theta} − {step}", final))
        settings = {name: value for name, value in self.optimizer.settings().items() if _plain(value)}
        settings.update(learning_rate=self.rate, step=self.t)
        name = self.optimizer.name or type(self.optimizer).__name__
        builder.update(name, layer, before, gradient, lines.found, **settings)


class _Lines:
    """The lines of one parameter's update."""

    def __init__(self, builder: Builder, before: Quantity, part: slice, update: Update) -> None:
        self.builder, self.before, self.part, self.update = builder, before, part, update
        self.found: list[Line] = []

    def add(self, name: str, formula: str, data: Any) -> str:
        quantity = self.builder.quantity(
            name, np.reshape(np.asarray(data, self.before.data.dtype), self.before.shape), "state"
        )
        self.found.append(Line(f"{quantity.name} = {formula}", quantity))
        return quantity.name

    def kept(self, name: str, what: str, data: Any) -> str:
        """What is left from the steps before."""
        first = self.update.t == 1
        return self.add(name, f"{what}, 0 at the start" if first else f"{what} so far", data)

    def was(self, name: str) -> Array:
        return self.update.state[name][self.part]

    def decay(self, optimizer: AdamW) -> str:
        """The weights shrunk, beside Adam's step."""
        theta = self.update.parameters[self.part]
        mask: Any = 1.0 if optimizer.decay_mask is None else optimizer.decay_mask[self.part]
        if optimizer.weight_decay == 0 or not np.any(mask):
            return self.before.name
        rate, decay = self.update.rate, optimizer.weight_decay
        formula = f"{self.before.name}·(1 − {exact(rate)}·{exact(decay)})"
        return self.add(f"decayed {self.before.name}", formula, theta * (1 - rate * decay * mask))

    def step(self, g: str) -> str:
        """The lines up to what is subtracted; returns its text."""
        optimizer, rate = self.update.optimizer, self.update.rate
        gradient = self.update.gradient[self.part]
        if isinstance(optimizer, Adam):
            return self.adam(optimizer, g, gradient)
        if isinstance(optimizer, RMSprop):
            return self.rmsprop(optimizer, g, gradient)
        if isinstance(optimizer, Adagrad):
            return self.adagrad(optimizer, g, gradient)
        if isinstance(optimizer, Momentum):
            return self.momentum(optimizer, g, gradient)
        if type(optimizer) is GradientDescent:
            return f"{exact(rate)}·{g}"
        return f"what {type(optimizer).__name__} made of {g}"

    def momentum(self, optimizer: Momentum, g: str, gradient: Array) -> str:
        mu, rate, name = optimizer.momentum, self.update.rate, self.before.name
        nesterov = isinstance(optimizer, Nesterov)
        kept = self.was("decayed_velocity" if nesterov else "velocity")
        old = self.kept(f"v({name}) before", "velocity", kept / mu if nesterov and mu else kept)
        velocity = (kept if nesterov else mu * kept) + gradient
        new = self.add(f"v({name})", f"{exact(mu)}·{old} + {g}", velocity)
        return f"{exact(rate)}·({g} + {exact(mu)}·{new})" if nesterov else f"{exact(rate)}·{new}"

    def adam(self, optimizer: Adam, g: str, gradient: Array) -> str:
        b1, b2, rate, t, name = (
            optimizer.beta1,
            optimizer.beta2,
            self.update.rate,
            self.update.t,
            self.before.name,
        )
        power = str(t).translate(SUPERSCRIPT)
        m0 = (1 - b1) * self.was("decayed_sum")
        v0 = (1 - b2) * self.was("decayed_square_sum")
        old_m = self.kept(f"m({name}) before", "mean of gradients", m0)
        old_v = self.kept(f"v({name}) before", "mean of squared gradients", v0)
        m, v = b1 * m0 + (1 - b1) * gradient, b2 * v0 + (1 - b2) * gradient * gradient
        new_m = self.add(f"m({name})", f"{exact(b1)}·{old_m} + (1 − {exact(b1)})·{g}", m)
        new_v = self.add(f"v({name})", f"{exact(b2)}·{old_v} + (1 − {exact(b2)})·{g}²", v)
        m_hat = self.add(f"m̂({name})", f"{new_m} / (1 − {exact(b1)}{power})", m / (1 - b1**t))
        v_hat = self.add(f"v̂({name})", f"{new_v} / (1 − {exact(b2)}{power})", v / (1 - b2**t))
        step = rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + optimizer.epsilon)
        return self.add(
            f"step({name})", f"{exact(rate)}·{m_hat} / (√{v_hat} + {exact(optimizer.epsilon)})", step
        )

    def rmsprop(self, optimizer: RMSprop, g: str, gradient: Array) -> str:
        alpha, rate, name = optimizer.alpha, self.update.rate, self.before.name
        s0 = (1 - alpha) * self.was("decayed_square_sum")
        old = self.kept(f"s({name}) before", "mean of squared gradients", s0)
        s = alpha * s0 + (1 - alpha) * gradient * gradient
        new = self.add(f"s({name})", f"{exact(alpha)}·{old} + (1 − {exact(alpha)})·{g}²", s)
        step = rate * gradient / (np.sqrt(s) + optimizer.epsilon)
        return self.add(f"step({name})", f"{exact(rate)}·{g} / (√{new} + {exact(optimizer.epsilon)})", step)

    def adagrad(self, optimizer: Adagrad, g: str, gradient: Array) -> str:
        rate, name = self.update.rate, self.before.name
        s0 = self.was("square_sum")
        old = self.kept(f"s({name}) before", "sum of squared gradients", s0)
        s = s0 + gradient * gradient
        new = self.add(f"s({name})", f"{old} + {g}²", s)
        step = rate * gradient / (np.sqrt(s) + optimizer.epsilon)
        return self.add(f"step({name})", f"{exact(rate)}·{g} / (√{new} + {exact(optimizer.epsilon)})", step)


def _plain(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def exact(x: float) -> str:
    """A setting in a formula: short where that is exact."""
    short = f"{x:.6g}"
    return short if float(short) == x else repr(x)
