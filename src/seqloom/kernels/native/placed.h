// Queries, keys and values of several heads, wherever they lie: read as rows of float32, and written back.
#pragma once

#include "halves.h"

namespace sl {
namespace {

// Numbers [batch, head, time, size], the last axis in one piece.
struct Given {
    const void* data;
    int64_t batch, head, time;
};

struct Shape {
    int64_t kind, batch, heads, target, source, size;
};

inline int64_t padded(int64_t n) { return (n + WIDTH - 1) / WIDTH * WIDTH; }

inline void clear(float* p, int64_t n) { memset(p, 0, static_cast<size_t>(n) * sizeof(float)); }

// A head's numbers from time `from` on as float32 rows of `wide`, times `scale`.
inline void fetch(const Given& given, const Shape& shape, int64_t b, int64_t h, int64_t from, int64_t times, float scale,
                  float* to, int64_t wide) {
    for (int64_t t = 0; t < times; t++) {
        float* row = to + t * wide;
        const int64_t at = b * given.batch + h * given.head + (from + t) * given.time;
        read_floats(given.data, shape.kind, at, shape.size, row);
        if (scale != 1.0f)
            for (int64_t i = 0; i < shape.size; i++) row[i] *= scale;
    }
}

// The other way, to [batch, length, head, size] without gaps.
inline void put(const float* rows, int64_t wide, const Shape& shape, int64_t b, int64_t h, int64_t from, int64_t times,
                int64_t length, void* to) {
    for (int64_t t = 0; t < times; t++) {
        const int64_t at = ((b * length + from + t) * shape.heads + h) * shape.size;
        write_floats(rows + t * wide, to, shape.kind, at, shape.size);
    }
}

}  // namespace
}  // namespace sl
