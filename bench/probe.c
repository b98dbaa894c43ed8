/*
 * Device and client in one process: it holds the master of a PTY, whose slave the program under test shares, and the TCP
 * connection to that program, so both ends of every byte are timed by one clock. Built and driven by run.mjs.
 *
 *     probe             prints {"ptys":["/dev/pts/N"]}, then reads a command per line and answers each with a line of JSON
 *       connect PORT              waits up to 5 s for a listener
 *       listen                    for a program that dials instead: {"port"}; `accept PATH` then opens its virtual port at PATH,
 *                                 which takes the place of the device, and waits up to 5 s for the connection
 *       ff FACTOR                 all bytes are 0xFF from now on, and FACTOR of them for each one stand on the network: 2 in
 *                                 telnet. Drops what the server says at the start (a negotiation, to which it gets no answer)
 *       together PID              puts the process on our processor and keeps the others awake; `apart PID` ends that
 *       echo COUNT MS             one byte at a time, there and back            {"count","p50","p95"} in microseconds
 *       paced SIZE COUNT MS       an answer of SIZE bytes, one per 86.8 us      {"count","p50","p95"} of its last byte
 *       up MS, down MS            as fast as it goes, device to client or back  {"bytes","seconds"}
 *
 * Each measure ends after COUNT or MS. Every byte that arrives is compared with the one that was sent.
 */
#include "probe.h"
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { MOST_SAMPLES = 100 * 1000, REQUEST = 8 };

/* How long a server is silent when it has said what it says at the start. */
static const int GREETING_MS = 200;
/* One character of 10 bits at 115200 bit/s, in nanoseconds. */
static const long CHARACTER = 86806;
/* Timers wake late by a little; the rest of the wait is spent looking at the clock. */
static const long SPIN = 8 * 1000;

static int device = -1, client = -1, listener = -1;
/* Bytes on the network for each of the device's. */
static long factor = 1;
static long samples[MOST_SAMPLES];
static int sample_count;

static int compare(const void *a, const void *b)
{
    long left = *(const long *)a, right = *(const long *)b;
    return (left > right) - (left < right);
}

static int report_samples(void)
{
    if (sample_count == 0)
        return fail("no sample in time");
    qsort(samples, (size_t)sample_count, sizeof *samples, compare);
    printf("{\"count\":%d,\"p50\":%.1f,\"p95\":%.1f}\n", sample_count, samples[sample_count / 2] / 1000.0,
           samples[sample_count * 95 / 100] / 1000.0);
    return 1;
}

/* Reads what is there and compares it; how many bytes, or -1 when they differ. */
static ssize_t take(int fd, long position, size_t most)
{
    ssize_t got = read(fd, buffer, most);
    if (got < 0)
        return errno == EAGAIN ? 0 : -1;
    return memcmp(buffer, pattern_at(position), (size_t)got) == 0 ? got : -1;
}

/* For the few bytes that always fit. */
static int put(int fd, long position, size_t size)
{
    return write(fd, pattern_at(position), size) == (ssize_t)size;
}

static int measure_echo(int count, long end)
{
    struct pollfd ends[] = {{.fd = device, .events = POLLIN}, {.fd = client, .events = POLLIN}};
    sample_count = 0;
    for (long turn = 0; turn < count && now() < end; turn++) {
        long start = now();
        if (!put(client, turn, 1))
            return fail("the client cannot write: %s", strerror(errno));
        for (int back = 0; !back;) {
            if (!wait_input(ends, 2, start + STALL))
                return fail("no echo of byte %ld", turn);
            if (ends[0].revents) {
                if (take(device, turn, 1) != 1 || !put(device, turn, 1))
                    return fail("the device got a wrong byte");
            }
            if (ends[1].revents) {
                if (take(client, turn, 1) != 1)
                    return fail("the client got a wrong byte, or the connection ended");
                back = 1;
            }
        }
        samples[sample_count++] = now() - start;
    }
    return report_samples();
}

/* The client asks, the device reads the question. */
static int ask(void)
{
    struct pollfd end = {.fd = device, .events = POLLIN};
    if (!put(client, 0, REQUEST))
        return 0;
    for (long got = 0; got < REQUEST;) {
        ssize_t piece = wait_input(&end, 1, now() + STALL) ? take(device, got, (size_t)(REQUEST - got)) : -1;
        if (piece <= 0)
            return 0;
        got += piece;
    }
    return 1;
}

static int measure_paced(int size, int count, long end)
{
    struct pollfd answer = {.fd = client, .events = POLLIN};
    sample_count = 0;
    for (int turn = 0; turn < count && now() < end; turn++) {
        if (!ask())
            return fail("the device did not get the question");
        long got = 0, sent_at = now();
        for (long sent = 0; sent < size; sent++) {
            long due = sent_at + CHARACTER;
            while (now() < due - SPIN) {
                if (!wait_input(&answer, 1, due - SPIN))
                    continue;
                ssize_t piece = take(client, got, BUFFER);
                if (piece <= 0)
                    return fail("the client got a wrong byte, or the connection ended");
                got += piece;
            }
            while (now() < due)
                ;
            sent_at = now();
            if (!put(device, sent, 1))
                return fail("the device cannot write: %s", strerror(errno));
        }
        while (got < size) {
            if (!wait_input(&answer, 1, sent_at + STALL))
                return fail("%ld of %d bytes did not arrive", size - got, size);
            ssize_t piece = take(client, got, BUFFER);
            if (piece <= 0)
                return fail("the client got a wrong byte, or the connection ended");
            got += piece;
        }
        samples[sample_count++] = now() - sent_at;
    }
    return report_samples();
}

