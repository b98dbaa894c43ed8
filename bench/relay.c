/*
 * The least that can stand between a serial device and a TCP client: one epoll loop, two buffers, TCP_NODELAY. No settings,
 * no protocol, no second client. Built and started by run.mjs, which measures the others against it.
 *
 *     relay DEVICE      prints `listening PORT` (loopback), serves one client, ends when the client or the device leaves
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024 };

/* One direction. Reading stops while something waits to be written. */
struct way {
    int from, to;
    size_t start, end;
    char bytes[BUFFER];
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int open_device(const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        die(path);
    struct termios settings;
    if (tcgetattr(fd, &settings) == 0) {
        cfmakeraw(&settings);
        settings.c_cflag |= CLOCAL | CREAD;
        if (tcsetattr(fd, TCSANOW, &settings) < 0)
            die("tcsetattr");
    }
    return fd;
}

static int accept_one(void)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        die("listen");
    printf("listening %d\n", ntohs(address.sin_port));
    fflush(stdout);
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int on = 1;
    if (client < 0 || setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
        die("accept");
    close(listener);
    return client;
}

/* Writes what waits. 0: the far side left. */
static int flush_way(struct way *way)
{
    while (way->start < way->end) {
        ssize_t written = write(way->to, way->bytes + way->start, way->end - way->start);
        if (written < 0)
            return errno == EAGAIN;
        way->start += (size_t)written;
    }
    way->start = way->end = 0;
    return 1;
}

/* Reads once and writes at once. 0: somebody left. */
static int move(struct way *way)
{
    if (way->start < way->end)
        return flush_way(way);
    ssize_t got = read(way->from, way->bytes, sizeof way->bytes);
    if (got < 0)
        return errno == EAGAIN;
    way->end = (size_t)got;
    return got > 0 && flush_way(way);
}

/* What to wait for on a descriptor: input while there is room for it, output while something waits for it. */
static void watch(int poller, int operation, int fd, const struct way *out_of, const struct way *into)
{
    struct epoll_event event = {.data.fd = fd};
    event.events = (out_of->end ? 0 : EPOLLIN) | (into->end ? EPOLLOUT : 0);
    if (epoll_ctl(poller, operation, fd, &event) < 0)
        die("epoll_ctl");
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: relay DEVICE\n");
        return 2;
    }
    static struct way up, down;
    int device = open_device(arguments[1]);
    int client = accept_one();
    up.from = down.to = device;
    up.to = down.from = client;
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0)
        die("epoll_create1");
    watch(poller, EPOLL_CTL_ADD, device, &up, &down);
    watch(poller, EPOLL_CTL_ADD, client, &down, &up);
    int waited_up = 0, waited_down = 0;
    for (;;) {
        struct epoll_event events[2];
        int ready = epoll_wait(poller, events, 2, -1);
        if (ready < 0 && errno != EINTR)
            die("epoll_wait");
        for (int index = 0; index < ready; index++) {
            struct way *in = events[index].data.fd == device ? &up : &down;
            struct way *out = events[index].data.fd == device ? &down : &up;
            if (events[index].events & EPOLLOUT && !flush_way(out))
                return 0;
            if (events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !move(in))
                return 0;
        }
        /* Only when it changed: the usual turn costs no call. */
        if (waited_up != (up.end > 0) || waited_down != (down.end > 0)) {
            waited_up = up.end > 0;
            waited_down = down.end > 0;
            watch(poller, EPOLL_CTL_MOD, device, &up, &down);
            watch(poller, EPOLL_CTL_MOD, client, &down, &up);
        }
    }
}
