/* SPDX-License-Identifier: MIT */
/* Sockets that listen, and the addresses they listen on. An address is always exact:
 * "127.0.0.1:7070" listens on that address alone, an IPv6 address takes no IPv4 connections.
 * Numeric addresses never ask a name server.
 *
 * Descriptors are plain ints, non-blocking and closed on exec; who opened or accepted one owns it
 * and ends it with net_close, unless it hands it on. Failures are LUMA_INVALID_ARGUMENT (the text
 * is no address) or LUMA_IO_ERROR, with a hint. Thread: any; several threads may accept from one
 * descriptor. */
#ifndef BASE_OS_NET_H
#define BASE_OS_NET_H

#include "base/core/err.h"
#include "base/text/slice.h"

enum { NET_HOST_BYTES = 64, NET_TEXT_BYTES = NET_HOST_BYTES + 8 };

/** One endpoint: a numeric address and a port. */
struct net_address {
  char host[NET_HOST_BYTES]; /* "127.0.0.1", "::1", "fe80::1%eth0"; terminated */
  uint16_t port;             /* 0 when listening: the system chooses one */
  bool is_ipv6;
};

struct net_listen_options {
  int backlog;     /* connections waiting to be accepted; 0 = 1024 */
  bool share_port; /* SO_REUSEPORT: several sockets on one address, the kernel deals out the
                      connections */
};

/** Reads "host:port", "[ipv6]:port" or "host" with `default_port`. A name that is no numeric
 * address is resolved: its first address counts. */
status net_resolve(struct slice text, uint16_t default_port, struct net_address *address,
                   struct err *err);

/** "127.0.0.1:7070", "[::1]:7070": at most NET_TEXT_BYTES bytes, terminated. */
void net_format(const struct net_address *address, char out[NET_TEXT_BYTES]);

/** True when only this machine can reach it: 127.0.0.0/8, ::1 and IPv4's loopback mapped into IPv6.
 */
bool net_is_loopback(const struct net_address *address);

/** Opens a socket that listens on `address` alone. */
status net_listen(const struct net_address *address, const struct net_listen_options *options,
                  int *descriptor, struct err *err);

/** The address a socket has, with the port the system chose. */
status net_local_address(int descriptor, struct net_address *address, struct err *err);

/** Takes the next connection (without Nagle's delay); LUMA_PENDING when none is waiting. `peer` may
 * be NULL. */
status net_accept(int descriptor, int *connection, struct net_address *peer, struct err *err);

void net_close(int descriptor);

#endif
