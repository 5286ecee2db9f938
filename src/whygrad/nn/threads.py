"""How many threads NumPy's matrix products use, for the time of a training run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .._numbers import count


@contextmanager
def blas_threads(number: int = 1) -> Iterator[None]:
    """Let matrix products use so many threads, and as many as before afterwards.

    One is the right number for small networks: a product of some ten thousand entries is done before a
    second thread has woken up, and on a machine that others use too, threads that wait for each other
    make a step several times as long. Entering and leaving take about two milliseconds.

    Parameters
    ----------
    number
        Whole, 1 or above.

    Raises
    ------
    SettingError
        If it is not.

    Examples
    --------
    >>> import numpy as np
    >>> with blas_threads(1):
    ...     product = np.ones((2, 3)) @ np.ones((3, 2))
    """
    from threadpoolctl import threadpool_limits  # looks through every library loaded: not at import

    with threadpool_limits(count("number", number, least=1), user_api="blas"):
        yield
