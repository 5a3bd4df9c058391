/* SPDX-License-Identifier: BSD-2-Clause */
/* settings_files.c - the files that a daemon writes: that none is another's, nor something that is no file; see settings.h. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "replaceable.h"
#include "settings.h"

#define FILES 3

struct file {
	const char *key;
	const char *path; /* empty: not set */
	bool replaced;	  /* by rename, each time that it is written */
};

static void list(const struct settings *s, struct file ret_files[FILES])
{
	const struct sink_choice *lines = &s->sinks.choice[outlet_find("file") - outlet_table];

	ret_files[0] = (struct file){"[sinks] file", lines->on ? lines->target : "", false};
	ret_files[1] = (struct file){"[daemon] metrics_file", s->keeper.metrics_file, true};
	ret_files[2] = (struct file){"[general] store", s->memory.path, true};
}

/* By its name, or as one file that has both names. */
static bool is_same(const char *a, const char *b)
{
	struct stat x, y;

	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

int settings_check_files(const struct settings *settings, struct err *err)
{
	struct file files[FILES];

	list(settings, files);
	for (unsigned int i = 0; i < FILES; i++) {
		if (!files[i].path[0])
			continue;
		if (files[i].replaced && replaceable(files[i].path, err) < 0)
			return err_prefix(err, "%s", files[i].key);
		for (unsigned int j = i + 1; j < FILES; j++)
			if (files[j].path[0] && is_same(files[i].path, files[j].path))
				return err_set(err, -EINVAL,
					       "%s and %s are both %.200s: each would overwrite "
					       "the other",
					       files[i].key, files[j].key, files[i].path);
	}
	return 0;
}
