"""Hands units to workers: processes here, or any executor, such as that of a Dask cluster.

A worker that is killed loses nothing but what it was computing, which is handed out again. Each unit is
counted once, whoever finishes it.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from .._numbers import count
from ..errors import DataError, SettingError, TrainingError
from ..nn.threads import blas_threads
from .results import TrialResult
from .units import Unit, run_unit

MOST_DEATHS = 3  # of workers in a row, with nothing finished in between
AHEAD = 4  # units handed out for each worker, so that none waits and little is lost when one stops

Done = Callable[[Unit, list[TrialResult]], object]


@dataclass(frozen=True)
class Workers:
    """Who computes.

    Attributes
    ----------
    open
        Gives an executor, for a ``with`` block; again if it breaks.
    number
        How many units are computed at a time.
    name
        For people.
    """

    open: Callable[[], AbstractContextManager[Executor]]
    number: int
    name: str


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes(number: int | None = None) -> Workers:
    """Processes on this machine, by default one for each core; each has its share of BLAS threads.

    Raises
    ------
    SettingError
        If it is not a whole number from 1.
    """
    number = cores() if number is None else count("workers", number, least=1)
    return Workers(lambda: _Processes(number), number, "1 process" if number == 1 else f"{number} processes")


class _Processes(ProcessPoolExecutor):
    """A pool whose processes end with it at once, and with this one if it is killed."""

    def __init__(self, number: int) -> None:
        self.others = set(multiprocessing.active_children())
        context = multiprocessing.get_context("spawn")  # a fork would copy BLAS threads in any state
        super().__init__(number, context, _begin_worker, (max(1, cores() // number),))

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        self.shutdown(wait=False, cancel_futures=True)
        if kind is not None:  # what they compute is of no use any more
            for child in set(multiprocessing.active_children()) - self.others:
                child.terminate()
        self.shutdown(wait=True)


def _begin_worker(threads: int) -> None:
    """In a new process: hold BLAS to its share, leave Ctrl-C to the parent, and end when that does."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    blas_threads(threads).__enter__()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def dask_cluster(number: int | None = None) -> Iterator[Workers]:
    """Workers of a Dask cluster of this machine's own: loopback only, without a dashboard.

    Raises
    ------
    SettingError
        If Dask is not installed, or the number is not a whole number from 1.
    """
    distributed = _distributed()
    number = cores() if number is None else count("workers", number, least=1)
    loopback = "127.0.0.1"
    with (
        distributed.LocalCluster(
            n_workers=number,
            threads_per_worker=1,
            processes=True,
            host=loopback,
            dashboard_address=f"{loopback}:0",
            worker_dashboard_address=f"{loopback}:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.ERROR,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield _of_client(client, number)


@contextmanager
def dask_scheduler(address: str, patience: float = 30.0) -> Iterator[Workers]:
    """The workers of a Dask scheduler that runs already.

    What is computed there is what that scheduler's workers are; whether to trust them, and the way to
    them, is the caller's decision.

    Parameters
    ----------
    address
        Such as ``tcp://127.0.0.1:8786``.
    patience
        Seconds to wait for an answer, and for a worker.

    Raises
    ------
    SettingError
        If Dask is not installed, or the address is none.
    DataError
        If nobody answers, or there is no worker.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=patience)
    except ValueError as error:
        raise SettingError(
            f"{address!r} is no address of a scheduler", expected="tcp://HOST:PORT", received=str(error)
        ) from None
    except OSError as error:  # a timeout too
        raise DataError(
            f"no Dask scheduler answers at {address}", received=str(error), hint="dask scheduler starts one"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=patience)
        except TimeoutError:
            raise DataError(
                f"the scheduler at {address} has no worker", hint=f"dask worker {address} starts one"
            ) from None
        yield _of_client(client, sum(client.nthreads().values()))


def _distributed() -> Any:
    try:
        import distributed
    except ModuleNotFoundError:
        raise SettingError("Dask is not installed", hint='pip install "whygrad[dask]"') from None
    return distributed


def _of_client(client: Any, number: int) -> Workers:
    @contextmanager
    def opened() -> Iterator[Executor]:
        executor = client.get_executor(pure=False)
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False)
            raise

    workers = "1 Dask worker" if number == 1 else f"{number} Dask workers"
    return Workers(opened, number, workers)


def given(executor: Executor, number: int = 8) -> Workers:
    """An executor of one's own, which stays open.

    Parameters
    ----------
    executor
        Anything with ``submit``.
    number
        How many units it computes at a time.
    """
    return Workers(lambda: nullcontext(executor), number, type(executor).__name__)


def execute(units: Iterable[Unit], workers: Workers, done: Done) -> None:
    """Have every unit computed, in any order, and each answered once.

    Parameters
    ----------
    units
        What is to be computed.
    workers
        By whom.
    done
        Called here with each unit and its results, as they come.

    Raises
    ------
    TrainingError
        If workers die again and again with nothing finished in between.
    WhygradError
        What a unit raised; what was answered before stays answered.
    """
    waiting, deaths = deque(units), 0
    while waiting:
        before = len(waiting)
        try:
            with workers.open() as pool:
                _hand_out(waiting, pool, AHEAD * workers.number, done)
        except BrokenExecutor as error:
            deaths = deaths + 1 if len(waiting) == before else 1
            if deaths == MOST_DEATHS:
                raise TrainingError(
                    f"workers were killed {MOST_DEATHS} times in a row",
                    received=str(error),
                    hint="was there not enough memory? fewer workers need less",
                ) from None


def _hand_out(waiting: deque[Unit], pool: Executor, most: int, done: Done) -> None:
    """Let the pool compute what waits; if it breaks, what it has not answered waits again."""
    running: dict[Future[list[TrialResult]], Unit] = {}
    try:
        while waiting or running:
            while waiting and len(running) < most:
                running[pool.submit(run_unit, waiting[0])] = waiting[0]
                waiting.popleft()
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                done(running[future], future.result())
                del running[future]
    except BrokenExecutor:
        for future, unit in list(running.items()):
            if future.done() and not future.cancelled() and future.exception() is None:
                done(unit, future.result())
                del running[future]
        raise
    finally:
        waiting.extendleft(reversed(running.values()))
