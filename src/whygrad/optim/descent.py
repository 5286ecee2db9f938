"""Optimizers with one learning rate for all parameters: gradient descent, plain and with momentum.

Formulas are as PyTorch defines them, with g the gradient and lr the learning rate.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from whygrad.optim._settings import FRACTION
from whygrad.optim._vectors import FloatVector
from whygrad.optim.base import Optimizer, setting
from whygrad.optim.schedules import Schedule


class GradientDescent(Optimizer):
    """Gradient descent: ``theta <- theta - lr g``. On mini-batches, stochastic gradient descent.

    References
    ----------
    Robbins and Monro, "A Stochastic Approximation Method", 1951.

    Examples
    --------
    >>> parameters = np.array([1.0, -2.0])
    >>> GradientDescent(0.5).step(parameters, np.array([2.0, 2.0]))
    >>> parameters
    array([ 0., -3.])
    """

    name: ClassVar[str] = "gradient-descent"

    def _update(self, parameters: FloatVector, gradient: FloatVector, rate: float) -> None:
        lr = self._rate
        lr[...] = rate
        for theta, g, work in self._blocks:
            np.multiply(g, lr, work)
            np.subtract(theta, work, theta)


class Momentum(Optimizer):
    """Gradient descent with momentum, a ball that rolls: ``v <- mu v + g; theta <- theta - lr v``, v from 0.

    A steady gradient g ends at the velocity ``g / (1 - mu)``, so with mu = 0.9 at ten times the plain step.

    Parameters
    ----------
    learning_rate
        A number above 0, or a schedule.
    momentum
        mu, from 0 to below 1: how much of the velocity is left a step later.

    References
    ----------
    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.

    Examples
    --------
    >>> optimizer, parameters = Momentum(1.0, momentum=0.5), np.zeros(1)
    >>> for _ in range(2):
    ...     optimizer.step(parameters, np.ones(1))
    >>> parameters
    array([-2.5])
    """

    name: ClassVar[str] = "momentum"
    state_names: ClassVar[tuple[str, ...]] = ("velocity",)
    momentum: float = setting(FRACTION, fixed=True)

    def __init__(self, learning_rate: float | Schedule = 0.01, momentum: float = 0.9) -> None:
        super().__init__(learning_rate)
        self.momentum = momentum

    def _constants(self) -> tuple[float, ...]:
        return (self.momentum,)

    def _update(self, parameters: FloatVector, gradient: FloatVector, rate: float) -> None:
        (momentum,), lr = self._scalars, self._rate
        lr[...] = rate
        for theta, g, velocity, work in self._blocks:
            np.multiply(velocity, momentum, velocity)
            np.add(velocity, g, velocity)
            np.multiply(velocity, lr, work)
            np.subtract(theta, work, theta)


class Nesterov(Momentum):
    """Momentum that looks ahead: ``v <- mu v + g; theta <- theta - lr (g + mu v)``, v from 0.

    Parameters
    ----------
    learning_rate
        A number above 0, or a schedule.
    momentum
        mu, from 0 to below 1.

    References
    ----------
    Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k^2)", 1983; in this
    form Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
    learning", 2013.

    Examples
    --------
    >>> optimizer, parameters = Nesterov(1.0, momentum=0.5), np.zeros(1)
    >>> optimizer.step(parameters, np.ones(1))
    >>> parameters
    array([-1.5])
    """

    name: ClassVar[str] = "nesterov"
    state_names: ClassVar[tuple[str, ...]] = ("decayed_velocity",)

    def _update(self, parameters: FloatVector, gradient: FloatVector, rate: float) -> None:
        # Kept is mu v, which serves this step and the next: u <- mu (u + g), and the direction is g + u.
        (momentum,), lr = self._scalars, self._rate
        lr[...] = rate
        for theta, g, decayed, work in self._blocks:
            np.add(decayed, g, decayed)
            np.multiply(decayed, momentum, decayed)
            np.add(decayed, g, work)
            np.multiply(work, lr, work)
            np.subtract(theta, work, theta)
