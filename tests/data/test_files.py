"""Tables from files: how they are recognised, what is read, and what is said of those that cannot be."""

import csv
import gzip
import io
import math
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad.data import Table, delimited, files, layout, read_table
from whygrad.errors import DataError, KindError, SettingError

BELOW = "rows are counted from 1, below the line of names"


@pytest.fixture
def write(tmp_path):
    """Writes a file into a folder of its own."""

    def write_it(content, name="people.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_it


def read_text(content, **settings):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, **settings).frame


def read_in_blocks(monkeypatch, size):
    """Takes files apart into blocks of a few bytes, and decides by the first one."""
    monkeypatch.setattr(delimited, "BLOCK", size)
    monkeypatch.setattr(delimited, "SAMPLE", size - 1)
    monkeypatch.setattr(layout, "SAMPLE", size - 1)


def refusal(path, kind=DataError, **settings):
    """The text of the error, with the file's name for its path."""
    with pytest.raises(kind) as caught:
        read_table(path, **settings)
    assert type(caught.value) is kind
    return str(caught.value).replace(str(path), path.name)


# ---------------------------------------------------------------------------------------------------------
# What is read
# ---------------------------------------------------------------------------------------------------------


def test_a_table_knows_its_columns(write):
    table = read_table(write("age,town,smokes,born\n31,Oslo,true,1993-05-01\n58.5,Rome,FALSE,1966-01-30\n"))
    assert repr(table) == "<people: 2 rows × 4 columns>"
    assert (table.name, table.rows) == ("people", 2)
    assert table.columns == ("age", "town", "smokes", "born")
    assert [table.kind_of(name) for name in table.columns] == ["number", "category", "boolean", "date"]
    assert table.numbers == ("age",)
    assert table.frame.rows() == [(31.0, "Oslo", True, "1993-05-01"), (58.5, "Rome", False, "1966-01-30")]


def test_asking_for_a_column_that_is_not_there_names_the_nearest():
    table = Table("people", pl.DataFrame({"age": [1], "Height": [2]}))
    with pytest.raises(SettingError) as caught:
        table.kind_of("hieght")
    assert str(caught.value) == (
        "people has no column 'hieght'\n  hint: did you mean \"Height\"? columns: age, Height"
    )


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("age,town\n31.5,Oslo\n58,Rome\n", {}),
        ("age,town\r\n31.5,Oslo\r\n58,Rome\r\n", {}),
        ("\ufeffage,town\n31.5,Oslo\n58,Rome", {}),
        ("\n\nage,town\n31.5,Oslo\n58,Rome\n\n\n  \n", {}),
        ("age,town\n31.5,Oslo\n58,Rome\n,\n,\n", {}),
        ('"age","town"\n"31.5","Oslo"\n"58","Rome"\n', {}),
        (" age, town\n31.5 ,  Oslo\n 58, Rome \n", {}),
        ("age;town\n31,5;Oslo\n58;Rome\n", {}),
        ("age;town\n31.5;Oslo\n58;Rome\n", {}),
        ("age\ttown\n31.5\tOslo\n58\tRome\n", {}),
        ("age\ttown\n31,5\tOslo\n58\tRome\n", {}),
        ("age|town\n31.5|Oslo\n58|Rome\n", {}),
        ("age\ttown\n31.5\tOslo\n58\tRome\n", {"separator": "tab"}),
        ("age\ttown\n31.5\tOslo\n58\tRome\n", {"separator": r"\t"}),
        ("age\ttown\n31,5\tOslo\n58\tRome\n", {"separator": "\t", "decimal": ","}),
        ("age;town\n31.5;Oslo\n58;Rome\n", {"separator": ";", "decimal": "."}),
    ],
)
def test_separators_decimal_marks_and_line_ends(content, settings):
    frame = read_text(content, **settings)
    assert frame.rows() == [(31.5, "Oslo"), (58.0, "Rome")]
    assert frame.columns == ["age", "town"]


def test_a_separator_that_fits_every_row_wins():
    assert read_text("a;b,c\n1;2\n3;4\n").columns == ["a", "b,c"]
    assert read_text("a,b;c\n1,5;2\n", decimal=",").rows() == [(1.5, 2.0)]


