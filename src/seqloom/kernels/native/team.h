// Threads that stay awake together for one native call and share its products, one after the other.
//
// A step of one row is a chain of small products, each waiting for the one before. To wake threads for each of them
// (parallel.h) would take longer than most of them do. So the members of a team wait by looking at one word, for which a
// product is shared out within some hundred nanoseconds. The leader works with them, and waits for nobody who has not
// begun: where the other cores are busy with something else it does all of it alone. Still a member that loses its core
// in the middle of a part is waited for; when that took long, as it does on a machine full of other work, teams are
// left out for a while.
#pragma once

#include <immintrin.h>
#include <sched.h>

#include "parallel.h"

// In base.cpp, for all levels: nanoseconds of a clock; whether others are to be left out for now; and that somebody was
// waited for since then, which returns whether that was long.
extern "C" int64_t seqloom_clock();
extern "C" int64_t seqloom_alone();
extern "C" int64_t seqloom_waited(int64_t since);

namespace sl {
namespace {

class Team {
   public:
    static constexpr int64_t LARGEST = 8;

    // A team of up to `threads`; one is the leader alone.
    explicit Team(int64_t threads_) : threads(most(1, least(threads_, LARGEST))) {}
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    // Who is there to share with.
    int64_t members() const { return together ? threads : 1; }

    // Do `body`, while the others wait for what it shares.
    template <class F>
    void lead(const F& body) {
        together = threads > 1 && !seqloom_alone();
        if (!together) return body();
        int64_t ended = 0;
        __atomic_store_n(&over, 0, __ATOMIC_RELAXED);
        parallel(threads, threads, [&](int64_t part) {
            if (part) return serve(part);
            body();
            ended = seqloom_clock();
            __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
        });
        together = false;
        seqloom_waited(ended);
    }

    // each(part) for every part in [0, parts). Every member begins with parts of its own, always the same ones, which
    // its cache may still hold, and then takes what others have left. Only the leader calls this.
    template <class F>
    void share(int64_t parts, const F& each) {
        if (!together || parts <= 1) {
            for (int64_t part = 0; part < parts; part++) each(part);
            return;
        }
        work = [](const void* data_, int64_t part) { (*static_cast<const F*>(data_))(part); };
        data = &each;
        __atomic_store_n(&done, 0, __ATOMIC_RELAXED);
        for (int64_t member = 0; member < threads; member++)
            __atomic_store_n(&left[member].word, word_of(parts * member / threads, parts * (member + 1) / threads),
                             __ATOMIC_RELEASE);
        take(0);
        int64_t looks = 0, since = 0;
        while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) != parts) {
            _mm_pause();
            if (++looks == PATIENCE) since = seqloom_clock();
        }
        if (since) together = !seqloom_waited(since);
    }

   private:
    // The parts of a member that nobody took yet: the next one in the lower half of the word, their end in the upper,
    // so that one addition takes a part and says whether there was one.
    struct alignas(64) Left {
        uint64_t word = 0;
    };
    static constexpr int64_t PATIENCE = 1 << 12;  // looks, before others may have the core

    const int64_t threads;
    bool together = false;  // whether the others are there
    Left left[LARGEST];
    alignas(64) int64_t done = 0;
    alignas(64) int64_t over = 0;
    void (*work)(const void*, int64_t) = nullptr;
    const void* data = nullptr;

    static uint64_t word_of(int64_t next, int64_t end) {
        return static_cast<uint64_t>(end) << 32 | static_cast<uint64_t>(next);
    }
    static bool some(uint64_t word) { return (word & 0xffffffffu) < word >> 32; }

    // Take parts until there are none, one's own first. Returns whether there were any. `work` and `data` are looked at
    // once a part is taken, for the leader changes them only when all that were taken are done.
    bool take(int64_t member) {
        bool took = false;
        for (int64_t i = 0; i < threads; i++) {
            uint64_t& word = left[(member + i) % threads].word;
            while (some(__atomic_load_n(&word, __ATOMIC_RELAXED))) {
                const uint64_t taken = __atomic_fetch_add(&word, 1, __ATOMIC_ACQ_REL);
                if (!some(taken)) break;
                work(data, static_cast<int64_t>(taken & 0xffffffffu));
                __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
                took = true;
            }
        }
        return took;
    }

    void serve(int64_t member) {
        int64_t looks = 0;
        while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
            if (take(member))
                looks = 0;
            else if (++looks < PATIENCE)
                _mm_pause();
            else
                sched_yield();
        }
    }
};

}  // namespace
}  // namespace sl
