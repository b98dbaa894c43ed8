/*
 * The least that can stand between serial devices and TCP clients: one epoll loop, two buffers a device, TCP_NODELAY. No
 * settings, no protocol; a client that does not read stops its device, and with it the other clients. Built and started by
 * run.mjs, which measures the others against it.
 *
 *     relay CLIENTS DEVICE...      prints `listening PORT` (loopback) for each device, serves that many clients of each; a
 *                                  client's end is the end of the program
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

enum { BUFFER = 64 * 1024, MOST_CLIENTS = 16, MOST_EVENTS = 64 };

struct port;

/* A device or a client. `watched`: what epoll waits for. */
struct end {
    int fd;
    unsigned watched;
    struct port *port;
    /* Of the device's bytes, how many this client has. */
    size_t sent;
};

/* A device with its clients. Nothing is read in a direction while something waits to be written in it. */
struct port {
    struct end device, clients[MOST_CLIENTS];
    int count;
    size_t up_size, down_start, down_end;
    char up[BUFFER], down[BUFFER];
};

static int poller;

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

static int listen_any(void)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, MOST_CLIENTS) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        die("listen");
    printf("listening %d\n", ntohs(address.sin_port));
    return listener;
}

static int accept_one(int listener)
{
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int on = 1;
    if (client < 0 || setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
        die("accept");
    return client;
}

/* Only when it changed: the usual turn costs no call. */
static void watch(struct end *end, int in, int out)
{
    unsigned wanted = (in ? EPOLLIN : 0) | (out ? EPOLLOUT : 0);
    struct epoll_event event = {.events = wanted, .data.ptr = end};
    if (wanted != end->watched && epoll_ctl(poller, EPOLL_CTL_MOD, end->fd, &event) < 0)
        die("epoll_ctl");
    end->watched = wanted;
}

static void start(struct end *end, int fd, struct port *port)
{
    end->fd = fd;
    end->port = port;
    end->watched = EPOLLIN;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = end};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

/* Writes from `start` on as much as is taken, and moves it. 0: the far side left. */
static int put(int fd, const char *bytes, size_t *start, size_t end)
{
    while (*start < end) {
        ssize_t written = write(fd, bytes + *start, end - *start);
        if (written < 0)
            return errno == EAGAIN;
        *start += (size_t)written;
    }
    return 1;
}

static int flush_up(struct port *port)
{
    int waits = 0;
    for (struct end *client = port->clients; client < port->clients + port->count; client++) {
        if (!put(client->fd, port->up, &client->sent, port->up_size))
            return 0;
        waits |= client->sent < port->up_size;
    }
    if (waits)
        return 1;
    port->up_size = 0;
    for (struct end *client = port->clients; client < port->clients + port->count; client++)
        client->sent = 0;
    return 1;
}

static int flush_down(struct port *port)
{
    if (!put(port->device.fd, port->down, &port->down_start, port->down_end))
        return 0;
    if (port->down_start == port->down_end)
        port->down_start = port->down_end = 0;
    return 1;
}

/* What is read, or 0 for nothing now, or -1: the end. */
static ssize_t take(int fd, char *bytes)
{
    ssize_t got = read(fd, bytes, BUFFER);
    return got > 0 ? got : got < 0 && errno == EAGAIN ? 0 : -1;
}

/* 0: somebody left. */
static int serve(struct end *end, unsigned events)
{
    struct port *port = end->port;
    int from_device = end == &port->device;
    if (events & EPOLLOUT && !(from_device ? flush_down(port) : flush_up(port)))
        return 0;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        if (from_device && !port->up_size) {
            ssize_t got = take(end->fd, port->up);
            if (got < 0)
                return 0;
            port->up_size = (size_t)got;
            if (!flush_up(port))
                return 0;
        } else if (!from_device && !port->down_end) {
            ssize_t got = take(end->fd, port->down);
            if (got < 0)
                return 0;
            port->down_end = (size_t)got;
            if (!flush_down(port))
                return 0;
        }
    }
    watch(&port->device, !port->up_size, port->down_end > 0);
    for (struct end *client = port->clients; client < port->clients + port->count; client++)
        watch(client, !port->down_end, client->sent < port->up_size);
    return 1;
}

int main(int count, char **arguments)
{
    int clients = count > 2 ? atoi(arguments[1]) : 0, devices = count - 2;
    if (clients < 1 || clients > MOST_CLIENTS) {
        fprintf(stderr, "usage: relay CLIENTS DEVICE...\n");
        return 2;
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct port *ports = calloc((size_t)devices, sizeof *ports);
    int *listeners = calloc((size_t)devices, sizeof *listeners);
    if (poller < 0 || !ports || !listeners)
        die("relay");
    for (int index = 0; index < devices; index++)
        listeners[index] = listen_any();
    fflush(stdout);
    for (int index = 0; index < devices; index++) {
        struct port *port = &ports[index];
        start(&port->device, open_device(arguments[index + 2]), port);
        for (; port->count < clients; port->count++)
            start(&port->clients[port->count], accept_one(listeners[index]), port);
        close(listeners[index]);
    }
    for (;;) {
        struct epoll_event events[MOST_EVENTS];
        int ready = epoll_wait(poller, events, MOST_EVENTS, -1);
        if (ready < 0 && errno != EINTR)
            die("epoll_wait");
        for (int index = 0; index < ready; index++)
            if (!serve(events[index].data.ptr, events[index].events))
                return 0;
    }
}
