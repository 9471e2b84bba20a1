"""The figures of each part as text."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any


def show(document: Mapping[str, Any]) -> None:
    """Print a table for each part."""
    shown = {"acts": _acts, "search": _search, "projector": _projector, "streams": _streams, "console": _console}
    for name, told in document["parts"].items():
        others = f", others used {told['others_cores']} cores"
        sys.stdout.write(f"\n{name}{others}{'' if told['correct'] else ': NOT CORRECT'}\n")
        for line in (*shown[name](told), *told["faults"][:20]):
            sys.stdout.write(f"  {line}\n")


def _acts(told: Mapping[str, Any]) -> Iterable[str]:
    for name in ("acts_alone", "acts_beside_facts", "facts_alone", "facts_beside_acts"):
        yield _line(name.replace("_", " "), told[name])


def _search(told: Mapping[str, Any]) -> Iterable[str]:
    for caller in [name for name in told if name.endswith("stores")]:
        yield caller
        for kind in told[caller].values():
            for name, figures in kind.items():
                yield f"  {_line(name, figures)}  rows {figures['rows']:>5,g}"


def _projector(told: Mapping[str, Any]) -> Iterable[str]:
    for each in told["turns"]:
        yield _line(f"turn {each['kind']} a projector", each)
    for kind in ("without", "with"):
        yield _line(f"all turns {kind} one", told[kind])


def _streams(told: Mapping[str, Any]) -> Iterable[str]:
    for name in ("without", "with"):
        yield f"{name} readers: {_taken(told[name])}"
    idle, flowing = told["cores_of_readers_idle"], told["cores_of_readers_flowing"]
    cores = f"cores idle {idle:.3f}, while facts flow {flowing:.3f}"
    yield f"readers alone: {told['kilobytes_a_reader']:,.1f} kB each, {cores}"
    yield f"deliveries {told['deliveries']:,}, processor {told['microseconds_a_delivery']:,.1f} µs each"


def _console(told: Mapping[str, Any]) -> Iterable[str]:
    for name, figures in told["pages"].items():
        yield f"{_line(name, figures)}  p95 {figures['p95']:,.1f}, {figures['of_a_blank_page']:.1f} blank pages"
    for name in ("closed", "open"):
        yield f"{told['consoles'] if name == 'open' else 'no'} consoles: {_taken(told[name])}"


def _taken(looked: Mapping[str, float]) -> str:
    cores = f"cores idle {looked['cores_idle']:.3f}, while facts flow {looked['cores_flowing']:.3f}"
    return f"{looked['megabytes']:,.1f} MB, {cores}"


def _line(name: str, told: Mapping[str, Any]) -> str:
    times = "  ".join(f"{share} {told[share]:>8,.1f}" for share in ("p50", "p99", "max") if share in told)
    rate = f", {told['a_second']:,g} a second" if "a_second" in told else ""
    return f"{name:<28}{times} ms  of {told['samples']:>6,}{rate}"
