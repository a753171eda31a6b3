/* SPDX-License-Identifier: MIT */
#include "base/os/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/os/os.h"
#include "tests/lib/test.h"

static struct net_address resolved(const char *text) {
  struct net_address address;
  assert_ok(net_resolve(slice_of_text(text), 7070, &address, test_err()));
  return address;
}

static void expect_address(const char *text, const char *printed) {
  struct net_address address = resolved(text);
  char out[NET_TEXT_BYTES];
  net_format(&address, out);
  assert_string_equal(out, printed);
}

static void addresses_as_text(void) {
  expect_address("127.0.0.1:80", "127.0.0.1:80");
  expect_address("127.0.0.1", "127.0.0.1:7070");
  expect_address("0.0.0.0:0", "0.0.0.0:0");
  expect_address("[::1]:65535", "[::1]:65535");
  expect_address("[::]", "[::]:7070");
  expect_address("::1", "[::1]:7070");
  expect_address("[2001:DB8:0:0::1]:1", "[2001:db8::1]:1");
}

static void bad_addresses_are_refused(void) {
  static const char *const bad[] = {
      "",           ":80",       "[::1", "[::1]80", "127.0.0.1:", "127.0.0.1:65536",
      "1.2.3.4:-1", "1.2.3.4:x", "[]:1", "a b:1"};
  struct net_address address;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_status(LUMA_INVALID_ARGUMENT,
                  net_resolve(slice_of_text(bad[i]), 7070, &address, test_err()));
  char long_name[400];
  memset(long_name, 'a', sizeof long_name);
  assert_status(LUMA_INVALID_ARGUMENT,
                net_resolve(slice_of(long_name, sizeof long_name), 7070, &address, test_err()));
  assert_status(LUMA_INVALID_ARGUMENT,
                net_resolve(slice_of("::1\0", 4), 7070, &address, test_err()));
}

static void loopback_is_known(void) {
  static const char *const inside[] = {"127.0.0.1", "127.255.0.3", "[::1]", "[::ffff:127.0.0.1]"};
  static const char *const outside[] = {"0.0.0.0",   "[::]",      "10.0.0.1",
                                        "128.0.0.1", "[fe80::1]", "[::ffff:1.2.3.4]"};
  for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
    struct net_address address = resolved(inside[i]);
    assert_true(net_is_loopback(&address));
  }
  for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
    struct net_address address = resolved(outside[i]);
    assert_false(net_is_loopback(&address));
  }
}

/* Listens on `address` and puts the port that was chosen into it. */
static int listen_on(struct net_address *address, bool share_port) {
  int descriptor;
  struct net_listen_options options = {.share_port = share_port};
  assert_ok(net_listen(address, &options, &descriptor, test_err()));
  assert_ok(net_local_address(descriptor, address, test_err()));
  assert_true(address->port != 0);
  return descriptor;
}

/* A client's end, connected to an IPv4 host; -1 when refused. */
static int connect_to(const char *host, uint16_t port) {
  struct sockaddr_in system = {.sin_family = AF_INET, .sin_port = htons(port)};
  assert_int_equal(inet_pton(AF_INET, host, &system.sin_addr), 1);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(client >= 0);
  if (connect(client, (const struct sockaddr *)&system, sizeof system) == 0) return client;
  assert_int_equal(errno, ECONNREFUSED);
  close(client);
  return -1;
}

static void connections_are_accepted(void) {
  struct net_address address = resolved("127.0.0.1:0"), peer;
  int listener = listen_on(&address, false), connection;
  assert_status(LUMA_PENDING, net_accept(listener, &connection, &peer, test_err()));
  int client = connect_to("127.0.0.1", address.port);
  assert_true(client >= 0);
  assert_ok(net_accept(listener, &connection, &peer, test_err()));
  assert_string_equal(peer.host, "127.0.0.1");
  assert_int_equal(write(client, "x", 1), 1);
  char byte;
  ssize_t got;
  while ((got = read(connection, &byte, 1)) < 0) assert_int_equal(errno, EAGAIN);
  assert_int_equal(byte, 'x');
  net_close(connection);
  net_close(client);
  net_close(listener);
}

static void only_the_asked_address_listens(void) {
  struct net_address address = resolved("127.0.0.2:0");
  int listener = listen_on(&address, false);
  assert_int_equal(connect_to("127.0.0.1", address.port), -1);
  int client = connect_to("127.0.0.2", address.port);
  assert_true(client >= 0);
  net_close(client);
  net_close(listener);
}

static void a_taken_port_is_refused_with_a_hint(void) {
  struct net_address address = resolved("127.0.0.1:0");
  int listener = listen_on(&address, false), second;
  struct net_listen_options options = {0};
  struct err err = {0};
  assert_int_equal(net_listen(&address, &options, &second, &err), LUMA_IO_ERROR);
  assert_non_null(strstr(err.message, "address already in use"));
  assert_non_null(strstr(err.hint, "--listen"));
  net_close(listener);
  struct net_address absent = resolved("192.0.2.1:0");
  assert_int_equal(net_listen(&absent, &options, &second, &err), LUMA_IO_ERROR);
  assert_non_null(strstr(err.hint, "no such address"));
}

static void a_port_is_shared_where_asked(void) {
  struct net_address address = resolved("127.0.0.1:0");
  int first = listen_on(&address, true), second = listen_on(&address, true);
  net_close(first);
  int client = connect_to("127.0.0.1", address.port);
  assert_true(client >= 0);
  net_close(client);
  net_close(second);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"addresses_as_text", addresses_as_text, 0},
      {"bad_addresses_are_refused", bad_addresses_are_refused, 0},
      {"loopback_is_known", loopback_is_known, 0},
      {"connections_are_accepted", connections_are_accepted, 0},
      {"only_the_asked_address_listens", only_the_asked_address_listens, 0},
      {"a_taken_port_is_refused_with_a_hint", a_taken_port_is_refused_with_a_hint, 0},
      {"a_port_is_shared_where_asked", a_port_is_shared_where_asked, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
