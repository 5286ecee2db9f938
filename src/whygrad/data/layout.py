"""Recognises how a text table is written, from its beginning: separator, decimal mark and column names."""

from __future__ import annotations

import codecs
import csv
import io
import operator
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from ..errors import DataError, SettingError
from .columns import listed

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SAMPLE = 1 << 20  # bytes of the beginning that decide
ROWS = 200  # rows of it that are looked at
AS_TEXT = "export it as CSV, in UTF-8"
FOREIGN = {
    b"PK\x03\x04": "a zip archive, as .xlsx and .ods are",
    b"\xd0\xcf\x11\xe0": "a document of an old Excel or Word",
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow",
    b"\x89HDF": "HDF5",
    b"\x93NUMPY": "a NumPy array",
    b"SQLite format 3": "a SQLite database",
    b"%PDF": "PDF",
    b"\x28\xb5\x2f\xfd": "zstd-compressed",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}
NOT_A_TABLE = {r"\{|\[\s*[\[{]": "JSON", r"<[!?A-Za-z]": "HTML or XML"}
NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
POINT = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


@dataclass(frozen=True)
class Layout:
    """How a text table is written.

    Attributes
    ----------
    names
        Of the columns.
    separator
        What stands between two fields.
    decimal
        What stands before the fraction of a number.
    start
        Where the rows begin, in bytes.
    """

    names: tuple[str, ...]
    separator: str
    decimal: str
    start: int


def row_end(data: bytes) -> int:
    r"""Where the last whole row ends: after a line end that is not inside quotes.

    Examples
    --------
    >>> row_end(b'a,b\n1,"two\nlines')
    4
    """
    end = data.rfind(b"\n")
    odd = data.count(b'"', 0, max(end, 0)) % 2
    while end >= 0 and odd:
        before = data.rfind(b"\n", 0, end)
        odd = (odd - data.count(b'"', max(before, 0), end)) % 2
        end = before
    return end + 1


def recognise(source: str, head: bytes, separator: str | None = None, decimal: str | None = None) -> Layout:
    r"""Recognise how a table is written.

    Parameters
    ----------
    source
        What to call it in messages.
    head
        Its beginning.
    separator, decimal
        Where they are known.

    Raises
    ------
    DataError
        If it is no text table in UTF-8, or has no line of column names, each its own.
    SettingError
        If the separator or the decimal mark cannot be.

    Examples
    --------
    >>> recognise("x.csv", b"age;height\n31;1,80\n")
    Layout(names=('age', 'height'), separator=';', decimal=',', start=11)
    """
    given = _check_marks(separator, decimal)
    text, skipped = _text(source, head)
    separator = given or _separator(text, set(SEPARATORS) - {decimal})
    header, length = _header(source, text, separator)
    names, rows = tuple(name.strip() for name in header), _rows(text, separator)[1:]
    _check_names(source, names, rows)
    _check_one_column(source, names, rows, given, decimal)
    start = skipped + len(text[:length].encode())
    return Layout(names, separator, decimal or _decimal(rows, separator), start)


def _check_marks(separator: str | None, decimal: str | None) -> str | None:
    """The separator that was given, as one character."""
    found = "\t" if separator in ("tab", r"\t") else separator
    if found is not None and found not in SEPARATORS:
        known = ", ".join(repr(mark) for mark in SEPARATORS)
        raise SettingError("unknown separator", expected=f"one of {known}", received=repr(separator))
    if decimal not in (None, ".", ",") or (decimal == "," and separator == ","):
        raise SettingError("decimal must be '.' or ',', and not the separator", received=repr(decimal))
    return found


def _text(source: str, head: bytes) -> tuple[str, int]:
    """The beginning as text, if it is text and may be a table; and how many bytes stand before the text."""
    body = head.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    if not body.strip():
        raise DataError(f"{source} is empty", expected="a line of column names, and rows below it")
    for magic, what in FOREIGN.items():
        if head.startswith(magic):
            raise DataError(f"{source} is not a text table", received=what, hint=AS_TEXT)
    if b"\0" in head:
        raise DataError(f"{source} is not a text table", received="binary data", hint=AS_TEXT)
    skipped = len(head) - len(body)
    sample = body if len(body) <= SAMPLE else body[: body.rfind(b"\n", 0, SAMPLE) + 1]
    try:
        text = sample.decode()
    except UnicodeDecodeError as error:
        raise not_utf8(source, sample, error, line=1 + head.count(b"\n", 0, skipped)) from None
    if not text:
        raise DataError(f"{source} is not a table", received=f"a first line of more than {SAMPLE:,} bytes")
    for pattern, what in NOT_A_TABLE.items():
        if re.match(pattern, text):
            raise DataError(f"{source} is not a table", received=what, hint="export it as CSV")
    if "\n" not in text and "\r" in text:
        raise DataError(
            f"{source} has lines that end as on Macs before 2001",
            received="carriage returns only",
            hint=AS_TEXT,
        )
    return text, skipped


