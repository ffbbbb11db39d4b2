"""The cases that both tiers have to answer alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.support.sqld import Value

Statement = tuple[str, Mapping[str, Value]]

ROLES: Mapping[str, str] = {"viewers": "viewer", "editors": "editor", "admins": "admin", "owners": "owner"}
"""What the cases' caller is in the workspaces of these names."""


@dataclass(frozen=True)
class Case:
    """One request. `before` sets the stage, `session` signs somebody in, `made`: there are new ids and times.

    `edge_only`: why the api is never asked like this.
    """

    name: str
    method: str
    target: str
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | None = None
    session: bool = True
    before: list[Statement] = field(default_factory=list)
    made: bool = False
    edge_only: str | None = None


JSON = ("content-type", "application/json")
ECHO = "/api/conformance/echo"


def post(name: str, target: str, body: str | bytes, status: int, *headers: tuple[str, str]) -> Case:
    """A body of JSON, unless the headers say otherwise."""
    sent = body.encode() if isinstance(body, str) else body
    typed = [*headers] if any(key == "content-type" for key, _ in headers) else [JSON, *headers]
    return Case(name, "POST", target, status, typed, sent)


def get(name: str, target: str, status: int, *headers: tuple[str, str]) -> Case:
    return Case(name, "GET", target, status, [*headers], session=False)


INSERT = """insert into things (id, workspace, small, big, ratio, flag, bytes, doc, words, label)
values (:id, 'all', {small}, {big}, {ratio}, {flag}, {bytes}, :doc, :words, :label)"""


def thing(key: str, label: str | None = None, doc: str = "{}", words: str = "[]", **sql: str) -> Statement:
    """A row whose numbers and bytes are written as SQL."""
    values = {"small": "null", "big": "null", "ratio": "null", "flag": "null", "bytes": "null", **sql}
    return INSERT.format(**values), {"id": key, "doc": doc, "words": words, "label": label}


CLEAR: Statement = ("delete from things", {})
THINGS: list[Statement] = [
    CLEAR,
    thing("a-nulls"),
    thing("b-zero", "", small="0", big="0", ratio="0.0", flag="0", bytes="x''"),
    thing("c-most", "z", small="9007199254740991", big="9223372036854775807", ratio="1.7976931348623157e308"),
    thing("d-least", "😀", small="-9007199254740991", big="-9223372036854775808", ratio="5e-324"),
    thing("e-real", "1", ratio="1e21", flag="1"),
    thing("f-real", "2", ratio="1e-7", flag="1"),
    thing("g-real", "3", ratio="-0.0"),
    thing("h-real", "4", ratio="123456789012345680000.0"),
    thing("i-real", "5", ratio="0.000001"),
    thing("j-real", "6", ratio="1.5e300"),
    thing("k-real", "7", ratio="100.0"),
    thing("l-real", "8", ratio="0.1 + 0.2"),
    thing("m-bytes", "9", bytes="x'00'"),
    thing("n-bytes", "10", bytes="x'0001'"),
    thing("o-bytes", "11", bytes="x'fffefd'"),
    thing("p-text", '"\\/\b\f\n\r\t\x01\x1f\x7f\u2028\u2029'),
    thing("q-text", "e\u0301 שלום 港 👩‍🚀 \ufeff \U0010ffff"),
    thing("r-json", "12", doc='{"b" : 1.0, "a": [1e3, "\\u0041", {"n": null}]}', words='["x" ,"y"]'),
    thing("s-json", "13", doc="[]", words='["\u2028"]'),
]

SHELF: list[Statement] = [
    CLEAR,
    *(
        (
            "insert into things (id, workspace, label, doc, words) values (:id, :workspace, :id, '{}', '[]')",
            {"id": f"{number}-{workspace}", "workspace": workspace},
        )
        for workspace in ROLES
        for number in range(3)
    ),
]


def staged(case: Case, *before: Statement) -> Case:
    return replace(case, before=[*before])


def at_the_edge(reason: str, case: Case) -> Case:
    return replace(case, edge_only=reason)


def signed_in(case: Case) -> Case:
    return replace(case, session=True)


def made(case: Case) -> Case:
    return replace(case, made=True)


NORMAL = "URLs come to the api in their normal form"

