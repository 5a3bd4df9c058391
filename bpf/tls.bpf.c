// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * tls.bpf.c - how the TLS handshakes of armed programs end, by peer and reason.
 *
 * Loaded and attached only while a program is armed: uprobes on the entry and end of the library's handshake function,
 * and on the functions by which it notes an error. Of the program's memory nothing is read but four bytes in which
 * GnuTLS answers about a certificate: numbers of results pass through arguments and return values, and no key, no
 * plaintext and no name of a certificate is looked at. Which peer a handshake is with tells the TCP socket that the
 * thread last opened or read from: the library may be given memory instead of a socket.
 */
#include "vmlinux.h"

#define PROBE_NO_RING
#include "sock.bpf.h"

#include <culprit/map_tls.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* openssl/err.h: ERR_LIB_SSL. openssl/sslerr.h: SSL_R_*. */
#define LIB_SSL			    20
#define R_CERTIFICATE_VERIFY_FAILED 134
#define R_NO_SHARED_CIPHER	    193
#define R_UNSUPPORTED_PROTOCOL	    258
#define R_WRONG_VERSION_NUMBER	    267

/* gnutls/gnutls.h: GNUTLS_E_* */
#define E_WARNING_ALERT_RECEIVED	 (-16)
#define E_FATAL_ALERT_RECEIVED		 (-12)
#define E_AGAIN				 (-28)
#define E_GOT_APPLICATION_DATA		 (-38)
#define E_INTERRUPTED			 (-52)
#define E_CERTIFICATE_VERIFICATION_ERROR (-348)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TLS_ARMED_MAX);
	__type(key, struct tls_name);
	__type(value, __u32);
} tls_armed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TLS_CALLS_MAX);
	__type(key, __u64);
	__type(value, struct tls_call);
} tls_calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TLS_OUTCOMES_MAX);
	__type(key, struct tls_outcome_key);
	__type(value, struct tls_outcome_value);
} tls_outcomes SEC(".maps");

static const struct tls_call call_zero;
static const struct tls_outcome_value outcome_zero;

/* By name: the workers that a server forks count, and the next process of a program that runs for one connection. */
static __always_inline bool is_armed(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct tls_name name = {};

	bpf_probe_read_kernel_str(name.comm, sizeof(name.comm), &leader->comm);
	return bpf_map_lookup_elem(&tls_armed, &name) != NULL;
}

/* What this thread is about; NULL when it is none of an armed program. */
static __always_inline struct tls_call *call_get(void)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct tls_call *call;

	if (!is_armed())
		return NULL;
	call = bpf_map_lookup_elem(&tls_calls, &id);
	if (call)
		return call;
	bpf_map_update_elem(&tls_calls, &id, &call_zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tls_calls, &id);
}

/* Only where there is something already: who was not armed when the handshake began is not looked at. */
static __always_inline struct tls_call *call_find(void)
{
	__u64 id = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&tls_calls, &id);
}

static __always_inline void outcome(const struct tls_call *call, __u8 library, __u8 how,
				    __s32 reason, __u32 detail)
{
	struct tls_outcome_key key = {.reason = reason, .detail = detail};
	struct tls_outcome_value *value;
	struct owner owner = {};

	/* A C compiler may leave out what it knows of padding; the map does not. */
	__builtin_memcpy(&key.peer, &call->peer, sizeof(key.peer));
	key.library = library;
	key.outcome = how;
	value = bpf_map_lookup_elem(&tls_outcomes, &key);
	if (!value) {
		bpf_map_update_elem(&tls_outcomes, &key, &outcome_zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&tls_outcomes, &key);
	}
	if (!value) {
		count(COUNTER_NO_ENTRY);
		return;
	}
	ADD(&value->count, 1);
	value->last_ns = bpf_ktime_get_ns();
	if (!owner_current(&owner))
		return;
	value->start_ns = owner.start_ns;
	value->pid = owner.pid;
	__builtin_memcpy(value->comm, owner.comm, sizeof(owner.comm));
}

/* ---- which peer ---- */

