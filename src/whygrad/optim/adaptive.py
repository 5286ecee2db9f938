"""Optimizers that give each parameter a rate of its own, from the squares of the gradients it has had.

Formulas are as PyTorch defines them, with g the gradient, lr the learning rate and t the number of the step,
counted from 1. Code that orders its arithmetic differently does so to save passes over memory, and says how
it comes to the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from whygrad.errors import SettingError
from whygrad.optim._settings import FRACTION, NOT_NEGATIVE, POSITIVE
from whygrad.optim._vectors import FloatVector, check_alike
from whygrad.optim.base import Optimizer, setting
from whygrad.optim.schedules import Schedule


class Adagrad(Optimizer):
    """Gradient descent at a rate for each parameter, which falls with all the gradients it has had.

    ``s <- s + g^2; theta <- theta - lr g / (sqrt(s) + eps)``, s from 0. The rate never rises again.

    Parameters
    ----------
    learning_rate
        A number above 0, or a schedule.
    epsilon
        eps, above 0: keeps a parameter that had no gradient yet from 0 / 0.

    References
    ----------
    Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
    2011.

    Examples
    --------
    >>> optimizer, parameters = Adagrad(0.5), np.zeros(2)
    >>> optimizer.step(parameters, np.array([3.0, -400.0]))
    >>> parameters
    array([-0.5,  0.5])
    """

    name: ClassVar[str] = "adagrad"
    state_names: ClassVar[tuple[str, ...]] = ("square_sum",)
    epsilon: float = setting(POSITIVE)

    def __init__(self, learning_rate: float | Schedule = 0.01, epsilon: float = 1e-10) -> None:
        super().__init__(learning_rate)
        self.epsilon = epsilon

    def _constants(self) -> tuple[float, ...]:
        return (self.epsilon,)

    def _update(self, parameters: FloatVector, gradient: FloatVector, rate: float) -> None:
        (epsilon,), lr = self._scalars, self._rate
        lr[...] = rate
        for theta, g, squares, work in self._blocks:
            np.multiply(g, g, work)
            np.add(squares, work, squares)
            np.sqrt(squares, work)
            np.add(work, epsilon, work)
            np.divide(g, work, work)
            np.multiply(work, lr, work)
            np.subtract(theta, work, theta)


class RMSprop(Optimizer):
    """Gradient descent at a rate for each parameter, by the running mean of its squared gradients.

    ``s <- alpha s + (1 - alpha) g^2; theta <- theta - lr g / (sqrt(s) + eps)``, s from 0.

    Parameters
    ----------
    learning_rate
        A number above 0, or a schedule.
    alpha
        From 0 to below 1: how much of the running mean of squares is left a step later.
    epsilon
        eps, above 0, outside the root.

    References
    ----------
    Tieleman and Hinton, "Neural Networks for Machine Learning", lecture 6.5, 2012.

    Examples
    --------
    >>> optimizer, parameters = RMSprop(0.5, alpha=0.75), np.zeros(2)
    >>> optimizer.step(parameters, np.array([3.0, -400.0]))
    >>> parameters.round(6)
    array([-1.,  1.])
    """

    name: ClassVar[str] = "rmsprop"
    state_names: ClassVar[tuple[str, ...]] = ("decayed_square_sum",)
    alpha: float = setting(FRACTION, fixed=True)
    epsilon: float = setting(POSITIVE)

    def __init__(
        self, learning_rate: float | Schedule = 0.01, alpha: float = 0.99, epsilon: float = 1e-8
    ) -> None:
        super().__init__(learning_rate)
        self.alpha, self.epsilon = alpha, epsilon

    def _constants(self) -> tuple[float, ...]:
        return self.alpha, self.epsilon / math.sqrt(1 - self.alpha)

    def _update(self, parameters: FloatVector, gradient: FloatVector, rate: float) -> None:
        # Kept is the sum s / (1 - alpha), which saves a pass:
        #     c = sqrt(1 - alpha)
        #     lr g / (sqrt(s) + eps) = (lr / c) g / (sqrt(sum) + eps / c)
        (alpha, epsilon), factor = self._scalars, self._rate
        factor[...] = rate / math.sqrt(1 - self.alpha)
        for theta, g, squares, work in self._blocks:
            np.multiply(squares, alpha, squares)
            np.multiply(g, g, work)
            np.add(squares, work, squares)
            np.sqrt(squares, work)
            np.add(work, epsilon, work)
            np.divide(g, work, work)
            np.multiply(work, factor, work)
            np.subtract(theta, work, theta)


class Adam(Optimizer):
    """Momentum and a rate for each parameter, both running means corrected for their start at 0.

    ::

        m <- beta1 m + (1 - beta1) g        m^ = m / (1 - beta1^t)
        v <- beta2 v + (1 - beta2) g^2      v^ = v / (1 - beta2^t)
        theta <- theta - lr m^ / (sqrt(v^) + eps)

    So the first step of every parameter has the size of the learning rate, whatever its gradient.

    Parameters
    ----------
    learning_rate
        A number above 0, or a schedule.
    beta1, beta2
        From 0 to below 1: how much of the two running means is left a step later.
    epsilon
        eps, above 0, outside the root.

    References
    ----------
    Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015.

    Examples
    --------
    >>> optimizer, parameters = Adam(0.5), np.zeros(2)
    >>> optimizer.step(parameters, np.array([3.0, -400.0]))
    >>> parameters.round(6)
    array([-0.5,  0.5])
    """

    name: ClassVar[str] = "adam"
    state_names: ClassVar[tuple[str, ...]] = ("decayed_sum", "decayed_square_sum")
    beta1: float = setting(FRACTION, fixed=True)
    beta2: float = setting(FRACTION, fixed=True)
    epsilon: float = setting(POSITIVE)

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(learning_rate)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def _constants(self) -> tuple[float, ...]:
        return self.beta1, self.beta2, self.epsilon

    def _update(self, parameters: FloatVector, gradient: FloatVector, rate: float) -> None:
        # Kept are the sums m / (1 - beta1) and v / (1 - beta2), which saves two passes, and what the
        # corrections would do to the vectors is done to two numbers:
        #     c = sqrt((1 - beta2^t) / (1 - beta2))
        #     lr m^ / (sqrt(v^) + eps) = lr c (1 - beta1) / (1 - beta1^t) * sum_g / (sqrt(sum_gg) + c eps)
        (beta1, beta2, epsilon), factor = self._scalars, self._rate
        t = self.steps_taken + 1
        correction = math.sqrt((1 - self.beta2**t) / (1 - self.beta2))
        factor[...] = rate * correction * (1 - self.beta1) / (1 - self.beta1**t)
        epsilon.fill(correction * self.epsilon)
        for theta, g, sums, squares, work in self._blocks:
            np.multiply(sums, beta1, sums)
            np.add(sums, g, sums)
            np.multiply(squares, beta2, squares)
            np.multiply(g, g, work)
            np.add(squares, work, squares)
            np.sqrt(squares, work)
            np.add(work, epsilon, work)
            np.divide(sums, work, work)
            np.multiply(work, factor, work)
            np.subtract(theta, work, theta)


class AdamW(Adam):
    """Adam beside a decay of the weights that does not pass through its means.

    ``theta <- theta (1 - lr wd mask)``, then the step of Adam.

    Parameters
    ----------
    learning_rate
        A number above 0, or a schedule; the decay follows it.
    beta1, beta2, epsilon
        As for Adam.
    weight_decay
        wd, 0 or above.
    decay_mask
        How much of the decay each parameter takes, of shape (n,): true or false, or numbers from 0 to 1. A
        mask that is false at the biases decays the weights alone. Without one, all parameters decay. It is
        copied.

    References
    ----------
    Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.

    Examples
    --------
    >>> optimizer, parameters = AdamW(0.5, weight_decay=0.2, decay_mask=np.array([True, False])), np.ones(2)
    >>> optimizer.step(parameters, np.zeros(2))
    >>> parameters
    array([0.9, 1. ])
    """

    name: ClassVar[str] = "adamw"
    weight_decay: float = setting(NOT_NEGATIVE)

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
        decay_mask: npt.ArrayLike | None = None,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon)
        self.weight_decay = weight_decay
        self.decay_mask = decay_mask

    @property
    def decay_mask(self) -> npt.NDArray[Any] | None:
        """How much of the decay each parameter takes; ``None``: all of it. To change it, set another."""
        return self._decay_mask

    @decay_mask.setter
    def decay_mask(self, mask: npt.ArrayLike | None) -> None:
        self._decay_mask = None if mask is None else _read_mask(mask)
        self._forget_layout()

    def settings(self) -> dict[str, object]:
        """Return the keyword arguments that make this optimizer again, without its state."""
        return {**super().settings(), **({} if self.decay_mask is None else {"decay_mask": self.decay_mask})}

    def _shown(self) -> Iterator[str]:
        mask = self.decay_mask
        if mask is None:
            return super()._shown()
        shown = (text for text in super()._shown() if not text.startswith("decay_mask="))
        return chain(shown, [f"decay_mask=<{np.count_nonzero(mask)} of {mask.size} decay>"])

    def _lay_out(self, parameters: FloatVector) -> None:
        self._mask = None if self.decay_mask is None else self.decay_mask.astype(parameters.dtype)
        if self._mask is not None:
            check_alike("parameters", parameters, "decay_mask", self._mask)
        super()._lay_out(parameters)
        self._factors = np.ones_like(self._rate if self._mask is None else self._mask)
        self._decay = np.empty_like(self._rate)
        self._factor_rate: Any = None  # the learning rate that the factors are for

    def _update(self, parameters: FloatVector, gradient: FloatVector, rate: float) -> None:
        if rate is not self._factor_rate:
            decay = rate * self.weight_decay
            if self._mask is None:
                self._factors[...] = 1 - decay
            else:
                self._decay[...] = -decay
                np.multiply(self._mask, self._decay, out=self._factors)
                np.add(self._factors, 1.0, out=self._factors)
            self._factor_rate = rate
        np.multiply(parameters, self._factors, out=parameters)
        super()._update(parameters, gradient, rate)


def _read_mask(values: npt.ArrayLike) -> npt.NDArray[Any]:
    """Copy a mask of decay, checked, and closed to writing, which would go unnoticed."""
    mask = np.array(values)
    if mask.dtype.kind not in "biuf" or mask.ndim != 1:
        expected = "true and false, or numbers from 0 to 1, in shape (n,)"
        received = f"{mask.dtype} in shape {mask.shape}"
        raise SettingError(
            "decay_mask must be a flat vector of numbers", expected=expected, received=received
        )
    if not np.all((mask >= 0) & (mask <= 1)):
        received = f"from {mask.min()} to {mask.max()}"
        raise SettingError("decay_mask must hold numbers from 0 to 1", received=received)
    mask.flags.writeable = False
    return mask
