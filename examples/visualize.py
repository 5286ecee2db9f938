"""Draws a network, its activations, the loss around its weights, and how gradients flow back through it.

Trains a deep sigmoid network on moons, whose early layers learn slowly. Writes network_architecture.png,
activation_functions.png, loss_landscape.png (surface and contours, with the path of training) and
gradient_flow.png (gradients and steps of each layer) into the current folder; prints what each shows.
"""

from whygrad import NeuralNetwork
from whygrad.data import load
from whygrad.plots import (
    Recorder,
    activation_functions,
    alt_text,
    gradient_flow,
    landscape,
    layer_flow,
    layer_gradients,
    loss_landscape,
    network_architecture,
    save,
)


def main() -> None:
    """One training run, four pictures of it."""
    data = load("moons", samples=300)
    network = NeuralNetwork([2, 6, 6, 6, 1], activation="sigmoid", seed=1)
    recorder = Recorder(network, every=5)
    history = network.train(
        data.X, data.y, 400, 0.02, "full", schedule="constant", callbacks=[recorder], verbose=False
    )
    first, *_, last = history[0].layers
    share = first.gradient_norm / last.gradient_norm
    print(f"after the first epoch, the gradient of the first layer is {share:.1%} of that of the last")

    path = recorder.finish().path
    pictures = {
        "network_architecture.png": network_architecture(network),
        "activation_functions.png": activation_functions(),
        "loss_landscape.png": loss_landscape(landscape(network, data.X, data.y, path)),
        "gradient_flow.png": gradient_flow(layer_flow(history), layer_gradients(network, data.X, data.y)),
    }
    for name, picture in pictures.items():
        print(f"{save(picture, name)}: {alt_text(picture)}")


if __name__ == "__main__":
    main()
