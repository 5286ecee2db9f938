"""The honest summary in plain words. Every number is computed from the summary; none is made up here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .comparison import FEWEST_ROWS, Verdict
from .honest import FEW_ROWS, Measured, Summary
from .intervals import Interval
from .rounding import amount, counted, decimals, percent, write

MOST_NAMES = 6
UNCLEAR = " - the network is not clearly better"
NO_BETTER = " - the network is no better"


@dataclass(frozen=True)
class _Figures:
    """Writes the scores of one summary, all with the same decimals: per cent, or R²."""

    accuracy: bool
    places: int

    def bare(self, value: float) -> str:
        """The number alone."""
        return write(_unit(value, self.accuracy), self.places, _marks(self.accuracy))

    def full(self, value: float) -> str:
        """The number with what it is."""
        return f"{self.bare(value)} %" if self.accuracy else f"R² {self.bare(value)}"

    def between(self, low: float, high: float, join: str = "to") -> str:
        """Two numbers, the unit once."""
        return f"{self.bare(low)} {join} {self.bare(high)}{' %' if self.accuracy else ''}"

    def interval(self, interval: Interval) -> str:
        """An interval with its level."""
        return f"{percent(interval.level)} interval {self.between(interval.low, interval.high)}"


def _unit(value: float, accuracy: bool) -> float:
    return 100 * value if accuracy else value


def _marks(accuracy: bool) -> tuple[float, ...]:
    """What a figure must not read as unless it is: all, or none."""
    return (0.0, 100.0) if accuracy else (1.0,)


def _figures(summary: Summary) -> _Figures:
    """As many decimals as it takes that what differs, and is said to differ, reads differently."""
    accuracy, network, folds = summary.metric == "accuracy", summary.score, summary.folds
    values = [network, summary.baseline.score, summary.linear.score]
    values += [summary.interval.low, summary.interval.high] if summary.interval is not None else []
    values += [folds.low, folds.mean, folds.high] if folds is not None else []
    apart = (
        [(network, summary.baseline.score)] if _against_baseline(summary) not in (UNCLEAR, NO_BETTER) else []
    )
    if summary.verdict.winner != "no clear difference":
        apart.append((network, summary.linear.score))
    places = decimals(
        [_unit(value, accuracy) for value in values],
        1 if accuracy else 3,
        _marks(accuracy),
        [(_unit(one, accuracy), _unit(other, accuracy)) for one, other in apart],
    )
    return _Figures(accuracy, places)


def sentences(summary: Summary) -> list[str]:
    r"""What the test says, a sentence a line: the figure, guessing, the linear model, mistakes, folds.

    Examples
    --------
    >>> import numpy as np
    >>> from whygrad.data import load
    >>> from whygrad.evaluation.honest import summarise
    >>> data = load("xor", samples=200)
    >>> known, new = slice(0, 120), slice(120, 200)
    >>> predicted = np.where(np.arange(80) == 7, 1 - data.y[new], data.y[new])
    >>> found = summarise(data.X[known], data.y[known], data.X[new], data.y[new], predicted, "classification")
    >>> print("\n".join(sentences(found)))
    test accuracy 98.8 % (79 of 80 rows; 95 % interval 93.3 to 99.8 %)
    always guessing the most frequent class, 0: 50.0 %
    logistic regression on the same split: 53.8 % - the network is better (only the network right: 37 rows;
        only logistic regression right: 1 row; McNemar p < 0.001)
    most often confused: 0 taken for 1 (1 row)
    only 200 rows in all, so the figure depends much on the split: try --folds 5
    """
    if summary.interval is None:
        rows = counted(summary.rows, "test row")
        said = [f"test R² cannot be given: {rows} with the same target throughout"]
        return [*said, *_folds(summary, _figures(summary))]
    figures = _figures(summary)
    return [
        *_test(summary, summary.interval, figures),
        _guessing(summary, figures),
        *_linear(summary, figures),
        *_mistakes(summary),
        *_folds(summary, figures),
    ]


def measured_sentences(measured: Measured) -> list[str]:
    r"""What a test of a saved network says: the figure, and mistakes.

    Examples
    --------
    >>> from whygrad.evaluation.honest import measure
    >>> print("\n".join(measured_sentences(measure([1, 0, 1, 1], [1, 0, 0, 1], "classification"))))
    accuracy 75.0 % (3 of 4 rows; 95 % interval 30.1 to 95.4 %)
    most often confused: 0 taken for 1 (1 row)
    """
    if measured.interval is None:
        return [f"R² cannot be given: {counted(measured.rows, 'row')} with the same target throughout"]
    accuracy = measured.metric == "accuracy"
    values = [measured.score, measured.interval.low, measured.interval.high]
    places = decimals([_unit(value, accuracy) for value in values], 1 if accuracy else 3, _marks(accuracy))
    said = _test(measured, measured.interval, _Figures(accuracy, places), "")
    return [*said, *_mistakes(measured)]


def _test(summary: Measured, interval: Interval, figures: _Figures, what: str = "test ") -> list[str]:
    rows = counted(summary.rows, "row")
    if summary.right is not None:
        figure = f"{what}accuracy {figures.full(summary.score)}"
        return [f"{figure} ({summary.right:,} of {rows}; {figures.interval(interval)})"]
    said = [f"{what}{figures.full(summary.score)} ({rows}; {figures.interval(interval)})"]
    if summary.rows < FEWEST_ROWS:
        tested = counted(summary.rows, "test row")
        said.append(f"with only {tested}, the figure is less certain than this interval says")
    if summary.rmse is not None and summary.mae is not None:
        off, mean = amount(summary.rmse), amount(summary.mae)
        said.append(f"a prediction is off by {off} (root mean square), {mean} on average")
    return said


def _against_baseline(summary: Summary) -> str:
    """How the network compares with guessing: nothing where it is better."""
    interval, guess = summary.interval, summary.baseline.score
    if interval is None or guess in interval:
        return UNCLEAR if summary.score >= guess else NO_BETTER
    return "" if interval.low > guess else " - the network is worse"


def _guessing(summary: Summary, figures: _Figures) -> str:
    baseline = summary.baseline
    if summary.confusion is not None:
        what = f"the most frequent class, {_name(summary, baseline.guess)}"
    elif isinstance(baseline.guess, list):
        what = "the training means"
    else:
        what = f"the training mean, {baseline.guess:.4g}"
    return f"always guessing {what}: {figures.full(baseline.score)}{_against_baseline(summary)}"


def _name(summary: Measured, label: object) -> str:
    classes = summary.confusion.classes if summary.confusion is not None else ()
    return summary.names[classes.index(label)] if label in classes else str(label)


def _linear(summary: Summary, figures: _Figures) -> list[str]:
    """The linear model's figure and the verdict; a recommendation if it is better."""
    linear, verdict = summary.linear, summary.verdict
    answer = {
        "network": "the network is better",
        "linear": f"{linear.name} is better",
        "no clear difference": "no clear difference",
    }[verdict.winner]
    stopped = "" if linear.converged else " (it stopped before it converged)"
    start = f"{linear.name} on the same split: {figures.full(linear.score)}{stopped}"
    said = [f"{start} - {answer} ({_evidence(verdict, linear.name, figures.places)})"]
    if verdict.winner == "linear":
        said.append(f"use {linear.name} here: it is the simpler model, and the better one on these test rows")
    return said


