"""What people get wrong, and what goes wrong around them: words that help, and nothing half-written."""

import gzip
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from whygrad import _files as files
from whygrad.cli import main
from whygrad.errors import DataError
from whygrad.runs import run
from whygrad.runs.settings import TrainSettings
from whygrad.training import NeuralNetwork, checkpoint

from .tables import HEADER, broken_off, houses, people, train, tree

FAILED, USAGE = 1, 2


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name: str, content: str | bytes) -> None:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())


def assert_refused(line, code, messages, capsys, before=None):
    """The command fails in this way, says so on standard error, and leaves every file as it was."""
    before = tree() if before is None else before
    capsys.readouterr()
    assert main(line.split() if isinstance(line, str) else line) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0].startswith(("whygrad: ", "reading ", "columns that the network"))
    assert err.count("whygrad: ") == 1
    assert "Traceback" not in err
    assert len(err) < 1500
    for message in messages:
        assert message in err
    assert tree() == before


# --- tables to learn from ----------------------------------------------------------------------------
@dataclass(frozen=True)
class Table:
    """A table that cannot be learned from, what else is said, and what comes back."""

    content: str | bytes | Callable[[], object]
    messages: tuple[str, ...]
    more: str = ""
    code: int = FAILED


def body(line: str = "{x},{z},{kind}", count: int = 30) -> str:
    """Lines of a table; the names in braces are filled in."""
    drawn = random.Random(3)
    return "".join(
        line.format(x=f"{drawn.random():.3f}", z=f"{drawn.random():.3f}", k=k, kind="ab"[k % 2]) + "\n"
        for k in range(count)
    )


