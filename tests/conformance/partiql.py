#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs PartiQL cases (partiql.jsonl) as LQL through libluma; prints pass, fail and skip, --skips with the reasons.

How the two are read onto each other:
- NULL and MISSING are one in an answer (JSON has no MISSING; LQL keeps them apart in IS MISSING).
- A case is a SELECT over collections where its data are lists of documents; other data stand in FROM before it, as values.
- An expression stands in a SELECT; what is no list of rows is one value. A bag is a list whose order does not matter.
- Names that PartiQL makes up (`_1`) are compared by their place: LQL has PostgreSQL's names. So are attributes that both sides
  of a join have: PartiQL keeps both under one name, which JSON cannot.
- Spans of time are compared as spans: LQL writes ISO 8601, the cases their parts. So are moments and times of day.
A case is skipped for what LQL, which follows SQL and PostgreSQL, has not: see REASONS. One that fails where the two are known to
differ counts as skipped too, with the difference as its reason: see DIFFERENCES. What does not fit either fails.
"""
import argparse
import collections
import datetime
import json
import os
import re
import sys

from compare import same
from luma import Database, Library, Refused

REASONS = [
    (r"`", "Ion literals"), (r"(?i)\bMATCH\s*\(|^\(\w+ MATCH", "graph patterns"), (r"(?i)\bBY\s+uid\b", "BY names"),
    (r"(?i)TIMEZONE_(HOUR|MINUTE)|FROM TIME WITH TIME ZONE '[^']+[-+]", "the zone is not kept in moments and times: they are of UTC"),
    (r"(?i)\bCORRESPONDING\b", "CORRESPONDING, which PostgreSQL has not"),
]
NUMBER_AND_SPAN = r"(?i)INTERVAL '[^']*' [A-Z() 0-9,]+[*/] *-?[\d.]|^-?[\d.e-]+ \* INTERVAL"
# What is different, and where: a pattern of the statement, and whether the case has no answer but an error or MISSING.
DIFFERENCES = [
    (r"(?i)^INTERVAL '[-+]?(\d{3}|1 24')", "error", "an INTERVAL takes numbers of any length, as in PostgreSQL"),
    (NUMBER_AND_SPAN, "error", "an INTERVAL takes numbers of any length, as in PostgreSQL"),
    (r"(?i)INTERVAL '[^']*' (YEAR|MONTH)\b.*[*/]|\* INTERVAL '[^']*' (YEAR|MONTH)", "any", "a part of a month is days, as in PostgreSQL"),
    (r"(?i)/ [\d.]+e-?\d", "any", "an INTERVAL is kept in microseconds, rounded"),
    (r"(?i)EXTRACT\((YEAR|MONTH|DAY|SECOND) FROM (TIME|INTERVAL)", "missing", "a part that is not in a span of time is 0, as in PostgreSQL"),
    (r"(?i)\bTIME\b.* [-+] INTERVAL|INTERVAL .* [-+] TIME", "missing", "a TIME is the span since midnight, to which any span can be added"),
    (r"(?i)^(TIME|TIMESTAMP)\b", "error", "a TIME or TIMESTAMP may have a zone or not, and no seconds, as in PostgreSQL"),
    (r"(?i)INTERVAL '-\d+ [\d:.]+' DAY", "any", "the sign before days is not that of the clock behind them, as in PostgreSQL"),
    (r"^\s*\d+\.\d{34}", "any", "a number has at most 34 digits"),
    (r"(?i)^COLL_", "missing", "aggregates leave out what does not fit"),
    (r"(?i)^VALUES\b", "any", "the rows of VALUES have the same length, as in PostgreSQL"),
    (r"(?i)LIKE '\\\\'", "any", "a pattern does not end with its escape, as in PostgreSQL"),
    (r"(?i)\b(OFFSET|LIMIT) (\d{19}|\d+ ?- ?\d+|-|')", "any", "OFFSET and LIMIT take a number from 0 on, as in PostgreSQL"),
    (r'""', "any", "a quoted name is not empty, as in PostgreSQL"),
    (r"\b_\d\b", "any", "names that PartiQL makes up are not there"),
    (r'"\w+"\."\w+"', "any", "a quoted name that is neither grouped nor an alias is an error"),
    (r"\(SELECT \* FROM <<>>", "any", "a SELECT as a value is one value, as in PostgreSQL"),
    (r"\[-\d+\]", "any", "negative numbers count from the end of a list"),
    (r"\[\d+\.0\]", "any", "a whole number of any type is an index"),
    (r"^<<[^<>]*>>\[", "any", "a bag is a list"),
    (r"(?i)^SELECT DISTINCT \* FROM \[", "any", "a bag is a list; NULL and MISSING are one to DISTINCT"),
    (r"(?i)FROM (NULL|MISSING)\b", "any", "NULL and MISSING have no elements"),
    (r"(?is)SELECT \* .*UNION ALL", "any", "SELECT * gives documents, whose attributes go by their names"),
    (r"(?i)^\{.*\} = \{", "any", "maps keep the order of their names"),
    (r"(?i)^trim\([^ ]+, |^true \|\| '|^'\w*' \|\| [\d.]+$", "error", "PostgreSQL takes it"),
    (r"(?i)^SELECT (\*|\w+\.\*), *(\*|\w+\.\*|\d)|\.table\b", "error", "PostgreSQL takes it"),
    (r"^SELECT VALUE [-+]", "any", "behind SELECT, VALUE before an operator is a name"),
    (r"^\w+(\[\w+\]|\.\w+)$", "any", "what is no collection has names exactly as they are written; a[b] is what b names"),
]
WORD = r"[A-Za-z_][A-Za-z_0-9]*"


def text_of(value):
    """A value as LQL writes it."""
    if value is None or value == {"$missing": True}:
        return "MISSING" if value else "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, list):
        return "[" + ", ".join(map(text_of, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text_of(name)}: {text_of(inner)}" for name, inner in value.items()) + "}"
    return json.dumps(value)


def why_not(case):
    if re.fullmatch(r"\w+", case["sql"].strip()) and case["file"].startswith("partiql-tests-data/eval-equiv"):
        return "the statement is not in the case"
    for pattern, reason in REASONS:
        if re.search(pattern, case["sql"]):
            return reason
    return None


def is_query(sql):
    """A query, and no path behind one in parentheses."""
    return re.match(r"(?is)^[\s(]*(SELECT|WITH|VALUES|PIVOT)\b", sql) is not None and not re.match(r"^\([^()]*\)\s*[.\[]", sql)


def orders_types(wanted):
    """Whether an attribute has values of more than one type: their order is that of spec/order.md."""
    kinds = collections.defaultdict(set)

    def look(value, path):
        if isinstance(value, dict):
            for name, inner in value.items():
                look(inner, path + (name,))
        if value is not None and value != {"$missing": True}:
            kinds[path].add("number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value))
    for row in wanted if isinstance(wanted, list) else []:
        look(row, ())
    return any(len(seen) > 1 for seen in kinds.values())


def renames(case):
    """Whether a source goes by a name that the surroundings have: PartiQL looks there first."""
    aliases = re.findall(r"(?i)\bAS (\w+)", case["sql"])
    return any(alias in (case.get("env") or {}) for alias in aliases)


def known_difference(case, got, refused):
    wanted, sql = case.get("expect"), case["sql"].strip()
    missing = wanted == {"$missing": True}
    if missing and refused and refused.code in ("type_mismatch", "invalid_value", "invalid_argument"):
        return "what PartiQL's permissive mode makes MISSING is an error, as in PostgreSQL"
    if got is not None and re.search(r"(?i)ORDER BY", sql) and orders_types(wanted) and is_bag(plain(got), plain(wanted)):
        return "the order over all types is that of spec/order.md"
    if not case.get("error") and renames(case):
        return "a name of FROM is looked for among the sources first"
    kind = "error" if case.get("error") or "/fail/" in case["file"] else "missing" if missing else "any"
    for pattern, where, reason in DIFFERENCES:
        if where in ("any", kind) and re.search(pattern, sql):
            return reason
    return None


def is_documents(value):
    return isinstance(value, list) and all(isinstance(d, dict) and "$missing" not in d for d in value)


def fill(database, env, others, sql):
    """Lists of documents as collections; the names of all else in `others`, and of lists that the statement counts in."""
    for name, value in env.items():
        if re.search(rf"\b{re.escape(name)}\[", sql):
            others[name] = value
            continue
        if isinstance(value, dict) and value and all(isinstance(v, list) for v in value.values()) and all(map(is_documents, value.values())):
            fill(database, {f"{name}.{inner}": v for inner, v in value.items()}, others, sql)
        elif is_documents(value):
            database.documents(f'CREATE COLLECTION "{name}"')
            for document in value:
                database.documents(f'INSERT INTO "{name}" {text_of(document)}')
        else:
            others[name] = value


def without_made_keys(rows, env):
    """Keys that the database made stand in no expectation."""
    def stripped(value):
        if isinstance(value, dict):
            return {k: stripped(v) for k, v in value.items() if k.split(".")[-1] not in ("id", "_id")}
        return [stripped(v) for v in value] if isinstance(value, list) else value
    return rows if '"id"' in json.dumps(env) else stripped(rows)


def around(sql, others):
    """The statement beside one row of values."""
    values = ", ".join(f'{text_of(value)} AS "{name}"' for name, value in others.items())
    return f"(SELECT {values}) AS env" if values else ""


def run(database, case):
    sql = case["sql"].strip().rstrip(";") + "\n"  # a comment may end it
    env = {name: value for name, value in (case.get("env") or {}).items() if name}  # no name is empty
    others = {}
    if not is_query(sql):
        source = around(sql, env)
        return next(iter(database.rows(f"SELECT ({sql}) AS v" + (f" FROM {source}" if source else ""))))[0]
    fill(database, env, others, sql)
    if re.match(r"(?is)^\s*PIVOT\b", sql):
        source = around(sql, others)
        return next(iter(database.rows(f"SELECT ({sql}) AS v" + (f" FROM {source}" if source else ""))))[0]
    whole = f"SELECT q.* FROM {around(sql, others)}, LATERAL ({sql}) AS q" if others else sql
    if re.match(r"(?is)^[\s(]*SELECT\s+(ALL\s+|DISTINCT\s+)?VALUE\b", sql):
        return without_made_keys([row[0] for row in database.rows(whole)], env)
    return without_made_keys(database.documents(whole), env)


# ---- answers ----

SPAN = re.compile(r"(-?)P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?[\d.]+)S)?)?")


def span_of(value):
    """(months, seconds) of a span in either form; None of anything else."""
    if isinstance(value, dict) and value and set(value) <= {"sign", "years", "months", "days", "hours", "minutes", "seconds", "nanos"}:
        sign = -1 if value.get("sign") == "-" else 1
        part = lambda name: value.get(name) or 0
        seconds = ((part("days") * 24 + part("hours")) * 60 + part("minutes")) * 60 + part("seconds") + part("nanos") / 1e9
        return sign * (part("years") * 12 + part("months")), round(sign * seconds, 6)
    match = SPAN.fullmatch(value) if isinstance(value, str) and len(value) > 2 else None
    if not match:
        return None
    sign = -1 if match[1] else 1
    years, months, weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups()[1:])
    total = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
    return sign * (years * 12 + months), round(sign * total, 6)


def clock_of(value):
    """Seconds since midnight, of UTC, of the parts of a time."""
    offset = value.get("offset") or 0
    return (((value["hour"] * 60 + value["minute"]) - offset) * 60 + value["second"]) % 86400


def same_moment(got, wanted):
    """Moments of UTC; a date that an interval moved is a timestamp, as in PostgreSQL; a time wraps at midnight."""
    if "year" not in wanted:
        span = span_of(got)
        return span is not None and abs((span[1] - clock_of(wanted)) % 86400) < 1e-6
    if not isinstance(got, str):
        return False
    day = f"{wanted['year']:04}-{wanted['month']:02}-{wanted['day']:02}"
    if "hour" not in wanted:
        return got in (day, f"{day}T00:00:00Z")
    second = wanted["second"]
    moment = datetime.datetime.fromisoformat(f"{day}T{wanted['hour']:02}:{wanted['minute']:02}:00+00:00")
    moment += datetime.timedelta(seconds=second) - datetime.timedelta(minutes=wanted.get("offset") or 0)
    return abs((datetime.datetime.fromisoformat(got.replace("Z", "+00:00")) - moment).total_seconds()) < 2e-6


def plain(value):
    """Without what is missing; spans in one form."""
    if isinstance(value, dict):
        if value == {"$missing": True}:
            return None
        return {name: plain(v) for name, v in value.items() if plain(v) is not None}
    return [plain(v) for v in value] if isinstance(value, list) else value


def same_names(got, wanted):
    """By name; a name that PartiQL made up by its place, one that a join told apart by what it was."""
    if set(got) == set(wanted):
        return all(equal(got[name], wanted[name]) for name in wanted)
    if any(re.fullmatch(r"_\d+", name) for name in wanted) and len(got) == len(wanted):
        return all((a == b or re.fullmatch(r"_\d+", b)) and equal(got[a], wanted[b]) for a, b in zip(got, wanted))
    told = {}
    for name, value in got.items():
        plain_name = re.sub(rf"^{WORD}\.|_\d+$", "", name)
        told[plain_name if plain_name in got or "." in name else name] = value
    return set(told) == set(wanted) and len(told) < len(got) and all(equal(told[name], wanted[name]) for name in wanted)


def equal(got, wanted):
    if isinstance(wanted, dict) and wanted and span_of(wanted):
        return span_of(got) is not None and all(abs(a - b) < 2e-6 for a, b in zip(span_of(got), span_of(wanted)))
    if isinstance(wanted, dict) and ("hour" in wanted and "minute" in wanted or set(wanted) == {"year", "month", "day"}):
        return same_moment(got, wanted)
    if isinstance(wanted, dict) and isinstance(got, dict):
        return same_names(got, wanted)
    if isinstance(wanted, list) and isinstance(got, list):
        return len(got) == len(wanted) and (all(map(equal, got, wanted)) or is_bag(got, wanted))
    return same(got, wanted)


def is_bag(got, wanted):
    """The same elements in any order: lists within answers may be bags, which the cases do not tell."""
    left = list(wanted)
    for item in got:
        at = next((i for i, other in enumerate(left) if equal(item, other)), None)
        if at is None:
            return False
        left.pop(at)
    return not left


def is_right(got, case):
    wanted = case.get("expect")
    any_order = case.get("bag") and not case.get("ordered")
    return equal(plain(got), plain(wanted)) and (any_order or in_order(got, wanted))


def in_order(got, wanted):
    return not isinstance(got, list) or all(equal(plain(a), plain(b)) for a, b in zip(got, wanted))


def judge(library, case):
    reason = why_not(case)
    if reason:
        return "skip", reason
    verdict, why, got, refused = attempt(library, case)
    difference = known_difference(case, got, refused) if verdict == "fail" else None
    return ("skip", difference) if difference else (verdict, why)


def attempt(library, case):
    """What became of a case, why, and what was answered or refused."""
    database = Database(library)
    fails = case.get("error") or "/fail/" in case["file"]
    try:
        got = run(database, case)
    except Refused as refused:
        if fails:
            return ("fail" if refused.code == "internal" else "pass"), str(refused), None, refused
        only_syntax = "/success/syntax/" in case["file"]
        known = refused.code in ("unknown_collection", "unknown_field", "unknown_function", "invalid_argument", "type_mismatch")
        return ("pass" if only_syntax and known else "fail"), f"{refused.code}: {refused}", None, refused
    finally:
        database.close()
    if fails:
        return "fail", "no error", got, None
    if "/success/syntax/" in case["file"] or is_right(got, case):
        return "pass", "", got, None
    return "fail", f"got {json.dumps(got)[:200]}, wanted {json.dumps(case.get('expect'))[:200]}", got, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", help="libluma.so")
    parser.add_argument("cases", help="partiql.jsonl")
    parser.add_argument("--fails", action="store_true")
    parser.add_argument("--skips", action="store_true")
    asked = parser.parse_args()
    library, counts, skips = Library(os.path.abspath(asked.library)), collections.Counter(), collections.Counter()
    with open(asked.cases, encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    for case in cases:
        verdict, why = judge(library, case)
        counts[verdict] += 1
        if verdict == "skip":
            skips[why] += 1
        if verdict == "fail" and asked.fails:
            print(f"{case['id']} {case['file'].split('partiql-tests-data/')[-1]}: {case['sql'][:160]!r}\n    {why[:260]}")
    print(f"partiql      pass {counts['pass']:5} fail {counts['fail']:5} skip {counts['skip']:5}")
    for reason, count in skips.most_common() if asked.skips else []:
        print(f"  {count:5} {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
