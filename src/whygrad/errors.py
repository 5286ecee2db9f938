"""Every error that a user can meet: what was expected, what came, which name, and what to do about it."""

from __future__ import annotations

TYPE_CHECKING = False  # as typing has it; importing typing would cost the scalar path some milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable


class WhygradError(Exception):
    """Base of all errors whygrad raises on purpose.

    The text has up to four lines: what is wrong, ``expected``, ``received`` and ``hint``.

    Examples
    --------
    >>> print(SettingError("learning_rate must be above 0", received=-1.0, hint="try 0.01"))
    learning_rate must be above 0
      received: -1.0
      hint: try 0.01
    """

    def __init__(
        self, problem: str, *, expected: object = None, received: object = None, hint: str | None = None
    ) -> None:
        self.problem, self.expected, self.received, self.hint = problem, expected, received, hint
        notes = {"expected": expected, "received": received, "hint": hint}
        super().__init__(
            "\n".join([problem, *(f"  {name}: {note}" for name, note in notes.items() if note is not None)])
        )


class SettingError(WhygradError, ValueError):
    """A setting has a value that cannot work: an unknown name, a learning rate of zero or below."""


class ShapeError(WhygradError, ValueError):
    """Sizes that have to agree do not; names the one dimension that disagrees."""


class DataError(WhygradError, ValueError):
    """Data that cannot be learned from as they are: NaN, no rows, labels out of range."""


class KindError(WhygradError, TypeError):
    """Something of the wrong kind: text for a number, an array for a scalar, integers for a weight."""


class GraphError(WhygradError, RuntimeError):
    """A graph or layer was used out of order: backward before forward, data changed in between."""


class TrainingError(WhygradError, ArithmeticError):
    """Training cannot go on: the loss is NaN or infinite."""


def nearest(name: str, known: Iterable[object]) -> str:
    """Hint for an unknown name: the nearest known one if there is a near one, and the list.

    Examples
    --------
    >>> nearest("rleu", ["tanh", "relu"])
    'did you mean "relu"? known: relu, tanh'
    """
    import difflib

    names = sorted(str(item) for item in known)
    near = difflib.get_close_matches(str(name).lower(), names, n=1)
    start = f'did you mean "{near[0]}"? ' if near else ""
    return f"{start}known: {', '.join(names)}"
