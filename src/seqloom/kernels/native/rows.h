// Rows of a batch, ragged or whole, as a recurrence runs through them: which are still going on at a step, and where
// their steps stand in memory.
#pragma once

#include "seqloom.h"

namespace sl {
namespace {

// Step s of a row is the s-th that the recurrence takes: with `reverse` the first one is the row's last.
struct Rows {
    const int64_t* order;   // rows from the longest to the shortest; null where all have `time` steps
    const int64_t* length;  // of each, in that order
    const int64_t* offset;  // where each begins among the valid steps of all rows, which stand without gaps
    int64_t count, time, reverse;

    int64_t row(int64_t k) const { return order ? order[k] : k; }
    int64_t steps(int64_t k) const { return order ? length[k] : time; }
    int64_t moment(int64_t k, int64_t step) const { return reverse ? steps(k) - 1 - step : step; }
};

// One step of one row.
struct Place {
    int64_t row;     // in the batch
    int64_t moment;  // on the time axis of the batch
    int64_t padded;  // row * time + moment: in what is [batch, time, ...]
    int64_t packed;  // in what holds the valid steps alone
    int64_t before;  // what to add to reach the step before, in either
    bool first;      // whether there is none before
};

// What one thread does: every `threads`-th row, so that all threads have as many long rows, the longest first.
struct Share {
    const Rows& rows;
    int64_t thread, threads;

    int64_t count() const { return (rows.count - thread + threads - 1) / threads; }
    int64_t index(int64_t i) const { return thread + i * threads; }
    int64_t row(int64_t i) const { return rows.row(index(i)); }
    int64_t longest() const { return count() ? rows.steps(index(0)) : 0; }
    // How many rows have a step `step`; `known` have the one before it.
    int64_t active(int64_t step, int64_t known) const {
        while (known && rows.steps(index(known - 1)) <= step) known--;
        return known;
    }
    Place place(int64_t i, int64_t step) const {
        const int64_t k = index(i), row = rows.row(k), moment = rows.moment(k, step);
        const int64_t offset = rows.order ? rows.offset[k] : k * rows.time;
        return {row, moment, row * rows.time + moment, offset + moment, rows.reverse ? 1 : -1, step == 0};
    }
};

}  // namespace
}  // namespace sl
