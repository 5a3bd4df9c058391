/* SPDX-License-Identifier: BSD-2-Clause */
/* local_claim.h - what the rules on this host's own side of the network share: listen_overflow.c, udp_drops.c ... */
#ifndef CULPRIT_LOCAL_CLAIM_H
#define CULPRIT_LOCAL_CLAIM_H

#include "model/local.h"
#include "rules/rule.h"
#include "rules/subjects.h"
#include "rules/text.h"

/* From the first to the last look that saw it, in seconds. */
double gained_span_s(const struct gained *gained);

/* The process that holds the socket, as the census knows it; one without a number when nobody was found. */
struct subject subject_socket_owner(const struct model *model, const struct local_socket *socket);
/* "*:8080", "10.1.2.3:8080": where it listens. */
struct text socket_label(const struct local_socket *socket);
/* What goes before a command so that it sees a network namespace: "" for our own, else "nsenter -t PID -n ", by way of
 * that process, or of another one in it when that has ended or is not known (0); "" when none is. */
struct text text_nsenter(const struct model *model, __u32 netns, __u32 pid);

/* What the socket dropped in the window. */
__u64 local_drops(const struct model *model, const struct local_socket *socket);
/* The part of what the namespace gained since the socket was first looked at, at most 1 (before, its drops are not known
 * in time), that is of the socket and its kin: those of the same process, and, as many programs have a worker with a
 * socket of its own for each processor (SO_REUSEPORT), those of the same namespace, port and program. */
double local_part(const struct model *model, const struct local_socket *socket,
		  const struct gains *of);
/* A walk over the sockets of `proto` that dropped most in the window, one for each such kin whose process is known: the first
 * when `after` is NULL; NULL past the end. */
const struct local_socket *local_worst(const struct model *model, __u8 proto,
				       const struct local_socket *after);

/* The namespace of the subject's socket, or our own. */
const struct net_stack *stack_of_subject(const struct model *model, const struct subject *subject,
					 __u8 proto);

/* Was our own namespace looked at for three ticks? For the rules' exposed(). */
bool local_exposed(const struct model *model, char *buf, size_t size);

#endif
