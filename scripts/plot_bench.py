"""Plots a run of `backstock bench`, and puts its tables into the page that tells of it.

Usage: plot_bench.py FIGURES.json TABLES.md FOLDER: writes FOLDER/performance.svg, and replaces what
stands between the two marks of FOLDER/performance.md.
"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
# The same figures make the same file.
matplotlib.rcParams["svg.hashsalt"] = "backstock"
import matplotlib.pyplot as plot

BEGIN = "<!-- figures: written by `make bench-page` -->"
END = "<!-- end of figures -->"
# These would leave no room for the others.
LARGE = {"plain", "alone", "availability100"}
PARTS = [("server_us", "server"), ("postgres_us", "PostgreSQL"), ("client_us", "client")]


def median(numbers):
    numbers = sorted(numbers)
    middle = len(numbers) // 2
    return (numbers[middle] + numbers[-middle - 1]) / 2


def ratios(axes, comparisons):
    shown = [c for c in comparisons if c["against"] == "empty"]
    names = [c["workload"] for c in shown]
    middle = [c["ratio"]["median"] for c in shown]
    below = [c["ratio"]["median"] - c["ratio"]["min"] for c in shown]
    above = [c["ratio"]["max"] - c["ratio"]["median"] for c in shown]
    axes.barh(names, middle, xerr=[below, above], color="#4c78a8", capsize=3)
    goals = [(place, c["bound"]["rate_at_least"]) for place, c in enumerate(shown)
             if isinstance(c["bound"], dict) and "rate_at_least" in c["bound"]]
    if goals:
        axes.scatter([goal for _, goal in goals], [place for place, _ in goals],
                     marker="|", s=300, linewidths=2, color="#e45756", label="goal", zorder=3)
        axes.legend(loc="lower right")
    axes.invert_yaxis()
    axes.set_title("calls a second, against an empty call (median, least and most of the rounds)")


def costs(axes, series):
    shown = [s for s in series if s["workload"] not in LARGE
             and all(slice["server_us"] is not None for slice in s["rounds"])]
    left = [0.0] * len(shown)
    for (key, name), colour in zip(PARTS, ["#4c78a8", "#f58518", "#bab0ac"]):
        used = [median([slice[key] or 0 for slice in s["rounds"]]) for s in shown]
        axes.barh([s["workload"] for s in shown], used, left=left, label=name, color=colour)
        left = [one + other for one, other in zip(left, used)]
    axes.invert_yaxis()
    axes.legend(loc="upper right")
    axes.set_title("processor time of each call, in microseconds")


def main():
    figures, tables, folder = map(pathlib.Path, sys.argv[1:])
    report = json.loads(figures.read_text())
    chart, (above, below) = plot.subplots(2, 1, figsize=(9, 9))
    ratios(above, report["comparisons"] + report["replica_comparisons"])
    costs(below, report["series"])
    chart.tight_layout()
    chart.savefig(folder / "performance.svg", metadata={"Date": None})
    page = folder / "performance.md"
    before, rest = page.read_text().split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{tables.read_text().strip()}\n\n{END}{after}")


main()
