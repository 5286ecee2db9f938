"""What every optimizer shares: learning rate, count of steps, buffers laid out once, and state to save.

An optimizer moves one flat vector of parameters, in place, given one flat gradient. A network whose layers
hold views of these two vectors is so updated in a handful of NumPy calls, however many layers it has.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from whygrad.errors import SettingError
from whygrad.optim._settings import NOT_NEGATIVE, Range, count, number, rate_of
from whygrad.optim._vectors import FloatVector, check_alike, check_flat
from whygrad.optim.schedules import Schedule, StatefulSchedule

FLUSH_EVERY = 256  # steps
BLOCK = 32768  # entries: with all that goes with it, a block stays in the cache from one call to the next
_SCHEDULE = "schedule."  # before the names of a schedule's own state


class _Setting:
    """A number an optimizer is made with, checked when it is set.

    It has no ``__get__``, so that reading it is a plain look-up in the instance, as formulas do.
    """

    def __init__(self, allowed: Range, fixed: bool) -> None:
        self.allowed, self.fixed = allowed, fixed

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __set__(self, optimizer: Optimizer, value: float) -> None:
        if self.fixed and optimizer._vectors:
            hint = "what is kept from earlier steps was summed with it; make a new optimizer"
            raise SettingError(f"{self.name} cannot change after the first step", received=value, hint=hint)
        optimizer.__dict__[self.name] = number(self.name, value, self.allowed)
        optimizer._forget_layout()


def setting(allowed: Range, fixed: bool = False) -> Any:
    """Declare a number that an optimizer is made with, the range it may have, and whether steps fix it.

    Examples
    --------
    >>> from whygrad.optim._settings import FRACTION
    >>> class Sticky(Optimizer):
    ...     stickiness: float = setting(FRACTION)
    >>> Sticky().stickiness = 2
    Traceback (most recent call last):
        ...
    whygrad.errors.SettingError: stickiness must be a number from 0 to below 1
      received: 2
    """
    return _Setting(allowed, fixed)


class Optimizer:
    """Base of the optimizers: checks and counts steps, and leaves the formula to ``_update``.

    A subclass names its state vectors in ``state_names``, gives the numbers of its formula in
    ``_constants``, and computes in ``_update``. Vectors and numbers have the parameters' dtype: mixed ones
    would be cast at each call. The numbers are arrays of no dimension, which NumPy takes in half the time
    of a Python float. ``_blocks`` has the vectors cut into parts, each with as much to work in: a long
    vector would have left the processor's cache before the next call wants it again.

    Parameters
    ----------
    learning_rate
        A number above 0, or a schedule: a function of the number of steps taken so far. It may be set again
        between steps. Being a setting, it is no part of ``state()``.

    Attributes
    ----------
    steps_taken
        How many steps were taken, so the number of the next one, counted from 0.
    last_learning_rate
        Of the step taken last; NaN before the first.

    Raises
    ------
    SettingError
        The learning rate, or another setting, has a value that cannot work.

    Examples
    --------
    >>> class SignDescent(Optimizer):
    ...     def _update(self, parameters, gradient, rate):
    ...         parameters -= rate * np.sign(gradient)
    >>> parameters = np.array([1.0, 2.0])
    >>> SignDescent(0.5).step(parameters, np.array([-3.0, 40.0]))
    >>> parameters
    array([1.5, 1.5])
    """

    name: ClassVar[str] = ""
    state_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, learning_rate: float | Schedule = 0.01) -> None:
        self.steps_taken = 0
        self._vectors: tuple[FloatVector, ...] = ()  # from the first step on, one for each of state_names
        self._scratch: FloatVector = np.empty(0)
        self._blocks: list[tuple[FloatVector, ...]] = []  # of parameters, gradient, state, and to work in
        self._rate: FloatVector = np.empty(())
        self._scalars: tuple[FloatVector, ...] = ()
        self._forget_layout()
        self.learning_rate = learning_rate
        self.last_learning_rate = math.nan

    @property
    def learning_rate(self) -> float | Schedule:
        """The learning rate as it was set: a number or a schedule."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float | Schedule) -> None:
        is_schedule = callable(value) and not isinstance(value, type)
        self._learning_rate = value if is_schedule else rate_of("learning_rate", value)
        self._is_fixed = not is_schedule

    @property
    def current_learning_rate(self) -> float:
        """The learning rate of the next step.

        Raises
        ------
        SettingError
            A schedule gave something else than a finite number of 0 or above.
        """
        if not callable(self._learning_rate):
            return self._learning_rate
        rate: object = self._learning_rate(self.steps_taken)
        if isinstance(rate, float) and 0 <= rate < math.inf:
            return rate
        return number(f"the schedule's learning rate at step {self.steps_taken}", rate, NOT_NEGATIVE)

    def step(self, parameters: FloatVector, gradient: FloatVector) -> None:
        """Move ``parameters`` in place, one step.

        Shape: ``parameters`` (n,), ``gradient`` (n,), both of the same dtype, float32 or wider. Steps that
        are given the same two arrays each time are quickest: a new array is checked first.

        Raises
        ------
        KindError
            Not arrays of floats, of two different dtypes, or not of the dtype that the state has.
        ShapeError
            Not flat, of two different sizes, or not of the size that the state has.
        """
        if parameters is not self._seen_parameters or gradient is not self._seen_gradient:
            self._admit(parameters, gradient)
        if self.steps_taken % FLUSH_EVERY == FLUSH_EVERY - 1:
            self._flush()
        rate = self._learning_rate if self._is_fixed else self.current_learning_rate
        self._update(parameters, gradient, rate)  # type: ignore[arg-type]
        self.steps_taken += 1
        self.last_learning_rate = rate  # type: ignore[assignment]

    def settings(self) -> dict[str, object]:
        """Return the keyword arguments that make this optimizer again, without its state.

        Examples
        --------
        >>> Optimizer(0.1).settings()
        {'learning_rate': 0.1}
        """
        members = (vars(kind).items() for kind in reversed(type(self).__mro__))
        names = [name for items in members for name, member in items if isinstance(member, _Setting)]
        return {"learning_rate": self.learning_rate, **{name: getattr(self, name) for name in names}}

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all that changes from step to step: the count, the vectors, the schedule's state.

        Together with the settings and the parameters this continues a run bit for bit. Before the first step
        there are no vectors.

        Examples
        --------
        >>> Optimizer().state()
        {'steps_taken': array(0)}
        """
        saved: dict[str, npt.NDArray[Any]] = {"steps_taken": np.array(self.steps_taken, dtype=np.int64)}
        if self._vectors:
            saved.update(zip(self.state_names, [vector.copy() for vector in self._vectors], strict=True))
        if isinstance(self.learning_rate, StatefulSchedule):
            saved.update((_SCHEDULE + name, value) for name, value in self.learning_rate.state().items())
        return saved

    def load_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue from what ``state()`` returned; on an error nothing is changed.

        Raises
        ------
        SettingError
            The names are not those of this optimizer and its schedule, or the count of steps is no count.
        KindError
            A vector is not an array of floats, or they have different dtypes.
        ShapeError
            A vector is not flat, or they have different sizes.

        Examples
        --------
        >>> optimizer = Optimizer()
        >>> optimizer.load_state({"steps_taken": np.array(7)})
        >>> optimizer.steps_taken
        7
        """
        schedule = self.learning_rate if isinstance(self.learning_rate, StatefulSchedule) else None
        names = {name for name in state if not name.startswith(_SCHEDULE)}
        inner = {name.removeprefix(_SCHEDULE): state[name] for name in state if name not in names}
        if names not in ({"steps_taken"}, {"steps_taken", *self.state_names}) or (inner and schedule is None):
            raise SettingError(
                f"the state does not belong to {type(self).__name__}",
                expected=", ".join(["steps_taken", *self.state_names]),
                received=", ".join(sorted(state)) or "nothing",
                hint="load it into an optimizer of the kind, and with the schedule, that it was saved from",
            )
        vectors = tuple(np.array(state[name]) for name in self.state_names if name in names)
        for name, vector in zip(self.state_names, vectors, strict=False):
            check_flat(name, vector)
            check_alike(self.state_names[0], vectors[0], name, vector)
        steps_taken = count("steps_taken", np.asarray(state["steps_taken"])[()], least=0)
        if schedule is not None:
            schedule.load_state(inner)
        self.steps_taken, self._vectors = steps_taken, vectors
        self._forget_layout()

    def __getstate__(self) -> dict[str, Any]:
        # The parts of a copied vector would be no parts of it: the copy's next step cuts anew.
        return {**self.__dict__, "_seen_parameters": None, "_seen_gradient": None, "_blocks": []}

    def _forget_layout(self) -> None:
        """Let the next step lay out anew, as a setting or the state has changed."""
        self._layout: tuple[int, np.dtype[Any]] | None = None
        self._seen_parameters: FloatVector | None = None
        self._seen_gradient: FloatVector | None = None

    def _flush(self) -> None:
        """Set entries of the state to zero that are too small to be normal numbers.

        What a dead unit's gradient left behind shrinks with each step, and would soon take the processor
        ten times as long to multiply, for no effect on any parameter.
        """
        for _, _, *vectors, work in self._blocks:
            for vector in vectors:
                np.abs(vector, out=work)
                np.greater_equal(work, np.finfo(work.dtype).tiny, out=work)
                np.multiply(vector, work, out=vector)

    def _update(self, parameters: FloatVector, gradient: FloatVector, rate: float) -> None:
        """Move the parameters by the formula; ``steps_taken`` does not count this step yet."""
        raise NotImplementedError(f"{type(self).__name__} has no _update")

    def _constants(self) -> tuple[float, ...]:
        """Numbers of the formula, to be had as arrays of no dimension in ``_scalars``."""
        return ()

    def _admit(self, parameters: FloatVector, gradient: FloatVector) -> None:
        """Check two arrays that the last step did not have."""
        check_flat("parameters", parameters)
        check_flat("gradient", gradient)
        check_alike("parameters", parameters, "gradient", gradient)
        if self._layout != (parameters.size, parameters.dtype):
            self._lay_out(parameters)
            self._layout = parameters.size, parameters.dtype
        vectors, size = (parameters, gradient, *self._vectors), parameters.size
        self._blocks = [
            (*[vector[i : i + BLOCK] for vector in vectors], self._scratch[: size - i])
            for i in range(0, size, BLOCK)
        ]
        self._seen_parameters, self._seen_gradient = parameters, gradient

    def _lay_out(self, parameters: FloatVector) -> None:
        """Make buffers and numbers to go with the parameters, and the state vectors if there are none."""
        size, dtype = parameters.size, parameters.dtype
        if not self._vectors:
            self._vectors = tuple(np.zeros(size, dtype) for _ in self.state_names)
        for name, vector in zip(self.state_names, self._vectors, strict=True):
            check_alike(f"the optimizer's {name}", vector, "parameters", parameters)
        self._scratch, self._rate = np.empty(min(size, BLOCK), dtype), np.empty((), dtype)
        self._scalars = tuple(np.array(constant, dtype) for constant in self._constants())

    def _shown(self) -> Iterator[str]:
        """Yield the settings as the repr shows them."""
        return (f"{name}={value!r}" for name, value in self.settings().items())

    def __repr__(self) -> str:
        """Show the settings, as one would write them."""
        return f"{type(self).__name__}({', '.join(self._shown())})"
