"""The number of threads of matrix products: as asked for, and as before afterwards."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from whygrad.errors import SettingError
from whygrad.nn import blas_threads


def numbers():
    np.ones((2, 2)) @ np.ones((2, 2))
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_as_asked_for_and_then_as_before():
    with blas_threads(2):
        before = numbers()
        assert before
        with blas_threads():
            assert set(numbers()) == {1}
        assert numbers() == before


def test_as_before_after_an_error():
    before = numbers()
    with pytest.raises(ZeroDivisionError), blas_threads(1):
        1 / 0  # noqa: B018
    assert numbers() == before


@pytest.mark.parametrize("number", [0, -1, 1.5, "2", None])
def test_other_numbers_are_refused(number):
    with pytest.raises(SettingError, match="number must be a whole number, 1 or above"), blas_threads(number):
        pass
