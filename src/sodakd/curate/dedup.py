"""A file without its duplicates: read once to find them, once more to write the rest."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from sodakd.curate.cluster_rows import ClusterRows, LostNode
from sodakd.curate.findings import Finding, Findings
from sodakd.curate.hashed_rows import HashedRows
from sodakd.curate.rows import line_of, read_both
from sodakd.dedup.corpus import BATCH
from sodakd.dedup.near import Limits, Match, find_duplicates
from sodakd.dedup.vectors import Vectors
from sodakd.errors import RunError
from sodakd.jsonl import write_lines
from sodakd.ray_cluster import RayCluster
from sodakd.seeds.seed import Row, Tell, untold
from sodakd.settings.questions import QuestionSettings

Watch = Callable[[str], None]
"""Is told of every row what is done with it."""
Embed = Callable[[Sequence[str]], Vectors]
"""Gives a vector of length 1 for each text."""


def dedup(
    settings: QuestionSettings,
    limits: Limits,
    *,
    code: bool,
    out: Path | None,
    found: Findings,
    tell: Tell,
    watch: Watch,
    embed: Embed | None = None,
    ray: str = "",
) -> int:
    """How many rows a source has; `found` gets those that are duplicates, `out` the others.

    `code` has answers with the same program count as duplicates, whatever their questions say;
    `embed` gives the questions' vectors, of which `limits` has the least cosine. With `ray`, the
    address of a cluster, its nodes hash the rows and hold the hashes.

    Raises:
        DataError: the source cannot be read, or holds no rows.
        RunError: there is no such cluster, or no node is left.
    """
    matches, count = _matches(settings, limits, code, tell, watch, embed, ray)
    kept = _kept(settings, {one.number: one for one in matches}, found, watch)
    if out is not None:
        write_lines(out, map(line_of, kept))
    else:
        for _ in kept:
            pass
    return count


def _matches(
    settings: QuestionSettings,
    limits: Limits,
    code: bool,
    tell: Tell,
    watch: Watch,
    embed: Embed | None,
    ray: str,
) -> tuple[list[Match], int]:
    """The duplicates of a source, and how many rows it has; hashed here, or on a cluster's nodes.

    Where a node is lost all begins again with the others.
    """

    def found_in(rows: HashedRows | ClusterRows) -> tuple[list[Match], int]:
        vectors = _read(rows, settings, tell, watch, embed)
        return find_duplicates(rows, limits, rows.programs(), vectors), len(rows)

    if not ray:
        return found_in(HashedRows(limits.bands, code))
    refused: dict[str, str] = {}
    with RayCluster(ray, "--ray", RunError) as cluster:
        while True:
            rows = ClusterRows(cluster, limits.bands, code, refused)
            try:
                return found_in(rows)
            except LostNode as lost:
                refused[lost.node] = lost.why
                tell(f"node {lost.node[:8]} is lost ({lost.why}): begun again with the others")
            finally:
                rows.close()


def _read(
    rows: HashedRows | ClusterRows,
    settings: QuestionSettings,
    tell: Tell,
    watch: Watch,
    embed: Embed | None,
) -> Vectors | None:
    """Take the rows of a source in; what `embed` gives for their questions."""
    vectors: list[Vectors] = []
    seeds = (seed for _, seed in read_both(settings, tell))
    while batch := list(islice(seeds, BATCH)):
        for _ in batch:
            watch("reading")
        rows.add_rows(batch)
        if embed is not None:
            vectors.append(embed([seed.text for seed in batch]))
    return np.concatenate(vectors) if vectors else None


def _kept(
    settings: QuestionSettings, matches: dict[int, Match], found: Findings, watch: Watch
) -> Iterator[Row]:
    """The rows that stay; what is left out goes to `found`."""
    twins = {one.twin for one in matches.values()}
    texts: dict[int, tuple[str, str]] = {}
    for number, (row, seed) in enumerate(read_both(settings, untold)):
        watch("writing")
        if number in twins:
            texts[number] = (seed.origin, seed.text)
        match = matches.get(number)
        if match is None:
            yield row
            continue
        origin, text = texts[match.twin]
        score = round(match.score, 4)
        found.add(
            Finding(
                row=seed.origin, twin=origin, method=match.method, score=score, text=seed.text,
                twin_text=text,
            )
        )  # fmt: skip
