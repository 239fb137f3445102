"""`make gallery`: every moment in every language on every channel, drawn by the public renderers, as one HTML file.

The nights are composed (`tests/channels/composed.py`). The page needs no network: it holds the renderers once, and
draws each language and channel in frames of the widths of a desk and a phone, by day and by night.

    python -m tests.gallery [gallery.html]
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from correlator.channels import events, slack, teams
from correlator.notification import Notification
from correlator.wording import Style
from sandbox.prepare import prepare
from sandbox.screenshots import PAGE, Browser, ScreenshotError, chromium, open_page
from tests.channels.composed import EN, JA, NIGHTS

DESK, PHONE = 760, 320
STYLES = {"en": EN, "ja": JA}
CHANNELS = {"teams": teams, "slack": slack, "events": events}
Message = dict[str, object]


def messages(style: Style) -> list[Message]:
    """Every night on every channel, named and numbered as the page wants them."""
    told = [(name, make(), kind) for name, make in NIGHTS.items() for kind in CHANNELS]
    return [_message(n, name, night, kind, style) for n, (name, night, kind) in enumerate(told, 1)]


def _message(n: int, name: str, night: Notification, kind: str, style: Style) -> Message:
    body = CHANNELS[kind].render(night, style.at(night.incident.gateway) if night.incident else style)
    return {"n": n, "at": night.at.isoformat(), "channel": kind, "name": name.replace("_", " "), "body": body}


def overflowing(browser: Browser) -> list[str]:
    """Every element anywhere that is wider inside than outside; empty is good."""
    found = []
    for language, style in STYLES.items():
        for width in (DESK, PHONE):
            for dark in (False, True):
                with open_page(messages(style), width=width, dark=dark, browser=browser) as page:
                    where = f"{language}, {width} px, {'dark' if dark else 'light'}"
                    found += [f"{where}: {item}" for item in page.overflow()]
    return found


def page() -> str:
    """The whole gallery."""
    folder = PAGE.parent
    data = {language: messages(style) for language, style in STYLES.items()}
    parts = {
        "css": (folder / "page.css").read_text(encoding="utf-8"),
        "js": (folder / "page.js").read_text(encoding="utf-8"),
        "data": json.dumps(data),
    }
    return _filled(TEMPLATE, {name: base64.b64encode(text.encode()).decode() for name, text in parts.items()})


def _filled(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    return template


TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Every message</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem; }
  summary { cursor: pointer; font-weight: 600; font-size: 1.1rem; padding: .5rem 0; }
  .frames { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
  figure { margin: 0; } figcaption { padding: .25rem 0; }
  iframe { border: 1px solid #8888; background: canvas; }
</style>
</head>
<body>
<h1>Every message</h1>
<p>All moments in both languages on each channel, drawn by the public renderers for Adaptive Cards and Slack blocks. The
nights are composed. This is not Teams or Slack themselves: fonts differ, and Teams draws a chart where bars of
characters stand here.</p>
<main id="sections"></main>
<noscript>This page draws messages with JavaScript, which is switched off.</noscript>
<script>
const text = (base64) => new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
const css = text("@css@"), js = text("@js@"), data = JSON.parse(text("@data@"));
const safe = (code) => code.replaceAll("</script", "<\\\\/script");
function source(messages, only, theme) {
  const laid = safe(JSON.stringify({ messages, only, theme }));
  return `<!doctype html><meta charset="utf-8"><style>${css}</style><body><main><ol id="moments"></ol></main>` +
    `<div hidden><p id="state"></p><div id="incident-table"></div></div>` +
    `<script>window.__DATA__ = ${laid}</scr` + `ipt><script>${safe(js)}</scr` + `ipt>`;
}
function frame(messages, only, width, theme) {
  const figure = document.createElement("figure"), caption = document.createElement("figcaption");
  const shown = document.createElement("iframe");
  caption.textContent = `${width} px, ${theme}`;
  shown.title = caption.textContent;
  shown.width = width;
  shown.height = 900;
  shown.srcdoc = source(messages, only, theme);
  shown.addEventListener("load", async () => {
    await shown.contentWindow.__PAGE__.ready;
    shown.height = shown.contentDocument.documentElement.scrollHeight + 20;
  });
  figure.append(caption, shown);
  return figure;
}
for (const [language, messages] of Object.entries(data)) {
  for (const channel of ["teams", "slack", "events"]) {
    const section = document.createElement("details"), title = document.createElement("summary");
    title.textContent = `${channel}, ${language}`;
    const frames = document.createElement("div");
    frames.className = "frames";
    section.append(title, frames);
    section.addEventListener("toggle", () => {
      if (!section.open || frames.childElementCount) return;
      for (const width of [760, 320]) for (const theme of ["light", "dark"]) {
        frames.append(frame(messages, channel, width, theme));
      }
    });
    document.getElementById("sections").append(section);
  }
}
document.querySelector("details").open = true;
</script>
</body>
</html>
"""


def main() -> None:
    """Write the gallery, measure it, and say where it lies."""
    prepare()
    out = Path(sys.argv[1]) if sys.argv[1:] else Path(tempfile.mkdtemp(prefix="gallery-")) / "gallery.html"
    out.write_text(page(), encoding="utf-8")
    print(f"{len(NIGHTS)} moments, {len(STYLES)} languages, {len(CHANNELS)} channels: {out.resolve()}")
    try:
        with chromium() as browser:
            found = overflowing(browser)
    except ScreenshotError as missing:
        print(f"Not measured: {missing}")
        return
    print("\n".join(found) or f"No element overflows at {DESK} px and {PHONE} px, light and dark.")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