def test_a_comma_before_three_digits_means_nothing_sure_between_tabs():
    with pytest.raises(DataError, match="column 'a' holds numbers that cannot be read"):
        read_text("a\tb\n1,500\tx\n2,250\ty\n")
    assert read_text("a;b\n1,500;x\n2,250;y\n")["a"].to_list() == [1.5, 2.25]


def test_quoted_fields_hold_separators_quotes_and_line_ends():
    frame = read_text('"a, b",c\n"1.5","x, ""y"""\n2,"two\nlines"\n')
    assert frame.columns == ["a, b", "c"]
    assert frame.rows() == [(1.5, 'x, "y"'), (2.0, "two\nlines")]


def test_a_quotation_mark_after_a_space_belongs_to_the_field():
    assert read_text('a,b\n1, "x"\n')["b"].to_list() == ['"x"']
    with pytest.raises(DataError, match="column 'b' holds numbers that cannot be read"):
        read_text('a,b\n1, "2.5"\n')


def test_a_row_of_missing_values_is_a_row_unless_it_ends_the_file():
    assert read_text("a,b\n1,x\n,\nNA,\n").rows() == [(1.0, "x"), (None, None), (None, None)]
    assert read_text("a,b\n1,x\n,\n,\n\n , \n").rows() == [(1.0, "x")]
    assert read_text("a\tb\n1\tx\n2\t\n").rows() == [(1.0, "x"), (2.0, None)]


def test_names_of_columns_are_only_names():
    frame = read_text("*,^.*$,count,0,literal\n1,x,true,2,\n2,y,false,3,\n")
    assert frame.columns == ["*", "^.*$", "count", "0", "literal"]
    assert frame.rows() == [(1.0, "x", True, 2.0, None), (2.0, "y", False, 3.0, None)]


def test_one_row_is_a_table():
    assert read_text("a,b\n1,x\n").rows() == [(1.0, "x")]


def test_a_single_column_is_a_table_if_it_holds_numbers_or_the_separator_is_named():
    assert read_text("x\n1.5\n\n2\n\n").rows() == [(1.5,), (None,), (2.0,)]
    assert read_text("colour\nred\nblue\n", separator=",").rows() == [("red",), ("blue",)]


def test_names_of_columns_may_be_numbers_if_others_are_not():
    frame = read_text("1,0,400.5,class\n1,2,3,a\n4,5,6,b\n")
    assert frame.rows(named=True)[1] == {"1": 4.0, "0": 5.0, "400.5": 6.0, "class": "b"}


def test_what_is_missing_is_null_and_only_among_numbers_so_are_words_for_it():
    frame = read_text("a,b\n1,NA\nNA,None\n n/a ,?\nNaN,\n?,-\nnull,x\n2,x\n,x\n.,x\n-,x\n3,x\n4,x\n")
    assert frame["a"].to_list() == [1.0, *[None] * 5, 2.0, *[None] * 3, 3.0, 4.0]
    assert frame["b"].to_list()[:5] == ["NA", "None", "?", None, "-"]


def test_a_column_without_values_is_read_as_missing_numbers():
    frame = read_text("a,b,c\n1,,NA\n2,,\n")
    assert frame.rows() == [(1.0, None, None), (2.0, None, None)]
    assert frame.schema["b"] == frame.schema["c"] == pl.Float64


def test_truth_values_in_any_letters():
    assert read_text("a,b\nTrue,1\nfalse,2\n,3\n")["a"].to_list() == [True, False, None]


def test_text_that_comes_again_among_numbers_makes_categories_of_them():
    assert read_text("rooms,b\n1,2\n2,2\n1,2\n3+,2\n3+,2\n")["rooms"].to_list() == ["1", "2", "1", "3+", "3+"]


def test_columns_can_be_read_as_text():
    content = "code,b\n007,1\n010,2\n"
    assert read_text(content)["code"].to_list() == [7.0, 10.0]
    assert read_text(content, text=["code", "elsewhere"])["code"].to_list() == ["007", "010"]
    assert read_text(content, text="code").schema["b"] == pl.Float64


def test_gzip_is_unpacked_whatever_its_name(write):
    packed = gzip.compress(b"a,b\n1,x\n2,y\n")
    for name in ("cars.csv.gz", "cars.csv"):
        table = read_table(write(packed, name))
        assert (table.name, table.frame.rows()) == ("cars", [(1.0, "x"), (2.0, "y")])


