"""What `make bench` writes: its cells and verdicts, and that RESULTS.md has every comparison there is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
PEERS = ("torch", "jax", "thinc", "micrograd")
NO_COMPARISON = {"accuracy", "kills", "large_table", "stacked", "xor"}  # checks of other kinds, run by hand
SHARED = {"contenders", "measuring", "run", "scalar_gpt"}
WITHOUT_PEERS = f"""
import sys
for name in {PEERS!r}:
    sys.modules[name] = None  # an import fails
sys.path.insert(0, {str(FOLDER)!r})
import run
raise SystemExit(run.main(["--list"]))
"""


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    import measuring
    import run

    yield run, measuring
    for name in ("run", "measuring"):
        del sys.modules[name]


def row(measuring, *, ours=(2.0, 1.0, 4.0), theirs=(10.0, 4.0, 10.0), peer="PyTorch", target=None, **more):
    return measuring.Row("a step", "µs", list(ours), peer, theirs and list(theirs), target, **more)


# --- cells --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.7, "0.700"),
        (12.345, "12.3"),
        (99.96, "100"),
        (65818.4, "65,818"),
        (0.0172, "0.0172"),
        (-1.65, "-1.65"),
    ],
)
def test_a_number_has_three_digits_or_all_before_the_point(bench, value, shown):
    assert bench[1].number(value) == shown


def test_a_row_shows_medians_with_their_spread_and_ratios_of_each_process(bench):
    assert row(bench[1]).cells() == [
        *["a step", "2.00 µs (1.00–4.00)", "PyTorch", "10.0 µs (4.00–10.0)"],
        *["0.250 (0.200–0.400)", "", "", ""],
    ]


def test_a_ratio_is_turned_round_where_it_says_how_many_times_as_fast(bench):
    found = row(bench[1], target=bench[1].at_least(3, 4.5)).cells()
    assert found[4:] == ["4.00 × (2.50–5.00)", "≥ 3 ×", "≥ 4.5 ×", "yes"]
    assert row(bench[1], target=bench[1].at_least(None)).cells()[4:] == ["4.00 × (2.50–5.00)", "", "", ""]


def test_ratios_that_were_measured_are_taken_as_they_are(bench):
    assert row(bench[1], ratios=[0.5, 0.6, 0.7]).cells()[4] == "0.600 (0.500–0.700)"


@pytest.mark.parametrize(
    ("must", "goal", "met", "missed"),
    [
        (0.3, 0.25, "yes, and the goal", False),
        (0.25, 0.2, "yes", False),
        (0.25, None, "yes", False),
        (0.24, 0.2, "**no**", True),
        (None, 0.3, "the goal", False),
        (None, 0.2, "not yet", False),
    ],
)
def test_the_median_is_held_to_target_and_goal(bench, must, goal, met, missed):
    found = row(bench[1], target=bench[1].at_most(must, goal))
    assert (found.met, found.missed) == (met, missed)


def test_without_a_peer_our_own_figure_is_held_to_the_target(bench):
    found = row(bench[1], peer="", theirs=None, target=bench[1].at_most(1.5))
    assert found.cells() == ["a step", "2.00 µs (1.00–4.00)", "", "", "", "≤ 1.5 µs", "", "**no**"]


def test_a_peer_that_is_not_installed_is_named_and_its_target_is_open(bench):
    found = row(bench[1], theirs=None, target=bench[1].at_most(0.5))
    assert found.cells()[2:] == ["PyTorch", "not installed", "", "≤ 0.5", "", "not measured"]
    assert found.missed
    assert bench[1].beside("a step", [{"whygrad": {"time": 1.0, "ratio": {}}}], "whygrad", "jax").met == ""


def test_columns_of_targets_stand_only_where_there_are_any(bench):
    _, measuring = bench
    plain, bound = row(measuring), row(measuring, target=measuring.at_most(1))
    assert measuring.markdown([plain]).splitlines()[0] == "| what | whygrad | peer | its figure | ratio |"
    lines = measuring.markdown([plain, bound]).splitlines()
    assert lines[0] == "| what | whygrad | peer | its figure | ratio | target | goal | met |"
    assert {line.count("|") for line in lines} == {9}
    assert len({line.index("PyTorch") for line in measuring.text([plain, bound]).splitlines()[1:]}) == 1


def test_medians_are_of_ratios_within_a_round(bench):
    found = bench[1].medians({"whygrad": [1.0, 2.0, 9.0], "other": [2.0, 8.0, 9.0]})
    assert found["whygrad"] == {"time": 2.0, "ratio": {"whygrad": 1.0, "other": 0.5}}
    assert bench[1].beside("a step", [found], "whygrad", "other").cells()[1:5] == [
        *["2.00 µs", "other", "8.00 µs", "0.500"]
    ]


def test_losses_that_differ_stop_everything(bench):
    bench[1].agree("jax", [1.0, 2.0], [1.0, 2.0 + 1e-13], 1e-12)
    for wrong in (2.1, float("nan")):
        with pytest.raises(SystemExit, match="jax: losses differ"):
            bench[1].agree("jax", [1.0, wrong], [1.0, 2.0], 1e-12)


def test_a_process_of_its_own_answers_or_stops_everything(bench, tmp_path):
    _, measuring = bench
    assert measuring.processes(2, measuring.number, 12.345) == ["12.3", "12.3"]
    with pytest.raises(SystemExit, match="TypeError"):
        measuring.in_process(measuring.number, "twelve")


# --- the front ----------------------------------------------------------------------------------------


@pytest.fixture
def front(bench, monkeypatch, tmp_path):
    """The front with two comparisons of its own, and RESULTS.md elsewhere."""
    run, measuring = bench
    target = measuring.at_most(0.2)
    found = [
        measuring.Table("good", "Good", "Measured so.", lambda runs: [row(measuring)] * runs),
        measuring.Table("bad", "Bad", "And so.", lambda runs: [row(measuring, target=target)]),
    ]
    monkeypatch.setattr(run, "tables", lambda: found)
    monkeypatch.setattr(run, "RESULTS", tmp_path / "RESULTS.md")
    return run, measuring, found


def test_the_page_says_where_with_what_and_how_it_was_measured(front, capsys):
    run, _, _ = front
    assert run.main(["--runs", "2"]) == 0
    page = run.RESULTS.read_text(encoding="utf-8")
    assert "| command | `python benchmarks/run.py --runs 2` |" in page
    for fact in ("| processor | ", "| memory | ", "| system | ", "| versions | Python 3.", "| date | 2"):
        assert fact in page
    assert re.search(r"NumPy [\d.]+ \(\S*blas", page)
    assert "0 of 1 targets met, 0 of 0 goals." in page
    assert page.index("## Good\n\nMeasured so.\n\n| what ") < page.index("## Bad\n\nAnd so.\n\n| what ")
    assert "not installed comes" not in page
    out, err = capsys.readouterr()
    assert (out, err) == ("benchmarks/RESULTS.md: 0 of 1 targets met, 0 of 0 goals.\n", "")


def test_a_target_that_is_missed_ends_with_1_only_if_asked_for(front):
    assert front[0].main([]) == 0
    assert front[0].main(["--strict"]) == 1
    assert front[0].main(["--strict", "--only", "good"]) == 0


def test_some_comparisons_are_printed_and_leave_the_file_alone(front, capsys):
    run, _, _ = front
    run.RESULTS.write_text("before")
    assert run.main(["--only", "bad"]) == 0
    assert capsys.readouterr().out.startswith("Bad\nwhat ")
    assert run.RESULTS.read_text() == "before"
    with pytest.raises(SystemExit):
        run.main(["--only", "good", "worse"])
    assert "invalid choice: 'worse'" in capsys.readouterr().err


def test_interrupted_it_leaves_the_file_as_it_was(front, capsys):
    run, measuring, found = front

    def interrupted(runs):
        raise KeyboardInterrupt

    run.RESULTS.write_text("before")
    found.append(measuring.Table("long", "Long", "", interrupted))
    assert run.main([]) == 130
    assert capsys.readouterr() == ("", "\nstopped; RESULTS.md is as it was\n")
    assert [path.name for path in run.RESULTS.parent.iterdir()] == ["RESULTS.md"]
    assert run.RESULTS.read_text() == "before"


def test_what_is_not_installed_comes_with_a_hint(front, capsys):
    run, measuring, found = front
    found.append(measuring.Table("gone", "Gone", "", lambda runs: [row(measuring, theirs=None)]))
    assert run.main([]) == 0
    assert "What is not installed comes with: pip install 'whygrad[bench]'." in run.RESULTS.read_text()
    assert capsys.readouterr().err == "what is not installed comes with: pip install 'whygrad[bench]'\n"


@pytest.mark.parametrize("runs", ["0", "-1", "few"])
def test_a_number_of_processes_that_cannot_be_is_refused(front, capsys, runs):
    with pytest.raises(SystemExit):
        front[0].main([f"--runs={runs}"])
    assert f"expected a whole number from 1, received '{runs}'" in capsys.readouterr().err


# --- all comparisons ----------------------------------------------------------------------------------


def test_every_benchmark_is_listed_or_known_to_be_something_else(bench):
    files = {path.stem for path in FOLDER.glob("*.py")}
    assert files == {*bench[0].MODULES, *NO_COMPARISON, *SHARED}


@pytest.mark.slow
def test_without_peers_every_comparison_is_there_and_results_has_each(bench):
    done = subprocess.run([sys.executable, "-c", WITHOUT_PEERS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    listed = [re.split(r"\s+", line, maxsplit=1) for line in done.stdout.splitlines()]
    assert len({name for name, _ in listed}) == len(listed) >= len(bench[0].MODULES)
    page = (FOLDER / "RESULTS.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == [title for _, title in listed]
