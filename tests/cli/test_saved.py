"""``show``, ``evaluate`` and ``predict``: a run looked at, tested and used."""

import csv
import io
import json
import random
from pathlib import Path

import numpy as np
import pytest

from whygrad.cli import main
from whygrad.data import load
from whygrad.training import NeuralNetwork

from .tables import HEADER, broken_off, houses, people, rows, train, tree


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def said(capsys):
    """What a command gives: exit code, standard output, standard error."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run


def write(name, *lines):
    Path(name).write_text("\n".join([*lines, ""]), encoding="utf-8")
    return name


def table(text, separator=","):
    """A table as it was written: name of a column -> its fields."""
    names, *found = csv.reader(io.StringIO(text), delimiter=separator)
    return dict(zip(names, map(list, zip(*found, strict=True)), strict=True))


def network(folder="run"):
    return NeuralNetwork.load(Path(folder) / "model.safetensors")


# --- show --------------------------------------------------------------------------------------------
def test_show_says_what_a_run_holds(said):
    train(people(), "run", "--layers", "8", "--target", "kind")
    found = json.loads(Path("run/metrics.json").read_text())
    code, out, err = said("show", "run")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "run: finished",
        f"data: {Path('people.csv').absolute()}",
        "settings: --target kind, --epochs 2",
        "",
        *network().summary().splitlines(),
        "",
        f"training accuracy {100 * found['train']['accuracy']:.1f} % (32 rows)",
        f"test accuracy {100 * found['test']['accuracy']:.1f} % (8 rows)",
        f"2 epochs in {found['seconds']:.1f} s",
        "each epoch: run/history.csv",
    ]


def test_show_of_numbers_to_predict(said):
    train(houses(), "run", "--patience", "1", "--layers", "4,4", "--ignore", "town")
    found = json.loads(Path("run/metrics.json").read_text())
    _, out, _ = said("show", "run")
    assert "settings: --ignore town, --epochs 2, --patience 1\n" in out
    assert f"test R² {found['test']['r2']:.3f} (8 rows)\n" in out
    assert f"weights of epoch {found['best_epoch']}\n" in out


def test_show_as_json(said):
    train(people(), "run")
    code, out, err = said("show", "run", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["folder"], found["state"]) == ("run", "finished")
    assert found["data"] == str(Path("people.csv").absolute())
    assert (found["settings"]["epochs"], found["settings"]["layers"]) == (2, [16, 16])
    assert found["figures"] == json.loads(Path("run/metrics.json").read_text())


def test_show_of_a_run_that_was_broken_off_says_how_to_go_on(said):
    broken_off("iris", "run")
    assert said("show", "run") == (
        0,
        "run: not finished\ndata: iris\nsettings: --epochs 2\nto go on: whygrad train --resume run\n",
        "",
    )
    code, out, _ = said("show", "run", "--json")
    assert (code, json.loads(out)["figures"]) == (0, None)


def test_show_of_a_run_that_failed_says_why(said):
    said(
        "train",
        "diabetes",
        "--optimizer",
        "sgd",
        "--activation",
        "relu",
        "--learning-rate",
        "50",
        "--output",
        "run",
    )
    code, out, _ = said("show", "run")
    assert code == 0
    assert out.startswith("run: failed: the loss became ")
    assert "--resume" not in out
    for command in ("predict", "evaluate"):
        code, out, err = said(command, "run", people())
        assert (code, out) == (1, "")
        assert err.startswith("whygrad: run has no trained network\n  received: failed: the loss became ")


def test_the_folder_may_be_elsewhere(said, tmp_path, monkeypatch):
    train(people(), "run")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert said("show", "../run")[0] == 0
    assert said("evaluate", "../run")[0] == 0
    assert said("predict", "../run", "../people.csv")[0] == 0


# --- evaluate ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("data", ["people", "houses", "iris", "diabetes", "moons"])
def test_a_run_is_tested_on_the_rows_it_kept_for_that(data, said):
    given = {"people": people, "houses": houses}.get(data, lambda: data)()
    _, first, _ = said("train", given, "--epochs", "3", "--output", "run", "--seed", "3")
    code, out, err = said("evaluate", "run")
    assert (code, err) == (0, "")
    name, figure, *more = out.splitlines()
    assert name == f"{data}, the test rows:"
    assert figure.startswith("R² " if data in ("houses", "diabetes") else "accuracy ")
    found, metrics = json.loads(said("evaluate", "run", "--json")[1]), Path("run/metrics.json").read_text()
    summary = json.loads(metrics)["summary"]
    for item in ("score", "rows", "right", "interval", "confusion", "metric", "task"):
        assert found[item] == summary[item]
    assert all(line in first for line in more)


def test_another_table_is_tested_as_the_network_tests_it(said):
    train(people(), "run")
    new = people("new.csv", count=25, seed=7)
    found = json.loads(said("evaluate", "run", new, "--json")[1])
    labels = table(said("predict", "run", new)[1])["kind"]
    right = sum(label == row[-1] for label, row in zip(labels, rows(25, 7), strict=True))
    assert (found["data"], found["rows"], found["right"], found["score"]) == ("new", 25, right, right / 25)
    code, out, err = said("evaluate", "run", new)
    assert (code, err) == (0, "")
    assert out.startswith(f"new:\naccuracy {100 * right / 25:.1f} % ({right} of 25 rows; 95 % interval ")


def test_numbers_of_another_table_are_scored_with_r2(said):
    train(houses(), "run", "--learning-rate", "0.1")
    new = houses("new.csv", count=30, seed=5)
    found = json.loads(said("evaluate", "run", new, "--json")[1])
    predicted = np.array(table(said("predict", "run", new)[1])["price"], float)
    actual = np.array(table(Path(new).read_text())["price"], float)
    r2 = 1 - np.sum((actual - predicted) ** 2) / np.sum((actual - actual.mean()) ** 2)
    assert found["score"] == pytest.approx(r2, rel=1e-9)
    assert (found["metric"], found["rows"], found["right"]) == ("r2", 30, None)


@pytest.mark.parametrize("learned", ["people.csv", "./people.csv", "link.csv"])
def test_the_table_that_was_learned_from_is_said_to_be_no_test(learned, said):
    train(people(), "run")
    Path("link.csv").symlink_to("people.csv")
    code, _, err = said("evaluate", "run", learned)
    assert (code, err) == (0, "the network has learned from rows of this table: that is no test\n")


def test_the_set_that_was_learned_from_is_said_to_be_no_test(said):
    train("breast_cancer", "run")
    assert said("evaluate", "run", "Breast-Cancer")[2].endswith("that is no test\n")
    assert said("evaluate", "run", "iris") == (
        1,
        "",
        (
            "whygrad: iris has other columns than the network was trained with\n  expected: 30 inputs\n"
            "  received: sepal length (cm), sepal width (cm), petal length (cm), petal width (cm)\n"
        ),
    )


def test_a_run_is_not_tested_on_rows_that_it_may_have_learned_from(said):
    train(people(), "run")
    people(more=["1.50,Oslo,true,a"])
    code, out, err = said("evaluate", "run")
    assert (code, out) == (1, "")
    assert err.startswith(
        f"whygrad: {Path('people.csv').absolute()} is not what it was when run learned from it\n"
    )
    people()
    assert said("evaluate", "run")[0] == 0


def test_the_target_may_be_whole_numbers_or_truth_values(said):
    drawn = random.Random(0)
    for name, labels in (("n", ["3", "7"]), ("t", ["true", "false"])):
        lines = [f"{drawn.random()},{labels[k % 2]}" for k in range(20)]
        train(write(f"{name}.csv", "x,y", *lines), name)
        assert said("evaluate", name, write("new.csv", "y,x", f"{labels[0]},0.5"))[0] == 0
        assert table(said("predict", name, write("new.csv", "x", "0.5"))[1])["y"][0].lower() in labels


# --- predict -----------------------------------------------------------------------------------------
def test_predictions_are_those_of_the_network(said):
    train(people(), "run")
    code, out, err = said("predict", "run", "people.csv")
    assert (code, err) == (0, "")
    found, model = table(out), network()
    lines = [line.split(",") for line in rows()]
    X = np.array(
        [
            [float(height), *[town == known for known in ("Bonn", "Oslo", "Rome")], member == "true"]
            for height, town, member, _ in lines
        ]
    )
    assert list(found) == ["row", "kind", "p(a)", "p(b)"]
    assert found["row"] == [str(k) for k in range(1, 41)]
    assert found["kind"] == model.predict(X).tolist()
    for name, column in zip(("p(a)", "p(b)"), model.predict_proba(X).T, strict=True):
        assert [float(field) for field in found[name]] == column.tolist()


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_probabilities_sum_to_1_and_agree_with_the_labels(classes, said):
    drawn = random.Random(0)
    lines = [f"{drawn.random()},{drawn.random()},c{k % classes}" for k in range(60)]
    train(write("t.csv", "x,z,kind", *lines), "run", "--learning-rate", "0.1")
    found = table(said("predict", "run", "t.csv")[1])
    shares = np.array([found[f"p(c{k})"] for k in range(classes)], float).T
    assert np.allclose(shares.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert [f"c{place}" for place in shares.argmax(axis=1)] == found["kind"]


def test_numbers_are_predicted_without_probabilities(said):
    train(houses(), "run")
    found = table(said("predict", "run", "houses.csv")[1])
    assert list(found) == ["row", "price"]
    X = [
        [float(line.split(",")[0]), line.split(",")[1]] for line in Path("houses.csv").read_text().split()[1:]
    ]
    matrix = [[size, *[town == known for known in ("Bonn", "Oslo", "Rome")]] for size, town in X]
    assert [float(price) for price in found["price"]] == network().predict(np.array(matrix, float)).tolist()


def test_a_network_without_probabilities_gives_labels(said):
    train(people(), "run", "--loss", "hinge")
    assert list(table(said("predict", "run", "people.csv")[1])) == ["row", "kind"]


def test_columns_are_found_by_their_names(said):
    train(people(), "run")
    _, expected, _ = said("predict", "run", "people.csv")
    lines = [line.split(",") for line in [HEADER, *rows()]]
    reordered = [
        ";".join([member, kind, town, height.replace(".", ","), "x"]) for height, town, member, kind in lines
    ]
    code, out, err = said("predict", "run", write("new.csv", *reordered[:1], *reordered[1:]))
    assert (code, out) == (0, expected)
    assert err == "columns that the network does not use: x\n"


def test_the_target_is_not_needed_and_not_looked_at(said):
    train(people(), "run")
    _, expected, _ = said("predict", "run", "people.csv")
    for change in (lambda kind: "", lambda kind: "unheard of", lambda kind: "7"):
        lines = [line[:-1] + change(line[-1]) for line in rows()]
        assert said("predict", "run", write("new.csv", HEADER, *lines)) == (0, expected, "")
    without = [line[:-2] for line in rows()]
    assert said("predict", "run", write("new.csv", HEADER.removesuffix(",kind"), *without)) == (
        0,
        expected,
        "",
    )
    train(houses(), "houses")
    _, expected, _ = said("predict", "houses", "houses.csv")
    text = Path("houses.csv").read_text().splitlines()
    lines = [f"{line.rpartition(',')[0]},{'?' if k % 3 else 'soon'}" for k, line in enumerate(text[1:])]
    assert said("predict", "houses", write("new.csv", text[0], *lines)) == (0, expected, "")


def test_what_training_ignored_may_hold_anything(said):
    lines = [f"{k}{line[4:]}" for k, line in enumerate(rows())]
    train(write("t.csv", HEADER, *lines), "run", "--ignore", "height")
    code, _, err = said(
        "predict", "run", write("new.csv", HEADER, "5,Oslo,true,a", "6,Oslo,true,a", "x,Oslo,true,a")
    )
    assert (code, err) == (0, "columns that the network does not use: height\n")


def test_a_single_row_is_enough(said):
    train(people(), "run")
    _, out, _ = said("predict", "run", write("new.csv", "member,height,town", "true,1.75,Rome"))
    assert len(table(out)["kind"]) == 1


def test_missing_values_are_filled_as_in_training(said):
    lines = [line if k % 6 else line[4:] for k, line in enumerate(rows())]
    train(write("gaps.csv", HEADER, *lines), "run", "--fill")
    filled = network().encoding.columns[0].fill
    new = [write("gap.csv", HEADER, ",Oslo,true,a"), write("full.csv", HEADER, f"{filled},Oslo,true,a")]
    first, second = [said("predict", "run", name) for name in new]
    assert first[:2] == second[:2]
    assert (first[0], second[2]) == (0, "")
    assert first[2] == f"missing values filled: 1 of 'height' with {filled:g}\n"


@pytest.mark.parametrize(("name", "separator"), [("out.csv", ","), ("out.tsv", "\t"), ("OUT.CSV", ",")])
def test_predictions_can_be_written_to_a_file(name, separator, said):
    train(people(), "run")
    _, expected, _ = said("predict", "run", "people.csv")
    assert said("predict", "run", "people.csv", "--output", name) == (
        0,
        "",
        f"40 predictions written to {name}\n",
    )
    assert table(Path(name).read_text(), separator) == table(expected)
    assert said("predict", "run", "people.csv", "--output", name)[0] == 0  # again, over it


def test_predictions_as_json(said):
    train(people(), "run")
    expected = table(said("predict", "run", "people.csv")[1])
    code, out, err = said("predict", "run", "people.csv", "--json", "--output", "out.csv")
    found = json.loads(out)
    assert (code, err) == (0, "40 predictions written to out.csv\n")
    assert [list(row) for row in found] == 40 * [["row", "kind", "p(a)", "p(b)"]]
    for name, column in expected.items():
        assert [str(row[name]) for row in found] == column
    assert table(Path("out.csv").read_text()) == expected


def test_names_and_classes_that_need_quotation_marks(said):
    labels = ['"a, b"', '"say ""no"""']
    lines = [f"{k / 9:.3f},{labels[k % 2]}" for k in range(20)]
    train(write("t.csv", 'x,"this, or that"', *lines), "run")
    found = table(said("predict", "run", "t.csv")[1])
    assert list(found) == ["row", "this, or that", "p(a, b)", 'p(say "no")']
    assert set(found["this, or that"]) <= {"a, b", 'say "no"'}