static __always_inline void touched(const struct sock *sk, const bool direct)
{
	struct tls_call *call;
	struct peer_key key;

	if (GET(direct, sk, sk_protocol) != IPPROTO_TCP)
		return;
	/* What the verifier knows to be a TCP socket is read by plain loads. */
	if (direct) {
		struct tcp_sock *tp = bpf_skc_to_tcp_sock((struct sock *)sk);

		if (!tp)
			return;
		sk = &tp->inet_conn.icsk_inet.sk;
	}
	call = call_get();
	if (call && sock_peer(sk, sock_dir(sk, direct), &key, direct))
		__builtin_memcpy(&call->peer, &key, sizeof(key));
}

/* Of all changes of state, the one in the context of who calls connect(). */
static __always_inline void connecting(const struct sock *sk, int old, int new, const bool direct)
{
	if (old == TCP_CLOSE && new == TCP_SYN_SENT)
		touched(sk, direct);
}

SEC("?tp_btf/inet_sock_set_state")
int tls_connect_btf(unsigned long long *ctx)
{
	return RUN(HOOK_TLS_CONNECT, connecting((void *)ctx[0], (int)ctx[1], (int)ctx[2], true));
}

SEC("?raw_tp/inet_sock_set_state")
int tls_connect_raw(unsigned long long *ctx)
{
	return RUN(HOOK_TLS_CONNECT, connecting((void *)ctx[0], (int)ctx[1], (int)ctx[2], false));
}

/* In the context of who reads. */
SEC("?tp_btf/tcp_rcv_space_adjust")
int tls_receive_btf(unsigned long long *ctx)
{
	return RUN(HOOK_TLS_RECEIVE, touched((void *)ctx[0], true));
}

SEC("?raw_tp/tcp_rcv_space_adjust")
int tls_receive_raw(unsigned long long *ctx)
{
	return RUN(HOOK_TLS_RECEIVE, touched((void *)ctx[0], false));
}

/* ---- OpenSSL: SSL_connect() and SSL_accept() call SSL_do_handshake() ---- */

static __always_inline void begins(struct tls_call *call, __u8 library)
{
	if (!call)
		return;
	call->library = library;
	call->reason = 0;
	call->detail = 0;
	call->alerted = 0;
}

SEC("uprobe")
int tls_openssl_enter(struct pt_regs *ctx)
{
	begins(call_get(), TLS_OPENSSL);
	return 0;
}

/* It asks to be called again, as it waits for the other end, by the same result and without an error of its own.
 * Who gives up while it waits has no failed handshake. */
static __always_inline void openssl_left(int ret)
{
	struct tls_call *call = call_find();

	if (!call || call->library != TLS_OPENSSL)
		return;
	if (ret > 0)
		outcome(call, TLS_OPENSSL, TLS_DONE, 0, 0);
	else if (call->reason)
		outcome(call, TLS_OPENSSL, TLS_FAILED, call->reason,
			call->reason == R_CERTIFICATE_VERIFY_FAILED ? call->detail : 0);
	call->library = 0;
}

SEC("?uretprobe")
int tls_openssl_leave(struct pt_regs *ctx)
{
	return RUN(HOOK_TLS_HANDSHAKE, openssl_left((int)PT_REGS_RC(ctx)));
}

/* Alerts by which a handshake is refused (RFC 8446, 6.2), and what only a handshake can meet. Outside of a call of
 * SSL_do_handshake() these come from one that SSL_read() or SSL_write() drove, or after its end. */
static __always_inline bool is_of_handshake(int reason)
{
	switch (reason) {
	case TLS_REASON_ALERT + 40 ... TLS_REASON_ALERT + 49:
	case TLS_REASON_ALERT + 70 ... TLS_REASON_ALERT + 71:
	case TLS_REASON_ALERT + 112 ... TLS_REASON_ALERT + 116:
	case TLS_REASON_ALERT + 120:
	case R_CERTIFICATE_VERIFY_FAILED:
	case R_NO_SHARED_CIPHER:
	case R_UNSUPPORTED_PROTOCOL:
	case R_WRONG_VERSION_NUMBER:
		return true;
	}
	return false;
}

