/* The media path of the load generator: one thread that sends and receives for many browsers at once.
 *
 * Signalling, ICE and DTLS are done elsewhere; this file takes sockets and libsrtp sessions that are ready, and
 * plays pre-encoded frames to their time. Each packet carries when and by whom it was sent in its last 16 bytes.
 * Several may run in threads of one process.
 * STUN and DTLS that arrive later go to `board.others`, a datagram socket: four bytes of leg number, then the data.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKET_MAX 1500
#define BURST_MAX 64
#define DELAY_BINS 1000000 /* one microsecond each */
#define STAMP_MAGIC 0x52464d46u
#define AUDIO_PT 111
#define VIDEO_PT 96
#define AUDIO_TICKS 960   /* 20 ms at 48 kHz */
#define VIDEO_TICKS 3000  /* 33.3 ms at 90 kHz */
#define NTP_OFFSET_S 2208988800ull
#define NS 1000000000ull
#define READY_MAX 256

typedef int (*srtp_call)(void *session, void *packet, int *length);

/* What Python hands over; engine.py mirrors these three structures. */
typedef struct { int32_t fd; uint32_t audio_ssrc, video_ssrc, twcc_id; void *incoming, *outgoing; } leg_setup;
typedef struct { const uint8_t *bytes; const uint32_t *packet_ends, *frame_ends; uint32_t frames; } clip;
typedef struct {
    srtp_call protect, unprotect, protect_rtcp, unprotect_rtcp;
    clip video, audio;
    uint64_t window_from_ns, window_to_ns; /* CLOCK_REALTIME; packets sent within are counted */
    uint32_t running, sending, stamped, drop_one_in, feedback_per_s, seed;
    int32_t others;
    uint32_t nap_us; /* packets are met and sent in batches, as a network card's interrupts do */
    uint64_t sent, received, frames_sent, frames_received, misrouted, refused, send_failed, rtcp_sent, rtcp_received;
    uint64_t late_ns_max, cpu_ns;
    uint32_t delay_us[DELAY_BINS];
} board_t;

enum kind { VIDEO, AUDIO, REPORT, FEEDBACK, KINDS };
/* The last bytes of each payload: by whom, of how many in its frame, when. */
typedef struct { uint32_t magic; uint16_t sender, of; uint64_t sent_ns; } stamp;
typedef struct { uint64_t due_ns; uint32_t leg; enum kind kind; } event;
typedef struct {
    leg_setup at;
    uint16_t sequence[2], transport_sequence, heard_transport, reported_transport;
    uint32_t ssrc[2], heard_ssrc[2], timestamp[2], packets[2], octets[2], cursor[2], feedbacks;
    uint32_t frame[2], frame_packets[2], frame_counts[2]; /* the frame that comes in: its time, how much of it */
} leg_t;

static uint64_t clock_ns(clockid_t which) {
    struct timespec at;
    clock_gettime(which, &at);
    return (uint64_t)at.tv_sec * NS + (uint64_t)at.tv_nsec;
}

static void put16(uint8_t *to, uint32_t value) { to[0] = value >> 8; to[1] = value; }
static void put32(uint8_t *to, uint32_t value) { put16(to, value >> 16); put16(to + 2, value); }
static uint32_t get16(const uint8_t *from) { return (uint32_t)from[0] << 8 | from[1]; }
static uint32_t get32(const uint8_t *from) { return get16(from) << 16 | get16(from + 2); }

/* A heap of what is due, soonest first: always full, an event that happened is put back with its next time. */
static void sift(event *heap, uint32_t count) {
    for (uint32_t at = 0, child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].due_ns < heap[child].due_ns) child++;
        if (heap[at].due_ns <= heap[child].due_ns) return;
        event held = heap[at];
        heap[at] = heap[child];
        heap[child] = held;
    }
}

static int by_due(const void *a, const void *b) {
    uint64_t first = ((const event *)a)->due_ns, second = ((const event *)b)->due_ns;
    return first < second ? -1 : first > second;
}

