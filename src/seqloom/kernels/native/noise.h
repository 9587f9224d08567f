// The noise of dropout: 16 random bits a number, a function of a seed and the number's place alone.
//
// Numbers 4w .. 4w + 3 take their bits from mix(seed + (w + 1) GOLDEN), the w-th value of the generator SplitMix64
// (Steele et al. 2014, doi:10.1145/2660193.2660195) started at the seed. So the backward pass makes the same noise
// again, threads need no order, and torch can make it too (kernels/dropout.py).
#pragma once

#include "seqloom.h"

namespace sl {
namespace {

struct Noise {
    uint64_t seed;
    int64_t threshold;  // out of 65536: what is below it is dropped
    float scale;
};

constexpr int64_t SPAN = 256;  // numbers for which noise is made at a time

inline uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

// factors[i] = 0 where number from + i is dropped, else the scale; i < n <= SPAN.
inline void factors(const Noise& noise, int64_t from, int64_t n, float* out) {
    union {  // the same bytes, read as they lie
        uint64_t words[SPAN / 4 + 1];
        uint16_t bits[SPAN + 4];
    };
    const uint64_t first = static_cast<uint64_t>(from) / 4, past = static_cast<uint64_t>(from) % 4;
    const int64_t count = (static_cast<int64_t>(past) + n + 3) / 4;
    for (int64_t w = 0; w < count; w++)
        words[w] = mix(noise.seed + (first + static_cast<uint64_t>(w) + 1) * 0x9E3779B97F4A7C15u);
    const uint16_t* mine = bits + past;
    const float scale = noise.scale;
    const int32_t threshold = static_cast<int32_t>(noise.threshold);
    for (int64_t i = 0; i < n; i++) out[i] = mine[i] >= threshold ? scale : 0.0f;
}

}  // namespace
}  // namespace sl
