#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes src/server/rest/openapi.gen.c from spec/openapi/openapi.json: the text that /v1/openapi.json answers.

usage: openapi.py spec/openapi/openapi.json OUTPUT
"""
import json
import pathlib
import sys

BYTES_A_LINE = 20


def lines_of(text):
    """The bytes as numbers: a string literal of this length is beyond what C promises."""
    data = text.encode("ascii")
    for start in range(0, len(data), BYTES_A_LINE):
        yield "    " + " ".join(f"{byte}," for byte in data[start:start + BYTES_A_LINE])


def main():
    source, output = sys.argv[1:]
    text = json.dumps(json.loads(pathlib.Path(source).read_text(encoding="utf-8")), separators=(",", ":"),
                      ensure_ascii=True)
    lines = "\n".join(lines_of(text))
    pathlib.Path(output).write_text(f"""/* SPDX-License-Identifier: MIT */
/* Made by tools/gen/openapi.py from {source}: change that, not this. */
#include "server/rest/openapi.h"

static const uint8_t text[] = {{
{lines}
}};

struct slice openapi_text(void) {{
  return slice_of(text, sizeof text);
}}
""", encoding="utf-8")


main()
