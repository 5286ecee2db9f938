"""Histories whose course is known, with noise: what is planted is what has to be found."""

from __future__ import annotations

import numpy as np

from whygrad.studies.results import Curves, Standing, TrialResult, curves

START = 0.7  # loss before training, as of two classes


def falling(floor=0.05, pace=6.0):
    """A loss that falls as training mostly has it: fast, then ever less."""
    return lambda t: floor + (START - floor) * np.exp(-pace * t)


def wander(rng, epochs, size, memory=0.0):
    """Noise of this standard deviation, each epoch remembering the one before."""
    noise = rng.normal(size=epochs)
    for k in range(1, epochs):
        noise[k] = memory * noise[k - 1] + np.sqrt(1 - memory**2) * noise[k]
    return size * noise


def planted(
    variant,
    rng,
    train=None,
    test=None,
    *,
    seeds=5,
    epochs=40,
    noise=0.005,
    spread=0.02,
    memory=0.0,
    score=None,
    shift=0.0,
    until=None,
    metric="accuracy",
):
    """Results of one variant.

    ``train`` and ``test`` give the loss at the share ``t`` of the epochs. ``noise`` is that of each epoch and
    ``spread`` that of seeds, relative to the loss before training. ``score`` gives the test score of a seed
    instead of what follows from the loss, to which ``shift`` is added. ``until`` says after how many epochs a
    seed is lost to NaN.
    """
    train = falling() if train is None else train
    test = (lambda t: train(t) + 0.04 * (START - train(t))) if test is None else test
    t = np.arange(1, epochs + 1) / epochs
    results = []
    for seed in range(seeds):
        lost = (until or {}).get(seed)
        offset, scale = rng.normal(0, spread, 2) * START, np.minimum(1, 4 * t)
        loss = np.maximum(train(t) + scale * offset[0] + wander(rng, epochs, noise * START, memory), 1e-4)
        watched = np.maximum(test(t) + scale * offset[1] + wander(rng, epochs, noise * START, memory), 1e-4)
        begin = [START * (1 + rng.normal(0, 0.02)), START * (1 + rng.normal(0, 0.02))]
        first, last = (
            [score_of(value) for value in begin],
            [score_of(loss[-1]), score_of(watched[-1]) + shift],
        )
        if score is not None:
            last[1] = score(seed)
        kept = epochs if lost is None else lost
        end = None if lost is not None else Standing(float(loss[-1]), last[0], float(watched[-1]), last[1])
        results.append(
            TrialResult(
                key=f"{variant}-{seed}",
                variant=variant,
                seed=seed,
                state="finished" if lost is None else "diverged",
                metric=metric,
                watched="test",
                before=Standing(begin[0], first[0], begin[1], first[1]),
                after=end,
                columns={
                    "loss": loss[:kept].tolist(),
                    "score": [score_of(value) for value in loss[:kept]],
                    "watched_loss": watched[:kept].tolist(),
                    "watched_score": [score_of(value) for value in watched[:kept]],
                    "learning_rate": [0.1] * kept,
                    "gradient_norm": np.linspace(1, 0.1, kept).tolist(),
                    **{f"gradient_norm_{k}": (np.linspace(1, 0.1, kept) * 0.5**k).tolist() for k in (1, 2)},
                    **{f"update_ratio_{k}": [0.001 * k] * kept for k in (1, 2)},
                },
                failure=None if lost is None else "the loss is NaN",
                troubles=(),
                parameters=65,
            )
        )
    return results


def score_of(loss):
    """0.5 at the start, 1 without loss."""
    return float(np.clip(1 - 0.5 * loss / START, 0, 1))


def planted_curves(*args, **kwargs) -> Curves:
    (found,) = curves(planted(*args, **kwargs))
    return found
