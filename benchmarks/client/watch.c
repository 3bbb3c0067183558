// watch: opens many WebSockets (or Socket.IO connections), counts what arrives for a bounded time, prints one JSON line.
//
//   watch --port P --path /ws/%s [--names FILE] --connections N [--send TEXT] [--match TEXT] [--stamp TEXT] [--pid A,B]
//         [--begin MONOTONIC | --warm S] --seconds S
//
// %d in path, send and topic is the connection's number, %s its line of the file of names (the last line serves the rest).
// Each occurrence of `match` in a message is one delivery; the digits after `stamp` are the sender's CLOCK_MONOTONIC in ns.
// Pings of jindu.v1 and of Engine.IO are answered. `publish` feeds a server that cannot publish by itself over HTTP, in a
// closed loop: at most `window` deliveries are on their way.
#include "load.h"

enum state { CLOSED, CONNECTING, UPGRADING, JOINING, OPEN };
struct conn { int fd, id; enum state state; struct bytes in; uint64_t got; };

static struct {
    const char *path, *send, *go, *match, *stamp, *subprotocol, *publish;
    int port, connections, at_once, socketio, settle_ms, sources, fan;
    double seconds, warm, begin, rate, patience;
    long window;
} o = {.path = "/", .match = "", .connections = 1, .at_once = 64, .settle_ms = 300, .seconds = 3, .warm = 1, .fan = 1, .window = 4000, .patience = 60};

static struct conn *conns;
static char **names;
static int poller, nnames, next, opening, open_now, failed, closed;
static uint64_t deliveries, messages, bytes_in, reads;
static int measuring;
static uint8_t chunk[1 << 18];

