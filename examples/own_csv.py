"""From a CSV file of one's own to a network that predicts: 400 flats, with size, rooms, town and rent.

Writes flats.csv into the current folder, trains on four fifths of it, and prints how good the network is
on the rest, beside a linear model. Then asks it for the rent of two flats that are in no table. The
commands that do the same: whygrad train flats.csv --target rent; whygrad predict RUN new.csv.
"""

import random
from pathlib import Path

import polars as pl

from whygrad.runs import TrainSettings, train


def make_table(path: Path) -> None:
    """Rents made up by a rule that is not linear: the price of a square metre depends on the town."""
    rng = random.Random(0)
    lines = ["size,rooms,town,rent"]
    for _ in range(400):
        size, town = rng.randint(20, 120), rng.choice(["Bergen", "Oslo", "Tromsø"])
        rooms = max(1, round(size / 25 + rng.uniform(-1, 1)))
        rent = size * {"Bergen": 14, "Oslo": 22, "Tromsø": 11}[town] + 60 * rooms + rng.gauss(0, 40)
        lines.append(f"{size},{rooms},{town},{rent:.2f}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Table, network, figures, and two predictions."""
    path = Path("flats.csv")
    make_table(path)
    result = train(str(path), TrainSettings(target="rent", seed=0))
    print("columns:", ", ".join(result.network.encoding.feature_names))
    test, linear = result.figures["test"], result.figures["summary"]["linear"]
    print(f"R² on {test['rows']} flats it was not trained on: {test['r2']:.4f}")
    print(f"{linear['name']} on the same: {linear['score']:.4f}")
    new = pl.DataFrame({"size": [50, 50], "rooms": [2, 2], "town": ["Oslo", "Tromsø"]})
    for town, rent in zip(new["town"], result.network.predict(new), strict=True):
        print(f"50 m² with 2 rooms in {town}: {rent:,.0f}")


if __name__ == "__main__":
    main()