static __always_inline void openssl_error(int lib, int reason)
{
	struct tls_call *call = call_find();

	if (!call || lib != LIB_SSL)
		return;
	if (call->library == TLS_OPENSSL) {
		call->reason = reason;
	} else if (is_of_handshake(reason)) {
		outcome(call, TLS_OPENSSL, TLS_LATE, reason,
			reason == R_CERTIFICATE_VERIFY_FAILED ? call->detail : 0);
		call->detail = 0;
	}
}

/* ERR_vset_error(int lib, int reason, const char *fmt, va_list args): 3; ERR_set_error() calls it. */
SEC("uprobe")
int tls_openssl_error(struct pt_regs *ctx)
{
	openssl_error((int)PT_REGS_PARM1(ctx), (int)PT_REGS_PARM2(ctx));
	return 0;
}

/* ERR_put_error(int lib, int func, int reason, const char *file, int line): 1.1 */
SEC("uprobe")
int tls_openssl_error_old(struct pt_regs *ctx)
{
	openssl_error((int)PT_REGS_PARM1(ctx), (int)PT_REGS_PARM3(ctx));
	return 0;
}

/* What was found wrong with the certificate: libssl asks for it after it had it verified. */
SEC("uretprobe")
int tls_openssl_verified(struct pt_regs *ctx)
{
	struct tls_call *call = call_find();
	int result = (int)PT_REGS_RC(ctx);

	if (call && result > 0)
		call->detail = (__u32)result;
	return 0;
}

/* ---- GnuTLS ---- */

SEC("uprobe")
int tls_gnutls_enter(struct pt_regs *ctx)
{
	begins(call_get(), TLS_GNUTLS);
	return 0;
}

static __always_inline void gnutls_left(int ret)
{
	struct tls_call *call = call_find();

	if (!call || call->library != TLS_GNUTLS)
		return;
	call->library = 0;
	switch (ret) {
	case E_AGAIN:
	case E_INTERRUPTED:
	case E_WARNING_ALERT_RECEIVED:
	case E_GOT_APPLICATION_DATA:
		return;
	}
	if (ret >= 0) {
		outcome(call, TLS_GNUTLS, TLS_DONE, 0, 0);
		return;
	}
	outcome(call, TLS_GNUTLS, TLS_FAILED, ret, call->detail);
	call->alerted = ret == E_FATAL_ALERT_RECEIVED;
}

SEC("uretprobe")
int tls_gnutls_leave(struct pt_regs *ctx)
{
	return RUN(HOOK_TLS_HANDSHAKE, gnutls_left((int)PT_REGS_RC(ctx)));
}

/* gnutls_certificate_verify_peers(session, data, elements, unsigned int *status): the others of its kind call it,
 * and so does a handshake that verifies by itself. */
SEC("uprobe")
int tls_gnutls_verify(struct pt_regs *ctx)
{
	struct tls_call *call = call_find();

	if (call)
		call->status = PT_REGS_PARM4(ctx);
	return 0;
}

SEC("uretprobe")
int tls_gnutls_verified(struct pt_regs *ctx)
{
	struct tls_call *call = call_find();
	__u32 status = 0;

	if (!call || !call->status)
		return 0;
	if (!bpf_probe_read_user(&status, sizeof(status), (const void *)call->status) && status) {
		if (call->library == TLS_GNUTLS)
			call->detail = status;
		else
			outcome(call, TLS_GNUTLS, TLS_LATE, E_CERTIFICATE_VERIFICATION_ERROR,
				status);
	}
	call->status = 0;
	return 0;
}

/* The program asks which alert it was. */
SEC("uretprobe")
int tls_gnutls_alert(struct pt_regs *ctx)
{
	struct tls_call *call = call_find();

	if (call && call->alerted)
		outcome(call, TLS_GNUTLS, TLS_DETAIL, TLS_REASON_ALERT + (__u8)PT_REGS_RC(ctx), 0);
	if (call)
		call->alerted = 0;
	return 0;
}
