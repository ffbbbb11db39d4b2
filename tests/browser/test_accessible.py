"""axe-core on every main view."""

import pytest
from playwright.sync_api import Page

from tests.support.axe import faults
from tests.support.tour import tour


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1200, "light")])
def test_axe_finds_nothing_serious(page: Page, site: str, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = {view: faults(page) for view in tour(page, site)}
    assert len(found) > 10
    assert {view: each for view, each in found.items() if each} == {}
