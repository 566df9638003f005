"""What has been spent, as far as the rows tell: known prices, and the most of what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse.schema import RUNS

if TYPE_CHECKING:
    from warehouse.lake import Lake

_SEALED_SQL = """
SELECT sum(coalesce(cost_usd, max_cost_usd)) FROM attempts_history
WHERE run_id IN (SELECT unnest(?))
"""


def spent_by_study(lake: Lake, study: str) -> float:
    """Return the US dollars that a study has spent over all its runs.

    A try without a known price counts at the most it can have cost: its outcome was never
    learned, or it is under way in a batch.
    """
    # The ledger's own rows: a run that was killed may not have been published yet.
    runs = {run["run_id"] for run in lake.ledger.rows(RUNS) if run["study"] == study}
    with lake.ledger_reader("FROM attempts_history") as con:
        [(sealed,)] = con.execute(_SEALED_SQL, [sorted(runs)]).fetchall()
    unsealed = [
        row["max_cost_usd"] if row["cost_usd"] is None else row["cost_usd"]
        for row in lake.ledger.requests.attempts()
        if row["run_id"] in runs
    ]
    return float(sealed or 0.0) + sum(cost or 0.0 for cost in unsealed)


def by_day(lake: Lake, study: str | None = None) -> list[dict[str, Any]]:
    """Return the rows of the view `costs`, of one study or of all, oldest first."""
    query = "SELECT * FROM costs WHERE $study IS NULL OR study = $study ORDER BY day, study, model"
    with lake.reader(query) as con:
        cursor = con.execute(query, {"study": study})
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
