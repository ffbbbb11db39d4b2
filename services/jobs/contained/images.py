"""Images made anew from their pixels, so that nothing else of what was sent survives."""

import warnings
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
"""No other of Pillow's readers is ever tried."""


class Unreadable(Exception):
    """The message is for who sent the image."""


def opened(source: Path, longest: int) -> Image.Image:
    """The image, upright, with no side longer than `longest`. Raises Unreadable."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(source, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Unreadable("The image has too many pixels.")
            # JPEG can be read smaller than it is, at a fraction of the cost.
            image.draft("RGB", (longest, longest))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((longest, longest))
            return upright.convert("RGBA" if "A" in upright.getbands() or upright.mode == "P" else "RGB")
    except Unreadable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unreadable("The image has too many pixels.") from None
    except UnidentifiedImageError:
        raise Unreadable("The file is not an image that can be read.") from None
    except MemoryError:
        raise Unreadable("The image needs too much memory.") from None
    except Exception:
        # Whatever a broken file makes a decoder raise.
        raise Unreadable("The image is damaged.") from None
