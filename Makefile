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
# Recursive on purpose: looked up when first used, after "make deps" has installed them.
BPFTOOL ?= $(firstword $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool) bpftool)
LLVM_STRIP ?= $(firstword $(shell command -v llvm-strip) llvm-strip)
PYTHON ?= /usr/bin/python3

ARCH := $(shell uname -m)
BPF_ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(ARCH)))
VERSION := $(shell cat VERSION)

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
# A level that who builds has set stays; one that the compiler brings along is replaced without a warning.
FORTIFY = $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN = -fstack-protector-strong $(FORTIFY) -fPIE \
	$(if $(filter aarch64,$(ARCH)),-mbranch-protection=standard,-fcf-protection)
# Where the tree lies is written into no program: neither into debug information nor into the BTF of bpf/.
PREFIX_MAP := -ffile-prefix-map=$(CURDIR)=.
override CPPFLAGS += -D_GNU_SOURCE -DCULPRIT_VERSION='"$(VERSION)"' -Iheaders -Iuser -I$(B)/bpf -I$(B)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARN) $(PREFIX_MAP) $(CFLAGS) -MMD -MP
LDFLAGS_HARDEN := -pie -Wl,-z,relro,-z,now
LIBS := -lbpf -lelf -lz -lcap -lseccomp -ljson-c -linih -ldw -lsgutils2
BPF_CFLAGS := -g -O2 $(PREFIX_MAP) -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) -Ivmlinux -Iheaders -Ibpf \
	-Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-declarations -MMD -MP

BPF_SRC := $(sort $(wildcard bpf/*.bpf.c))
BPF_SKEL := $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.skel.h)
CORE_SRC := $(sort $(wildcard user/model/*.c user/rules/*.c user/finding/*.c))
STATIC_SRC := $(sort $(wildcard user/static/*.c))
USER_SRC := $(filter-out $(CORE_SRC) $(STATIC_SRC),$(sort $(wildcard user/*.c user/*/*.c)))
CORE_OBJ := $(CORE_SRC:%.c=$(B)/obj/%.o)
USER_OBJ := $(USER_SRC:%.c=$(B)/obj/%.o)
# What is in user/static takes the place of its namesake in user.
STATIC_OBJ := $(filter-out $(STATIC_SRC:user/static/%.c=$(B)/obj/user/%.o),$(USER_OBJ)) $(STATIC_SRC:%.c=$(B)/obj/%.o)

.PHONY: all
MAN := $(B)/man/culprit.8 $(B)/man/culprit.conf.5
all: need-build $(B)/culprit $(MAN)

$(B)/man/%: docs/man/%.scd
	$(call say,SCDOC,$@)
	$(Q)mkdir -p $(@D) && scdoc <$< >$@.new && mv $@.new $@

$(B)/culprit: $(USER_OBJ) $(B)/libcore.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS_HARDEN) $(LDFLAGS) -o $@ $(USER_OBJ) $(B)/libcore.a $(LIBS) -lm

# Nothing of the host's is loaded: see user/static/linkage.c. The linker warns of getaddrinfo() and getgrnam() for
# the modules that nsswitch.conf may name, and cannot know that they are never asked.
.PHONY: static
static: need-static $(B)/culprit-static
$(B)/culprit-static: $(STATIC_OBJ) $(B)/libcore.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -static-pie -s -Wl,-z,relro,-z,now,--no-warnings $(LDFLAGS) -o $@ $(STATIC_OBJ) \
		$(B)/libcore.a -Wl,--start-group $(LIBS) -llzma -lbz2 -Wl,--end-group -lm

# The same for arm64: Debian's cross compiler, and the libraries that deps-arm64 has unpacked.
.PHONY: arm64
ARM64 = $(MAKE) --no-print-directory B=$(B)/arm64 ARCH=aarch64 AR=aarch64-linux-gnu-ar \
	CC='aarch64-linux-gnu-gcc --sysroot=$(CURDIR)/$(B)/arm64/sysroot'
arm64: need-arm64
	+@$(ARM64) $(B)/arm64/culprit-static $(B)/arm64/tests/load

