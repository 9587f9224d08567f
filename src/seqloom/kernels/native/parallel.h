// Work in parts, on the threads that torch has already.
#pragma once

#include "seqloom.h"

// In base.cpp: call body(data, part) for every part in [0, parts), on at most `threads` threads; parts go to whichever
// thread is free, and each must write to places of its own.
extern "C" void seqloom_run_parts(int64_t parts, int64_t threads, void (*body)(void*, int64_t), void* data);

namespace sl {
namespace {

template <class F>
void parallel(int64_t parts, int64_t threads, const F& each) {
    if (threads <= 1 || parts <= 1) {
        for (int64_t part = 0; part < parts; part++) each(part);
        return;
    }
    seqloom_run_parts(
        parts, threads, [](void* data, int64_t part) { (*static_cast<const F*>(data))(part); },
        const_cast<void*>(static_cast<const void*>(&each)));
}

}  // namespace
}  // namespace sl
