# SPDX-License-Identifier: MIT
"""Just enough of C to find functions, includes and file-scope declarations in formatted sources."""
import re
from dataclasses import dataclass

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M | re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(<([^>]+)>|"([^"]+)")', re.M)
NAME_CALLED = re.compile(r"([A-Za-z_]\w*)\s*\(")
NOT_NAMES = {"__attribute__", "_Static_assert", "_Alignas", "static_assert", "alignas", "noexcept", "__asm__"}


@dataclass(frozen=True)
class Function:
    name: str
    head: str
    body: str
    first_line: int
    last_line: int
    depth: int

    @property
    def length(self):
        return self.last_line - self.first_line + 1

    @property
    def is_static(self):
        return re.search(r"\bstatic\b", self.head) is not None

    @property
    def parameters(self):
        return count_parameters(self.head, self.name)


@dataclass(frozen=True)
class Declaration:
    """Something at file scope that is no function body: its text up to `;`, initializer included."""
    text: str
    line: int


def _only_newlines(text):
    return "".join(c if c == "\n" else " " for c in text)


def _blank_token(match):
    text = match.group(0)
    if text[0] in "\"'":
        return text[0] + _only_newlines(text[1:-1]) + text[-1]
    return _only_newlines(text)


def blank(text):
    return TOKEN.sub(_blank_token, text)


def includes(text):
    return [(text.count("\n", 0, m.start()) + 1, m.group(2) or m.group(3), m.group(2) is not None)
            for m in INCLUDE.finditer(text)]


def _without_directives(code):
    return DIRECTIVE.sub(lambda m: _only_newlines(m.group(0)), code)


def count_parameters(head, name):
    """Parameters of the function whose head this is; `(void)` and `()` are none."""
    at = re.search(r"\b" + re.escape(name) + r"\s*\(", head).end()
    depth, commas, text = 1, 0, ""
    for c in head[at:]:
        depth += (c in "([{") - (c in ")]}")
        if depth == 0:
            break
        commas += c == "," and depth == 1
        text += c
    return 0 if text.strip() in ("", "void") else commas + 1


def _function_name(head):
    """The name if `head` opens a function body, else None."""
    if re.search(r"(?<![=!<>])=(?!=)", re.sub(r"\([^()]*\)", "", head)) or not head.rstrip().endswith((")", "const")):
        return None
    names = [n for n in NAME_CALLED.findall(head) if n not in NOT_NAMES]
    return names[0] if names else None


def _is_transparent(head):
    return re.match(r'\s*(extern\s*"\s*"|namespace(\s+\w+)?|namespace)\s*$', head) is not None


def _close(code, at):
    """(end, depth reached) of the block that opens at `at`."""
    depth = deepest = 0
    for match in re.compile(r"[{}]").finditer(code, at):
        depth += 1 if match.group(0) == "{" else -1
        deepest = max(deepest, depth)
        if depth == 0:
            return match.end(), deepest
    return len(code), deepest


def scan(code):
    """The functions and the other file-scope declarations of blanked C text."""
    code = _without_directives(code)
    functions_found, declarations, head_at, at = [], [], 0, 0
    for match in iter(lambda: re.compile(r"[{};]").search(code, at), None):
        head, at = code[head_at:match.start()], match.end()
        start = head_at + len(head) - len(head.lstrip())
        line = code.count("\n", 0, start) + 1
        if match.group(0) == "{":
            name = _function_name(head)
            if _is_transparent(head):
                head_at = at
                continue
            at, deepest = _close(code, match.start())
            if name:
                functions_found.append(Function(name, head, code[match.start():at], line,
                                                code.count("\n", 0, at) + 1, deepest))
                head_at = at
        elif match.group(0) == ";":
            declarations.append(Declaration(code[start:match.start()], line))
            head_at = at
        else:
            head_at = at
    return functions_found, declarations


def functions(code):
    return scan(code)[0]


def declarations(code):
    return scan(code)[1]
