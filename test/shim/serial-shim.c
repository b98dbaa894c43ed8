/*
 * Gives chosen pseudo-terminals what only a real UART has: modem lines, parity, data bits, break and error counters.
 * Loaded by LD_PRELOAD into the programs under test; state.ts is the other side of the state files.
 *
 * Only terminals with a state file $SERIAL_SHIM/<minor> are touched; every call on anything else goes straight on.
 * The file is mapped shared, so all processes see one port. Each call on a registered terminal is one line of
 * $SERIAL_SHIM/log: "<pid> <minor> <call> <value>". What it does not do: drop DTR at the last close, hold output while CTS is off.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/serial.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* The C library's headers name these by a struct termios2 that they do not define. */
#undef TCGETS2
#undef TCSETS2
#undef TCSETSW2
#undef TCSETSF2
#define TCGETS2 _IOR('T', 0x2A, char[44])
#define TCSETS2 _IOW('T', 0x2B, char[44])
#define TCSETSW2 _IOW('T', 0x2C, char[44])
#define TCSETSF2 _IOW('T', 0x2D, char[44])

/* c_cflag stands at the same place in the kernel's termios, in its termios2 and in the C library's. */
#define CFLAG_OFFSET 8
#define MARK_SPACE 010000000000u /* CMSPAR */
/* What the kernel forces to 8 data bits and no parity on a pseudo-terminal. */
#define REMEMBERED (CSIZE | PARENB | PARODD | MARK_SPACE)

#define OUTPUTS (TIOCM_DTR | TIOCM_RTS)
#define INPUTS (TIOCM_CTS | TIOCM_DSR | TIOCM_CAR | TIOCM_RNG)
#define BREAK_MS 250

/* Calls that a test wants refused, as a device or driver without the feature would. */
enum { REFUSE_COUNTERS = 1, REFUSE_LOW_LATENCY = 2, REFUSE_RS485 = 4, REFUSE_MODEM = 8, REFUSE_MARK_SPACE = 16, REFUSE_BREAK = 32 };

/* state.ts knows these offsets: 32-bit words in this order. */
struct state {
  uint32_t dead; /* the test is over, the minor may come back as another terminal */
  uint32_t registered_cflag;
  uint32_t lines; /* TIOCM_* */
  uint32_t sending_break;
  uint32_t opened;
  uint32_t counts[11]; /* as in struct serial_icounter_struct: cts dsr rng dcd rx tx frame overrun parity brk buf_overrun */
  uint32_t serial_flags;
  uint32_t wired_to; /* minor + 1 of the other end of a null-modem cable */
  uint32_t refuse;
  uint32_t rs485[8];
  uint32_t baud; /* the last one set: BAUD_* */
};

enum { BAUD_UNKNOWN, BAUD_HUNG_UP, BAUD_SET };

enum { COUNT_CTS, COUNT_DSR, COUNT_RNG, COUNT_DCD, COUNT_BREAK = 9 };

static int (*real_ioctl)(int, unsigned long, void *);
static int (*real_open)(const char *, int, mode_t);
static int (*real_openat)(int, const char *, int, mode_t);
static int (*real_tcgetattr)(int, struct termios *);
static int (*real_tcsetattr)(int, int, const struct termios *);
static int (*real_tcsendbreak)(int, int);
static const char *directory;

#define MAX_MINOR 4096
static struct state *mapped[MAX_MINOR];

/* Also called by each entry: another library's constructor may call us before ours ran. */
__attribute__((constructor)) static void start(void) {
  if (real_open) return;
  directory = getenv("SERIAL_SHIM");
  real_ioctl = dlsym(RTLD_NEXT, "ioctl");
  real_openat = dlsym(RTLD_NEXT, "openat64");
  real_tcgetattr = dlsym(RTLD_NEXT, "tcgetattr");
  real_tcsetattr = dlsym(RTLD_NEXT, "tcsetattr");
  real_tcsendbreak = dlsym(RTLD_NEXT, "tcsendbreak");
  real_open = dlsym(RTLD_NEXT, "open64");
}

