"""Every layer and loss of the shared tables beside PyTorch's: outputs, values and gradients."""

import numpy as np
import pytest

from ..nn.cases import LAYERS, LOSSES
from ..nn.numeric import error

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # small arrays: threads would only wait for each other
F = torch.nn.functional

LAYER_PEERS = {
    "Dense": lambda x, w, b: F.linear(x, w.T, b),
    "ReLU": F.relu,
    "LeakyReLU": F.leaky_relu,
    "LeakyReLU 0.3": lambda z: F.leaky_relu(z, 0.3),
    "ELU": F.elu,
    "ELU 1.7": lambda z: F.elu(z, 1.7),
    "GELU": lambda z: F.gelu(z, approximate="tanh"),
    "SiLU": F.silu,
    "Softplus": lambda z: F.softplus(z, threshold=100.0),
    "Sigmoid": F.sigmoid,
    "Tanh": F.tanh,
    "Softmax": lambda z: F.softmax(z, dim=-1),
    "Dropout": lambda x, mask: x * mask,
    "Dropout outside training": lambda x, mask: F.dropout(x, 0.4, training=False),
    "BatchNorm": lambda x, scale, shift: F.batch_norm(x, None, None, scale, shift, training=True),
    "BatchNorm outside training": F.batch_norm,
    "LayerNorm": lambda x, scale, shift: F.layer_norm(x, (4,), scale, shift),
}
LOSS_PEERS = {
    "SquaredError": lambda p, t: F.mse_loss(p, t, reduction="sum"),
    "MeanSquaredError": F.mse_loss,
    "MeanAbsoluteError": F.l1_loss,
    "Huber": F.huber_loss,
    "Huber 0.3": lambda p, t: F.huber_loss(p, t, delta=0.3),
    "BinaryCrossEntropy": F.binary_cross_entropy_with_logits,
    "BinaryCrossEntropy of probabilities": F.binary_cross_entropy,
    "CrossEntropy of labels": F.cross_entropy,
    "CrossEntropy of one-hot rows": F.cross_entropy,
    "CrossEntropy of shares": F.cross_entropy,
    "Hinge": lambda z, t: F.relu(1 - t * z).mean(),
}


def leaf(array):
    return torch.tensor(array, requires_grad=True)


def test_every_case_has_a_peer():
    assert [*LAYER_PEERS] == [case.name for case in LAYERS]
    assert [*LOSS_PEERS] == [case.name for case in LOSSES]


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 2e-5)])
@pytest.mark.parametrize("case", LAYERS, ids=str)
def test_layer(case, dtype, tolerance):
    layer, upstream = case.run(dtype)
    first = len(layer.inputs) - len(layer.parameters)
    x, *parameters = map(leaf, (layer.inputs[0], *layer.inputs[first:]))
    constants = map(torch.from_numpy, layer.inputs[1:first])
    output = LAYER_PEERS[case.name](x, *constants, *parameters)
    output.backward(torch.from_numpy(upstream))

    found = [layer.output, layer.backward(upstream), *[p.grad for p in layer.parameters.values()]]
    expected = [output.detach().numpy(), *[p.grad.numpy() for p in (x, *parameters)]]
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == theirs.dtype
        assert error(ours, theirs) <= tolerance


def test_running_statistics():
    case = next(case for case in LAYERS if case.name == "BatchNorm")
    layer = case.layer()
    mean, variance = torch.tensor(layer.running_mean), torch.tensor(layer.running_variance)
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=(5, 4))
        layer.forward(x, training=True)
        F.batch_norm(torch.from_numpy(x), mean, variance, training=True)
    assert error(layer.running_mean, mean.numpy()) <= 1e-12
    assert error(layer.running_variance, variance.numpy()) <= 1e-12


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 2e-5)])
@pytest.mark.parametrize("case", LOSSES, ids=str)
def test_loss(case, dtype, tolerance):
    predictions, targets = case.data(dtype)
    if targets.dtype.kind == "f":
        targets = targets.astype(dtype)
    loss, p = case.make(), leaf(predictions)
    value = LOSS_PEERS[case.name](p, torch.from_numpy(targets))
    value.backward()
    assert error(loss.forward(predictions, targets), value.item()) <= tolerance
    assert error(loss.backward(), p.grad.numpy()) <= tolerance


@pytest.mark.parametrize("size", [30.0, 1000.0])
@pytest.mark.parametrize("case", [case for case in LOSSES if not case.probabilities], ids=str)
def test_loss_of_extreme_predictions(case, size):
    predictions, targets = case.data()
    predictions *= size
    loss, p = case.make(), leaf(predictions)
    value = LOSS_PEERS[case.name](p, torch.from_numpy(targets))
    value.backward()
    assert error(loss.forward(predictions, targets), value.item()) <= 1e-10
    assert error(loss.backward(), p.grad.numpy()) <= 1e-10