$(B)/libcore.a: $(CORE_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(CORE_OBJ)

$(B)/obj/%.o: %.c Makefile VERSION | $(BPF_SKEL)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(HARDEN) -c -o $@ $<

# Embedded by .incbin, which no compiler writes into a .d file.
$(B)/obj/user/command/schema.o $(B)/san/user/command/schema.o: docs/culprit-1.schema.json

$(B)/bpf/%.bpf.o: bpf/%.bpf.c Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -c -o $@ $<
	$(Q)$(LLVM_STRIP) -g $@

# Named one by one: what only a pattern names is deleted after use, and would be built again the next time.
$(BPF_SKEL): $(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@



# ---- what must be installed (Debian 12, 13) ----

DEPS_BUILD := gcc make libc6-dev clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libcap-dev \
	libjson-c-dev libinih-dev libdw-dev libsgutils2-dev libmicrohttpd-dev libseccomp-dev scdoc
DEPS_TEST := libcmocka-dev python3 python3-jsonschema libcap2-bin util-linux kmod iproute2 nftables mount \
	e2fsprogs xfsprogs btrfs-progs squashfs-tools qemu-system-x86 busybox-static cpio dpkg-dev dmsetup fio ca-certificates binutils procps \
	sg3-utils smartmontools mdadm rsyslog systemd prometheus openssl gnutls-bin libclang-rt-dev valgrind
# What libdw.a needs besides.
DEPS_STATIC := liblzma-dev libbz2-dev
DEPS_ARM64 := gcc-aarch64-linux-gnu qemu-system-arm qemu-user-static
SYSROOT_ARM64 = $(filter-out libmicrohttpd-dev,$(filter %-dev,$(DEPS_BUILD) $(DEPS_STATIC)))
# Unpacked, not installed: their packages would start services.
DEPS_SERVERS := nginx postgresql pgbouncer
DEPS_DAEMONS := prometheus-node-exporter rasdaemon
DEPS_LINT := clang-format clang-tidy cppcheck shellcheck
DEPS_BENCH := libbpf-tools lsof
DEPS_DEB := debhelper fakeroot
DEPS_PACKAGES := debootstrap fish zsh python3-yaml

# The packages of $(1) that dpkg does not have, on a system that has dpkg.
missing = for p in $(1); do dpkg-query -W -f '$${Status}' "$$p" 2>/dev/null | \
	grep -q '^install ok installed' || echo "$$p"; done
# Installs them: the lists may be missing or old on a new machine, the archive slow: three tries.
install = @missing=$$($(call missing,$(1))); [ -z "$$missing" ] && exit 0; \
	[ "$$(id -u)" = 0 ] || { echo "missing: "$$missing"; run: sudo make deps" >&2; exit 1; }; \
	export DEBIAN_FRONTEND=noninteractive; \
	for try in 1 2 3; do \
		apt-get install -y -q --no-install-recommends $$missing && exit 0; \
		sleep $$((try * 5)); apt-get update -q; \
	done; echo "could not install: "$$missing >&2; exit 1

# What of $(1) is not installed, unpacked under $(B)/servers; $(2): the name of the set.
unpack = @dir=$$PWD/$(B)/servers; done="$$dir/.done-$(2)"; [ -e "$$done" ] && exit 0; mkdir -p "$$dir/debs/partial"; \
	for try in 1 2 3; do \
		apt-get install -y -q --no-install-recommends --download-only -o Dir::Cache::archives="$$dir/debs" $(1) && \
		for deb in "$$dir"/debs/*.deb; do [ ! -e "$$deb" ] || dpkg -x "$$deb" "$$dir" || exit 1; done && \
		touch "$$done" && exit 0; \
		sleep $$((try * 5)); apt-get update -q; \
	done; echo "could not fetch: $(1)" >&2; exit 1

.PHONY: deps deps-test deps-lint deps-bench deps-static deps-arm64 deps-packages need-build need-static need-arm64
deps:
	$(call install,$(DEPS_BUILD))
deps-test:
	$(call install,$(DEPS_BUILD) $(DEPS_TEST))
	$(call unpack,$(DEPS_SERVERS),servers)
deps-lint:
	$(call install,$(DEPS_BUILD) $(DEPS_TEST) $(DEPS_LINT))
deps-bench:
	$(call install,$(DEPS_BUILD) $(DEPS_TEST) $(DEPS_BENCH))
	$(call unpack,$(DEPS_DAEMONS),daemons)
deps-static:
	$(call install,$(DEPS_BUILD) $(DEPS_TEST) $(DEPS_STATIC))
deps-packages:
	$(call install,$(DEPS_BUILD) $(DEPS_DEB) $(DEPS_PACKAGES))
deps-arm64:
	$(call install,$(DEPS_BUILD) $(DEPS_TEST) $(DEPS_ARM64))
	@tests/vm/packages arm64 bookworm $(B)/arm64/sysroot $(SYSROOT_ARM64)
# Says what of $(1) is missing before a compiler says it less well; $(2) installs it.
need = @command -v dpkg-query >/dev/null || exit 0; missing=$$($(call missing,$(1))); \
	[ -z "$$missing" ] || { echo "missing: "$$missing"; run: sudo make $(2)" >&2; exit 1; }
need-build:
	$(call need,$(DEPS_BUILD),deps)
need-static:
	$(call need,$(DEPS_BUILD) $(DEPS_STATIC),deps-static)
need-arm64:
	$(call need,$(DEPS_BUILD) $(DEPS_ARM64),deps-arm64)
	@[ -e $(B)/arm64/sysroot ] || { echo "missing: $(B)/arm64/sysroot; run: sudo make deps-arm64" >&2; exit 1; }

# ---- the two commands ----

.PHONY: trace test run-trace run-test
trace: deps
	@$(MAKE) --no-print-directory -j "$$(nproc)" all
	@$(MAKE) --no-print-directory run-trace
run-trace: all
	@./$(B)/culprit trace -d $(D)
test: deps-test
	@$(MAKE) --no-print-directory -j "$$(nproc)" vm-kernels all test-programs fuzz-programs
	@$(MAKE) --no-print-directory run-test
# While the compiler works: they wait for the network. What goes wrong here test-vm tries again, and tells.
.PHONY: vm-kernels
vm-kernels:
	-@tests/vm/kernels
# One list, one sum: a suite that is missing is a failure, not a smaller number. One seed, so that two runs of
# the same tree are the same test; test-vm and test-matrix draw one. RETRY: of what meets a live kernel, up to two that fail
# are run once more, as the machine may be busy, and told of as unsteady; test-bpf, test-vm and test-matrix alone take no excuse.
run-test: all test-programs fuzz-programs
	@tests/run.py --skip-fails --log $(B)/log --limit 3000 \
		check='$(MAKE) --no-print-directory check' \
		fuzz='$(MAKE) --no-print-directory fuzz T=5' \
		test-bpf='$(MAKE) --no-print-directory test-bpf RETRY=1' \
		test-daemon='$(MAKE) --no-print-directory test-daemon' \
		test-vm='$(MAKE) --no-print-directory test-vm RETRY=1 SEED=$(or $(SEED),525908)'

# ---- tests ----

SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g
SAN_OBJ := $(patsubst %.c,$(B)/san/%.o,$(CORE_SRC) $(filter-out user/main.c,$(USER_SRC)))
UNIT_SRC := $(sort $(wildcard tests/unit/*/*.c))
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(B)/tests/unit/%)
BPFTEST_SRC := $(sort $(wildcard tests/bpf/test_*.c))
BPFTEST_BIN := $(BPFTEST_SRC:tests/bpf/%.c=$(B)/tests/bpf/%)