static int minor_of(int fd) {
  struct stat node;
  if (!directory || fstat(fd, &node) != 0 || !S_ISCHR(node.st_mode)) return -1;
  unsigned kind = major(node.st_rdev);
  if (kind < 136 || kind > 143) return -1; /* the slaves of /dev/pts */
  int number = (int)((kind - 136) << 20 | minor(node.st_rdev));
  return number < MAX_MINOR ? number : -1;
}

static struct state *state_of_minor(int number) {
  struct state *known = mapped[number];
  if (known && !__atomic_load_n(&known->dead, __ATOMIC_ACQUIRE)) return known;
  mapped[number] = NULL; /* the old mapping stays: another thread may just be using it */
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%d", directory, number);
  int fd = real_open(path, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return NULL;
  void *memory = mmap(NULL, sizeof(struct state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) return NULL;
  return mapped[number] = memory;
}

/* The state of a registered terminal, else NULL; errno is left alone. */
static struct state *state_of(int fd, int *number) {
  int saved = errno;
  *number = minor_of(fd);
  struct state *state = *number < 0 ? NULL : state_of_minor(*number);
  errno = saved;
  return state;
}

static void note(int number, const char *call, unsigned long value) {
  int saved = errno;
  char path[PATH_MAX], line[128];
  snprintf(path, sizeof path, "%s/log", directory);
  int fd = real_open(path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
  if (fd >= 0) {
    int length = snprintf(line, sizeof line, "%d %d %s 0x%lx\n", (int)getpid(), number, call, value);
    if (write(fd, line, (size_t)length) != length) { /* a full disk must not change what is tested */ }
    close(fd);
  }
  errno = saved;
}

static int refused(int error) {
  errno = error;
  return -1;
}

/* ---- modem lines ---- */

static void set_inputs(struct state *state, uint32_t inputs) {
  uint32_t old = state->lines, now = (old & ~INPUTS) | inputs, changed = old ^ now;
  __atomic_store_n(&state->lines, now, __ATOMIC_RELEASE);
  if (changed & TIOCM_CTS) __atomic_fetch_add(&state->counts[COUNT_CTS], 1, __ATOMIC_RELAXED);
  if (changed & TIOCM_DSR) __atomic_fetch_add(&state->counts[COUNT_DSR], 1, __ATOMIC_RELAXED);
  if (changed & TIOCM_CAR) __atomic_fetch_add(&state->counts[COUNT_DCD], 1, __ATOMIC_RELAXED);
  /* as UARTs do: the trailing edge of RI only */
  if (changed & old & TIOCM_RNG) __atomic_fetch_add(&state->counts[COUNT_RNG], 1, __ATOMIC_RELAXED);
}

static struct state *far_end(struct state *state) {
  return state->wired_to ? state_of_minor((int)state->wired_to - 1) : NULL;
}

static void set_outputs(struct state *state, uint32_t outputs) {
  __atomic_store_n(&state->lines, (state->lines & ~OUTPUTS) | (outputs & OUTPUTS), __ATOMIC_RELEASE);
  struct state *far = far_end(state);
  if (!far) return;
  uint32_t inputs = far->lines & TIOCM_RNG;
  if (outputs & TIOCM_DTR) inputs |= TIOCM_DSR | TIOCM_CAR;
  if (outputs & TIOCM_RTS) inputs |= TIOCM_CTS;
  set_inputs(far, inputs);
}

static void set_break(struct state *state, uint32_t on) {
  if (on && !state->sending_break) {
    struct state *far = far_end(state);
    if (far) __atomic_fetch_add(&far->counts[COUNT_BREAK], 1, __ATOMIC_RELAXED);
  }
  __atomic_store_n(&state->sending_break, on, __ATOMIC_RELEASE);
}

static void timed_break(struct state *state, int number, const char *call, unsigned long value) {
  note(number, call, value);
  set_break(state, 1);
  struct timespec time = {0, BREAK_MS * 1000000L};
  nanosleep(&time, NULL);
  set_break(state, 0);
}

/* ---- settings ---- */

static uint32_t *cflag_of(void *termios) { return (uint32_t *)((char *)termios + CFLAG_OFFSET); }

static void show_settings(struct state *state, void *termios) {
  *cflag_of(termios) = (*cflag_of(termios) & ~REMEMBERED) | (state->registered_cflag & REMEMBERED);
}

static void take_settings(struct state *state, int number, const char *call, uint32_t cflag) {
  note(number, call, cflag);
  if (state->refuse & REFUSE_MARK_SPACE) cflag &= ~MARK_SPACE;
  __atomic_store_n(&state->registered_cflag, cflag & REMEMBERED, __ATOMIC_RELEASE);
  /* Going to baud 0 hangs up, leaving it raises both lines again, as serial_core does. */
  uint32_t now = (cflag & CBAUD) == B0 ? BAUD_HUNG_UP : BAUD_SET;
  uint32_t before = __atomic_exchange_n(&state->baud, now, __ATOMIC_ACQ_REL);
  if (before == BAUD_SET && now == BAUD_HUNG_UP) set_outputs(state, 0);
  if (before == BAUD_HUNG_UP && now == BAUD_SET) set_outputs(state, OUTPUTS);
}

int tcgetattr(int fd, struct termios *termios) {
  start();
  int number, result = real_tcgetattr(fd, termios);
  struct state *state = result == 0 ? state_of(fd, &number) : NULL;
  if (state) show_settings(state, termios);
  return result;
}

int tcsetattr(int fd, int when, const struct termios *termios) {
  start();
  int number;
  struct state *state = state_of(fd, &number);
  if (!state) return real_tcsetattr(fd, when, termios);
  /* the C library reads back what it set and reports EINVAL for what a pseudo-terminal cannot */
  struct termios possible = *termios;
  possible.c_cflag = (possible.c_cflag & ~REMEMBERED) | CS8;
  int result = real_tcsetattr(fd, when, &possible);
  if (result == 0) take_settings(state, number, "tcsetattr", termios->c_cflag);
  return result;
}

int tcsendbreak(int fd, int duration) {
  start();
  int number;
  struct state *state = state_of(fd, &number);
  if (!state) return real_tcsendbreak(fd, duration);
  timed_break(state, number, "tcsendbreak", (unsigned long)duration);
  return 0;
}

/* ---- ioctl ---- */

static int modem_ioctl(struct state *state, int number, unsigned long request, void *argument) {
  int *bits = argument;
  if (state->refuse & REFUSE_MODEM) return refused(ENOTTY);
  switch (request) {
  case TIOCMGET:
    *bits = (int)state->lines;
    return 0; /* asked too often to be logged */
  case TIOCMSET:
    note(number, "TIOCMSET", (unsigned)*bits);
    set_outputs(state, (uint32_t)*bits);
    return 0;
  case TIOCMBIS:
    note(number, "TIOCMBIS", (unsigned)*bits);
    set_outputs(state, state->lines | (uint32_t)*bits);
    return 0;
  default:
    note(number, "TIOCMBIC", (unsigned)*bits);
    set_outputs(state, state->lines & ~(uint32_t)*bits);
    return 0;
  }
}

static int registered_ioctl(struct state *state, int number, int fd, unsigned long request, void *argument) {
  int result;
  switch (request) {
  case TIOCMGET:
  case TIOCMSET:
  case TIOCMBIS:
  case TIOCMBIC:
    return modem_ioctl(state, number, request, argument);
  case TCGETS:
  case TCGETS2:
    result = real_ioctl(fd, request, argument);
    if (result == 0) show_settings(state, argument);
    return result;
  case TCSETS:
  case TCSETSW:
  case TCSETSF:
  case TCSETS2:
  case TCSETSW2:
  case TCSETSF2:
    result = real_ioctl(fd, request, argument);
    if (result == 0) take_settings(state, number, request == TCSETS2 ? "TCSETS2" : "TCSETS", *cflag_of(argument));
    return result;
  case TIOCSBRK:
  case TIOCCBRK:
    if (state->refuse & REFUSE_BREAK) return refused(EPIPE); /* cdc_acm for a board that stalls it */
    note(number, request == TIOCSBRK ? "TIOCSBRK" : "TIOCCBRK", 0);
    set_break(state, request == TIOCSBRK);
    return 0;
  case TCSBRKP:
    timed_break(state, number, "TCSBRKP", (unsigned long)argument);
    return 0;
  case TCSBRK:
    if (argument) return real_ioctl(fd, request, argument); /* only waits for the output */
    timed_break(state, number, "TCSBRK", 0);
    return 0;
  case TIOCGICOUNT:
    if (state->refuse & REFUSE_COUNTERS) return refused(ENOTTY);
    memset(argument, 0, sizeof(struct serial_icounter_struct));
    memcpy(argument, state->counts, sizeof state->counts);
    return 0;
  case TIOCGSERIAL:
    memset(argument, 0, sizeof(struct serial_struct));
    ((struct serial_struct *)argument)->flags = (int)state->serial_flags;
    return 0;
  case TIOCSSERIAL:
    if (state->refuse & REFUSE_LOW_LATENCY) return refused(EPERM);
    state->serial_flags = (uint32_t)((struct serial_struct *)argument)->flags;
    note(number, "TIOCSSERIAL", state->serial_flags);
    return 0;
  case TIOCGRS485:
  case TIOCSRS485:
    if (state->refuse & REFUSE_RS485) return refused(ENOTTY);
    if (request == TIOCSRS485) {
      memcpy(state->rs485, argument, sizeof state->rs485);
      note(number, "TIOCSRS485", state->rs485[0]);
    }
    memcpy(argument, state->rs485, sizeof state->rs485);
    return 0;
  case TIOCEXCL:
  case TIOCNXCL:
    note(number, request == TIOCEXCL ? "TIOCEXCL" : "TIOCNXCL", 0);
    return real_ioctl(fd, request, argument);
  case TCFLSH:
    note(number, "TCFLSH", (unsigned long)argument);
    return real_ioctl(fd, request, argument);
  default:
    return real_ioctl(fd, request, argument);
  }
}

int ioctl(int fd, unsigned long request, ...) {
  start();
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  int number;
  /* 'T' requests alone; some programs sign-extend the number */
  struct state *state = (request >> 8 & 0xff) == 'T' ? state_of(fd, &number) : NULL;
  return state ? registered_ioctl(state, number, fd, request & 0xffffffffu, argument) : real_ioctl(fd, request, argument);
}

/* ---- open: logged, and Linux raises DTR and RTS at the first one ---- */

static int opened(int fd) {
  int number;
  struct state *state = fd < 0 ? NULL : state_of(fd, &number);
  if (state) {
    note(number, "open", 0);
    if (!__atomic_exchange_n(&state->opened, 1, __ATOMIC_ACQ_REL)) set_outputs(state, OUTPUTS);
  }
  return fd;
}

#define MODE(flags)                                                                                                    \
  ({                                                                                                                   \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | O_TMPFILE) & ~O_DIRECTORY) {                                                              \
      va_list rest;                                                                                                    \
      va_start(rest, flags);                                                                                           \
      mode = va_arg(rest, mode_t);                                                                                     \
      va_end(rest);                                                                                                    \
    }                                                                                                                  \
    mode;                                                                                                              \
  })

#define OPEN_BODY(call)                                                                                                \
  {                                                                                                                    \
    start();                                                                                                           \
    return opened(call);                                                                                               \
  }

int open(const char *path, int flags, ...) OPEN_BODY(real_open(path, flags, MODE(flags)))
int open64(const char *path, int flags, ...) OPEN_BODY(real_open(path, flags, MODE(flags)))
int openat(int at, const char *path, int flags, ...) OPEN_BODY(real_openat(at, path, flags, MODE(flags)))
int openat64(int at, const char *path, int flags, ...) OPEN_BODY(real_openat(at, path, flags, MODE(flags)))
int __open_2(const char *path, int flags) OPEN_BODY(real_open(path, flags, 0))
int __open64_2(const char *path, int flags) OPEN_BODY(real_open(path, flags, 0))
