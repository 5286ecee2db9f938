"""Runs the notebooks of this folder from top to bottom, each in a fresh kernel and an empty folder.

python notebooks/run.py             # fails where a cell fails, or says something else than is written here
python notebooks/run.py --write     # keeps what came out
python notebooks/run.py moons       # only those with "moons" in their names

Text has to be the same, but for the last digit of a number with a decimal point, which processors round
differently. Of a picture, there has to be one of about the same size.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import struct
import sys
import tempfile
import time
from itertools import zip_longest
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MOST_BYTES = 400_000
SECONDS = 120  # a cell may take
DECIMAL = re.compile(r"([-−]?\d[\d,]*\.\d+(?:e[-+]?\d+)?)")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
Notebook = dict[str, Any]

# --- how a notebook is stored ------------------------------------------------------------------------


def normalised(notebook: Notebook) -> Notebook:
    """The notebook without what differs from run to run: times, versions, where a stream was cut."""
    cells, count = [], 0
    for number, cell in enumerate(notebook["cells"], start=1):
        kept = {name: cell[name] for name in ("cell_type", "attachments") if name in cell}
        kept["id"] = cell.get("id", f"cell-{number}")
        kept["metadata"] = {name: value for name, value in cell["metadata"].items() if name == "tags"}
        kept["source"] = lines(cell["source"])
        if cell["cell_type"] == "code":
            count += 1
            kept["execution_count"] = count
            kept["outputs"] = [output(item, count) for item in joined(cell["outputs"])]
        cells.append(kept)
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def joined(outputs: list[Any]) -> list[Any]:
    """The outputs, with what was printed in one piece however it arrived."""
    found: list[Any] = []
    for item in outputs:
        if item["output_type"] == "stream":
            item = {**item, "text": whole(item["text"])}
            if found and found[-1]["output_type"] == "stream" and found[-1]["name"] == item["name"]:
                found[-1]["text"] += item["text"]
                continue
        found.append(item)
    return found


def output(item: Any, count: int) -> dict[str, Any]:
    """One output with its text in lines."""
    kept = dict(item)
    kept.pop("transient", None)
    if "execution_count" in kept:
        kept["execution_count"] = count
    if "text" in kept:
        kept["text"] = lines(kept["text"])
    if "data" in kept:
        kept["data"] = {
            kind: data if kind == "application/json" else lines(data) if is_text(kind) else whole(data)
            for kind, data in kept["data"].items()
        }
    return kept


def is_text(kind: str) -> bool:
    """Whether data of this kind is stored line by line."""
    return kind.startswith("text/") or kind == "image/svg+xml"


def whole(text: str | list[str]) -> str:
    """Text that may be stored in lines."""
    return text if isinstance(text, str) else "".join(text)


def lines(text: str | list[str]) -> list[str]:
    """Text as notebooks store it."""
    return whole(text).splitlines(keepends=True)


def stored(notebook: Notebook) -> str:
    """What is in the file."""
    return json.dumps(normalised(notebook), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


# --- whether two runs say the same -------------------------------------------------------------------


def differences(then: Notebook, now: Notebook) -> list[str]:
    """Where a run says something else than the one that is stored."""
    found = []
    for number, (before, after) in enumerate(zip(then["cells"], now["cells"], strict=True), start=1):
        pairs = zip_longest(joined(before.get("outputs", [])), joined(after.get("outputs", [])))
        for old, new in pairs:
            found += [f"cell {number}, {what}" for what in differing(shown(old), shown(new))]
    return found


def shown(item: Any) -> dict[str, str]:
    """What an output shows, by kind."""
    if item is None:
        return {}
    if item["output_type"] == "stream":
        return {item["name"]: whole(item["text"])}
    if item["output_type"] == "error":
        return {"error": f"{item['ename']}: {item['evalue']}"}
    return {kind: whole(data) for kind, data in item["data"].items() if kind != "application/json"}


def differing(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """How two outputs differ, in words."""
    if old.keys() != new.keys():
        return [f"{' and '.join(old) or 'nothing'} is now {' and '.join(new) or 'nothing'}"]
    found = []
    for kind in old:
        if kind.startswith("image/"):
            if not alike(kind, old[kind], new[kind]):
                found.append(f"{kind}: another size: {size(kind, old[kind])}, now {size(kind, new[kind])}")
            continue
        for before, after in zip_longest(old[kind].splitlines(), new[kind].splitlines(), fillvalue=""):
            if not same(before, after):
                found.append(f"{kind}:\n    {before}\n  is now\n    {after}")
                break
    return found


def same(old: str, new: str) -> bool:
    """Whether two lines say the same, but for the last digit of numbers with a decimal point."""
    before, after = (DECIMAL.split(" ".join(line.split())) for line in (old, new))
    if [text.strip() for text in before[::2]] != [text.strip() for text in after[::2]]:
        return False
    return all(near(a, b) for a, b in zip(before[1::2], after[1::2], strict=True))


def near(old: str, new: str) -> bool:
    """Whether two numbers differ by no more than one in the last digit, or in the seventh."""
    a, b = (float(text.replace("−", "-").replace(",", "")) for text in (old, new))
    mantissa, _, exponent = old.partition("e")
    unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    return abs(a - b) <= max(1.01 * unit, 1e-6 * abs(a))


def size(kind: str, data: str) -> tuple[int, ...]:
    """Width and height of a PNG, in pixels, and the length of a picture in bytes."""
    if kind != "image/png":
        return (len(data),)
    raw = base64.b64decode(data)
    return (*struct.unpack(">II", raw[16:24]), len(raw))


def alike(kind: str, old: str, new: str) -> bool:
    """Whether two pictures have about the same size."""
    *before, length = size(kind, old)
    *after, now = size(kind, new)
    close = all(abs(a - b) <= 0.05 * a for a, b in zip(before, after, strict=True))
    return close and length / 2 <= now <= length * 2


# --- running -----------------------------------------------------------------------------------------


def execute(notebook: Notebook, folder: str, settings: str) -> Notebook:
    """Every cell in turn, in a kernel of this interpreter that nobody has set anything for."""
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    made = nbformat.reads(json.dumps(notebook), as_version=4)
    sockets = Config(KernelManager={"transport": "ipc", "ip": f"{settings}/kernel"})  # files, not ports
    where = {"metadata": {"path": folder}}
    NotebookClient(made, config=sockets, timeout=SECONDS, kernel_name="python3", resources=where).execute()
    return dict(made)


def alone(folder: str) -> dict[str, str]:
    """Environment in which a kernel finds its own interpreter, no settings of a person, and one thread."""
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {
        **threads,
        "IPYTHONDIR": f"{folder}/ipython",
        "JUPYTER_CONFIG_DIR": f"{folder}/config",
        "JUPYTER_PATH": f"{sys.prefix}/share/jupyter",
        "JUPYTER_RUNTIME_DIR": f"{folder}/runtime",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def check(path: Path, write: bool) -> list[str]:
    """Run one notebook; what is wrong with it."""
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    then = json.loads(path.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as settings:
        os.environ.update(alone(settings))
        try:
            now = execute(then, folder, settings)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            return [f"a cell fails:\n{error}"]
    if write:
        path.write_text(stored(now), encoding="utf-8")
        then = now
    found = differences(then, now)
    if stored(then) != path.read_text(encoding="utf-8"):
        found.append("it is stored with times, versions or counts that differ from run to run")
    if path.stat().st_size > MOST_BYTES:
        found.append(f"it has {path.stat().st_size:,} bytes; {MOST_BYTES:,} are enough")
    return found


def main() -> int:
    """Run the notebooks that were asked for; 1 if something is wrong with one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="parts of names; all notebooks when not given")
    parser.add_argument("--write", action="store_true", help="keep what came out")
    asked = parser.parse_args()
    names = asked.names or [""]
    paths = [path for path in sorted(HERE.glob("*.ipynb")) if any(name in path.name for name in names)]
    if not paths:
        print(f"no notebook in {HERE.name}/ has {' or '.join(names)} in its name")
        return 2
    failed = False
    for path in paths:
        start = time.perf_counter()
        found = check(path, asked.write)
        failed = failed or bool(found)
        verdict = "FAILED" if found else "written" if asked.write else "ok"
        took, kilobytes = time.perf_counter() - start, path.stat().st_size / 1000
        print(f"{path.name:40} {took:5.1f} s {kilobytes:5.0f} kB  {verdict}", flush=True)
        print(*found, sep="\n", end="\n" if found else "")
    if failed:
        print("what is meant to change is written anew by: make notebooks ARGS=--write")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
