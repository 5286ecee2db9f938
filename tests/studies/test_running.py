"""Whoever computes, in whichever order, with whatever dying in between: the same results, each once."""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from whygrad import _files as files
from whygrad.errors import DataError, SettingError, TrainingError
from whygrad.studies import curves, make_study, run_study
from whygrad.studies.execution import (
    MOST_DEATHS,
    Workers,
    cores,
    dask_cluster,
    dask_scheduler,
    execute,
    given,
    processes,
)
from whygrad.studies.results import TrialResult
from whygrad.studies.running import TRIALS, carry_out, plan
from whygrad.studies.trial import run_trial
from whygrad.studies.units import run_unit, units

TEXT = """
data = "moons"
seeds = 4
[settings]
samples = 60
epochs = 6
batch_size = 2
layers = [4]
dropout = 0.1
[vary]
learning_rate = [0.001, 0.1, 1e6]
"""
STUDY = make_study(TEXT, "small")


class Shuffled(Executor):
    """Computes what it is given here and now, but answers in a random order."""

    def __init__(self, seed):
        self.rng, self.waiting = random.Random(seed), []

    def submit(self, fn, *args):
        future = Future()
        self.waiting.append((future, fn, args))
        if len(self.waiting) == 8:
            self.answer()
        return future

    def answer(self):
        self.rng.shuffle(self.waiting)
        for future, fn, args in self.waiting:
            future.set_result(fn(*args))
        self.waiting.clear()


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / TRIALS).iterdir())}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The study computed in this process, one trial after another."""
    folder = tmp_path_factory.mktemp("here")
    results = [result for unit in units(STUDY.trials()) for result in run_unit(unit)]
    with ThreadPoolExecutor(1) as pool:
        assert run_study(STUDY, folder, given(pool)) == results
    return results, content(folder)


def test_results_say_what_was_trained(here):
    results, _ = here
    assert [(r.variant, r.seed) for r in results] == [
        (f"learning rate {rate}", seed) for rate in ("0.001", "0.1", "1e+06") for seed in range(4)
    ]
    assert [r.state for r in results] == ["finished"] * 8 + ["diverged"] * 4
    assert all(r.failure is None and r.after is not None and r.epochs == 6 for r in results[:8])
    assert all(r.after is None and "loss became" in r.failure and r.epochs < 6 for r in results[8:])
    assert [c.variant for c in curves(results)] == list(dict.fromkeys(r.variant for r in results))
    assert {c.diverged for c in curves(results)} == {(False,) * 4, (True,) * 4}


def test_before_and_after_are_those_of_the_network():
    from whygrad.runs import run

    trial = next(STUDY.trials())
    found = run_trial(trial)
    prepared = run.prepare(trial.data, trial.settings)
    parts, network = prepared.parts, prepared.network
    start = network.network.vector.copy()
    run.learn(parts, network, trial.settings, bar=False)
    assert found.after.test_loss == network.loss_of(parts.X_test, parts.y_test)
    assert found.after.test_score == pytest.approx(network.evaluate(parts.X_test, parts.y_test) / 100)
    assert found.columns["watched_loss"][-1] == pytest.approx(found.after.test_loss, rel=1e-12)
    assert found.columns["loss"] == pytest.approx([epoch.loss for epoch in network.history], rel=1e-12)
    network.network.vector = start
    assert found.before.train_loss == network.loss_of(parts.X_train, parts.y_train)
    assert found.before.test_score == pytest.approx(network.evaluate(parts.X_test, parts.y_test) / 100)


def test_validation_rows_are_watched_where_there_are_some():
    text = 'data = "moons"\nseeds = 1\n[settings]\nsamples = 80\nepochs = 40\npatience = 2'
    (result,) = [run_trial(trial) for trial in make_study(text, "x").trials()]
    assert result.watched == "validation"
    assert result.epochs < 40


def test_all_rows_are_learned_from_where_none_is_kept():
    text = 'data = "xor"\nhold_out = false\nseeds = 1\n[settings]\nsamples = 4\nnoise = 0.0\nepochs = 2'
    (result,) = [run_trial(trial) for trial in make_study(text, "x").trials()]
    assert result.after.train_loss == result.after.test_loss


def test_curves_may_have_fewer_points():
    text = 'data = "moons"\nseeds = 1\nrecord_every = 4\n[settings]\nsamples = 40\nepochs = 10\nlayers = [3]'
    thin = run_trial(next(make_study(text, "x").trials()))
    full = run_trial(next(make_study(text.replace("record_every = 4", ""), "x").trials()))
    assert thin.columns["epoch"] == [1, 4, 8, 10]
    assert thin.epochs == 10
    assert thin.columns["loss"] == [full.columns["loss"][k - 1] for k in (1, 4, 8, 10)]
    assert thin.key != full.key


def test_results_come_back_from_their_file(here):
    for result in here[0]:
        text = json.dumps(result.to_json())
        again = TrialResult.from_json(json.loads(text))
        assert json.dumps(again.to_json()) == text


STACKED = """
data = "moons"
seeds = 9
[settings]
samples = 60
epochs = 6
batch_size = 2
layers = [4]
[vary]
learning_rate = [0.001, 0.1, 1e6]
activation = ["tanh", "relu"]
"""


def test_stacks_give_what_each_network_gives_alone():
    study = make_study(STACKED, "x")
    handed = units(study.trials())
    assert sorted(len(unit.trials) for unit in handed) == [6, 6, 7, 7, 7, 7, 7, 7]
    assert all(len({trial.settings.activation for trial in unit.trials}) == 1 for unit in handed)
    together = {result.key: result for unit in handed for result in run_unit(unit)}
    assert set(together) == {trial.key for trial in study.trials()}
    states = set()
    for trial in study.trials():
        alone, stacked = run_trial(trial), together[trial.key]
        states.add(alone.state)
        assert (stacked.variant, stacked.seed, stacked.state) == (alone.variant, alone.seed, alone.state)
        assert stacked.failure == alone.failure
        assert stacked.columns.keys() == alone.columns.keys()
        for name, values in alone.columns.items():
            assert stacked.columns[name] == pytest.approx(values, rel=1e-9, nan_ok=True), name
    assert states == {"finished", "diverged"}


def test_units_are_the_same_however_many_are_handed_out_at_a_time():
    study = make_study(STACKED.replace("seeds = 9", "seeds = 200"), "x")
    handed = units(study.trials())
    assert sum(len(unit.trials) for unit in handed) == study.count == 1200
    assert max(len(unit.trials) for unit in handed) <= 64
    assert len({unit.key for unit in handed}) == len(handed)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_does_not_matter(here, tmp_path, seed):
    pool = Shuffled(seed)
    workers = Workers(lambda: _open(pool), 2, "shuffled")
    folder = tmp_path / "a"
    todo = list(plan(STUDY, folder).missing)
    assert len(todo) == 12
    random.Random(seed).shuffle(todo)
    found = {}
    execute(todo[:8], workers, lambda unit, results: found.setdefault(unit.key, results))
    with ThreadPoolExecutor(3) as threads:
        execute(todo[8:], given(threads), lambda unit, results: found.setdefault(unit.key, results))
    in_order = [result for unit in units(STUDY.trials()) for result in found[unit.key]]
    assert [json.dumps(r.to_json()) for r in in_order] == [json.dumps(r.to_json()) for r in here[0]]


def _open(pool):
    return nullcontext(pool)


@pytest.mark.slow
def test_a_process_is_killed_in_the_middle(here, tmp_path):
    killed, counted = [], []

    def progress(done, total, last):
        counted.append(done)
        if done == 3 and not killed:
            child = random.choice(multiprocessing.active_children())
            os.kill(child.pid, signal.SIGKILL)
            killed.append(child.pid)

    carry_out(plan(STUDY, tmp_path), processes(2), progress)
    assert killed
    assert content(tmp_path) == here[1]
    assert counted == list(range(13))


@pytest.mark.slow
def test_workers_that_die_again_and_again_end_the_study(tmp_path):
    def kill_all():
        class Deadly(ThreadPoolExecutor):
            def submit(self, fn, *args):
                from concurrent.futures.process import BrokenProcessPool

                raise BrokenProcessPool("a process was terminated")

        return Deadly(1)

    opened = []

    def counted():
        opened.append(1)
        return kill_all()

    with pytest.raises(TrainingError, match=f"killed {MOST_DEATHS} times"):
        run_study(STUDY, tmp_path, Workers(counted, 1, "deadly"))
    assert len(opened) == MOST_DEATHS


SCRIPT = """
import sys
from pathlib import Path
from whygrad.studies import make_study, run_study
from whygrad.studies.execution import processes
if __name__ == "__main__":
    run_study(make_study(Path(sys.argv[1]).read_text(), "small"), Path(sys.argv[2]), processes(2))
