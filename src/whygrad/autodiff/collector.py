"""A pause for Python's garbage collector, which looks at every value that a program of scalars makes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause Python's cyclic garbage collector inside a ``with`` block.

    A graph of values or tensors has no reference cycles: Python frees it as soon as nobody holds it, without
    the collector. The collector is set off by the number of new objects all the same, and looks at everything
    there is, which is most of the time that a program of single :class:`~whygrad.Value` operations takes.
    Inside the block it does not run, in the whole process. Cycles that other code makes in there stay in
    memory until it runs again: after the block, if it was on before. An error leaves the block in the same
    way.

    Examples
    --------
    >>> from whygrad import Value
    >>> w = Value(1.0)
    >>> with paused_collector():
    ...     for step in range(100):
    ...         loss = (w * 3 - 6) ** 2
    ...         w.grad = 0.0
    ...         loss.backward()
    ...         w.data -= 0.05 * w.grad
    >>> round(w.data, 6)
    2.0
    >>> gc.isenabled()
    True
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
