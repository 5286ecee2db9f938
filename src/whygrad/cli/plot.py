"""``whygrad plot``: figures and films of a run, of a data set, or by themselves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..errors import SettingError
from ..runs.settings import TrainSettings

DEFAULT = TrainSettings()
EXAMPLES = """Examples:

    whygrad plot

    whygrad plot activations

    whygrad plot boundary runs/moons-1

    whygrad plot landscape moons --epochs 60 --output landscape.png

    whygrad plot boundary-film spirals --output film.gif"""


def plot(
    name: str | None = None,
    source: str | None = None,
    *,
    output: Path | None = None,
    dpi: float | None = None,
    settings: Annotated[TrainSettings, Parameter(name="*")] = DEFAULT,
) -> int:
    """Draw a picture or a film; without a name, list what there is.

    Parameters
    ----------
    name
        Of the picture: `whygrad plot` lists them.
    source
        The folder of a run; or a data set or a table, on which a network is then trained.
    output
        The file to write: .png, .svg, .pdf, .webp or .jpg; a film is .gif, .webp or .mp4. By default the
        name of the picture, in the folder of the run or here.
    dpi
        Pixels an inch.
    settings
        How to train, where there is no run yet.
    """
    from ..plots.registry import NOTHING, listing, plot_named

    if name is None:
        print("\n".join(listing()))
        return 0
    row = plot_named(name)
    if dpi is not None and not 20 <= dpi <= 1200:
        raise SettingError("dpi must be from 20 to 1200", received=dpi)
    if row.needs == NOTHING:
        if source is not None or settings.model_fields_set:
            raise SettingError(
                f"{row.name} needs nothing", received=source or "settings", hint="leave it out"
            )
        return _write(row.draw(None), output or Path(row.name + row.suffix), dpi)
    if source is None:
        raise SettingError(
            f"{row.name} needs {row.needs}", hint=f"whygrad plot {row.name} runs/digits-1, or … moons"
        )
    from ..plots.subjects import Subject

    subject = Subject.of(source, settings, _say)
    folder = Path() if subject.saved is None else subject.saved.folder
    target = output or folder / (row.name + row.suffix)
    _check(target, row.suffix)
    return _write(row.draw(subject), target, dpi)


def _check(target: Path, suffix: str) -> None:
    """Refuse a file that cannot be written before any time is spent on it."""
    from ..plots.film import film_format
    from ..plots.style import FORMATS

    if suffix == ".gif":
        film_format(target)
    elif target.suffix.lower().removeprefix(".").replace("jpeg", "jpg") not in FORMATS:
        raise SettingError(
            f"a picture cannot be written as {target.name}",
            expected=", ".join(f".{kind}" for kind in FORMATS),
            received=target.suffix or "no suffix",
        )


def _write(drawn: object, target: Path, dpi: float | None) -> int:
    from ..plots.film import Film
    from ..plots.style import alt_text, save

    if isinstance(drawn, Film):
        drawn.save(target, dpi)
        text = alt_text(drawn.whole)
    else:
        save(drawn, target, dpi)  # type: ignore[arg-type]
        text = alt_text(drawn)  # type: ignore[arg-type]
    print(target)
    print(text, file=sys.stderr)
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)