READING = [
    staged(get("every type", "/api/conformance/all", 200), *THINGS),
    staged(get("an empty list", "/api/conformance/all", 200), CLEAR),
    staged(get("one", "/api/conformance/things/q-text", 200), *THINGS),
    staged(get("none", "/api/conformance/things/none", 404), CLEAR),
    get("a literal before a parameter", "/api/conformance/things/literal", 200),
    staged(get("an encoded path", "/api/conformance/things/%71%2Dtext", 200), *THINGS),
    staged(get("an encoded slash", "/api/conformance/things/a%2Fb", 200), CLEAR, thing("a/b")),
    staged(get("a percent sign, decoded once", "/api/conformance/things/%2561", 404), CLEAR, thing("a")),
    staged(get("a path in UTF-8", "/api/conformance/things/%E6%B8%AF", 200), CLEAR, thing("港")),
    get("a path of two lines", "/api/conformance/things/a%0Ab", 404),
    get("a path with a NUL", "/api/conformance/things/a%00b", 404),
    get("a path in Latin-1", "/api/conformance/things/%E9", 400),
    get("a path with a surrogate", "/api/conformance/things/%ED%A0%80", 400),
    get("a path with half an encoding", "/api/conformance/things/%4", 400),
    get("a path with none", "/api/conformance/things/%zz", 400),
    get("a path's value that is too long", f"/api/conformance/things/{'x' * 41}", 404),
    get(
        "a path's value of as many characters of two units",
        f"/api/conformance/things/{'%F0%9F%98%80' * 40}",
        404,
    ),
    get("a trailing slash", "/api/conformance/things/literal/", 404),
    get("an empty segment", "/api/conformance/things/", 404),
    get("two slashes", "/api/api/conformance//things/literal", 404),
    at_the_edge(NORMAL, get("dots", "/api/conformance/x/../things/literal", 200)),
    at_the_edge(NORMAL, get("encoded dots", "/api/conformance/x/%2e%2E/things/literal", 200)),
    get("no such path", "/api/conformance/none", 404),
    get("another case", "/API/conformance/all", 404),
    get("a prefix of a path", "/api/conformance", 404),
    at_the_edge(NORMAL, get("a question mark alone", "/api/conformance/things/literal?", 200)),
    get("a parameter where none is taken", "/api/conformance/things/literal?x=1", 400),
    get("an integer beyond JavaScript's", "/api/conformance/defects/integer", 500),
    get("infinity", "/api/conformance/defects/real", 500),
    get("null where none may be", "/api/conformance/defects/null", 500),
]

QUERIES: list[tuple[str, int]] = [
    ("x", 400),
    ("text=a", 200),
    ("text=a&small=1&big=9223372036854775807&ratio=1.5&flag=true&colour=red&code=zz", 200),
    ("text=a&small=-0&big=0&ratio=-0&flag=false", 200),
    ("text=a&ratio=1e400", 400),
    ("text=a&ratio=1E2", 200),
    ("text=a&ratio=.5", 400),
    ("text=a&ratio=%2B1", 400),
    ("text=a&ratio=1e-7", 200),
    ("text=a&small=9007199254740991", 200),
    ("text=a&small=9007199254740992", 400),
    ("text=a&small=1.0", 400),
    ("text=a&small=01", 400),
    ("text=a&small=%D9%A1", 400),
    ("text=a&small=", 400),
    ("text=a&small=1%0A", 400),
    ("text=a&big=9223372036854775808", 400),
    ("text=a&big=-9223372036854775808", 200),
    ("text=a&big=-9223372036854775809", 400),
    ("text=a&big=1&big=2", 400),
    ("text=a&big=1&big=1", 400),
    ("text=a&flag=1", 400),
    ("text=a&flag=TRUE", 400),
    ("text=a&colour=blue", 400),
    ("text=a&colour=red%00", 400),
    ("text=a&code=aa%0A", 400),
    ("text=a&code=a", 400),
    ("text=", 400),
    (f"text={'x' * 41}", 400),
    (f"text={'%F0%9F%98%80' * 40}", 200),
    (f"text={'%F0%9F%98%80' * 41}", 400),
    ("text=a+b", 200),
    ("text=a%2Bb", 200),
    ("text=%zz%4", 200),
    ("text=%FF", 200),
    ("text=%E2%82", 200),
    ("text=%ED%A0%80", 200),
    ("text=%EF%BB%BFx", 200),
    ("text=a;b", 200),
    ("text=a=b", 200),
    ("&&text=a&", 200),
    ("text=a&=1", 400),
    ("text=a&x", 400),
    ("te%78t=a", 200),
    ("text=a&text", 400),
    ("text=a&__proto__=1&constructor=2&toString=3&2=x&1=y&%F0%9F%98%80=z&%EF%BF%BD=z", 400),
    ("x=1&small=x&x=2&text=a&small=y", 400),
    ("text[]=a", 400),
    ("text=%22%5C%08%E2%80%A8", 200),
]

