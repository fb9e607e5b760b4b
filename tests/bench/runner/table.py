"""Findings as a Markdown table."""

import math

from runner import machine


def _plain(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return "∞"
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def _with_range(values):
    if values is None:
        return ""
    text = _plain(values["median"])
    if values.get("low", values["median"]) != values.get("high", values["median"]):
        text += f" ({_plain(values['low'])}–{_plain(values['high'])})"
    return text + (" noisy" if values.get("noisy") else "")


def _goal(finding):
    if finding.exact is not None:
        return f"= {_plain(finding.exact)}"
    if finding.passing is None:
        return ""
    goal = f"≤ {finding.passing:g}"
    return goal if finding.proud is None else f"{goal} / {finding.proud:g}"


def markdown(findings, about):
    lines = [machine.sentence(about), "",
             "| # | what | ours | against | theirs | ratio | goal (pass / proud) | verdict |",
             "|---|---|---|---|---|---|---|---|"]
    for one in findings:
        lines.append(f"| {one.row} | {one.what} | {_with_range(one.ours)} {one.unit} | "
                     f"{one.against} | {_with_range(one.theirs)} | {_with_range(one.ratio)} | "
                     f"{_goal(one)} | {one.verdict} |")
    notes = [f"{one.row}, {one.what} / {one.against}: {one.note}" for one in findings if one.note]
    if notes:
        lines += ["", "Beside the table:", "", *[f"- {note}" for note in notes]]
    return "\n".join(lines)


def short(findings, about):
    """For people who want to know how fast it is, not how that was measured."""
    lines = [f"{about['date']}, {about['cores']} cores of {about['cpu']}, `{about['command']}`:", "",
             "| what | ours | against | ratio | goal |", "|---|---|---|---|---|"]
    for one in findings:
        lines.append(f"| {one.what} | {_with_range(one.ours)} {one.unit} | {one.against} "
                     f"{_with_range(one.theirs)} | {_with_range(one.ratio)} | {_goal(one)}"
                     f"{', missed' if one.verdict == 'MISSED' else ''} |")
    return "\n".join(lines)
