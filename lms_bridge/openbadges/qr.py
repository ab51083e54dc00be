"""A QR code as SVG."""

from __future__ import annotations

from typing import Any


def svg(text: str) -> bytes:
    """The QR code of `text`, black on white, with the margin that readers need.

    Not as the library draws it: that says how large it is, and so cannot be enlarged in a page.
    """
    from zxingcpp import BarcodeFormat, create_barcode

    code = create_barcode(text, BarcodeFormat.QRCode, ec_level="M")
    drawn: Any = code.to_image(scale=1, add_quiet_zones=True)
    rows: list[list[int]] = memoryview(drawn).tolist()  # type: ignore[assignment]
    size = len(rows)
    dark = [(x, y) for y, row in enumerate(rows) for x, light in enumerate(row) if not light]
    path = "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"'
        f' shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path d="{path}"/></svg>\n'
    ).encode()