static int measure_rate(int from, int to, long end)
{
    long start = now(), last = start, sent = 0, got = 0;
    long in = from == client ? factor : 1, out = to == client ? factor : 1;
    int sending = 1;
    while (sending || got * in < sent * out) {
        struct pollfd ends[] = {{.fd = to, .events = POLLIN}, {.fd = from, .events = sending ? POLLOUT : 0}};
        if (!wait_input(ends, 2, last + STALL))
            return fail("%ld bytes did not arrive", sent * out / in - got);
        if (ends[0].revents) {
            ssize_t piece = take(to, got, BUFFER);
            if (piece <= 0)
                return fail("a wrong byte after %ld, or the connection ended", got);
            got += piece;
            last = now();
        }
        if (sending && ends[1].revents & POLLOUT) {
            ssize_t piece = write(from, pattern_at(sent), BUFFER);
            if (piece < 0 && errno != EAGAIN)
                return fail("cannot write: %s", strerror(errno));
            if (piece > 0)
                sent += piece;
        }
        /* Half of an escaped byte would never arrive. */
        sending = sending && (now() < end || sent % in);
    }
    printf("{\"bytes\":%ld,\"seconds\":%.6f}\n", got / out, (double)(last - start) / (1000.0 * MS));
    return 1;
}

static pid_t spinners[CPU_SETSIZE];
static int spinner_count;

static void stop_spinners(void)
{
    while (spinner_count > 0) {
        pid_t pid = spinners[--spinner_count];
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
}

/* Keeps every processor of the set but one busy. */
static void start_spinners(const cpu_set_t *set, int except)
{
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (cpu == except || !CPU_ISSET((size_t)cpu, set))
            continue;
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (pid > 0) {
            spinners[spinner_count++] = pid;
            continue;
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        cpu_set_t own;
        CPU_ZERO(&own);
        CPU_SET((size_t)cpu, &own);
        sched_setaffinity(0, sizeof own, &own);
        for (volatile long turn = 0;; turn++)
            ;
    }
}

/*
 * The kernel hands a PTY's bytes on in a worker of its own, and puts that worker on a processor that sleeps, if there is one.
 * Waking it costs a virtual machine more than all else in an echo, and whether it happens is chance (31 or 80 us and more
 * were seen, for seconds each). So for the times both processes share one processor and none of the others sleeps.
 */
static int place(pid_t pid, int together)
{
    static cpu_set_t all;
    if (CPU_COUNT(&all) == 0 && sched_getaffinity(0, sizeof all, &all) < 0)
        die("sched_getaffinity");
    cpu_set_t set = all;
    stop_spinners();
    if (together) {
        int cpu = sched_getcpu();
        CPU_ZERO(&set);
        CPU_SET((size_t)cpu, &set);
        start_spinners(&all, cpu);
    }
    if (sched_setaffinity(0, sizeof set, &set) < 0 || sched_setaffinity(pid, sizeof set, &set) < 0)
        return fail("sched_setaffinity: %s", strerror(errno));
    printf("{}\n");
    return 1;
}

static int connect_client(int port)
{
    client = connect_to(port);
    if (client < 0)
        return fail("nobody listens on port %d", port);
    printf("{}\n");
    return 1;
}

static int listen_any(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        die("listen");
    printf("{\"port\":%d}\n", ntohs(address.sin_port));
    return 1;
}

/* The program under test makes the device this time: we are the local program on it, and the server it dials. */
static int accept_client(const char *path)
{
    long give_up = now() + CONNECT;
    close(device);
    while ((device = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) < 0) {
        if (now() > give_up)
            return fail("%s does not open: %s", path, strerror(errno));
        nanosleep(&(struct timespec){.tv_nsec = 20 * MS}, NULL);
    }
    make_raw(device);
    struct pollfd end = {.fd = listener, .events = POLLIN};
    if (!wait_input(&end, 1, give_up))
        return fail("it does not dial");
    client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int on = 1;
    if (client < 0 || setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
        die("accept");
    printf("{}\n");
    return 1;
}

static int all_ones(long times)
{
    memset(pattern, 0xFF, sizeof pattern);
    factor = times;
    struct pollfd end = {.fd = client, .events = POLLIN};
    while (wait_input(&end, 1, now() + GREETING_MS * MS))
        if (read(client, buffer, BUFFER) <= 0)
            return fail("the connection ended");
    printf("{}\n");
    return 1;
}

int main(void)
{
    char path[64];
    make_pattern();
    /* The default of 50 us would be more than half a character. */
    prctl(PR_SET_TIMERSLACK, 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    device = open_device(path, sizeof path);
    printf("{\"ptys\":[\"%s\"]}\n", path);
    char line[512];
    while (fgets(line, sizeof line, stdin)) {
        int first, second, ms;
        char text[512];
        if (sscanf(line, "connect %d", &first) == 1)
            connect_client(first);
        else if (strcmp(line, "listen\n") == 0)
            listen_any();
        else if (sscanf(line, "accept %500s", text) == 1)
            accept_client(text);
        else if (sscanf(line, "ff %d", &first) == 1)
            all_ones(first);
        else if (sscanf(line, "together %d", &first) == 1)
            place(first, 1);
        else if (sscanf(line, "apart %d", &first) == 1)
            place(first, 0);
        else if (sscanf(line, "echo %d %d", &first, &ms) == 2 && first <= MOST_SAMPLES)
            measure_echo(first, now() + ms * MS);
        else if (sscanf(line, "paced %d %d %d", &first, &second, &ms) == 3 && second <= MOST_SAMPLES)
            measure_paced(first, second, now() + ms * MS);
        else if (sscanf(line, "up %d", &ms) == 1)
            measure_rate(device, client, now() + ms * MS);
        else if (sscanf(line, "down %d", &ms) == 1)
            measure_rate(client, device, now() + ms * MS);
        else
            fail("unknown command");
    }
    return 0;
}
