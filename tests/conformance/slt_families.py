# SPDX-License-Identifier: MIT
"""More families of random statements for slt_make.py: constants, aggregates, joins of few tables, membership, changes, views on views.

Each takes a Maker and how many queries to make. What SQLite and PostgreSQL do differently is not made (see slt_make.py).
"""

SMALL = [f"col{n}" for n in range(3)]


# ---- expressions of constants, with and without aggregates ----

def signs(maker):
    return "".join(maker.pick("- ", "+ ") for _ in range(maker.pick(0, 0, 0, 1, 1, 2, 3)))


def constant(maker, depth=0, leaves=()):
    """An integer expression; `leaves` are what it may stand on beside numbers."""
    number = str(maker.random.randint(0, 99))
    simple = [number, number, "NULL", "CAST ( NULL AS INTEGER )", f"CAST ( {number} AS INTEGER )", *leaves, *leaves]
    if depth > 2 or maker.random.random() < 0.3:
        return signs(maker) + maker.pick(*simple)

    def again():
        return constant(maker, depth + 1, leaves)
    nested = [f"( {again()} )", f"COALESCE ( {again()}, {again()}, {number} )", f"NULLIF ( {again()}, {again()} )", f"ABS ( {again()} )",
              f"CASE {again()} WHEN {again()} THEN {again()} WHEN {again()} THEN {again()} ELSE {again()} END",
              f"CASE {again()} WHEN {again()} THEN {again()} END", f"CASE WHEN {decided(maker, depth + 1, leaves)} THEN {again()} ELSE {again()} END",
              f"{again()} {maker.pick('+', '-', '*')} {again()}", f"{again()} / NULLIF ( {again()}, 0 )",
              f"{again()} * {signs(maker)}{maker.pick(*simple)}", f"( {again()} ) / {maker.random.randint(1, 40)}"]
    return signs(maker) + maker.pick(*nested)


def decided(maker, depth=0, leaves=()):
    """A condition."""
    def value():
        return constant(maker, depth + 1, leaves)
    simple = [f"{value()} {maker.pick('<', '<=', '>', '>=', '=', '<>')} {value()}", f"{value()} IS NULL", f"{value()} IS NOT NULL",
              f"NOT {value()} IS NULL", f"( {value()} ) IN ( {value()}, {value()} )", f"{value()} NOT IN ( {value()}, {value()}, {value()} )",
              f"{value()} BETWEEN {value()} AND {value()}", f"NOT ( {value()} ) NOT BETWEEN {value()} AND ( {value()} )", "NULL IS NOT NULL"]
    if depth > 1:
        return maker.pick(*simple)
    return maker.pick(*simple, f"NOT ( {decided(maker, depth + 1, leaves)} )",
                      f"( {decided(maker, depth + 1, leaves)} {maker.pick('AND', 'OR')} {decided(maker, depth + 1, leaves)} )")


def aggregate(maker, inner):
    what = maker.pick("COUNT", "SUM", "MIN", "MAX")
    if what == "COUNT" and maker.random.random() < 0.5:
        return "COUNT ( * )"
    return f"{what} ( {maker.pick('', 'ALL ', 'DISTINCT ')}{inner()} )"


def constants(maker, count):
    maker.statement("CREATE TABLE unused(a INTEGER)")

    def make():
        names = maker.pick(("", ""), (" AS col0", " AS col1"), (" col2", " col0"))
        leaves = [aggregate(maker, lambda: str(maker.random.randint(0, 99))) for _ in range(2)] if maker.random.random() < 0.5 else []
        items = f"{constant(maker, 0, leaves)}{names[0]}"
        if maker.random.random() < 0.4:
            items += f", {constant(maker, 0, leaves)}{names[1]}"
        where = f" WHERE {decided(maker)}" if not leaves and maker.random.random() < 0.2 else ""
        return f"SELECT {maker.pick('', 'ALL ', 'DISTINCT ')}{items}{where}", "I"
    maker.queries(count, make)


# ---- few tables with the same columns ----

def small_tables(maker, name, rows, nulls, high=99):
    for n in range(3):
        maker.statement(f"CREATE TABLE {name}{n}(col0 INTEGER, col1 INTEGER, col2 INTEGER)")
        for _ in range(rows):
            values = ["NULL" if maker.random.random() < nulls else str(maker.random.randint(0, high)) for _ in SMALL]
            maker.statement(f"INSERT INTO {name}{n} VALUES({','.join(values)})")


