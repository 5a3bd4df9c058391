# SPDX-License-Identifier: BSD-2-Clause
#
# sudo make trace     installs what is missing, builds, traces this host for 30 s (D=10: 10 s)
# sudo make test      installs what is missing, builds, runs all tests
# make help           the other targets

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

D ?= 30
V ?= 0
B ?= build
PREFIX ?= /usr/local
DESTDIR ?=
KERNELS ?=
SCENARIOS ?=
SEED ?=

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

CC ?= cc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)
LLVM_STRIP ?= $(firstword $(shell command -v llvm-strip llvm-strip-19 llvm-strip-16 llvm-strip-14) llvm-strip)
PYTHON ?= /usr/bin/python3

ARCH := $(shell uname -m)
BPF_ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(ARCH)))
VERSION := $(shell cat VERSION)

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE -fcf-protection
CPPFLAGS += -D_GNU_SOURCE -DCULPRIT_VERSION='"$(VERSION)"' -Iheaders -Iuser -I$(B)/bpf -I$(B)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) -MMD -MP
LDFLAGS_HARDEN := -pie -Wl,-z,relro,-z,now
LIBS := -lbpf -lelf -lz -lcap -ljson-c -linih
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) -Ivmlinux -Iheaders -Ibpf \
	-Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-declarations -MMD -MP

BPF_SRC := $(sort $(wildcard bpf/*.bpf.c))
BPF_SKEL := $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.skel.h)
CORE_SRC := $(sort $(wildcard user/model/*.c user/rules/*.c user/finding/*.c))
USER_SRC := $(filter-out $(CORE_SRC),$(sort $(wildcard user/*.c user/*/*.c)))
CORE_OBJ := $(CORE_SRC:%.c=$(B)/obj/%.o)
USER_OBJ := $(USER_SRC:%.c=$(B)/obj/%.o)

.PHONY: all
all: $(B)/culprit

$(B)/culprit: $(USER_OBJ) $(B)/libcore.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS_HARDEN) $(LDFLAGS) -o $@ $(USER_OBJ) $(B)/libcore.a $(LIBS) -lm

$(B)/libcore.a: $(CORE_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $(CORE_OBJ)

$(B)/obj/%.o: %.c Makefile VERSION | $(BPF_SKEL)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(HARDEN) -c -o $@ $<

$(B)/bpf/%.bpf.o: bpf/%.bpf.c Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -c -o $@ $<
	$(Q)$(LLVM_STRIP) -g $@

$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: clean
clean:
	rm -rf $(B)
