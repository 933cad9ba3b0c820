/*
 * Records what a process writes below one folder, in the order in which the system took it: the disk as a power cut
 * would find it can then be rebuilt at any moment. Loaded with LD_PRELOAD.
 *
 *   WA_POWER_FOLDER  folder whose files are recorded, without a slash at the end
 *   WA_POWER_LOG     file for the records
 *
 * A record is: kind (1 byte), fd (4), offset or second number (8), length of data (4), data; little-endian, packed.
 * Writes to fd 1 are recorded as well: the program writes there what it has acknowledged.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define TRACKED 65536
#define REAL(result, name, ...) \
  static result (*real)(__VA_ARGS__); \
  if (!real) real = dlsym(RTLD_NEXT, name)

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static char tracked[TRACKED];
static char folder[4096];
static size_t folder_length;
static int log_fd = -1;

static void put(char kind, int fd, int64_t number, const void *data, size_t length) {
  struct __attribute__((packed)) { char kind; int32_t fd; int64_t number; uint32_t length; } head = { kind, fd, number, (uint32_t)length };
  struct iovec parts[2] = { { &head, sizeof head }, { (void *)data, length } };
  ssize_t whole = (ssize_t)(sizeof head + length);
  /* A record that is not complete would make every later one worthless. */
  if (writev(log_fd, parts, 2) != whole) abort();
}

static int ours(const char *path) {
  return log_fd >= 0 && strncmp(path, folder, folder_length) == 0 && (path[folder_length] == '/' || path[folder_length] == 0);
}
static int known(int fd) {
  return log_fd >= 0 && fd >= 0 && fd < TRACKED && tracked[fd];
}

__attribute__((constructor)) static void begin(void) {
  const char *where = getenv("WA_POWER_FOLDER"), *log = getenv("WA_POWER_LOG");
  if (!where || !log || strlen(where) >= sizeof folder) return;
  strcpy(folder, where);
  folder_length = strlen(folder);
  int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) abort();
  log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 900);
  close(fd);
}

static int opened(int (*real)(int, const char *, int, mode_t), int at, const char *path, int flags, mode_t mode) {
  if (!ours(path)) return real(at, path, flags, mode);
  pthread_mutex_lock(&order);
  int fresh = (flags & O_CREAT) && access(path, F_OK) != 0;
  int fd = real(at, path, flags, mode);
  if (fd >= 0 && fd < TRACKED) {
    tracked[fd] = 1;
    put(fresh ? 'C' : 'O', fd, 0, path + folder_length, strlen(path + folder_length));
    if (flags & O_TRUNC) put('T', fd, 0, NULL, 0);
  }
  pthread_mutex_unlock(&order);
  return fd;
}
static int real_openat(int at, const char *path, int flags, mode_t mode) {
  REAL(int, "openat", int, const char *, int, ...);
  return real(at, path, flags, mode);
}
static mode_t mode_of(int flags, va_list rest) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}
#define OPEN(name, ...) \
  int name(__VA_ARGS__, int flags, ...) { \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = mode_of(flags, rest); \
    va_end(rest); \
    return opened(real_openat, at_of, path, flags, mode); \
  }
#define at_of AT_FDCWD
OPEN(open, const char *path)
OPEN(open64, const char *path)
#undef at_of
#define at_of at
OPEN(openat, int at, const char *path)
OPEN(openat64, int at, const char *path)
#undef at_of

int close(int fd) {
  REAL(int, "close", int);
  if (!known(fd)) return real(fd);
  pthread_mutex_lock(&order);
  tracked[fd] = 0;
  put('X', fd, 0, NULL, 0);
  int result = real(fd);
  pthread_mutex_unlock(&order);
  return result;
}

ssize_t write(int fd, const void *data, size_t length) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (!known(fd) && !(fd == 1 && log_fd >= 0)) return real(fd, data, length);
  pthread_mutex_lock(&order);
  off_t at = fd == 1 ? 0 : lseek(fd, 0, SEEK_CUR);
  ssize_t written = real(fd, data, length);
  if (written > 0) put(fd == 1 ? 'A' : 'W', fd, at, data, (size_t)written);
  pthread_mutex_unlock(&order);
  return written;
}

static ssize_t positioned(int fd, const void *data, size_t length, off64_t at) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  if (!known(fd)) return real(fd, data, length, at);
  pthread_mutex_lock(&order);
  ssize_t written = real(fd, data, length, at);
  if (written > 0) put('W', fd, at, data, (size_t)written);
  pthread_mutex_unlock(&order);
  return written;
}
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) { return positioned(fd, data, length, at); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return positioned(fd, data, length, at); }

static int cut(int fd, off64_t length) {
  REAL(int, "ftruncate64", int, off64_t);
  if (!known(fd)) return real(fd, length);
  pthread_mutex_lock(&order);
  int result = real(fd, length);
  if (result == 0) put('T', fd, length, NULL, 0);
  pthread_mutex_unlock(&order);
  return result;
}
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }
int ftruncate(int fd, off_t length) { return cut(fd, length); }

static int flushed(int (*real)(int), int fd) {
  if (!known(fd)) return real(fd);
  pthread_mutex_lock(&order);
  int result = real(fd);
  if (result == 0) put('S', fd, 0, NULL, 0);
  pthread_mutex_unlock(&order);
  return result;
}
int fsync(int fd) {
  REAL(int, "fsync", int);
  return flushed(real, fd);
}
int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  return flushed(real, fd);
}

int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  if (!ours(path)) return real(path);
  pthread_mutex_lock(&order);
  int result = real(path);
  if (result == 0) put('U', -1, 0, path + folder_length, strlen(path + folder_length));
  pthread_mutex_unlock(&order);
  return result;
}

/* Data: the old name, a zero, the new name. */
int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  if (!ours(from) || !ours(to)) return real(from, to);
  pthread_mutex_lock(&order);
  int result = real(from, to);
  if (result == 0) {
    char both[8200];
    size_t first = strlen(from + folder_length) + 1, second = strlen(to + folder_length);
    if (first + second > sizeof both) abort();
    memcpy(both, from + folder_length, first);
    memcpy(both + first, to + folder_length, second);
    put('R', -1, 0, both, first + second);
  }
  pthread_mutex_unlock(&order);
  return result;
}
