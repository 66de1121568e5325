"""The docs point only to what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z]+:|#")


def links(page: Path) -> list[str]:
    """What the page refers to inside this repository."""
    found = _LINK.findall(_FENCED.sub("", page.read_text()))
    return [link.partition("#")[0] for link in found if not _ELSEWHERE.match(link)]


def test_the_readme_links_to_the_docs():
    assert len(links(ROOT / "README.md")) > 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page):
    assert [link for link in links(page) if not (page.parent / link).exists()] == []
