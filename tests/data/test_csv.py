"""CSV files as tables: delimiters, kinds of columns, missing values, and files that are damaged or hostile."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbnet.data import read_csv
from nbnet.data.csv_table import read_matrix
from nbnet.errors import DataError
from nbnet.preprocessing import Table
from tests.data.hostile import mutants


@pytest.fixture
def write(tmp_path):
    def made(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return made


def same(table, **columns):
    assert table.names == tuple(columns)
    for name, values in columns.items():
        found = table.columns[name].tolist()
        assert [None if value != value else value for value in found] == values


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_are_found(write, delimiter, end):
    rows = [["age", "city, state", "n"], ["31", "Rome", "1.5"], ["", "Oslo", "-2e3"], ["7", "?", "NA"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    expected = {"age": [31, None, 7], "city, state": ["Rome", "Oslo", None], "n": [1.5, -2000, None]}
    same(read_csv(write(text.getvalue())), **expected)
    same(read_csv(write(text.getvalue().rstrip()), delimiter=delimiter), **expected)


def test_one_column_and_decimal_commas(write):
    same(read_csv(write("n\n1\n2\n")), n=[1, 2])
    path = write("a;b\n1,5;2\n-3,25;4\n")
    same(read_csv(path, decimal=","), a=[1.5, -3.25], b=[2, 4])
    with pytest.warns(UserWarning, match=r"every value of 'a' would be a number with a decimal comma, such as '-3,25'"):
        same(read_csv(path), a=["1,5", "-3,25"], b=[2, 4])
    same(read_csv(path, categorical=["a"]), a=["1,5", "-3,25"], b=[2, 4])
    same(read_csv(write("a;b\n1,5;2\nx;4\n")), a=["1,5", "x"], b=[2, 4])
    with pytest.raises(DataError, match="has no row below its names"):
        read_csv(write("a;b\n"))
    same(read_csv(write("a;b\n1.5;2\n"), decimal=","), a=["1.5"], b=[2])


def test_quotes_blanks_marks_and_empty_lines(write):
    same(
        read_csv(write(b'\xef\xbb\xbfa, b \n\n"x, ""y""", 1\n"two\nlines", "2"\n\n')),
        a=['x, "y"', "two\nlines"],
        b=[1, 2],
    )


def test_encodings(write):
    path = write("name,n\nZürich,1\n".encode("cp1252"))
    same(read_csv(path, encoding="cp1252"), name=["Zürich"], n=[1])
    with pytest.raises(DataError, match=r"line 2: is no text in the encoding 'utf-8'.*encoding='cp1252'"):
        read_csv(path)
    with pytest.raises(DataError, match="name of a text encoding"):
        read_csv(path, encoding="nonsense")
    for binary in ("zip", "hex", 3):
        with pytest.raises(DataError, match="name of a text encoding"):
            read_csv(path, encoding=binary)
    with pytest.raises(DataError, match="'utf-16' cannot be read"):
        read_csv(path, encoding="utf-16")


def test_which_columns_are_read(write):
    path = write("id,zip,n,text\n1,08001,2,x\n2,08002,?,y\n")
    same(read_csv(path, ignore=["id", "text"], categorical=["zip"]), zip=["08001", "08002"], n=[2, None])
    same(read_csv(path, {"text": None, "n": "text"}), text=["x", "y"], n=["2", None])
    same(read_csv(path, {"n": None}, missing=["2"]), n=[None, "?"])
    for arguments in ({"ignore": ["zipp"]}, {"categorical": ["zipp"]}, {"columns": {"zipp": None}}):
        with pytest.raises(DataError, match=r"has no column 'zipp'\. Did you mean 'zip'"):
            read_csv(path, **arguments)
    with pytest.raises(DataError, match="line 2: expected a number in the column 'text'; received 'x'"):
        read_csv(path, {"text": "number"})
    with pytest.raises(DataError, match="no column is left"):
        read_csv(path, ignore=["id", "zip", "n", "text"])


