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

/* The process, as the census knows it; start_ns to 10 ms. One without a number when nobody was found. */
struct subject subject_holder(const struct model *model, __u32 pid, __u64 start_ns,
			      const char comm[EVENT_COMM_LEN]);
/* The process that holds the socket. */
struct subject subject_socket_owner(const struct model *model, const struct local_socket *socket);
/* Asks for the process's program and cgroup, where they are not known. */
void local_ask_who(const struct model *model, __u32 pid, __u64 start_ns,
		   const struct judgement *judgement);
/* "*:8080", "10.1.2.3:8080": where it listens. */
struct text socket_label(const struct local_socket *socket);
/* What goes before a command so that it sees a network namespace: "" for our own, else "nsenter -t PID -n ", by way of
 * that process, or of another one in it when that has ended or is not known (0); "" when none is. */
struct text text_nsenter(const struct model *model, __u32 netns, __u32 pid);

/* Does our own connection-tracking table drop what a program in that namespace sends? It was near its limit and
 * dropped packets in the window; where drops are not counted, the former is enough. A table with room drops what lost a
 * race, which is sent again; of other namespaces it is not read. */
bool conntrack_drops(const struct model *model, __u32 netns);

/* Seen growing at so many looks or more, it was no single burst. */
#define LOCAL_LOOKS 3
/* Whoever dropped a fifth of what the namespace did is named, with half of it surely. */
#define LOCAL_PART_LEAST 0.2
#define LOCAL_PART_MOST	 0.5

/* What a namespace turned away, and how its rule says so. */
struct local_fault {
	const struct net_stack *stack;
	__u8 proto;		/* whose sockets: FD_TCP (listeners), FD_UDP */
	const struct gains *of; /* what the namespace counted */
	const void *what;	/* the rule's own */
	void (*claim_socket)(const struct model *model, const void *what,
			     const struct local_socket *socket, double part,
			     const struct judgement *judgement);
	void (*claim_host)(const struct model *model, const void *what,
			   const struct judgement *judgement);
};
/* Claims it of each process whose sockets had a good part of it; of the host where none had, once all that drop
 * were looked for, in our own namespace only. */
void local_judge(const struct model *model, const struct local_fault *fault,
		 const struct judgement *judgement);
/* A claim of what was turned away: reported; critical when it was more than half of all. */
void local_claim_begin(struct claim *claim, const struct rule *rule, const struct subject *subject,
		       const struct gained *away, double share);
/* Since that time it took some, and turned none away: or hardly any, as its rule says. */
bool local_recovered(const struct model *model, const struct gains *away, const struct gains *taken,
		     __u64 since_ns, bool hardly);

/* The namespace of the subject's socket, or our own. */
const struct net_stack *stack_of_subject(const struct model *model, const struct subject *subject,
					 __u8 proto);

/* Was our own namespace looked at for three ticks? For the rules' exposed(). */
bool local_exposed(const struct model *model, char *buf, size_t size);

#endif
