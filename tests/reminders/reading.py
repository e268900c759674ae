"""E-mails as those read them who check them: links, tables and headings of the HTML part."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Page:
    """What is in an HTML part. ``tables`` are their attributes, with how many ``th`` each has of its own."""

    lang: str = ""
    links: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    tables: list[tuple[dict[str, str | None], int]] = field(default_factory=list)
    scopes: list[str | None] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    text: str = ""


def read(html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.open: list[str] = []
        self.tables: list[tuple[dict[str, str | None], int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.page.tags.add(tag)
        if tag not in {"meta", "br", "img"}:
            self.open.append(tag)
        if tag == "html":
            self.page.lang = attributes.get("lang") or ""
        elif tag == "a":
            self.page.links.append(attributes.get("href") or "")
        elif tag == "table":
            self.tables.append((attributes, 0))
        elif tag == "th":
            of, number = self.tables[-1]
            self.tables[-1] = (of, number + 1)
            self.page.scopes.append(attributes.get("scope"))
        elif tag in {"h1", "h2", "h3"}:
            self.page.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} closes what it did not open"
        if tag == "table":
            self.page.tables.append(self.tables.pop())

    def handle_data(self, data: str) -> None:
        if "style" in self.open or "title" in self.open:
            return
        self.page.text += data
        if {"h1", "h2", "h3"} & set(self.open):
            self.page.headings[-1] += data
