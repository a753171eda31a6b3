#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs sets of cases in MongoDB's language (*.jsonl, one case a line) through libluma.

Prints pass, fail, skip and differ for each set and kind. A case is skipped, with a reason (--skips counts them), when it is
about an operator, stage or option that the language does not have (unknown_operator, unsupported), or cannot be run as it
is written. It differs when it stands in exceptions.tsv: the case lost something on its way into the set, or is about what only
the other product does. Cases to which MongoDB's documentation gives another answer stand in documented.tsv, are held to that answer, and counted by
themselves. An order is asked for where the command sorts: MongoDB promises none elsewhere. A case that expects an error passes on any error but internal ones. --fails prints what failed and how.
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


HERE = os.path.dirname(os.path.abspath(__file__))


class Skip(Exception):
    """The case cannot be run."""


SET_MAKERS = ("$setUnion", "$setIntersection", "$setDifference", "$addToSet")


def sets_of(case):
    """Names of fields that the case computes as sets: their elements have no order."""
    found = set()

    def look(value):
        if isinstance(value, list):
            for element in value:
                look(element)
        if isinstance(value, dict):
            for name, inner in value.items():
                if isinstance(inner, dict) and any(maker in inner for maker in SET_MAKERS):
                    found.add(name)
                look(inner)
    look({name: case.get(name) for name in ("pipeline", "cmd", "spec")})
    return found


def with_sets_sorted(value, names):
    if isinstance(value, list):
        return [with_sets_sorted(element, names) for element in value]
    if not isinstance(value, dict):
        return value
    return {name: sorted(inner, key=lambda element: json.dumps(element, sort_keys=True))
            if name in names and isinstance(inner, list) else with_sets_sorted(inner, names) for name, inner in value.items()}


class Answer:
    """What came and what was wanted: lists of documents, unless `compare` is another function."""

    def __init__(self, got, wanted, ordered=True, compare=None):
        self.got, self.wanted, self.ordered = plain(got), plain(wanted), ordered
        self.compare = compare or (lambda got, wanted: same_documents(got, wanted, ordered))

    def is_right(self):
        return self.compare(self.got, self.wanted)


def listed(value):
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def fill(database, collection, documents):
    if not all(isinstance(document, dict) and "$date" not in document for document in documents):
        raise Skip("a document that is none")
    if documents:
        database.run({"insert": collection, "documents": documents})


def is_made(key):
    """The database makes ULIDs; no case has one."""
    return isinstance(key, dict) and "$ulid" in key


