"""Files are written whole or not at all, and folders are nobody else's."""

import errno
import os
import resource
import stat
import threading
from pathlib import Path

import pytest

from whygrad._files import empty_folder, new_folder, write_new, write_whole
from whygrad.errors import DataError


def content(folder):
    """Name -> bytes of everything in a folder, hidden files too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("written", "expected"),
    [(b"\x00\xff", b"\x00\xff"), ("σ² and R²\n", "σ² and R²\n".encode()), ("a\r\nb", b"a\r\nb"), (b"", b"")],
)
def test_a_file_has_the_content_and_nothing_else_is_left(tmp_path, written, expected):
    write_whole(tmp_path / "file", written)
    assert content(tmp_path) == {"file": expected}


def test_an_older_file_is_replaced(tmp_path):
    (tmp_path / "file").write_bytes(b"much longer than what comes now")
    write_whole(tmp_path / "file", b"new")
    assert content(tmp_path) == {"file": b"new"}


def test_a_reader_of_the_older_file_is_not_disturbed(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with (tmp_path / "file").open("rb") as reader:
        write_whole(tmp_path / "file", b"new")
        assert reader.read() == b"old"


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_permissions_are_those_of_any_new_file(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_whole(tmp_path / "file", b"x")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~mask


def full(*arguments, **settings):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


BREAKS = {
    "no room for a temporary file": ("tempfile.mkstemp", full),
    "the disk is full": ("os.fsync", full),
    "no permission": ("pathlib.Path.chmod", full),
    "it cannot be renamed": ("pathlib.Path.replace", full),
}


@pytest.mark.parametrize("name", BREAKS)
@pytest.mark.parametrize("older", [None, b"old"])
def test_where_writing_breaks_everything_is_as_before(tmp_path, monkeypatch, name, older):
    path = tmp_path / "file"
    if older is not None:
        path.write_bytes(older)
    before = content(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(*BREAKS[name])
        with pytest.raises(DataError) as caught:
            write_whole(path, b"new")
    assert caught.value.problem == f"cannot write {path}"
    assert caught.value.received == "No space left on device"
    assert content(tmp_path) == before


def test_a_disk_that_fills_up_leaves_no_part_of_the_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))  # files may be this long
    try:
        with pytest.raises(DataError, match="File too large"):
            write_whole(path, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert content(tmp_path) == {"file": b"old"}


def test_an_interrupt_leaves_no_part_of_the_file(tmp_path, monkeypatch):
    def press(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", press)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", b"new")
    assert content(tmp_path) == {}


def test_what_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for path, reason in [
        (tmp_path / "nowhere" / "file", "No such file or directory"),
        (tmp_path / "file" / "file", "Not a directory"),
        (tmp_path / "folder", "Is a directory"),
    ]:
        with pytest.raises(DataError, match=f"cannot write {path}\n  received: {reason}"):
            write_whole(path, b"x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


# --- a file that is not there yet ---------------------------------------------------------------------
def test_of_several_one_makes_the_file(tmp_path):
    made, start = [], threading.Barrier(8)

    def work(number):
        start.wait()
        made.append((write_new(tmp_path / "file", f"{number}"), number))

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [number for mine, number in made if mine]
    assert content(tmp_path) == {"file": b"%d" % winner}


@pytest.mark.parametrize(
    ("error", "raised"), [(OSError(28, "No space left"), DataError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_a_new_file_that_cannot_be_written_is_not_there(error, raised, tmp_path, monkeypatch):
    def fail(handle):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(raised):
            write_new(tmp_path / "file", "x")
    assert content(tmp_path) == {}
    with pytest.raises(DataError, match=r"cannot write .*\n  received: No such file or directory"):
        write_new(tmp_path / "nowhere" / "file", "x")


# --- folders -----------------------------------------------------------------------------------------
def test_run_folders_are_numbered(tmp_path):
    made = [new_folder(tmp_path / "runs", "iris") for _ in range(3)]
    assert made == [tmp_path / "runs" / f"iris-{k}" for k in (1, 2, 3)]
    assert all(folder.is_dir() for folder in made)


def test_numbers_are_not_used_again(tmp_path):
    for name in ("iris-2", "iris-10", "iris-x", "iris", "wine-40", "iris-²", "iris-11.zip"):
        (tmp_path / name).mkdir()
    assert new_folder(tmp_path, "iris").name == "iris-11"
    assert new_folder(tmp_path, "wine").name == "wine-41"
    assert new_folder(tmp_path, "breast_cancer").name == "breast_cancer-1"


def test_a_folder_that_another_run_takes_in_this_moment_is_left_to_it(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [])  # as both saw it
    assert [new_folder(tmp_path, "iris").name for _ in range(3)] == ["iris-1", "iris-2", "iris-3"]


def test_runs_at_the_same_time_get_folders_of_their_own(tmp_path):
    made, start = [], threading.Barrier(8)

    def work():
        start.wait()
        made.extend(new_folder(tmp_path, "iris") for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(set(made)) == 80


def test_where_no_run_folder_can_be_made_is_named(tmp_path):
    (tmp_path / "runs").touch()
    with pytest.raises(
        DataError, match=f"cannot make a run folder in {tmp_path / 'runs'}\n  received: File exists"
    ):
        new_folder(tmp_path / "runs", "iris")


@pytest.mark.parametrize("name", ["new", "new/inner", "there"])
def test_a_folder_that_is_asked_for_is_made(tmp_path, name):
    (tmp_path / "there").mkdir()
    assert empty_folder(tmp_path / name) == tmp_path / name
    assert (tmp_path / name).is_dir()


@pytest.mark.parametrize("name", ["file", ".hidden"])
def test_a_folder_that_holds_something_is_refused(tmp_path, name):
    (tmp_path / name).write_text("precious")
    with pytest.raises(DataError, match=f"{tmp_path} is not empty\n(.*\n)  hint: choose another --output"):
        empty_folder(tmp_path)
    assert content(tmp_path) == {name: b"precious"}


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    for path, reason in [
        (tmp_path / "file", "File exists"),
        (tmp_path / "file" / "inner", "Not a directory"),
    ]:
        with pytest.raises(DataError, match=f"cannot make the run folder {path}\n  received: {reason}"):
            empty_folder(path)