"""


@pytest.mark.slow
def test_a_study_that_is_killed_goes_on_where_it_was(here, tmp_path):
    (tmp_path / "study.toml").write_text(TEXT)
    (tmp_path / "script.py").write_text(SCRIPT)
    folder = tmp_path / "results"
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "study.toml"), str(folder)]
    process = subprocess.Popen(command)
    deadline = time.monotonic() + 60
    while not list(folder.glob(f"{TRIALS}/*.json")) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.kill()
    process.wait()
    planned = plan(STUDY, folder)
    assert 0 < planned.kept < 12
    before = content(folder)
    trained = []
    with ThreadPoolExecutor(1) as pool:
        carry_out(planned, given(pool), lambda done, total, last: trained.append(last))
    assert len(trained) - 1 == 12 - len([name for name in before if name.endswith(".json")])
    after = {name: data for name, data in content(folder).items() if not name.startswith(".")}
    assert after == here[1]


@pytest.mark.slow
def test_processes_do_not_outlive_a_study_that_is_killed(tmp_path):
    psutil = pytest.importorskip("psutil")
    (tmp_path / "study.toml").write_text(TEXT.replace("epochs = 6", "epochs = 20000"))
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "study.toml"), str(tmp_path / "r")]
    process = subprocess.Popen(command)
    parent, deadline = psutil.Process(process.pid), time.monotonic() + 60
    while len(parent.children(recursive=True)) < 3 and time.monotonic() < deadline:  # 2, and a tracker
        time.sleep(0.05)
    children = parent.children(recursive=True)
    assert len(children) >= 2
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive


def test_a_damaged_file_is_computed_again(here, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        run_study(STUDY, tmp_path, given(pool))
        paths = sorted((tmp_path / TRIALS).iterdir())
        paths[0].write_text("{")
        paths[1].write_text('{"format": "whygrad-trials-1", "results": [{"key": 1}]}')
        paths[2].write_bytes(paths[3].read_bytes())  # of another trial
        paths[4].write_text('{"format": "another", "results": []}')
        planned = plan(STUDY, tmp_path)
        assert set(planned.damaged) == {paths[k] for k in (0, 1, 2, 4)}
        assert planned.kept == 8
        carry_out(planned, given(pool))
    assert content(tmp_path) == here[1]


def test_variants_may_be_renamed(tmp_path):
    text = 'data = "moons"\nseeds = 1\n[settings]\nsamples = 40\nepochs = 1\n[[variants]]\nname = "{}"'
    with ThreadPoolExecutor(1) as pool:
        run_study(make_study(text.format("old"), "x"), tmp_path, given(pool))
    planned = plan(make_study(text.format("new"), "x"), tmp_path)
    assert [result.variant for result in planned.results()] == ["new"]
    assert planned.missing == []


def test_what_cannot_be_trained_is_said_before_anything_is(tmp_path):
    text = 'data = "moons"\n[settings]\nweight_decay = 0.1\nepochs = 1\n[vary]\noptimizer = ["adamw", "sgd"]'
    with pytest.raises(SettingError, match='sgd: optimizer "sgd" has no setting'):
        run_study(make_study(text, "x"), tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_full_disk(tmp_path, monkeypatch):
    written, write = [], files.write_whole

    def full(path, data):
        if len(written) == 5:
            raise DataError(f"cannot write {path}", received="No space left on device")
        written.append(path)
        write(path, data)

    monkeypatch.setattr("whygrad.studies.running.write_whole", full)
    with ThreadPoolExecutor(1) as pool, pytest.raises(DataError, match="cannot write"):
        run_study(STUDY, tmp_path, given(pool))
    assert plan(STUDY, tmp_path).kept == 5


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot make the folder"):
        run_study(STUDY, tmp_path / "file" / "results")


def test_an_error_in_a_unit_ends_the_study_and_keeps_what_there_is(tmp_path, monkeypatch):
    (tmp_path / "rows.csv").write_text("a,b\n" + "\n".join(f"{k * k % 7},{k % 2}" for k in range(40)))
    text = 'data = "rows.csv"\nseeds = 3\n[settings]\nepochs = 1\ndropout = 0.1'  # no stack of three
    planned = plan(make_study(text, "x", tmp_path), tmp_path / "r")
    with ThreadPoolExecutor(1) as pool:
        single = Workers(lambda: _open(pool), 1, "one")

        def progress(done, total, last):
            if done == 1:
                (tmp_path / "rows.csv").unlink()

        monkeypatch.setattr("whygrad.studies.execution.AHEAD", 1)
        with pytest.raises(DataError, match="there is no file"):
            carry_out(planned, single, progress)
    assert len(list((tmp_path / "r" / TRIALS).iterdir())) == 1


def test_workers_are_counted():
    assert processes().number == cores() >= 1
    assert processes(3).name == "3 processes"
    for wrong in (0, -1, 1.5):
        with pytest.raises(SettingError, match="workers"):
            processes(wrong)


# --- Dask --------------------------------------------------------------------------------------------
def listening() -> set[str]:
    """Addresses, in hexadecimal, on which this process and its children listen."""
    import psutil

    own = psutil.Process()
    found = set()
    for process in [own, *own.children(recursive=True)]:
        with suppress(psutil.Error):  # it has ended
            found |= {c.laddr.ip for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of the worker that is killed
def test_dask_with_a_worker_killed(here, tmp_path):
    killed, addresses = [], set()
    with dask_cluster(2) as workers:
        import distributed

        client = distributed.default_client()
        scheduler = client.scheduler_info()["address"]

        def progress(done, total, last):
            if done == 3 and not killed:
                killed.append(next(iter(client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)
                addresses.update(listening())

        counted = []
        carry_out(plan(STUDY, tmp_path / "a"), workers, lambda *now: (progress(*now), counted.append(now[0])))
        assert killed
        assert addresses == {"127.0.0.1"}
        assert counted == list(range(13))
        assert content(tmp_path / "a") == here[1]
        with dask_scheduler(scheduler) as others:  # the same one, by its address
            assert others.number >= 1
            run_study(STUDY, tmp_path / "b", others)
    assert content(tmp_path / "b") == here[1]


@pytest.mark.slow
def test_nobody_answers():
    with (
        pytest.raises(DataError, match="no Dask scheduler answers"),
        dask_scheduler("tcp://127.0.0.1:9", 0.5),
    ):
        pass
    with pytest.raises((SettingError, DataError)), dask_scheduler("nonsense://", 0.5):
        pass


def test_without_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingError, match="Dask is not installed"), dask_cluster(1):
        pass
