"""Every mistake in a stack's configuration is found at once, each with its place and its remedy."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.localcloud import accounts
from infra.mistakes import SettingsError
from infra.paths import ROOT
from infra.settings import SECRETS, Settings

Values = dict[str, str]


def values_of(file: Path) -> Values:
    """A stack file's settings as the engine hands them to the program: objects as JSON, secrets decrypted."""
    config: dict[str, Any] = yaml.safe_load(file.read_text())["config"]
    return {
        key: "secret" if key in SECRETS else value if isinstance(value, str) else json.dumps(value)
        for key, value in config.items()
    }


def text(block: str) -> str:
    """The lines of the block without their indentation."""
    return "\n".join(" ".join(line.split()) for line in block.split("\n"))


@pytest.fixture
def dev() -> Values:
    return values_of(ROOT / "Pulumi.dev.yaml")


def mistakes_of(values: Values, secret: tuple[str, ...] = SECRETS) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.parse(values, secret)
    return [str(mistake) for mistake in caught.value.mistakes]


def changed(values: Values, key: str, **changes: Any) -> Values:
    return {**values, key: json.dumps({**json.loads(values[key]), **changes})}


def test_the_dev_stack_is_the_account_of_the_local_cloud(dev: Values) -> None:
    settings = Settings.parse(dev, SECRETS)
    assert settings.cloudflare.account_id == accounts.CLOUDFLARE.account_id
    assert settings.cloudflare.zone_id == accounts.CLOUDFLARE.zone_id
    assert settings.turso.organization == accounts.TURSO.organization
    assert settings.edge.public_url == "http://localhost:8700"


def test_settings_are_frozen(dev: Values) -> None:
    settings = Settings.parse(dev, SECRETS)
    with pytest.raises(ValueError, match="frozen"):
        settings.edge.name = "other"  # type: ignore[misc]


def test_without_a_url_the_public_one_follows_from_the_host(dev: Values) -> None:
    edge = {key: value for key, value in json.loads(dev["shoreline:edge"]).items() if key != "url"}
    settings = Settings.parse(
        {**dev, "shoreline:edge": json.dumps({**edge, "host": "app.example.com"})}, SECRETS
    )
    assert settings.edge.public_url == "https://app.example.com"


def test_the_production_template_is_refused_placeholder_by_placeholder() -> None:
    template = values_of(ROOT / "Pulumi.prod.yaml")
    assert mistakes_of({**template, **dict.fromkeys(SECRETS, "secret")}) == [
        f"shoreline:{path}: still holds the placeholder {placeholder}. Put your own value there."
        for path, placeholder in (
            ("cloudflare.accountId", "<account id>"),
            ("cloudflare.zoneId", "<zone id>"),
            ("edge.host", "<app.example.com>"),
            ("edge.routeHost", "<www.example.com>"),
            ("turso.organization", "<organization>"),
            ("turso.location", "<aws-us-east-1>"),
            ("upstash.email", "<email>"),
            ("servers[0].host", "<203.0.113.1>"),
            ("servers[0].hostKey", "<ssh-ed25519 AAAA>"),
            ("servers[0].originHost", "<vps-1.example.com>"),
        )
    ]


def test_a_missing_secret_and_one_in_plain_text_are_named(dev: Values) -> None:
    del dev["shoreline:tursoToken"]
    assert "\n".join(mistakes_of(dev, secret=())) == text("""\
        cloudflare:apiToken: the secret is stored in plain text. \
        Run `pulumi config set --secret cloudflare:apiToken` with a new value.
        shoreline:tursoToken: the secret is missing. \
        Run `pulumi config set --secret shoreline:tursoToken`.
        shoreline:upstashApiKey: the secret is stored in plain text. \
        Run `pulumi config set --secret shoreline:upstashApiKey` with a new value.
        shoreline:sshKey: the secret is stored in plain text. \
        Run `pulumi config set --secret shoreline:sshKey` with a new value.""")


