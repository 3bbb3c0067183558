"""The statement of a list: keyset pages, so that they stay put while jobs arrive."""

from typing import TypeAlias

from ...core.contexts import ContextQuery
from ..contract import Query

Statement: TypeAlias = tuple[str, list[object]]


LISTED = "SELECT * FROM listed WHERE num IN"
CUT = "SELECT num FROM"
ORDER = "ORDER BY created_at DESC, id DESC LIMIT ?"
SHORT = 12  # characters; the beginning of an id that is shorter fits too many jobs to collect and sort them all


def statement(query: Query) -> Statement:
    """SQL and parameters of a page, newest first."""
    terms = _filters(query)
    if query.q is None:
        return _select("* FROM listed", terms, query.limit)
    # Each way to match has an index of its own; the newest of each are merged and cut again.
    parts = [_select(f"num FROM {table}", [*terms, way], query.limit) for table, way in _ways(query.q)]
    union = " UNION ".join(f"{CUT} ({sql})" for sql, _ in parts)
    parameters = [value for _, values in parts for value in values]
    return f"{LISTED} ({union}) {ORDER}", [*parameters, query.limit]


def contexts(query: ContextQuery) -> Statement:
    """SQL and parameters of a list of error contexts, newest first."""
    named = (("job", query.job), ("code", query.code))
    terms: list[Statement] = [(f"{column} = ?", [value]) for column, value in named if value is not None]
    where = " AND ".join(sql for sql, _ in terms) or "TRUE"
    columns = "id, job, type, stage, attempt, run, code, at, exception, message, traceback"
    values = [value for _, parameters in terms for value in parameters]
    sql = f"SELECT {columns} FROM errors WHERE {where} ORDER BY num DESC LIMIT ?"  # values are parameters # nosec B608
    return sql, [*values, query.limit]


def _filters(query: Query) -> list[Statement]:
    terms: list[Statement] = [("members IS NOT NULL" if query.batches else "members IS NULL", [])]
    for column, value in (
        ("status", query.status),
        ("type", query.type),
        ("owner", query.owner),
        ("batch", query.batch),
    ):
        if value is not None:
            terms.append((f"{column} = ?", [str(value)]))
    if query.tag is not None:
        terms.append(_tagged(query.tag))
    if query.created_after is not None:
        terms.append(("created_at > ?", [query.created_after]))
    if query.before is not None:
        terms.append(("(created_at, id) < (?, ?)", list(query.before)))
    return terms


def _ways(q: str) -> list[tuple[str, Statement]]:
    # A prefix as a range: ids are ASCII, so everything that begins with q lies below q and the highest character.
    prefix: Statement = ("id >= ? AND id < ?", [q, f"{q}\U0010ffff"])
    walked = "jobs INDEXED BY jobs_by_time" if len(q) < SHORT else "jobs"
    return [(walked, prefix), ("jobs", ("type = ?", [q])), ("jobs", _tagged(q))]


def _tagged(tag: str) -> Statement:
    return "num IN (SELECT num FROM tags WHERE tag = ?)", [tag]


def _select(what: str, terms: list[Statement], limit: int) -> Statement:
    where = " AND ".join(sql for sql, _ in terms) or "TRUE"
    values = [value for _, parameters in terms for value in parameters]
    return f"SELECT {what} WHERE {where} {ORDER}", [*values, limit]
