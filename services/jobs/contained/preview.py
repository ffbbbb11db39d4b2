"""`python -m services.jobs.contained.preview IMAGE RESULT`: a small WebP of an image."""

import sys
from pathlib import Path

from services.jobs.contained.limits import run

LONGEST = 480
QUALITY = 80


def main(source: Path, target: Path) -> int:
    from services.jobs.contained.images import Unreadable, opened

    try:
        opened(source, LONGEST).save(target, "WEBP", quality=QUALITY)
    except Unreadable as unreadable:
        print(f"refused {unreadable}", flush=True)
    return 0


if __name__ == "__main__":
    run(main, Path(sys.argv[1]), Path(sys.argv[2]))
