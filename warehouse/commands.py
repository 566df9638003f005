"""`mirrorlake sql` and `mirrorlake lake`: look at rows, and at the lake itself."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import click

from console import catch, columns, emit, json_option, lake_option, next_step, plural, say
from warehouse.errors import DamageError, InputError

FORMATS = ("table", "csv", "json", "ndjson", "parquet")


class _Query(click.Command):
    """A command whose argument may begin with an SQL comment, which looks like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return what is left of the arguments; a leading comment stays part of the query."""
        return super().parse_args(ctx, [f"\n{a}" if re.match(r"--\s", a) else a for a in args])


@click.command("sql", cls=_Query)
@click.argument("query", required=False)
@click.option("--file", "-f", "file", type=click.Path(dir_okay=False), help="Read the query here.")
@click.option("--format", "format", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False), help="Write to this file, not to stdout.")
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@lake_option
@catch
def sql(
    query: str | None, file: str | None, format: str, out: str | None, as_json: bool, lake: str
) -> None:
    """Run one SELECT over the lake; QUERY may also come from --file or standard input.

    Anything but one SELECT (or EXPLAIN of one) is refused.

    \b
    Example: mirrorlake sql "SELECT concept, count(*) FROM questions GROUP BY 1"
    """
    from warehouse import sql as engine
    from warehouse.lake import open_lake

    text = _query_text(query, file)
    format = "json" if as_json else format
    if out is None and sys.stdout is None:
        raise InputError("Standard output is closed: add --out FILE.")
    if format == "parquet" and out is None and sys.stdout.isatty():
        raise InputError("Parquet is not text: add --out FILE, or send stdout to a file.")
    with open_lake(lake).reader(text) as con:
        if out is None:
            engine.run(con, text, format, sys.stdout.buffer)
            return
        target = Path(out)
        _refuse_inside(target, Path(lake))
        if target.exists() and not target.is_file():
            # A device or a pipe is written to; renaming over it would replace it.
            with target.open("wb") as sink:
                engine.run(con, text, format, sink)
            return
        temporary = target.with_name(f".{target.name}.tmp")
        try:
            with temporary.open("wb") as sink:
                rows = engine.run(con, text, format, sink)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    say(f"Wrote {plural(rows, 'row')} to {out}.")


def _query_text(query: str | None, file: str | None) -> str:
    if query is not None and query != "-" and file is not None:
        raise InputError("Give the query either as an argument or with --file, not both.")
    if file is not None:
        try:
            return Path(file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"The query file {file} cannot be read ({error}).") from error
    if query is not None and query != "-":
        return query
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError('Give a query: mirrorlake sql "SELECT ...", or --file, or standard input.')
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise InputError(f"Standard input is not UTF-8 text ({error}).") from error


def _refuse_inside(target: Path, lake: Path) -> None:
    if target.resolve().is_relative_to(lake.resolve()):
        raise InputError(f"{target} lies inside the lake. Write query results elsewhere.")


@click.group("lake")
def lake_group() -> None:
    """Look after the lake: info, cost, schema, check, compact."""


@lake_group.command("info")
@lake_option
@json_option
@catch
def info(lake: str, as_json: bool) -> None:
    """Show tables, rows, bytes, models, studies and unfinished work.

    \b
    Example: mirrorlake lake info --lake lake
    """
    from warehouse.info import info as describe
    from warehouse.lake import open_lake

    found = describe(open_lake(lake))
    text = [columns(found["tables"]), "", columns(found["datasets"]), "", columns(found["models"])]
    text += ["", f"studies: {', '.join(found['studies']) or 'none'}"]
    text += [f"unfinished requests: {json.dumps(found['unfinished']['requests'])}"]
    text += [f"running: {', '.join(found['unfinished']['running']) or 'nothing'}"]
    text += [f"ended early: {item}" for item in found["unfinished"]["ended early"]]
    emit(found, as_json, "\n".join(text))


@lake_group.command("cost")
@click.option("--study", help="Only this study.")
@lake_option
@json_option
@catch
def cost(study: str | None, lake: str, as_json: bool) -> None:
    """Show what was paid to providers, by study, model and day.

    \b
    Example: mirrorlake lake cost --study demo
    """
    from warehouse.lake import open_lake
    from warehouse.spending import by_day

    rows = by_day(open_lake(lake), study)
    emit(rows, as_json, columns(rows))
    next_step("mirrorlake", "sql", "SELECT * FROM costs", "--lake", lake)


@lake_group.command("schema")
@click.option("--table", "only", help="Only this table.")
@json_option
@catch
def schema(only: str | None, as_json: bool) -> None:
    """Show every table and column; the same for every lake of this version.

    \b
    Example: mirrorlake lake schema --table responses
    """
    from warehouse.docs import schema_rows, schema_text

    emit(schema_rows(only), as_json, schema_text(only))


@lake_group.command("check")
@click.option("--repair", is_flag=True, help="Mend what can be mended; readable rows are kept.")
@lake_option
@json_option
@catch
def check(repair: bool, lake: str, as_json: bool) -> None:
    """Check every file's digest and re-derive every key; name what is damaged.

    \b
    Example: mirrorlake lake check --repair
    """
    from warehouse import check as checking

    done = checking.repair(Path(lake)) if repair else []
    for sentence in done:
        say(sentence)
    problems = checking.open_and_check(Path(lake))
    rows = [{"problem": p.kind, "where": p.where, "what": p.what} for p in problems]
    emit({"repaired": done, "problems": rows}, as_json, columns(rows) if rows else "clean")
    if problems:
        more = "" if repair else " Mend it with: mirrorlake lake check --repair"
        raise DamageError(f"{plural(len(problems), 'problem')} found in {lake}.{more}")


@lake_group.command("compact")
@lake_option
@json_option
@catch
def compact(lake: str, as_json: bool) -> None:
    """Merge small segments into few large ones; nothing a reader sees changes.

    \b
    Example: mirrorlake lake compact
    """
    from warehouse.compaction import compact_all
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    with opened.run("lake compact"), opened.writing():
        changed = compact_all(opened)
    rows = [{"table": t, "files before": b, "files after": a} for t, (b, a) in changed.items()]
    emit(rows, as_json, columns(rows))
    next_step("mirrorlake", "lake", "info", "--lake", lake)