/* Send the next frame of one stream: all its packets at once, as an encoder hands them over. */
static void send_frame(board_t *board, leg_t *leg, uint32_t number, enum kind kind) {
    static __thread uint8_t buffers[BURST_MAX][PACKET_MAX + 64];
    static __thread struct iovec parts[BURST_MAX];
    static __thread struct mmsghdr messages[BURST_MAX];
    const clip *from = kind == VIDEO ? &board->video : &board->audio;
    uint32_t frame = leg->cursor[kind]++ % from->frames;
    uint32_t at = frame ? from->frame_ends[frame - 1] : 0, last = from->frame_ends[frame];
    int count = 0, counts = 0;
    uint16_t of = (uint16_t)(last - at);
    for (; at < last && count < BURST_MAX; at++) {
        uint32_t start = at ? from->packet_ends[at - 1] : 0, size = from->packet_ends[at] - start;
        uint8_t *packet = buffers[count];
        int header = 12;
        packet[0] = 0x80;
        packet[1] = (kind == VIDEO ? VIDEO_PT : AUDIO_PT) | (kind == VIDEO && at + 1 == last ? 0x80 : 0);
        put16(packet + 2, leg->sequence[kind]++);
        put32(packet + 4, leg->timestamp[kind]);
        put32(packet + 8, leg->ssrc[kind]);
        if (leg->at.twcc_id) {
            packet[0] |= 0x10;
            put32(packet + 12, 0xBEDE0001);
            packet[16] = leg->at.twcc_id << 4 | 1;
            put16(packet + 17, leg->transport_sequence++);
            packet[19] = 0;
            header = 20;
        }
        memcpy(packet + header, from->bytes + start, size);
        uint64_t now = clock_ns(CLOCK_REALTIME);
        if (board->stamped) {
            stamp mark = {STAMP_MAGIC, (uint16_t)number, of, now};
            memcpy(packet + header + size - sizeof mark, &mark, sizeof mark);
        }
        leg->packets[kind]++;
        leg->octets[kind] += size;
        int length = header + (int)size;
        if (board->protect(leg->at.outgoing, packet, &length)) { board->send_failed++; continue; }
        if (now >= board->window_from_ns && now < board->window_to_ns) {
            board->sent++;
            counts = 1;
            /* The control: counted as sent, and lost on purpose. */
            if (board->drop_one_in && board->sent % board->drop_one_in == 0) continue;
        }
        parts[count] = (struct iovec){packet, (size_t)length};
        messages[count].msg_hdr = (struct msghdr){.msg_iov = &parts[count], .msg_iovlen = 1};
        count++;
    }
    board->frames_sent += (uint64_t)counts;
    leg->timestamp[kind] += kind == VIDEO ? VIDEO_TICKS : AUDIO_TICKS;
    for (int done = 0; done < count;) {
        int gone = sendmmsg(leg->at.fd, messages + done, (unsigned)(count - done), 0);
        if (gone < 0 && errno == EINTR) continue;
        if (gone <= 0) { board->send_failed++; gone = 1; }
        done += gone;
    }
}

static void send_rtcp(board_t *board, leg_t *leg, uint8_t *packet, int length) {
    if (board->protect_rtcp(leg->at.outgoing, packet, &length) || send(leg->at.fd, packet, (size_t)length, 0) < 0)
        board->send_failed++;
    else
        board->rtcp_sent++;
}

/* A sender's report with a block about what is heard, and the name: RFC 3550, 6.4.1 and 6.5. */
static void send_report(board_t *board, leg_t *leg, enum kind kind) {
    uint8_t packet[256] = {0x81, 200, 0, 12};
    uint64_t now = clock_ns(CLOCK_REALTIME);
    put32(packet + 4, leg->ssrc[kind]);
    put32(packet + 8, (uint32_t)(now / NS + NTP_OFFSET_S));
    put32(packet + 12, (uint32_t)(((now % NS) << 32) / NS));
    put32(packet + 16, leg->timestamp[kind]);
    put32(packet + 20, leg->packets[kind]);
    put32(packet + 24, leg->octets[kind]);
    put32(packet + 28, leg->heard_ssrc[kind]);
    uint8_t *name = packet + 52;
    memcpy(name, (uint8_t[]){0x81, 202, 0, 3}, 4);
    put32(name + 4, leg->ssrc[kind]);
    memcpy(name + 8, (uint8_t[]){1, 4, 'l', 'o', 'a', 'd', 0, 0}, 8);
    send_rtcp(board, leg, packet, 68);
}