BODIES: list[tuple[str | bytes, int]] = [
    ("{}", 200),
    (' \t\r\n{ "text" : "a" } \n', 200),
    ("\ufeff{}", 200),
    ("\ufeff\ufeff{}", 400),
    ('{"small":1,"big":"-9223372036854775808","ratio":0.1,"flag":false,"bytes":"AAEC","words":["a"]}', 200),
    ('{"small":null,"big":null,"ratio":null,"flag":null,"bytes":null,"text":null,"colour":null}', 200),
    ('{"small":1.0}', 200),
    ('{"small":1e2,"ratio":1e2}', 200),
    ('{"small":-0,"ratio":-0}', 200),
    ('{"small":-0.0,"ratio":-0.0}', 200),
    ('{"small":1.5}', 422),
    ('{"small":9007199254740991}', 200),
    ('{"small":9007199254740991.4}', 200),
    ('{"small":9007199254740992}', 422),
    ('{"small":9007199254740993}', 422),
    ('{"small":12345678901234567890123}', 422),
    ('{"small":"1"}', 422),
    ('{"small":true}', 422),
    ('{"ratio":1e400}', 422),
    ('{"ratio":-1e400}', 422),
    ('{"ratio":%s}' % ("9" * 400), 422),
    ('{"ratio":%s}' % ("9" * 300), 200),
    ('{"ratio":9007199254740993}', 200),
    ('{"ratio":12345678901234567890}', 200),
    ('{"ratio":1e-400}', 200),
    ('{"ratio":5e-324}', 200),
    ('{"ratio":1.7976931348623157e308}', 200),
    ('{"ratio":0.1e1}', 200),
    ('{"ratio":true}', 422),
    ('{"ratio":NaN}', 400),
    ('{"ratio":Infinity}', 400),
    ('{"ratio":.5}', 400),
    ('{"ratio":1.}', 400),
    ('{"ratio":01}', 400),
    ('{"ratio":+1}', 400),
    ('{"big":1}', 422),
    ('{"big":"9223372036854775808"}', 422),
    ('{"big":"-0"}', 422),
    ('{"big":"1\\n"}', 422),
    ('{"big":"99999999999999999999","small":"x"}', 422),
    ('{"bytes":""}', 200),
    ('{"bytes":"AA=="}', 200),
    ('{"bytes":"AA"}', 422),
    ('{"bytes":"A-_="}', 422),
    ('{"bytes":"AA==\\n"}', 422),
    ('{"words":[]}', 200),
    ('{"words":["\\u2028","\\u00e9","\\ud83d\\ude00","\\u0000","\\u001f"]}', 422),
    ('{"words":["\\u2028","\\ud83d\\ude00","\\u0000\\u001f\\"\\\\/"]}', 200),
    ('{"words":["a","b","c","d"]}', 422),
    ('{"words":["123456"]}', 422),
    ('{"words":["😀😀😀😀😀"]}', 200),
    ('{"words":["a",1,null,{}]}', 422),
    ('{"words":null}', 422),
    ('{"words":"a"}', 422),
    ('{"words":[["a"]]}', 422),
    ('{"text":""}', 422),
    ('{"text":"%s"}' % ("😀" * 40), 200),
    ('{"text":"%s"}' % ("😀" * 41), 422),
    ('{"text":"\\ud800"}', 400),
    ('{"text":"\\udc00\\ud800"}', 400),
    ('{"\\ud800":1}', 400),
    ('{"text":"\\ud83d\\ude00"}', 200),
    ('{"text":"\\u0000"}', 200),
    ('{"text":"a\nb"}', 400),
    ('{"text":"\x7f"}', 200),
    ('{"text":"\\x"}', 400),
    ("{\"text\":'a'}", 400),
    ('{"text":"a",}', 400),
    ('{"text":"a"}x', 400),
    ('{"text":"a"} {}', 400),
    ("// \n{}", 400),
    ('{"text":"a","text":"b"}', 200),
    ('{"text":1,"text":"b"}', 200),
    ('{"colour":"red"}', 200),
    ('{"colour":"Red"}', 422),
    ('{"colour":["red"]}', 422),
    ('{"code":"aa\\n"}', 422),
    ('{"code":null}', 422),
    ('{"code":"é"}', 422),
    ('{"zz":1,"2":1,"1":1,"__proto__":1,"constructor":1,"a/b":1,"~":1,"":1,"😀":1,"\ufffd":1}', 422),
    ('{"small":"x","big":1,"ratio":"x","flag":0,"bytes":1,"words":1,"text":1,"colour":1,"code":1}', 422),
    ("[]", 422),
    ("null", 422),
    ("1", 422),
    ("1e400", 422),
    ('{"words":1e400,"flag":1e400,"text":1e400,"small":1e400,"colour":1e400}', 422),
    ('"x"', 422),
    ("true", 422),
    ("[" * 200 + "]" * 200, 422),
    ("", 400),
    (" ", 400),
    ("{", 400),
    ("nul", 400),
    (b"\xff", 400),
    (b'{"text":"\xc3"}', 400),
    (b'{"text":"\xed\xa0\x80"}', 400),
    (b'{"text":"\xc0\x80"}', 400),
    (b'\xef\xbb\xbf{"text":"a"}', 200),
    (b"\x00", 400),
    (" " * 1998 + "{}", 200),
    (" " * 1999 + "{}", 413),
]

