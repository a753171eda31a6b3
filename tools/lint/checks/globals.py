# SPDX-License-Identifier: MIT
"""No mutable variables at file scope, nor `static` ones inside functions: state hangs from what is passed in."""
import re

import ctext

NOT_A_VARIABLE = re.compile(r"^(__extension__|typedef|using|template|extern|_Static_assert|static_assert|#|\})")
TYPE_ONLY = re.compile(r"^(static\s+)?(struct|enum|union|class)\s+\w*\s*(\{.*\})?\s*$", re.S)
LOCAL_STATIC = re.compile(r"[;{}]\s*static\s+([^;]*?)(?=;|=)", re.S)


def is_constant(declarator):
    """`declarator` is the text before `=` or `;`: constant when nothing in it can change."""
    after_star = declarator.rsplit("*", 1)
    return re.search(r"\b(const|constexpr)\b", after_star[-1] if len(after_star) > 1 else declarator) is not None


def declarator_of(text):
    """What stands before the initializer, the body of a struct removed."""
    head = re.sub(r"\{.*?\}", " ", text.split("=", 1)[0] if "=" in text else text, flags=re.S)
    return " ".join(head.split())


def is_variable(text, in_header):
    if NOT_A_VARIABLE.match(text) or TYPE_ONLY.match(text.strip()):
        return False
    if in_header and "=" not in text and not text.startswith("static"):
        return False  # declares a function by the name of its type; -fno-common refuses a variable here
    head = declarator_of(text)
    return "(" not in re.sub(r"__attribute__\s*\(\(.*?\)\)|_Alignas\s*\([^)]*\)|\(\*\s*(const)?\s*\w+\)\s*\(", "", head) \
        and len(head.split()) > 1


def check(tree):
    for file in tree.c_files("src", generated=True):
        functions, declarations = ctext.scan(file.code)
        for d in declarations:
            if is_variable(d.text, file.ending == ".h") and not is_constant(declarator_of(d.text)):
                yield file.finding(d.line, f"`{declarator_of(d.text)}` can change: pass it in, or make it const")
        for f in functions:
            for match in LOCAL_STATIC.finditer(f.body):
                if not is_constant(" ".join(match.group(1).split())):
                    yield file.finding(f.first_line, f"{f.name} keeps a static `{' '.join(match.group(1).split())}`")


BAD = [
    ({"src/base/a.c": "static int count;\nint other = 1;\nstatic const char *names[] = {\"a\"};\n"}, 3),
    ({"src/base/a.c": "static struct { int a; } state;\nstatic _Thread_local struct err last;\n"}, 2),
    ({"src/base/a.c": "int f(void) {\n  static int calls;\n  static const char *last = 0;\n  return calls++;\n}\n"}, 2),
]
GOOD = [{"src/base/a.h": "func_call func__abs;\n__extension__ typedef __int128 wide;\n",
         "src/base/a.c": "struct a;\nenum { A = 1, B };\nstruct b {\n  int c;\n};\ntypedef int d;\nint f(int a);\n"
                         "static const int t[] = {1};\nstatic const char *const n[] = {\"a\"};\nextern int x;\n"
                         "static status g(struct os *os, int b);\n_Static_assert(sizeof(int) == 4, \"\");\n"
                         "int h(void) {\n  static const char text[] = \"\";\n  return 0;\n}\n"}]
