# SPDX-License-Identifier: MIT
"""Each file here is a check: check(tree) yields findings; BAD is a list of (sample tree, number of findings), GOOD a
list of sample trees without findings."""
