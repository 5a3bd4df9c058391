/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_health.c - disks that did not fail: retries that helped, exposure, recovery; see disk_errors.h. */
#include <stdio.h>

#include "rules/disk_errors.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/text.h"

/* Healthy exposure of a disk: no failure for a minute, while it worked. */
#define RECOVER_NS (60 * 1000000000ULL)

const struct threshold disk_min_ios = {
	"disk.min_ios", 10, "{request}",
	"fewer completed requests on all disks together say nothing of their health"};
const struct threshold disk_recover_ios = {
	"disk.recover_ios", 1000, "{request}",
	"a disk that answered so many requests without failing is in use and well"};
const struct threshold disk_min_retries = {
	"disk.min_retries", 5, "{request}",
	"a reset or a path that moves costs a retry or two; a link that goes bad costs some again and again"};

void disk_claim_retries(const struct rule *rule, const struct model *model,
			const struct disk_failures *f, const struct judgement *judgement)
{
	struct subject subject = subject_disk(f->disk);
	struct claim claim;

	if ((double)f->retried < model_threshold(model, &disk_min_retries))
		return;
	claim_init(&claim, rule, &subject);
	claim.basis = BASIS_MEASURED;
	claim.severity = SEVERITY_INFO;
	claim.count = f->retried;
	claim.first_ns = f->retried_first_ns;
	claim.last_ns = f->retried_last_ns;
	claim.window_ns = model_now(model) - claim.first_ns;
	disk_claim_context(&claim, model, f);
	disk_claim_counts(&claim, model, f);
	claim_text(&claim, ROLE_AGAINST, "no request failed for good");
	claim_message(&claim, "DISK: %.20s answers, but %s had to be sent again.", subject.name,
		      text_plural(f->retried, "request").s);
	claim.confidence = confidence_round(0.90 * (1.0 - 1.0 / (double)f->retried));
	disk_claim_advice(&claim, f);
	judgement->claim(judgement->ctx, &claim);
}

bool disk_errors_exposed(const struct model *model, char *buf, size_t size)
{
	const struct frame *frame = model_frame(model);
	double least = model_threshold(model, &disk_min_ios);
	const struct disk *disk = NULL;
	unsigned int disks = 0;
	__u64 ios = 0;

	while ((disk = disks_next(model_disks(model), disk))) {
		if (disk->gone || disk->info.flags & DISK_PARTITION)
			continue;
		disks++;
		for (unsigned int op = 0; op < BLOCK_OPS; op++)
			ios += frame->mode == RUN_DAEMON ? disk_requests_window(disk, frame, op)
							 : disk_requests(disk, op);
	}
	if ((double)ios >= least)
		return true;
	snprintf(buf, size, "%s, %s; errors need %.0f", text_plural(disks, "disk").s,
		 text_plural(ios, "I/O").s, least);
	return false;
}

bool disk_errors_recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct disk *disk = disks_find(model_disks(model), subject->dev);
	__u64 after = 0;

	if (!disk || model_now(model) < since_ns + RECOVER_NS)
		return false;
	for (unsigned int op = BLOCK_READ; op <= BLOCK_WRITE; op++)
		if (disk->op[op])
			after += window_gain_since(&disk->op[op]->window, disk->op[op]->now,
						   DISK_REQUESTS, 2, model_now(model),
						   model_frame(model)->disk_window_ns, since_ns);
	return (double)after >= model_threshold(model, &disk_recover_ios);
}