def test_numbers_at_the_beginning_and_categories_below(monkeypatch):
    read_in_blocks(monkeypatch, 64)
    values = ["1", "2", "3"] * 10 + ["low", "high"] * 40
    frame = read_text("a,b\n" + "".join(f"{value},1\n" for value in values))
    assert frame["a"].to_list() == values


def test_empty_at_the_beginning_and_numbers_below(monkeypatch):
    read_in_blocks(monkeypatch, 64)
    frame = read_text("a,b\n" + ",1\n" * 40 + "2.5,1\n" * 40)
    assert frame["a"].to_list() == [None] * 40 + [2.5] * 40


ROWS = [
    ("a,1.5,true,2\n", ("a", 1.5, True, 2.0)),
    ('"b, c\nd",NA,false,\n', ("b, c\nd", None, False, None)),
    ('"e ""f""",-2e3,,3\r\n', ('e "f"', -2000.0, None, 3.0)),
    ("ö,nan,True,-0.5\n", ("ö", None, True, -0.5)),
]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from(ROWS), min_size=1, max_size=12).filter(
        lambda rows: any(row[1][2] is not None for row in rows)
    ),
    st.integers(40, 200),
)
def test_where_blocks_end_does_not_matter(rows, size):
    with pytest.MonkeyPatch.context() as patch:
        read_in_blocks(patch, size)
        frame = read_text("w,x,y,z\n" + "".join(text for text, _ in rows))
    assert frame.rows() == [values for _, values in rows]


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**12), 10**12)
words = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8)
texts = words.map(lambda text: f"t {text}".strip())
headers = words.map(lambda name: f"n {name}".strip())


@st.composite
def tables(draw):
    """Names of columns, and rows of numbers and texts; some are missing, in rows between others."""
    columns = draw(st.lists(headers, min_size=2, max_size=5, unique=True))
    kinds = [draw(st.sampled_from([numbers, texts])) for _ in columns]
    whole, holey = st.tuples(*kinds), st.tuples(*(st.none() | kind for kind in kinds))
    return columns, [draw(whole), *draw(st.lists(holey, max_size=6)), draw(whole)]


def written(columns, rows, separator=",", decimal="."):
    def field(value):
        if value is None or isinstance(value, str):
            return value
        return repr(value).replace(".", decimal)

    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(columns)
    writer.writerows([[field(value) for value in row] for row in rows])
    return out.getvalue()


@settings(deadline=None, max_examples=50)
@given(tables())
def test_a_table_written_is_read_back_equal(table):
    columns, rows = table
    frame = read_text(written(columns, rows), separator=",")
    assert frame.columns == columns
    assert frame.rows() == rows


@settings(deadline=None, max_examples=50)
@given(tables())
def test_semicolons_and_decimal_commas_are_read_as_commas_and_points(table):
    columns, rows = table
    here = read_text(written(columns, rows), separator=",")
    there = read_text(written(columns, rows, ";", ","), separator=";", decimal=",")
    assert here.equals(there)
    assert here.schema == there.schema


def test_decimal_commas_are_recognised_and_points_among_them_are_no_numbers():
    plain = "a;b\n" + "1,5;x\n" * 20
    assert read_text(plain)["a"].to_list() == [1.5] * 20
    with_text = "a;b\n" + "1,5;Dr. x\n" * 20
    assert read_text(with_text)["a"].to_list() == [1.5] * 20
    assert read_text("a;b\n1;x\n2;y\n")["a"].to_list() == [1.0, 2.0]


# ---------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------

