"""The sum that stands for an array's contents: equal for equal contents, different after any change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad.autodiff import fingerprint as module
from whygrad.autodiff.fingerprint import SHORT, fingerprint, refuse_changed
from whygrad.errors import GraphError

DTYPES = [np.float64, np.float32, np.float16, np.int64, np.int32, np.uint8, np.bool_]
LENGTHS = [0, 1, 7, SHORT // 8, SHORT // 8 + 1, 3001, 20_000]


def contents(length, dtype):
    return np.random.default_rng(length).integers(-100, 100, length).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("length", LENGTHS)
def test_equal_contents_have_equal_fingerprints(dtype, length):
    a = contents(length, dtype)
    assert fingerprint(a) == fingerprint(a.copy())
    spread_out = np.zeros((length, 3), dtype)[:, 1]
    spread_out[:] = a
    assert fingerprint(spread_out) == fingerprint(a)


@pytest.mark.parametrize("number", [2, 2.5, True, float("nan"), -0.0, np.float32("nan")])
def test_numbers_have_fingerprints_too(number):
    assert fingerprint(number) == fingerprint(number)
    assert fingerprint(number) != fingerprint(number + 1 if number == number else 0.0)


@given(st.sampled_from([300, 600, 5000]), st.sampled_from([np.float32, np.float64]), st.data())
@settings(max_examples=150, deadline=None)
def test_any_flipped_bits_show(length, dtype, data):
    a = contents(length, dtype)
    before = fingerprint(a)
    raw = a.view(np.uint8)
    bit = st.tuples(st.integers(0, raw.size - 1), st.integers(0, 7))
    flips = data.draw(st.sets(bit, min_size=1, max_size=6))
    for place, number in flips:
        raw[place] ^= 1 << number
    assert fingerprint(a) != before
    for place, number in flips:
        raw[place] ^= 1 << number
    assert fingerprint(a) == before


@given(st.integers(0, 63), st.integers(2, 9), st.sampled_from([np.float32, np.float64]))
def test_the_same_bit_flipped_in_many_places(bit, every, dtype):
    """Differences that are high powers of two cancel most easily: signs above all."""
    a = contents(6000, dtype)
    before = fingerprint(a)
    a.view(np.uint64)[::every] ^= np.uint64(1 << bit)
    assert fingerprint(a) != before


@given(st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_a_permutation_shows(seed):
    a = np.arange(3000.0)
    before = fingerprint(a)
    np.random.default_rng(seed).shuffle(a)
    assert fingerprint(a) != before


def test_the_table_of_weights_does_not_grow():
    small, large = contents(1000, float), contents(300_000, float)
    before = fingerprint(small)
    fingerprint(large)
    assert fingerprint(small) == before
    held = sum(value.nbytes for value in vars(module).values() if isinstance(value, np.ndarray))
    assert 0 < held <= 1 << 20


CHUNK = 1 << 15  # words


@pytest.mark.parametrize("length", [CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, 5 * CHUNK + 17])
def test_long_arrays_are_read_to_the_end(length):
    a = contents(length, np.float64)
    before = fingerprint(a)
    assert fingerprint(a.copy()) == before
    for place in {0, length // 2, CHUNK - 1, length - 1} - {length}:
        kept = a[place]
        a[place] = np.nextafter(a[place], np.inf)
        assert fingerprint(a) != before
        a[place] = kept
    assert fingerprint(a) == before


@pytest.mark.parametrize(("i", "j"), [(0, 1), (0, 2), (1, 5), (3, 7), (0, 8)])
def test_chunks_that_change_places_show(i, j):
    a = np.random.default_rng(1).standard_normal((9, CHUNK))
    before = fingerprint(a)
    a[[i, j]] = a[[j, i]]
    assert fingerprint(a) != before


@pytest.mark.parametrize(("i", "j"), [(0, 1), (0, 2), (1, 5), (3, 7), (0, 8)])
@pytest.mark.parametrize("bit", [0, 31, 32, 51, 62, 63])
def test_the_same_bit_flipped_at_the_same_place_of_two_chunks(i, j, bit):
    a = np.random.default_rng(1).standard_normal((9, CHUNK))
    before = fingerprint(a)
    a.view(np.uint64)[[i, j], 77] ^= np.uint64(1 << bit)
    assert fingerprint(a) != before


def test_a_change_is_refused_by_name():
    a = np.ones(3)
    before = fingerprint(a)
    refuse_changed(a, before, "w", "affine")
    a[0] = 2
    with pytest.raises(GraphError, match="w of affine was changed in place after the forward pass") as error:
        refuse_changed(a, before, "w", "affine")
    assert "expected: the values that the forward pass used" in str(error.value)
    assert "x = x * 2 instead of x *= 2" in str(error.value)
