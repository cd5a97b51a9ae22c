/* Junk for one UDP port, as fast as asked: flood PORT PACKETS_A_SECOND SECONDS KIND. Aim it at your own machine only.
 * Kinds: "noise" (random bytes and lengths, empty ones too), "checks" (STUN requests of another leg). Sends from 16
 * sockets of this machine and prints how many packets it sent. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SOCKETS = 16, BURST = 60 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    double rate = atof(argv[2]), seconds = atof(argv[3]);
    int checks = !strcmp(argv[4], "checks"), sockets[SOCKETS];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    for (int i = 0; i < SOCKETS; i++) sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
    unsigned char junk[1200];
    uint32_t chance = 12345;
    for (size_t i = 0; i < sizeof junk; i++) junk[i] = (chance = chance * 1664525u + 1013904223u) >> 24;
    static const unsigned char check[] = {
        0, 1, 0, 44, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
        0, 0x24, 0, 4, 0, 0, 0, 1,                                   /* priority first: past the kernel's filter */
        0, 6, 0, 8, 'n', 'o', 'n', 'e', ':', 'o', 'n', 'e', 0, 8, 0, 20};
    static const unsigned char firsts[] = {0x80, 0x16, 0x15, 0x00, 0xff, 0x90, 0x14, 0x40};
    long sent = 0;
    double begun = now();
    while (now() - begun < seconds) {
        for (int i = 0; i < BURST; i++, sent++) {
            size_t size;
            chance = chance * 1664525u + 1013904223u;
            if (checks) {
                memcpy(junk, check, sizeof check);
                size = 64;
            } else {
                junk[0] = firsts[chance >> 29];
                size = (chance >> 8) % 200;
            }
            sendto(sockets[sent % SOCKETS], junk, size, 0, (struct sockaddr *)&to, sizeof to);
        }
        double ahead = sent / rate - (now() - begun);
        if (ahead > 0) usleep(ahead * 1e6);
    }
    printf("%ld\n", sent);
    return 0;
}
