"""The head of a report: what it is about, when, on how much, and what is not in it."""

from __future__ import annotations

from console import plural
from reports.markup import Html, join, tag
from reports.sections.parts import distinct_text
from reports.study import TEN_CONCEPTS, Study
from reports.words import plain, sentence_list

NOT_ANSWERED = ("failed", "too_long", "truncated", "filtered", "unknown")


def header(study: Study, digest: str) -> Html:
    """Return the header of the page."""
    lines = _not_here(study)
    return tag(
        "header",
        tag("p", "mirrorlake report", class_="kind"),
        tag("h1", study.title),
        tag("p", study.question, class_="lede"),
        tag("p", *_facts(study, digest), class_="facts"),
        tag("p", *[join(line, " ") for line in lines], class_="not-here") if lines else None,
    )


def _facts(study: Study, digest: str) -> list[Html | str]:
    parts = [
        tag("time", f"{study.newest:%Y-%m-%d}", datetime=f"{study.newest:%Y-%m-%d}"),
        sentence_list(study.labels) or "no model",
        *_answers(study),
        sentence_list([name or "unnamed questions" for name in study.all_datasets]),
        join("lake ", tag("code", digest[:16])),
    ]
    return [part if i == 0 else join(" · ", part) for i, part in enumerate(parts)]


def _answers(study: Study) -> list[str]:
    """Return how many answers there are, the steered ones apart."""
    requests = _requests(study)
    # Results that came without their answers tell of none.
    counts = [f"{requests:,} answers"] if study.datasets or requests else []
    steered = study.ask("steered").rows[0]["answers"] if study.steered else 0
    return [*counts, f"{steered:,} steered answers"] if steered else counts


def _requests(study: Study) -> int:
    """Return how many answers are behind the results, unless they are all states."""
    return int(study.ask("cost").rows[0]["requests"]) if study.asked else 0


def _not_here(study: Study) -> list[str]:
    lines = [line for dataset in study.asked for line in _gaps(study, dataset)]
    unread = [line for dataset in study.datasets for line in _unread(study, dataset)]
    asked = study.datasets or _requests(study)
    whole = ["Every question was asked and every request was answered."] if asked else []
    return [*(lines or whole), *unread]


def _gaps(study: Study, dataset: str) -> list[str]:
    rows = study.estimates(dataset, "accuracy").rows
    present = set(distinct_text([row["concept"] for row in rows if row["concept"]]))
    absent = [plain(concept) for concept in TEN_CONCEPTS if concept not in present]
    where = f" in {dataset}" if len(study.asked) > 1 else ""
    gaps = []
    if present & set(TEN_CONCEPTS) and absent:
        gaps.append(f"{len(absent)} of the ten concepts{where}: {sentence_list(absent)}")
    gaps += [*_unasked(study, dataset), *_unanswered(study, dataset, where)]
    return [f"Not here: {'; '.join(gaps)}."] if gaps else []


def _unasked(study: Study, dataset: str) -> list[str]:
    row = study.ask("coverage", dataset=dataset).rows[0]
    left = row["questions"] - row["asked"]
    if not left or not row["asked"]:
        return []
    return [f"{left:,} of the {row['questions']:,} questions of {dataset}"]


def _unanswered(study: Study, dataset: str, where: str) -> list[str]:
    counts = dict.fromkeys(NOT_ANSWERED, 0)
    for row in study.ask("statuses", dataset=dataset).rows:
        if row["status"] in counts:
            counts[row["status"]] += row["requests"]
    return [f"{plural(n, 'request')} {plain(status)}{where}" for status, n in counts.items() if n]


def _unread(study: Study, dataset: str) -> list[str]:
    rows = study.ask("unread", dataset=dataset).rows
    failed = [row for row in rows if not row["valid"]]
    if not failed:
        return []
    missed, replies = (sum(row["replies"] for row in some) for some in (failed, rows))
    why = sentence_list([f"{row['replies']:,} {plain(row['reason'])}" for row in failed])
    where = f" to {dataset}" if len(study.datasets) > 1 else ""
    return [
        f"{missed:,} of {plural(replies, 'reply', 'replies')}{where} could not be read ({why})."
    ]
