"""The one style sheet of the HTML report: light and dark, from a 360-pixel phone to paper."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #ffffff; --ink: #1c2330; --soft: #5b6474; --line: #dfe3ea; --code: #f3f5f9;
  --good: #146c3c; --good-fill: #e2f4e8; --note: #1a56a6; --note-fill: #e4eefb;
  --warn: #8a5300; --warn-fill: #fdf0d5; --bad: #b3261e; --bad-fill: #fde7e5;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC",
    "WenQuanYi Zen Hei", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "PingFang SC", "Microsoft YaHei",
    "Noto Sans Mono CJK SC", "WenQuanYi Zen Hei Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161d; --card: #1a202a; --ink: #e4e8ef; --soft: #9aa5b5; --line: #2d3643; --code: #12171f;
    --good: #7fd6a0; --good-fill: #15352358; --note: #8fbcf7; --note-fill: #16305358;
    --warn: #f0bd6b; --warn-fill: #46320f80; --bad: #ff9c93; --bad-fill: #4d1f1b80;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; padding: 1.5rem 1rem 3rem; background: var(--page); color: var(--ink);
  font: 16px/1.6 var(--sans); overflow-wrap: anywhere;
}
article {
  max-width: 56rem; margin: 0 auto 2rem; padding: 1.5rem 2rem 2rem; background: var(--card);
  border: 1px solid var(--line); border-top: 5px solid var(--soft); border-radius: 8px;
}
article.bad { border-top-color: var(--bad); }
article.warn { border-top-color: var(--warn); }
article.note { border-top-color: var(--note); }
article.good { border-top-color: var(--good); }
h1 { margin: 0 0 .5rem; font-size: 1.6rem; line-height: 1.3; }
h2 { margin: 2.2rem 0 .8rem; padding-bottom: .3rem; font-size: 1.2rem; border-bottom: 1px solid var(--line); }
h3 { margin: 1.5rem 0 .4rem; font-size: .95rem; color: var(--soft); }
p { margin: .45rem 0; }
ul, ol { margin: .45rem 0; padding-left: 1.6rem; }
li { margin: .35rem 0; }
li > p:first-child { margin-top: 0; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1.2rem; margin: .6rem 0; }
dt { color: var(--soft); }
dd { margin: 0; }
code, pre { font-family: var(--mono); font-size: .875em; }
code { padding: .1em .35em; background: var(--code); border-radius: 4px; }
pre {
  margin: .5rem 0; padding: .6rem .8rem; background: var(--code); border: 1px solid var(--line);
  border-radius: 6px; line-height: 1.5; white-space: pre-wrap;
}
blockquote { margin: .5rem 0; padding-left: .9rem; border-left: 3px solid var(--line); color: var(--soft); }
a { color: var(--note); }
.muted { color: var(--soft); }
.badge {
  display: inline-block; padding: 0 .5em; border-radius: 4px; font-size: .85em; font-weight: 600;
  background: var(--code); color: var(--soft);
}
.badge.good { background: var(--good-fill); color: var(--good); }
.badge.note { background: var(--note-fill); color: var(--note); }
.badge.warn { background: var(--warn-fill); color: var(--warn); }
.badge.bad { background: var(--bad-fill); color: var(--bad); }
.command { margin: .6rem 0; }
.command pre { margin: .2rem 0 0; border-left: 4px solid var(--soft); }
.command.good pre { border-left-color: var(--good); }
.command.warn pre { border-left-color: var(--warn); }
.command.bad pre { border-left-color: var(--bad); }
details { margin: .4rem 0; border: 1px solid var(--line); border-radius: 6px; }
details > summary { padding: .4rem .8rem; cursor: pointer; }
details > div { padding: 0 .8rem .5rem; }
details:target { border-color: var(--note); box-shadow: 0 0 0 1px var(--note); }
details:target::details-content { content-visibility: visible; block-size: auto; }
@media (max-width: 40rem) {
  body { padding: 0; }
  article { padding: 1rem; border-left: 0; border-right: 0; border-radius: 0; }
  h1 { font-size: 1.35rem; }
  dl { grid-template-columns: minmax(0, 6rem) minmax(0, 1fr); gap: .3rem .8rem; }
  ul, ol { padding-left: 1.2rem; }
}
@media print {
  :root {
    color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #fff;
  }
  body { padding: 0; font-size: 10.5pt; }
  article { max-width: none; padding: 0; border: 0; break-after: page; }
  article:last-child { break-after: auto; }
  h2, h3, summary { break-after: avoid; }
  pre, .command { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
"""
"""No address in it: fonts are the reader's own, and nothing is fetched."""

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"
"""The page's Content-Security-Policy: this style sheet and nothing else, no script of any kind."""
