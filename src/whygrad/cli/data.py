"""``whygrad data``: the data sets that come along."""

from __future__ import annotations

import json as to_json
from typing import Annotated

from cyclopts import Parameter


def data(*, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """List the data sets that `train` knows.

    Parameters
    ----------
    json
        Print JSON for a program to read.
    """
    from ..data.sets import SETS

    if json:
        print(to_json.dumps({name: source.about for name, source in SETS.items()}, indent=2))
        return 0
    width = max(map(len, SETS))
    for name, source in SETS.items():
        drawn = f"; {source.samples} rows drawn, noise {source.noise}" if source.samples else ""
        print(f"{name:<{width}}  {source.about}{drawn}")
    return 0