GOOD = "x,z,kind\n" + body()
TABLES = {
    # the file
    "empty": Table("", ("t.csv is empty", "expected: a line of column names, and rows below it")),
    "line ends only": Table("\n\n\r\n", ("t.csv is empty",)),
    "header only": Table("x,z,kind\n", ("t.csv has no rows", "received: only x, z, kind")),
    "a folder": Table(
        lambda: Path("t.csv").mkdir(), ("t.csv is a folder", "expected: a CSV, TSV or NPZ file")
    ),
    "binary": Table(bytes(range(256)) * 4, ("t.csv is not a text table", "binary data")),
    "a spreadsheet": Table(
        b"PK\x03\x04" + bytes(60), ("a zip archive, as .xlsx and .ods are", "export it as CSV")
    ),
    "JSON": Table('{"x": [1, 2]}\n', ("t.csv is not a table", "received: JSON")),
    "HTML": Table("<!DOCTYPE html>\n<p>not found\n", ("t.csv is not a table", "HTML")),
    "prose": Table("There was no table.\nOnly text.\n", ("t.csv is not a table", "columns with commas or")),
    "Latin-1": Table("größe,kind\n1,a\n".encode("latin-1"), ("t.csv is not in UTF-8: line 1", "CSV UTF-8")),
    "UTF-16": Table(GOOD.encode("utf-16"), ("t.csv is not a text table", "text in UTF-16")),
    "cut gzip": Table(gzip.compress(GOOD.encode())[:90], ("t.csv is damaged", "gzip: ", "copy it anew")),
    # its rows
    "a short row": Table(
        "x,z,kind\n1,2,a\n3,4\n", ("t.csv: line 3 has 2 fields", "3 fields", "received: '3,4'")
    ),
    "a long row": Table("x,z,kind\n1,2,a\n3,4,b,c\n", ("t.csv: line 3 has 4 fields", 'in "quotes"')),
    "an open quotation mark": Table('x,kind\n1,"a\n2,b\n', ("t.csv cannot be read from line 2", "in pairs")),
    "text among numbers": Table(
        GOOD + "high,1,a\n", ("t.csv: row 31, column 'x', holds text among numbers", "received: 'high'")
    ),
    "a letter for a digit": Table(GOOD + "1O,1,a\n", ("row 31, column 'x'", "received: '1O'")),
    "NaN": Table(GOOD + "NaN,1,a\n" + body(), ("t: row 31, column 'x', holds no value", "--fill")),
    "an empty field": Table(GOOD + ",1,a\n", ("t: row 31, column 'x', holds no value", "--fill")),
    "infinity": Table(
        GOOD + "inf,1,a\n", ("t.csv: row 31, column 'x', holds infinity, or a number too large",)
    ),
    "a number too large": Table(
        GOOD + "1e400,1,a\n", ("row 31, column 'x', holds infinity, or a number too large",)
    ),
    "numbers that overflow": Table(
        GOOD + "1e200,1,a\n", ("t: row 31, column 'x'", "at most 1e+150", "logarithm")
    ),
    "thousands separators": Table(
        'x,kind\n"1,500",a\n"2,500",b\n"3,500",a\n',
        ("column 'x' holds numbers that cannot be read", "no thousands"),
    ),
    "a long cell": Table(
        f"x,kind\n{body('{x},{kind}')}{'long' * 2500},a\n",
        ("column 'x', holds text among numbers", "and 9,940 more"),
    ),
    # its columns
    "a column without a name": Table(
        ",x,kind\n" + body(), ("t.csv: column 1 has no name", "often a row number")
    ),
    "a name given twice": Table("x,x,kind\n" + body(), ("t.csv: columns 1 and 2 have the same name", "'x'")),
    "no names": Table(
        "1,2,a\n2,3,b\n4,5,a\n6,7,b\n", ("t.csv has no line of column names", "put a line like")
    ),
    "only the target": Table("y\n1.5\n2.5\n3.5\n", ("t has a single column, 'y': nothing to learn from",)),
    "another separator": Table(GOOD, ("t has a single column, 'x,z,kind'", "--separator"), "--separator ;"),
    "commas twice": Table(
        GOOD, ("t.csv is not a table", "both the decimal mark and the separator"), "--decimal ,"
    ),
    "no such separator": Table(GOOD, ("unknown separator", "received: 'x'"), "--separator x", USAGE),
    "no such decimal mark": Table(
        GOOD, ("decimal must be '.' or ','", "received: ';'"), "--decimal ;", USAGE
    ),
    "dates": Table(
        "day,kind\n" + body("2024-05-1{k},{kind}", 9),
        ("t: column 'day' holds dates", "leave it out with --ignore day"),
    ),
    "names of cases": Table(
        "id,kind\n" + body("n{k},{kind}", 60),
        ("t: column 'id' holds too many different texts", "--ignore id"),
    ),
    # what is to be predicted
    "one class": Table("x,kind\n1,a\n2,a\n3,a\n", ("t: the target 'kind' holds a single value", "only 'a'")),
    "one row": Table("x,kind\n1,a\n", ("t: the target 'kind' has one row", "add more rows")),
    "two rows": Table("x,kind\n1,a\n2,b\n", ("t: class a has a single row", "2 such classes of 2")),
    "a class with one row": Table(
        GOOD + "1,1,c\n", ("t: class c has a single row", "1 such classes of 3", "remove those rows, or add")
    ),
    "a missing target": Table(GOOD + "1,1,\n", ("t: the target 'kind' is missing in row 31", "1 of 31")),
    "dates to predict": Table(
        "x,day\n" + body("{x},2024-05-1{k}", 9), ("the target 'day' holds neither numbers nor",)
    ),
    "texts to predict": Table(
        "x,name\n" + body("{x},n{k}", 60),
        ("the target 'name' holds text that is different nearly everywhere",),
    ),
    "no such target": Table(
        GOOD, ("t has no column 'kimd'", 'did you mean "kind"? columns: x, z, kind'), "--target kimd", USAGE
    ),
    "no such column to ignore": Table(
        GOOD, ("t has no column 'X2'", "columns: x, z, kind"), "--ignore X2", USAGE
    ),
    "no such column of text": Table(GOOD, ("t has no column 'w'", "columns: x, z, kind"), "--text w", USAGE),
    "the target is ignored": Table(GOOD, ("the target 'x' is also ignored",), "--target x --ignore x", USAGE),
    "all is ignored": Table(GOOD, ("no column is left", "ignore x, z, kind"), "--ignore x,z,kind", USAGE),
    "all but the target is ignored": Table(
        GOOD, ("t has no column beside the target 'kind'",), "--ignore x,z"
    ),
    "text as numbers": Table(
        GOOD, ("'kind' holds text", "--task classification"), "--task regression", USAGE
    ),
    "fractions as classes": Table(
        GOOD,
        ("'x' holds numbers with fractions", "--task regression"),
        "--target x --task classification",
        USAGE,
    ),
    # a set's settings
    "samples of a table": Table(GOOD, ("--samples does not go with t.csv",), "--samples 10", USAGE),
    "noise on a table": Table(GOOD, ("--noise does not go with t.csv",), "--noise 0", USAGE),
    # too little
    "folds": Table(GOOD, ("40 folds need 40 rows of each class", "folds 15 works"), "--folds 40", USAGE),
    "a test part too small": Table(
        GOOD, ("test_size 0.01 leaves too few rows", "30 rows of 2"), "--test-size 0.01", USAGE
    ),
    "nothing to learn from": Table(GOOD, ("test_size 0.99 leaves too few rows",), "--test-size 0.99", USAGE),
    "nothing to watch": Table(
        GOOD, ("a share of 0.01 cannot be set aside of 24 rows", "try 0.1"), "--validation-size 0.01", USAGE
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_cannot_be_learned_from(name, capsys):
    case = TABLES[name]
    if callable(case.content):
        case.content()
    else:
        write("t.csv", case.content)
    assert_refused(["train", "t.csv", "--epochs", "2", *case.more.split()], case.code, case.messages, capsys)


@pytest.mark.parametrize(
    ("data", "code", "messages"),
    [
        ("peopel.csv", FAILED, ["there is no file peopel.csv", 'did you mean "people.csv"?']),
        ("data/people.csv", FAILED, ["there is no file data/people.csv", "there is no folder data either"]),
        ("people.csv/x", FAILED, ["there is no file people.csv/x", "people.csv is a file"]),
        ("zzz.csv", FAILED, ["there is no file zzz.csv", "paths start from here"]),
        ("iriss", USAGE, ["'iriss' is neither a data set nor a file", 'did you mean "iris"?']),
        ("people", USAGE, ["'people' is neither a data set nor a file", "known: blobs"]),
        ("", USAGE, ["the name of the table is empty"]),
        (" ", USAGE, ["the name of the table is empty"]),
        (".", FAILED, [". is a folder"]),
    ],
)
def test_data_that_are_not_there(data, code, messages, capsys):
    people()
    assert_refused(["train", data], code, messages, capsys)


ARRAYS = {
    "no arrays": (b"PK\x03\x04 nonsense", "is no file of arrays, or a damaged one"),
    "other arrays": (dict(a=np.zeros((5, 2)), b=np.zeros(5)), "holds other arrays than a table"),
    "rows that do not fit": (
        dict(X=np.zeros((5, 2)), y=np.zeros(4)),
        "y must have one target for each row of X",
    ),
    "infinity": (dict(X=np.full((5, 2), np.inf), y=np.arange(5.0)), "row 1, column 'x1', holds infinity"),
    "NaN": (dict(X=np.full((5, 2), np.nan), y=np.arange(5.0)), "row 1, column 'x1', holds no value"),
    "objects": (dict(X=np.array([[{}]]), y=np.zeros(1)), "make Python objects numbers or text"),
    "images": (dict(X=np.zeros((5, 2, 2)), y=np.arange(5.0)), "X must be a matrix"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_that_cannot_be_learned_from(name, capsys):
    content, message = ARRAYS[name]
    if isinstance(content, bytes):
        write("t.npz", content)
    else:
        np.savez("t.npz", **content)
    assert_refused("train t.npz", FAILED, [message], capsys)


# --- odd tables that are fine ------------------------------------------------------------------------
ODD = {
    "truth values only": "p,q,r\n"
    + "true,false,true\nfalse,true,false\nTRUE,TRUE,true\nfalse,false,false\n" * 6,
    "target equal to a feature": "x,y\n" + body("{x},{x}"),
    "a column that is constant": "x,c,kind\n" + body("{x},7,{kind}"),
    "a category that is constant": "x,c,kind\n" + body("{x},Oslo,{kind}"),
    "Unicode": "größe,名前,Ärt 🙂\n" + body("{x},{z},ä{kind}"),
    "Windows line ends": GOOD.replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + GOOD,
    "blank lines at the end": GOOD + "\n\n \n,,\n",
    "spaces around fields": GOOD.replace(",", " , "),
    "no line end at the end": GOOD[:-1],
    "names with commas": '"x, in metres",z,kind\n' + body(),
    "names with quotation marks": '"the ""x""",z,kind\n' + body(),
    "names that are patterns": "*,^.*$,kind\n" + body(),
    "names that are Python": "class,__init__,lambda\n" + body(),
    "a long text": "x,note,kind\n" + body("{x}," + "n" * 10_000 + ",{kind}"),
    "one column of features": "x,y\n" + body("{x},{z}"),
    "tiny numbers": "x,kind\n" + body("{x}e-300,{kind}"),
    "whole numbers beyond 2**53": "x,kind\n" + body("90071992547409{k}3,{kind}"),
    "many columns": ",".join([f"c{k}" for k in range(300)])
    + "\n"
    + body(",".join(["{k}"] * 299) + ",{kind}"),
    "words for missing": "x,kind\n" + body("{x},None") + body("{x},NA") + body("{x},low"),
    "classes that look like markup": "x,kind\n" + body("{x},[bold]{kind}[/bold]"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_table_is_learned_from_tested_and_predicted(name, capsys):
    write("t.csv", ODD[name])
    train("t.csv", "run")
    for line in ("evaluate run", "evaluate run t.csv", "predict run t.csv", "show run"):
        assert main(line.split()) == 0
    assert "nan" not in capsys.readouterr().out


# --- settings ----------------------------------------------------------------------------------------
SETTINGS = {
    "--layers a,b": ["layers: input should be a valid integer", "such as 64,32"],
    "--layers 8,0": ["layers: input should be greater than or equal to 1", "received: layers = '0'"],
    "--layers 8,-1": ["layers: input should be greater than or equal to 1", "received: layers = '-1'"],
    "--layers 8 8": ["sizes are joined by commas: --layers 8,8"],
    "--layers 2.5": ["layers: input should be a valid integer"],
    "--activation rleu": ["unknown activation 'rleu'", 'did you mean "relu"?'],
    "--loss crossentropy": ["unknown loss 'crossentropy'", 'did you mean "cross_entropy"?'],
    "--loss cross_entropy": ["CrossEntropy() needs an output for each class", "loss='binary_cross_entropy'"],
    "--optimizer adamm": ['unknown optimizer "adamm"', 'did you mean "adam"?'],
    "--schedule cosin": ['unknown schedule "cosin"', 'did you mean "cosine"?'],
    "--learning-rate 0": ["learning_rate: input should be greater than 0"],
    "--learning-rate -0.1": ["learning_rate: input should be greater than 0"],
    "--learning-rate nan": ["learning_rate: input should be greater than 0"],
    "--learning-rate inf": ["learning_rate must be a finite number above 0", "try 0.01"],
    "--learning-rate 0,01": [
        "learning_rate: input should be a valid number",
        "received: learning_rate = '0,01'",
    ],
    "--epochs 0": ["epochs: input should be greater than or equal to 1"],
    "--epochs 1e3": ["epochs: input should be a valid integer"],
    "--batch-size 0": ["batch_size: input should be greater than or equal to 1, or input should be 'full'"],
    "--batch-size all": ["batch_size: input should be a valid integer", "or input should be 'full'"],
    "--test-size 0": ["test_size: input should be greater than 0"],
    "--test-size 1": ["test_size: input should be less than 1"],
    "--test-size 2": ["test_size: input should be less than 1"],
    "--test-size 20%": ["test_size: input should be a valid number"],
    "--folds 1": ["folds: input should be greater than or equal to 2"],
    "--folds 1000": ["1000 folds need 1000 rows of each class", "folds 20 works"],
    "--patience 0": ["patience: input should be greater than or equal to 1"],
    "--validation-size 1": ["validation_size: input should be less than 1"],
    "--dropout 1": ["dropout: input should be less than 1"],
    "--seed -1": ["seed: input should be greater than or equal to 0"],
    "--seed 1.5": ["seed: input should be a valid integer"],
    "--clip 0": ["clip: input should be greater than 0"],
    "--l1 nan": ["l1: input should be greater than or equal to 0"],
    "--l2 inf": ["l2 must be a finite number"],
    "--optimizer sgd --weight-decay 0.1": ['optimizer "sgd" has no setting "weight_decay"'],
    "--dtype float16": ["dtype: input should be 'float64' or 'float32'"],
    "--task clustering": ["task: input should be 'classification' or 'regression'"],
    "--fill maybe": ["Unused Tokens: ['maybe']"],
    "more.csv": ["Unused Tokens: ['more.csv']"],
    "--epoch 3": ["Unknown option", "--epoch"],
}


@pytest.mark.parametrize("line", SETTINGS)
def test_a_setting_that_cannot_work(line, capsys):
    people()
    assert_refused(f"train people.csv {line}", USAGE, SETTINGS[line], capsys)


# --- tables for a trained network --------------------------------------------------------------------
NEW = {
    "a missing column": (
        "height,town\n1.7,Oslo\n",
        "n: the table has no column 'member'",
        "columns: height, town",
    ),
    "another letter case": (
        "Height,town,member\n1.7,Oslo,true\n",
        "no column 'height'",
        'did you mean "Height"?',
    ),
    "an unseen category": (
        "height,town,member\n1.7,Oslo,true\n1.7,Paris,true\n",
        "n: row 2, column 'town'",
        "'Paris'",
    ),
    "numbers for categories": (
        "height,town,member\n1.7,1,true\n",
        "n: row 1, column 'town'",
        "received: '1'",
    ),
    "text for a number": (
        "height,town,member\ntall,Oslo,true\n",
        "n: row 1, column 'height', holds text",
        "'tall'",
    ),
    "text for a truth value": (
        "height,town,member\n1.7,Oslo,yes\n",
        "n: row 1, column 'member'",
        "received: 'yes'",
    ),
    "a missing number": (
        "height,town,member\n1.7,Rome,true\n,Oslo,true\n",
        "n: row 2, column 'height'",
        "with --fill",
    ),
    "a missing category": (
        "height,town,member\n1.7,,true\n",
        "n: row 1, column 'town', holds no value",
        "with --fill",
    ),
    "infinity": (
        "height,town,member\n-inf,Oslo,true\n",
        "n.csv: row 1, column 'height', holds infinity",
        "expected",
    ),
    "ragged": ("height,town,member\n1.7,Oslo\n", "n.csv: line 2 has 2 fields", "3 fields"),
    "empty": ("", "n.csv is empty", "expected"),
    "header only": (f"{HEADER}\n", "n.csv has no rows", "only height, town, member, kind"),
    "binary": (bytes(range(256)), "n.csv is not a text table", "binary data"),
}
TARGETS = {
    "no target": (
        "height,town,member\n1.7,Oslo,true\n",
        "n: the table has no column 'kind'",
        "predict needs no",
    ),
    "an unseen class": (
        f"{HEADER}\n1.7,Oslo,true,a\n1.7,Oslo,true,c\n",
        "n: row 2, column 'kind'",
        "one of a, b",
    ),
    "a missing class": (
        f"{HEADER}\n1.7,Oslo,true,a\n1.7,Oslo,true,\n",
        "'kind' is missing in row 2",
        "1 of 2",
    ),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run of people."""
    folder = tmp_path_factory.mktemp("trained")
    assert (
        main(["train", people(folder / "people.csv"), "--epochs", "2", "-q", "--output", str(folder / "run")])
        == 0
    )
    return folder / "run"


@pytest.fixture
def finished(trained, tmp_path):
    """The folder of a run that may be spoiled."""
    shutil.copytree(trained, tmp_path / "run")
    return Path("run")


@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize("name", NEW)
def test_a_table_that_does_not_fit_the_network(name, command, finished, capsys):
    content, *messages = NEW[name]
    if command == "evaluate" and isinstance(content, str) and content:
        lines = content.splitlines()
        content = "\n".join([f"kind,{lines[0]}", *[f"a,{line}" for line in lines[1:]], ""])
        content = content.replace("kind,height,town,member,kind", HEADER)
        messages = [message.replace("3 fields", "4 fields").replace("has 2", "has 3") for message in messages]
        messages = [message.replace("columns: ", "columns: kind, ") for message in messages]
    write("n.csv", content)
    assert_refused(f"{command} run n.csv", FAILED, messages, capsys)


@pytest.mark.parametrize("name", TARGETS)
def test_targets_that_cannot_be_compared_with(name, finished, capsys):
    content, *messages = TARGETS[name]
    write("n.csv", content)
    assert_refused("evaluate run n.csv", FAILED, messages, capsys)
    assert main(["predict", "run", "n.csv"]) == 0


@pytest.mark.parametrize(
    ("line", "code", "messages"),
    [
        ("predict run peopel.csv", FAILED, ["cannot read peopel.csv", 'did you mean "people.csv"?']),
        ("predict run run", FAILED, ["cannot read run", "received: a folder"]),
        ("predict run iris", FAILED, ["iris is a data set, not a file"]),
        ("predict none people.csv", FAILED, ["none is not a run", "no such folder"]),
        ("predict people.csv run", FAILED, ["people.csv is not a run", "received: a file"]),
        ("predict run", USAGE, ["needs DATA"]),
        ("evaluate run iris", FAILED, ["iris has other columns than the network was trained with"]),
        ("show people.csv", FAILED, ["people.csv is not a run"]),
        ("show", USAGE, ["needs RUN"]),
        (
            "predict run people.csv --output people.csv",
            FAILED,
            ["people.csv is the table to be read", "another"],
        ),
        ("predict run people.csv --output link.csv", FAILED, ["link.csv is the table to be read"]),
        (
            "predict run people.csv --output run/history.csv",
            FAILED,
            ["run/history.csv holds the epochs of the run"],
        ),
        ("predict run people.csv --output p.xlsx", USAGE, ["cannot write p.xlsx", "ends in .csv or .tsv"]),
        ("predict run people.csv --output p", USAGE, ["cannot write p", "ends in .csv or .tsv"]),
        (
            "predict run people.csv --output none/p.csv",
            FAILED,
            ["cannot write none/p.csv", "No such file or dir"],
        ),
        ("predict run people.csv --output f.csv", FAILED, ["cannot write f.csv", "Is a directory"]),
        ("train people.csv --output run", FAILED, ["run is not empty", "choose another --output"]),
        (
            "train people.csv --output people.csv",
            FAILED,
            ["cannot make the run folder people.csv", "File exists"],
        ),
        ("train people.csv --output people.csv/run", FAILED, ["cannot make the run folder people.csv/run"]),
        ("train --resume people.csv", FAILED, ["people.csv is not a run"]),
        ("train --resume f.csv", FAILED, ["f.csv is not a run", "a folder without settings.toml"]),
    ],
)
def test_files_and_folders_that_cannot_be(line, code, messages, finished, capsys):
    people()
    Path("link.csv").symlink_to("people.csv")
    Path("f.csv").mkdir()
    assert_refused(line, code, messages, capsys)


# --- damaged runs ------------------------------------------------------------------------------------
NOISE = random.Random(5).randbytes(400)


def half(content):
    return content[: len(content) // 2]


DAMAGES = {
    "empty": lambda old: b"",
    "noise": lambda old: NOISE,
    "half": half,
    "longer": lambda old: old + b"\0{[",
}


@pytest.mark.parametrize("name", ["settings.toml", "metrics.json", "model.safetensors"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_of_a_run_is_named(name, damage, finished, capsys):
    people()
    path = finished / name
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    for line in ("show run", "evaluate run", "evaluate run people.csv", "predict run people.csv"):
        assert_refused(line, FAILED, [f"run/{name}"], capsys)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_named(damage, capsys):
    broken_off(people(), "run")
    path = Path("run/checkpoint.safetensors")
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert_refused("train --resume run", FAILED, ["run/checkpoint.safetensors"], capsys)
    assert main(["show", "run"]) == 0


@pytest.mark.parametrize("name", ["model.safetensors", "checkpoint.safetensors"])
def test_one_kind_of_file_is_not_taken_for_the_other(name, finished, capsys):
    broken_off(people(), "other")
    if name == "model.safetensors":
        shutil.copy("other/checkpoint.safetensors", finished / name)
        assert_refused(
            "predict run people.csv", FAILED, ["holds no whygrad network", "whygrad-network-1"], capsys
        )
    else:
        shutil.copy(finished / "model.safetensors", f"other/{name}")
        assert_refused("train --resume other", FAILED, ["is no checkpoint", "whygrad-checkpoint-1"], capsys)


def test_a_flipped_bit_in_a_checkpoint_is_refused_or_harmless(capsys):
    """Weights carry no checksum; but nothing else than an answer or a message may come."""
    broken_off(people(), "run")
    path = Path("run/checkpoint.safetensors")
    content = path.read_bytes()
    for place in range(0, len(content), len(content) // 25):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x11]) + content[place + 1 :])
        copied = f"copy{place}"
        shutil.copytree("run", copied)
        assert main(["train", "--resume", copied, "--quiet"]) in (0, 1, 2)
        assert "Traceback" not in capsys.readouterr().err


SETTINGS_FILES = {
    'format = "whygrad-run-2"\ndata = "iris"\n': ["of another version of whygrad", "received: whygrad-run-2"],
    "epochs = 2\n": ["run/settings.toml does not say what was learned from", "a line: data = "],
    'data = "iris"\nepoch = 2\n': ["run/settings.toml: unknown setting 'epoch'", 'did you mean "epochs"?'],
    'data = "iris"\nepochs = 0\n': ["run/settings.toml: epochs: input should be greater than or equal to 1"],
    "data = 5\n": ["run/settings.toml: data must be the name of a set, or a path"],
}


@pytest.mark.parametrize("content", SETTINGS_FILES)
def test_settings_of_a_run_that_cannot_be(content, finished, capsys):
    write("run/settings.toml", content)
    for line in ("show run", "evaluate run", "train --resume run"):
        assert_refused(line, FAILED, SETTINGS_FILES[content], capsys)


def test_a_network_of_another_run_is_not_used(finished, capsys):
    train(houses(), "other")
    shutil.copy("other/model.safetensors", finished / "model.safetensors")
    for line in ("show run", "evaluate run", "predict run houses.csv"):
        assert_refused(
            line, FAILED, ["run/model.safetensors is not the network of this run", "'price'"], capsys
        )


def test_a_network_without_an_encoding_takes_no_table(finished, capsys):
    network = NeuralNetwork.load(finished / "model.safetensors")
    network.encoding = None
    network.save(finished / "model.safetensors")
    people()
    for command in ("predict", "evaluate"):
        message = ["this network was not trained from a table", "NeuralNetwork.load(…).predict(X)"]
        assert_refused(f"{command} run people.csv", FAILED, message, capsys)


@pytest.mark.parametrize("name", ["model.safetensors", "metrics.json", "history.csv", "settings.toml"])
def test_a_file_of_a_run_that_is_gone(name, finished, capsys):
    (finished / name).unlink()
    code = main(["show", "run"])
    out, err = capsys.readouterr()
    assert code == (0 if name in ("history.csv", "metrics.json") else 1)
    assert (out == "") == (code == 1)
    assert "Traceback" not in err


# --- disks and permissions ---------------------------------------------------------------------------
def full(*arguments, **settings):
    raise OSError(28, "No space left on device")


def locked(*arguments, **settings):
    raise PermissionError(13, "Permission denied")


def from_the(number, plain, fail):
    """A function that works so many times, and then fails."""
    calls = []

    def call(*arguments, **settings):
        calls.append(arguments)
        return (plain if len(calls) < number else fail)(*arguments, **settings)

    return call


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    "output", [[], ["--output", "run"], ["--output", "deep/inside/run"], ["--output", "there"]]
)
def test_a_disk_that_is_full_from_the_start_leaves_nothing(output, number, capsys, monkeypatch):
    people()
    Path("there").mkdir()
    before = tree()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", from_the(number, os.fsync, full))
        name = ("settings.toml", "checkpoint.safetensors")[number - 1]
        messages = ["cannot write ", name, "No space left on device"]
        assert_refused(["train", "people.csv", *output], FAILED, messages, capsys, before)


@pytest.mark.parametrize("number", [3, 4, 5, 6])
def test_a_disk_that_is_full_at_the_end_loses_nothing(number, capsys, monkeypatch):
    people()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", from_the(number, os.fsync, full))
        patch.setattr(checkpoint, "SHARE", 1e-12)  # one checkpoint only
        assert main("train people.csv --epochs 2 --quiet --output run".split()) == 1
    assert capsys.readouterr().err.splitlines() == [
        "to go on: whygrad train --resume run",
        f"whygrad: cannot write run/{NAMES[number]}",
        "  received: No space left on device",
    ]
    assert (Path("run") / "checkpoint.safetensors").exists()
    assert main(["train", "--resume", "run", "--quiet"]) == 0
    assert not list(Path("run").glob(".*"))


NAMES = {3: "model.safetensors", 4: "parameters.npy", 5: "history.csv", 6: "metrics.json"}


def test_a_disk_that_is_full_keeps_what_was_predicted_before(finished, capsys, monkeypatch):
    people()
    write("p.csv", "old")
    monkeypatch.setattr(os, "fsync", full)
    messages = ["cannot write p.csv", "No space left on device"]
    assert_refused("predict run people.csv --output p.csv", FAILED, messages, capsys)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("line", ["predict run people.csv", "show run --json"])
def test_a_full_standard_output_is_told(line, finished):
    people()
    with Path("/dev/full").open("w") as output:
        command = [sys.executable, "-m", "whygrad", *line.split()]
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "whygrad: cannot write the result: No space left on device\n"


def test_a_folder_that_may_not_be_written_to(finished, capsys, monkeypatch):
    people()
    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", locked)
        message = ["cannot make a run folder in runs", "Permission denied"]
        assert_refused("train people.csv", FAILED, message, capsys)
        message = ["cannot make the run folder new", "Permission denied"]
        assert_refused("train people.csv --output new", FAILED, message, capsys)
    with monkeypatch.context() as patch:
        patch.setattr(files.tempfile, "mkstemp", locked)
        message = ["cannot write p.csv", "Permission denied"]
        assert_refused("predict run people.csv --output p.csv", FAILED, message, capsys)


@pytest.mark.parametrize("name", ["settings.toml", "metrics.json"])
def test_a_file_that_may_not_be_read(name, finished, capsys, monkeypatch):
    plain = Path.read_bytes, Path.read_text
    for method, read in zip(("read_bytes", "read_text"), plain, strict=True):

        def guarded(self, *arguments, read=read, **settings):
            return locked() if self.name == name else read(self, *arguments, **settings)

        monkeypatch.setattr(Path, method, guarded)
    capsys.readouterr()
    assert main(["show", "run"]) == 1
    assert re.search(rf"cannot read .*run/{name}\n  received: Permission denied", capsys.readouterr().err)


# --- two at the same time ----------------------------------------------------------------------------
def test_of_two_runs_in_one_folder_one_wins(tmp_path):
    people()
    command = [
        sys.executable,
        "-m",
        "whygrad",
        "train",
        "people.csv",
        "--epochs",
        "300",
        "-q",
        "--output",
        "run",
    ]
    both = [
        subprocess.Popen(
            [*command, "--seed", f"{seed}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for seed in (1, 2)
    ]
    ended = [(*process.communicate(timeout=120), process.returncode) for process in both]
    assert sorted(code for *_, code in ended) == [0, 1]
    winner, loser = sorted(ended, key=lambda item: item[2])
    assert winner[1] == ""
    assert loser[0] == ""
    assert re.match(r"whygrad: run (is not empty|was taken by another run just now)\n", loser[1])
    seed = 1 + (ended[0][2] != 0)
    assert f"seed = {seed}\n" in Path("run/settings.toml").read_text()
    assert main(["evaluate", "run"]) == 0


@pytest.mark.parametrize("there", [False, True])
def test_the_run_that_comes_second_leaves_the_first_alone(there, monkeypatch):
    """Both have seen an empty folder; the other one was quicker to write into it."""
    if there:
        Path("run").mkdir()

    def slow(path):
        path.mkdir(exist_ok=True)
        (path / "settings.toml").write_text("the other's")
        return path

    monkeypatch.setattr(run, "empty_folder", slow)
    with pytest.raises(
        DataError, match="run was taken by another run just now\n  hint: choose another --output"
    ):
        run.train("iris", TrainSettings(epochs=1), Path("run"))
    assert tree() == {"run": None, "run/settings.toml": b"the other's"}


def test_runs_at_the_same_time_have_folders_of_their_own():
    people()
    command = [sys.executable, "-m", "whygrad", "train", "people.csv", "--epochs", "2", "-q"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate(timeout=120)[0].splitlines()[-1] for process in both)
    assert said == ["run folder: runs/people-1", "run folder: runs/people-2"]