def joined(maker, name="tab"):
    """FROM of one to three tables, and the columns that can be named there."""
    tables = [(f"{name}{maker.random.randint(0, 2)}", f"cor{n}") for n in range(maker.pick(1, 1, 2, 2, 3))]
    if len(tables) == 1 and maker.random.random() < 0.5:
        return tables[0][0], SMALL + [f"{tables[0][0]}.{column}" for column in SMALL]
    text = f"{tables[0][0]} {maker.pick('AS ', '')}{tables[0][1]}"
    listed = maker.random.random() < 0.3  # a comma binds less than JOIN, but not in SQLite: never both
    for place, (table, alias) in enumerate(tables[1:], 1):
        before = f"cor{maker.random.randint(0, place - 1)}.{maker.pick(*SMALL)}"
        on = maker.pick(f"{before} = {alias}.{maker.pick(*SMALL)}", f"{before} < {alias}.col1 AND {alias}.col0 <> 3", f"NOT {before} IS NULL",
                        f"{before} = {alias}.col0 OR {alias}.col2 > 60", f"{before} + 1 = {alias}.col1 * 1 AND {alias}.col2 IS NOT NULL")
        text += f", {table} AS {alias}" if listed else maker.pick(f" CROSS JOIN {table} {alias}", f" INNER JOIN {table} AS {alias} ON {on}",
                           f" JOIN {table} AS {alias} ON {on}", f" LEFT JOIN {table} AS {alias} ON {on}",
                           f" LEFT OUTER JOIN {table} {alias} ON ( {on} )", f" RIGHT JOIN {table} AS {alias} ON {on}",
                           f" FULL OUTER JOIN {table} AS {alias} ON {on}")
    return text, [f"{alias}.{column}" for _, alias in tables for column in SMALL]


def selects(maker, count):
    small_tables(maker, "tab", 5, 0.15, 9)

    def make():
        source, columns = joined(maker)
        shape = maker.random.randint(0, 5)
        where = f" WHERE {decided(maker, 0, columns)}" if maker.random.random() < 0.5 else ""
        if shape == 0:
            return f"SELECT {maker.pick('*', 'ALL *', 'DISTINCT *')} FROM {source}{where}", "I"
        if shape == 1:
            return f"SELECT {aggregate(maker, lambda: constant(maker, 1, columns))} FROM {source}{where}", "I"
        if shape == 2:
            keys = maker.some(columns, 1, 3)
            items = [constant(maker, 1, keys) for _ in range(2)] + [aggregate(maker, lambda: constant(maker, 2, columns))]
            having = f" HAVING {decided(maker, 1, keys + ['COUNT ( * )'])}" if maker.random.random() < 0.5 else ""
            return f"SELECT {maker.pick('', 'DISTINCT ')}{', '.join(items)} FROM {source}{where} GROUP BY {', '.join(keys)}{having}", "I"
        items = [constant(maker, 1, columns) for _ in range(maker.random.randint(1, 4))]
        text = f"SELECT {maker.pick('', 'ALL ', 'DISTINCT ')}{', '.join(items)} FROM {source}{where}"
        return (f"{text} ORDER BY {', '.join(str(n + 1) + maker.pick('', ' DESC') + ' NULLS LAST' for n in range(len(items)))}", "I", "nosort") \
            if maker.random.random() < 0.4 else (text, "I")
    maker.queries(count, make)


# ---- IN, EXISTS, SELECTs as values ----