QUOTES = 'hint: a field that holds a quotation mark is written "with ""two"" of them"'
AS_TEXT = "hint: export it as CSV, in UTF-8"
FIELDS = 'hint: a field that holds the separator or a line end is written in "quotes"'
REFUSED = {
    "": "is empty\n  expected: a line of column names, and rows below it",
    "\ufeff\n \n": "is empty\n  expected: a line of column names, and rows below it",
    "a,b": " has no rows\n  expected: rows below the line of names\n  received: only a, b",
    "a,b\n\n\n": " has no rows\n  expected: rows below the line of names\n  received: only a, b",
    "a,b\n,\n,\n": " has no rows\n  expected: rows below the line of names\n  received: only a, b",
    "a,b,c\n1,2,3\n4,5\n": ": line 3 has 2 fields\n  expected: 3 fields, as the line of names has: a, b, c\n"
    f"  received: '4,5'\n  {FIELDS}",
    "a,b,c\n4,5\n1,2,3\n": ": line 2 has 2 fields\n  expected: 3 fields, as the line of names has: a, b, c\n"
    f"  received: '4,5'\n  {FIELDS}",
    "a,b\n1,2\n3\n": ": line 3 has 1 field\n  expected: 2 fields, as the line of names has: a, b\n"
    f"  received: '3'\n  {FIELDS}",
    '\na,b\n1,"x\ny"\n4,5,6\n': ": line 5 has 3 fields\n  expected: 2 fields, as the line of "
    f"names has: a, b\n  received: '4,5,6'\n  {FIELDS}",
    "a,b\n1,2\n\n3,4\n": ": line 3 is empty\n  expected: 2 fields, as the line of names has: a, b",
    "a,b\n\n3,4\n": ": line 2 is empty\n  expected: 2 fields, as the line of names has: a, b",
    "a,b,a\n1,2,3\n": ": columns 1 and 3 have the same name\n  received: 'a'\n  hint: rename one of them",
    ",a\n0,5\n1,6\n": ": column 1 has no name\n  received: the names '', 'a'\n  hint: name it or remove it; "
    "a first column without a name is often a row number, a last one a separator too many",
    "1,2\n3,4\n": " has no line of column names\n  expected: names in the first line\n  received: 1, 2\n"
    "  hint: put a line like x1,x2,y first",
    "5.1,3,setosa\n4.9,3,setosa\n": " has no line of column names\n  expected: names in the first line\n"
    "  received: 5.1, 3, setosa\n  hint: put a line like x1,x2,y first",
    'a,"b\n1,2\n': ": the line of column names cannot be read\n  received: 'a,\"b': unexpected end of data\n"
    f"  {QUOTES}",
    'a,b\n5" x,1\n1,2\n': " cannot be read from line 2\n  expected: quotation marks around whole fields, "
    f"in pairs\n  received: '5\" x,1'\n  {QUOTES}",
    'a,b\n1,"x\n3,4\n': " cannot be read from line 2\n  expected: quotation marks around whole fields, "
    f"in pairs\n  received: '1,\"x'\n  {QUOTES}",
    "a,b\n1,2\n3\r4,x\n5\n": " cannot be read from line 3\n  expected: quotation marks around whole fields, "
    f"in pairs\n  received: '3\\r4,x'\n  {QUOTES}",
    'a,b\n1,"x"y\n3,4\n': " cannot be read from line 2\n  expected: quotation marks around whole fields, "
    f"in pairs\n  received: '1,\"x\"y'\n  {QUOTES}",
    "a,b\n1,2\n2,2\n1o5,2\n4,2\n": ": row 3, column 'a', holds text among numbers\n"
    f"  expected: a number, or nothing\n  received: '1o5'\n  hint: correct it; {BELOW}",
    "a,b\n" + "1,2\n" * 90 + "x,2\n" * 3: ": row 91, column 'a', holds text among numbers\n"
    "  expected: a number, or nothing\n  received: 'x', and others in 2 more rows\n"
    f"  hint: correct it; {BELOW}",
    "a;b\n"
    + "1,5;x\n" * 9
    + "2.5;x\n": ": row 10, column 'a', holds text among numbers\n  expected: a number, "
    f"or nothing\n  received: '2.5'\n  hint: correct it; decimal='.' reads points; {BELOW}",
    "a,b\n$1.50,x\n$2,y\n": ": column 'a' holds numbers that cannot be read\n"
    "  expected: digits, with a point at most\n  received: '$1.50'\n"
    "  hint: no thousands separators, no units; decimal='.' or ',' says which mark it is",
    "a,b\n1,2\n-inf,2\n": ": row 2, column 'a', holds infinity, or a number too large\n"
    f"  expected: finite numbers\n  hint: correct it, or leave it empty; {BELOW}",
    "a,b\n1e999,2\n2,2\n": ": row 1, column 'a', holds infinity, or a number too large\n"
    f"  expected: finite numbers\n  hint: correct it, or leave it empty; {BELOW}",
    b"a,b\n1,x\n2,\xe9\n": " is not in UTF-8: line 3\n  received: 'a,b\\n1,x\\n2,\\\\xe9\\n'\n"
    '  hint: save it as UTF-8; spreadsheets call it "CSV UTF-8", older files are often Windows-1252',
    "a,b\n1,x\n".encode("utf-16"): f" is not a text table\n  received: text in UTF-16\n  {AS_TEXT}",
    bytes(range(256)): f" is not a text table\n  received: binary data\n  {AS_TEXT}",
    b"PK\x03\x04": f" is not a text table\n  received: a zip archive, as .xlsx and .ods are\n  {AS_TEXT}",
    "a,b\r1,2\r": " has lines that end as on Macs before 2001\n"
    f"  received: carriage returns only\n  {AS_TEXT}",
    '{"a": 1,\n "b": 2}': " is not a table\n  received: JSON\n  hint: export it as CSV",
    "[\n [1, 2]]": " is not a table\n  received: JSON\n  hint: export it as CSV",
    "<!DOCTYPE html>\n": " is not a table\n  received: HTML or XML\n  hint: export it as CSV",
    "It was a night\nand it was dark\n": " is not a table\n"
    "  expected: columns with commas or semicolons or tabs or bars between them\n"
    "  received: lines of text, the first 'It was a night'\n"
    "  hint: name the separator if it is a table of one column",
}


