"""How a page looks, in the light and in the dark, wide and narrow, and on paper."""

from seqloom.report.hangul_font import NAME

STYLE = f"""
:root {{
  color-scheme: light dark;
  --ink: #1f2328; --paper: #fff; --line: #d5d9de; --faint: #57606a;
  --letters: system-ui, sans-serif;
  --typed: 'DejaVu Sans Mono', 'Noto Sans Mono CJK KR', 'NanumGothicCoding', 'D2Coding', monospace;
}}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e6edf3; --paper: #0d1117; --line: #30363d; --faint: #9da7b1; }}
}}
.fontless {{ --letters: '{NAME}', system-ui, sans-serif; --typed: '{NAME}', 'DejaVu Sans Mono', monospace; }}
body {{ margin: 2rem; background: var(--paper); color: var(--ink); font: 16px/1.5 var(--letters); }}
h2 {{ margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1rem; }}
h3 {{ margin: 0 0 .5rem; font: 14px var(--typed); }}
p, li {{ max-width: 46rem; overflow-wrap: anywhere; white-space: pre-wrap; }}
nav a {{ margin-right: 1rem; }}
a {{ color: inherit; }}
.figures {{ display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0 2.5rem; }}
figure {{ margin: 0 0 2rem; max-width: 100%; min-width: min(100%, 15rem); overflow-x: auto; }}
figcaption {{ contain: inline-size; }}
figcaption p {{ margin: .3rem 0; }}
.lead {{ margin: 1rem 0; padding: .3rem 0 .3rem 1.2rem; border-left: 4px solid #2f7fe0; list-style: none; }}
.lead li {{ margin: .4rem 0; font-size: 1.15rem; }}
figcaption, .notes {{ color: var(--faint); max-width: 46rem; }}
details pre {{ max-height: 30rem; overflow: auto; font: 13px/1.4 var(--typed); }}
svg text {{ font-family: var(--typed); }}
.map, .marks text {{ fill: var(--ink); }}
.frame, .marks :is(.role-axis-grid, .role-axis-domain, .role-axis-tick) line {{ stroke: var(--line); }}
.ink, .marks .mark-rule.role-mark line {{ stroke: var(--ink); }}
.grid rect:hover, .cell rect:hover {{ stroke: #d1242f; stroke-width: 2; }}
table {{ border-collapse: collapse; font: 14px/1.5 var(--typed); }}
th, td {{ padding: .15rem .8rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }}
.long {{ white-space: normal; min-width: 18rem; }}
td.number, th.number {{ text-align: right; }}
.marked {{ font: 16px/2.2 var(--typed); max-width: 60rem; white-space: pre-wrap; }}
.token {{ padding: .1rem 0; border-bottom: calc(var(--share) * 3px) solid transparent; }}
.above {{ background: rgb(47 127 224 / calc(var(--share) * .55)); border-bottom-color: #2f7fe0; }}
.below {{ background: rgb(207 106 12 / calc(var(--share) * .55)); border-bottom-color: #cf6a0c; }}
.below {{ border-bottom-style: dotted; }}
.scale {{ font: 13px var(--typed); }}
.scale .token {{ padding: .1rem 1rem; }}
#tip, #vg-tooltip-element.vg-tooltip {{
  position: absolute; padding: .3rem .6rem; background: var(--paper); color: var(--ink); border: 1px solid var(--line);
  border-radius: 4px; font: 13px var(--typed); pointer-events: none; z-index: 10;
}}
#vg-tooltip-element.vg-tooltip {{ position: fixed; }}
#vg-tooltip-element table tr td.key {{ color: var(--faint); }}
@media print {{
  :root {{ color-scheme: light; --ink: black; --paper: white; --line: silver; --faint: dimgray; }}
  body {{ margin: 0; font-size: 10pt; }}
  nav, details, #tip, #vg-tooltip-element.vg-tooltip {{ display: none; }}
  h1, h2, h3 {{ break-after: avoid; }}
  h2 {{ margin-top: 1.2rem; padding-top: .4rem; }}
  figure, tr, .lead {{ break-inside: avoid; }}
  figure {{ margin-bottom: 1rem; overflow: visible; }}
  .figures {{ display: block; }}
  svg {{ max-width: 100%; height: auto; }}
  table {{ font-size: 8pt; }}
  th, td {{ padding: .1rem .35rem; white-space: normal; }}
  .lead li {{ font-size: 1.1em; }}
  * {{ print-color-adjust: exact; }}
}}
"""
