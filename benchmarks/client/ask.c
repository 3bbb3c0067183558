// ask: repeats one HTTP request over connections that stay open, each with one request on its way, and prints one JSON line.
//
//   ask --port P --request FILE --connections N --seconds S [--warm S] [--pid A,B]
//
// The file holds the whole request; %d in it becomes a number that is never used twice (its body must not change in length,
// so the number has nine digits).
#include "load.h"

struct conn { int fd; struct bytes in; uint64_t asked_at; };

static struct { int port, connections; double seconds, warm; const char *request; } o = {.connections = 8, .seconds = 2, .warm = 0.5};
static char *request, *number;
static size_t request_size;
static uint64_t answers, answer_bytes, statuses[6], errors;
static unsigned long asked = 100000000;
static int measuring;
static uint8_t chunk[1 << 18];

static void ask(struct conn *c) {
    if (number) {
        char digits[16];
        snprintf(digits, sizeof digits, "%09lu", asked++);
        memcpy(number, digits, 9);
    }
    c->asked_at = now_ns();
    send_all(c->fd, request, request_size);
}
static size_t answer(struct conn *c, const uint8_t *p, size_t size) { // bytes of one whole answer, 0 if it is not whole
    const uint8_t *end = memmem(p, size, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t whole = end + 4 - p, length = 0;
    for (const uint8_t *line = p; line < end; line++)
        if (*line == '\n' && !strncasecmp((const char *)line + 1, "content-length:", 15)) length = strtoul((const char *)line + 16, NULL, 10);
    int status = atoi((const char *)p + 9);
    if (status == 304) length = 0;
    if (size < whole + length) return 0;
    if (measuring) {
        answers++, answer_bytes += whole + length, latency((now_ns() - c->asked_at) / 1000);
        statuses[status / 100 < 6 ? status / 100 : 0]++;
    }
    if (status >= 400 && !errors++) fprintf(stderr, "%.*s\n", (int)(size > 600 ? 600 : size), p);
    return whole + length;
}
static void readable(struct conn *c) {
    ssize_t got = recv(c->fd, chunk, sizeof chunk, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) { fputs("the server closed a connection\n", stderr); exit(1); }
    append(&c->in, chunk, got);
    size_t used = answer(c, c->in.at, c->in.size);
    if (!used) return;
    c->in.size = 0;
    ask(c);
}
static void load_request(void) {
    FILE *f = fopen(o.request, "r");
    request = malloc(1 << 20);
    if (!f) { perror(o.request); exit(2); }
    request_size = fread(request, 1, 1 << 20, f);
    fclose(f);
    number = memmem(request, request_size, "000000000", 9);
}
int main(int argc, char **argv) {
    static const struct option known[] = {{"port", 1, 0, 1}, {"request", 1, 0, 2}, {"connections", 1, 0, 3}, {"seconds", 1, 0, 4}, {"warm", 1, 0, 5}, {"pid", 1, 0, 6}, {0}};
    for (int k; (k = getopt_long(argc, argv, "", known, NULL)) != -1;) switch (k) {
        case 1: o.port = atoi(optarg); break;
        case 2: o.request = optarg; break;
        case 3: o.connections = atoi(optarg); break;
        case 4: o.seconds = atof(optarg); break;
        case 5: o.warm = atof(optarg); break;
        case 6: add_pids(optarg); break;
        default: exit(2);
    }
    load_request();
    many_descriptors(o.connections + 100);
    struct conn *conns = calloc(o.connections, sizeof *conns);
    int poller = epoll_create1(0);
    for (int i = 0; i < o.connections; i++) {
        conns[i].fd = connecting(o.port, 0);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &conns[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, conns[i].fd, &event);
        usleep(2000);
        ask(&conns[i]);
    }
    double begin = now() + o.warm, end = begin + o.seconds, cpu = 0, client = 0;
    for (double t; (t = now()) < end;) {
        if (!measuring && t >= begin) measuring = 1, cpu = cpu_of_servers(NULL), client = cpu_of_client();
        struct epoll_event events[256];
        int n = epoll_wait(poller, events, 256, 20);
        for (int i = 0; i < n; i++) readable(events[i].data.ptr);
    }
    cpu = cpu_of_servers(NULL) - cpu;
    printf("{\"connections\":%d,\"seconds\":%.3f,\"answers\":%llu,\"bytes\":%llu,\"cpu_s\":%.3f,\"client_cpu_s\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
        "\"ok\":%llu,\"unchanged\":%llu,\"refused\":%llu}\n", o.connections, o.seconds, (unsigned long long)answers, (unsigned long long)answer_bytes, cpu,
        cpu_of_client() - client, quantile_ms(.5), quantile_ms(.99), (unsigned long long)statuses[2], (unsigned long long)statuses[3],
        (unsigned long long)(statuses[4] + statuses[5]));
    return 0;
}