@pytest.mark.parametrize("content", REFUSED)
def test_what_is_wrong_with_a_file_is_said(write, content):
    expected = REFUSED[content]
    text = refusal(write(content))
    assert text == "people.csv" + (" " if expected.startswith("is") else "") + expected


@pytest.mark.parametrize("size", [16, 64, 256])
@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("x,1,2\n", ": row 101, column 'a', holds text among numbers"),
        ("inf,1,2\n", ": row 101, column 'a', holds infinity"),
        ("1,2\n", ": line 102 has 2 fields"),
        ("1,2,3,4\n", ": line 102 has 4 fields"),
        ('1,"2,3\n' + "1,2,3\n" * 100, " cannot be read from line 102"),
        (b"1,\xff,3\n", " is not in UTF-8: line 102"),
    ],
)
def test_mistakes_far_below_are_named_by_their_place_in_the_file(write, monkeypatch, size, end, expected):
    read_in_blocks(monkeypatch, size)
    end = end.encode() if isinstance(end, str) else end
    assert refusal(write(b"a,b,c\n" + b"1,2,3\n" * 100 + end)).startswith("people.csv" + expected)


def test_a_pipe_is_read_once_and_not_waited_for_again(tmp_path, monkeypatch):
    read_in_blocks(monkeypatch, 64)
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    for last in ("3,1\n", "x,1\n" * 20):
        text = b"a,b\n" + b"1,2\n" * 40 + last.encode()
        writer = threading.Thread(target=path.write_bytes, args=[text])
        writer.start()
        if last.startswith("3"):
            assert read_table(path).frame["a"].to_list() == [1.0] * 40 + [3.0]
        else:
            with pytest.raises(
                DataError, match=r"pipe.csv cannot be read a second time(.|\n)*throughout: a\n"
            ):
                read_table(path)
        writer.join()


def test_mistakes_in_a_column_that_begins_empty(write, monkeypatch):
    read_in_blocks(monkeypatch, 64)
    start = "a,b\n" + ",1\n" * 20 + "3,1\n" * 20
    assert refusal(write(start + "x,1\n")).startswith("people.csv: row 41, column 'a', holds text among")
    assert refusal(write(start + "inf,1\n")).startswith("people.csv: row 41, column 'a', holds infinity")


def test_text_in_another_encoding_is_found_in_the_line_of_names_and_in_later_columns(write):
    assert "is not in UTF-8: line 1\n" in refusal(write("größe,b\n1,2\n".encode("cp1252")))
    late = b"a,b\n" + b"x,1\n" * 300_000 + "größe,b\n".encode("cp1252")
    assert "is not in UTF-8: line 300002\n" in refusal(write(late))


def test_a_first_line_without_an_end(write, monkeypatch):
    monkeypatch.setattr(layout, "SAMPLE", 16)
    assert refusal(write("a," * 20 + "b\n1,2\n")) == (
        "people.csv is not a table\n  received: a first line of more than 16 bytes"
    )


def test_a_field_too_long_for_the_check_of_short_rows(write):
    path = write('a,b\n"' + "x" * 200_000 + '",\ny,2\n')
    assert refusal(path).startswith("people.csv cannot be read from line 2\n")


def test_sampling_stops_at_a_field_too_long_for_it():
    frame = read_text("a,b\n1,2\n" + "x" * 200_000 + ",2\n", text=["a"])
    assert frame["b"].to_list() == [2.0, 2.0]