/* Transport-wide feedback for all that came since the last one, each packet 250 us after the former. */
static void send_feedback(board_t *board, leg_t *leg) {
    uint8_t packet[512] = {0x8F, 205};
    uint32_t count = (uint16_t)(leg->heard_transport - leg->reported_transport);
    if (!leg->at.twcc_id || !count || !leg->heard_ssrc[VIDEO]) return;
    if (count > 255) count = 255;
    put32(packet + 4, leg->ssrc[VIDEO]);
    put32(packet + 8, leg->heard_ssrc[VIDEO]);
    put16(packet + 12, leg->reported_transport + 1u);
    put16(packet + 14, count);
    put32(packet + 16, (uint32_t)(clock_ns(CLOCK_MONOTONIC) / 64000000) << 8 | (leg->feedbacks++ & 0xFF));
    put16(packet + 20, 1u << 13 | count); /* one run of "received, small delta" */
    memset(packet + 22, 1, count);
    leg->reported_transport = leg->heard_transport;
    uint32_t words = (22 + count + 3) / 4, padding = words * 4 - 22 - count;
    if (padding) { packet[0] |= 0x20; packet[words * 4 - 1] = padding; }
    put16(packet + 2, words - 1);
    send_rtcp(board, leg, packet, (int)words * 4);
}

static void take_media(board_t *board, leg_t *leg, uint32_t number, uint8_t *packet, int length, uint64_t arrived) {
    if (packet[1] >= 192 && packet[1] <= 223) {
        if (board->unprotect_rtcp(leg->at.incoming, packet, &length)) board->refused++;
        else board->rtcp_received++;
        return;
    }
    /* libsrtp refuses what it has seen before: a packet that comes twice is counted once. */
    if (board->unprotect(leg->at.incoming, packet, &length)) { board->refused++; return; }
    enum kind kind = (packet[1] & 0x7F) == AUDIO_PT ? AUDIO : VIDEO;
    leg->heard_ssrc[kind] = get32(packet + 8);
    if (packet[0] & 0x10 && length > 20) {
        const uint8_t *element = packet + 16, *end = element + 4 * get16(packet + 14);
        while (element < end && element < packet + length - 3) {
            if (!*element) { element++; continue; }
            if (*element >> 4 == leg->at.twcc_id) leg->heard_transport = get16(element + 1);
            element += (*element & 15) + 2;
        }
    }
    if (!board->stamped) { board->received++; return; }
    stamp mark;
    memcpy(&mark, packet + length - sizeof mark, sizeof mark);
    if (mark.magic != STAMP_MAGIC || mark.sender != (uint16_t)(number ^ 1)) { board->misrouted++; return; }
    int in_window = mark.sent_ns >= board->window_from_ns && mark.sent_ns < board->window_to_ns;
    if (leg->frame[kind] != get32(packet + 4) || !leg->frame_packets[kind]) {
        leg->frame[kind] = get32(packet + 4);
        leg->frame_packets[kind] = leg->frame_counts[kind] = 0;
    }
    leg->frame_counts[kind] |= (uint32_t)in_window; /* as where it was sent: in the window with one of its packets */
    if (++leg->frame_packets[kind] == mark.of) board->frames_received += leg->frame_counts[kind];
    if (!in_window) return;
    board->received++;
    uint64_t delay_us = arrived > mark.sent_ns ? (arrived - mark.sent_ns) / 1000 : 0;
    board->delay_us[delay_us < DELAY_BINS ? delay_us : DELAY_BINS - 1]++;
}

