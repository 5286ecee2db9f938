"""IDX files and the four of MNIST, made here a few bytes at a time."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from whygrad.data import read_idx, read_mnist
from whygrad.errors import DataError, KindError

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}
HEAD = "  expected: two zero bytes, a dtype from 8 to 14, the number of dimensions\n"


def idx(array):
    """An array as an IDX file holds it."""
    head = struct.pack(f">HBB{array.ndim}I", 0, CODES[array.dtype.name], array.ndim, *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def write(tmp_path):
    def write_it(content, name="digits"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write_it


def refusal(path, read=read_idx):
    with pytest.raises(DataError) as caught:
        read(path)
    return str(caught.value).replace(f"{path.parent}/", "")


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_dtype(write, dtype, pack):
    array = np.arange(-6, 6).reshape(2, 3, 2).astype(dtype)
    found = read_idx(write(pack(idx(array))))
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    assert found.tolist() == array.tolist()
    found[0] = 0  # an array of its own


@given(
    arrays.arrays(
        st.sampled_from(sorted(CODES)).map(np.dtype), arrays.array_shapes(max_dims=4, min_side=0, max_side=4)
    )
)
def test_an_array_written_is_read_back_equal(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("idx") / "array"
    path.write_bytes(idx(array))
    np.testing.assert_array_equal(read_idx(path), array)


LABELS = idx(np.array([7, 2, 1], np.uint8))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", f"digits is not an IDX file\n{HEAD}  received: an empty file"),
        (b"\0\0\x08", f"digits is not an IDX file\n{HEAD}  received: 00 00 08"),
        (b"\x89PNG....", f"digits is not an IDX file\n{HEAD}  received: 89 50 4e 47"),
        (b"\0\1" + LABELS[2:], f"digits is not an IDX file\n{HEAD}  received: 00 01 08 01"),
        (b"\0\0\x0a" + LABELS[3:], f"digits is not an IDX file\n{HEAD}  received: 00 00 0a 01"),
        (b"\0\0\x08\0" + LABELS[4:], f"digits is not an IDX file\n{HEAD}  received: 00 00 08 00"),
        (LABELS[:6], "digits is cut off\n  expected: 1 dimensions\n  received: 6 bytes"),
        (
            LABELS[:-1],
            (
                "digits is cut off\n  expected: 11 bytes, for shape (3,) of uint8\n  received: 10 bytes\n"
                "  hint: copy it anew"
            ),
        ),
        (
            LABELS + b"x",
            (
                "digits is longer than it says\n  expected: 11 bytes, for shape (3,) of uint8\n"
                "  received: 12 bytes\n  hint: copy it anew"
            ),
        ),
        (
            b"\0\0\x0e\4" + b"\xff" * 16,
            (
                f"digits is cut off\n  expected: {20 + 8 * (2**32 - 1) ** 4:,} bytes, for shape "
                f"({', '.join(['4294967295'] * 4)}) of float64\n  received: 20 bytes\n  hint: copy it anew"
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(write, content, expected):
    assert refusal(write(content)) == expected


def test_files_that_cannot_be_read(write, tmp_path):
    assert "received: no such file" in refusal(tmp_path / "nothing")
    assert "received: a folder" in refusal(tmp_path)
    assert refusal(write(gzip.compress(LABELS)[:-9])).startswith("digits is damaged\n  received: gzip: ")
    with pytest.raises(KindError, match="a file is named by its path"):
        read_idx(None)


@given(st.binary(max_size=40))
def test_any_bytes_are_an_array_or_a_refusal(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("idx") / "any"
    for start in (b"", b"\0\0\x08"):
        path.write_bytes(start + content)
        try:
            found = read_idx(path)
        except DataError:
            continue
        assert found.size == len(start + content) - 4 - 4 * found.ndim


IMAGES = np.random.default_rng(0).integers(0, 256, (5, 4, 3), np.uint8)
NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
PARTS = (IMAGES[:3], np.array([7, 2, 1], np.uint8), IMAGES[3:], np.array([0, 9], np.uint8))


@pytest.fixture
def mnist(write):
    """Writes the four files; one of them may be another."""

    def write_them(ending="", mark="-", **others):
        for name, part in zip(NAMES, PARTS, strict=True):
            content = idx(others.get(name.rpartition("-idx")[0].replace("-", "_"), part))
            write(gzip.compress(content) if ending else content, name.replace("-idx", f"{mark}idx") + ending)

    return write_them


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("mark", ["-", "."])
def test_mnist_from_files_of_every_name(mnist, tmp_path, ending, mark):
    mnist(ending, mark)
    parts = read_mnist(tmp_path)
    np.testing.assert_array_equal(parts.X_train, IMAGES[:3].reshape(3, 12) / 255)
    np.testing.assert_array_equal(parts.X_test, IMAGES[3:].reshape(2, 12) / 255)
    assert parts.X_train.dtype == np.float64
    assert parts.X_train.flags.c_contiguous
    assert parts.y_train.tolist() == [7, 2, 1]
    assert parts.y_test.tolist() == [0, 9]
    assert parts.y_test.dtype == np.int64


def test_mnist_in_single_precision(mnist, tmp_path):
    mnist()
    X = read_mnist(str(tmp_path), np.float32).X_train
    assert X.dtype == np.float32
    assert 0 <= X.min() < X.max() <= 1


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (
            {"train_labels": PARTS[3]},
            (
                "train-labels-idx1-ubyte does not hold a label for each image\n"
                "  expected: 3 bytes, as there are images\n  received: uint8, shape (2,)"
            ),
        ),
        (
            {"t10k_labels": PARTS[3].astype(np.int32)},
            (
                "t10k-labels-idx1-ubyte does not hold a label for each image\n"
                "  expected: 2 bytes, as there are images\n  received: int32, shape (2,)"
            ),
        ),
        (
            {"train_images": PARTS[1]},
            (
                "train-images-idx3-ubyte holds no images\n"
                "  expected: bytes in 3 dimensions: images, rows, columns\n  received: uint8, shape (3,)"
            ),
        ),
        (
            {"train_images": IMAGES[:0]},
            (
                "train-images-idx3-ubyte holds no images\n"
                "  expected: bytes in 3 dimensions: images, rows, columns\n  received: uint8, shape (0, 4, 3)"
            ),
        ),
        (
            {"t10k_images": IMAGES[3:, :2]},
            (
                "t10k-images-idx3-ubyte does not belong to train-images-idx3-ubyte\n"
                "  expected: images of 12 pixels\n  received: images of 6 pixels"
            ),
        ),
    ],
)
def test_files_that_do_not_belong_together(mnist, tmp_path, others, expected):
    mnist(**others)
    assert (
        refusal(tmp_path, read_mnist).replace(f"{tmp_path}/", "").replace(f"{tmp_path.name}/", "") == expected
    )


def test_folders_without_the_files(mnist, tmp_path):
    names = " or ".join(NAMES[3].replace("-idx", f"{mark}idx") + end for mark in "-." for end in ("", ".gz"))
    mnist()
    (tmp_path / NAMES[3]).unlink()
    assert refusal(tmp_path, read_mnist).endswith(
        f"does not hold MNIST\n  expected: {names}\n  received: a folder without it"
    )
    assert refusal(tmp_path / NAMES[0], read_mnist).endswith("received: a file")
    assert refusal(tmp_path / "nowhere", read_mnist).endswith("received: no such folder")
    with pytest.raises(KindError, match="a file is named by its path"):
        read_mnist(5)
