#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs PartiQL cases (partiql.jsonl) as LQL through libluma; prints pass, fail and skip, --skips with the reasons.

A case is skipped for what LQL, which follows SQL and PostgreSQL, has not: Ion literals, SELECT VALUE, PIVOT and UNPIVOT, graph
patterns, MISSING as a value of its own, GROUP AS, bags as values. Constants stand in a SELECT; NULL and MISSING are one.
"""
import argparse
import collections
import json
import os
import re
import sys

from compare import same
from luma import Database, Library, Refused

REASONS = [
    (r"`", "Ion literals"), (r"(?i)\bMATCH\s*\(|^\(\w+ MATCH", "graph patterns"), (r"(?i)\bSELECT\s+(ALL\s+|DISTINCT\s+)?VALUE\b", "SELECT VALUE"),
    (r"(?i)\b(UN)?PIVOT\b", "PIVOT and UNPIVOT"), (r"<<|>>", "bags as values"), (r"(?i)\bMISSING\b", "MISSING as a value"),
    (r"(?i)GROUP\s+AS", "GROUP AS"), (r"(?i)\bOUTER\s+(UNION|INTERSECT|EXCEPT)", "OUTER set operations"), (r"@", "@ before names"),
    (r"(?i)\bCOLL_", "COLL_ functions"), (r"(?i)\bTIME\b", "the type TIME"), (r"(?i)\bBY\s+uid\b", "BY names"), (r"\.\*\.|\[\*\]", "wildcards in paths"),
    (r"(?i)\bINTERVAL\b", "intervals in parts (their JSON differs)"), (r"(?i)\bLET\b", "LET"),
]


def plain(value):
    if isinstance(value, dict):
        if value == {"$missing": True}:
            return None
        return {name: plain(v) for name, v in value.items() if plain(v) is not None}
    return [plain(v) for v in value] if isinstance(value, list) else value


def literal(value):
    return json.dumps(value, ensure_ascii=False)


def why_not(case):
    for pattern, reason in REASONS:
        if re.search(pattern, case["sql"]):
            return reason
    return "MISSING as a value" if "$missing" in json.dumps(case.get("expect")) else None


def is_query(sql):
    return re.match(r"(?is)^[\s(]*(SELECT|WITH|VALUES)\b", sql) is not None


def fill(database, env):
    for name, value in env.items():
        documents = value if isinstance(value, list) else None
        if isinstance(value, dict) and all(isinstance(v, list) for v in value.values()):
            fill(database, {f"{name}.{inner}": v for inner, v in value.items()})
        elif documents and all(isinstance(d, dict) for d in documents):
            for document in documents:
                database.documents(f'INSERT INTO "{name}" {literal(document)}')
        elif documents == []:
            database.documents(f'CREATE COLLECTION "{name}"')


def without_made_keys(rows, env):
    has_keys = '"id"' in json.dumps(env)
    return rows if has_keys else [{k: v for k, v in row.items() if k not in ("id", "_id")} for row in rows]


def run(database, case):
    sql, env = case["sql"].strip().rstrip(";"), case.get("env") or {}
    fill(database, env)
    if is_query(sql):
        return without_made_keys(database.documents(sql), env)
    scalars = ", ".join(f'{literal(v) if not isinstance(v, str) else chr(39) + v.replace(chr(39), chr(39) * 2) + chr(39)} AS "{k}"'
                        for k, v in env.items())
    source = f" FROM (SELECT {scalars}) AS env" if scalars else ""
    return next(iter(database.rows(f"SELECT ({sql}) AS v{source}")))[0]


def is_right(got, case):
    wanted = plain(case.get("expect"))
    got = plain(got)
    if isinstance(got, list) and isinstance(wanted, list) and case.get("bag") and not case.get("ordered"):
        left = list(wanted)
        for item in got:
            at = next((i for i, other in enumerate(left) if same(item, other)), None)
            if at is None:
                return False
            left.pop(at)
        return not left
    return same(got, wanted)


def judge(library, case):
    reason = why_not(case)
    if reason:
        return "skip", reason
    database = Database(library)
    fails = case.get("error") or "/fail/" in case["file"]
    try:
        got = run(database, case)
    except Refused as refused:
        if fails:
            return ("fail" if refused.code == "internal" else "pass"), str(refused)
        only_syntax = "/success/syntax/" in case["file"]
        known = refused.code in ("unknown_collection", "unknown_field", "unknown_function", "invalid_argument")
        return ("pass" if only_syntax and known else "fail"), f"{refused.code}: {refused}"
    finally:
        database.close()
    if fails:
        return "fail", "no error"
    if "/success/syntax/" in case["file"] or is_right(got, case):
        return "pass", ""
    return "fail", f"got {json.dumps(got)[:200]}, wanted {json.dumps(case.get('expect'))[:200]}"


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