def test_all_mistakes_are_reported_at_once(dev: Values) -> None:
    wrong = changed(dev, "shoreline:edge", crons=["* *"], cpuMs="fast", colour="blue", name="Not A Name")
    wrong = changed(wrong, "shoreline:turso", api="http://turso.example.com")
    del wrong["shoreline:cloudflare"]
    wrong |= {"shoreline:edgee": "{}", "cloudflare:baseUrl": "127.0.0.1"}
    assert "\n".join(mistakes_of(wrong)) == text("""\
        shoreline:edgee: there is no such setting. \
        Remove it with `pulumi config rm shoreline:edgee`, or correct its name.
        cloudflare:baseUrl: '127.0.0.1' is not an http(s) URL. Write it as https://host[:port][/path].
        shoreline:cloudflare: the setting is missing. \
        Set it with `pulumi config set --path 'shoreline:cloudflare' VALUE`.
        shoreline:edge.name: 'Not A Name' is not of the form ^[a-z][a-z0-9-]{0,62}$. \
        Set it with `pulumi config set --path 'shoreline:edge.name' VALUE`.
        shoreline:edge.crons[0]: '* *' is not a cron expression. Write five fields, such as '*/5 * * * *'.
        shoreline:edge.cpuMs: input should be a valid integer, unable to parse string as an integer, \
        and it is 'fast'. Set it with `pulumi config set --path 'shoreline:edge.cpuMs' VALUE`.
        shoreline:edge.colour: there is no such setting. Remove it, or correct its name.
        shoreline:turso.api: 'http://turso.example.com' would carry secrets over plain http \
        to another machine. Use https.""")


def test_a_cpu_limit_on_the_free_plan_is_a_contradiction(dev: Values) -> None:
    [mistake] = mistakes_of(changed(dev, "shoreline:cloudflare", plan="free"))
    assert mistake == text("""shoreline:edge.cpuMs: Cloudflare's free plan refuses a CPU limit. \
        Remove it, or set shoreline:cloudflare.plan to paid.""")


def test_the_route_needs_a_host_of_its_own(dev: Values) -> None:
    assert mistakes_of(changed(dev, "shoreline:edge", routeHost="localhost")) == [
        "shoreline:edge.routeHost: is the same as edge.host. Give the route a second host."
    ]


def test_keys_are_of_a_generation_that_is_not_revoked(dev: Values) -> None:
    def told(**keys: Any) -> list[str]:
        return mistakes_of({**dev, "shoreline:keys": json.dumps(keys)})

    assign = "Set it with `pulumi config set --path 'shoreline:keys.generation' VALUE`."
    wrong = "input should be a valid integer, unable to parse string as an integer, and it is 'two'"
    assert told(generation="two") == [f"shoreline:keys.generation: {wrong}. {assign}"]
    low = "input should be greater than or equal to 1, and it is 0"
    assert told(generation=0) == [f"shoreline:keys.generation: {low}. {assign}"]
    assert told(generation=2, revoked=2) == [
        "shoreline:keys.revoked: 2 revokes the generation in force. Set keys.generation to 3, too."
    ]


def test_mail_is_left_out_or_whole_and_a_user_name_wants_a_password(dev: Values) -> None:
    assert Settings.parse(dev, SECRETS).mail is None
    mail = {"host": "smtp.example.com", "from": "digest@example.com"}
    known = Settings.parse({**dev, "shoreline:mail": json.dumps(mail)}, SECRETS).mail
    assert known is not None
    assert known.environment == {
        "MAIL_HOST": "smtp.example.com",
        "MAIL_PORT": "587",
        "MAIL_FROM": "digest@example.com",
    }
    named = {**dev, "shoreline:mail": json.dumps({**mail, "username": "ada"})}
    [mistake] = mistakes_of(named)
    assert mistake.startswith("shoreline:mailPassword: the secret is missing")
    [mistake] = mistakes_of({**named, "shoreline:mailPassword": "plain"})
    assert "plain text" in mistake
