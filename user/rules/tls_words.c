/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_words.c - what a library's reason means; see tls_words.h.
 *
 * Sources: openssl/sslerr.h (SSL_R_*), openssl/x509_vfy.h (X509_V_ERR_*), gnutls/gnutls.h (GNUTLS_E_*,
 * gnutls_certificate_status_t), RFC 8446, 6.2 (alerts). The numbers are part of these libraries' interfaces:
 * OpenSSL 1.1 and 3 have the same.
 */
#include "rules/tls_words.h"

#include <stddef.h>

struct row {
	__s32 number;
	const char *name;
	struct tls_reason is;
};

#define PEER_CERT(text)                                                                            \
	{                                                                                          \
		text, TLS_WE_REFUSE, TLS_ASK_PEER, false, false, false                             \
	}
#define PEER_DATES(text)                                                                           \
	{                                                                                          \
		text, TLS_WE_REFUSE, TLS_ASK_PEER, true, false, false                              \
	}
#define UNTRUSTED(text)                                                                            \
	{                                                                                          \
		text, TLS_WE_REFUSE, TLS_OWN_STORE, false, false, false                            \
	}
#define OUR_CERT(text)                                                                             \
	{                                                                                          \
		text, TLS_PEER_REFUSES, TLS_OWN_CERT, false, false, false                          \
	}
#define OUR_DATES(text)                                                                            \
	{                                                                                          \
		text, TLS_PEER_REFUSES, TLS_OWN_CERT, true, false, false                           \
	}
#define THEIRS(text)                                                                               \
	{                                                                                          \
		text, TLS_PEER_REFUSES, TLS_ASK_PEER, false, false, false                          \
	}
#define BOTH(text, who)                                                                            \
	{                                                                                          \
		text, who, TLS_EITHER, false, false, false                                         \
	}
#define NOT_TLS(text)                                                                              \
	{                                                                                          \
		text, TLS_NO_COMMON, TLS_ASK_PEER, false, true, false                              \
	}
#define SILENT(text)                                                                               \
	{                                                                                          \
		text, TLS_NOBODY_SAYS, TLS_ASK_PEER, false, false, true                            \
	}

/* X509_V_ERR_*, where a certificate was not verified. */
static const struct row openssl_certificate[] = {
	{2, NULL, UNTRUSTED("its certificate's issuer is unknown")},
	{9, NULL, PEER_DATES("its certificate is not valid yet")},
	{10, NULL, PEER_DATES("its certificate has expired")},
	{18, NULL, UNTRUSTED("its certificate is self-signed")},
	{19, NULL, UNTRUSTED("its authority is not trusted here")},
	{20, NULL, UNTRUSTED("its certificate's issuer is unknown")},
	{21, NULL, UNTRUSTED("its certificate's issuer is unknown")},
	{23, NULL, PEER_CERT("its certificate was revoked")},
	{62, NULL, PEER_CERT("its certificate is for another name")},
	{64, NULL, PEER_CERT("its certificate is another address's")},
	{66, NULL, PEER_CERT("its certificate's key is too weak")},
	{67, NULL, PEER_CERT("its authority's key is too weak")},
	{68, NULL, PEER_CERT("its signature is too weak")},
};

/* Of alerts, as TLS_REASON_ALERT + number. */
static const struct row alerts[] = {
	{40, "handshake_failure", BOTH("no parameters in common, it says", TLS_PEER_REFUSES)},
	{42, "bad_certificate", OUR_CERT("it finds our certificate bad")},
	{43, "unsupported_certificate", OUR_CERT("it takes no certificate like ours")},
	{44, "certificate_revoked", OUR_CERT("our certificate was revoked, it says")},
	{45, "certificate_expired", OUR_DATES("our certificate has expired, it says")},
	{46, "certificate_unknown", OUR_CERT("it does not accept our certificate")},
	{47, "illegal_parameter", THEIRS("our offer is illegal, it says")},
	{48, "unknown_ca", OUR_CERT("our issuer is unknown to it")},
	{49, "access_denied", THEIRS("it denies access")},
	{50, "decode_error", THEIRS("it cannot read what this end sends")},
	{51, "decrypt_error", THEIRS("a signature did not match, it says")},
	{70, "protocol_version", BOTH("no version in common, it says", TLS_PEER_REFUSES)},
	{71, "insufficient_security", BOTH("our offer is too weak, it says", TLS_PEER_REFUSES)},
	{80, "internal_error", THEIRS("it has an error of its own")},
	{112, "unrecognized_name", THEIRS("it does not serve that name")},
	{116, "certificate_required", OUR_CERT("it wants a certificate of ours")},
	{120, "no_application_protocol", BOTH("no protocol (ALPN) in common", TLS_PEER_REFUSES)},
};

