/*
 * Many devices with many clients in one process: as probe.c, for what is measured of more than one. Built and driven by run.mjs.
 *
 *     crowd DEVICES CLIENTS         prints {"ptys":[…]}, then reads a command per line and answers each with a line of JSON
 *       connect PORT…              the clients of each device, to its own port; waits up to 5 s for a listener
 *       paced SIZE PERIOD MS       SIZE bytes each PERIOD us on every device, both ways    {"bytes","seconds"}
 *       broadcast STALLED MS       as fast as it goes from the first device, whose first STALLED clients do not read
 *                                  {"bytes","seconds"}: what the slowest of the reading ones had in the time
 *
 * Every byte that arrives is compared with the one that was sent. The devices' turns are spread over the period.
 */
#include "probe.h"
#include <sys/epoll.h>

enum { MOST_DEVICES = 128, MOST_CLIENTS = 16, MOST_EVENTS = 256 };

/* One end of a way; positions are those in the pattern. `origin`: who sends what arrives here. */
struct end {
    int fd;
    long sent, got;
    struct end *origin;
};

static struct end devices[MOST_DEVICES], clients[MOST_DEVICES][MOST_CLIENTS];
static int ports[MOST_DEVICES];
static int device_count, client_count, poller;

static int watch(struct end *end, int operation, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = end};
    return epoll_ctl(poller, operation, end->fd, &event);
}

/* Else the kernel lets a window grow to tens of megabytes, and a second is over before whoever sends notices a stall. */
static const int WINDOW = 256 * 1024;

/* What it gets from now on is what its device sends from now on. */
static int start_client(int device, int index)
{
    struct end *end = &clients[device][index];
    end->fd = connect_to(ports[device]);
    if (end->fd < 0)
        return fail("nobody listens on port %d", ports[device]);
    if (client_count > 1 && setsockopt(end->fd, SOL_SOCKET, SO_RCVBUF, &WINDOW, sizeof WINDOW) < 0)
        die("SO_RCVBUF");
    end->origin = &devices[device];
    end->got = end->origin->sent;
    if (watch(end, EPOLL_CTL_ADD, EPOLLIN) < 0)
        die("epoll_ctl");
    return 1;
}

static int connect_all(char *list)
{
    for (int device = 0; device < device_count; device++) {
        char *word = strtok(device ? NULL : list, " \n");
        ports[device] = word ? atoi(word) : 0;
        for (int index = 0; index < client_count; index++)
            if (!start_client(device, index))
                return 0;
        /* The first client of each may write. */
        devices[device].origin = &clients[device][0];
    }
    printf("{}\n");
    return 1;
}

/* Reads what there is; 0: a wrong byte, -1: the end. */
static int receive(struct end *end)
{
    ssize_t got = read(end->fd, buffer, BUFFER);
    if (got < 0)
        return errno == EAGAIN ? 1 : -1;
    if (got == 0)
        return -1;
    if (memcmp(buffer, pattern_at(end->got), (size_t)got) != 0)
        return 0;
    end->got += got;
    return 1;
}

/* Reads whatever comes until the moment; 0: something went wrong. */
static int receive_until(long until, long *received)
{
    for (;;) {
        struct epoll_event events[MOST_EVENTS];
        long left = until - now();
        struct timespec timeout = {left > 0 ? left / (1000 * MS) : 0, left > 0 ? left % (1000 * MS) : 0};
        int ready = epoll_pwait2(poller, events, MOST_EVENTS, &timeout, NULL);
        if (ready < 0)
            die("epoll_pwait2");
        for (int index = 0; index < ready; index++) {
            struct end *end = events[index].data.ptr;
            long before = end->got;
            if (receive(end) != 1)
                return fail("a wrong byte after %ld, or the connection ended", end->got);
            *received += end->got - before;
        }
        if (left <= 0)
            return 1;
    }
}

/* A pseudo-terminal takes 4 kB: where the machine stood still for some ms it is full, and the sender waits as it would for flow control. */
static int send_turn(struct end *from, long size, long *received)
{
    for (long give_up = now() + STALL; size > 0;) {
        ssize_t sent = write(from->fd, pattern_at(from->sent), (size_t)size);
        if (sent < 0 && errno != EAGAIN)
            return fail("the connection ended after %ld", from->sent);
        if (sent < 0 && now() > give_up)
            return fail("what was sent before was not taken");
        if (sent < 0 && !receive_until(now() + MS / 10, received))
            return 0;
        from->sent += sent > 0 ? sent : 0;
        size -= sent > 0 ? sent : 0;
    }
    return 1;
}

