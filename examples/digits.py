"""Reads handwritten digits: 1,797 images of 8 × 8 pixels, ten classes.

A tenth of the rows is only watched; training stops when the loss on them no longer falls. Prints the
accuracy on test rows with its 95 % interval, the pair of digits that is confused most often, and the
first test image in characters. Saves the network to digits.safetensors and loads it again, to show that
it says the same.
"""

from whygrad import NeuralNetwork
from whygrad.data import load, split
from whygrad.evaluation import confusion, wilson


def main() -> None:
    """From images to a saved network."""
    rows = split(load("digits"), seed=0)
    network = NeuralNetwork([64, 64, 10], scale=True, seed=0)
    history = network.train(rows.X_train, rows.y_train, epochs=100, patience=10, verbose=False)
    print(f"stopped after epoch {len(history)}, kept the weights of epoch {history.best_epoch}")

    predicted = network.predict(rows.X_test)
    right, total = int((predicted == rows.y_test).sum()), len(predicted)
    interval = wilson(right, total)
    print(f"accuracy {right / total:.3f} ({right} of {total}); interval {interval}")
    worst = confusion(rows.y_test, predicted, network.classes).most_confused
    if worst is not None:
        print(f"most often confused: {worst.actual} taken for {worst.predicted}; rows: {worst.rows}")

    for line in rows.X_test[0].reshape(8, 8):
        print("".join([" .:-=+*#%@"[int(9 * pixel / 16)] * 2 for pixel in line]))
    print(f"this is a {rows.y_test[0]}; the network says {predicted[0]}")

    network.save("digits.safetensors")
    again = NeuralNetwork.load("digits.safetensors").predict(rows.X_test)
    print("the saved network says the same:", bool((again == predicted).all()))


if __name__ == "__main__":
    main()