def not_utf8(source: str, data: bytes, error: UnicodeDecodeError, line: int = 1) -> DataError:
    """The error for text in another encoding; ``line`` is the number of the first line of ``data``."""
    place = line + data.count(b"\n", 0, error.start)
    near = data[max(error.start - 10, 0) : error.start + 10].decode("utf-8", "backslashreplace")
    return DataError(
        f"{source} is not in UTF-8: line {place}",
        received=repr(near),
        hint='save it as UTF-8; spreadsheets call it "CSV UTF-8", older files are often Windows-1252',
    )


def _rows(text: str, separator: str) -> list[list[str]]:
    """The first rows, without blank lines; a field too long for the csv module ends them."""
    found: list[list[str]] = []
    lines = csv.reader(io.StringIO(text, newline="\n"), delimiter=separator)
    with suppress(csv.Error):
        found.extend(row for row in islice(lines, ROWS) if row)
    return found or [[""]]


def _header(source: str, text: str, separator: str) -> tuple[list[str], int]:
    """The names in the first row, and how many characters it takes up, its line end with it."""
    lines = io.StringIO(text, newline="\n")
    try:
        return next(csv.reader(lines, delimiter=separator, strict=True)), lines.tell()
    except csv.Error as error:
        raise DataError(
            f"{source}: the line of column names cannot be read",
            received=f"{text.splitlines()[0][:60]!r}: {error}",
            hint='a field that holds a quotation mark is written "with ""two"" of them"',
        ) from None


def _separator(text: str, marks: set[str]) -> str:
    """The mark that cuts the header, and after it the most rows into as many fields."""

    def merit(separator: str) -> tuple[bool, float, int]:
        rows = _rows(text, separator)
        fields = len(rows[0])
        same = sum(len(row) == fields for row in rows) / len(rows)
        return fields > 1, same, fields

    return max(sorted(marks), key=merit)


def _decimal(rows: list[list[str]], separator: str) -> str:
    """Comma or point, whichever the numbers seen have; behind semicolons a comma if they have neither."""
    if separator == ",":
        return "."
    fields = [field.strip() for row in rows for field in row]
    points = sum(POINT.fullmatch(field) is not None for field in fields)
    commas = [field for field in fields if COMMA.fullmatch(field)]
    if separator != ";":  # who writes semicolons has decimal commas; elsewhere 1,500 may be a thousand
        commas = [field for field in commas if not THOUSANDS.fullmatch(field)]
    return "," if len(commas) > points or (separator == ";" and not points) else "."


def _check_names(source: str, names: tuple[str, ...], rows: list[list[str]]) -> None:
    """Refuse a first line that cannot be the names of columns.

    It is data if all of it is numbers; or if some is, and the rest comes again below it.
    """
    numbers = [NUMBER.fullmatch(name) is not None for name in names]
    again = [any(row[place : place + 1] == [name] for row in rows) for place, name in enumerate(names)]
    if any(numbers) and all(map(operator.or_, numbers, again)):
        raise DataError(
            f"{source} has no line of column names",
            expected="names in the first line",
            received=f"{listed(names, 5)}",
            hint="put a line like x1,x2,y first",
        )
    if "" in names:
        raise DataError(
            f"{source}: column {names.index('') + 1} has no name",
            received=f"the names {listed([repr(name) for name in names])}",
            hint="name it or remove it; a first column without a name is often a row number, "
            "a last one a separator too many",
        )
    seen: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if name in seen:
            raise DataError(
                f"{source}: columns {seen[name]} and {place} have the same name",
                received=repr(name),
                hint="rename one of them",
            )
        seen[name] = place


def _check_one_column(
    source: str, names: tuple[str, ...], rows: list[list[str]], given: str | None, decimal: str | None
) -> None:
    """A single column may be numbers for a network with one input; text in one column is prose."""
    if len(names) > 1 or given is not None or not rows:
        return
    numbers = sum(NUMBER.fullmatch(row[0].strip()) is not None for row in rows)
    if 2 * numbers < len(rows):
        comma = decimal == "," and "," in names[0]
        marks = [what for mark, what in SEPARATORS.items() if mark != decimal]
        raise DataError(
            f"{source} is not a table",
            expected=f"columns with {' or '.join(marks)} between them",
            received=f"lines of text, the first {names[0][:60]!r}",
            hint="a comma cannot be both the decimal mark and the separator"
            if comma
            else "name the separator if it is a table of one column",
        )
