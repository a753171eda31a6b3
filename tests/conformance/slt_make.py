#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes random queries in the form of sqllogictest, with SQLite's answers: slt_make.py FOLDER [SEED [COUNT]].

Only what SQLite and PostgreSQL agree on: no division by zero, no texts beside numbers, NULLs ordered by other keys.
"""
import os
import random
import sqlite3
import sys

from slt import digest, shown, sort_values
from slt_families import FAMILIES

HASH_FROM = 12


class Maker:
    def __init__(self, path, seed):
        self.random, self.oracle = random.Random(seed), sqlite3.connect(":memory:")
        self.out = open(path, "w", encoding="utf-8")

    def statement(self, text):
        self.oracle.execute(text)
        self.out.write(f"statement ok\n{text}\n\n")

    def query(self, text, kind="I", how="rowsort"):
        rows = self.oracle.execute(text).fetchall()
        if not rows and self.random.random() < 0.8:
            return False
        width = len(rows[0]) if rows else 1
        types = kind * width if len(kind) == 1 else kind
        shown_rows = [[shown(value, k) for value, k in zip(row, types)] for row in rows]
        values = sort_values(shown_rows, how)
        self.out.write(f"query {types} {how}\n{text}\n----\n")
        if len(values) > HASH_FROM:
            values = [f"{len(values)} values hashing to {digest(values)}"]
        self.out.write("".join(value + "\n" for value in values) + "\n")
        return True

    def queries(self, count, make):
        done = 0
        for _ in range(count * 30):
            if done == count:
                return
            try:
                done += self.query(*make())
            except sqlite3.Error as error:
                raise SystemExit(f"the oracle refuses what was made: {error}") from error

    def pick(self, *options):
        return self.random.choice(options)

    def some(self, options, least, most):
        return self.random.sample(options, self.random.randint(least, min(most, len(options))))


# ---- one table, SELECTs within ----

COLUMNS = list("abcde")


def fill_table(maker, name, nulls):
    maker.statement(f"CREATE TABLE {name}(a INTEGER, b INTEGER, c INTEGER, d INTEGER, e INTEGER)")
    for i in range(30):
        values = [100 + 5 * i + k for k in range(5)]
        maker.random.shuffle(values)
        texts = ["NULL" if maker.random.random() < nulls else str(value) for value in values]
        columns = maker.random.sample(COLUMNS, 5)
        maker.statement(f"INSERT INTO {name}({','.join(columns)}) VALUES({','.join(texts)})")


def number(maker, depth=0):
    column, other = maker.pick(*COLUMNS), maker.pick(*COLUMNS)
    simple = [column, f"{column}-{other}", f"abs({column}-{other})", f"{column}+{other}*2", str(maker.random.randint(1, 300)),
              f"({'+'.join(COLUMNS)})/5", f"coalesce({column},{other},0)", f"nullif({column},{other})"]
    if depth > 1:
        return maker.pick(*simple)
    nested = [f"CASE WHEN {condition(maker, depth + 1)} THEN {number(maker, depth + 1)} ELSE {number(maker, depth + 1)} END",
              f"CASE {column}+1 WHEN {other} THEN 111 WHEN {maker.pick(*COLUMNS)} THEN 222 ELSE 333 END",
              f"(SELECT count(*) FROM t1 AS x WHERE x.{other}<t1.{column})",
              f"(SELECT max(x.{other}) FROM t1 AS x WHERE x.{column}<=t1.{column})"]
    return maker.pick(*simple, *nested)


def condition(maker, depth=0):
    column, other = maker.pick(*COLUMNS), maker.pick(*COLUMNS)
    values = ",".join(str(maker.random.randint(100, 250)) for _ in range(4))
    low = maker.random.randint(100, 200)
    simple = [f"{column}>{other}", f"{column} BETWEEN {other}-2 AND {maker.pick(*COLUMNS)}+2", f"{column}>{low}",
              f"{column} NOT BETWEEN {low} AND {low + 50}", f"{column} IS NULL", f"{column} IS NOT NULL", f"{column} IN ({values})",
              f"{column} NOT IN ({values})", f"({column}>{other}-2 AND {column}<{other}+2)"]
    if depth > 1:
        return maker.pick(*simple)
    nested = [f"EXISTS(SELECT 1 FROM t1 AS x WHERE x.{column}<t1.{other})", f"{column}>(SELECT avg({column}) FROM t1)",
              f"({condition(maker, depth + 1)} OR {condition(maker, depth + 1)})", f"NOT ({condition(maker, depth + 1)})",
              f"{column} IN (SELECT {other} FROM t1 AS x WHERE x.{maker.pick(*COLUMNS)}>{low})",
              f"{column} NOT IN (SELECT x.{other} FROM t1 AS x WHERE x.{other} IS NOT NULL AND x.a>{low})"]
    return maker.pick(*simple, *nested)


def one_table(maker, count, nulls):
    fill_table(maker, "t1", nulls)

    def make():
        items = [number(maker) for _ in range(maker.random.randint(1, 6))]
        where = f" WHERE {f' {maker.pick(chr(65) + chr(78) + chr(68), chr(79) + chr(82))} '.join(condition(maker) for _ in range(maker.random.randint(1, 3)))}" \
            if maker.random.random() < 0.8 else ""
        return (f"SELECT {', '.join(items)} FROM t1{where}",)
    maker.queries(count, make)


# ---- joins of many ----

def many_joins(maker, count, tables=40):
    for n in range(1, tables + 1):
        maker.statement(f"CREATE TABLE t{n}(a{n} INTEGER PRIMARY KEY, b{n} INTEGER, x{n} VARCHAR(40))")
        links = maker.random.sample(range(1, 11), 10)
        for a in range(1, 11):
            maker.statement(f"INSERT INTO t{n} VALUES({a},{links[a - 1]},'table t{n} row {a}')")

    def make():
        chosen = maker.random.sample(range(1, tables + 1), maker.random.randint(2, tables))
        where = [f"{maker.pick(f'a{p}=b{q}', f'b{q}=a{p}')}" for p, q in zip(chosen, chosen[1:])]
        where.append(f"{maker.pick(chr(97), chr(98))}{chosen[-1]}={maker.random.randint(1, 10)}")
        maker.random.shuffle(where)
        sources = [f"t{n}" for n in chosen]
        maker.random.shuffle(sources)
        items = [f"x{n}" for n in maker.some(chosen, 1, 8)]
        return f"SELECT {','.join(items)} FROM {','.join(sources)} WHERE {' AND '.join(where)}", "T"
    maker.queries(count, make)


# ---- compounds ----

def compounds(maker, count):
    for n in range(1, 6):
        maker.statement(f"CREATE TABLE u{n}(a{n} INTEGER, b{n} INTEGER, x{n} VARCHAR(30))")
        for row in range(25):
            maker.statement(f"INSERT INTO u{n} VALUES({maker.random.randint(1, 40)},{maker.random.randint(1, 40)},'u{n} row {row}')")

    def part():
        n = maker.random.randint(1, 5)
        m = maker.random.randint(1, 5)
        where = maker.pick(f"a{n}>{maker.random.randint(1, 30)}", f"b{n} IN ({maker.random.randint(1, 40)},{maker.random.randint(1, 40)},7)",
                           f"NOT (a{n}=b{n} OR a{n}<{maker.random.randint(1, 20)})", f"a{n} IN (SELECT b{m} FROM u{m} WHERE a{m}>9)")
        return f"SELECT {maker.pick('a', 'b')}{n} FROM u{n} WHERE {where}"

    def make():
        text = part()
        for _ in range(maker.random.randint(1, 5)):
            text += f" {maker.pick('UNION', 'UNION ALL', 'EXCEPT', 'UNION')} {part()}"
        return maker.pick((text, "I", "valuesort"), (text + " ORDER BY 1", "I", "nosort"))
    maker.queries(count, make)


# ---- groups, aggregates, odd expressions ----

def small_tables(maker):
    for n, rows in enumerate([(97, 1, 99), (15, 81, 47), (87, 21, 10)]):
        maker.statement(f"CREATE TABLE tab{n}(col0 INTEGER, col1 INTEGER, col2 INTEGER)")
        for k in range(3):
            values = [rows[(k + i) % 3] if k else rows[i] for i in range(3)]
            maker.statement(f"INSERT INTO tab{n} VALUES({','.join(map(str, values))})")


def odd(maker, depth=0):
    column = f"col{maker.random.randint(0, 2)}"
    simple = [column, str(maker.random.randint(0, 99)), f"- {column}", f"+ {column}", f"- - {column}", f"NULLIF({column}, 1)",
              f"COALESCE({column}, {maker.random.randint(0, 99)})", f"CAST({column} AS INTEGER)", f"ABS(- {column})"]
    if depth > 2 or maker.random.random() < 0.4:
        return maker.pick(*simple)
    return f"{odd(maker, depth + 1)} {maker.pick('+', '-', '*')} {maker.pick('', '+ ', '- ')}{odd(maker, depth + 1)}"


def total(maker):
    what = maker.pick("COUNT", "SUM", "MIN", "MAX", "COUNT", "AVG")
    if what == "COUNT" and maker.random.random() < 0.4:
        return "COUNT(*)"
    return f"{what}({maker.pick('', 'ALL ', 'DISTINCT ')}{odd(maker, 2)})"


def odd_condition(maker):
    return maker.pick(f"NOT {odd(maker, 2)} IS NULL", f"NOT ({odd(maker, 1)}) > {odd(maker, 2)}", f"NULL IS NOT NULL OR col0 > {maker.random.randint(0, 99)}",
                      f"{odd(maker, 2)} BETWEEN {odd(maker, 2)} AND {odd(maker, 2)}", f"({odd(maker, 2)}) IN ({odd(maker, 2)}, {odd(maker, 2)})",
                      f"NOT (NULL) = {odd(maker, 2)}", f"({odd(maker, 2)} <> {odd(maker, 2)})")


def groups(maker, count):
    small_tables(maker)

    def make():
        table = f"tab{maker.random.randint(0, 2)}"
        where = f" WHERE {odd_condition(maker)}" if maker.random.random() < 0.4 else ""
        shape = maker.random.randint(0, 4)
        if shape == 0:
            return f"SELECT {maker.pick('', 'ALL ', 'DISTINCT ')}{odd(maker)} FROM {table} AS cor0{where}", "I"
        if shape == 1:
            return f"SELECT {total(maker)} * {maker.random.randint(1, 9)}, {total(maker)} FROM {table}{where}", "R"
        if shape == 2:
            keys = maker.some(["col0", "col1", "col2"], 1, 3)
            having = f" HAVING NOT {total(maker)} IS NULL" if maker.random.random() < 0.4 else ""
            return f"SELECT {', '.join(keys)}, {total(maker)} FROM {table}{where} GROUP BY {', '.join(keys)}{having}", "R"
        if shape == 3:
            return f"SELECT - col{maker.random.randint(0, 2)} AS col1 FROM {table} GROUP BY col0, col1, col2", "I"
        return f"SELECT cor0.col0, cor1.col1 FROM {table} AS cor0, tab{maker.random.randint(0, 2)} AS cor1 WHERE cor0.col0 <> cor1.col1", "I"
    maker.queries(count, make)


# ---- indexes and views ----

def indexes(maker, count):
    for name in ("tab0", "tab1"):
        maker.statement(f"CREATE TABLE {name}(pk INTEGER PRIMARY KEY, col0 INTEGER, col1 FLOAT, col2 TEXT, col3 INTEGER, col4 FLOAT, col5 TEXT)")
    for pk in range(60):
        maker.statement(f"INSERT INTO tab0 VALUES({pk},{maker.random.randint(0, 99)},{maker.random.randint(0, 9999) / 100},"
                        f"'{maker.random.choice('abcdef')}{pk}',{maker.random.randint(0, 99)},{maker.random.randint(0, 9999) / 100},'x{pk % 7}')")
    maker.statement("INSERT INTO tab1 SELECT * FROM tab0")
    maker.statement("CREATE INDEX idx_0 ON tab1 (col0)")
    maker.statement("CREATE INDEX idx_1 ON tab1 (col3 DESC, col1)")
    maker.statement("CREATE UNIQUE INDEX idx_2 ON tab1 (col2)")

    def ask():
        column, value = maker.pick("col0", "col3", "col1", "col4"), maker.random.randint(0, 99)
        return maker.pick(f"{column} > {value}", f"{column} <= {value}", f"{column} BETWEEN {value} AND {value + 20}", f"{column} = {value}",
                          f"{column} IN ({value},{value + 1},{value + 9})", f"{column} IS NULL",
                          f"{column} IN (SELECT {maker.pick('col0', 'col3')} FROM tab0 WHERE col4 > {value})")

    def where():
        text = ask()
        for _ in range(maker.random.randint(0, 3)):
            text = f"({text} {maker.pick('AND', 'OR')} {ask()})"
        return text
    views = [0]

    def make():
        table, text = maker.pick("tab0", "tab1"), where()
        if maker.random.random() < 0.1:
            views[0] += 1
            maker.statement(f"CREATE VIEW view_{views[0]} AS SELECT pk, col0 FROM {table} WHERE {text}")
            return f"SELECT pk, col0 FROM view_{views[0]}", "I"
        if maker.random.random() < 0.2:
            maker.statement(f"UPDATE {table} SET col0 = col0 + 1 WHERE {text}")
            maker.statement(f"DELETE FROM {table} WHERE pk = {maker.random.randint(0, 200)}")
        order = maker.pick(("", "rowsort"), (" ORDER BY 1 DESC", "nosort"), (" ORDER BY 2 DESC, pk", "nosort"))
        return f"SELECT pk, {maker.pick('col0', 'col3')} FROM {table} WHERE {text}{order[0]}", "I", order[1]
    maker.queries(count, make)


FILES = {"one_table": lambda maker, count: one_table(maker, count, 0.0), "nulls": lambda maker, count: one_table(maker, count, 0.2),
         "many_joins": lambda maker, count: many_joins(maker, count // 2), "compounds": compounds, "groups": groups, "indexes": indexes, **FAMILIES}


def main():
    folder, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    for name, write in FILES.items():
        maker = Maker(os.path.join(folder, name + ".test"), f"{seed} {name}")
        maker.out.write(f"# Made by slt_make.py with SQLite's answers, seed {seed}.\n\n")
        write(maker, count)
        maker.out.close()


if __name__ == "__main__":
    main()