@pytest.mark.parametrize("target", ["row", "p(a)", "p(b)"])
def test_a_target_with_the_name_of_another_column_is_called_prediction(target, said):
    lines = [f"{k / 9:.3f},{'ab'[k % 2]}" for k in range(20)]
    train(write("t.csv", f"x,{target}", *lines), "run")
    assert list(table(said("predict", "run", "t.csv")[1])) == ["row", "prediction", "p(a)", "p(b)"]


def test_arrays_go_in_where_arrays_were_learned_from(said):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 3))
    np.savez("learn.npz", X=X, y=X[:, 0] > 0)
    train("learn.npz", "run")
    np.savez("new.npz", X=X[:5])
    np.save("new.npy", X[:5])
    found = table(said("predict", "run", "new.npz")[1])
    assert found["target"] == [str(label) for label in network().predict(X[:5])]
    assert said("evaluate", "run", "learn.npz")[0] == 0
    train("iris", "iris")  # whose columns have names that arrays do not have
    np.savez("new.npz", X=load("iris").X[:5])
    found = table(said("predict", "iris", "new.npz")[1])
    assert found["target"] == network("iris").predict(load("iris").X[:5]).tolist()


def test_nothing_but_the_output_is_written(said):
    train(people(), "run")
    before = tree()
    for command in (["show", "run"], ["evaluate", "run"], ["predict", "run", "people.csv"]):
        assert said(*command)[0] == 0
    assert tree() == before
    assert said("predict", "run", "people.csv", "--output", "p.csv")[0] == 0
    assert tree("p.csv") == before
