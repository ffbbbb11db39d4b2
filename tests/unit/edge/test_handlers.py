"""What the edge computes itself: Markdown as HTML, and the static page with a note's preview."""

import re
from html import unescape

import httpx
import pytest

from tests.support.gate import Gate
from tests.support.notes import insert_notes, note_id
from tests.support.sqld import Sqld
from tests.unit.edge.conftest import ProblemCheck, new_workspace


def rendered(ada: httpx.Client, text: str) -> str:
    answer = ada.post("/api/markdown", json={"text": text})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    html: str = answer.json()["html"]
    return html


def test_markdown_becomes_html_without_a_trip(ada: httpx.Client, gate: Gate) -> None:
    text = (
        "# Tide\n\n*Low* at **six** & [more](https://tide.example/?a=1&b)\n\n- one\n- two\n\n```\n<x>\n```\n"
    )
    with gate.counted() as passed:
        html = rendered(ada, text)
    assert passed == []
    assert html == (
        "<h1>Tide</h1>\n"
        '<p><em>Low</em> at <strong>six</strong> &amp; <a href="https://tide.example/?a=1&amp;b">more</a></p>\n'
        "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
        "<pre><code>&lt;x&gt;\n</code></pre>\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&colon;alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](vbscript:x) ![x](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        '[x](https://a.example "\\" onclick=alert(1) \\"")',
        '```"><script>alert(1)</script>\nx\n```',
        "[a]: javascript:alert(1)\n\n[a]",
    ],
)
def test_nothing_in_markdown_becomes_active(ada: httpx.Client, text: str) -> None:
    html = rendered(ada, text)
    tags = re.findall(r"<([a-z]\w*)((?:\s[^<>]*)?)/?>", html)
    assert {name for name, _ in tags} <= {"p", "a", "pre", "code", "img"}
    for name, attributes in tags:
        allowed = {"a": {"href", "title"}, "img": {"src", "alt"}, "code": {"class"}}.get(name, set())
        pairs = re.findall(r'\s([\w-]+)="([^"]*)"', attributes)
        assert re.sub(r'\s[\w-]+="[^"]*"', "", attributes).strip(" /") == ""
        assert {key for key, _ in pairs} <= allowed
        links = [unescape(value) for key, value in pairs if key in ("href", "src")]
        assert all(re.match(r"https?://", link) for link in links)


def test_markdown_is_for_who_is_signed_in_and_bounded(
    client: httpx.Client, ada: httpx.Client, problem: ProblemCheck
) -> None:
    problem(client.post("/api/markdown", json={"text": "x"}), 401)
    problem(ada.post("/api/markdown", json={"text": "x" * 50_001}), 422)
    assert rendered(ada, "x" * 50_000) == f"<p>{'x' * 50_000}</p>\n"


def shown(page: httpx.Response) -> dict[str, str]:
    """The page's title and what it says in its head."""
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    pattern = r'<meta (?:name|property)="([^"]+)" content="([^"]*)">'
    metas = {name: unescape(content) for name, content in re.findall(pattern, page.text)}
    title = re.search(r"<title>(.*?)</title>", page.text, re.DOTALL)
    assert title is not None
    return {"title": unescape(title[1]), **metas}


def test_a_notes_page_says_what_it_is_of(
    client: httpx.Client, database: Sqld, gate: Gate, workspace: str
) -> None:
    title, body = '</title><script>x</script>"&', 'Low\n at "six" <b>\t' + "😀" * 300
    (note,) = insert_notes(database, workspace, 1, title=title, body=body)
    with gate.counted() as passed:
        page = client.get(f"/notes/{note.id}?utm_source=somebody")
    assert page.status_code == 200 and len(passed) == 1
    told = shown(page)
    assert told["title"] == told["og:title"] == note.title
    assert told["description"] == told["og:description"] == f'Low at "six" <b> {"😀" * 182}…'
    assert told["og:type"] == "article"
    # All else is the static page.
    assert page.text.count("<script") == client.get("/").text.count("<script")
    assert page.headers["cache-control"] == "no-cache"


def test_what_is_no_open_note_is_a_page_that_says_so(
    client: httpx.Client, database: Sqld, gate: Gate
) -> None:
    closed = new_workspace(database, open=False)
    (note,) = insert_notes(database, closed, 1, title="secret", open=False)
    for unknown, trips in ((note.id, 1), (note_id(1), 1), ("mistyped", 0), ("%3Cb%3E", 0)):
        with gate.counted() as passed:
            page = client.get(f"/notes/{unknown}")
        assert (page.status_code, len(passed)) == (404, trips)
        assert shown(page)["title"] == "No such note"
        assert "secret" not in page.text and "<b>" not in page.text
