"""Requests on their way, and what every try may have cost, until both are sealed.

A request moves `planned -> sent -> done` and leaves for a segment of `responses`; engines on
this machine skip `sent`. A request in a provider's batch waits as `batched`, and survives the
run that put it there. Beside it stands one row of `attempts` for each try that may have cost
money: written with its highest price in the transaction that says `sent`, closed with its
outcome and price in the one that says `done`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from warehouse.schema import ATTEMPTS

if TYPE_CHECKING:
    from warehouse.ledger import Ledger

Pair = tuple[str, int]
"""(request_key, attempt)."""

CREATE_REQUESTS = """CREATE TABLE requests (
    request_key TEXT NOT NULL, attempt INTEGER NOT NULL, run_id TEXT NOT NULL,
    state TEXT NOT NULL, status TEXT, body TEXT, batch_id TEXT,
    PRIMARY KEY (request_key, attempt)
) WITHOUT ROWID"""


class RequestLog:
    """The ledger's requests and attempts; every method that writes is one transaction."""

    def __init__(self, ledger: Ledger) -> None:
        """Work on the tables of an open ledger."""
        self.ledger = ledger

    # --- from planned to done -------------------------------------------------------------

    def claim(self, run_id: str, requests: Iterable[Pair]) -> None:
        """Claim (request_key, attempt) pairs that are not in the ledger for a run."""
        with self.ledger.transaction() as db:
            db.executemany(
                "INSERT INTO requests VALUES (?, ?, ?, 'planned', NULL, NULL, NULL)",
                ((key, attempt, run_id) for key, attempt in requests),
            )

    def send(self, tries: Sequence[Mapping[str, Any]], fallbacks: Sequence[str | None]) -> None:
        """Say that claimed requests leave now; `tries` are open rows of `attempts`.

        A fallback is the response that stands if we never learn the outcome (as JSON); without
        one the request is asked again.
        """
        with self.ledger.transaction() as db:
            db.executemany(
                "UPDATE requests SET state = 'sent', body = ? WHERE request_key = ?"
                " AND attempt = ?",
                [
                    (fallback, row["request_key"], row["attempt"])
                    for row, fallback in zip(tries, fallbacks, strict=True)
                ],
            )
            self._open(tries)

    def _open(self, tries: Iterable[Mapping[str, Any]]) -> None:
        marks = ", ".join("?" * len(ATTEMPTS.columns))
        with self.ledger.transaction() as db:
            db.executemany(
                f"INSERT OR REPLACE INTO attempts ({', '.join(ATTEMPTS.names)}) VALUES ({marks})",
                [[row.get(name) for name in ATTEMPTS.names] for row in tries],
            )

    def unsend(self, requests: Sequence[Pair]) -> None:
        """Say that tries were turned away unread: they cost nothing and wait to be sent again."""
        with self.ledger.transaction() as db:
            db.executemany(
                "UPDATE requests SET state = 'planned', body = NULL"
                " WHERE request_key = ? AND attempt = ?",
                requests,
            )
            db.executemany("DELETE FROM attempts WHERE request_key = ? AND attempt = ?", requests)

    def lose(self, requests: Sequence[Pair]) -> None:
        """Say that the outcome of tries cannot be learned; the requests wait as the next try."""
        with self.ledger.transaction() as db:
            db.executemany(
                "UPDATE attempts SET outcome = 'unknown' WHERE request_key = ? AND attempt = ?",
                requests,
            )
            db.executemany(
                "UPDATE requests SET attempt = attempt + 1, state = 'planned', body = NULL"
                " WHERE request_key = ? AND attempt = ?",
                requests,
            )

    def record(self, run_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store finished responses of a run durably."""
        with self.ledger.transaction() as db:
            db.executemany(
                "INSERT INTO requests VALUES (?, ?, ?, 'done', ?, ?, NULL)"
                " ON CONFLICT (request_key, attempt) DO UPDATE SET state = 'done',"
                " run_id = excluded.run_id, status = excluded.status, body = excluded.body",
                [(r["request_key"], r["attempt"], run_id, r["status"], text(r)) for r in rows],
            )

    def settle(self, outcomes: Iterable[tuple[str, float | None, str, int]]) -> None:
        """Close tries: (outcome, cost in dollars, request_key, attempt) of each."""
        with self.ledger.transaction() as db:
            db.executemany(
                "UPDATE attempts SET outcome = ?, cost_usd = ?"
                " WHERE request_key = ? AND attempt = ?",
                outcomes,
            )

    def release(self, run_id: str) -> None:
        """Drop what a run had claimed and not finished.

        What it had sent has an outcome that nobody can learn any more. A batch that it only
        intended never left; one that it was creating may exist.
        """
        with self.ledger.transaction() as db:
            self._end_batches(run_id)
            db.execute(
                "UPDATE attempts SET outcome = 'unknown'"
                " WHERE run_id = ? AND outcome IS NULL AND batch_id IS NULL",
                (run_id,),
            )
            db.execute(
                "UPDATE requests SET state = 'done', status = 'unknown'"
                " WHERE run_id = ? AND state = 'sent' AND body IS NOT NULL",
                (run_id,),
            )
            db.execute(
                "DELETE FROM requests WHERE run_id = ? AND state IN ('planned', 'sent')", (run_id,)
            )
        self.ledger.shrink()

    def _end_batches(self, run_id: str) -> None:
        with self.ledger.transaction() as db:
            query = "SELECT batch_id FROM batches WHERE run_id = ? AND state = 'intended'"
            for (batch_id,) in self.ledger.select(query, (run_id,)):
                self.disband(batch_id, paid=False)
            db.execute("DELETE FROM batches WHERE run_id = ? AND state = 'intended'", (run_id,))
            db.execute(
                "UPDATE batches SET state = 'unknown', error = 'the program ended while it was"
                " being created' WHERE run_id = ? AND state = 'creating'",
                (run_id,),
            )

    # --- batches --------------------------------------------------------------------------

    def enlist(
        self, batch_id: str, tries: Sequence[Mapping[str, Any]], bodies: Sequence[str]
    ) -> None:
        """Put claimed requests into a batch; a body is what its response will need (JSON)."""
        with self.ledger.transaction() as db:
            db.executemany(
                "UPDATE requests SET state = 'batched', batch_id = ?, body = ?"
                " WHERE request_key = ? AND attempt = ?",
                [
                    (batch_id, body, row["request_key"], row["attempt"])
                    for row, body in zip(tries, bodies, strict=True)
                ],
            )
            self._open({**row, "batch_id": batch_id} for row in tries)

    def batched(self, batch_id: str) -> dict[str, dict[str, Any]]:
        """Return the body of every request that still waits in a batch, by its key."""
        query = "SELECT request_key, body FROM requests WHERE batch_id = ? AND state = 'batched'"
        return {key: json.loads(body) for key, body in self.ledger.select(query, (batch_id,))}

    def collect(
        self,
        run_id: str,
        rows: Sequence[Mapping[str, Any]],
        outcomes: Sequence[tuple[str, float | None]],
    ) -> None:
        """Store results of a batch durably, those that nobody has stored yet."""
        with self.ledger.transaction() as db:
            db.executemany(
                "UPDATE requests SET state = 'done', run_id = ?, status = ?, body = ?"
                " WHERE request_key = ? AND attempt = ? AND state = 'batched'",
                [(run_id, r["status"], text(r), r["request_key"], r["attempt"]) for r in rows],
            )
            db.executemany(
                "UPDATE attempts SET outcome = ?, cost_usd = ?"
                " WHERE request_key = ? AND attempt = ? AND outcome IS NULL",
                [
                    (*outcome, row["request_key"], row["attempt"])
                    for row, outcome in zip(rows, outcomes, strict=True)
                ],
            )

    def disband(self, batch_id: str, paid: bool) -> None:
        """Let the requests that wait in a batch be asked again.

        If it may have been `paid` for, its tries count as unknown at their highest price.
        """
        with self.ledger.transaction() as db:
            waiting = "batch_id = ? AND (request_key, attempt) IN (SELECT request_key, attempt"
            waiting += " FROM requests WHERE batch_id = ? AND state = 'batched')"
            change = "UPDATE attempts SET outcome = 'unknown'" if paid else "DELETE FROM attempts"
            db.execute(f"{change} WHERE {waiting}", (batch_id, batch_id))
            db.execute("DELETE FROM requests WHERE batch_id = ? AND state = 'batched'", (batch_id,))

    # --- what is there --------------------------------------------------------------------

    def unsealed(
        self, first: str = "", end: str = "~"
    ) -> Iterator[tuple[str, str, str, int, str | None]]:
        """Yield (request_key, run_id, state, attempt, status) of the unsealed requests.

        Those with a key of at least `first` and less than `end`: a run may hold ten million.
        """
        query = "SELECT request_key, run_id, state, attempt, status FROM requests"
        return self.ledger.each(f"{query} WHERE request_key >= ? AND request_key < ?", (first, end))

    def tries(self, first: str = "", end: str = "~") -> Iterator[Pair]:
        """Yield the unsealed attempts at requests with a key from `first` to before `end`."""
        query = "SELECT request_key, attempt FROM attempts"
        return self.ledger.each(f"{query} WHERE request_key >= ? AND request_key < ?", (first, end))

    def done(self, limit: int) -> list[dict[str, Any]]:
        """Return up to `limit` finished, unsealed responses."""
        query = (
            "SELECT body, status FROM requests WHERE state = 'done'"
            " ORDER BY request_key, attempt LIMIT ?"
        )
        return [
            {**json.loads(body), "status": status}
            for body, status in self.ledger.select(query, (limit,))
        ]

    def closed(self, limit: int) -> list[dict[str, Any]]:
        """Return up to `limit` unsealed attempts whose outcome is settled."""
        settled = "WHERE outcome IS NOT NULL ORDER BY request_key, attempt LIMIT ?"
        return self._attempts(settled, (limit,))

    def attempts(self) -> list[dict[str, Any]]:
        """Return every unsealed attempt, settled or not."""
        return self._attempts("")

    def _attempts(self, which: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        query = f"SELECT {', '.join(ATTEMPTS.names)} FROM attempts {which}"
        found = self.ledger.select(query, parameters)
        return [dict(zip(ATTEMPTS.names, row, strict=True)) for row in found]

    def counts(self) -> dict[str, int]:
        """Return how many unsealed requests there are in each state."""
        return dict(self.ledger.select("SELECT state, count(*) FROM requests GROUP BY state"))


def text(row: Mapping[str, Any]) -> str:
    """Return a row as the ledger keeps it."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))
