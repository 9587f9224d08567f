"""A page of sections and their figures: one HTML file that opens without a network, in the light or the dark.

Nothing on it is fetched, and its policy forbids that: charts bring Vega-Lite with them, Hangul brings its letters.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from seqloom.report import chart, chart_svg, hangul_font, heat_svg, marked, table_svg
from seqloom.report.drawing import NOTHING, drawn_svg, empty, remarks
from seqloom.report.figures import Bars, Figure, Heat, Intervals, Lines, Marked, Points, Section, Table
from seqloom.report.fitting import heading, readable
from seqloom.report.page_script import START, vega
from seqloom.report.page_style import STYLE
from seqloom.report.shades import shades
from seqloom.report.vega import Spec

LONG = 48
"""Letters of a cell of a table that stand in one line."""
FACTS = 20_000
"""Letters of the facts of a section that a page shows."""


def page(title: str, sections: Sequence[Section], about: str) -> str:
    """Return sections as a whole HTML page under a title and a paragraph.

    Raises ResourceError where there is a chart and the program that brings Vega-Lite is not installed.
    """
    charts: list[Spec] = []
    body = _body(title, sections, about, charts)
    data = _json("charts", charts) if charts else ""
    scripts = [*([vega()] if charts else []), START]
    return _whole(title, body + data, scripts)


def inline(title: str, sections: Sequence[Section], about: str) -> str:
    """Return sections as HTML for a notebook: a frame that holds the page, its charts drawn already.

    Raises ResourceError as `page`.
    """
    whole = _whole(title, _body(title, sections, about, None), [START])
    high = 300 + 420 * sum(len(section.figures) for section in sections)
    fits = "this.style.height = this.contentDocument.documentElement.scrollHeight + 24 + 'px'"
    look = f"width: 100%; height: {min(high, 4000)}px; border: 0"
    return f'<iframe title="{escape(title)}" style="{look}" onload="{fits}" srcdoc="{escape(whole)}"></iframe>'


def _whole(title: str, body: str, scripts: Sequence[str]) -> str:
    font = hangul_font.font(title + body)
    given = base64.b64encode(font).decode() if font else ""
    letters = f'<script type="application/json" id="hangul">{given}</script>\n' if given else ""
    known = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in scripts)
    allowed = f"default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; script-src {known}"
    run = "\n".join(f"<script>{one}</script>" for one in scripts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{allowed}">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
{body}
<div id="tip" role="status" hidden></div>
{letters}{run}
</body>
</html>
"""


def _body(title: str, sections: Sequence[Section], about: str, charts: list[Spec] | None) -> str:
    """Return what a page shows. Charts are added to a list; where that is None, they are drawn here."""
    parts = ["<main>", f'<h1 dir="auto">{escape(readable(title))}</h1>', _paragraphs(about)]
    if len(sections) > 1:
        links = (f'<a href="#part-{at}">{escape(one.title)}</a>' for at, one in enumerate(sections))
        parts.append(f"<nav>{' '.join(links)}</nav>")
    if charts is not None and any(_charted(one) for section in sections for one in section.figures):
        parts.append("<noscript><p>Scripts are off here; the charts of this page are drawn by one.</p></noscript>")
    for at, section in enumerate(sections):
        parts.append(f'<section id="part-{at}"><h2>{escape(section.title)}</h2>')
        if section.lead:
            parts.append(f'<ul class="lead">{"".join(f"<li>{escape(one)}</li>" for one in section.lead)}</ul>')
        parts.append(_paragraphs(section.about))
        parts += ['<div class="figures">', *(_figure(one, charts) for one in section.figures), "</div>"]
        if section.notes:
            parts.append(f'<ul class="notes">{"".join(f"<li>{escape(note)}</li>" for note in section.notes)}</ul>')
        parts += [_facts(section), "</section>"]
    return "\n".join([*parts, "</main>"])


def _figure(figure: Figure, charts: list[Spec] | None) -> str:
    below = "".join(f"<p>{escape(one)}</p>" for one in (figure.caption, *remarks(figure)) if one)
    caption = f"<figcaption>{below}</figcaption>" if below else ""
    return f"<figure>\n{_drawn(figure, charts)}\n{caption}</figure>"


def _drawn(figure: Figure, charts: list[Spec] | None) -> str:
    title = f'<h3 dir="auto">{escape(heading(figure.title))}</h3>' if figure.title else ""
    if empty(figure):
        return f"{title}<p>{NOTHING}</p>"
    match figure:
        case Lines() | Bars() | Intervals() | Points():
            spec = chart.chart(figure)
            if charts is None:
                return chart_svg.as_svg(spec)
            charts.append(spec)
            return f'<div data-chart="{len(charts) - 1}" role="img" aria-label="{escape(heading(figure.title))}"></div>'
        case Marked():
            return title + marked.as_html(figure)
        case Table():
            return title + _table(figure)
        case Heat():
            return drawn_svg(figure) + _values(figure)
        case _:
            return drawn_svg(figure)


def _charted(figure: Figure) -> bool:
    return isinstance(figure, chart.Charted) and not empty(figure)


def _values(heat: Heat) -> str:
    """Return the values of a heat map that is drawn as pixels, for the pointer to find."""
    drawn = shades(heat, heat_svg.HIGH, heat_svg.WIDE)
    if drawn.values.size <= heat_svg.DRAWN:
        return ""
    rows = [readable(one) for one in list(heat.rows)[:: drawn.by[0]]]
    columns = [readable(one) for one in list(heat.columns)[:: drawn.by[1]]]
    values = base64.b64encode(drawn.values.astype("<f4").tobytes()).decode()
    return _json("heat", {"rows": rows, "columns": columns, "values": values}, "class")


def _table(table: Table) -> str:
    numbers = [table_svg.to_the_right(table, at) for at in range(len(table.columns))]
    way = [' class="number"' if number else "" for number in numbers]
    head = "".join(f"<th{way[at]}>{escape(readable(name))}</th>" for at, name in enumerate(table.columns))
    rows = []
    for row in table.rows:
        cells = [table_svg.written(value) for value in row]
        kinds = [' class="long"' if len(cell) > LONG else way[at] for at, cell in enumerate(cells)]
        rows.append("".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, cells, strict=True)))
    body = "".join(f"<tr>{row}</tr>\n" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"


def _facts(section: Section) -> str:
    """Return the numbers behind a section, folded away."""
    if not section.facts:
        return ""
    told = json.dumps(section.facts, ensure_ascii=False, indent=1, default=_plain)
    if len(told) > FACTS:
        told = f"{told[:FACTS]}\n... {len(told) - FACTS:,d} letters more; --json has them all."
    return f"<details><summary>numbers</summary><pre>{escape(told)}</pre></details>"


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(one)}</p>" for one in text.split("\n\n") if one.strip())


def _json(name: str, value: Any, attribute: str = "id") -> str:
    """Return data as an element that no browser runs; no letter in it can end the element."""
    told = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return f'<script type="application/json" {attribute}="{name}">{told}</script>'
