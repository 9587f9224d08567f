// The loss of a choice among many, row by row: logits become their own gradient, in place.
//
//     nats = log sum_i e^(x_i) - (1 - e) x_wanted - e mean(x)        slope_i = p_i - (1 - e) [i = wanted] - e / n
//
// with label smoothing e (Szegedy et al. 2016). A row whose wanted id is below 0 counts nothing.

#include <cmath>

#include "halves.h"
#include "parallel.h"

namespace {

using namespace sl;

constexpr int64_t ROWS = 16;  // rows of one part

// Turn x [n] into the slopes where `learn`; return the nats.
double row_nats(float* x, int64_t n, int64_t wanted, float smoothing, bool learn) {
    const float right = x[wanted];
    vf top = set1(-INFINITY), all = zero();
    int64_t i = 0;
    for (; i + WIDTH <= n; i += WIDTH) {
        top = max(top, load(x + i));
        all = all + load(x + i);
    }
    float most = largest(top);
    double mean = sum(all);
    for (; i < n; i++) {
        most = x[i] > most ? x[i] : most;
        mean += x[i];
    }
    mean /= static_cast<double>(n);
    const vf shift = set1(most);
    double total = 0;
    for (int64_t from = 0; from < n; from += 4096) {  // so many in float32, then on in float64
        const int64_t end = least(n, from + 4096);
        vf part = zero();
        for (i = from; i + WIDTH <= end; i += WIDTH) {
            const vf e = exp(load(x + i) - shift);
            store(x + i, e);
            part = part + e;
        }
        if (i < end) {
            float last[WIDTH];
            map(x + i, x + i, end - i, [&](vf v) { return exp(v - shift); });
            for (int64_t j = 0; j < WIDTH; j++) last[j] = i + j < end ? x[i + j] : 0.0f;
            part = part + load(last);
        }
        total += sum(part);
    }
    if (learn) {
        const vf share = set1(static_cast<float>(1.0 / total)), less_by = set1(smoothing / static_cast<float>(n));
        map(x, x, n, [&](vf e) { return e * share - less_by; });
        x[wanted] -= 1.0f - smoothing;
    }
    const double off = smoothing > 0 ? (1.0 - smoothing) * right + smoothing * mean : right;
    return static_cast<double>(most) + log(total) - off;
}

}  // namespace

// logits [rows, n] of a kind, wanted [rows]; nats [rows] of float64. Logits are destroyed, or become slopes.
SL_API void SL_EXPORT(nats)(void* logits, int64_t kind, int64_t rows, int64_t n, const int64_t* wanted, float smoothing,
                            int64_t learn, double* nats, int64_t threads) {
    parallel((rows + ROWS - 1) / ROWS, threads, [&](int64_t part) {
        Buffer<float> room(kind == HALF ? n : 0);
        for (int64_t r = part * ROWS; r < least(rows, (part + 1) * ROWS); r++) {
            float* row = static_cast<float*>(logits) + r * n;
            if (kind == HALF) row = room;
            if (wanted[r] < 0) {
                nats[r] = 0;
                memset(static_cast<char*>(logits) + r * n * bytes(kind), 0, static_cast<size_t>(n * bytes(kind)));
                continue;
            }
            if (kind == HALF) read_floats(logits, kind, r * n, n, row);
            nats[r] = row_nats(row, n, wanted[r], smoothing, learn);
            if (kind == HALF && learn) write_floats(row, logits, kind, r * n, n);
        }
    });
}
