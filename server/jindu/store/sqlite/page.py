"""The statement of a list: keyset pages, so that they stay put while jobs arrive."""

from typing import TypeAlias

from ...core.contexts import ContextQuery
from ..contract import Query

Statement: TypeAlias = tuple[str, list[object]]


LISTED = "SELECT * FROM listed WHERE num IN"
CUT = "SELECT num FROM"
SHORT = 12  # characters; the beginning of an id that is shorter fits too many jobs to collect and sort them all
OF_JOBS = ("created_at", "id")  # the columns that the newest first is told by
OF_TAGS = ("at", "job")  # the same in the entries of a tag, which lie in that order


def statement(query: Query) -> Statement:
    """SQL and parameters of a page, newest first."""
    if query.q is None:
        return _select("listed", "*", query, query.tag)
    # Each way to match has an index of its own; the newest of each are merged and cut again.
    parts = [_select(table, "num", query, tag, way) for table, tag, way in _ways(query)]
    union = " UNION ".join(f"{CUT} ({sql})" for sql, _ in parts)
    parameters = [value for _, values in parts for value in values]
    return f"{LISTED} ({union}) {_order(OF_JOBS)}", [*parameters, query.limit]


def contexts(query: ContextQuery) -> Statement:
    """SQL and parameters of a list of error contexts, newest first."""
    named = (("job", query.job), ("code", query.code))
    terms: list[Statement] = [(f"{column} = ?", [value]) for column, value in named if value is not None]
    where = " AND ".join(sql for sql, _ in terms) or "TRUE"
    columns = "id, job, type, stage, attempt, run, code, at, exception, message, traceback"
    values = [value for _, parameters in terms for value in parameters]
    sql = f"SELECT {columns} FROM errors WHERE {where} ORDER BY num DESC LIMIT ?"  # values are parameters # nosec B608
    return sql, [*values, query.limit]


def _filters(query: Query, columns: tuple[str, str]) -> list[Statement]:
    terms: list[Statement] = [("members IS NOT NULL" if query.batches else "members IS NULL", [])]
    for column, value in (
        ("status", query.status),
        ("type", query.type),
        ("owner", query.owner),
        ("batch", query.batch),
    ):
        if value is not None:
            terms.append((f"{column} = ?", [str(value)]))
    at, job = columns
    if query.created_after is not None:
        terms.append((f"{at} > ?", [query.created_after]))
    if query.before is not None:
        terms.append((f"({at}, {job}) < (?, ?)", list(query.before)))
    return terms


def _ways(query: Query) -> list[tuple[str, str | None, Statement]]:
    """Where to look, along the entries of which tag, and for what."""
    # A prefix as a range: ids are ASCII, so everything that begins with q lies below q and the highest character.
    q = query.q or ""
    prefix: Statement = ("id >= ? AND id < ?", [q, f"{q}\U0010ffff"])
    walked = "jobs INDEXED BY jobs_by_time" if len(q) < SHORT and query.tag is None else "jobs"
    anything: Statement = ("TRUE", [])
    also: Statement = anything if query.tag is None else (_TAGGED, [query.tag])
    return [(walked, query.tag, prefix), ("jobs", query.tag, ("type = ?", [q])), ("jobs", q, also)]


_TAGGED = "EXISTS (SELECT 1 FROM tags AS o WHERE o.tag = ? AND (o.at, o.job) = (created_at, id))"


def _select(table: str, what: str, query: Query, tag: str | None, way: Statement | None = None) -> Statement:
    """The newest rows of a table that fit; with a `tag` along its entries."""
    columns = OF_JOBS if tag is None else OF_TAGS
    terms = _filters(query, columns)
    source = table
    if tag is not None:
        # CROSS: SQLite is to walk the entries and look up each job, in the order of the entries.
        source, what = f"tags AS t CROSS JOIN {table} AS l ON l.num = t.num", f"l.{what}"
        terms.insert(0, ("t.tag = ?", [tag]))
    if way is not None:
        terms.append(way)
    where = " AND ".join(sql for sql, _ in terms)
    values = [value for _, parameters in terms for value in parameters]
    return f"SELECT {what} FROM {source} WHERE {where} {_order(columns)}", [*values, query.limit]  # values apart # nosec B608


def _order(columns: tuple[str, str]) -> str:
    return f"ORDER BY {columns[0]} DESC, {columns[1]} DESC LIMIT ?"
