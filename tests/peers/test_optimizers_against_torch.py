"""Every optimizer beside PyTorch's: same start, same gradients, same parameters after each step."""

import numpy as np
import pytest

from whygrad.optim import (
    Adagrad,
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Nesterov,
    ReduceOnPlateau,
    RMSprop,
    cosine,
    step_decay,
)

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")

STEPS, SIZE = 50, 40
PEERS = {
    "gradient descent": (lambda rate: GradientDescent(rate), lambda p, lr: torch.optim.SGD(p, lr)),
    "momentum": (lambda rate: Momentum(rate), lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9)),
    "momentum 0.3": (lambda rate: Momentum(rate, 0.3), lambda p, lr: torch.optim.SGD(p, lr, momentum=0.3)),
    "nesterov": (
        lambda rate: Nesterov(rate),
        lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, nesterov=True),
    ),
    "adagrad": (lambda rate: Adagrad(rate), lambda p, lr: torch.optim.Adagrad(p, lr)),
    "rmsprop": (lambda rate: RMSprop(rate), lambda p, lr: torch.optim.RMSprop(p, lr)),
    "rmsprop 0.5": (
        lambda rate: RMSprop(rate, 0.5, 1e-3),
        lambda p, lr: torch.optim.RMSprop(p, lr, alpha=0.5, eps=1e-3),
    ),
    "adam": (lambda rate: Adam(rate), lambda p, lr: torch.optim.Adam(p, lr)),
    "adam 0.5 0.7": (
        lambda rate: Adam(rate, 0.5, 0.7, 1e-3),
        lambda p, lr: torch.optim.Adam(p, lr, betas=(0.5, 0.7), eps=1e-3),
    ),
    "adamw": (lambda rate: AdamW(rate), lambda p, lr: torch.optim.AdamW(p, lr)),
    "adamw 0.3": (
        lambda rate: AdamW(rate, weight_decay=0.3),
        lambda p, lr: torch.optim.AdamW(p, lr, weight_decay=0.3),
    ),
}
RATES = {
    "constant": 0.02,
    "cosine": cosine(0.05, total=40, warmup=8, floor=0.001),
    "stairs": step_decay(0.05, drop=0.3, every=12),
}
every_peer = pytest.mark.parametrize("name", PEERS)


def start_and_gradients(rng):
    """Random gradients of sizes from 1e-6 to 1e2, with zeros among them."""
    scale = 10.0 ** rng.integers(-6, 3, size=SIZE)
    gradients = rng.normal(size=(STEPS, SIZE)) * scale * (rng.random((STEPS, SIZE)) < 0.9)
    return rng.normal(size=SIZE), gradients


def rate_at(rate, step):
    return rate(step) if callable(rate) else rate


def step_torch(optimizer, parameter, gradient, rate):
    for group in optimizer.param_groups:
        group["lr"] = rate
    parameter.grad = torch.from_numpy(gradient.copy())
    optimizer.step()


@every_peer
@pytest.mark.parametrize("schedule", RATES)
def test_same_parameters_after_every_step(name, schedule):
    ours, theirs = PEERS[name]
    rate = RATES[schedule]
    start, gradients = start_and_gradients(np.random.default_rng(11))
    parameters, parameter = start.copy(), torch.tensor(start, requires_grad=True)
    optimizer, peer = ours(rate), theirs([parameter], rate_at(rate, 0))
    for step, gradient in enumerate(gradients):
        optimizer.step(parameters, gradient)
        step_torch(peer, parameter, gradient, rate_at(rate, step))
        np.testing.assert_allclose(parameters, parameter.detach().numpy(), rtol=1e-12, atol=1e-14)


@every_peer
def test_same_way_down_a_quadratic(name):
    """Each takes the gradient where it stands, so a difference would grow instead of being averaged away."""
    ours, theirs = PEERS[name]
    rng = np.random.default_rng(12)
    root = rng.normal(size=(SIZE, SIZE)) / SIZE
    hessian, start = root @ root.T + np.eye(SIZE), rng.normal(size=SIZE)
    parameters, parameter = start.copy(), torch.tensor(start, requires_grad=True)
    optimizer, peer = ours(0.02), theirs([parameter], 0.02)
    for _ in range(STEPS):
        optimizer.step(parameters, hessian @ parameters)
        step_torch(peer, parameter, hessian @ parameter.detach().numpy(), 0.02)
        scale = np.abs(parameters).max()
        np.testing.assert_allclose(parameters, parameter.detach().numpy(), rtol=1e-12, atol=1e-12 * scale)
    assert np.abs(parameters - start).max() > 0.01


@pytest.mark.parametrize("schedule", RATES)
def test_mask_decays_as_two_groups_of_parameters_do(schedule):
    rate = RATES[schedule]
    start, gradients = start_and_gradients(np.random.default_rng(13))
    mask = np.arange(SIZE) < 25
    weights = torch.tensor(start[:25], requires_grad=True)
    biases = torch.tensor(start[25:], requires_grad=True)
    groups = [{"params": [weights], "weight_decay": 0.3}, {"params": [biases], "weight_decay": 0.0}]
    peer = torch.optim.AdamW(groups, rate_at(rate, 0))
    optimizer, parameters = AdamW(rate, weight_decay=0.3, decay_mask=mask), start.copy()
    for step, gradient in enumerate(gradients):
        optimizer.step(parameters, gradient)
        weights.grad, biases.grad = torch.tensor(gradient[:25]), torch.tensor(gradient[25:])
        for group in peer.param_groups:
            group["lr"] = rate_at(rate, step)
        peer.step()
        expected = np.concatenate([weights.detach().numpy(), biases.detach().numpy()])
        np.testing.assert_allclose(parameters, expected, rtol=1e-12, atol=1e-14)


@every_peer
def test_same_parameters_in_single_precision(name):
    ours, theirs = PEERS[name]
    start, gradients = start_and_gradients(np.random.default_rng(14))
    parameters = start.astype(np.float32)
    parameter = torch.tensor(parameters, requires_grad=True)
    optimizer, peer = ours(0.02), theirs([parameter], 0.02)
    for gradient in gradients.astype(np.float32):
        optimizer.step(parameters, gradient)
        step_torch(peer, parameter, gradient, 0.02)
    assert parameters.dtype == np.float32
    scale = np.abs(parameters) + np.abs(start)
    assert np.max(np.abs(parameters - parameter.detach().numpy()) / scale) < 2e-5


@pytest.mark.parametrize("patience", [0, 2])
def test_plateau_lowers_the_rate_in_the_same_epochs(patience):
    losses = 0.1 + np.exp(-np.arange(80) / 15) + 0.05 * np.random.default_rng(15).random(80)
    peer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.8)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        peer, factor=0.5, patience=patience, threshold=1e-3, min_lr=0.01, eps=0.0
    )
    ours = ReduceOnPlateau(0.8, factor=0.5, patience=patience, threshold=1e-3, minimum=0.01)
    rates = []
    for epoch, loss in enumerate(losses):
        theirs.step(float(loss))
        ours.observe(float(loss))
        rates.append(ours(epoch))
        assert rates[-1] == peer.param_groups[0]["lr"]
    assert len(set(rates)) > 2
