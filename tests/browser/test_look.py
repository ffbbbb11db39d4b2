"""How the page looks and what its security policy stops, in a real browser."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.page import open_list, sign_in
from tests.support.people import write_note


def fits_width(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("width", [320, 360, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_scrolls_sideways(page: Page, site: str, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, site)
    note = write_note(site, "W" * 200, "long" * 500 + "\n" + " " * 300 + "x")
    open_list(page, site)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert fits_width(page)
    header = page.locator("header").bounding_box()
    assert header is not None and header["height"] < (130 if width == 320 else 100)
    page.goto(f"{site}/#/notes/{note}")
    expect(page.get_by_role("article")).to_be_visible()
    assert fits_width(page)
    page.goto(f"{site}/#/new")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Title")).to_have_attribute("aria-invalid", "true")
    page.locator("#served").click()
    expect(page.get_by_role("region", name="Answers")).to_be_visible()
    assert fits_width(page)


def test_a_narrow_window_shows_one_thing_at_a_time(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    open_list(page, site)
    page.locator("#notes a").first.click()
    expect(page.get_by_role("article")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    page.get_by_role("link", name="All notes").click()
    expect(page.locator("#list")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(0)


def test_everything_is_loaded_from_the_site_itself_and_kept(page: Page, site: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, site)
    page.goto(f"{site}/#/notes/{write_note(site, 'Loaded')}")
    expect(page.get_by_role("article")).to_be_visible()
    assert {url for url in asked if not url.startswith(f"{site}/")} == set()
    scripts = [url for url in asked if url.startswith(f"{site}/assets/")]
    assert scripts
    for url in scripts:
        answer = page.context.request.get(url)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page: Page, site: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_list(page, site)
    ratios = page.evaluate(CONTRASTS)
    assert {name: ratio for name, ratio in ratios.items() if ratio < 4.5} == {}


CONTRASTS = """() => {
  const style = getComputedStyle(document.documentElement);
  const luminance = (name) => {
    const hex = style.getPropertyValue(`--${name}`).trim().slice(1);
    const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join("") : hex;
    const [r, g, b] = [0, 2, 4].map((at) => {
      const part = parseInt(full.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  const pairs = [
    ["ink", "ground"], ["ink", "surface"], ["ink", "marked"], ["ink", "error-ground"], ["quiet", "ground"],
    ["quiet", "marked"], ["accent", "ground"], ["accent", "error-ground"], ["on-accent", "accent"],
    ["error", "ground"],
  ];
  return Object.fromEntries(pairs.map(([a, b]) => [`${a} on ${b}`, contrast(a, b)]));
}"""


def test_the_security_policy_stops_injected_code(browser: Browser, site: str) -> None:
    # Not the `page` fixture: here the console has to complain.
    page = browser.new_page()
    open_list(page, site)
    outcome = page.evaluate(INJECTION)
    page.close()
    assert outcome == {
        "refused": ["html", "script"],
        "ran": False,
        "violated": ["connect-src", "img-src", "require-trusted-types-for", "style-src-attr"],
    }


INJECTION = """async () => {
  const violated = new Set();
  addEventListener("securitypolicyviolation", (event) => violated.add(event.effectiveDirective));
  const refused = [];
  const attempt = (name, action) => {
    try {
      action();
    } catch {
      refused.push(name);
    }
  };
  attempt("html", () => document.body.insertAdjacentHTML("beforeend", "<p>parsed</p>"));
  attempt("script", () => { document.createElement("script").src = "http://127.0.0.2:9/x.js"; });
  attempt("inline", () => {
    const script = document.createElement("script");
    script.append("window.ran = true");
    document.body.append(script);
  });
  attempt("image", () => { document.body.appendChild(new Image()).src = "http://127.0.0.2:9/x.png"; });
  attempt("style", () => document.body.setAttribute("style", "color: red"));
  await fetch("http://127.0.0.2:9/").catch(() => {});
  for (let frames = 0; violated.size < 4 && frames < 600; frames += 1) {
    await new Promise(requestAnimationFrame);
  }
  return { refused, ran: "ran" in window, violated: [...violated].sort() };
}"""
