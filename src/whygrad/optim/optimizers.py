"""The optimizers by name, for settings files, command lines and whoever writes ``optimizer="adam"``."""

from __future__ import annotations

from typing import Any

from whygrad.errors import SettingError
from whygrad.optim._settings import make
from whygrad.optim.adaptive import Adagrad, Adam, AdamW, RMSprop
from whygrad.optim.base import Optimizer
from whygrad.optim.descent import GradientDescent, Momentum, Nesterov
from whygrad.optim.schedules import Schedule

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": GradientDescent,
    **{kind.name: kind for kind in (GradientDescent, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW)},
}


def make_optimizer(
    optimizer: str | Optimizer, learning_rate: float | Schedule | None = None, **settings: Any
) -> Optimizer:
    """Return the optimizer of that name, or the instance that is given.

    Parameters
    ----------
    optimizer
        A name in ``OPTIMIZERS``, upper or lower case, or an instance, which is returned as it is.
    learning_rate
        A number above 0, or a schedule; ``None``: the optimizer's own default.
    **settings
        Settings of that optimizer, such as ``momentum``.

    Raises
    ------
    SettingError
        An unknown name or setting, a value that cannot work, or settings beside an instance, which has its
        own.

    Examples
    --------
    >>> make_optimizer("momentum", learning_rate=0.1)
    Momentum(learning_rate=0.1, momentum=0.9)
    >>> make_optimizer("moment")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    whygrad.errors.SettingError: unknown optimizer "moment"
      hint: did you mean "momentum"? known: adagrad, adam, ...
    """
    if learning_rate is not None:
        settings["learning_rate"] = learning_rate
    if not isinstance(optimizer, Optimizer):
        return make("optimizer", OPTIMIZERS, optimizer, settings)
    if settings:
        raise SettingError(
            "settings beside an optimizer that has its own",
            received=f"{', '.join(settings)} beside {optimizer!r}",
            hint="give them where the optimizer is made, or give the optimizer by its name",
        )
    return optimizer
