/* SPDX-License-Identifier: MIT */
/* What lies between two types of an attribute. Pure; any thread. */
#ifndef MODEL_SOUL_TYPE_CHANGE_H
#define MODEL_SOUL_TYPE_CHANGE_H

#include "model/soul/soul.h"

/** Every value of the one is one of the other, as it is read. */
bool soul_type_is_wider(const struct soul_type *old, const struct soul_type *fresh);
/** Also as to what is inside. */
bool soul_type_is_same(const struct soul_type *old, const struct soul_type *fresh);
/** Whether what is inside both is of other types in one, by the names that both have. */
bool soul_type_changes_inside(const struct soul_type *old, const struct soul_type *fresh);

#endif
