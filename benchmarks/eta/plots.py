"""Two plots as SVG, drawn by hand: how far each way of telling is off in the course of a run, and what was told of one run."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 380, 64, 48, 40, 110
COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce")
STEPS = 5  # lines of the grid, each way
Points = Sequence[tuple[float, float]]


def draw(path: Path, title: str, across: str, up: str, lines: Mapping[str, Points], band: Points = ()) -> None:
    """Both axes linear, from 0. `band`: (lower, upper) at each point of the first line."""
    most_x = max(x for line in lines.values() for x, _ in line)
    most_y = max([y for line in lines.values() for _, y in line] + [high for _, high in band])

    def at(x: float, y: float) -> tuple[float, float]:
        right, high = x / most_x, min(y / most_y, 1.0)
        return LEFT + right * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - high * (HEIGHT - BOTTOM - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>',
        f'<text transform="translate(16 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>',
    ]
    for step in range(STEPS + 1):
        left, low = at(most_x * step / STEPS, most_y * step / STEPS)
        parts.append(f'<path d="M{left:.1f} {HEIGHT - BOTTOM}V{TOP}M{LEFT} {low:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{left:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{most_x * step / STEPS:.3g}</text>')
        parts.append(f'<text x="{LEFT - 6}" y="{low + 4:.1f}" text-anchor="end">{most_y * step / STEPS:.3g}</text>')
    first = next(iter(lines.values()))
    if band:
        edge = [at(x, high) for (x, _), (_, high) in zip(first, band, strict=True)]
        edge += [at(x, low) for (x, _), (low, _) in reversed(list(zip(first, band, strict=True)))]
        parts.append(f'<polygon points="{_text(edge)}" fill="{COLOURS[0]}" opacity="0.15"/>')
    for (name, line), colour in zip(lines.items(), COLOURS, strict=False):
        spots = [at(*point) for point in line]
        parts.append(f'<polyline points="{_text(spots)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = spots[-1]
        parts.append(f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    path.write_text("\n".join([*parts, "</svg>\n"]))


def _text(spots: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
