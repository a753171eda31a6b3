#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs sets of cases in MongoDB's language (*.jsonl, one case a line) through libluma.

    run.py LIBRARY DIR [--set NAME] [--kind KIND] [--file FILE] [--fails] [--skips] [--id ID]

Prints pass, fail and skip for each set and kind. A case is skipped when the language says that it does not have the
operator, stage or option that the case is about (unknown_operator, unsupported): --skips counts them by what is
missing. A case that expects an error passes on any error but internal ones. --fails prints what failed and how.
"""
import argparse
import collections
import glob
import json
import os
import re
import sys

from compare import plain, same, same_documents
from luma import Database, Library, Refused

ABSENT = ("unsupported", "unknown_operator")


class Skip(Exception):
    pass


def fill(database, collection, documents):
    """Inserts the documents; answers whether they have a key of their own."""
    for start in range(0, len(documents), 500):
        database.run({"insert": collection, "documents": documents[start:start + 500]})


def without_made_keys(documents, given):
    """Takes away the keys that the database made."""
    if all("_id" in document for document in given) and given:
        return documents
    return [{name: value for name, value in document.items() if name != "_id"} for document in documents]


def judge(got, expect, ordered):
    """Whether a list of documents is what was expected."""
    got = plain(got)
    if "n" in expect:
        return len(got) == expect["n"]
    wanted = plain(expect.get("result"))
    if wanted is None:
        wanted = []
    if not isinstance(wanted, list):
        wanted = [wanted]
    return same_documents(got, wanted, ordered)


# ---- kinds ----

def run_match(database, case):
    fill(database, "c", [case["doc"]])
    return bool(database.run({"find": "c", "filter": case["filter"]})) == case["expect"].get("result")


def add_cursor_options(command, case):
    options = case.get("options") or {}
    for operation in case.get("ops") or []:
        if isinstance(operation, dict):
            options = {**options, **operation}
        else:
            options = {**options, operation[0]: operation[1]}
    sort = options.get("sort")
    if isinstance(sort, list):
        sort = {name: -1 if way in (-1, "desc") else 1
                for name, way in (key if isinstance(key, list) else (key, 1) for key in sort)}
    for name, value in (("sort", sort), ("skip", options.get("skip")), ("limit", options.get("limit"))):
        if value is not None:
            command[name] = value
    projection = case.get("projection") or options.get("projection") or options.get("fields")
    if projection:
        command["projection"] = projection


def run_find(database, case):
    if "cmd" in case:
        return run_command(database, case)
    fill(database, "c", case["docs"])
    command = {"find": "c", "filter": case["filter"]}
    add_cursor_options(command, case)
    got = without_made_keys(database.run(command), case["docs"])
    return judge(got, case["expect"], "sort" in command)


def run_pipeline(database, documents, pipeline, case):
    fill(database, "c", documents)
    got = database.run({"aggregate": "c", "pipeline": pipeline})
    return judge(without_made_keys(got, documents), case["expect"], case.get("ordered", True))


def run_project(database, case):
    if "spec" in case:
        return run_pipeline(database, [case["doc"]], [{"$project": case["spec"]}], case)
    fill(database, "c", [case["doc"]])
    got = database.run({"find": "c", "projection": case["projection"]})
    return judge(without_made_keys(got, [case["doc"]]), case["expect"], True)


def run_unset(database, case):
    return run_pipeline(database, [case["doc"]], [{"$unset": case["spec"][""]}], case)


def run_unwind(database, case):
    return run_pipeline(database, [case["doc"]], [{"$unwind": case["spec"]}], case)


def run_expr(database, case):
    fill(database, "c", [case["doc"]])
    got = plain(database.run({"aggregate": "c", "pipeline": [{"$project": {"_id": 0, "r": case["expr"]}}]}))
    return same(got[0].get("r"), plain(case["expect"].get("result")))


def run_command(database, case):
    for name, documents in case["colls"].items():
        fill(database, name, documents)
    got = plain(database.run(case["cmd"]))
    if "count" in case["cmd"]:
        got = [{"n": next(iter(got[0].values())), "ok": 1}]
    if "distinct" in case["cmd"]:
        raise Skip("the reply of distinct")
    given = [document for documents in case["colls"].values() for document in documents]
    return judge(without_made_keys(got, given), case["expect"], case.get("ordered", True))


def run_aggregate(database, case):
    if "cmd" in case:
        return run_command(database, case)
    if "collation" in case:
        raise Skip("collation")
    return run_pipeline(database, case["docs"], case["pipeline"], case)


def run_update(database, case):
    if "cmd" in case:
        return run_command(database, case)
    is_upsert = not case["doc"]
    if not is_upsert:
        fill(database, "c", [case["doc"]])
    change = {"q": case.get("filter", {}), "u": case["update"]}
    if is_upsert:
        change["upsert"] = True
    if "arrayFilters" in case:
        change["arrayFilters"] = case["arrayFilters"]
    database.run({"update": "c", "updates": [change]})
    got, wanted = plain(database.run({"find": "c"})), plain(case["expect"].get("result"))
    wanted = wanted if isinstance(wanted, list) else [wanted]
    if wanted == [None]:
        wanted = [plain(case["doc"])]
    if not all(document and "_id" in document for document in wanted):
        got = [{name: value for name, value in document.items() if name != "_id"} for document in got]
    return same_documents(got, wanted, True)


def run_upsert(database, case):
    fill(database, "c", case["docs"]) if case["docs"] else None
    database.run({"update": "c", "updates": [{"q": case["filter"], "u": case["update"], "upsert": True}]})
    got, wanted = plain(database.run({"find": "c"})), plain(case["expect"].get("result"))
    if "_id" not in (wanted or {}):
        got = [{name: value for name, value in document.items() if name != "_id"} for document in got]
    return same_documents(got, [wanted], True)


def run_order(database, case):
    """Values in ascending order, or documents under the sort in `ctx`."""
    sort = json.loads(case["ctx"]) if case.get("ctx") else None
    if sort is None:
        documents = [{"_id": i, "a": value} for i, value in enumerate(case["values"])]
        sort = {"a": 1}
    else:
        documents = [{**value, "_id": i} for i, value in enumerate(case["values"])]
    if isinstance(sort, list):
        sort = {name: -1 if way in (-1, "desc") else 1
                for name, way in (key if isinstance(key, list) else (key, 1) for key in sort)}
    fill(database, "c", list(reversed(documents)))
    got = [document["_id"] for document in plain(database.run({"find": "c", "sort": sort}))]
    return got == list(range(len(documents)))


KINDS = {"match": run_match, "find": run_find, "project": run_project, "unset": run_unset, "unwind": run_unwind,
         "expr": run_expr, "aggregate": run_aggregate, "update": run_update, "upsert": run_upsert, "order": run_order,
         "count": run_command, "distinct": run_command, "delete": run_command, "find_and_modify": run_command}


def run_case(library, case):
    """(verdict, why)"""
    if case.get("undef"):
        return "skip", "undefined"
    database = Database(library)
    try:
        good = KINDS[case["kind"]](database, case)
        if case["expect"].get("error"):
            return "fail", "no error, wanted: " + case["expect"].get("message", "one")
        return ("pass", "") if good else ("fail", "another answer")
    except Skip as skip:
        return "skip", str(skip)
    except Refused as refused:
        if case["expect"].get("error"):
            return ("pass", "") if refused.code != "internal" else ("fail", str(refused))
        if refused.code in ABSENT:
            return "skip", re.sub(r" \(.*", "", str(refused))
        return "fail", f"{refused.code}: {refused}"
    finally:
        database.close()


def read_cases(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library")
    parser.add_argument("folder")
    for name in ("set", "kind", "file", "id"):
        parser.add_argument("--" + name)
    parser.add_argument("--fails", action="store_true")
    parser.add_argument("--skips", action="store_true")
    asked = parser.parse_args()
    library, skips = Library(os.path.abspath(asked.library)), collections.Counter()
    totals = collections.Counter()
    for path in sorted(glob.glob(os.path.join(asked.folder, "*.jsonl"))):
        name = os.path.basename(path)[:-6]
        cases = [case for case in read_cases(path) if case.get("kind") in KINDS]
        counts = collections.defaultdict(collections.Counter)
        for case in cases:
            if any(getattr(asked, key) not in (None, value) for key, value in
                   (("set", name), ("kind", case["kind"]), ("file", case.get("file")), ("id", case["id"]))):
                continue
            verdict, why = run_case(library, case)
            counts[case["kind"]][verdict] += 1
            totals[verdict] += 1
            if verdict == "skip":
                skips[why] += 1
            if verdict == "fail" and asked.fails:
                print(f"FAIL {case['id']} {case['kind']} {why}\n     {json.dumps(case, ensure_ascii=False)[:1200]}")
        for kind, count in counts.items():
            print(f"{name:12} {kind:16} pass {count['pass']:5} fail {count['fail']:5} skip {count['skip']:5}")
    if asked.skips:
        for why, count in skips.most_common():
            print(f"skip {count:5}  {why}")
    print(f"{'total':29} pass {totals['pass']:5} fail {totals['fail']:5} skip {totals['skip']:5}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
