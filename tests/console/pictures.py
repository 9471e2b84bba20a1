"""Pictures of pages: taken so that they are the same at any time, and held against those that are kept."""

import base64
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser as Chromium
from playwright.async_api import Page

KEPT = Path(__file__).parent / "pictures"
FAILED = Path(__file__).parents[2] / ".hub" / "pictures"
MOST = 0.001
"""Which part of the pixels may differ."""
UPDATE = "CONSOLE_UPDATE"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
STILL = """
  :root { --mono: Inter !important; }
  .live, .nav .n { visibility: hidden !important; }
  input, textarea { caret-color: transparent !important; }
"""
"""The vendored font everywhere, and nothing that comes when it comes."""
SETTLED = r"""() => {
  for (const each of document.querySelectorAll("time")) each.textContent = "14 Mar, 09:30";
  for (const each of document.querySelectorAll(".day")) each.textContent = "14 March 2026";
  const drawn = [
    [/[0-9a-f]{8}-[0-9a-f-]{3,}/g, "00000000-000"], [/\b[0-9a-f]{12,}\b/g, "000000000000"], [/RMA-\w+/g, "RMA-SAMPLE"],
  ];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) for (const [found, instead] of drawn) {
    const was = walk.currentNode.data, is = was.replace(found, instead);
    if (is !== was) walk.currentNode.data = is;
  }
  return document.fonts.ready.then(() => true);
}"""
"""Moments, and ids that are drawn by lot, written the same each time."""
FLATTENED = """async (source) => {
  const image = new Image();
  await new Promise((done, wrong) => {
    image.onload = done; image.onerror = wrong; image.src = `data:image/png;base64,${source}`;
  });
  const { width, height } = image;
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height), plain = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at += 1)
    for (let part = 0; part < 3; part += 1) plain[at * 3 + part] = data[at * 4 + part] & 0xf0;
  let told = "";
  for (let at = 0; at < plain.length; at += 30000) told += String.fromCharCode(...plain.subarray(at, at + 30000));
  return { width, height, pixels: btoa(told) };
}"""
"""Sixteen steps for each colour: a third of the bytes, and all that an eye sees."""
COMPARED = """async ([one, other]) => {
  const load = (source) => new Promise((done, wrong) => {
    const image = new Image();
    image.onload = () => done(image); image.onerror = wrong; image.src = `data:image/png;base64,${source}`;
  });
  const images = [await load(one), await load(other)];
  const width = Math.max(...images.map((each) => each.width)), height = Math.max(...images.map((each) => each.height));
  const drawn = images.map((image) => {
    const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
    context.drawImage(image, 0, 0);
    return context;
  });
  const [a, b] = drawn.map((each) => new Uint32Array(each.getImageData(0, 0, width, height).data.buffer));
  const told = drawn[1].getImageData(0, 0, width, height), pixels = new Uint32Array(told.data.buffer);
  let count = 0;
  for (let at = 0; at < a.length; at += 1) {
    const same = a[at] === b[at];
    pixels[at] = same ? (pixels[at] & 0xffffff) | 0x30000000 : 0xff0000ff;
    count += same ? 0 : 1;
  }
  drawn[1].putImageData(told, 0, 0);
  return { part: count / a.length, picture: drawn[1].canvas.toDataURL("image/png").split(",")[1] };
}"""


@dataclass(frozen=True)
class Difference:
    """Which part of the pixels of two pictures differ, and a picture in which these are red."""

    part: float
    picture: bytes


async def taken(page: Page) -> bytes:
    """The picture of a page, whole."""
    await page.add_style_tag(content=STILL)
    await page.evaluate(SETTLED)
    return await flattened(page, await page.screenshot(full_page=True, animations="disabled", caret="hide"))


async def flattened(page: Page, picture: bytes) -> bytes:
    """A picture with fewer colours; the page is what reads it."""
    told: dict[str, Any] = await page.evaluate(FLATTENED, base64.b64encode(picture).decode())
    pixels, width, height = base64.b64decode(told["pixels"]), told["width"], told["height"]
    rows = b"".join(b"\0" + pixels[at : at + width * 3] for at in range(0, len(pixels), width * 3))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, held: bytes) -> bytes:
    return struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))


async def compared(chromium: Chromium, wanted: bytes, got: bytes) -> Difference:
    """Hold a picture against another one; the browser is what reads them."""
    page = await chromium.new_page()
    told: dict[str, Any] = await page.evaluate(COMPARED, [base64.b64encode(each).decode() for each in (wanted, got)])
    await page.close()
    return Difference(told["part"], base64.b64decode(told["picture"]))


async def told(chromium: Chromium, name: str, got: bytes) -> str | None:
    """What is wrong with a picture; where the pictures are taken anew, it is kept as it is."""
    kept = KEPT / f"{name}.png"
    if os.environ.get(UPDATE):
        KEPT.mkdir(exist_ok=True)
        kept.write_bytes(got)
        (KEPT / "browser.txt").write_text(f"{chromium.version}\n", encoding="utf-8")
        return None
    if not kept.exists():
        return f"{name}: no picture is kept; take it by `make console UPDATE=1`, and look at it"
    difference = await compared(chromium, kept.read_bytes(), got)
    if difference.part <= MOST:
        return None
    FAILED.mkdir(parents=True, exist_ok=True)
    (FAILED / f"{name}.png").write_bytes(got)
    (FAILED / f"{name}.difference.png").write_bytes(difference.picture)
    of = (KEPT / "browser.txt").read_text(encoding="utf-8").strip()
    return (
        f"{name}: {difference.part:.2%} of the pixels differ, see {name}.png and {name}.difference.png in {FAILED}; "
        f"kept by Chromium {of}, taken by {chromium.version}"
    )
