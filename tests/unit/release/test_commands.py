"""What is run on a server, as exact strings."""

import json
import shlex

from hypothesis import given
from hypothesis import strategies as st

from infra.components.commands import Activation, variables
from infra.components.tunnel import standard_base64, token


def test_a_release_lies_in_a_folder_of_its_id() -> None:
    assert Activation("0123abcd").folder == "shoreline/releases/0123abcd"


def test_the_command_names_the_release_only() -> None:
    command = "cd shoreline/releases/0123abcd && exec python3 -B -m services.host 0123abcd"
    assert Activation("0123abcd").command == command


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_whatever_the_id_holds_stays_one_word(release: str) -> None:
    words = shlex.split(Activation(release).command)
    assert words == [
        "cd", f"shoreline/releases/{release}", "&&", "exec", "python3", "-B", "-m", "services.host", release,
    ]  # fmt: skip


def test_the_input_is_the_same_for_the_same_variables() -> None:
    text = variables({"B": "2", "A": "1"}, {"TUNNEL_TOKEN": "t"})
    assert text == '{"environment": {"A": "1", "B": "2"}, "tunnel": {"TUNNEL_TOKEN": "t"}}'
    assert json.loads(text)["environment"] == {"A": "1", "B": "2"}


def test_a_tunnels_token_is_what_cloudflared_takes() -> None:
    assert standard_base64("-_8") == "+/8="
    assert token("acc", "id", "c2VjcmV0") == "eyJhIjoiYWNjIiwidCI6ImlkIiwicyI6ImMyVmpjbVYwIn0="
