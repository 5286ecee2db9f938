"""Rows from sets, tables and folders: how they are read, what is said aloud, what is learned from which."""

import gzip

import numpy as np
import polars as pl
import pytest

from whygrad.data import load, split
from whygrad.errors import DataError, SettingError
from whygrad.runs import run
from whygrad.runs.settings import TrainSettings, make_settings
from whygrad.runs.sources import Arrays, Images, is_set, open_source
from whygrad.runs.table_source import LARGEST, TableSource

TOWNS = ("Bonn", "Oslo", "Rome")


def people(rows=60, seed=0):
    """A table of people: height, town, whether a member, and kind."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "height": rng.uniform(1.5, 2.0, rows).round(2),
            "town": rng.choice(TOWNS, rows),
            "member": rng.random(rows) < 0.5,
            "kind": np.resize(["a", "b"], rows),
        }
    )


def written(frame, path, **settings):
    """The path of the table, written."""
    frame.write_csv(path, **settings)
    return str(path)


def source(path, **settings):
    return open_source(str(path), make_settings(settings))


def matrices(found, seed=0):
    """The parts of a source, split as a run splits them."""
    return found.parts(*found.split(0.2, seed))


def text(path, content):
    path.write_text(content, encoding="utf-8", newline="")
    return path


# --- kinds of files ----------------------------------------------------------------------------------
def comma(path):
    return written(people(), path)


def tabs(path):
    return written(people(), path.with_suffix(".tsv"), separator="\t")


def semicolons(path):
    table = people().with_columns(pl.col("height").cast(pl.String).str.replace(".", ",", literal=True))
    return written(table, path, separator=";")


def bars(path):
    return written(people(), path, separator="|")


def zipped(path):
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(people().write_csv().encode()))
    return str(packed)


def windows(path):
    return written(people(), path, line_terminator="\r\n", include_bom=True)


@pytest.mark.parametrize("write", [comma, tabs, semicolons, bars, zipped, windows])
def test_however_a_table_is_written_it_is_the_same(write, tmp_path):
    found = source(write(tmp_path / "people.csv"), target="kind")
    expected = source(comma(tmp_path / "expected.csv"), target="kind")
    problem = found.problem
    assert (problem.name, problem.task, problem.target) == ("people", "classification", "kind")
    assert (problem.classes, problem.rows, problem.columns, problem.outputs) == (("a", "b"), 60, 3, 1)
    assert np.array_equal(matrices(found).rows.X_train, matrices(expected).rows.X_train)
    assert np.array_equal(matrices(found).rows.y_test, matrices(expected).rows.y_test)
    assert found.notes == ()


def test_numbers_categories_and_truth_values_become_columns(tmp_path):
    found = source(comma(tmp_path / "people.csv"), target="kind")
    inside, outside = found.split(0.2, 0)
    parts = found.parts(inside, outside)
    assert parts.encoding.feature_names == ("height", *[f"town={town}" for town in TOWNS], "member")
    table = people()
    for rows, X, y in [
        (inside, parts.rows.X_train, parts.rows.y_train),
        (outside, parts.rows.X_test, parts.rows.y_test),
    ]:
        assert X[:, 0].tolist() == table["height"].gather(rows).to_list()
        assert [TOWNS[place] for place in X[:, 1:4].argmax(axis=1)] == table["town"].gather(rows).to_list()
        assert X[:, 4].astype(bool).tolist() == table["member"].gather(rows).to_list()
        assert y.tolist() == table["kind"].gather(rows).to_list()


@pytest.mark.parametrize("y", [np.resize([0, 1, 2], 30), np.resize(["no", "yes"], 30), np.linspace(0, 1, 30)])
def test_arrays_that_numpy_saved(y, tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 4))
    np.savez(tmp_path / "arrays.npz", X=X, y=y)
    found = source(tmp_path / "arrays.npz")
    assert found.problem.target == "target"
    assert found.problem.task == ("regression" if y.dtype.kind == "f" else "classification")
    parts = matrices(found)
    assert parts.encoding.feature_names == ("x1", "x2", "x3", "x4")
    assert np.array_equal(
        np.sort(np.vstack([parts.rows.X_train, parts.rows.X_test]), axis=0), np.sort(X, axis=0)
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_matrices_have_the_dtype_asked_for(dtype, tmp_path):
    parts = matrices(source(comma(tmp_path / "people.csv"), dtype=dtype))
    assert parts.rows.X_train.dtype == parts.rows.X_test.dtype == dtype


def test_a_set_comes_as_its_split_has_it():
    found, iris = source("Iris"), load("iris")
    assert isinstance(found, Arrays)
    parts, expected = matrices(found, seed=3).rows, split(iris, seed=3)
    assert np.array_equal(parts.X_train, expected.X_train)
    assert parts.y_test.tolist() == [iris.class_names[label] for label in expected.y_test]
    assert is_set("breast-cancer")
    assert not is_set("iris.csv")


# --- the target --------------------------------------------------------------------------------------
def test_the_last_column_is_the_target_and_that_is_said(tmp_path):
    found = source(comma(tmp_path / "people.csv"))
    assert found.problem.target == "kind"
    assert found.notes == ("no --target given: 'kind', the last column, is what is predicted",)
    found = source(comma(tmp_path / "people.csv"), ignore="kind")
    assert found.problem.target == "member"
    assert found.problem.classes == (False, True)


# name: values of the target, task given, task found, what is said after the target
TASKS = {
    "text": (["x", "y"], None, "classification", None),
    "truth values": (["true", "false"], None, "classification", None),
    "two whole numbers": ([0, 1], None, "classification", None),
    "whole numbers": (
        [3, 4, 5],
        None,
        "classification",
        "'y' holds 3 different whole numbers, taken as classes: --task regression predicts the number",
    ),
    "20 whole numbers": (
        list(range(20)),
        None,
        "classification",
        "'y' holds 20 different whole numbers, taken as classes: --task regression predicts the number",
    ),
    "21 whole numbers": (list(range(21)), None, "regression", None),
    "fractions": ([0.5, 1.5], None, "regression", None),
    "whole numbers written with a point": (["1.0", "2.0"], None, "classification", None),
    "whole numbers to predict": ([3, 4, 5], "regression", "regression", None),
    "truth values to predict": (["true", "false"], "regression", "regression", None),
    "whole numbers as classes": ([3, 4, 5], "classification", "classification", None),
    "many classes": (list(range(25)), "classification", "classification", None),
}


@pytest.mark.parametrize("name", TASKS)
def test_what_the_target_holds_decides_the_task(name, tmp_path):
    values, given, task, said = TASKS[name]
    rows = [f"{row},{values[row % len(values)]}" for row in range(100)]
    found = source(text(tmp_path / "t.csv", "x,y\n" + "\n".join(rows)), target="y", task=given)
    assert found.problem.task == task
    assert found.notes == ((said,) if said else ())
    assert len(found.problem.classes) == (len(values) if task == "classification" else 0)
    assert (found.y.dtype == np.float64) == (task == "regression")
    assert found.problem.outputs == (len(values) if task == "classification" and len(values) > 2 else 1)


# --- columns left out, or read as text ---------------------------------------------------------------
def test_columns_that_are_ignored_are_not_learned_from(tmp_path):
    found = source(comma(tmp_path / "people.csv"), ignore="town, member")
    assert matrices(found).encoding.feature_names == ("height",)
    assert found.problem.columns == 1


def test_what_is_ignored_may_hold_anything(tmp_path):
    rows = "".join(f"{k},{k / 7:.3f},{'ab'[k % 2]}\n" for k in range(20))
    found = source(text(tmp_path / "t.csv", f"note,x,kind\n{rows}not yet,0.5,a\n"), ignore="note")
    assert found.problem.rows == 21
    with pytest.raises(DataError, match="column 'note', holds text among numbers"):
        source(tmp_path / "t.csv")


def test_codes_can_be_read_as_text(tmp_path):
    rows = "".join(f"{('0151', '0301', '0453')[k % 3]},{k},{'ab'[k % 2]}\n" for k in range(30))
    path = text(tmp_path / "t.csv", "code,x,kind\n" + rows)
    assert matrices(source(path, text="code")).encoding.feature_names == (
        "code=0151",
        "code=0301",
        "code=0453",
        "x",
    )
    assert matrices(source(path)).encoding.feature_names == ("code", "x")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("last, first", {"last, first"}),
        ("last,first", {"last, first"}),
        ("a,last, first,b", {"a", "last, first", "b"}),
        ("last, first,k,l,m", {"last, first", "k,l,m"}),
        (["last, first", "b"], {"last, first", "b"}),
    ],
)
@pytest.mark.parametrize("setting", ["ignore", "text"])
def test_names_with_commas_are_understood(setting, given, meant, tmp_path):
    header = '"last, first",a,b,"k,l,m",x,y\n'
    path = text(tmp_path / "t.csv", header + "1,2,3,4,5,6\n" * 2 + "2,3,4,5,6,7\n" * 2)
    found = source(path, **{setting: given})
    if setting == "ignore":
        assert {"last, first", "a", "b", "k,l,m", "x"} - set(found.features) == meant
    else:
        assert {name for name in found.features if found.frame[name].dtype == pl.String} == meant


@pytest.mark.parametrize("setting", ["ignore", "text"])
def test_a_column_that_is_not_there_is_named_with_the_nearest(setting, tmp_path):
    with pytest.raises(
        SettingError, match=r"no column 'twon'\n  hint: did you mean .town.[?] columns: height"
    ):
        source(comma(tmp_path / "people.csv"), **{setting: "member,twon"})


# --- missing values ----------------------------------------------------------------------------------
def with_gaps(path):
    table = people().with_columns(
        pl.when(pl.int_range(60) % 7 == 3).then(None).otherwise(pl.col("height")).alias("height"),
        pl.when(pl.int_range(60) % 5 == 4).then(None).otherwise(pl.col("town")).alias("town"),
        pl.when(pl.int_range(60) % 9 == 8).then(None).otherwise(pl.col("member")).alias("member"),
    )
    return table, written(table, path)


def test_missing_values_are_refused_where_they_stand_in_the_file(tmp_path):
    with pytest.raises(DataError) as caught:
        source(with_gaps(tmp_path / "people.csv")[1])
    assert str(caught.value) == (
        "people: row 4, column 'height', holds no value\n"
        "  received: a missing one, and 8 more below\n"
        "  hint: remove the row, or fill missing values with --fill; rows are counted from 1"
    )


def test_missing_values_are_filled_with_what_is_usual_in_the_training_rows(tmp_path):
    table, path = with_gaps(tmp_path / "people.csv")
    found = source(path, fill=True)
    inside, outside = found.split(0.2, 0)
    parts = found.parts(inside, outside)
    known = table[inside.tolist()]
    height, town, member = parts.encoding.columns
    assert height.fill == known["height"].median() != table["height"].median()
    assert town.fill == known["town"].drop_nulls().mode().sort()[0]
    assert member.fill == float(known["member"].drop_nulls().mean() >= 0.5)
    gaps = table["height"].is_null().to_numpy()
    assert (
        set(parts.rows.X_train[gaps[inside], 0]) == set(parts.rows.X_test[gaps[outside], 0]) == {height.fill}
    )
    filled = parts.rows.X_test[table["town"].is_null().to_numpy()[outside], 1:4]
    assert len(filled)
    assert {TOWNS[place] for place in filled.argmax(axis=1)} == {town.fill}


def test_a_target_that_is_missing_is_never_filled(tmp_path):
    path = text(tmp_path / "t.csv", "x,kind\n1,a\n2,\n3,b\n4,a\n")
    with pytest.raises(DataError, match="t: the target 'kind' is missing in row 2"):
        source(path, fill=True)


# --- only training rows are learned from -------------------------------------------------------------
def test_scaling_and_encoding_come_from_the_training_rows_alone(tmp_path):
    """Changing the test rows, and nothing else, changes nothing of the network."""
    table = people()
    path = written(table, tmp_path / "people.csv")
    settings = TrainSettings(epochs=1, target="height", fill=True)
    first = run.prepare(path, settings)
    outside = open_source(path, settings).split(0.2, 0)[1]
    heights = table["height"].to_numpy().copy()
    numbers = np.arange(60.0)
    for change in (0, 1e6):
        numbers[outside] += change
        heights[outside] += change
        written(
            table.with_columns(pl.Series("height", heights), pl.Series("age", numbers)),
            tmp_path / "changed.csv",
        )
        prepared = run.prepare(str(tmp_path / "changed.csv"), settings)
        run.learn(prepared.parts, prepared.network, prepared.settings, bar=False)
        assert np.array_equal(prepared.parts.y_train, first.parts.y_train)
        if change == 0:
            expected = prepared.network
    assert prepared.parts.X_test[:, -1].min() >= 1e6
    assert np.array_equal(prepared.network.network.vector, expected.network.vector)
    assert np.array_equal(prepared.network.scaling.mean, expected.scaling.mean)
    assert np.allclose(prepared.network.scaling.mean, prepared.parts.X_train.mean(axis=0))
    assert prepared.network.head.scaling.mean == pytest.approx(prepared.parts.y_train.mean())
    assert prepared.network.encoding == expected.encoding


def test_folds_encode_each_their_own_training_rows(tmp_path):
    _, path = with_gaps(tmp_path / "people.csv")
    found = source(path, fill=True)
    halves = np.arange(60)[:30], np.arange(60)[30:]
    medians = {found.parts(*rows).encoding.columns[0].fill for rows in (halves, halves[::-1])}
    assert len(medians) == 2


def rare(path, at):
    """A table in which one row has a town of its own."""
    towns = ["Ulm" if row in at else TOWNS[row % 3] for row in range(60)]
    return written(people().with_columns(pl.Series("town", towns)), path)


def test_a_category_that_occurs_once_is_learned_from_and_not_tested_on(tmp_path):
    inside, outside = source(comma(tmp_path / "people.csv")).split(0.2, 0)
    path = rare(tmp_path / "rare.csv", {outside[2], outside[5]})
    parts = source(path).parts(inside, outside)
    assert parts.notes == ("2 rows kept for learning, not for the test: no other has that category of town",)
    assert (len(parts.rows.X_train), len(parts.rows.X_test)) == (50, 10)
    assert "town=Ulm" in parts.encoding.feature_names
    place = parts.encoding.feature_names.index("town=Ulm")
    assert parts.rows.X_train[:, place].sum() == 2
    assert parts.rows.X_test[:, place].sum() == 0
    assert run.prepare(path, TrainSettings()).notes[-1] == parts.notes[0]


def test_a_category_that_occurs_once_in_training_needs_no_word(tmp_path):
    inside, outside = source(comma(tmp_path / "people.csv")).split(0.2, 0)
    parts = source(rare(tmp_path / "rare.csv", {inside[7]})).parts(inside, outside)
    assert (parts.notes, len(parts.rows.X_test)) == ((), 12)


def test_no_row_left_to_test_on_is_refused(tmp_path):
    table = text(tmp_path / "t.csv", "town,y\n" + "Rome,1.5\n" * 8 + "Oslo,2.5\nBonn,2.5\n")
    found = source(table)
    with pytest.raises(
        DataError, match=r"t: every row to test on holds a category .*\n  received: columns town"
    ):
        found.parts(np.arange(8), np.arange(8, 10))


# --- refusals ----------------------------------------------------------------------------------------
def test_names_of_cases_are_refused_rather_than_moved(tmp_path):
    rows = "".join(f"n{k},{k / 7:.2f}\n" for k in range(50))
    with pytest.raises(
        DataError, match=r"'id' holds too many different texts(.|\n)*--ignore id if it holds names"
    ):
        matrices(source(text(tmp_path / "t.csv", "id,y\n" + rows)))


def test_a_hint_quotes_a_name_with_spaces(tmp_path):
    rows = "".join(f"n{k},{k / 7:.2f}\n" for k in range(50))
    with pytest.raises(DataError, match='--ignore "case id" if'):
        matrices(source(text(tmp_path / "t.csv", "case id,y\n" + rows)))


@pytest.mark.parametrize("dtype", LARGEST)
@pytest.mark.parametrize("column", ["x", "y"])
def test_numbers_that_cannot_be_squared_are_refused(dtype, column, tmp_path):
    most = LARGEST[dtype]
    table = pl.DataFrame({"x": np.linspace(0, 1, 20), "y": np.linspace(0.5, 9.5, 20)})
    for size in (most, 1.1 * most):
        values = table[column].to_numpy().copy()
        values[[3, 7]] = -size
        path = written(table.with_columns(pl.Series(column, values)), tmp_path / "t.csv")
        if size == most:
            result = run.train(path, TrainSettings(epochs=2, dtype=dtype, learning_rate=1e-6))
            assert np.isfinite(result.network.network.vector).all()
            continue
        with pytest.raises(
            DataError, match=f"t: row 4, column '{column}', holds a number too large"
        ) as caught:
            source(path, dtype=dtype)
        assert caught.value.expected == f"at most {most:g}"


def test_one_row_of_a_class_that_may_be_a_number_is_told_both_ways(tmp_path):
    path = text(tmp_path / "t.csv", "x,rooms\n" + "".join(f"{k},{k % 3}\n" for k in range(20)) + "3,9\n")
    with pytest.raises(
        DataError, match=r"class 9 has a single row(.|\n)*or --task regression, if 'rooms' is a number"
    ):
        source(path).split(0.2, 0)
    assert len(source(path, task="regression").split(0.2, 0)[1]) == 5


def test_settings_that_say_nothing_about_such_data_are_refused(tmp_path):
    comma(tmp_path / "people.csv")
    for data, settings in [
        (tmp_path / "people.csv", {"samples": 50}),
        (tmp_path / "people.csv", {"noise": 0.0}),
        ("iris", {"target": "species"}),
        ("iris", {"fill": True}),
        ("iris", {"ignore": "x"}),
        ("iris", {"text": "x"}),
        ("iris", {"separator": ","}),
        ("iris", {"decimal": "."}),
    ]:
        name = next(iter(settings))
        with pytest.raises(SettingError, match=f"--{name} does not go with {data}"):
            source(data, **settings)


# --- MNIST -------------------------------------------------------------------------------------------
def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return head + array.astype(np.uint8).tobytes()


@pytest.fixture
def digits(tmp_path):
    """A folder in the form of MNIST: 40 training images and 10 test images of 2 × 2 pixels, of two digits."""
    rng, folder = np.random.default_rng(0), tmp_path / "small"
    folder.mkdir()
    for stem, rows in (("train", 40), ("t10k", 10)):
        y = np.resize([3, 8], rows)
        images = rng.integers(0, 100, (rows, 2, 2)) + (y == 8)[:, None, None] * 155
        (folder / f"{stem}-images-idx3-ubyte").write_bytes(idx(images))
        (folder / f"{stem}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(y)))
    return folder


def test_a_folder_of_images_keeps_its_own_test_images(digits):
    found = source(digits)
    assert isinstance(found, Images)
    problem = found.problem
    assert (problem.name, problem.classes, problem.rows, problem.columns) == ("small", (3, 8), 50, 4)
    for test_size, seed in ((0.2, 0), (0.5, 3)):
        inside, outside = found.split(test_size, seed)
        assert (inside.tolist(), outside.tolist()) == (list(range(40)), list(range(40, 50)))
    parts = matrices(found)
    assert parts.rows.X_train is found.images.X_train
    assert parts.rows.X_test.max() <= 1
    assert parts.encoding.feature_names == ("pixel1", "pixel2", "pixel3", "pixel4")


def test_a_run_learns_from_a_folder_of_images_and_folds_it(digits):
    settings = TrainSettings(epochs=30, batch_size=5, layers=(4,), folds=4)
    found = run.train(str(digits), settings)
    assert (found.figures["train"]["rows"], found.figures["test"]["rows"]) == (40, 10)
    assert found.figures["test"]["accuracy"] == 1.0
    assert len(found.figures["summary"]["folds"]["scores"]) == 4


@pytest.mark.parametrize("settings", [{"target": "label"}, {"fill": True}, {"task": "regression"}])
def test_settings_for_tables_are_refused_for_images(settings, digits):
    with pytest.raises(SettingError):
        source(digits, **settings)


def test_a_folder_without_one_of_the_files_names_it(digits):
    (digits / "t10k-images-idx3-ubyte").unlink()
    with pytest.raises(DataError, match="does not hold MNIST\n  expected: t10k-images-idx3-ubyte"):
        source(digits)


def test_a_table_is_a_table(tmp_path):
    assert isinstance(source(comma(tmp_path / "people.csv")), TableSource)


def test_a_set_is_split_as_from_python():
    data = load("breast_cancer")
    expected = split(data, seed=3)
    found = run.prepare("breast_cancer", TrainSettings(seed=3)).parts
    assert np.array_equal(found.X_test, expected.X_test)
    assert found.y_test.tolist() == [data.class_names[k] for k in expected.y_test]