TYPES: list[tuple[str, int]] = [
    ("application/json", 200),
    ("Application/JSON", 200),
    ("application/json; charset=utf-8", 200),
    ("application/json;charset=UTF-8", 200),
    ('application/json; charset="utf-8"', 200),
    ("application/json; x=y", 200),
    ("application/json ; charset=utf-8", 200),
    ("application/json; charset=latin-1", 415),
    ("application/json; charset=utf-16; charset=utf-8", 415),
    ("application/json, text/plain", 415),
    ("application/problem+json", 415),
    ("text/plain", 415),
    ("", 415),
]

WRITING = [
    *(post(f"body {number}", ECHO, body, status) for number, (body, status) in enumerate(BODIES)),
    *(post(f"content type {kind!r}", ECHO, "{}", status, ("content-type", kind)) for kind, status in TYPES),
    Case("no content type", "POST", ECHO, 415, body=b"{}"),
    Case("no body", "POST", ECHO, 400, [JSON]),
    post("a content encoding", ECHO, "{}", 415, ("content-encoding", "gzip")),
    post("the identity encoding", ECHO, "{}", 415, ("content-encoding", "identity")),
    post("a wrong type before a large body", ECHO, " " * 3000, 415, ("content-type", "text/plain")),
    at_the_edge(
        "the edge alone is asked by browsers",
        post("another site's page", ECHO, "{}", 403, ("origin", "https://evil.example")),
    ),
    post("our own page", ECHO, "{}", 200, ("origin", "http://localhost")),
    post("a query where none is taken", f"{ECHO}?x=1", "{", 400),
]

PAIRS = "/api/conformance/workspaces/viewers/pairs"
CHANGES = [
    staged(
        made(post("a new thing", "/api/conformance/workspaces/editors/things", '{"label":"new"}', 201)), CLEAR
    ),
    staged(
        post(
            "a label that is taken",
            "/api/conformance/workspaces/editors/things",
            '{"label":"0-editors"}',
            409,
        ),
        *SHELF,
    ),
    staged(post("a second write that fails", PAIRS, '{"label":"first"}', 409), CLEAR),
    staged(post("two writes", PAIRS, '{"label":"second"}', 204), CLEAR),
    post("a constraint without words", "/api/conformance/workspaces/viewers/defects", "", 500),
    staged(
        Case(
            "changed",
            "PUT",
            "/api/conformance/workspaces/admins/things/1-admins",
            200,
            [JSON],
            b'{"label":"changed","small":7}',
        ),
        *SHELF,
    ),
    staged(
        Case(
            "nothing to change",
            "PUT",
            "/api/conformance/workspaces/admins/things/x",
            404,
            [JSON],
            b'{"label":"y"}',
        ),
        *SHELF,
    ),
    staged(
        Case(
            "changed into what is taken",
            "PUT",
            "/api/conformance/workspaces/admins/things/1-admins",
            409,
            [JSON],
            b'{"label":"0-admins"}',
        ),
        *SHELF,
    ),
    staged(Case("deleted", "DELETE", "/api/conformance/workspaces/owners/things/1-owners", 204), *SHELF),
    staged(Case("nothing to delete", "DELETE", "/api/conformance/workspaces/owners/things/x", 404), *SHELF),
    staged(
        Case(
            "another tenant's to delete", "DELETE", "/api/conformance/workspaces/owners/things/1-admins", 404
        ),
        *SHELF,
    ),
]

