/* What probe.c and crowd.c have in common: a PTY's master as the device, TCP clients, a clock, and the bytes to compare. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
    BUFFER = 64 * 1024,
    /* Not a divisor of any buffer's size, so a piece that is lost or repeated shows. Below 255: no byte needs escaping. */
    PATTERN = 251
};

static const long MS = 1000 * 1000;
static const long STALL = 3000 * 1000 * 1000L;
static const long CONNECT = 5000 * 1000 * 1000L;

static unsigned char pattern[PATTERN + BUFFER];
static unsigned char buffer[BUFFER];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 * MS + time.tv_nsec;
}

/* Answers the command with an error; always 0, so that a measure can end with it. */
static int fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("{\"error\":\"");
    vprintf(format, arguments);
    printf("\"}\n");
    va_end(arguments);
    return 0;
}

static void make_pattern(void)
{
    for (size_t index = 0; index < sizeof pattern; index++)
        pattern[index] = (unsigned char)(index % PATTERN);
}

/* The bytes from this position of the pattern on. */
static const unsigned char *pattern_at(long position)
{
    return pattern + position % PATTERN;
}

/* Waits until one of them is ready, or the moment has come. 0: nothing came. */
static int wait_input(struct pollfd *ends, nfds_t count, long until)
{
    long left = until - now();
    if (left < 0)
        left = 0;
    struct timespec timeout = {left / (1000 * MS), left % (1000 * MS)};
    int ready = ppoll(ends, count, &timeout, NULL);
    if (ready < 0)
        die("ppoll");
    return ready;
}

static void make_raw(int fd)
{
    struct termios settings;
    if (tcgetattr(fd, &settings) < 0)
        die("tcgetattr");
    cfmakeraw(&settings);
    cfsetspeed(&settings, B115200);
    if (tcsetattr(fd, TCSANOW, &settings) < 0)
        die("tcsetattr");
}

/* The master of a new PTY; the slave's path goes to `path`. */
static int open_device(char *path, size_t size)
{
    int device = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (device < 0 || grantpt(device) < 0 || unlockpt(device) < 0 || ptsname_r(device, path, size) != 0)
        die("posix_openpt");
    /* Kept open: without it the master would report a hang-up until the program under test has opened the slave. */
    int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        die(path);
    make_raw(slave);
    return device;
}

/* A connection without delay; -1: nobody listened there for 5 s. */
static int connect_to(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((in_port_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    long give_up = now() + CONNECT;
    for (;;) {
        int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int on = 1;
        if (client < 0)
            die("socket");
        if (connect(client, (struct sockaddr *)&address, sizeof address) == 0) {
            if (setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 || fcntl(client, F_SETFL, O_NONBLOCK) < 0)
                die("client");
            return client;
        }
        close(client);
        if (now() > give_up)
            return -1;
        nanosleep(&(struct timespec){.tv_nsec = 20 * MS}, NULL);
    }
}
