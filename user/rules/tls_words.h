/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_words.h - what a library's reason means: in words, who refused whom, and who has to act. */
#ifndef CULPRIT_TLS_WORDS_H
#define CULPRIT_TLS_WORDS_H

#include <stdbool.h>

#include <culprit/event.h>

enum tls_refuser {
	TLS_NOBODY_SAYS, /* it ended, and neither end said why */
	TLS_WE_REFUSE,
	TLS_PEER_REFUSES,
	TLS_NO_COMMON, /* this end found nothing that both can do */
};

enum tls_remedy {
	TLS_ASK_PEER,  /* the peer's owner */
	TLS_OWN_STORE, /* the authorities that this host trusts, or the peer's chain */
	TLS_OWN_CERT,  /* the certificate that this host shows */
	TLS_EITHER,    /* what one end demands and the other lacks */
};

struct tls_reason {
	const char *words; /* at most 36 characters: "its certificate has expired" */
	enum tls_refuser refuser;
	enum tls_remedy remedy;
	bool of_dates; /* a wrong clock would say so too */
	bool not_tls; /* what the peer sent was no handshake: at a server's that is a scanner, or a browser at http:// */
	bool vague; /* it says little */
};

/* reason, detail and library as in struct event_tls_outcome. */
struct tls_reason tls_reason_of(__u8 library, __s32 reason, __u32 detail);
/* What the library calls it, for who looks it up: "SSL_R_CERTIFICATE_VERIFY_FAILED"; NULL: no name is known. */
const char *tls_reason_name(__u8 library, __s32 reason);

#endif
