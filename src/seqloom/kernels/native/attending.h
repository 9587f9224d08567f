// What the two loops of an attention decoder share: their sizes, and which rows are still going at a step.
#pragma once

#include "gates.h"
#include "gemm.h"
#include "parallel.h"
#include "reading.h"

namespace sl {
namespace {

// Sizes as Python gives them, in this order.
//   size     of the cell             kind      of cell, see gates.h
//   width    of keys and queries     asked     width where a product makes the query, 0 where h is the query itself
//   mixed    of the values           context   1 where a product brings what was mixed to its place, 0 where the values
//                                              are projected already
//   layers   of the cell             residual  the layer, counted from 1, from which on a layer's input is added to
//                                              what it gives
struct Attending {
    int64_t batch, time, source, size, kind, width, asked, mixed, context, layers, residual, threads;

    int64_t gates() const { return gates_of(kind) * size; }
    int64_t kept() const { return kept_of(kind) * size; }
    int64_t parts() const { return most(1, least(threads, batch)); }
};

// The rows of one thread: every parts-th of `order`, which begins with the longest, so that the shares are alike and
// the rows still going stand first. The place of local row i in a tensor [batch, time, ...] is at(i, t).
struct Rows {
    Buffer<int64_t> row, length;
    int64_t count = 0, time;

    Rows(const Attending& given, int64_t part, const int64_t* order, const int64_t* lengths)
        : row(given.batch + 1), length(given.batch + 1), time(given.time) {
        for (int64_t i = part; i < given.batch; i += given.parts()) {
            row[count] = order[i];
            length[count++] = lengths[order[i]];
        }
    }

    int64_t at(int64_t i, int64_t t) const { return row[i] * time + t; }

    int64_t going(int64_t t) const {
        int64_t n = count;
        while (n > 0 && length[n - 1] <= t) n--;
        return n;
    }

    int64_t longest() const { return count ? length[0] : 0; }

    // Set what stands on padding of x [batch, time, width] to zero.
    void clear_padding(float* x, int64_t width) const {
        for (int64_t i = 0; i < count; i++)
            memset(x + at(i, length[i]) * width, 0, sizeof(float) * width * (time - length[i]));
    }

    // Copy rows of x [batch, width] here, or back.
    void take(const float* x, int64_t width, float* here) const {
        for (int64_t i = 0; i < count; i++) memcpy(here + i * width, x + row[i] * width, sizeof(float) * width);
    }

    void give(const float* here, int64_t width, float* x) const {
        for (int64_t i = 0; i < count; i++) memcpy(x + row[i] * width, here + i * width, sizeof(float) * width);
    }
};

inline void copy(const float* from, float* to, int64_t count) { memcpy(to, from, sizeof(float) * count); }

inline void plus(const float* x, float* y, int64_t n) { add(1.0f, x, y, n); }

inline void times(const float* x, float* y, int64_t n) {
    each(n, [&](int64_t j, auto lane) { lane.store(y + j, lane.load(x + j) * lane.load(y + j)); });
}

}  // namespace
}  // namespace sl