def test_what_polars_cannot_say_is_still_an_error_about_the_file(write, monkeypatch):
    def refuse(*_, **__):
        raise pl.exceptions.ComputeError("polars has its reasons")

    monkeypatch.setattr(pl, "read_csv", refuse)
    assert refusal(write("a,b\n1,2\n")).startswith("people.csv cannot be read from line 2\n")


def read_or_refused(path):
    """Which table it is, or why it is none; anything else escapes."""
    try:
        return repr(read_table(path))
    except DataError as error:
        return str(error).replace(str(path.parent), "")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"separator": ":"}, "unknown separator\n  expected: one of ',', ';', '\\t', '|'\n  received: ':'"),
        ({"decimal": "'"}, "decimal must be '.' or ',', and not the separator\n  received: \"'\""),
        (
            {"decimal": ",", "separator": ","},
            "decimal must be '.' or ',', and not the separator\n  received: ','",
        ),
    ],
)
def test_marks_that_cannot_be(write, settings, expected):
    assert refusal(write("a,b\n1,2\n"), SettingError, **settings) == expected


def test_files_that_cannot_be_opened(tmp_path, write):
    path = write("a,b\n1,2\n")
    assert refusal(tmp_path) == (
        f"cannot read {tmp_path.name}\n  expected: a file\n  received: a folder\n  hint: name a file in it"
    )
    assert refusal(tmp_path / "peple.csv") == (
        "cannot read peple.csv\n  expected: a file\n  received: no such file\n"
        '  hint: did you mean "people.csv"?'
    )
    assert refusal(tmp_path / "unlike") == (
        "cannot read unlike\n  expected: a file\n  received: no such file"
    )
    assert refusal(tmp_path / "nowhere" / "people.csv").endswith(
        f"received: no such file\n  hint: there is no folder {tmp_path / 'nowhere'}"
    )
    assert "received: no such file" in refusal(path / "people.csv")
    assert "received: embedded null byte" in refusal(tmp_path / "a\0b")


def test_a_file_of_somebody_else(write, monkeypatch):
    path = write("a,b\n1,2\n")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refusal(path) == "cannot read people.csv\n  expected: a file\n  received: Permission denied"


def test_a_disk_that_fails_in_the_middle(write, monkeypatch):
    path = write("a,b\n1,2\n")

    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(delimited, "_blocks", fail)
    assert "received: Input/output error" in refusal(path)


def test_what_is_no_path_at_all():
    with pytest.raises(KindError) as caught:
        read_table(5)
    assert str(caught.value) == "a file is named by its path\n  expected: text or a Path\n  received: 5"


@pytest.mark.parametrize("cut", [3, 20, -4])
def test_damaged_gzip(write, cut):
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 100)
    text = refusal(write(packed[:cut], "people.csv.gz"))
    assert text.startswith("people.csv.gz is damaged\n  received: gzip: ")
    broken = packed[:12] + b"\xff" * 6 + packed[18:]
    assert refusal(write(broken, "people.csv.gz")).startswith("people.csv.gz is damaged\n")


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60) | st.text(st.sampled_from('a1.,;\t\n\r" -é'), max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_a_refusal(content):
    for name in ("any.csv", "any.npz"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            assert "any" in read_or_refused(path)


# ---------------------------------------------------------------------------------------------------------
# Arrays
# ---------------------------------------------------------------------------------------------------------

X = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]])


@pytest.fixture
def saved(tmp_path):
    def save(name="set.npz", **arrays):
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return save


@pytest.mark.parametrize(
    "y",
    [
        np.array([0, 1, 0]),
        np.array([[0], [1], [0]], dtype=np.uint8),
        np.array([0.5, 1.5, 2.5], dtype=">f8"),
        np.array([0, 1, 0], dtype=">i4"),
        np.array(["a", "b", "a"]),
        np.array([True, False, True]),
    ],
)
def test_arrays_of_inputs_and_targets(saved, y):
    table = read_table(saved(X=X, y=y))
    assert table.name == "set"
    assert table.columns == ("x1", "x2", "target")
    assert table.frame["x1"].to_list() == [1.0, 3.0, 5.0]
    assert table.frame["x2"].to_list() == [2.0, None, 6.0]
    assert table.frame["target"].to_list() == y.ravel().tolist()


