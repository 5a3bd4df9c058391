/* SPDX-License-Identifier: BSD-2-Clause */
/* linkage.c - the program with shared libraries: nothing is left out; see linkage.h. */
#include "linkage.h"

const struct linkage linkage = {.metrics = "file http"};

void linkage_init(void)
{
}
