"""Reads a text table into columns of numbers and of text, a block of whole rows at a time.

Polars parses each block; what it fills in silently (a row that is too short) or explains in terms of its own
is found here and said in terms of the file. Blocks keep memory near the size of the result.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from ..errors import DataError
from .columns import Numbers, are_numbers, as_booleans, listed, read_numbers, unreadable_numbers
from .layout import SAMPLE, Layout, not_utf8, recognise, row_end
from .opening import opened

if TYPE_CHECKING:
    import polars as pl

BLOCK = 1 << 23  # bytes
SHOWN = 60  # characters of a field
COUNTED = "rows are counted from 1, below the line of names"


def read_delimited(
    path: Path, separator: str | None = None, decimal: str | None = None, text: Collection[str] = ()
) -> pl.DataFrame:
    """The columns of a text table; see :func:`whygrad.data.read_table`."""
    texts = set(text)
    while True:
        with opened(path) as file:
            head = file.read(BLOCK)
            rows = _Rows(str(path), recognise(str(path), head, separator, decimal), head, texts)
            for block in _blocks(file, head[rows.layout.start :], rows.layout.separator.encode()):
                rows.add(block)
        categories = rows.settle()
        if not categories:
            return rows.frame()
        if not path.is_file():
            raise DataError(
                f"{path} cannot be read a second time, as it is no file on a disk",
                expected=f"columns that are numbers throughout: {listed(sorted(categories))}",
                hint="save it first, or say which columns are text",
            )
        texts |= categories  # numbers at its beginning, and text further down: read it as text


def _blocks(file: BinaryIO, rest: bytes, separator: bytes) -> Iterator[bytes]:
    """Whole rows; what never ends, for want of a quotation mark, comes as it is."""
    while more := file.read(BLOCK):
        end = row_end(rest) or (len(rest) if len(rest) > 4 * BLOCK else 0)
        if end:
            yield rest[:end]
        rest = rest[end:] + more
    filled = len(rest.rstrip(b" \r\n" + separator))  # empty rows at the end, as spreadsheets leave them
    end = rest.find(b"\n", filled)
    if filled:
        yield rest if end < 0 else rest[:end]


class _Rows:
    """The rows read so far."""

    def __init__(self, source: str, layout: Layout, head: bytes, texts: Collection[str]) -> None:
        """Decide which columns to read as numbers: those that mostly are, in the first rows."""
        self.source, self.layout = source, layout
        self.keys = [str(place) for place in range(len(layout.names))]
        self.texts = {key for key, name in zip(self.keys, layout.names, strict=True) if name in texts}
        self.lines = head.count(b"\n", 0, layout.start)
        self.height = 0
        self.parts: list[pl.DataFrame] = []
        self.wrong: dict[str, list[pl.DataFrame]] = {}
        sample = head[layout.start :]
        found = self._read_text(sample[: row_end(sample[:SAMPLE]) or row_end(sample) or len(sample)])
        self.numbers = [
            key for key in self.keys if key not in self.texts and self._mostly_numbers(found[key])
        ]

    def add(self, block: bytes) -> None:
        """Parse some whole rows."""
        import polars as pl

        # Polars would take points among decimal commas for more of them.
        direct = self.layout.decimal == "." or b"." not in block
        frame = self._parse(block, self.numbers) if direct else None
        if frame is None:
            frame = self._through_text(block)
        frame = frame.with_columns(pl.col(pl.String).str.strip_chars().replace("", None))
        if self.numbers and not all(frame.select(pl.col(pl.Float64).is_finite().all()).row(0)):
            frame = frame.with_columns(pl.col(pl.Float64).fill_nan(None))
            for key in self.numbers:
                self._refuse_infinity(key, frame[key], self.height)
        if frame[self.keys[-1]].null_count():  # as after a row that is too short
            self._check_lengths(block)
        self.parts.append(frame.rechunk())
        self.height += frame.height
        self.lines += block.count(b"\n")

    def settle(self) -> set[str]:
        """Decide what each column is; the names of those that have to be read again, as text."""
        import polars as pl

        if not self.parts:
            raise DataError(
                f"{self.source} has no rows",
                expected="rows below the line of names",
                received=f"only {listed(self.layout.names)}",
            )
        self.parts = [pl.concat(self.parts, rechunk=False)]
        frame = self.parts[0]
        categories = set()
        for key, wrong in self.wrong.items():
            values = pl.concat(wrong)
            if are_numbers(frame[key].count(), values["value"]):
                raise self._mistake(key, values)
            categories.add(self._name(key))
        return categories

    def frame(self) -> pl.DataFrame:
        """All rows, under the names of the columns."""
        found = self.parts[0]
        decided = [self._decide(key, found[key]) for key in self.keys if key not in self.numbers]
        found = found.with_columns(decided)
        found.columns = list(self.layout.names)
        return found

    def _decide(self, key: str, text: pl.Series) -> pl.Series:
        """A column of text as numbers or truth values, if that is what it holds."""
        if key in self.texts:
            return text
        numbers = read_numbers(text, self.layout.decimal)
        wrong = _wrong(text, numbers)
        if not are_numbers(numbers.values.count(), wrong["value"]):
            if unreadable_numbers(text):
                raise DataError(
                    f"{self.source}: column {self._name(key)!r} holds numbers that cannot be read",
                    expected=f"digits, with a {'point' if self.layout.decimal == '.' else 'comma'} at most",
                    received=repr(text.drop_nulls()[0][:SHOWN]),
                    hint="no thousands separators, no units; decimal='.' or ',' says which mark it is",
                )
            booleans = as_booleans(text)
            return text if booleans is None else booleans
        if len(wrong):
            raise self._mistake(key, wrong)
        self._refuse_infinity(key, numbers.values)
        return numbers.values

    def _read_text(self, block: bytes) -> pl.DataFrame:
        """Every column as text."""
        found = self._parse(block, ())
        if found is None:
            raise self._explain(block)
        return found

    def _parse(self, block: bytes, numbers: Collection[str]) -> pl.DataFrame | None:
        """Some rows as polars reads them; None if it refuses."""
        import polars as pl

        names = self.layout.separator.join(self.keys).encode()  # else blank lines at its head were skipped
        try:
            return pl.read_csv(
                b"%b\n%b" % (names, block),
                separator=self.layout.separator,
                decimal_comma=self.layout.decimal == ",",
                schema={key: pl.Float64 if key in numbers else pl.String for key in self.keys},
            )
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None

    def _through_text(self, block: bytes) -> pl.DataFrame:
        """Some rows, numbers read more patiently: with decimal commas, marks for missing ones, mistakes."""
        frame = self._read_text(block)
        found = []
        for key in self.numbers:
            numbers = read_numbers(frame[key], self.layout.decimal)
            if numbers.wrong.any():
                self.wrong.setdefault(key, []).append(_wrong(frame[key], numbers, self.height))
            found.append(numbers.values.alias(key))
        return frame.with_columns(found)

    def _mostly_numbers(self, text: pl.Series) -> bool:
        numbers = read_numbers(text, self.layout.decimal)
        return 0 < numbers.values.count() >= numbers.wrong.sum()

    def _name(self, key: str) -> str:
        return self.layout.names[int(key)]

    def _mistake(self, key: str, wrong: pl.DataFrame) -> DataError:
        row, value = wrong.row(0)
        shown = repr(value) if len(value) <= SHOWN else f"{value[:SHOWN]!r} and {len(value) - SHOWN:,} more"
        more = f", and others in {len(wrong) - 1} more rows" if len(wrong) > 1 else ""
        comma = "; decimal='.' reads points" if self.layout.decimal == "," and "." in value else ""
        return DataError(
            f"{self.source}: row {row}, column {self._name(key)!r}, holds text among numbers",
            expected="a number, or nothing",
            received=f"{shown}{more}",
            hint=f"correct it{comma}; {COUNTED}",
        )

    def _refuse_infinity(self, key: str, numbers: pl.Series, rows_before: int = 0) -> None:
        infinite = numbers.is_infinite().arg_true()
        if len(infinite):
            raise DataError(
                f"{self.source}: row {rows_before + infinite[0] + 1}, column {self._name(key)!r}, "
                "holds infinity, or a number too large",
                expected="finite numbers",
                hint=f"correct it, or leave it empty; {COUNTED}",
            )

    def _check_lengths(self, block: bytes) -> None:
        """Refuse rows with fewer fields than the header; polars takes the rest for missing."""
        if len(self.keys) == 1:
            return
        lines = csv.reader(
            io.StringIO(block.decode(errors="replace"), newline="\n"), delimiter=self.layout.separator
        )
        try:
            lengths = np.fromiter(map(len, lines), int)
        except csv.Error:
            raise self._explain(block) from None
        if (lengths != len(self.keys)).any():
            raise self._explain(block)

    def _ragged(self, line: int, row: list[str]) -> DataError:
        count = {0: "is empty", 1: "has 1 field"}.get(len(row), f"has {len(row)} fields")
        return DataError(
            f"{self.source}: line {line} {count}",
            expected=f"{len(self.keys)} fields, as the line of names has: {listed(self.layout.names)}",
            received=repr(self.layout.separator.join(row)[:80]) if row else None,
            hint='a field that holds the separator or a line end is written in "quotes"' if row else None,
        )

    def _explain(self, block: bytes) -> DataError:
        """What is wrong with rows that cannot be read."""
        try:
            text = block.decode()
        except UnicodeDecodeError as error:
            return not_utf8(self.source, block, error, self.lines + 1)
        lines = csv.reader(io.StringIO(text, newline="\n"), delimiter=self.layout.separator, strict=True)
        line, fields = 1, len(self.keys)
        try:
            for row in lines:
                if len(row) != fields:
                    return self._ragged(self.lines + line, row)
                line = lines.line_num + 1
        except csv.Error:
            pass
        else:
            odd = [number for number, item in enumerate(text.split("\n"), 1) if item.count('"') % 2]
            line = odd[0] if odd else 1
        return DataError(
            f"{self.source} cannot be read from line {self.lines + line}",
            expected="quotation marks around whole fields, in pairs",
            received=repr(text.split("\n")[line - 1][:80]),
            hint='a field that holds a quotation mark is written "with ""two"" of them"',
        )


def _wrong(text: pl.Series, numbers: Numbers, rows_before: int = 0) -> pl.DataFrame:
    """Where text stands among numbers, and what: columns ``row`` and ``value``."""
    import polars as pl

    rows = numbers.wrong.arg_true()
    return pl.DataFrame(
        {"row": rows.cast(pl.Int64) + rows_before + 1, "value": text.gather(rows).str.strip_chars()}
    )
