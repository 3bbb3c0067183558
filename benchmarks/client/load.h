// What both load clients need: time, a histogram of latencies, CPU and memory of the servers they load.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}
static inline double now(void) { return now_ns() / 1e9; }

// --- latencies: 64 linear steps for each power of two, microseconds (a resolution of 1.6 %)
#define STEPS 64
static uint64_t histogram[64 * STEPS], measured, slowest;
static inline void latency(uint64_t us) {
    int e = us < STEPS ? 0 : 64 - __builtin_clzll(us) - 6;
    histogram[e * STEPS + (us >> e)]++;
    measured++;
    if (us > slowest) slowest = us;
}
static inline double quantile_ms(double q) {
    uint64_t want = q * measured, seen = 0;
    if (!measured) return -1;
    for (int i = 0; i < 64 * STEPS; i++)
        if ((seen += histogram[i]) > want) return ((uint64_t)(i % STEPS) << (i / STEPS)) / 1e3;
    return slowest / 1e3;
}

// --- the servers: CPU seconds and resident KiB, summed over the processes given with --pid
static int pids[32], npids;
static inline void add_pids(char *list) {
    for (char *p = strtok(list, ","); p && npids < 32; p = strtok(NULL, ",")) pids[npids++] = atoi(p);
}
static inline double cpu_of_servers(double *kernel) {
    unsigned long user = 0, sys = 0, u, s;
    char path[64], line[2048];
    for (int i = 0; i < npids; i++) {
        snprintf(path, sizeof path, "/proc/%d/stat", pids[i]);
        FILE *f = fopen(path, "r");
        if (!f) continue;
        line[fread(line, 1, sizeof line - 1, f)] = 0;
        fclose(f);
        char *fields = strrchr(line, ')');
        if (fields && sscanf(fields + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s) == 2) user += u, sys += s;
    }
    double hz = sysconf(_SC_CLK_TCK);
    if (kernel) *kernel = sys / hz;
    return (user + sys) / hz;
}
static inline double resident_kib(void) {
    double kib = 0;
    char path[64];
    for (int i = 0; i < npids; i++) {
        unsigned long total, resident;
        snprintf(path, sizeof path, "/proc/%d/statm", pids[i]);
        FILE *f = fopen(path, "r");
        if (!f) continue;
        if (fscanf(f, "%lu %lu", &total, &resident) == 2) kib += resident * (sysconf(_SC_PAGESIZE) / 1024.0);
        fclose(f);
    }
    return kib;
}
static inline double cpu_of_client(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

// --- sockets
static inline int connecting(int port, int source) { // a socket on its way to 127.0.0.1; source spreads more than 28,000
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001 + source)};
    if (source) {
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(fd, (void *)&from, sizeof from)) return close(fd), -1;
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x7f000001)};
    if (connect(fd, (void *)&to, sizeof to) && errno != EINPROGRESS) return close(fd), -1;
    return fd;
}
static inline void send_all(int fd, const void *data, size_t size) {
    const uint8_t *p = data;
    while (size) {
        ssize_t sent = send(fd, p, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) { usleep(50); continue; }
        if (sent < 0) return; // its end is seen when it is read
        p += sent, size -= sent;
    }
}
static inline void many_descriptors(int wanted) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= (rlim_t)wanted) return;
    limit.rlim_cur = wanted;
    if (limit.rlim_max < (rlim_t)wanted) limit.rlim_max = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit)) perror("setrlimit");
}
struct bytes { uint8_t *at; size_t size, room; };
static inline void append(struct bytes *b, const void *data, size_t size) {
    if (b->size + size > b->room) b->at = realloc(b->at, b->room = (b->size + size) * 2);
    memcpy(b->at + b->size, data, size);
    b->size += size;
}
static inline void keep_from(struct bytes *b, size_t used) {
    b->size -= used;
    if (b->size) memmove(b->at, b->at + used, b->size);
    else free(b->at), b->at = NULL, b->room = 0;
}