KEY = "idempotency-key"
THINGS_OF_EDITORS = "/api/conformance/workspaces/editors/things"
KEYS: list[tuple[str, int]] = [
    ("k", 201),
    ("!~" * 64, 201),
    ("!" * 129, 400),
    ("two words", 400),
    ("", 400),
    ("schlüssel", 400),
    ("a,b", 201),
]
IDEMPOTENCY = [
    *(
        staged(
            made(post(f"key {key!r}", THINGS_OF_EDITORS, '{"label":"k"}', status, (KEY, key))),
            CLEAR,
            ("delete from idempotency", {}),
        )
        for key, status in KEYS
    ),
    post("two keys", THINGS_OF_EDITORS, '{"label":"k"}', 400, (KEY, "a"), (KEY, "b")),
    post("a bad body before a bad key", THINGS_OF_EDITORS, '{"label":1}', 422, (KEY, "a b")),
    staged(
        post("a key where none is taken", ECHO, "{}", 200, (KEY, "two words")),
    ),
]

PAGES = "/api/conformance/workspaces/viewers/things"
LISTS = [
    staged(signed_in(get(f"page {query!r}", f"{PAGES}{query}", status)), *SHELF)
    for query, status in [
        ("", 200),
        ("?limit=1", 200),
        ("?limit=3", 200),
        ("?limit=0", 400),
        ("?limit=4", 400),
        ("?after=0-viewers", 200),
        ("?after=1-viewers", 200),
        ("?after=2-viewers&limit=1", 200),
        ("?after=zzz", 200),
        ("?after=", 400),
        ("?before=1", 400),
    ]
]

METHODS = [
    Case(f"{method} {target}", method, target, status, session=False)
    for target in (
        "/api/conformance/all",
        ECHO,
        "/api/conformance/workspaces/x/things/y",
        "/api/conformance/none",
    )
    for method, status in (
        ("OPTIONS", 404 if target.endswith("none") else 204),
        ("HEAD", 200 if target.endswith("all") else 404 if target.endswith("none") else 405),
        ("PATCH", 404 if target.endswith("none") else 405),
        ("DELETE", 404 if target.endswith("none") else 401 if target.endswith("y") else 405),
    )
]

ACCESS = [
    Case("no session", "GET", PAGES, 401, session=False),
    Case("no session, nor a valid query", "GET", f"{PAGES}?x=1", 401, session=False),
    Case("no member", "GET", "/api/conformance/workspaces/strangers/things", 403),
    Case("no member of what can't be", "GET", "/api/conformance/workspaces/%F0%9F%98%80/things", 403),
    Case(
        "no member, nor a valid body",
        "POST",
        "/api/conformance/workspaces/strangers/things",
        403,
        [JSON],
        b"{",
    ),
    Case("too low a role", "POST", "/api/conformance/workspaces/viewers/things", 403, [JSON], b"{"),
    Case(
        "too low a role to change", "PUT", "/api/conformance/workspaces/editors/things/x", 403, [JSON], b"{"
    ),
    Case("too low a role to delete", "DELETE", "/api/conformance/workspaces/admins/things/x", 403),
]

CONDITIONS: list[tuple[str, int]] = [
    ("*", 304),
    (" * ", 304),
    ("{etag}", 304),
    ("W/{etag}", 304),
    ('"x", {etag}', 304),
    ('W/"x",W/{etag} , "y"', 304),
    ('"x"', 200),
    ('"*"', 200),
    ("x", 200),
    ("", 200),
    ('"', 200),
]

ASKING = [get(f"query {query!r}", f"/api/conformance/ask?{query}", status) for query, status in QUERIES]

CASES = [*READING, *ASKING, *WRITING, *CHANGES, *IDEMPOTENCY, *LISTS, *METHODS, *ACCESS]
