// What does not depend on the level: what this library is, what the processor can do, and the threads.

#include <dlfcn.h>
#include <time.h>

#include <atomic>

#include "parallel.h"
#include "team.h"

// GNU's OpenMP entry point, which torch's own runtime has (LLVM's and Intel's have it too). It is looked up at
// its first use, when torch is there, so that there is one pool of threads and never two that wait for each other.
typedef void (*Region)(void (*)(void*), void*, unsigned, unsigned);

static Region region() {
    static const Region found = reinterpret_cast<Region>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
    return found;
}

struct Shared {
    std::atomic<int64_t> next;
    int64_t parts;
    void (*body)(void*, int64_t);
    void* data;
};

static void take_parts(void* given) {
    Shared* work = static_cast<Shared*>(given);
    for (int64_t part = work->next++; part < work->parts; part = work->next++) work->body(work->data, part);
}

extern "C" void seqloom_run_parts(int64_t parts, int64_t threads, void (*body)(void*, int64_t), void* data) {
    Shared work{{0}, parts, body, data};
    if (region())
        region()(take_parts, &work, static_cast<unsigned>(threads), 0);
    else
        take_parts(&work);
}

// Nanoseconds of the clock until which nobody is waited for, and how long that rest is. Whether the other cores are free
// shows only when a wait has been long; each one soon after a rest doubles it.
static std::atomic<int64_t> alone_until{0}, rest{0};
static const int64_t LONG = 500 * 1000, SHORTEST = 20 * 1000 * 1000, LONGEST = 500 * 1000 * 1000;

extern "C" int64_t seqloom_clock() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}
extern "C" int64_t seqloom_alone() { return seqloom_clock() < alone_until.load(std::memory_order_relaxed); }
extern "C" int64_t seqloom_waited(int64_t since) {
    const int64_t now = seqloom_clock(), much = now - since > LONG;
    if (much) {
        const int64_t before = rest.load(std::memory_order_relaxed);
        const bool soon = now - alone_until.load(std::memory_order_relaxed) < before;
        const int64_t next = soon ? sl::least(2 * before, LONGEST) : SHORTEST;
        rest.store(next, std::memory_order_relaxed);
        alone_until.store(now + next, std::memory_order_relaxed);
    }
    return much;
}

SL_API const char* seqloom_abi() { return SL_ABI; }
SL_API const char* seqloom_source() { return SL_SOURCE; }
SL_API int64_t seqloom_threads() { return region() != nullptr; }

SL_API const char* seqloom_level() {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return "none";
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
        return "avx2";
    return __builtin_cpu_supports("avx512vnni") ? "vnni" : "avx512";
}