def membership(maker, count):
    small_tables(maker, "set", 4, 0.2, 6)
    maker.statement("CREATE TABLE words(a VARCHAR(10) PRIMARY KEY, b INTEGER)")
    maker.statement("CREATE TABLE only(a INTEGER UNIQUE)")
    for n, word in enumerate(("one", "two", "three")):
        maker.statement(f"INSERT INTO words VALUES('{word}',{n})")
        maker.statement(f"INSERT INTO only VALUES({n})")
    maker.statement("CREATE TABLE empty(a INTEGER)")

    def query(depth):
        n, column = maker.random.randint(0, 2), maker.pick(*SMALL)
        outer = f" WHERE x.{maker.pick(*SMALL)} {maker.pick('=', '<', '<>', '>=')} set{depth}.{maker.pick(*SMALL)}" if depth >= 0 else ""
        return maker.pick("SELECT a FROM empty", f"SELECT {column} FROM set{n} AS x{outer}", f"SELECT x.{column} FROM set{n} x{outer}",
                          f"SELECT MAX(x.{column}) FROM set{n} AS x{outer}", "SELECT a FROM only", f"SELECT {column} + 1 FROM set{n} WHERE {column} IS NOT NULL",
                          f"SELECT {column} FROM set{n} UNION SELECT a FROM only", f"SELECT DISTINCT {column} FROM set{n} WHERE col0 IN (SELECT a FROM only)",
                          f"SELECT {column} FROM set{n} WHERE EXISTS (SELECT 1 FROM only WHERE only.a = set{n}.{column})")

    def ask(depth):
        left = maker.pick("NULL", "1", "7", *([f"set{depth}.col0", f"set{depth}.col1", f"set{depth}.col2 - 1"] if depth >= 0 else []))
        return maker.pick(f"{left} {maker.pick('IN', 'NOT IN')} ({query(depth)})", f"{maker.pick('', 'NOT ')}EXISTS ({query(depth)})",
                          f"{left} {maker.pick('IN', 'NOT IN')} ()", f"{left} {maker.pick('IN', 'NOT IN')} (1, {left}, NULL)",
                          f"{left} {maker.pick('IN', 'NOT IN')} {maker.pick('only', 'empty')}",
                          f"{left} < (SELECT {maker.pick('MIN', 'MAX', 'COUNT', 'SUM')}(col1) FROM set0)",
                          f"'{maker.pick('one', 'four')}' {maker.pick('IN', 'NOT IN')} (SELECT a FROM words)",
                          f"({query(depth)} LIMIT 0) IS NULL")

    def make():
        if maker.random.random() < 0.3:
            return f"SELECT {ask(-1)}, {ask(-1)}", "I"
        n = maker.random.randint(0, 2)
        return f"SELECT col0, col1, {maker.pick(ask(n), 'col2')} FROM set{n} WHERE {ask(n)} {maker.pick('AND', 'OR')} {ask(n)}", "I"
    maker.queries(count, make)


# ---- compounds of joins ----

def mixed(maker, count):
    for n in range(1, 6):
        maker.statement(f"CREATE TABLE w{n}(a{n} INTEGER, b{n} INTEGER, c{n} INTEGER, d{n} INTEGER, x{n} VARCHAR(30))")
        for row in range(14):
            values = ",".join(str(maker.random.randint(1, 20)) for _ in range(4))
            maker.statement(f"INSERT INTO w{n} VALUES({values},'w{n} row {row}')")
        maker.statement(f"CREATE INDEX w{n}i{n} ON w{n}(b{n}{maker.pick('', ' DESC')}, d{n})")

    def part():
        chosen = maker.random.sample(range(1, 6), maker.pick(1, 1, 2, 3))
        conditions = [f"{maker.pick(*'abcd')}{p}={maker.pick(*'abcd')}{q}" for p, q in zip(chosen, chosen[1:])]
        for n in chosen:
            value = maker.random.randint(1, 20)
            conditions.append(maker.pick(f"(a{n}={value} OR d{n}={value + 1} OR {value}=c{n})", f"{value}<b{n}", f"c{n} IN ({value},{value + 2},3,9)",
                                         f"(b{n} BETWEEN {value - 5} AND {value} AND d{n}<>4)", f"a{n} IN (SELECT d1 FROM w1 WHERE c1>{value})"))
        maker.random.shuffle(conditions)
        return f"SELECT {maker.pick(*'abcd')}{maker.pick(*chosen)} FROM {', '.join(f'w{n}' for n in chosen)} WHERE {' AND '.join(conditions)}"

    def make():
        operations = maker.pick(("UNION", "EXCEPT", "UNION ALL"), ("INTERSECT",), ("UNION",))
        text = part()
        for _ in range(maker.random.randint(0, 4)):
            text += f" {maker.pick(*operations)} {part()}"
        return maker.pick((text, "I", "valuesort"), (text + " ORDER BY 1 DESC", "I", "nosort"))
    maker.queries(count, make)