def test_texts_that_python_takes_for_numbers(write):
    same(read_csv(write("a,b\n1_000,2\n")), a=["1_000"], b=[2])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("a,b\n", "no value|no row below"),
        ("a,b\n,1\n", "'a' has no value. Leave it out: ignore=\\['a'\\]"),
        ("1,2\n3,4\n", "names of the columns in the first line; received the numbers 1, 2"),
        ("a,b\n1,2\n1,2,3\n", "line 3: 3 fields; the first line has 2"),
        ("a,b\n1,2\n1\n", "line 3: 1 fields"),
        ("a,a\n1,2\n", "2 columns 'a'"),
        ("a,\n1,2\n", "column 2 has no name"),
        ("a,b\n1,inf\n", "line 2: expected a number in the column 'b'; received 'inf'"),
        ('a,b\n1,"2\n3,4\n', "ends inside a quoted field of the row that begins at line 2"),
        ('a,b\n1,"2"x\n', "line 2: text after the closing quote"),
        ('a,b\n"' + "x" * 140_000 + '",1\n', "larger than 128 KiB"),
        ("a,b\n" + "x" * (1 << 20) + "\n", "line 2: longer than"),
        (b"a,b\n1,\x002\n", "line 2: has null bytes"),
        ("a,b\n1,2\n".encode("utf-16"), "line 1: has null bytes.*UTF-16"),
        (b"PK\x03\x04\x00\x00", "null bytes"),
        ("a,b\r1,2\r", "carriage return inside a row"),
        (",".join(f"c{n}" for n in range(10_001)) + "\n", "10001 fields; expected at most 10000"),
    ],
)
def test_damaged_and_hostile_files(write, content, words):
    with pytest.raises(DataError, match=words):
        read_csv(write(content))


def test_a_nameless_column_can_be_left_out(write):
    same(read_csv(write(",a\n0,5\n1,6\n"), ignore=[""]), a=[5, 6])


def test_files_that_are_not_there_or_too_large(write, tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_csv(tmp_path / "gone.csv")
    with pytest.raises(DataError, match="it is a folder"):
        read_csv(tmp_path)
    with pytest.raises(DataError, match="the limit is 3 bytes"):
        read_csv(write("a\n1\n"), max_bytes=3)
    for delimiter in ("", ",,", '"', "\n", 3):
        with pytest.raises(DataError, match="a delimiter of one character"):
            read_csv(write("a\n1\n"), delimiter=delimiter)
    with pytest.raises(DataError, match="decimal as"):
        read_csv(write("a\n1\n"), decimal="'")


def test_random_damage_is_read_or_refused(write):
    content = b'age;city;"n o"\n31;"Rome";1.5\n;Oslo;-2\n7;"a ""b""";NA\n'
    for mutant in mutants(content, 400, seed=2):
        path = write(mutant)
        try:
            table = read_csv(path)
        except DataError:
            continue
        assert isinstance(table, Table)


fields = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(fields, fields), min_size=1, max_size=6), st.sampled_from(",;\t|"))
def test_what_csv_writes_is_read(tmp_path_factory, rows, delimiter):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["first", "second"])
        writer.writerows(rows)
    table = read_csv(path, {"first": "text", "second": "text"}, missing=[], delimiter=delimiter)
    assert list(zip(*(table.columns[name].tolist() for name in table.names), strict=True)) == [
        (first.strip(), second.strip()) for first, second in rows
    ]


def test_rows_of_numbers(write):
    for header in ("", "a,b\n"):
        path = write(header + "1,2.5\n-3,4\n")
        np.testing.assert_array_equal(read_matrix(path), [[1, 2.5], [-3, 4]])
    np.testing.assert_array_equal(read_matrix(write("1,?\n3,4\n")), [[1, np.nan], [3, 4]])
    np.testing.assert_array_equal(read_matrix(write("a,b\n1,x\n"), ignore=["b"]), [[1]])
    with pytest.raises(DataError, match="line 3: expected a number in the column 'b'; received 'x'"):
        read_matrix(write("a,b\n1,2\n1,x\n"))
    with pytest.raises(DataError, match="line 2: expected a number in the column '2'; received 'x'"):
        read_matrix(write("1,2\n1,x\n"))
    with pytest.raises(DataError, match="line 2: 3 fields"):
        read_matrix(write("1,2\n1,2,3\n"))
    for content in ("", "a,b\n"):
        with pytest.raises(DataError, match=r"is empty|no row of numbers"):
            read_matrix(write(content))
