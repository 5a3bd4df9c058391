/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rotate.h - moves a file that is full out of the way: PATH to PATH.1, PATH.1 to PATH.2 and so on; the last one goes.
 */
#ifndef CULPRIT_ROTATE_H
#define CULPRIT_ROTATE_H

/* By rename alone: links are renamed, not followed, and a line that is half written stays whole. `keep`: how many
 * old ones stay, 1 or more. 0 or a negative errno: then the file has its name still. */
int rotate_files(const char *path, unsigned int keep);

#endif