def _evidence(verdict: Verdict, name: str, places: int) -> str:
    """What the verdict rests on."""
    if verdict.interval is not None:
        ends = (verdict.interval.low, verdict.interval.high)
        marks = () if verdict.winner == "no clear difference" else (0.0,)  # a winner's interval is beside 0
        places = decimals(ends, places, marks)
        low, high = [write(end, places, marks) for end in ends]
        said = f"network minus {name}: {percent(verdict.level)} interval {low} to {high}"
        few = verdict.rows < FEWEST_ROWS
        return f"{said}; fewer than {FEWEST_ROWS} test rows cannot tell" if few else said
    network, linear = verdict.only_network or 0, verdict.only_linear or 0
    if network + linear == 0:
        return "both are right on the same rows"
    return (
        f"only the network right: {counted(network, 'row')}; only {name} right: {counted(linear, 'row')}; "
        f"McNemar {_p(verdict.p_value, 1 - verdict.level)}"
    )


def _p(p_value: float | None, threshold: float) -> str:
    """The p-value, never on the wrong side of what it is held against."""
    value = 1.0 if p_value is None else p_value
    if value < min(0.001, threshold):
        return f"p < {min(0.001, threshold):.2g}"
    threshold = round(threshold, 12)
    return f"p = {write(value, decimals([value], 3, (threshold,)), (threshold,))}"


def _mistakes(summary: Measured) -> list[str]:
    """The most frequent confusion, and classes that are never found."""
    matrix = summary.confusion
    pair = matrix.most_confused if matrix is not None else None
    if matrix is None or pair is None:
        return []
    names = [_name(summary, label) for label in (pair.actual, pair.predicted)]
    said = [f"most often confused: {names[0]} taken for {names[1]} ({counted(pair.rows, 'row')})"]
    missed = [name for name, found in zip(summary.names, matrix.recall, strict=True) if found == 0]
    return said + ([f"never recognised: {_list(missed)}"] if missed else [])


def _list(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - MOST_NAMES} more" if len(shown) > MOST_NAMES else ""
    return ", ".join(shown[:MOST_NAMES]) + more


def _folds(summary: Summary, figures: _Figures) -> list[str]:
    """What cross-validation gave; or that it is worth doing."""
    folds, every = summary.folds, summary.rows + summary.train_rows
    if folds is not None:
        mean, span = figures.full(folds.mean), figures.between(folds.low, folds.high)
        return [f"{len(folds.scores)}-fold cross-validation: mean {mean}, folds from {span}"]
    if every >= FEW_ROWS:
        return []
    said = f"only {counted(every, 'row')} in all, so the figure depends much on the split"
    return [said if summary.folds_to_try is None else f"{said}: try --folds {summary.folds_to_try}"]
