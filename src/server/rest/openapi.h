/* SPDX-License-Identifier: MIT */
/* The description of the interface that GET /v1/openapi.json answers: spec/openapi/openapi.json,
 * made into C by the build. */
#ifndef SERVER_REST_OPENAPI_H
#define SERVER_REST_OPENAPI_H

#include "base/text/slice.h"

/** The text; static. */
struct slice openapi_text(void);

#endif
