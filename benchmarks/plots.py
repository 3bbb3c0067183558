"""Plots as SVG, drawn by hand: cost against a quantity, one line for each who was measured. Both axes logarithmic."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 380, 64, 48, 40, 150
COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce")
Points = Sequence[tuple[float, float]]


def draw(path: Path, title: str, across: str, up: str, lines: Mapping[str, Points]) -> None:
    """Write one plot. Points are (quantity, cost), both above 0."""
    points = [point for line in lines.values() for point in line]
    x0, x1 = _bounds([x for x, _ in points])
    y0, y1 = _bounds([y for _, y in points])

    def at(x: float, y: float) -> tuple[float, float]:
        right, high = _share(x, x0, x1), _share(y, y0, y1)
        return LEFT + right * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - high * (HEIGHT - BOTTOM - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>',
        f'<text transform="translate(16 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>',
    ]
    for x in _ticks(x0, x1):
        left, low = at(x, y0)
        parts.append(f'<path d="M{left:.1f} {low:.1f}V{TOP}" stroke="#ddd"/>')
        parts.append(f'<text x="{left:.1f}" y="{low + 16:.1f}" text-anchor="middle">{x:g}</text>')
    for y in _ticks(y0, y1):
        left, low = at(x0, y)
        parts.append(f'<path d="M{left:.1f} {low:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6:.1f}" y="{low + 4:.1f}" text-anchor="end">{y:g}</text>')
    for (name, line), colour in zip(lines.items(), COLOURS, strict=False):
        spots = [at(*point) for point in line]
        path_of_line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        parts.append(f'<polyline points="{path_of_line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
        x, y = spots[-1]
        parts.append(f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    path.write_text("\n".join([*parts, "</svg>\n"]))


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    return 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values) * 1.001))


def _share(value: float, least: float, most: float) -> float:
    return (math.log10(value) - math.log10(least)) / (math.log10(most) - math.log10(least))


def _ticks(least: float, most: float) -> list[float]:
    decades = range(round(math.log10(least)), round(math.log10(most)) + 1)
    return [step * 10.0**decade for decade in decades for step in (1, 2, 5) if least <= step * 10.0**decade <= most]
