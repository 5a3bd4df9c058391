/* SPDX-License-Identifier: BSD-2-Clause */
/* lib_ways.c - the ways in which a process comes by a descriptor; see ways.h. */
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include <linux/io_uring.h>

#define PLACE __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls")))

static int held[1024];
static unsigned int n_held;
static int listener = -1, sender = -1, receiver = -1, own_pidfd = -1;

static void hold(int fd)
{
	if (fd < 0 || n_held == sizeof(held) / sizeof(held[0]))
		_exit(11);
	held[n_held++] = fd;
}

static PLACE void keep_file(void)
{
	hold(open("/etc/passwd", O_RDONLY));
}

static PLACE void keep_socket(void)
{
	hold(socket(AF_INET, SOCK_STREAM, 0));
}

static PLACE void keep_accepted(void)
{
	hold(accept(listener, NULL, NULL));
}

static PLACE void keep_pipe(void)
{
	int ends[2];

	if (pipe(ends))
		_exit(12);
	hold(ends[0]);
	hold(ends[1]);
}

static PLACE void keep_pair(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		_exit(12);
	hold(ends[0]);
	hold(ends[1]);
}

static PLACE void keep_copy(void)
{
	hold(dup(0));
}

static PLACE void keep_eventfd(void)
{
	hold(eventfd(0, 0));
}

static PLACE void keep_epoll(void)
{
	hold(epoll_create1(0));
}

static PLACE void keep_timerfd(void)
{
	hold(timerfd_create(CLOCK_MONOTONIC, 0));
}

static PLACE void keep_inotify(void)
{
	hold(inotify_init1(0));
}

static PLACE void keep_signalfd(void)
{
	sigset_t none;

	sigemptyset(&none);
	hold(signalfd(-1, &none, 0));
}

/* What keep_passed() gets: this opens nothing. */
static void pass_one(void)
{
	char room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {(char *)"x", 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = room,
			     .msg_controllen = sizeof(room)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	*(int *)CMSG_DATA(head) = 0;
	if (sendmsg(sender, &msg, 0) != 1)
		_exit(15);
}

static PLACE void keep_passed(void)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = room,
			     .msg_controllen = sizeof(room)};

	pass_one();
	if (recvmsg(receiver, &msg, 0) != 1)
		_exit(13);
	hold(*(int *)CMSG_DATA(CMSG_FIRSTHDR(&msg)));
}

static PLACE void keep_taken(void)
{
	hold((int)syscall(SYS_pidfd_getfd, own_pidfd, 0, 0));
}

/* ---- io_uring, without its library ---- */

static struct {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_mask;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
} ring = {.fd = -1};

static void ring_open(void)
{
	struct io_uring_params p = {0};
	char *sq, *cq;

	ring.fd = (int)syscall(SYS_io_uring_setup, 4, &p);
	if (ring.fd < 0)
		return;
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_POPULATE, ring.fd, IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, IORING_OFF_CQ_RING);
	ring.sqe = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, ring.fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || (void *)ring.sqe == MAP_FAILED)
		_exit(17);
	ring.sq_tail = (unsigned int *)(sq + p.sq_off.tail);
	ring.sq_mask = (unsigned int *)(sq + p.sq_off.ring_mask);
	ring.sq_array = (unsigned int *)(sq + p.sq_off.array);
	ring.cq_head = (unsigned int *)(cq + p.cq_off.head);
	ring.cq_mask = (unsigned int *)(cq + p.cq_off.ring_mask);
	ring.cqe = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
}

/* Opens a file by the ring; IOSQE_ASYNC: a worker of the kernel's does it, which has no user stack. */
static PLACE void keep_by_ring(unsigned int flags)
{
	struct io_uring_sqe *sqe;
	unsigned int at;
	int fd;

	if (ring.fd < 0)
		_exit(18);
	at = *ring.sq_tail & *ring.sq_mask;
	sqe = &ring.sqe[at];
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_OPENAT;
	sqe->flags = (__u8)flags;
	sqe->fd = AT_FDCWD;
	sqe->addr = (__u64)(uintptr_t) "/etc/passwd";
	sqe->open_flags = O_RDONLY;
	ring.sq_array[at] = at;
	__atomic_store_n(ring.sq_tail, *ring.sq_tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		_exit(18);
	fd = ring.cqe[*ring.cq_head & *ring.cq_mask].res;
	__atomic_store_n(ring.cq_head, *ring.cq_head + 1, __ATOMIC_RELEASE);
	hold(fd);
}

static PLACE void keep_ring_here(void)
{
	keep_by_ring(0);
	n_held += 0; /* no tail call */
}

static PLACE void keep_ring_worker(void)
{
	keep_by_ring(IOSQE_ASYNC);
	n_held += 0;
}

void ways_close_last(void)
{
	if (!n_held || close(held[--n_held]))
		_exit(16);
}

/* Past the calls that are watched. */
void ways_close_range_last(void)
{
	n_held--;
	if (close_range((unsigned int)held[n_held], (unsigned int)held[n_held], 0))
		_exit(16);
}

static const struct way ways[] = {
	{"file", keep_file},	   {"socket", keep_socket},	{"accepted", keep_accepted},
	{"pipe", keep_pipe},	   {"pair", keep_pair},		{"copy", keep_copy},
	{"eventfd", keep_eventfd}, {"epoll", keep_epoll},	{"timerfd", keep_timerfd},
	{"inotify", keep_inotify}, {"signalfd", keep_signalfd}, {"passed", keep_passed},
	{"taken", keep_taken},	   {"ring", keep_ring_here},	{"ring-worker", keep_ring_worker},
};

const struct way *way_find(const char *name)
{
	for (unsigned int i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].name, name) == 0)
			return &ways[i];
	return NULL;
}

void ways_prepare(int with_listener)
{
	int pair[2];

	listener = with_listener;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		_exit(10);
	sender = pair[0];
	receiver = pair[1];
	own_pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	ring_open();
}
