// Numbers that are float32 or bfloat16, read and written as float32.
#pragma once

#include "vector.h"

namespace sl {
namespace {

enum Kind : int64_t { FLOAT = 0, HALF = 1 };  // HALF: bfloat16

inline int64_t bytes(int64_t kind) { return kind == HALF ? 2 : 4; }

// For a few hundred numbers, which memcpy takes long over.
inline void copy(const float* from, float* to, int64_t n) {
    map(from, to, n, [](vf x) { return x; });
}

// to[i] = from[at + i] for i < n
inline void read_floats(const void* from, int64_t kind, int64_t at, int64_t n, float* to) {
    if (kind == FLOAT) {
        copy(static_cast<const float*>(from) + at, to, n);
        return;
    }
    const uint16_t* halves = static_cast<const uint16_t*>(from) + at;
    for (int64_t i = 0; i < n; i++) {
        const uint32_t bits = static_cast<uint32_t>(halves[i]) << 16;
        memcpy(to + i, &bits, sizeof bits);
    }
}

// to[at + i] = from[i] for i < n; a half is the nearest, the even one of two, and NaN stays NaN.
inline void write_floats(const float* from, void* to, int64_t kind, int64_t at, int64_t n) {
    if (kind == FLOAT) {
        copy(from, static_cast<float*>(to) + at, n);
        return;
    }
    uint16_t* halves = static_cast<uint16_t*>(to) + at;
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, from + i, sizeof bits);
        const uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        halves[i] = static_cast<uint16_t>((bits & 0x7FFFFFFF) > 0x7F800000 ? 0x7FC0 : rounded);
    }
}

}  // namespace
}  // namespace sl