static int measure_paced(long size, long period, long length)
{
    long begin = now(), slots = length / period * device_count, received = 0, sent = 0;
    if (size > BUFFER)
        return fail("too much at once");
    for (long slot = 0; slot < slots; slot++) {
        int device = (int)(slot % device_count);
        if (!receive_until(begin + slot * period / device_count, &received) || !send_turn(&devices[device], size, &received) ||
            !send_turn(&clients[device][0], size, &received))
            return 0;
        sent += 2 * size;
    }
    for (long give_up = now() + STALL; received < sent;) {
        if (now() > give_up)
            return fail("%ld bytes did not arrive", sent - received);
        if (!receive_until(now() + MS, &received))
            return 0;
    }
    printf("{\"bytes\":%ld,\"seconds\":%.6f}\n", received, (double)(now() - begin) / (1000.0 * MS));
    return 1;
}

/*
 * Whoever stalled reads now, or was sent away: when the others have all that the device sent, he comes back. Then the next
 * measure may begin.
 */
static int catch_up(int stalled)
{
    long sent = devices[0].sent, last = now();
    int behind = 1, gone[MOST_CLIENTS] = {0};
    while (behind) {
        struct pollfd ends[MOST_CLIENTS];
        behind = 0;
        for (int index = 0; index < client_count; index++) {
            int waits = !gone[index] && clients[0][index].got < sent;
            behind |= waits;
            ends[index] = (struct pollfd){.fd = waits ? clients[0][index].fd : -1, .events = POLLIN};
        }
        if (behind && !wait_input(ends, (nfds_t)client_count, last + STALL))
            return fail("not everything arrived");
        last = now();
        for (int index = 0; index < client_count; index++) {
            int state = ends[index].revents ? receive(&clients[0][index]) : 1;
            gone[index] |= state == -1;
            if (state == 0 || gone[index] > (index < stalled))
                return fail("a wrong byte after %ld, or the connection ended", clients[0][index].got);
        }
    }
    for (int index = 0; index < client_count; index++) {
        if (!gone[index])
            continue;
        close(clients[0][index].fd);
        if (!start_client(0, index))
            return 0;
    }
    return 1;
}

static int measure_broadcast(int stalled, long length)
{
    struct end *device = &devices[0];
    long begin = now(), end = begin + length, before[MOST_CLIENTS], slowest = -1;
    for (int index = 0; index < client_count; index++)
        before[index] = clients[0][index].got;
    while (now() < end) {
        struct pollfd ends[MOST_CLIENTS + 1] = {{.fd = device->fd, .events = POLLOUT}};
        for (int index = stalled; index < client_count; index++)
            ends[index - stalled + 1] = (struct pollfd){.fd = clients[0][index].fd, .events = POLLIN};
        wait_input(ends, (nfds_t)(client_count - stalled + 1), end);
        for (int index = stalled; index < client_count; index++)
            if (ends[index - stalled + 1].revents && receive(&clients[0][index]) != 1)
                return fail("a wrong byte after %ld, or the connection ended", clients[0][index].got);
        if (!(ends[0].revents & POLLOUT))
            continue;
        ssize_t piece = write(device->fd, pattern_at(device->sent), BUFFER);
        if (piece > 0)
            device->sent += piece;
    }
    double seconds = (double)(now() - begin) / (1000.0 * MS);
    for (int index = stalled; index < client_count; index++) {
        long got = clients[0][index].got - before[index];
        slowest = slowest < 0 || got < slowest ? got : slowest;
    }
    if (!catch_up(stalled))
        return 0;
    printf("{\"bytes\":%ld,\"seconds\":%.6f}\n", slowest, seconds);
    return 1;
}

int main(int count, char **arguments)
{
    device_count = count == 3 ? atoi(arguments[1]) : 0;
    client_count = count == 3 ? atoi(arguments[2]) : 0;
    if (device_count < 1 || device_count > MOST_DEVICES || client_count < 1 || client_count > MOST_CLIENTS) {
        fprintf(stderr, "usage: crowd DEVICES CLIENTS\n");
        return 2;
    }
    make_pattern();
    setvbuf(stdout, NULL, _IOLBF, 0);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0)
        die("epoll_create1");
    printf("{\"ptys\":[");
    for (int device = 0; device < device_count; device++) {
        char path[64];
        devices[device].fd = open_device(path, sizeof path);
        if (watch(&devices[device], EPOLL_CTL_ADD, EPOLLIN) < 0)
            die("epoll_ctl");
        printf("%s\"%s\"", device ? "," : "", path);
    }
    printf("]}\n");
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        long first, second, ms;
        if (strncmp(line, "connect ", 8) == 0)
            connect_all(line + 8);
        else if (sscanf(line, "paced %ld %ld %ld", &first, &second, &ms) == 3)
            measure_paced(first, second * 1000, ms * MS);
        else if (sscanf(line, "broadcast %ld %ld", &first, &ms) == 2 && first < client_count)
            measure_broadcast((int)first, ms * MS);
        else
            fail("unknown command");
    }
    return 0;
}
