/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - the command table, help and version. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "command/command.h"
#include "linkage.h"
#include "log.h"

#define STDOUT_BYTES 65536

static const struct command *const commands[] = {
	&command_trace,	 &command_daemon, &command_replay, &command_explain,
	&command_probes, &command_schema, &command_status, &command_dump,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char *command_at(const void *table, unsigned int i)
{
	(void)table;
	return i < COMMANDS ? commands[i]->name : "help";
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void usage(FILE *out)
{
	fputs("usage: culprit COMMAND [OPTION]...\n\n"
	      "Is it the disk, the network, or a connection leak? Watches this host from\n"
	      "inside the kernel and answers with evidence.\n\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++) {
		char left[40];

		snprintf(left, sizeof(left), "%s%s%s", commands[i]->name,
			 commands[i]->operand ? " " : "",
			 commands[i]->operand ? commands[i]->operand : "");
		fprintf(out, "  %-16s %s\n", left, commands[i]->summary);
	}
	fputs("  help [COMMAND]   this text, or a command's\n"
	      "  --version        version, libraries, what is built in\n\n"
	      "Start with: sudo culprit trace\n",
	      out);
}

static void version(void)
{
	printf("culprit %s\n", CULPRIT_VERSION);
	printf("libbpf %u.%u, json-c %s, zlib %s\n", libbpf_major_version(), libbpf_minor_version(),
	       json_c_version(), zlibVersion());
	printf("features: trace daemon replay record; sinks file unix journald syslog; metrics %s; schema culprit/1\n",
	       linkage.metrics);
	if (linkage.without)
		printf("static, without: %s\n", linkage.without);
}

static int unknown_command(const char *text)
{
	char hint[80];
	bool is_option = text[0] == '-';

	suggest_text(hint, sizeof(hint), "", suggest(text, NULL, COMMANDS + 1, command_at));
	if (is_option)
		log_error("unknown option '%s' before the command: culprit COMMAND [OPTION]...; "
			  "see culprit --help",
			  text);
	else
		log_error("unknown command '%s'%s; see culprit --help", text, hint);
	return EXIT_USAGE;
}

static int help(int argc, char *const argv[])
{
	const struct command *command = argc > 0 ? find_command(argv[0]) : NULL;

	if (argc > 1) {
		log_error("help takes one command, '%s' is one too many", argv[1]);
		return EXIT_USAGE;
	}
	if (argc > 0 && !command && strcmp(argv[0], "help") != 0)
		return unknown_command(argv[0]);
	if (command)
		options_help(command, stdout);
	else
		usage(stdout);
	return EXIT_RAN;
}

static int run_command(const struct command *command, int argc, char *const argv[])
{
	struct options options;
	struct err err = {0};
	int ret;

	if (options_parse(command, argc, argv, &options, &err) < 0) {
		log_error("%s; see culprit help %s", err.text, command->name);
		return EXIT_USAGE;
	}
	if (options.help) {
		options_help(command, stdout);
		return EXIT_RAN;
	}
	ret = command->run(&options, &err);
	if (ret >= 0)
		return ret;
	fflush(stdout); /* what was said before it failed stands before the failure */
	log_error("%s", err.text[0] ? err.text : strerror(-ret));
	return EXIT_FAILED;
}

static int dispatch(int argc, char *const argv[])
{
	const struct command *command;

	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		version();
		return EXIT_RAN;
	}
	if (strcmp(argv[1], "help") == 0)
		return help(argc - 2, argv + 2);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(0, NULL);
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return run_command(command, argc - 2, argv + 2);
}

/* No file that we open may become stdin, stdout or stderr. A closed stdout stays one that refuses.
 */
static void guard_standard_files(void)
{
	static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[fd]) != fd)
			_exit(EXIT_FAILED);
}

/* What stdio still held may fail to go out: a full disk, a closed stdout, a reader that left. */
static int close_stdout(int status)
{
	bool broken = ferror(stdout);

	errno = 0;
	if (fclose(stdout) == 0 && !broken)
		return status;
	if (status != EXIT_FAILED)
		log_error("stdout: %s", errno == EPIPE	 ? "the reader went away"
					: errno == EBADF ? "it is closed"
					: errno		 ? strerror(errno)
							 : "write error");
	return EXIT_FAILED;
}

int main(int argc, char *argv[])
{
	/* Holds the longest of our texts, so that why it could not be written is known at the end.
	 */
	char buffer[STDOUT_BYTES];

	guard_standard_files();
	linkage_init();
	/* A reader that leaves and a full disk (or a file size limit) are errors, not deaths. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	return close_stdout(dispatch(argc, argv));
}