def test_inputs_alone_and_one_array_with_the_target_last(saved, tmp_path):
    assert read_table(saved(X=X.astype(np.float16))).frame["x2"].to_list() == [2.0, None, 6.0]
    one = read_table(saved(anything=X[::2].astype(np.int32))).frame
    assert one.to_dict(as_series=False) == {"x1": [1, 5], "target": [2, 6]}
    np.save(tmp_path / "one.npy", X[::2])
    assert read_table(tmp_path / "one.npy").frame.columns == ["x1", "target"]


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        (
            {"X": np.ones((2, 3, 3)), "y": np.ones(2)},
            (
                ": X must be a matrix with rows and columns\n  received: shape (2, 3, 3)\n"
                "  hint: images: X.reshape(len(X), -1); one feature: X.reshape(-1, 1)"
            ),
        ),
        (
            {"X": np.ones((0, 3))},
            (
                ": X must be a matrix with rows and columns\n  received: shape (0, 3)\n"
                "  hint: images: X.reshape(len(X), -1); one feature: X.reshape(-1, 1)"
            ),
        ),
        (
            {"X": X, "y": np.ones(2)},
            ": y must have one target for each row of X\n  expected: shape (3,)\n  received: shape (2,)",
        ),
        (
            {"X_train": X, "y_train": np.ones(3)},
            (
                f" holds other arrays than a table\n  expected: {files.ARRAYS}\n"
                "  received: X_train (3, 2), y_train (3,)"
            ),
        ),
        ({}, f" holds other arrays than a table\n  expected: {files.ARRAYS}\n  received: no arrays"),
        (
            {"a": np.ones((3, 1))},
            f" holds other arrays than a table\n  expected: {files.ARRAYS}\n  received: a (3, 1)",
        ),
        ({"X": np.array([["a"]])}, ": X must hold numbers\n  received: dtype <U1"),
        ({"X": X + 1j}, ": X must hold numbers\n  received: dtype complex128"),
        ({"X": X, "y": X[:, 0] + 1j}, ": y must hold numbers\n  received: dtype complex128"),
        (
            {"X": X, "y": np.array([1, math.inf, 2])},
            (
                ": row 2, column 'target', holds infinity\n  expected: finite numbers\n"
                "  hint: rows are counted from 1"
            ),
        ),
        (
            {"X": np.array([[{}]])},
            (
                f" is no file of arrays, or a damaged one\n  expected: what numpy.savez writes: "
                f"{files.ARRAYS}\n  received: Object arrays cannot be loaded when allow_pickle=False\n"
                "  hint: make Python objects numbers or text, then save again"
            ),
        ),
    ],
)
def test_arrays_that_are_no_table(saved, arrays, expected):
    assert refusal(saved(**arrays)) == "set.npz" + expected


def test_files_of_arrays_that_are_none(write, saved):
    start = f" is no file of arrays, or a damaged one\n  expected: what numpy.savez writes: {files.ARRAYS}\n"
    assert refusal(write("", "set.npz")) == f"set.npz{start}  received: an empty file"
    assert refusal(write("a,b\n1,2\n", "set.npz")) == f"set.npz{start}  received: another format"
    whole = saved(X=X).read_bytes()
    for cut in (10, len(whole) // 2, len(whole) - 1):
        assert refusal(write(whole[:cut], "set.npz")).startswith(f"set.npz{start}  received: ")
    for place in range(0, len(whole), 7):
        path = write(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :], "set.npz")
        assert "set" in read_or_refused(path)


# ---------------------------------------------------------------------------------------------------------
# Memory
# ---------------------------------------------------------------------------------------------------------

PEAK = """
import sys
import polars
from whygrad.data import Encoding, read_table

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024

before = peak()
table = read_table(sys.argv[1])
X = Encoding.learn(table.frame, table.columns).matrix(table.frame)
assert X.flags.c_contiguous and X.shape == (500_000, 30) and X[123_456, 7] == table.frame["x7"][123_456]
print((peak() - before) / X.nbytes)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not say how much it gave")
def test_reading_takes_little_more_memory_than_the_table_and_the_matrix(tmp_path):
    numbers = np.random.default_rng(0).integers(0, 1000, (500_000, 30)) / 8
    pl.DataFrame({f"x{place}": numbers[:, place] for place in range(30)}).write_csv(tmp_path / "big.csv")
    del numbers
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path / "big.csv")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 2.6  # one for the table, one for the matrix
