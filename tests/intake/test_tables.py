"""Files as people send them: found columns, noted oddities, and a clear refusal of what is no spreadsheet."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from tests.intake.spreadsheets import LARGEST, lines, write_csv, write_xlsx
from training_tracker.errors import Refused
from training_tracker.intake.cells import cell_text, is_formula
from training_tracker.intake.rows import Column
from training_tracker.intake.tables import Table, read_table

COLUMNS = (
    Column("name", "Who", ("", ""), required=True, aliases=("full name",)),
    Column("e-mail", "Where", ("", ""), required=True),
    Column("started on", "When", ("", ""), holds="date"),
)
GOOD = "name,e-mail,started on\nZoë Reed,zoe@harbour.example,14/03/2025\nÅse Orchard,ase@harbour.example,\n"


def read(folder: Path, content: bytes | str, name: str = "people.csv", largest: int = LARGEST) -> Table:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(file, COLUMNS, largest)


def names(table: Table) -> list[str]:
    return [cell_text(row.cells["name"]) for row in table.rows]


def refusal(folder: Path, content: bytes | str, name: str = "people.csv", largest: int = LARGEST) -> str:
    with pytest.raises(Refused) as refused:
        read(folder, content, name, largest)
    assert refused.value.problem
    assert refused.value.mend
    assert len(str(refused.value)) < 1000
    return str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_unicode_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    table = read(tmp_path, GOOD.encode(encoding))
    assert names(table) == ["Zoë Reed", "Åse Orchard"]
    assert table.notes == []


def test_an_old_windows_encoding_is_read_and_noted(tmp_path: Path) -> None:
    table = read(tmp_path, GOOD.encode("cp1252"))
    assert names(table) == ["Zoë Reed", "Åse Orchard"]
    assert "Windows-1252" in table.notes[0]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_delimiter_and_line_ending_is_recognised(tmp_path: Path, mark: str, ending: str) -> None:
    assert names(read(tmp_path, GOOD.replace(",", mark).replace("\n", ending))) == ["Zoë Reed", "Åse Orchard"]


def test_commas_in_a_title_row_do_not_hide_the_delimiter(tmp_path: Path) -> None:
    table = read(tmp_path, "Staff, all teams, all sites, as at 31 October 2026\n" + GOOD.replace(",", ";"))
    assert names(table) == ["Zoë Reed", "Åse Orchard"]


def test_the_header_may_stand_below_title_rows(tmp_path: Path) -> None:
    table = read(tmp_path, "Staff list,,\nAs at: 31-OCT-2026,,\n,,\n" + GOOD)
    assert [row.number for row in table.rows] == [5, 6]
    assert table.notes == ["the header is row 4; the rows above it were passed over"]


def test_columns_stand_in_any_order_and_others_are_named(tmp_path: Path) -> None:
    table = read(tmp_path, "Pay band,  E-MAIL ,,Started_On,Full  Name\n7,a@harbour.example,x,,Ann\n")
    assert table.ignored == ["Pay band"]
    assert names(table) == ["Ann"]
    assert table.rows[0].cells["e-mail"] == "a@harbour.example"


def test_row_numbers_are_those_a_spreadsheet_shows(tmp_path: Path) -> None:
    table = read(tmp_path, 'name,e-mail\n\n"Ann\nReed",a@harbour.example\n , \nKim Ng,k@harbour.example\n')
    assert [(row.number, cell_text(row.cells["name"])) for row in table.rows] == [(3, "Ann Reed"), (5, "Kim Ng")]


def test_a_short_row_has_empty_cells_and_a_long_one_no_more_columns(tmp_path: Path) -> None:
    table = read(tmp_path, "name,e-mail\nAnn\nKim,k@harbour.example,more,and more\n")
    assert table.rows[0].cells == {"name": "Ann"}
    assert table.rows[1].cells == {"name": "Kim", "e-mail": "k@harbour.example"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" \n\t\n", "is empty"),
        ("\ufeff", "is empty"),
        ("name,e-mail\n", "no rows below"),
        ("name,e-mail\n,\n , \n", "no rows below"),
        ("full name\nAnn\n", "lacks the column e-mail (found: full name)"),
        ("a,b\n1,2\n", "lacks the columns name, e-mail (found: a, b)"),
        ("name,e-mail,Full name\nAnn,a@harbour.example,Ann\n", "has the column name twice"),
        ('name,e-mail\n"Ann,a@harbour.example\nKim,k@harbour.example\n', "from row 2 on"),
        (f'name,e-mail\n"Ann,a@harbour.example\n{"Kim,k@harbour.example" * 9000}\n', "from row 2 on"),
        (f"name,e-mail\n{'a' * 200_000},a@harbour.example\n", "from row 2 on"),
        ("name,e-mail\nAnn\0,a@harbour.example\n", "not a readable spreadsheet"),
        ("a,b;c\td|" * 600_000, "lacks the columns"),
        ("x" * 5_000_000, "cannot be read as CSV"),
        ("<!DOCTYPE html><html><table><tr><td>name</td></tr></table></html>", "a web page"),
        ("\n <table><tr><td>name</td></tr></table>", "a web page"),
        ("%PDF-1.7\n%âãÏÓ\n1 0 obj", "a PDF"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_ours_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old Excel workbook"),
        (b"\xff\xfe\x00", "not a readable spreadsheet"),
        (b"name,e-mail\n\x81\x8d\xff", "not a readable spreadsheet"),
        (b"PK\x03\x04" + bytes(100), "damaged workbook"),
        (b"PK", "damaged workbook"),
    ],
)
def test_what_cannot_be_read_is_refused_whatever_it_is_called(tmp_path: Path, content: bytes, reason: str) -> None:
    for name in ("people.csv", "people.xlsx", "people"):
        assert reason in refusal(tmp_path, content, name)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for file in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(Refused, match="There is no file"):
            read_table(file, COLUMNS, LARGEST)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    with file.open("wb") as stream:
        stream.truncate(100_000_000)
    with pytest.raises(Refused, match=r"has 100\.0 MB; at most 50\.0 MB"):
        read_table(file, COLUMNS, LARGEST)


# --- workbooks ---


def test_a_workbook_gives_the_same_rows(tmp_path: Path) -> None:
    rows = [{"name": "Zoë Reed", "e-mail": "zoe@harbour.example", "started on": date(2025, 3, 14)}]
    file = write_xlsx(tmp_path / "people.xlsx", [["Staff list"], *lines(["name", "started on", "e-mail"], rows)])
    table = read_table(file, COLUMNS, LARGEST)
    assert table.rows[0].number == 3
    assert table.rows[0].cells["started on"] == date(2025, 3, 14)
    assert names(table) == ["Zoë Reed"]


def test_a_whole_number_of_a_workbook_has_no_decimals(tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "people.xlsx", [["name", "e-mail"], [20481733, 1.5]])
    table = read_table(file, COLUMNS, LARGEST)
    assert [cell_text(cell) for cell in table.rows[0].as_written] == ["20481733", "1.5"]


def test_the_sheet_with_the_table_is_found_and_the_others_are_named(tmp_path: Path) -> None:
    table = [["name", "e-mail"], ["Ann", "a@harbour.example"]]
    file = write_xlsx(tmp_path / "people.xlsx", [["About this workbook"]], [], table, table)
    found = read_table(file, COLUMNS, LARGEST)
    assert names(found) == ["Ann"]
    assert found.notes == ["only the sheet “Sheet3” was read, not “Sheet1”, “Sheet4”"]


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    assert "is empty" in refusal(tmp_path, write_xlsx(tmp_path / "empty.xlsx", []).read_bytes(), "people.xlsx")


def test_cells_in_opposite_corners_do_not_take_all_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    with xlsxwriter.Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["name", "e-mail"])
        sheet.write(1_048_575, 16_383, "far away")
    assert "row 1,048,576 and column 16,384" in refusal(tmp_path, file.read_bytes(), "people.xlsx")


def test_the_failed_formulas_of_a_workbook_are_noted(tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    with xlsxwriter.Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["name", "e-mail", "started on"])
        sheet.write_row(1, 0, ["Ann", "a@harbour.example"])
        sheet.write_formula(1, 2, "=1/0", value="#DIV/0!")
    assert "C2" in read_table(file, COLUMNS, LARGEST).notes[0]


def archive(**entries: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            made.writestr(name.replace("__", "/"), data)
    return content.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
        made.open("xl/workbook.xml", "w", force_zip64=True) as entry,
    ):
        for _ in range(110):
            entry.write(bytes(10_000_000))
    assert "unpacks to 1100 MB" in refusal(tmp_path, content.getvalue(), "people.xlsx")


def test_an_archive_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    data = b"<workbook/>" * 1000
    honest = archive(**{"xl__workbook.xml": data})
    assert honest.count(len(data).to_bytes(4, "little")) == 2
    lying = honest.replace(len(data).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert "damaged workbook" in refusal(tmp_path, lying, "people.xlsx")


def test_other_archives_are_not_workbooks(tmp_path: Path) -> None:
    assert "not an XLSX workbook" in refusal(tmp_path, archive(**{"people.csv": GOOD.encode()}), "people.xlsx")
    assert "cannot be read" in refusal(tmp_path, archive(**{"xl__workbook.xml": b"<workbook/>"}), "people.xlsx")


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.99])
def test_a_workbook_that_was_cut_off_is_refused(tmp_path: Path, kept: float) -> None:
    whole = write_xlsx(tmp_path / "whole.xlsx", [["name", "e-mail"], ["Ann", "a@harbour.example"]]).read_bytes()
    assert "damaged workbook" in refusal(tmp_path, whole[: int(len(whole) * kept)], "people.xlsx")


# --- cells ---


@pytest.mark.parametrize(
    "text",
    ["=1+1", "=HYPERLINK(\"https://bad.example\")", "@SUM(A1)", "+A1", "-A1+2", "'=1+1", "#REF!", "#N/A", "#DIV/0!"],
)  # fmt: skip
def test_formulas_and_their_errors_are_recognised(text: str) -> None:
    assert is_formula(text)


@pytest.mark.parametrize("text", ["Ann Reed", "-", "-5", "+44 1983 000", "1=1", "Ann = Kim", "#1 team", "a@b.example"])
def test_ordinary_cells_are_no_formulas(text: str) -> None:
    assert not is_formula(text)


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("  Ann\u00a0 Reed ", "Ann Reed"),
        ("Zoe\u0308", "Zoë"),
        ("ann\u200b@harbour.example\ufeff", "ann@harbour.example"),
        ("Ann\x07 Reed", "Ann Reed"),
        ("\u200b", ""),
    ],
)
def test_a_cell_is_what_a_person_sees_of_it(written: str, seen: str) -> None:
    assert cell_text(written) == seen


def test_a_csv_written_by_a_spreadsheet_program_is_read(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "people.csv", [["name", "e-mail"], ['Ann "Annie" Reed, MBE', "a@harbour.example"]])
    assert names(read_table(file, COLUMNS, LARGEST)) == ['Ann "Annie" Reed, MBE']