/* SSL_R_* */
static const struct row openssl[] = {
	{134, "SSL_R_CERTIFICATE_VERIFY_FAILED", PEER_CERT("its certificate is not accepted here")},
	{155, "SSL_R_HTTPS_PROXY_REQUEST", NOT_TLS("what came is HTTP, not TLS")},
	{156, "SSL_R_HTTP_REQUEST", NOT_TLS("what came is HTTP, not TLS")},
	{193, "SSL_R_NO_SHARED_CIPHER", BOTH("no cipher in common", TLS_NO_COMMON)},
	{199,
	 "SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE",
	 {"it shows no certificate", TLS_WE_REFUSE, TLS_ASK_PEER, false, false, false}},
	{252, "SSL_R_UNKNOWN_PROTOCOL", NOT_TLS("what came is not TLS")},
	{258, "SSL_R_UNSUPPORTED_PROTOCOL", BOTH("no version in common", TLS_NO_COMMON)},
	{259, "SSL_R_UNSUPPORTED_SSL_VERSION", BOTH("no version in common", TLS_NO_COMMON)},
	{266, "SSL_R_WRONG_SSL_VERSION", BOTH("no version in common", TLS_NO_COMMON)},
	{267, "SSL_R_WRONG_VERSION_NUMBER", NOT_TLS("what came is not TLS as known here")},
	{294, "SSL_R_UNEXPECTED_EOF_WHILE_READING", SILENT("it hangs up without a word")},
	{394, "SSL_R_DH_KEY_TOO_SMALL", PEER_CERT("its key is too weak")},
	{397, "SSL_R_CA_KEY_TOO_SMALL", PEER_CERT("its authority's key is too weak")},
	{399, "SSL_R_EE_KEY_TOO_SMALL", PEER_CERT("its certificate's key is too weak")},
};

/* GNUTLS_E_* */
static const struct row gnutls[] = {
	{-8, "GNUTLS_E_UNSUPPORTED_VERSION_PACKET", BOTH("no version in common", TLS_NO_COMMON)},
	{-9, "GNUTLS_E_UNEXPECTED_PACKET_LENGTH", NOT_TLS("what came is not TLS")},
	{-12,
	 "GNUTLS_E_FATAL_ALERT_RECEIVED",
	 {"it refuses (an alert)", TLS_PEER_REFUSES, TLS_ASK_PEER, false, false, true}},
	{-15, "GNUTLS_E_UNEXPECTED_PACKET", NOT_TLS("what came is not TLS")},
	{-21, "GNUTLS_E_UNKNOWN_CIPHER_SUITE", BOTH("no cipher in common", TLS_NO_COMMON)},
	{-43, "GNUTLS_E_CERTIFICATE_ERROR", PEER_CERT("its certificate is not accepted here")},
	{-49,
	 "GNUTLS_E_NO_CERTIFICATE_FOUND",
	 {"it shows no certificate", TLS_WE_REFUSE, TLS_ASK_PEER, false, false, false}},
	{-87, "GNUTLS_E_NO_CIPHER_SUITES", BOTH("no cipher in common", TLS_NO_COMMON)},
	{-110, "GNUTLS_E_PREMATURE_TERMINATION", SILENT("it hangs up without a word")},
	{-112,
	 "GNUTLS_E_CERTIFICATE_REQUIRED",
	 {"it shows no certificate", TLS_WE_REFUSE, TLS_ASK_PEER, false, false, false}},
	{-348, "GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR",
	 PEER_CERT("its certificate is not accepted here")},
};

/* gnutls_certificate_status_t, the most telling first. */
static const struct row gnutls_certificate[] = {
	{1 << 10, NULL, PEER_DATES("its certificate has expired")},
	{1 << 9, NULL, PEER_DATES("its certificate is not valid yet")},
	{1 << 5, NULL, PEER_CERT("its certificate was revoked")},
	{1 << 14, NULL, PEER_CERT("its certificate is for another name")},
	{1 << 8, NULL, PEER_CERT("its signature is too weak")},
	{1 << 6, NULL, UNTRUSTED("its certificate's issuer is unknown")},
	{1 << 7, NULL, UNTRUSTED("its signer is no authority")},
};

#define FIND(rows, number) find(rows, sizeof(rows) / sizeof((rows)[0]), number)

static const struct row *find(const struct row *rows, size_t n, __s32 number)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

static const struct row *find_bit(__u32 status)
{
	for (size_t i = 0; i < sizeof(gnutls_certificate) / sizeof(gnutls_certificate[0]); i++)
		if (status & (__u32)gnutls_certificate[i].number)
			return &gnutls_certificate[i];
	return NULL;
}

static const struct row *find_reason(__u8 library, __s32 reason)
{
	if (reason >= TLS_REASON_ALERT)
		return FIND(alerts, reason - TLS_REASON_ALERT);
	return library == TLS_GNUTLS ? FIND(gnutls, reason) : FIND(openssl, reason);
}

struct tls_reason tls_reason_of(__u8 library, __s32 reason, __u32 detail)
{
	static const struct tls_reason other_alert = {
		"it refuses (an alert)", TLS_PEER_REFUSES, TLS_ASK_PEER, false, false, true};
	static const struct tls_reason other = {
		"the library gives up", TLS_NOBODY_SAYS, TLS_EITHER, false, false, true};
	const struct row *row = NULL;

	if (detail)
		row = library == TLS_GNUTLS ? find_bit(detail)
					    : FIND(openssl_certificate, (__s32)detail);
	if (!row)
		row = find_reason(library, reason);
	if (row)
		return row->is;
	return reason >= TLS_REASON_ALERT ? other_alert : other;
}

const char *tls_reason_name(__u8 library, __s32 reason)
{
	const struct row *row = find_reason(library, reason);

	return row ? row->name : NULL;
}
