/* Junk for a media worker, as fast as asked: flooder BOARD SAMPLES ADDRESS BROWSER. Aim it at your own machine only.
 *
 * BOARD is a file of `board_t`, shared with flood.py: whom to aim at changes while it runs. SAMPLES holds datagrams,
 * each after its length in two bytes. It invents the sender of each packet, for which it must be root: any address, or
 * BROWSER's with a guessed port, as somebody off the path can; where BROWSER is "-" it sends from 64 sockets. Three
 * quarters go to the ports that are named, the rest to any of the range that they are from. Too long ones go out in
 * fragments, from a socket.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 60, SOCKETS = 64, SAMPLES_MAX = 65536, WHOLE_MAX = 1400, PORTS_MAX = 64, FIRST = 32768, LAST = 60999 };

typedef struct {
    uint32_t running, rate, aimed;
    uint16_t ports[PORTS_MAX];
    uint64_t sent, failed;
} board_t;
typedef struct { struct iphdr ip; struct udphdr udp; } header_t;

static uint64_t state = 88172645463325252ull;

static uint32_t chance(void) { /* xorshift64 */
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static uint8_t *whole_file(const char *path, int flags, int protection, size_t *size) {
    int file = open(path, flags);
    off_t length = lseek(file, 0, SEEK_END);
    if (file < 0 || length <= 0) exit(2);
    *size = (size_t)length;
    uint8_t *held = mmap(NULL, *size, protection, MAP_SHARED, file, 0);
    if (held == MAP_FAILED) exit(2);
    return held;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    size_t size, board_size, count = 0;
    volatile board_t *board = (void *)whole_file(argv[1], O_RDWR, PROT_READ | PROT_WRITE, &board_size);
    uint8_t *from = whole_file(argv[2], O_RDONLY, PROT_READ, &size);
    static struct { uint8_t *bytes; uint16_t length; } samples[SAMPLES_MAX];
    for (size_t at = 0; at + 2 <= size && count < SAMPLES_MAX; at += 2u + samples[count++].length) {
        samples[count].length = (uint16_t)(from[at] << 8 | from[at + 1]);
        samples[count].bytes = from + at + 2;
    }
    if (!count || board_size < sizeof *board) return 2;
    struct sockaddr_in to = {.sin_family = AF_INET};
    in_addr_t browser = 0;
    int raw = strcmp(argv[4], "-") ? socket(AF_INET, SOCK_RAW, IPPROTO_RAW) : -1, sockets[SOCKETS], bytes = 1 << 22;
    if (!inet_pton(AF_INET, argv[3], &to.sin_addr)) return 2;
    if (strcmp(argv[4], "-") && (raw < 0 || !inet_pton(AF_INET, argv[4], &browser))) return 2;
    if (raw >= 0) setsockopt(raw, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    for (int index = 0; index < SOCKETS; index++) sockets[index] = socket(AF_INET, SOCK_DGRAM, 0);
    static header_t headers[BURST];
    static struct iovec parts[BURST][2];
    static struct sockaddr_in targets[BURST];
    static struct mmsghdr messages[BURST];
    double begun = now(), done = 0;
    while (board->running) {
        int ready = 0;
        for (int index = 0; index < BURST; index++) {
            uint32_t which = chance() % count, aimed = board->aimed;
            uint16_t length = samples[which].length;
            uint16_t port = aimed && chance() % 4 ? board->ports[chance() % aimed] : FIRST + chance() % (LAST - FIRST);
            targets[ready] = to;
            targets[ready].sin_port = htons(port);
            if (raw < 0 || length > WHOLE_MAX) {
                struct sockaddr *address = (struct sockaddr *)&targets[ready];
                if (sendto(sockets[chance() % SOCKETS], samples[which].bytes, length, 0, address, sizeof to) < 0)
                    board->failed++;
                else
                    board->sent++;
                continue;
            }
            uint32_t sender = chance() % 4 ? htonl(0xC6130000u | (chance() & 0xFFFF)) : browser;
            headers[ready].ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
                                               .tot_len = htons((uint16_t)(sizeof(header_t) + length)),
                                               .saddr = sender, .daddr = to.sin_addr.s_addr};
            headers[ready].udp = (struct udphdr){.source = htons((uint16_t)(1024 + chance() % 64000)),
                                                 .dest = htons(port), .len = htons((uint16_t)(8 + length))};
            parts[ready][0] = (struct iovec){&headers[ready], sizeof(header_t)};
            parts[ready][1] = (struct iovec){samples[which].bytes, length};
            messages[ready].msg_hdr = (struct msghdr){.msg_iov = parts[ready], .msg_iovlen = 2,
                                                      .msg_name = &targets[ready], .msg_namelen = sizeof to};
            ready++;
        }
        int gone = ready ? sendmmsg(raw, messages, (unsigned)ready, 0) : 0;
        if (gone < 0) gone = 0;
        board->sent += (uint64_t)gone;
        board->failed += (uint64_t)(ready - gone);
        done += BURST;
        double ahead = done / board->rate - (now() - begun);
        if (ahead > 0) usleep((useconds_t)(ahead * 1e6));
        if (ahead < -0.2) begun = now() - done / board->rate - 0.2; /* who was held up does not make up for it at once */
    }
    return 0;
}
