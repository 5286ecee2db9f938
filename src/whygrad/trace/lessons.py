"""Lessons with numbers: a small network built to show an effect, where its numbers go, and the remedy.

Every figure that a lesson states was computed by the networks it shows, in the same run.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from ..errors import SettingError, nearest
from ..nn.activations import make_activation
from ..nn.layers import Dense
from ..nn.losses import CrossEntropy, Loss, MeanSquaredError, make_loss
from ..nn.sequential import Sequential
from ..optim import GradientDescent, clip_by_norm
from .explanation import explain
from .layers import observe_step
from .lesson_parts import (
    BY_LAYER,
    Cell,
    Lesson,
    Part,
    by_layer,
    largest,
    network_of,
    points,
    root_mean_square,
    short,
    take_step,
    times,
)


def lesson(name: str, seed: int = 0) -> Lesson:
    """A lesson by name, with the numbers of this seed.

    Raises
    ------
    SettingError
        If there is none of that name; the nearest is suggested.

    Examples
    --------
    >>> vanishing = lesson("vanishing")
    >>> [part.title for part in vanishing.parts]
    ['Six hidden layers of sigmoid', 'The same sizes with relu']
    """
    key = str(name).lower().replace("_", "-")
    if key not in LESSONS:
        raise SettingError(f"no lesson {name!r}", hint=nearest(key, LESSONS))
    return LESSONS[key](seed)


# --- the lessons ------------------------------------------------------------------------------------------
def vanishing(seed: int) -> Lesson:
    """Slopes below one, multiplied layer after layer."""
    sizes = [2, *[8] * 6, 1]
    x, y = points(seed)
    parts = []
    for title, activation, initializer in (
        ("Six hidden layers of sigmoid", "sigmoid", "glorot_uniform"),
        ("The same sizes with relu", "relu", "he_uniform"),
    ):
        trace = take_step(network_of(sizes, activation, initializer, seed), "binary_cross_entropy", x, y)
        rows = by_layer(trace)
        first, last = float(rows[0][3]), float(rows[-1][3])
        said = (
            f"The gradient of the first layer's weights is {short(first)} in size. "
            f"That of the last is {short(last)}: {times(last, first)} times as large."
            if last > first
            else f"The gradient of the first layer's weights is {short(first)} in size. "
            f"That of the last is {short(last)}, not larger."
        )
        slopes = [float(row[2]) for row in rows if not isinstance(row[2], str)]
        steepest = "a sigmoid is never steeper than 0.25" if activation == "sigmoid" else "a relu has 0 or 1"
        low, high = short(min(slopes)), short(max(slopes))
        product = f"The slopes on the way are {low} to {high} on average; {steepest}."
        parts.append(Part(title, (said, product), BY_LAYER, rows, largest(trace)))
    return Lesson(
        "vanishing",
        "Vanishing gradients",
        "Each layer multiplies the gradient by its slopes and its weights. What is left at the first layer?",
        tuple(parts),
        "Steep activations and weights drawn to match them (He for relu, Glorot for tanh) keep the product "
        "near one. Normalisation and shorter ways to the loss do so too.",
    )


def exploding(seed: int) -> Lesson:
    """Weights too large, multiplied layer after layer; and two remedies."""
    sizes = [2, *[8] * 6, 1]
    x, y = points(seed)
    large = network_of(sizes, "relu", "he_uniform", seed, gain=4.0)
    start = large.vector.copy()
    trace = take_step(large, "mse", x, y)
    rows = by_layer(trace)
    norm = float(np.linalg.norm(large.gradient))
    loss = make_loss("mse")
    large.vector -= 0.1 * large.gradient
    with np.errstate(all="ignore"):
        after = loss.forward(large.forward(x), y)
    trouble = Part(
        "Weights four times too large",
        (
            f"The loss is {short(float(trace['L']))} and the gradient {short(norm)} long.",
            f"A step at a learning rate of 0.1 takes the loss to {short(after)}.",
        ),
        BY_LAYER,
        rows,
        largest(trace),
    )
    fitting = take_step(network_of(sizes, "relu", "he_uniform", seed), "mse", x, y)
    good = Part(
        "Weights drawn to fit (He)",
        (f"The same layers with weights a quarter as large have a loss of {short(float(fitting['L']))}.",),
        BY_LAYER,
        by_layer(fitting),
        largest(fitting),
    )
    large.vector = start
    clipped_rows: list[tuple[Cell, ...]] = []
    for limit in (None, 100.0, 1.0):
        large.vector = start
        value = large.loss_and_gradient(x, y, loss)
        length = float(np.linalg.norm(large.gradient))
        if limit is not None:
            clip_by_norm(large.gradient, limit)
        taken = float(np.linalg.norm(large.gradient))
        large.vector -= 0.1 * large.gradient
        with np.errstate(all="ignore"):
            clipped_rows.append(
                ("none" if limit is None else limit, length, taken, value, loss.forward(large.forward(x), y))
            )
    clipping = Part(
        "The large weights again, with the gradient clipped",
        ("Clipping does not make the network better. It keeps one step from throwing the weights away.",),
        ("bound", "length before", "length after", "loss before the step", "loss after it"),
        tuple(clipped_rows),
    )
    return Lesson(
        "exploding",
        "Exploding gradients",
        "When weights are large, the same products grow instead. What does that do to a step?",
        (trouble, good, clipping),
        "Draw weights to fit the number of inputs; clip the norm of the gradient as a safety belt.",
    )


def dead_relu(seed: int) -> Lesson:
    """A relu that no row reaches has no gradient, and so no way back."""
    x, y = points(seed)
    parts = []
    for title, activation, bias in (
        ("Biases of −5", "relu", -5.0),
        ("The same weights with leaky relu", "leaky_relu", -5.0),
        ("relu with biases of 0", "relu", 0.0),
    ):
        network = network_of([2, 4, 1], activation, "he_uniform", seed)
        network.layers[0].bias = np.full(4, bias)  # type: ignore[attr-defined]
        trace = take_step(network, "binary_cross_entropy", x, y)
        z, slope = (
            trace["z1"],
            next(r.local for r in trace.backward if r.name == "δ1" and r.local is not None),
        )
        rows = tuple(
            (
                k,
                float(z[:, k].max()),
                int((z[:, k] > 0).sum()),
                float(slope.data[:, k].mean()),
                root_mean_square(trace["dW1"][:, k]),
            )
            for k in range(4)
        )
        dead = sum(row[4] == 0 for row in rows)
        said = f"{dead} of 4 neurons have a gradient of exactly 0 on all {len(x)} rows."
        parts.append(
            Part(
                title,
                (said,),
                ("neuron", "largest z", "rows with z above 0", "mean slope", "gradient, root mean square"),
                rows,
                largest(trace),
            )
        )
    return Lesson(
        "dead-relu",
        "Dead relu neurons",
        "A relu passes nothing back where its input is below 0. What if that is so for every row?",
        tuple(parts),
        "A step that is too large can push a neuron there, and without a gradient it never returns. Smaller "
        "steps prevent it; a slope below 0 (leaky relu, ELU, SiLU) leaves a way back.",
    )


def learning_rate(seed: int) -> Lesson:
    """What a step promises and what it keeps."""
    x, y = points(seed, rows=16)
    rates = (0.001, 0.1, 1.0, 30.0)
    loss = make_loss("binary_cross_entropy")
    rows: list[tuple[Cell, ...]] = []
    for rate in rates:
        network = _fresh(seed)
        before = network.loss_and_gradient(x, y, loss)
        promised = rate * float(network.gradient @ network.gradient)
        optimizer = GradientDescent(rate)
        optimizer.step(network.vector, network.gradient)
        first = loss.forward(network.forward(x), y)
        losses = [first]
        for _ in range(99):
            network.loss_and_gradient(x, y, loss)
            optimizer.step(network.vector, network.gradient)
            losses.append(loss.forward(network.forward(x), y))
        rises = sum(b > a for a, b in itertools.pairwise([before, *losses]))
        rows.append((rate, before, promised, before - first, losses[9], losses[-1], rises))
    best = min(rows, key=lambda row: float(row[5]))
    slow, wild = rows[0], rows[-1]
    trouble = Part(
        "One network, four learning rates",
        (
            "To first order a step lowers the loss by learning rate · ‖gradient‖²: the promised fall.",
            f"At {slow[0]:g} the first step falls by {_percent(slow)} of that.",
            f"100 such steps lead from {short(float(slow[1]))} to {short(float(slow[5]))}.",
            f"At {wild[0]:g} the first step falls by {_percent(wild)} of that.",
            f"In {wild[6]} of 100 such steps the loss rises.",
        ),
        ("learning rate", "loss", "promised fall", "real fall", "after 10", "after 100", "steps that rose"),
        tuple(rows),
    )
    network = _fresh(seed)
    value = network.loss_and_gradient(x, y, loss)
    square = float(network.gradient @ network.gradient)
    start, gradient = network.vector.copy(), network.gradient.copy()
    tries: list[tuple[Cell, ...]] = []
    rate = rates[-1]
    while rate > 1e-6:
        network.vector = start - rate * gradient
        fall = value - loss.forward(network.forward(x), y)
        tries.append((rate, rate * square, fall, fall / (rate * square)))
        if fall >= 0.5 * rate * square:
            break
        rate /= 2
    remedy = Part(
        "Halve it until the promise holds",
        (f"From {tries[0][0]:g} down to {tries[-1][0]:g}, where at least half of what is promised is kept.",),
        ("learning rate", "promised fall", "real fall", "share kept"),
        tuple(tries),
        largest(
            take_step(
                _fresh(seed),
                loss,
                x,
                y,
                optimizer=GradientDescent(rate),
            )
        ),
    )
    return Lesson(
        "learning-rate",
        "The effect of the learning rate",
        "The gradient is the slope at one point. How far does it hold?",
        (trouble, remedy),
        f"Of these, {best[0]:g} came furthest. Too small wastes steps, too large leaves the region in which "
        "the slope means anything. A schedule begins large and ends small.",
    )


def _fresh(seed: int) -> Sequential:
    """The network of the lesson on learning rates, before its first step."""
    return network_of([2, 8, 1], "tanh", "glorot_uniform", seed)


def _percent(row: tuple[Cell, ...]) -> str:
    """Which part of the promised fall was real."""
    return f"{100 * float(row[3]) / float(row[2]):.0f} %"


def symmetry(seed: int) -> Lesson:
    """Neurons that start alike stay alike."""
    x, y = points(seed)
    parts = []
    for title, equal in (("All weights start at 0.5", True), ("Weights drawn at random", False)):
        network = network_of([2, 3, 1], "tanh", "glorot_uniform", seed)
        if equal:
            network.vector = np.where(network.flat.penalized, 0.5, 0.0)
        trace = take_step(network, "binary_cross_entropy", x, y)
        loss, optimizer = make_loss("binary_cross_entropy"), GradientDescent(0.5)
        for _ in range(200):
            network.loss_and_gradient(x, y, loss)
            optimizer.step(network.vector, network.gradient)
        after = network.layers[0].weights  # type: ignore[attr-defined]
        rows = tuple(
            (k, *[float(v) for v in trace["dW1"][:, k]], *[float(v) for v in after[:, k]]) for k in range(3)
        )
        spread = float(np.abs(after - after[:, :1]).max())
        value = loss.forward(network.forward(x), y)
        apart = f"After 200 steps the neurons differ by at most {short(spread)}"
        said = f"{apart}, and the loss is {short(value)}."
        parts.append(
            Part(
                title,
                (said,),
                ("neuron", "dW1[0]", "dW1[1]", "W1[0] after 200", "W1[1] after 200"),
                rows,
                largest(trace),
            )
        )
    return Lesson(
        "symmetry",
        "Breaking the symmetry",
        "Three hidden neurons with the same weights see the same numbers. Can they become different?",
        tuple(parts),
        "Equal weights get equal gradients, so such a layer is worth one neuron, however wide it is. Random "
        "weights are all it takes; biases may start at 0.",
    )


def saturation(seed: int) -> Lesson:
    """Large inputs push an activation to where it is flat."""
    x, y = points(seed)
    parts = []
    for title, factor in (("Inputs a hundred times too large", 100.0), ("Inputs scaled to deviation 1", 1.0)):
        data = x * factor
        if factor == 1.0:
            data = (x - x.mean(axis=0)) / x.std(axis=0)
        trace = take_step(
            network_of([2, 4, 1], "tanh", "glorot_uniform", seed), "binary_cross_entropy", data, y
        )
        slope = next(r.local for r in trace.backward if r.name == "δ1" and r.local is not None).data
        rows = tuple(
            (
                k,
                float(np.abs(trace["z1"][:, k]).mean()),
                float(slope[:, k].mean()),
                int((slope[:, k] < 0.1).sum()),
            )
            for k in range(4)
        )
        flat = int((slope < 0.1).sum())
        said = f"{flat} of {slope.size} activations have a slope below 0.1."
        headers = ("neuron", "mean size of z", "mean slope", "rows with slope below 0.1")
        flattest = int(slope.mean(axis=0).argmin())
        parts.append(Part(title, (said,), headers, rows, explain(trace, "W1", (0, flattest))))
    return Lesson(
        "saturation",
        "Saturation",
        "tanh is steep around 0 and flat further out. Where do unscaled inputs land?",
        tuple(parts),
        "Scale inputs to mean 0 and deviation 1, as whygrad train does by itself; normalisation does the "
        "same between layers.",
    )


def softmax_cross_entropy(seed: int) -> Lesson:
    """Sure and wrong: only one of two losses still has a gradient."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(1, 3))
    z = np.array([8.0, 0.0, -2.0])
    parts = []
    for title, fused in (
        ("Softmax, then the mean squared error", False),
        ("Softmax with cross-entropy", True),
    ):
        dense = Dense(3, 3, rng=seed)
        dense.weights = x.T @ z[None, :] / float(np.sum(x * x))  # gives these logits for this row
        softmax = make_activation("softmax")
        assert softmax is not None
        network = Sequential([dense] if fused else [dense, softmax])
        loss: Loss = CrossEntropy() if fused else MeanSquaredError()
        target = np.array([[0.0, 1.0, 0.0]])
        trace = observe_step(network, loss, x, target)
        p = trace["p"] if fused else trace["a1"]
        rows = tuple(
            (k, float(trace["z1"][0, k]), float(p[0, k]), float(target[0, k]), float(p[0, k] - target[0, k]),
             float(trace["δ1"][0, k]))
            for k in range(3)
        )  # fmt: skip
        size = float(np.linalg.norm(trace["δ1"]))
        said = (
            f"The right class has a probability of {short(float(p[0, 1]))}.",
            f"The gradient that reaches the logits is {short(size)} long.",
        )
        headers = ("class", "logit z", "softmax p", "target y", "p − y", "∂L/∂z")
        parts.append(Part(title, said, headers, rows, largest(trace)))
    return Lesson(
        "softmax-cross-entropy",
        "Why softmax goes with cross-entropy",
        "The network is sure, and wrong. Which loss notices?",
        tuple(parts),
        "With the squared error the gradient has to pass the slopes of softmax, nearly 0 when it is sure. "
        "In cross-entropy the logarithm undoes them: p − y is left, large wherever the network is wrong.",
    )


LESSONS: dict[str, Callable[[int], Lesson]] = {
    "vanishing": vanishing,
    "exploding": exploding,
    "dead-relu": dead_relu,
    "learning-rate": learning_rate,
    "symmetry": symmetry,
    "saturation": saturation,
    "softmax-cross-entropy": softmax_cross_entropy,
}