static const char *filled(const char *text, int id) {
    static char out[4][4096];
    static int turn;
    char *w = out[turn = (turn + 1) & 3], *begin = w;
    for (; *text && w - begin < 4000; text++) {
        if (text[0] == '%' && text[1] == 'd') w += sprintf(w, "%d", id), text++;
        else if (text[0] == '%' && text[1] == 's' && nnames) w += sprintf(w, "%s", names[id < nnames ? id : nnames - 1]), text++;
        else *w++ = *text;
    }
    *w = 0;
    return begin;
}
static void drop(struct conn *c) {
    if (c->state == OPEN) open_now--, closed++;
    else opening--, failed++;
    c->state = CLOSED;
    close(c->fd);
    keep_from(&c->in, c->in.size);
}
static void send_frame(struct conn *c, int opcode, const void *data, size_t size) { // masked with zeros: the work is the same
    uint8_t frame[65536 + 14];
    size_t head = 2;
    if (size > 65535) return;
    frame[0] = 0x80 | opcode;
    if (size < 126) frame[1] = 0x80 | size;
    else frame[1] = 0x80 | 126, frame[2] = size >> 8, frame[3] = size, head = 4;
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, data, size);
    send_all(c->fd, frame, head + 4 + size);
}
static void opened(struct conn *c) {
    c->state = OPEN, open_now++, opening--;
    if (!o.send) return;
    const char *text = filled(o.send, c->id);
    send_frame(c, 1, text, strlen(text));
}
static uint64_t digits(const uint8_t *p, const uint8_t *end) {
    uint64_t n = 0;
    while (p < end && (*p < '0' || *p > '9')) p++;
    for (; p < end && *p >= '0' && *p <= '9'; p++) n = n * 10 + *p - '0';
    return n;
}
static void arrived(struct conn *c, const uint8_t *p, size_t size) {
    const uint8_t *end = p + size, *found = p;
    size_t length = strlen(o.match);
    if (size < 64 && !o.socketio && memmem(p, size, "\"ping\"", 6)) send_frame(c, 1, "{\"type\":\"pong\"}", 15);
    while ((found = memmem(found, end - found, o.match, length)) && length) {
        deliveries++, c->got++, found += length;
        const uint8_t *stamp = measuring && o.stamp ? memmem(found, end - found, o.stamp, strlen(o.stamp)) : NULL;
        uint64_t sent = stamp ? digits(stamp + strlen(o.stamp), end) : 0, t = sent ? now_ns() : 0;
        if (sent && sent < t) latency((t - sent) / 1000);
    }
}
static void message(struct conn *c, const uint8_t *p, size_t size) {
    messages++, bytes_in += size;
    if (!o.socketio) { arrived(c, p, size); return; }
    if (!size) return;
    if (p[0] == '0') send_frame(c, 1, "40", 2); // Engine.IO is open: connect to Socket.IO
    else if (p[0] == '2') send_frame(c, 1, "3", 1);
    else if (size > 1 && p[0] == '4' && p[1] == '0' && c->state == JOINING) opened(c);
    else if (size > 1 && p[0] == '4' && p[1] == '2') arrived(c, p, size);
}
static size_t frames(struct conn *c, const uint8_t *p, size_t size) { // how many bytes were whole frames
    size_t used = 0;
    while (size - used >= 2 && c->state != CLOSED) {
        const uint8_t *f = p + used;
        size_t head = 2, length = f[1] & 127;
        if (length == 126) { if (size - used < 4) break; length = f[2] << 8 | f[3], head = 4; }
        else if (length == 127) { if (size - used < 10) break; length = 0, head = 10; for (int i = 2; i < 10; i++) length = length << 8 | f[i]; }
        if (size - used < head + length) break;
        int opcode = f[0] & 15;
        if (opcode <= 2) message(c, f + head, length);
        else if (opcode == 9) send_frame(c, 10, f + head, length);
        else if (opcode == 8) { drop(c); return size; }
        used += head + length;
    }
    return used;
}
static size_t taken(struct conn *c, const uint8_t *p, size_t size) {
    size_t head = 0;
    if (c->state == UPGRADING) {
        const uint8_t *end = memmem(p, size, "\r\n\r\n", 4);
        if (!end) return 0;
        if (memcmp(p + 9, "101", 3)) {
            static int told;
            if (!told++) fprintf(stderr, "upgrade refused: %.*s\n", (int)(size > 300 ? 300 : size), p);
            drop(c);
            return size;
        }
        head = end + 4 - p, c->state = JOINING;
        if (!o.socketio) opened(c);
    }
    return head + frames(c, p + head, size - head);
}
static void readable(struct conn *c) {
    ssize_t got = recv(c->fd, chunk, sizeof chunk, 0);
    reads++;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) { drop(c); return; }
    if (c->in.size) {
        append(&c->in, chunk, got);
        size_t used = taken(c, c->in.at, c->in.size);
        if (c->state != CLOSED) keep_from(&c->in, used);
    } else {
        size_t used = taken(c, chunk, got);
        if (c->state != CLOSED && used < (size_t)got) append(&c->in, chunk + used, got - used);
    }
}
static void connected(struct conn *c) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) { drop(c); return; }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
    c->state = UPGRADING;
    char head[8192];
    int n = sprintf(head, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", filled(o.path, c->id), o.port);
    if (o.subprotocol) n += sprintf(head + n, "Sec-WebSocket-Protocol: %s\r\n", o.subprotocol);
    n += sprintf(head + n, "\r\n");
    send_all(c->fd, head, n);
}
static void open_more(void) {
    while (opening < o.at_once && next < o.connections) {
        struct conn *c = &conns[next];
        c->id = next++;
        c->fd = connecting(o.port, o.sources ? 1 + c->id % o.sources : 0);
        if (c->fd < 0) { failed++; continue; }
        c->state = CONNECTING, opening++;
        struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    }
}
static void turn(int wait_ms) {
    static struct epoll_event events[1024];
    int n = epoll_wait(poller, events, 1024, wait_ms);
    for (int i = 0; i < n; i++) {
        struct conn *c = events[i].data.ptr;
        if (c->state == CONNECTING) connected(c);
        else if (c->state != CLOSED) readable(c);
    }
}
// --- the publisher for servers that have none
static int publisher = -1;
static uint64_t published, deliveries_before;
static void publish(double since) {
    static char out[1 << 17];
    size_t size = 0;
    if (publisher < 0) {
        publisher = connecting(o.port, 0), deliveries_before = deliveries;
        usleep(50000);
    }
    while (recv(publisher, chunk, sizeof chunk, MSG_DONTWAIT) > 0);
    while (size < 1 << 16 && published * o.fan < deliveries - deliveries_before + o.window && (!o.rate || published < (now() - since) * o.rate)) {
        char text[512];
        int id = o.fan > 1 ? 0 : published % o.connections;
        int n = sprintf(text, "{\"type\":\"progress\",\"job\":\"01J9ZK4T7Q8W3N5M6P2R%06d\",\"seq\":%llu,\"progress\":12.5,\"stage\":\"ai_fetching\","
            "\"message\":\"Fetching sources and ranking candidates\",\"ts\":%llu,\"pad\":\"0123456789\"}", id, (unsigned long long)published, (unsigned long long)now_ns());
        size += sprintf(out + size, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", filled(o.publish, id), n, text);
        published++;
    }
    send_all(publisher, out, size);
}
static void wait_until(double moment) {
    static double since;
    if (!since) since = now();
    for (double t; (t = now()) < moment;) {
        if (o.publish && measuring >= 0) publish(since);
        turn(moment - t > 0.002 ? 1 : 0);
    }
}
static void read_names(const char *path) {
    FILE *f = fopen(path, "r");
    char line[256];
    if (!f) { perror(path); exit(2); }
    names = calloc(200000, sizeof *names);
    while (fgets(line, sizeof line, f) && nnames < 200000) line[strcspn(line, "\n")] = 0, names[nnames++] = strdup(line);
    fclose(f);
}
static void options(int argc, char **argv) {
    enum { PORT = 1, PATH, NAMES, CONNECTIONS, AT_ONCE, SEND, GO, MATCH, STAMP, SUBPROTOCOL, SOCKETIO, PID, BEGIN, WARM, SECONDS, SETTLE, SOURCES, PUBLISH, FAN, RATE, WINDOW, PATIENCE };
    static const struct option known[] = {{"port", 1, 0, PORT}, {"path", 1, 0, PATH}, {"names", 1, 0, NAMES}, {"connections", 1, 0, CONNECTIONS},
        {"at-once", 1, 0, AT_ONCE}, {"send", 1, 0, SEND}, {"go", 1, 0, GO}, {"match", 1, 0, MATCH}, {"stamp", 1, 0, STAMP}, {"subprotocol", 1, 0, SUBPROTOCOL},
        {"socketio", 0, 0, SOCKETIO}, {"pid", 1, 0, PID}, {"begin", 1, 0, BEGIN}, {"warm", 1, 0, WARM}, {"seconds", 1, 0, SECONDS}, {"settle", 1, 0, SETTLE},
        {"sources", 1, 0, SOURCES}, {"publish", 1, 0, PUBLISH}, {"fan", 1, 0, FAN}, {"rate", 1, 0, RATE}, {"window", 1, 0, WINDOW}, {"patience", 1, 0, PATIENCE}, {0}};
    for (int k; (k = getopt_long(argc, argv, "", known, NULL)) != -1;) switch (k) {
        case PORT: o.port = atoi(optarg); break;
        case PATH: o.path = optarg; break;
        case NAMES: read_names(optarg); break;
        case CONNECTIONS: o.connections = atoi(optarg); break;
        case AT_ONCE: o.at_once = atoi(optarg); break;
        case SEND: o.send = optarg; break;
        case GO: o.go = optarg; break;
        case MATCH: o.match = optarg; break;
        case STAMP: o.stamp = optarg; break;
        case SUBPROTOCOL: o.subprotocol = optarg; break;
        case SOCKETIO: o.socketio = 1; break;
        case PID: add_pids(optarg); break;
        case BEGIN: o.begin = atof(optarg); break;
        case WARM: o.warm = atof(optarg); break;
        case SECONDS: o.seconds = atof(optarg); break;
        case SETTLE: o.settle_ms = atoi(optarg); break;
        case SOURCES: o.sources = atoi(optarg); break;
        case PUBLISH: o.publish = optarg; break;
        case FAN: o.fan = atoi(optarg); break;
        case RATE: o.rate = atof(optarg); break;
        case WINDOW: o.window = atol(optarg); break;
        case PATIENCE: o.patience = atof(optarg); break;
        default: exit(2);
    }
}
int main(int argc, char **argv) {
    options(argc, argv);
    many_descriptors(o.connections + 100);
    conns = calloc(o.connections, sizeof *conns);
    poller = epoll_create1(0);
    double resident_before = resident_kib(), cpu_before = cpu_of_servers(NULL), begun = now();
    do open_more(), turn(20); while (open_now + failed < o.connections && now() - begun < o.patience);
    double opened_in = now() - begun, handshakes = cpu_of_servers(NULL) - cpu_before;
    int at_work = measuring;
    measuring = -1; // nothing is published yet
    wait_until(now() + o.settle_ms / 1e3);
    measuring = at_work;
    double resident_open = resident_kib();
    if (o.go && open_now) send_frame(&conns[0], 1, o.go, strlen(o.go));
    double late = o.begin && now() > o.begin ? now() - o.begin : 0;
    wait_until(o.begin ? o.begin : now() + o.warm);
    uint64_t d = deliveries, m = messages, b = bytes_in, r = reads;
    double kernel_before, kernel, cpu0 = cpu_of_servers(&kernel_before), client0 = cpu_of_client(), t0 = now();
    measuring = 1;
    wait_until(t0 + o.seconds);
    measuring = 0;
    double elapsed = now() - t0, cpu = cpu_of_servers(&kernel) - cpu0, client = cpu_of_client() - client0;
    int silent = 0;
    for (int i = 0; i < o.connections; i++) silent += !conns[i].got;
    printf("{\"connections\":%d,\"open\":%d,\"failed\":%d,\"closed\":%d,\"silent\":%d,\"open_s\":%.3f,\"handshake_us\":%.1f,\"late_s\":%.3f,\"resident_kib\":%.0f,"
        "\"kib_each\":%.2f,\"seconds\":%.3f,\"deliveries\":%llu,\"messages\":%llu,\"bytes\":%llu,\"reads\":%llu,\"cpu_s\":%.3f,\"kernel_s\":%.3f,\"client_cpu_s\":%.3f,"
        "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"resident_end_kib\":%.0f}\n",
        o.connections, open_now, failed, closed, silent, opened_in, open_now ? handshakes / open_now * 1e6 : 0, late, resident_open,
        open_now ? (resident_open - resident_before) / open_now : 0, elapsed, (unsigned long long)(deliveries - d), (unsigned long long)(messages - m),
        (unsigned long long)(bytes_in - b), (unsigned long long)(reads - r), cpu, kernel - kernel_before, client, quantile_ms(.5), quantile_ms(.99), slowest / 1e3, resident_kib());
    return 0;
}