# ---- changes, indexes that come and go, views on views ----

def changes(maker, count):
    maker.statement("CREATE TABLE t(pk INTEGER PRIMARY KEY, n INTEGER, f FLOAT, s TEXT)")
    maker.statement("CREATE VIEW low AS SELECT pk, n FROM t WHERE n < 50")
    maker.statement("CREATE VIEW lower(k, m) AS SELECT pk, n * 2 FROM low WHERE pk > 3")
    maker.statement("CREATE VIEW totals AS SELECT s, count(*) AS rows_of, sum(n) AS total FROM t GROUP BY s")
    made = {"next": 100, "index": False, "name": 0}

    def where():
        value = maker.random.randint(0, 99)
        return maker.pick(f"n > {value}", f"pk = {value}", f"n BETWEEN {value} AND {value + 9}", f"f < {value}.5", f"s = 'x{value % 7}'", "n IS NULL",
                          f"pk IN (SELECT pk + 1 FROM t WHERE n = {value})", f"n = {value} OR s = 'x{value % 5}'", f"NOT (n < {value} AND f > 20)")

    def change():
        made["next"] += 1
        n = maker.random.randint(0, 99)
        value = maker.pick("NULL", str(n), str(n))
        texts = [f"INSERT INTO t VALUES({made['next']}, {value}, {n}.25, 'x{n % 7}')"] * 4 + [
            f"INSERT INTO t(n, pk) VALUES({value}, {made['next']})", f"UPDATE t SET n = n + 1, s = s || '' WHERE {where()}",
            f"UPDATE t SET f = f * 2, n = {value} WHERE pk = {n}", f"DELETE FROM t WHERE pk = {n}", f"DELETE FROM t WHERE n = {n} AND f < 60",
            f"REPLACE INTO t VALUES({n}, {n}, 1.5, 'r')", f"INSERT OR IGNORE INTO t VALUES({n}, 1, 2.5, 'i')",
            f"INSERT INTO t SELECT pk + {made['next'] * 1000000}, n, f, s FROM t WHERE pk = {n}"]
        if made["index"]:
            texts += ["DROP INDEX by_n"]
        else:
            made["name"] += 1
            texts += [f"CREATE INDEX by_n ON t (n {maker.pick('', 'DESC')}{maker.pick('', ', s', ', f DESC')})"]
        text = maker.pick(*texts)
        made["index"] = (made["index"] or text.startswith("CREATE INDEX")) and not text.startswith("DROP INDEX")
        maker.statement(text)

    def make():
        change()
        order = maker.pick("n, pk", "n DESC, pk", "s, n, pk", "f DESC, pk DESC", "pk")
        nulls = f" ORDER BY {order}".replace("n,", "n NULLS FIRST,").replace("DESC,", "DESC NULLS LAST,").replace("s,", "s NULLS FIRST,")
        return maker.pick((f"SELECT pk, n FROM t WHERE {where()}", "I"),
                          (f"SELECT pk, n, f FROM t WHERE {where()} ORDER BY pk LIMIT 7 OFFSET 2", "IIR", "nosort"),
                          (f"SELECT s, count(*), sum(n), max(f) FROM t WHERE {where()} GROUP BY s", "TIIR"), ("SELECT k, m FROM lower", "I"),
                          ("SELECT * FROM totals", "TII"), ("SELECT l.k, t.f FROM lower l JOIN t ON t.pk = l.k WHERE t.f > 10", "IR"),
                          ("SELECT total FROM totals WHERE rows_of > 2", "I"), ("SELECT count(*) FROM t", "I"),
                          (f"SELECT pk FROM t WHERE s LIKE '{maker.pick('x%', '%3', '_1', 'r')}'", "I"),
                          (f"SELECT pk FROM t{nulls.replace('NULLS FIRST DESC', 'DESC')}", "I", "nosort") if "s" not in order and "f" not in order
                          and "DESC" not in order else ("SELECT min(n), max(n), avg(f) FROM t", "IIR"))
    maker.queries(count, make)


FAMILIES = {"constants": constants, "selects": selects, "membership": membership, "mixed": mixed, "changes": changes}
