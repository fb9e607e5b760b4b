"""The picture of the README: what a peer's work costs us, as a share of what it costs the peer."""

import html

WIDTH, TOP, STEP, LEFT, RIGHT = 960, 76, 34, 430, 96
SCALE_END = 1.2

STYLE = """
    .card { fill: #ffffff; stroke: #d0d7de; } .ours { fill: #1a7f37; } .missed { fill: #bc4c00; }
    .text { fill: #1f2328; font-size: 14px; } .small { fill: #59636e; font-size: 12.5px; }
    .peer { stroke: #59636e; stroke-dasharray: 4 4; } .range { stroke: #1f2328; stroke-width: 1.5; }
    .track { fill: #f6f8fa; }
    @media (prefers-color-scheme: dark) {
      .card { fill: #0d1117; stroke: #3d444d; } .ours { fill: #3fb950; } .missed { fill: #f0883e; }
      .text { fill: #f0f6fc; } .small { fill: #9198a1; } .track { fill: #151b23; }
      .peer { stroke: #9198a1; } .range { stroke: #f0f6fc; }
    }"""


def _x(ratio):
    return LEFT + (WIDTH - LEFT - RIGHT) * min(ratio, SCALE_END) / SCALE_END


def _bar(number, one):
    y = TOP + number * STEP
    ratio = one.ratio
    middle, low, high = (_x(ratio[key]) for key in ("median", "low", "high"))
    kind = "missed" if one.verdict == "MISSED" else "ours"
    label = html.escape(f"{one.what} / {one.against}")
    return f"""
  <rect class="track" x="{LEFT}" y="{y}" width="{WIDTH - LEFT - RIGHT}" height="20" rx="3"/>
  <rect class="{kind}" x="{LEFT}" y="{y}" width="{middle - LEFT:.1f}" height="20" rx="3"/>
  <line class="range" x1="{low:.1f}" y1="{y + 10}" x2="{high:.1f}" y2="{y + 10}"/>
  <text class="small" x="{LEFT - 12}" y="{y + 14}" text-anchor="end">{label}</text>
  <text class="text" x="{WIDTH - RIGHT + 14}" y="{y + 15}">{ratio['median']:.2f}</text>"""


def svg(findings, date):
    """`findings` have ratios. Bars in the order given; lines are ranges over all runs."""
    height = TOP + len(findings) * STEP + 16
    bars = "".join(_bar(number, one) for number, one in enumerate(findings))
    peer = _x(1)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title"
     font-family="ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif">
  <title id="title">What runcast needs for the same work, as a share of what its peers need</title>
  <style>{STYLE}
  </style>
  <rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="12"/>
  <text class="text" x="24" y="34">What runcast needs, as a share of what the peer needs. Less is better.</text>
  <text class="small" x="24" y="54">Measured side by side, {date}; bars are medians, lines the full range.</text>{bars}
  <line class="peer" x1="{peer:.1f}" y1="{TOP - 6}" x2="{peer:.1f}" y2="{height - 12}"/>
  <text class="small" x="{peer:.1f}" y="{TOP - 12}" text-anchor="middle">the peer</text>
</svg>
"""