static void receive_all(board_t *board, leg_t *leg, uint32_t number) {
    enum { AT_ONCE = 32 };
    static __thread uint8_t buffers[AT_ONCE][PACKET_MAX + 64], controls[AT_ONCE][64];
    static __thread struct iovec parts[AT_ONCE];
    static __thread struct mmsghdr messages[AT_ONCE];
    for (int index = 0; index < AT_ONCE; index++) {
        parts[index] = (struct iovec){buffers[index] + 4, PACKET_MAX};
        messages[index].msg_hdr = (struct msghdr){
            .msg_iov = &parts[index], .msg_iovlen = 1, .msg_control = controls[index], .msg_controllen = 64};
    }
    int count = recvmmsg(leg->at.fd, messages, AT_ONCE, MSG_DONTWAIT, NULL);
    for (int index = 0; index < count; index++) {
        uint8_t *packet = buffers[index] + 4;
        int length = (int)messages[index].msg_len;
        struct cmsghdr *control = CMSG_FIRSTHDR(&messages[index].msg_hdr);
        struct timespec arrived = {0};
        if (control && control->cmsg_type == SCM_TIMESTAMPNS) memcpy(&arrived, CMSG_DATA(control), sizeof arrived);
        if (length >= 12 && packet[0] >= 128 && packet[0] <= 191) {
            uint64_t at = (uint64_t)arrived.tv_sec * NS + (uint64_t)arrived.tv_nsec;
            take_media(board, leg, number, packet, length, at);
        } else if (length > 0) {
            memcpy(buffers[index], &number, 4);
            if (send(board->others, buffers[index], (size_t)length + 4, MSG_DONTWAIT) < 0) board->refused++;
        }
    }
}

static uint64_t happen(board_t *board, leg_t *leg, const event *what) {
    switch (what->kind) {
    case VIDEO:
    case AUDIO:
        if (board->sending) send_frame(board, leg, what->leg, what->kind);
        return what->kind == VIDEO ? NS / 30 : NS / 50;
    case REPORT:
        send_report(board, leg, VIDEO);
        send_report(board, leg, AUDIO);
        return NS;
    default:
        if (!board->feedback_per_s) return NS;
        send_feedback(board, leg);
        return NS / board->feedback_per_s;
    }
}

/* Run until `board->running` is 0. Returns 0, or -1 when memory or epoll failed. */
int run(volatile board_t *shared, const leg_setup *setups, uint32_t count) {
    board_t *board = (board_t *)shared;
    leg_t *legs = calloc(count, sizeof *legs);
    event *heap = calloc(count * KINDS, sizeof *heap);
    int poll = epoll_create1(0);
    if (!legs || !heap || poll < 0) return -1;
    const struct timespec nap = {0, board->nap_us * 1000l};
    struct epoll_event ready[READY_MAX];
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    const uint64_t periods[KINDS] = {NS / 30, NS / 50, NS, NS / 20};
    setpriority(PRIO_PROCESS, 0, -10); /* this thread only: ahead of the Python beside it */
    srandom(board->seed);
    for (uint32_t number = 0; number < count; number++) {
        leg_t *leg = &legs[number];
        leg->at = setups[number];
        leg->ssrc[VIDEO] = leg->at.video_ssrc;
        leg->ssrc[AUDIO] = leg->at.audio_ssrc;
        leg->cursor[VIDEO] = (uint32_t)random() % board->video.frames;
        for (int kind = 0; kind < KINDS; kind++)
            heap[number * KINDS + kind] = (event){now + (uint64_t)random() % periods[kind], number, kind};
        int on = 1, bytes = 1 << 20;
        setsockopt(leg->at.fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
        setsockopt(leg->at.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
        epoll_ctl(poll, EPOLL_CTL_ADD, leg->at.fd, &(struct epoll_event){.events = EPOLLIN, .data.u32 = number});
    }
    qsort(heap, count * KINDS, sizeof *heap, by_due); /* what is sorted is a heap */
    while (shared->running) {
        now = clock_ns(CLOCK_MONOTONIC);
        for (int budget = 16; budget && heap[0].due_ns <= now; budget--) {
            uint64_t late = now - heap[0].due_ns;
            if (late > board->late_ns_max && shared->window_from_ns != UINT64_MAX) board->late_ns_max = late;
            heap[0].due_ns += happen(board, &legs[heap[0].leg], &heap[0]);
            sift(heap, count * KINDS);
        }
        if (heap[0].due_ns > now) clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
        int found = epoll_wait(poll, ready, READY_MAX, 0);
        for (int index = 0; index < found; index++)
            receive_all(board, &legs[ready[index].data.u32], ready[index].data.u32);
        board->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    }
    close(poll);
    free(heap);
    free(legs);
    return 0;
}