def without_made_keys(value, given=None, wanted=None):
    """Takes away the keys that the database made, wherever they stand."""
    if isinstance(value, list):
        return [without_made_keys(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {name: without_made_keys(inner) for name, inner in value.items() if name != "_id" or not is_made(inner)}


def without_keys(documents):
    return [{name: value for name, value in document.items() if name != "_id"} for document in documents]


def sort_of(sort):
    """[["a", "desc"], "b"] is {"a": -1, "b": 1}."""
    if not isinstance(sort, list):
        return sort
    pairs = (key if isinstance(key, list) else (key, 1) for key in sort)
    return {name: -1 if way in (-1, "desc") else 1 for name, way in pairs}


# ---- kinds ----

def run_match(database, case):
    fill(database, "c", [case["doc"]])
    got = bool(database.run({"find": "c", "filter": case["filter"]}))
    return Answer(got, case["expect"].get("result"), compare=same)


def add_cursor_options(command, case):
    options = dict(case.get("options") or {})
    for operation in case.get("ops") or []:
        options.update(operation if isinstance(operation, dict) else [operation])
    for name in ("sort", "skip", "limit"):
        if options.get(name) is not None:
            command[name] = sort_of(options[name])
    projection = case.get("projection") or options.get("projection") or options.get("fields")
    if projection:
        command["projection"] = projection


def run_find(database, case):
    if "cmd" in case:
        return run_command(database, case)
    fill(database, "c", case["docs"])
    command = {"find": "c", "filter": case["filter"]}
    add_cursor_options(command, case)
    wanted = listed(case["expect"].get("result"))
    got = without_made_keys(database.run(command), case["docs"], wanted)
    if "n" in case["expect"]:
        return Answer(len(got), case["expect"]["n"], compare=same)
    return Answer(got, wanted, "sort" in command)


def stage_of(stage):
    """(operator, specification)"""
    return next(iter(stage.items())) if isinstance(stage, dict) and len(stage) == 1 else (None, None)


class Named:
    """Collections that a pipeline holds where MongoDB's names them, filled under names."""

    def __init__(self, database):
        self.database, self.count, self.target = database, 0, None

    def name(self, documents):
        if not isinstance(documents, list):
            return documents
        self.count += 1
        name = f"given{self.count}"
        fill(self.database, name, documents)
        return name

    def stage(self, stage):
        operator, spec = stage_of(stage)
        if operator in ("$unionWith", "$out"):
            spec = self.name(spec)
        if isinstance(spec, dict) and operator in ("$lookup", "$graphLookup", "$unionWith", "$merge"):
            spec = {key: self.name(value) if key in ("from", "coll", "into") else value
                    for key, value in spec.items()}
        if operator in ("$out", "$merge"):
            self.target = spec if isinstance(spec, str) else spec.get("into")
        return stage if operator is None else {operator: spec}


def is_sorted(pipeline):
    return any(stage_of(stage)[0] in ("$sort", "$sortByCount", "$bucket", "$bucketAuto") for stage in pipeline)


def run_pipeline(database, documents, pipeline, case):
    fill(database, "c", documents)
    named = Named(database)
    command = {"aggregate": "c", "pipeline": [named.stage(stage) for stage in pipeline]}
    if "collation" in case:
        command["collation"] = case["collation"]
    got = database.run(command)
    if isinstance(named.target, str):
        got = database.run({"find": named.target})
    wanted = listed(case["expect"].get("result"))
    ordered = case.get("ordered", True) and is_sorted(pipeline)
    return Answer(without_made_keys(got, documents, wanted), wanted, ordered)


def run_project(database, case):
    if "spec" in case:
        return run_pipeline(database, [case["doc"]], [{"$project": case["spec"]}], case)
    fill(database, "c", [case["doc"]])
    got = database.run({"find": "c", "projection": case["projection"]})
    wanted = listed(case["expect"].get("result"))
    return Answer(without_made_keys(got, [case["doc"]], wanted), wanted)


def run_unset(database, case):
    return run_pipeline(database, [case["doc"]], [{"$unset": case["spec"][""]}], case)


def run_unwind(database, case):
    return run_pipeline(database, [case["doc"]], [{"$unwind": case["spec"]}], case)


def run_expr(database, case):
    """Some cases have a value in the place of the document: `$$this` names it."""
    expression, document = case["expr"], case["doc"]
    if expression == {}:
        raise Skip("undefined")
    if not isinstance(document, dict) or "$date" in document:
        expression = {"$let": {"vars": {"this": {"$literal": document}}, "in": expression}}
        document = {}
    fill(database, "c", [document])
    got = database.run({"aggregate": "c", "pipeline": [{"$project": {"_id": 0, "r": expression}}]})
    return Answer(got[0].get("r"), case["expect"].get("result"), compare=same)


KEEPING = ("$match", "$sort", "$limit", "$skip", "$addFields", "$set", "$setWindowFields", "$fill", "$lookup", "$graphLookup")


def with_similarity(command, similarity):
    """The command, whose search says what the index said that the set lost."""
    def told(stage):
        operator, spec = stage_of(stage)
        if operator != "$search" or similarity is None:
            return stage
        return {operator: {kind: {**inner, "similarity": similarity} for kind, inner in spec.items()}}
    return {**command, "pipeline": [told(stage) for stage in command["pipeline"]]} if "pipeline" in command else command


def rounded_scores(documents):
    """Scores to six digits: vectors of the other product are of single precision."""
    def is_scored(document):
        return isinstance(document, dict) and "score" in document.get("__cosmos_meta__", {})
    def rounded(score):
        return float(f"{float(plain(score)):.6g}")
    return [{**document, "__cosmos_meta__": {"score": rounded(document["__cosmos_meta__"]["score"])}}
            if is_scored(document) else document for document in documents]


def keeps_keys(command):
    """Each document of the answer is one of the collection's, under its key."""
    return "find" in command or all(stage_of(stage)[0] in KEEPING for stage in command.get("pipeline", [{}]))


def key_of(document):
    return plain(document.get("_id"))


def judges_each(command):
    """What is said of a document does not depend on the others."""
    return "find" in command and "limit" not in command and "skip" not in command


def those_given(command, given, wanted):
    """Some cases lost documents on the way into the set: where each is judged by itself, what is wanted of those that are
    left."""
    keys = [key_of(document) for document in given]
    left = [document for document in wanted if not isinstance(document, dict) or key_of(document) in keys]
    if len(left) < len(wanted) and (not judges_each(command) or not left):
        raise Skip("the case lacks documents that it expects")
    return left


def moments(documents):
    """Some cases have the documents of several moments, one after the other. What was there in the end: the last under each
    key, if those there were changed, or those since a key last came again, if the collection was emptied between."""
    keys = [json.dumps(document.get("_id", {"made": i}), sort_keys=True) for i, document in enumerate(documents)]
    start = 0
    for i, key in enumerate(keys):
        start = i if key in keys[start:i] else start
    changed = list(dict(zip(keys, documents)).values())
    return [changed] if start == 0 else [changed, documents[start:]]


def in_wanted_order(documents, wanted):
    """The documents in the order in which the answer has them, if it has them all: the order in which equal rows, and rows
    without a sort, came in the other product. Each such order is a good one; with it the answer is to be the same."""
    by_key = {json.dumps(key_of(document)): document for document in documents if "_id" in document}
    keys = [json.dumps(key_of(document)) for document in wanted if isinstance(document, dict)]
    is_all = len(by_key) == len(documents) and sorted(by_key) == sorted(keys)
    return [by_key[key] for key in keys] if is_all else documents


def run_command(database, case):
    command, given = case["cmd"], [document for documents in case["colls"].values() for document in documents]
    wanted = [document for document in listed(case["expect"].get("result")) if document is not None]
    if keeps_keys(command):
        wanted = those_given(command, given, wanted)
    contents = {name: moments(documents) for name, documents in case["colls"].items()}
    several = max((len(found) for found in contents.values()), default=1)
    for moment in range(several):
        answer = answer_command(database, case, given, wanted, {name: found[moment % len(found)] for name, found in contents.items()})
        if answer.is_right():
            return answer
    if several > 1:
        raise Skip("the case has several documents under one key, of several moments")
    contents = {name: in_wanted_order(found[0], wanted) for name, found in contents.items()}
    return answer_command(database, case, given, wanted, contents)


def is_approximate(command):
    """A search that looks at some of the vectors."""
    first = command.get("pipeline", [{}])[0]
    search = first.get("$search", {}).get("cosmosSearch", {}) if isinstance(first, dict) else {}
    return "efSearch" in search or "nProbes" in search


def without_missed(got, wanted):
    """Here all vectors are looked at: of the answer what the other product found, too, in our order."""
    keys = [key_of(document) for document in wanted]
    return [document for document in got if key_of(document) in keys]


def answer_command(database, case, given, wanted, contents):
    """The command over collections with these contents, and nothing else."""
    command = case["cmd"]
    for name, documents in contents.items():
        database.run({"delete": name, "deletes": [{"q": {}, "limit": 0}]})
        fill(database, name, documents)
    got = database.run(with_similarity(command, SIMILARITIES.get(case["id"])))
    if "count" in command:
        got = [{"n": next(iter(got[0].values())), "ok": 1}]
    if "distinct" in command:
        got = [{"values": [next(iter(row.values())) for row in got], "ok": 1}]
    ordered = case.get("ordered", True) and ("sort" in command or is_sorted(command.get("pipeline", [])))
    got, wanted = rounded_scores(got), rounded_scores(wanted)
    if is_approximate(command):
        got = without_missed(got, wanted)
    return Answer(without_made_keys(got, given, wanted), wanted, ordered)


def run_aggregate(database, case):
    if "cmd" in case:
        return run_command(database, case)
    return run_pipeline(database, case["docs"], case["pipeline"], case)


def run_update(database, case):
    if "cmd" in case:
        return run_command(database, case)
    is_upsert = not case["doc"]
    if not is_upsert:
        fill(database, "c", [case["doc"]])
    change = {"q": case.get("filter", {}), "u": case["update"], "upsert": is_upsert}
    if "arrayFilters" in case:
        change["arrayFilters"] = case["arrayFilters"]
    database.run({"update": "c", "updates": [change]})
    got, wanted = database.run({"find": "c"}), listed(case["expect"].get("result"))
    if wanted in ([None], []):
        wanted = [] if is_upsert else [case["doc"]]
    has_keys = all("_id" in document for document in wanted)
    return Answer(got if has_keys else without_keys(got), wanted)


def run_upsert(database, case):
    fill(database, "c", case["docs"])
    database.run({"update": "c", "updates": [{"q": case["filter"], "u": case["update"], "upsert": True}]})
    got, wanted = database.run({"find": "c"}), listed(case["expect"].get("result"))
    has_keys = all("_id" in document for document in wanted)
    return Answer(got if has_keys else without_keys(got), wanted)


def run_order(database, case):
    """Documents in the order of the sort in `ctx`; without one, values in ascending order."""
    sort = sort_of(json.loads(case["ctx"]))
    if isinstance(sort, dict):
        documents = [{**value, "_id": i} for i, value in enumerate(case["values"])]
    else:
        documents = [{"_id": i, "a": [value] if isinstance(value, list) else value}
                     for i, value in enumerate(case["values"])]
        sort = {"a": 1}
    fill(database, "c", documents[::-1])
    got = [document["_id"] for document in database.run({"find": "c", "sort": sort})]
    return Answer(got, list(range(len(documents))), compare=same)


KINDS = {"match": run_match, "find": run_find, "project": run_project, "unset": run_unset, "unwind": run_unwind,
         "expr": run_expr, "aggregate": run_aggregate, "update": run_update, "upsert": run_upsert, "order": run_order,
         "count": run_command, "distinct": run_command, "delete": run_command, "find_and_modify": run_command}


def padded(value):
    """Some sets shorten ObjectIds: zeros complete them."""
    if isinstance(value, list):
        return [padded(element) for element in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and re.fullmatch("[0-9a-f]{1,23}", str(value.get("$oid"))):
        return {"$oid": value["$oid"].zfill(24)}
    return {name: padded(inner) for name, inner in value.items()}


def read_by_case(name):
    """Of a file of lines `what TAB cases`: what stands before each case."""
    with open(os.path.join(HERE, name), encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return {case: reason for reason, cases in rows for case in cases.split()}


ROUNDED = {9223372036854776000: 2 ** 63 - 1, -9223372036854776000: -2 ** 63}


def restored(value):
    """The greatest and least whole numbers, which lost their last digits on the way into the set."""
    if isinstance(value, list):
        return [restored(element) for element in value]
    if isinstance(value, dict):
        return {name: restored(inner) for name, inner in value.items()}
    return ROUNDED.get(value, value) if isinstance(value, int) else value


def judge(library, case):
    """(verdict, why); where it fails, once more with the numbers that it is likely to have meant."""
    verdict, why = judge_as_is(library, case)
    meant = restored(case)
    if verdict == "fail" and meant != case:
        again, _ = judge_as_is(library, meant)
        return (again, why) if again == "pass" else (verdict, why)
    return verdict, why


def judge_as_is(library, case):
    database = Database(library)
    try:
        return judge_in(database, case)
    finally:
        database.close()


def judge_in(database, case):
    error = case["expect"].get("error")
    case = padded(case)
    if case.get("undef"):
        return "skip", "undefined"
    try:
        answer = KINDS[case["kind"]](database, case)
    except Skip as skip:
        return "skip", str(skip)
    except Refused as refused:
        if error:
            return ("fail" if refused.code == "internal" else "pass"), str(refused)
        if refused.code in ABSENT:
            return "skip", re.sub(r" \([^()]*\)$", "", str(refused))
        return "fail", f"{refused.code}: {refused}"
    if error:
        return "fail", "no error, wanted: " + case["expect"].get("message", "one")
    names = sets_of(case)
    answer.got, answer.wanted = with_sets_sorted(answer.got, names), with_sets_sorted(answer.wanted, names)
    if "ids" in case["expect"]:
        answer.got, answer.wanted = [key_of(document) for document in answer.got], case["expect"]["ids"]
    return ("pass", "") if answer.is_right() else ("fail", f"got    {answer.got}\n     wanted {answer.wanted}")


def read_documented():
    """What MongoDB's documentation makes of a case: its `expect`."""
    with open(os.path.join(HERE, "documented.tsv"), encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return {case: json.loads(expect) for _, expect, cases in rows for case in cases.split()}


EXCEPTIONS = read_by_case("exceptions.tsv")
DOCUMENTED = read_documented()
SIMILARITIES = read_by_case("similarities.tsv")


def run_case(library, case):
    if case["id"] in EXCEPTIONS:
        return "differ", EXCEPTIONS[case["id"]]
    if case["id"] in DOCUMENTED:
        verdict, why = judge(library, {**case, "expect": DOCUMENTED[case["id"]]})
        return ("documented" if verdict == "pass" else "fail"), why
    return judge(library, case)


def question_of(case):
    """The case without what every kind has."""
    left_out = ("id", "src", "kind", "test", "file", "expect", "ordered", "ext")
    return json.dumps({name: value for name, value in case.items() if name not in left_out}, ensure_ascii=False)


def read_cases(path, asked):
    with open(path, encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    wanted = {"kind": asked.kind, "file": asked.file, "id": asked.id}
    return [case for case in cases if case.get("kind") in KINDS
            and all(value in (None, case.get(name)) for name, value in wanted.items())]


def run_set(library, name, cases, asked, skips):
    """Prints a line for each kind; answers the totals."""
    counts = collections.defaultdict(collections.Counter)
    for case in cases:
        verdict, why = run_case(library, case)
        counts[case["kind"]][verdict] += 1
        if verdict in ("skip", "differ"):
            skips[verdict, why] += 1
        if verdict == "fail" and asked.fails:
            print(f"FAIL {case['id']} {case['kind']} {why}\n     {question_of(case)[:asked.width]}")
    for kind, count in counts.items():
        print(f"{name:12} {kind:16} pass {count['pass']:5} fail {count['fail']:5} skip {count['skip']:5} differ {count['differ']:5} documented {count['documented']:5}")
    return sum(counts.values(), collections.Counter())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", help="libluma.so")
    parser.add_argument("folder", help="where the sets are")
    for name in ("set", "kind", "file", "id"):
        parser.add_argument("--" + name)
    parser.add_argument("--fails", action="store_true")
    parser.add_argument("--skips", action="store_true")
    parser.add_argument("--width", type=int, default=1000, help="how much of a failed case is shown")
    asked = parser.parse_args()
    library, skips, totals = Library(os.path.abspath(asked.library)), collections.Counter(), collections.Counter()
    for path in sorted(glob.glob(os.path.join(asked.folder, "*.jsonl"))):
        name = os.path.basename(path)[:-len(".jsonl")]
        if asked.set in (None, name):
            totals += run_set(library, name, read_cases(path, asked), asked, skips)
    if asked.skips:
        for (verdict, why), count in skips.most_common():
            print(f"{verdict:6} {count:5}  {why}")
    print(f"{'total':29} pass {totals['pass']:5} fail {totals['fail']:5} skip {totals['skip']:5} differ {totals['differ']:5} documented {totals['documented']:5}")
    return 0 if totals["fail"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
