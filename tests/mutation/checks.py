"""The checks that security and durability rest on: without each, the named tests must fail."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """`text` stands in `file` exactly once; with `without` in its place every one of `tests` fails."""

    name: str
    file: str
    text: str
    without: str
    tests: tuple[str, ...]
    quick: bool = False
    """Also tried in `make test`, not only in `make chaos`."""


API, REALTIME = "tests/unit/api/test_front_door.py", "tests/unit/realtime/test_front_door.py"
SIGNATURE = "services/common/signature.py"
SESSION = "tests/unit/edge/test_session.py"
CONNECTIONS = "tests/unit/plugins/command/test_connections.py"
LOCKS = "tests/unit/cli/test_locks.py"
KEY_RING = "tests/unit/providers/test_key_ring.py"
MANIFEST = "tests/unit/manifest"
UPSTASH = "tests/localcloud/upstash/test_durability.py"

CHECKS = (
    Check(
        "a server asks for the edge's signature",
        "services/common/front_door.py",
        "if not is_valid(keys, now, header=signature, method=method, target=target, identity=vouched):",
        "if False:",
        (
            f"{API}::test_without_a_signature_nothing_is_answered",
            f"{API}::test_a_forged_signature_is_refused",
            f"{REALTIME}::test_without_a_signature_nothing_is_answered",
            f"{REALTIME}::test_a_forged_signature_is_refused",
        ),
        quick=True,
    ),
    Check(
        "the api stands behind the front door",
        "services/api/app.py",
        "app = FrontDoor(app, settings.edge_keys)",
        "",
        (f"{API}::test_a_forged_signature_is_refused",),
    ),
    Check(
        "the realtime service stands behind the front door",
        "services/realtime/doorway.py",
        "identity = admit(keys, now, signature, vouched, asked.method, asked.target)",
        'identity = Identity.from_header(vouched or "")',
        (f"{REALTIME}::test_a_forged_signature_is_refused",),
    ),
    Check(
        "a signature ends",
        SIGNATURE,
        " and abs(now - int(seconds)) <= LIFETIME_SECONDS",
        "",
        (
            f"{API}::test_an_expired_signature_is_refused",
            f"{REALTIME}::test_an_expired_signature_is_refused",
        ),
    ),
    Check(
        "a signature covers the target",
        SIGNATURE,
        '"\\n".join(("v1", seconds, method, target, identity))',
        '"\\n".join(("v1", seconds, method, identity))',
        (
            f"{API}::test_a_signature_replayed_on_another_target_is_refused",
            f"{REALTIME}::test_a_signature_of_another_target_is_refused",
        ),
    ),
    Check(
        "a signature covers the identity",
        SIGNATURE,
        '"\\n".join(("v1", seconds, method, target, identity))',
        '"\\n".join(("v1", seconds, method, target))',
        (
            f"{API}::test_a_signature_replayed_for_another_person_is_refused",
            f"{REALTIME}::test_a_signature_for_another_person_is_refused",
        ),
    ),
    Check(
        "what a former key has signed is still good",
        SIGNATURE,
        "for key in keys)",
        "for key in keys[:1])",
        (
            "tests/unit/api/test_signature.py::test_any_of_the_keys_may_have_signed",
            f"{API}::test_the_former_key_still_signs",
            f"{REALTIME}::test_the_former_key_still_signs",
        ),
    ),
    Check(
        "a key that is revoked is not taken over",
        "infra/providers/key_ring.py",
        "if key.since > revoked}",
        "}",
        (
            f"{KEY_RING}::test_nothing_is_left_of_what_is_revoked",
            f"{KEY_RING}::test_a_key_that_was_made_after_what_is_revoked_is_kept",
        ),
    ),
    Check(
        "the edge takes its own headers off a request",
        "services/contract/front-door.json",
        '"shoreline-.*", "cf-.*"',
        '"cf-.*"',
        ("tests/unit/edge/test_proxy.py::test_what_a_client_says_of_itself_is_not_believed",),
    ),
    Check(
        "a session's token is genuine",
        "services/edge/src/access/session.ts",
        'return genuine && field(parse(header), "alg") === "HS256"',
        'return field(parse(header), "alg") === "HS256"',
        (f"{SESSION}::test_any_other_token_is_nobodys",),
    ),
    Check(
        "a session ends",
        "services/edge/src/access/session.ts",
        "now >= session.expires || ",
        "",
        (f"{SESSION}::test_any_other_token_is_nobodys",),
    ),
    Check(
        "other sites can send nothing unsafe",
        "services/edge/src/access/access.ts",
        "origin === null ? required : origin !== url.origin && origin !== publicOrigin(env.PUBLIC_URL)",
        "false",
        (
            "tests/unit/edge/test_proxy.py::test_other_sites_may_send_nothing_unsafe",
            "tests/unit/edge/test_realtime.py::test_others_may_not_open_one",
        ),
    ),
    Check(
        "a wrong password does not sign in",
        "services/api/passwords.py",
        "return verified and stored is not None",
        "return stored is not None",
        ("tests/unit/api/test_accounts.py::test_signing_in_asks_for_the_right_password",),
    ),
    Check(
        "files with secrets are their owner's",
        "services/host/environment_file.py",
        "0o600",
        "0o644",
        ("tests/unit/host/test_activation.py::test_files_with_secrets_are_for_their_owner_only",),
    ),
    Check(
        "a release is what was sent",
        "services/host/activation.py",
        "if identify(folder) != folder.name:",
        "if False:",
        ("tests/unit/host/test_activation.py::test_an_incomplete_copy_is_refused_before_anything_changes",),
    ),
    Check(
        "the host's key is the pinned one",
        "infra/toolchain/plugins/command/ssh.py",
        "([_host_key(connection)], [], []) if connection.host_key else None",
        "None",
        (f"{CONNECTIONS}::test_a_host_with_another_key_is_refused_before_anything_is_sent",),
    ),
    Check(
        "the engine's archive is what its checksum says",
        "infra/toolchain/release.py",
        "if found != expected:",
        "if False:",
        ("tests/unit/toolchain/test_engine.py::test_a_wrong_checksum_is_refused_with_one_message",),
    ),
    Check(
        "the control planes answer to loopback names only",
        "infra/localcloud/serving.py",
        "self._app if expected else self._misdirected",
        "self._app",
        ("tests/localcloud/core/test_front_door.py::test_a_foreign_host_is_refused_even_with_the_token",),
    ),
    Check(
        "a migration that was applied stays as it is",
        "infra/providers/turso/schema.py",
        "if now.checksum != before.checksum:",
        "if False:",
        ("tests/unit/providers/test_schema.py::test_a_schema_that_changes_what_was_applied_is_refused",),
    ),
    Check(
        "a member's SQL takes its tenant",
        "infra/manifest/sqlrules.py",
        "if access.parameter not in statement.parameters:",
        "if False:",
        (f"{MANIFEST}/test_sql.py::test_it_is_refused_in_these_words",),
    ),
    Check(
        "a member's SQL looks at no table without its tenant",
        "infra/manifest/sqlrules.py",
        "and (table, TENANT) not in statement.reads:",
        "and False:",
        (f"{MANIFEST}/test_sql.py::test_it_is_refused_in_these_words",),
    ),
    Check(
        "a cache keeps one caller's answer from another",
        "infra/manifest/contradictions.py",
        'if personal and "caller" not in cache.vary and',
        'if False and "caller" not in cache.vary and',
        (f"{MANIFEST}/test_contradictions.py::test_it_is_refused_in_these_words",),
    ),
    Check(
        "a route over its budget of rows stays off the edge",
        "infra/manifest/measured.py",
        "elif max(found[route.name].rows_read) >",
        "elif 0 >",
        (f"{MANIFEST}/test_measure.py::test_a_budget_of_its_own",),
    ),
    Check(
        "another host's state lock is left alone",
        "infra/cli/recovery/locks.py",
        "if lock.hostname != socket.gethostname():",
        "if False:",
        (f"{LOCKS}::test_the_lock_of_another_host_is_kept_even_if_no_process_has_its_number",),
    ),
    Check(
        "what a killed update had created is taken over",
        "infra/cli/recovery/pending.py",
        "if identifier is not None:",
        "if False:",
        ("tests/unit/cli/test_pending.py::test_a_create_that_reached_the_vendor_is_taken_over",),
    ),
    Check(
        "Valkey keeps what it acknowledged",
        "infra/localcloud/upstash/valkey.py",
        '"appendonly": "yes"',
        '"appendonly": "no"',
        (f"{UPSTASH}::test_acknowledged_writes_survive_a_kill_of_the_engine",),
    ),
    Check(
        "an edit is acknowledged when it is durable",
        "services/realtime/room.py",
        "        written = await self._store.append(self.note, update, self._through, also)",
        "        self._acknowledge(batch)\n"
        "        written = await self._store.append(self.note, update, self._through, also)",
        ("tests/unit/realtime/test_notes.py::test_nothing_is_acknowledged_before_it_is_durable",),
    ),
    Check(
        "what another connection has sent is not acknowledged to this one before it is durable",
        "services/realtime/room.py",
        "not self._fresh and not self._unsaved and self._document.holds(update)",
        "self._document.holds(update)",
        (
            "tests/unit/realtime/test_store.py::test_an_edit_brought_twice_is_not_acknowledged_before_it_is_durable",
        ),
    ),
    Check(
        "a session that has ended closes its sockets and its event streams",
        "services/common/live/sessions.py",
        'case "session" if identity.session == revocation.session:',
        'case "session" if False:',
        (
            "tests/unit/realtime/test_revocations.py::test_a_session_that_ends_closes_its_sockets_and_no_others",
            "tests/unit/realtime/test_notifications.py::test_a_stream_ends_with_its_session",
        ),
    ),
)
