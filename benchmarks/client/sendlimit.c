// sendlimit: what no server can beat. A loop in C sends `size` bytes to each of N sockets in turn, one send() per message (or
// `joined` messages in one), while a child on another core reads them. Prints one JSON line.
//
//   sendlimit CONNECTIONS SIZE SECONDS JOINED CORE READING_CORE
#include "load.h"
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

static void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set);
}
static void read_all(int n, int port) { // in the child, until a connection ends
    int poller = epoll_create1(0);
    static char sink[1 << 18];
    struct epoll_event events[1024];
    for (int i = 0; i < n; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = connecting(port, 0)};
        epoll_ctl(poller, EPOLL_CTL_ADD, event.data.fd, &event);
    }
    for (;;)
        for (int k = epoll_wait(poller, events, 1024, -1), i = 0; i < k; i++)
            if (recv(events[i].data.fd, sink, sizeof sink, 0) == 0) _exit(0);
}
int main(int argc, char **argv) {
    if (argc < 7) return 2;
    int n = atoi(argv[1]), size = atoi(argv[2]), joined = atoi(argv[4]), one = 1;
    double seconds = atof(argv[3]);
    many_descriptors(2 * n + 100);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t length = sizeof at;
    if (bind(listener, (void *)&at, sizeof at) || listen(listener, 4096)) return perror("listen"), 1;
    getsockname(listener, (void *)&at, &length);
    pid_t child = fork();
    if (!child) pin(atoi(argv[6])), read_all(n, ntohs(at.sin_port));
    pin(atoi(argv[5]));
    int *fds = malloc(n * sizeof *fds);
    for (int i = 0; i < n; i++) {
        fds[i] = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    char *data = memset(malloc(size * joined), 'x', size * joined);
    double begun = now(), cpu = cpu_of_client();
    long sends = 0;
    while (now() - begun < seconds)
        for (int i = 0; i < n; i++, sends++)
            while (send(fds[i], data, size * joined, MSG_NOSIGNAL) < 0 && errno == EAGAIN) {
                struct pollfd full = {fds[i], POLLOUT, 0};
                poll(&full, 1, 100);
            }
    double elapsed = now() - begun;
    cpu = cpu_of_client() - cpu;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    printf("{\"connections\":%d,\"seconds\":%.3f,\"deliveries\":%ld,\"cpu_s\":%.3f}\n", n, elapsed, sends * joined, cpu);
    return 0;
}
