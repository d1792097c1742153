"""The style sheet of the page on a run: the report's own, and what tables and charts need."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from kubetriage.domain.rendering.html_style import STYLE as REPORT_STYLE

COLOURS: Final = 8
"""Arms that have a colour of their own; a ninth has the first one's again."""

STYLE: Final = (
    REPORT_STYLE
    + """
:root {
  --c0: #0b6bb5; --c1: #c4511a; --c2: #0a8a63; --c3: #9a4a9c; --c4: #8a6d00; --c5: #3d3f9f; --c6: #a8324a;
  --c7: #4d6470; --grid: #dfe3ea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --c0: #6db6f2; --c1: #f0935e; --c2: #4fd0a3; --c3: #d79ad8; --c4: #d9bd4f; --c5: #a3a6f5; --c6: #f28a9e;
    --c7: #a5bac6; --grid: #2d3643;
  }
}
body { max-width: none; }
article { max-width: 76rem; }
.simulated {
  max-width: 76rem; margin: 0 auto 1rem; padding: .7rem 1.2rem; border-radius: 8px; font-weight: 600;
  background: var(--warn-fill); color: var(--warn); border: 1px solid var(--warn);
}
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.4; overflow-wrap: normal; }
th, td { padding: .3rem .5rem; text-align: right; border-bottom: 1px solid var(--line); }
td { white-space: nowrap; }
th { color: var(--soft); font-weight: 600; vertical-align: bottom; white-space: normal; }
th:first-child, td:first-child { text-align: left; }
td.words, th.words { min-width: 15rem; white-space: normal; text-align: left; overflow-wrap: anywhere; }
.charts {
  display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr));
}
figure { margin: .6rem 0; }
figcaption { color: var(--soft); font-size: .875rem; }
svg { display: block; width: 100%; min-width: 34rem; max-width: 46rem; height: auto; }
svg.narrow { min-width: 0; max-width: 32rem; }
svg text { fill: var(--ink); font: 12px var(--sans); }
svg .soft { fill: var(--soft); }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .dashed { stroke-dasharray: 5 4; }
svg .end { text-anchor: end; }
svg .middle { text-anchor: middle; }
svg .thin { stroke-width: 1.5; fill: none; opacity: .6; }
svg .leader { stroke-width: 1; stroke-dasharray: 1 3; opacity: .7; }
svg .thick { stroke-width: 4; stroke-linecap: round; opacity: .45; }
"""
    + "".join(
        f"svg .c{n} {{ fill: var(--c{n}); stroke: var(--c{n}); }}\n"
        f"svg text.c{n} {{ stroke: none; font-weight: 600; }}\n"
        for n in range(COLOURS)
    )
    + """
.heat td { padding: 0; border: 1px solid var(--card); min-width: 4.5rem; }
.heat td:first-child, .heat th:first-child { padding: .2rem .7rem .2rem 0; min-width: 0; }
.heat a, .heat span { display: block; padding: .2rem .5rem; text-align: center; color: inherit; }
.heat td:first-child a { text-align: left; padding: 0; }
.heat td a { text-decoration: none; }
.heat td a:hover { text-decoration: underline; }
.heat tbody th { text-align: left; padding: .8rem 0 .2rem; border: 0; }
.q0 { background: #b23c17; color: #fff; }
.q1 { background: #e08a5f; color: #1c1208; }
.q2 { background: #f4d6bf; color: #1c1208; }
.q3 { background: #cfe6e0; color: #08201a; }
.q4 { background: #7cc0af; color: #08201a; }
.q5 { background: #12705c; color: #fff; }
.qn { background: var(--code); color: var(--soft); }
.key span {
  display: inline-block; padding: 0 .6em; margin-right: .2rem; border-radius: 3px; font-size: .8rem;
}
summary .badge { margin-left: .5em; }
details > div { scroll-margin-top: 4rem; }
@media print { table { font-size: 8pt; } .wide { overflow: visible; } }
"""
)
"""No address in it: fonts are the reader's own, and nothing is fetched."""

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

POLICY: Final = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"
"""The page's Content-Security-Policy: this style sheet and nothing else, no script of any kind."""