.PHONY: test-programs check test-bpf test-vm test-matrix test-daemon test-systemd test-suspend test-killed
test-programs: $(UNIT_BIN) $(BPFTEST_BIN) $(B)/tests/load $(B)/san/culprit

$(B)/san/%.o: %.c Makefile VERSION | $(BPF_SKEL)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -std=gnu11 $(WARN) $(SAN) -MMD -MP -c -o $@ $<
$(B)/san/libculprit.a: $(SAN_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $(SAN_OBJ)
$(B)/san/culprit: $(B)/san/user/main.o $(B)/san/libculprit.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ $(LIBS) -lm
$(B)/tests/unit/%: tests/unit/%.c $(B)/san/libculprit.a Makefile
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -Itests/unit -std=gnu11 $(WARN) $(SAN) -MMD -MP -MF $@.d \
		-o $@ $< $(B)/san/libculprit.a -lcmocka $(LIBS) -lm

check: need-build $(B)/culprit $(B)/san/culprit $(UNIT_BIN)
	@tests/run.py --log $(B)/log --limit 600 --jobs 2 \
		$(foreach t,$(UNIT_BIN),$(t:$(B)/tests/%=%)=$(t)) \
		replay='tests/replay/run.py $(B)/san/culprit' \
		cli='tests/cli/run.py $(B)/culprit' \
		completion='tests/cli/completion.py $(B)/culprit' \
		docs='tests/docs/run.py $(B)/culprit' \
		valgrind='tests/valgrind.py $(B)/culprit 60' \
		core-symbols='tests/core_symbols.py $(B)/libcore.a'

# All replays under valgrind, of which check does some: a quarter of an hour.
.PHONY: test-valgrind
test-valgrind: need-build $(B)/culprit
	@tests/valgrind.py $(B)/culprit

# cmocka programs that load BPF: root, this kernel.
$(B)/tests/bpf/%: tests/bpf/%.c $(wildcard tests/bpf/*.h tests/bpf/lib*.c) $(USER_OBJ) $(B)/libcore.a Makefile
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -Itests/bpf $(ALL_CFLAGS) -MF $@.d -o $@ $< \
		$(wildcard tests/bpf/lib*.c) $(filter-out $(B)/obj/user/main.o,$(USER_OBJ)) \
		$(B)/libcore.a -lcmocka $(LIBS) -lm
test-bpf: need-build $(B)/culprit $(BPFTEST_BIN) $(B)/tests/load
	@[ "$$(id -u)" = 0 ] || { echo "make test-bpf needs root" >&2; exit 1; }
	@tests/run.py --log $(B)/log $(if $(RETRY),--retry 2) $(foreach t,$(BPFTEST_BIN),$(t:$(B)/tests/%=%)=$(t)) \
		$(foreach t,$(sort $(wildcard tests/bpf/test_*.py)),$(t:tests/%.py=%)='$(t) $(B)/culprit')

# In real time: a leak of one each EVERY seconds beside healthy churn, as a daemon sees it.
MINUTES ?= 30
EVERY ?= 60
.PHONY: soak
soak: need-build $(B)/culprit $(B)/tests/load
	@[ "$$(id -u)" = 0 ] || { echo "make soak needs root" >&2; exit 1; }
	@tests/bpf/soak.py $(B)/culprit $(MINUTES) $(EVERY)
# The whole of what test-bpf does a little of.
test-killed: need-build $(B)/culprit
	@tests/bpf/test_killed.py $(B)/culprit 200

# Real kernels and real faults, under emulation. KERNELS="5.10 6.1" SCENARIOS="medium-error" SEED=7
VM_ARGS = --culprit $(B)/culprit $(if $(KERNELS),--kernels "$(KERNELS)") \
	$(if $(SCENARIOS),--scenarios "$(SCENARIOS)") $(if $(SEED),--seed $(SEED)) $(if $(RETRY),--retry)
$(B)/tests/load: $(wildcard tests/vm/load/*.c tests/vm/load/*.h) tests/bpf/lib_ways.c tests/bpf/ways.h Makefile
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) -D_GNU_SOURCE -std=gnu11 -Itests/bpf $(WARN) $(CFLAGS) -pthread -o $@ $(filter %.c,$^)
test-vm: need-build $(B)/culprit $(B)/tests/load $(if $(filter %-arm64,$(KERNELS)),arm64)
	@tests/vm/run.py $(VM_ARGS) --json $(B)/vm/table.json
test-matrix: need-build $(B)/culprit $(B)/tests/load
	@tests/vm/run.py --matrix $(VM_ARGS) --json $(B)/vm/matrix.json
# The daemon's hard times, two at a time: guests take a processor each, and so does one that is killed again and again.
test-daemon: all
	@tests/run.py --log $(B)/log --limit 1200 --jobs 2 \
		test-systemd='$(MAKE) --no-print-directory test-systemd' \
		test-killed='$(MAKE) --no-print-directory test-killed' \
		test-suspend='$(MAKE) --no-print-directory test-suspend'
# Debian's systemd as process 1 of a guest: the unit as it is installed.
test-systemd: all
	@rm -rf $(B)/vm/systemd-root
	@$(MAKE) --no-print-directory install DESTDIR=$(abspath $(B)/vm/systemd-root) PREFIX=/usr >$(B)/vm-install.log
	@tests/vm/systemd.py $(B)/vm/systemd-root --out $(B)/vm/systemd

# A host that is suspended and goes on. KERNELS="5.10 6.1" (default: 6.1)
test-suspend: need-build $(B)/culprit
	@tests/vm/suspend.py $(B)/culprit --out $(B)/vm/suspend $(if $(KERNELS),--kernels "$(KERNELS)")

# The static program where there is nothing else. KERNELS="5.10 6.1" (default: 6.1)
.PHONY: test-static
test-static: static $(B)/culprit
	@tests/run.py --log $(B)/log \
		static-replay='tests/replay/run.py $(B)/culprit-static' \
		static='tests/static/run.py $(B)/culprit-static $(B)/culprit $(if $(KERNELS),--kernels "$(KERNELS)")'

# The pages that are made from what the program holds.
.PHONY: docs
docs: $(B)/culprit
	docs/generate.py $(B)/culprit

# arm64: all replays byte for byte by user-mode emulation, the core set in a guest.
.PHONY: test-arm64
test-arm64: arm64 $(B)/culprit
	@tests/run.py --log $(B)/log --limit 3000 \
		arm64-replay='tests/replay/run.py "qemu-aarch64-static $(B)/arm64/culprit-static"' \
		arm64-vm='$(MAKE) --no-print-directory test-vm KERNELS="$(or $(KERNELS),6.1-arm64)" SEED=$(or $(SEED),525908)'

.PHONY: bench
bench: deps-bench
	@$(MAKE) --no-print-directory run-bench
.PHONY: run-bench
run-bench: $(B)/culprit
	@tests/bench/run.py --culprit $(B)/culprit --json $(B)/bench.json

# Fuzz targets, from the corpora that are kept: T seconds each, as many at a time as there are processors.
T ?= 600
FUZZ := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_OBJ := $(patsubst %.c,$(B)/fuzz/obj/%.o,$(CORE_SRC) $(filter-out user/main.c,$(USER_SRC)))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
$(B)/fuzz/obj/%.o: %.c Makefile VERSION | $(BPF_SKEL)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CLANG) $(CPPFLAGS) -std=gnu11 $(FUZZ) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
$(B)/fuzz/libculprit.a: $(FUZZ_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $(FUZZ_OBJ)
$(B)/fuzz/%: tests/fuzz/%.c $(B)/fuzz/libculprit.a
	$(call say,LINK,$@)
	$(Q)$(CLANG) $(CPPFLAGS) -std=gnu11 $(FUZZ) -fsanitize=fuzzer -MMD -MP -MF $@.d -o $@ $< $(B)/fuzz/libculprit.a $(LIBS) -lm
.PHONY: fuzz fuzz-programs
fuzz-programs: $(FUZZ_BIN)
fuzz: need-build $(FUZZ_BIN)
	@tests/fuzz/run $(T) $(FUZZ_BIN)

# ---- the pipeline ----

# The examples of dist/ by the real programs, on loopback; none is a service, none is installed.
DEPS_PIPELINE_TOOLS := python3 util-linux iproute2 kmod e2fsprogs systemd qemu-system-x86 busybox-static cpio dpkg-dev \
	ca-certificates binutils
DEPS_PIPELINE := postgresql prometheus prometheus-alertmanager rsyslog rsyslog-relp
.PHONY: deps-pipeline test-pipeline run-test-pipeline
# Two, for Debian lets no system have both rsyslog and syslog-ng.
deps-pipeline:
	$(call install,$(DEPS_BUILD) $(DEPS_PIPELINE_TOOLS))
	$(call unpack,$(DEPS_PIPELINE),pipeline)
	$(call unpack,syslog-ng-core,syslog-ng)
test-pipeline: deps-pipeline
	@$(MAKE) --no-print-directory run-test-pipeline
run-test-pipeline: all
	@[ "$$(id -u)" = 0 ] || { echo "make test-pipeline needs root" >&2; exit 1; }
	@tests/run.py --log $(B)/log --limit 300 $(foreach t,$(sort $(wildcard tests/pipeline/test_*.py)),$(t:tests/%.py=%)='$(t) $(B)/culprit')

# ---- lint ----

C_FILES = $(shell git ls-files '*.c' '*.h' | grep -v '^vmlinux/')
PY_FILES = $(shell git ls-files '*.py')
SH_FILES = $(shell git ls-files | xargs -r grep -lE '^\#!(/usr)?/bin/(env )?(ba)?sh' 2>/dev/null)
TIDY := -*,bugprone-*,cert-err34-c,cert-flp30-c,clang-analyzer-*,misc-redundant-expression,readability-misleading-indentation,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,-bugprone-narrowing-conversions,-bugprone-implicit-widening-of-multiplication-result,-bugprone-assignment-in-if-condition
.PHONY: lint format
lint: deps-lint
	@$(MAKE) --no-print-directory run-lint
.PHONY: run-lint
run-lint: $(BPF_SKEL)
	$(Q)clang-format --dry-run -Werror $(C_FILES)
	@# One file a run: clang-tidy 14 carries its analyzer's va_list state over from file to file.
	$(Q)printf '%s\n' $(CORE_SRC) $(USER_SRC) | xargs -P2 -I{} clang-tidy --quiet --warnings-as-errors='*' \
		--checks='$(TIDY)' {} -- $(CPPFLAGS) -std=gnu11 2>/dev/null
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
		--suppress=missingIncludeSystem '-DLIBBPF_OPTS(type,name,...)=struct type name = {}' \
		-Iheaders -Iuser $(CORE_SRC) $(USER_SRC)
	$(Q)shellcheck -x $(SH_FILES)
	$(Q)$(PYTHON) -m py_compile $(PY_FILES)
format:
	clang-format -i $(C_FILES)

# ---- install ----

.PHONY: install uninstall clean help
CONF_DIR := $(DESTDIR)/etc/culprit
CONF := $(CONF_DIR)/culprit.conf
LOGROTATE := $(DESTDIR)/etc/logrotate.d/culprit
UNIT_DIR ?= /usr/lib/systemd/system
SYSUSERS_DIR ?= /usr/lib/sysusers.d
BASH_DIR ?= $(PREFIX)/share/bash-completion/completions
ZSH_DIR ?= $(PREFIX)/share/zsh/site-functions
FISH_DIR ?= $(PREFIX)/share/fish/vendor_completions.d
MAN_DIR := $(DESTDIR)$(PREFIX)/share/man
# Settings that are there stay.
install: all
	install -D -m 0755 $(B)/culprit "$(DESTDIR)$(PREFIX)/bin/culprit"
	install -d "$(DESTDIR)$(UNIT_DIR)"
	sed 's,@BINDIR@,$(PREFIX)/bin,' dist/culprit.service > "$(DESTDIR)$(UNIT_DIR)/culprit.service"
	chmod 0644 "$(DESTDIR)$(UNIT_DIR)/culprit.service"
	install -D -m 0644 dist/culprit.sysusers "$(DESTDIR)$(SYSUSERS_DIR)/culprit.conf"
	[ -e "$(CONF)" ] || install -D -m 0640 dist/culprit.conf "$(CONF)"
	[ -e "$(LOGROTATE)" ] || install -D -m 0644 dist/culprit.logrotate "$(LOGROTATE)"
	install -D -m 0644 $(B)/man/culprit.8 "$(MAN_DIR)/man8/culprit.8"
	install -D -m 0644 $(B)/man/culprit.conf.5 "$(MAN_DIR)/man5/culprit.conf.5"
	install -D -m 0644 dist/completions/culprit.bash "$(DESTDIR)$(BASH_DIR)/culprit"
	install -D -m 0644 dist/completions/culprit.fish "$(DESTDIR)$(FISH_DIR)/culprit.fish"
	install -D -m 0644 dist/completions/_culprit "$(DESTDIR)$(ZSH_DIR)/_culprit"
# Settings that were changed stay, others go.
uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/culprit" "$(DESTDIR)$(UNIT_DIR)/culprit.service" \
		"$(DESTDIR)$(SYSUSERS_DIR)/culprit.conf" \
		"$(DESTDIR)$(BASH_DIR)/culprit" "$(DESTDIR)$(FISH_DIR)/culprit.fish" "$(DESTDIR)$(ZSH_DIR)/_culprit" \
		"$(MAN_DIR)/man8/culprit.8" "$(MAN_DIR)/man5/culprit.conf.5"
	! cmp -s dist/culprit.conf "$(CONF)" || rm -f "$(CONF)"
	! cmp -s dist/culprit.logrotate "$(LOGROTATE)" || rm -f "$(LOGROTATE)"
	[ ! -d "$(CONF_DIR)" ] || rmdir --ignore-fail-on-non-empty "$(CONF_DIR)"
clean:
	rm -rf $(B)

# ---- packages ----

# For the Debian that this is: $(B)/deb/culprit_VERSION+debN_ARCH.deb, with its source. Built from a copy, so that nothing of
# the build lands in this tree, and its version tells the releases apart: their libraries differ.
DEB := $(B)/deb
DEB_TREE := $(DEB)/culprit-$(VERSION)
DEB_RELEASE = $(shell . /etc/os-release && echo "$${VERSION_CODENAME} +deb$${VERSION_ID}")
.PHONY: deb test-packages need-deb
need-deb:
	$(call need,$(DEPS_BUILD) $(DEPS_DEB),deps-packages)
deb: need-deb
	$(Q)rm -rf $(DEB) && mkdir -p $(DEB_TREE)
	$(Q)tar -c --exclude=./$(B) --exclude=./.git --exclude=__pycache__ . | tar -x -C $(DEB_TREE)
	$(Q)set -- $(DEB_RELEASE) && sed -i "1s/^culprit (.*) [a-z]*;/culprit ($(VERSION)$$2) $$1;/" $(DEB_TREE)/debian/changelog
	$(Q)cd $(DEB_TREE) && MAKEFLAGS= dpkg-buildpackage -us -uc >../build.log 2>&1 || { tail -n 20 ../build.log >&2; exit 1; }
	$(Q)rm -rf $(DEB_TREE)
	@ls $(DEB)/*.deb
test-packages: deps-packages
	@$(MAKE) --no-print-directory $(B)/culprit
	@tests/run.py --log $(B)/log --limit 5400 \
		packages='tests/packages/run.py' completion-shells='tests/cli/completion.py $(B)/culprit --all-shells'

help:
	@echo 'sudo make trace [D=10]     install what is missing, build, trace this host for 30 s (or D)'
	@echo 'sudo make test             install what is missing, build, pass all tests'
	@echo 'make                       build/culprit, as an ordinary user'
	@echo 'sudo make deps             install what the build needs'
	@echo 'make static                build/culprit-static, which needs nothing on a host (sudo make deps-static)'
	@echo 'make check                 unit tests and replays: seconds, no root'
	@echo 'sudo make test-bpf         the probes on this kernel'
	@echo 'sudo make test-pipeline    the examples of dist/ with rsyslog, syslog-ng, Prometheus, PostgreSQL'
	@echo 'sudo make test-vm          real kernels and faults: KERNELS="5.10 6.1" SCENARIOS="..." SEED=n'
	@echo 'sudo make test-matrix      every scenario on every kernel'
	@echo 'sudo make test-static      the static program in an empty root and an empty guest'
	@echo 'make arm64                 build/arm64/culprit-static (sudo make deps-arm64)'
	@echo 'sudo make test-arm64       replays by qemu-user, the core scenarios on KERNELS=6.1-arm64'
	@echo 'sudo make soak             half an hour in real time: MINUTES=30, a leak of one each EVERY=60 s'
	@echo 'make test-valgrind         all replays under valgrind'
	@echo 'sudo make test-daemon      these three, two at a time'
	@echo 'sudo make test-killed      the daemon killed at 200 moments'
	@echo 'sudo make test-systemd     the unit under systemd, in a guest'
	@echo 'sudo make test-suspend     a guest that is suspended and goes on: KERNELS=6.1'
	@echo 'sudo make bench            cost, beside other tools'
	@echo 'make fuzz [T=600]          the decoders and parsers, T seconds each'
	@echo 'make lint                  clang-format, clang-tidy, cppcheck, shellcheck'
	@echo 'make docs                  docs/kinds.md and docs/lines.md, from the program and its schema'
	@echo 'make deb                   a package for this Debian, in build/deb'
	@echo 'sudo make test-packages    packages for Debian 12 and 13: built, checked, installed, upgraded, purged'
	@echo 'make install DESTDIR= PREFIX=/usr/local, make uninstall, make clean; V=1 shows commands'

-include $(shell find $(B) \( -path $(B)/servers -o -path $(B)/arm64 -o -path $(B)/sysroot \) -prune -o -type f -name '*.d' -print 2>/dev/null)
