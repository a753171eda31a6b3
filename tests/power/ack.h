/* SPDX-License-Identifier: MIT */
/**
 * @file ack.h
 * What the writer tells the outside world, and the verifier believes.
 *
 * The file of acknowledgements lies where no trouble reaches it. The writer appends whole lines:
 *
 *     + KEY SIZE     a transaction of SIZE documents, named KEY.0 to KEY.(SIZE-1), is committed
 *     ? KEY          the document KEY.0 is about to be deleted
 *     - KEY          … and it is deleted
 *     = NAME NUMBER  the counter NAME has been set to NUMBER, and only ever grows
 *
 * KEY is RUN.THREAD.NUMBER. Every document carries `batch` (its KEY), `size` (of its transaction),
 * and `pad`, a text that follows from its length alone: so the verifier can tell half a
 * transaction, a damaged document, and one that nobody wrote.
 */
#ifndef TESTS_POWER_ACK_H
#define TESTS_POWER_ACK_H

enum {
  ACK_KEY_BYTES = 64,         /**< room for a KEY or a NAME, with its NUL */
  ACK_LINE_BYTES = 128,       /**< room for a line */
  ACK_PAD_BYTES_MAX = 200000, /**< of a document's `pad` */
  ACK_TRANSACTION_MAX = 20    /**< documents in a transaction */
};

/** Byte `index` of a pad that is `bytes` long. */
static inline char ack_pad_byte(unsigned bytes, unsigned index) {
  return (char)('a' + (bytes * 7 + index * 11 + index / 13) % 26);
}

#endif
