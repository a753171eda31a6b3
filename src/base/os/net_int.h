/* SPDX-License-Identifier: MIT */
/* Addresses as the system has them. */
#ifndef BASE_OS_NET_INT_H
#define BASE_OS_NET_INT_H

#include <sys/socket.h>

#include "base/os/net.h"

status net__from_system(const struct sockaddr_storage *system, socklen_t bytes,
                        struct net_address *address, struct err *err);
status net__to_system(const struct net_address *address, struct sockaddr_storage *system,
                      socklen_t *bytes, struct err *err);

#endif
