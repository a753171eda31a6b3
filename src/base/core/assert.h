/* SPDX-License-Identifier: MIT */
/* Assertions: the second specification. They state invariants of our own code and never judge
 * input; ASSERT is cheap and always on, ASSERT_DEEP walks structures and exists in test builds only
 * (LUMA_DEEP_ASSERTS). */
#ifndef BASE_CORE_ASSERT_H
#define BASE_CORE_ASSERT_H

/** Reports the broken invariant on standard error and aborts. */
_Noreturn void assert_failed(const char *what, const char *file, int line);

#define ASSERT(condition) ((condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__))

#ifdef LUMA_DEEP_ASSERTS
#define ASSERT_DEEP(condition) ASSERT(condition)
#else
#define ASSERT_DEEP(condition) ((void)sizeof(condition))
#endif

#endif
