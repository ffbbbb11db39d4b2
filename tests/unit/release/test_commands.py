"""What is run on a server, as exact strings."""

import json
import shlex

from hypothesis import given
from hypothesis import strategies as st

from infra.components.commands import OnServer, variables
from infra.components.tunnel import standard_base64, token

HOST = "cd shoreline/releases/0123abcd && exec python3 -B -m services.host"


def test_a_release_lies_in_a_folder_of_its_id() -> None:
    assert OnServer("0123abcd").folder == "shoreline/releases/0123abcd"


def test_the_commands_name_releases_only() -> None:
    assert OnServer("0123abcd").activate == f"{HOST} activate 0123abcd"
    assert OnServer("0123abcd").drain([]) == f"{HOST} drain 0123abcd"
    assert OnServer("0123abcd").drain(["4567"]) == f"{HOST} drain 0123abcd 4567"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_whatever_the_id_holds_stays_one_word(release: str) -> None:
    words = shlex.split(OnServer(release).activate)
    assert words[1] == f"shoreline/releases/{release}"
    assert words[-2:] == ["activate", release]


def test_the_input_is_the_same_for_the_same_variables() -> None:
    def text(given: dict[str, str]) -> str:
        return variables(given, proxy={"ORIGIN_PORT": "1"}, tunnel={"TUNNEL_TOKEN": "t"})

    both = {"DATABASE_TOKEN": "2", "RELEASE": "1"}
    assert json.loads(text(both)) == {
        "environments": {"api": both, "realtime": both, "jobs": both, "front": {"RELEASE": "1"}},
        "proxy": {"ORIGIN_PORT": "1"},
        "tunnel": {"TUNNEL_TOKEN": "t"},
    }
    assert text(both) == text({"RELEASE": "1", "DATABASE_TOKEN": "2"})


def test_a_tunnels_token_is_what_cloudflared_takes() -> None:
    assert standard_base64("-_8") == "+/8="
    assert token("acc", "id", "c2VjcmV0") == "eyJhIjoiYWNjIiwidCI6ImlkIiwicyI6ImMyVmpjbVYwIn0="
