"""`python -m infra.delivery deploy COMMIT | rollback RELEASE WHO`, on the server; receive.py starts it."""

import os
import sys
import time

from infra.cli.steps import say
from infra.delivery import receive, trees
from infra.delivery.pipeline import Deploy
from infra.delivery.records import Records, Release, now
from infra.delivery.rollback import go_back_to
from infra.errors import UserError


def main(words: list[str]) -> int:
    # The stack's state is not in the working copy, where the tools would have it; they are on PATH already.
    os.environ.update({name: value for name, value in receive.told().items() if name != "PATH"})
    records = Records(receive.DELIVERY / "releases")
    try:
        match words:
            case ["deploy", commit]:
                deploy = Deploy(records, _release(records, commit))
            case ["rollback", wanted, who]:
                target = go_back_to(records, wanted)
                release = _release(records, target.commit)
                subject = f"back to {target.id}: {target.subject}"
                deploy = Deploy(
                    records, release.model_copy(update={"who": who, "subject": subject}), at_once=True
                )
            case _:
                raise UserError(" ".join(words), "is no command of the delivery", "See its module's text")
        deploy.took("tools", time.time() - float(os.environ["SHORELINE_BEGAN"]))
        return 0 if deploy.run() else 1
    except (UserError, receive.Refused, OSError) as refusal:
        say(f"✗ {refusal}")
        return 1


def _release(records: Records, name: str) -> Release:
    commit, former = trees.commit(name), records.deployed()
    return Release(
        id=records.next_id(),
        commit=commit.id,
        subject=commit.subject,
        who=commit.who,
        began=now(),
        changed=trees.changed(former.commit if former else None, commit.id),
    )


if __name__ == "__main__":
    code = main(sys.argv[1:])
    # What ended by itself left nothing running that the next one would have to end.
    receive.LOCK.write_text("")
    sys.exit(code)
